/* How many ICMP sockets of which classes a configuration needs. */
#include "icmpneed.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "t/tap.h"

static const char head[] =
    "*** General ***\nowner = o\ncontact = a@b.c\ncgiurl = http://x/y\ndatadir = /tmp\n"
    "*** Database ***\nstep = 10\npings = 20\nAVERAGE 0.5 1 100\n"
    "*** Presentation ***\n+ overview\nwidth = 600\nheight = 50\n"
    "+ detail\nwidth = 600\nheight = 200\n"
    "*** Probes ***\n+ FPing\n+ FPing6\n+ DNS\n"
    "*** Targets ***\nprobe = FPing\nmenu = m\ntitle = t\n";

static struct conf *
load(const char *targets)
{
	char path[] = "/tmp/smokebox-icmpneed.XXXXXX";
	struct conf_report report = { 0 };
	int fd = mkstemp(path);
	FILE *out = fdopen(fd, "w");

	fputs(head, out);
	fputs(targets, out);
	fclose(out);
	struct conf *conf = conf_load(path, &report);
	if (conf == NULL)
		conf_report_print(&report, stdout);
	conf_report_free(&report);
	unlink(path);
	if (conf == NULL)
		exit(1);
	return conf;
}

static void
arithmetic(void)
{
	unsigned rmem;

	is_int(icmpneed_sockets(0, 425984, &rmem), 2,
	    "nothing to ping: one, and one more");
	is_int(icmpneed_sockets(2600, 425984, &rmem), 2,
	    "the default buffer holds 100 ms of 2600 pings per second");
	is_int(icmpneed_sockets(33333, 425984, &rmem), 14, "33 333 need thirteen such");
	is_int(rmem, 0, "which can be had");
	is_int(icmpneed_sockets(33333, 8 << 20, &rmem), 2, "or a single large one");
	is_int(icmpneed_sockets(100000, 425984, &rmem), ICMPNEED_SOCKETS,
	    "there is an end");
	ok(icmpneed_sockets(100000, 2 * rmem, &rmem) == ICMPNEED_SOCKETS && rmem == 0,
	    "and what is advised then is enough");
}

static void
classes(void)
{
	struct icmpneed need[ICMPNEED_CLASSES];
	size_t missed, echoes;
	struct conf *conf =
	    load("+ A\nhost = 192.0.2.1\n+ B\nhost = 2001:db8::1\n"
		 "+ C\nhost = name.example\n+ D\nprobe = FPing6\n"
		 "host = name.example\n+ E\nprobe = DNS\nhost = 192.0.2.2\n"
		 "+ F\nhost = 192.0.2.3\n+ G\nhost = 192.0.2.4\n"
		 "*** Overrides ***\n+ F\ndf = yes\n+ G\nfwmark = 0x10\n");

	is_int(
	    (long long)icmpneed_read(conf, need, &missed, &echoes), 4, "four classes");
	ok(need[0].class.family == AF_INET && need[0].rate == 4,
	    "IPv4: an address and a name");
	ok(need[1].class.family == AF_INET6 && need[1].rate == 6,
	    "IPv6: an address and both names");
	ok(need[2].class.df && need[2].class.mark == 0 && need[2].rate == 2,
	    "one that forbids fragments");
	ok(!need[3].class.df && need[3].class.mark == 16, "one with a mark");
	is_int((long long)missed, 0, "all have their socket");
	is_int((long long)echoes, 6, "six targets are pinged");
	conf_free(conf);

	char many[4000], *at = many;
	for (unsigned i = 0; i < 20; i++)
		at += sprintf(at, "+ T%u\nhost = 192.0.2.1\n", i);
	at += sprintf(at, "*** Overrides ***\n");
	for (unsigned i = 0; i < 20; i++)
		at += sprintf(at, "+ T%u\nfwmark = %u\n", i, i + 1);
	conf = load(many);
	is_int((long long)icmpneed_read(conf, need, &missed, &echoes), ICMPNEED_CLASSES,
	    "there is an end of classes");
	is_int((long long)missed, 20 + 2 - ICMPNEED_CLASSES, "which is told");
	conf_free(conf);
}

int
main(void)
{
	arithmetic();
	classes();
	return tap_done();
}
