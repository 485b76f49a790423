/* From the configuration to what is measured and when. */
#include "prober/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "probes/icmp_opts.h"
#include "t/tap.h"

#define S CLOCK_NS_PER_S
#define MS CLOCK_NS_PER_MS

/* clang-format off */
static const char head[] =
    "*** General ***\n"
    "owner = Test\n" "contact = test@example.net\n" "mailhost = localhost\n"
    "datadir = /tmp\n" "imgcache = /tmp\n" "imgurl = img\n" "piddir = /tmp\n"
    "cgiurl = http://localhost/smokeping.cgi\n"
    "smokemail = /etc/smokeping/smokemail\n" "tmail = /etc/smokeping/tmail\n"
    "*** Database ***\n" "step = 300\n" "pings = 20\n" "AVERAGE 0.5 1 1000\n"
    "*** Presentation ***\n" "template = /etc/smokeping/basepage.html\n"
    "+ overview\n" "width = 600\n" "height = 50\n" "range = 10h\n"
    "+ detail\n" "width = 600\n" "height = 200\n" "unison_tolerance = 2\n"
    "\"Last 3 Hours\" 3h\n"
    "*** Probes ***\n"
    "+ FPing\n" "binary = /usr/bin/fping\n"
    "++ Plain\n" "offset = 25%\n"
    "++ Often\n" "hostinterval = 0.5\n"
    "++ Blaze\n" "blazemode = true\n" "packetsize = PACKETSIZE\n"
    "++ Slow\n" "timeout = 5\n" "step = 4\n" "pings = 4\n"
    "++ Train\n" "pings = 500\n" "step = 60\n"
    "++ Marked\n" "pings = 500\n" "tos = 0\n" "timeout = 1\n" "packetsize = 64\n"
    "+ FPing6\n" "binary = /usr/bin/fping\n"
    "+ FPingContinuous\n" "binary = /usr/bin/fping\n" "step = 60\n"
    "++ Always\n" "pings = 20\n"
    "++ Slower\n" "pings = 20\n" "hostinterval = 2\n"
    "++ Flood\n" "pings = 1000\n" "step = 10\n"
    "+ DNS\n" "binary = /usr/bin/dig\n"
    "+ speedtest\n" "binary = /usr/bin/speedtest\n"
    "+ Curl\n" "binary = /usr/bin/curl\n" "urlformat = http://%host%/\n"
    "*** Targets ***\n" "probe = Plain\n" "menu = Top\n" "title = Top\n"
    "+ A\n" "menu = MENU\n" "host = 192.0.2.1\n"
    "+ A2\n" "host = 192.0.2.2\n"
    "+ B\n" "probe = Often\n" "host = 192.0.2.1\n"
    "+ C\n" "probe = Blaze\n" "host = 192.0.2.1\n"
    "+ D\n" "probe = Slow\n" "host = 192.0.2.1\n"
    "+ E\n" "probe = FPing6\n" "host = host.example\n"
    "+ F\n" "probe = DNS\n" "host = 192.0.2.1\n"
    "+ G\n" "probe = speedtest\n" "host = 192.0.2.1\n"
    "+ H\n" "host = 192.0.2.1\n" "nomasterpoll = yes\n"
    "+ I\n" "host = /A /B\n"
    "+ K\n" "++ L\n" "host = 192.0.2.1\n"
    "+ M\n" "probe = Curl\n" "host = 192.0.2.1\n"
    "+ N\n" "probe = Train\n" "host = 192.0.2.1\n"
    "+ O\n" "probe = Marked\n" "host = 192.0.2.1\n"
    "+ P\n" "probe = Always\n" "host = 192.0.2.1\n"
    "+ Q\n" "probe = Slower\n" "host = 192.0.2.1\n"
    "+ R\n" "probe = Flood\n" "host = 192.0.2.1\n"
    "+ S\n" "probe = DNS\n" "host = 192.0.2.1\n"
    "*** Overrides ***\n"
    "+ N\n" "sampler = voice\n"
    "+ O\n" "sampler = voice\n" "gap = 50ms\n" "codec = g729\n" "mos = simple\n"
    "+ S\n" "sampler = voice\n"
    "+ K\n" "sampler = SAMPLER\n"
    "+ probe:Slow\n" "sampler = SAMPLER\n";
/* clang-format on */

static struct err why; /* of the last one read */
static struct probe_host host = { .icmp_rung = { ICMP_DATAGRAM, ICMP_NONE } };
static const char how[2][ICMPSOCK_WHY] = { "", "no right" };

/* The configuration with MENU, PACKETSIZE and SAMPLER filled in. */
static struct conf *
load(const char *menu, const char *packetsize, const char *sampler)
{
	const char *const blank[][2] = { { "MENU", menu }, { "PACKETSIZE", packetsize },
		{ "SAMPLER", sampler } };
	char path[] = "/tmp/smokebox-target.XXXXXX";
	struct conf_report report = { 0 };
	int fd = mkstemp(path);
	FILE *out = fdopen(fd, "w");

	for (const char *p = head; *p != '\0';) {
		const char *value = NULL;
		for (size_t i = 0; i < 3 && value == NULL; i++) {
			size_t len = strlen(blank[i][0]);
			if (strncmp(p, blank[i][0], len) != 0)
				continue;
			value = blank[i][1];
			p += len;
		}
		if (value != NULL)
			fputs(value, out);
		else
			putc(*p++, out);
	}
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

/* Target PATH of CONF, read at POSITION. */
static struct target
get(const struct conf *conf, const char *path, unsigned position)
{
	struct target target;

	target_read(
	    &target, conf, conf_target_by_path(conf, path), &host, how, position);
	why = target.cannot;
	if (target.spec.cannot != NULL)
		target.spec.cannot = why.text;
	return target;
}

static void
put(struct target *target)
{
	if (target->spec.opts != NULL)
		target->spec.type->free_opts(target->spec.opts);
	target_free(target);
}

static bool
same_identity(const struct conf *a, const struct conf *b, const char *path)
{
	char *one = target_identity(a, conf_target_by_path(a, path));
	char *two = target_identity(b, conf_target_by_path(b, path));
	bool same = strcmp(one, two) == 0;

	free(one);
	free(two);
	return same;
}

static void
plans(const struct conf *conf)
{
	struct target t = get(conf, "A", 0);

	ok(t.spec.type == &probe_icmp && t.spec.cannot == NULL, "FPing is ICMP echo");
	is_str(t.resolve, "192.0.2.1", "its host's address is wanted");
	is_int(
	    t.spec.plan.sampler, SAMPLER_SPREAD, "spread where nothing else is said");
	is_int(t.spec.plan.count, 20, "as many pings as said");
	is_int(t.spec.plan.gap, 15 * S, "over the step");
	is_int(t.spec.plan.timeout, S, "fping's timeout, though they are 15 s apart");
	is_int(t.spec.plan.phase, 75 * S, "an offset of 25 % is a quarter of the step");
	put(&t);
	t = get(conf, "A2", 1);
	is_int(t.spec.plan.phase, 75 * S + 10 * MS, "the second behind the first");
	put(&t);
	t = get(conf, "B", 0);
	is_int(t.spec.plan.sampler, SAMPLER_BURST, "a hostinterval makes a burst");
	is_int(t.spec.plan.gap, 500 * MS, "of that gap");
	is_int(t.spec.plan.timeout, 500 * MS, "which is the timeout too");
	is_int(t.spec.plan.phase, plan_phase(t.spec.target, 300 * S),
	    "a phase of its own where no offset is said");
	put(&t);
	t = get(conf, "C", 0);
	is_int(t.spec.plan.sampler, SAMPLER_BURST, "blazemode is a burst");
	is_int(t.spec.plan.count, 21, "of one more");
	is_int(t.spec.blaze, 1, "of which one is forgotten");
	put(&t);
	t = get(conf, "D", 0);
	is_int(t.spec.plan.step, 4 * S, "a probe's own step");
	is_int(t.spec.plan.timeout, 2 * S, "a timeout no longer than the step allows");
	is_int(t.spec.plan.sampler, SAMPLER_SPREAD, "a timeout makes no burst");
	put(&t);
	t = get(conf, "K.L", 0);
	is_int(
	    t.spec.plan.sampler, SAMPLER_SPREAD, "a group's override holds below it");
	put(&t);
}

static void
trains(const struct conf *conf)
{
	struct target t = get(conf, "N", 0);

	is_int(t.spec.plan.sampler, SAMPLER_TRAIN, "voice is a train");
	is_int(t.spec.plan.gap, 20 * MS, "of 20 ms");
	is_int(t.spec.plan.timeout, 2 * S, "that waits as long as others");
	is_int(t.spec.train.codec, TRAIN_G711_PLC, "as G.711 with concealment");
	is_int(t.spec.train.mos, TRAIN_EMODEL, "graded by the E-model");
	is_int(t.spec.opts->way.size, 172, "in packets as long as those of a call");
	is_int(t.spec.opts->way.tos, 0xb8, "marked as those of a call");
	put(&t);
	t = get(conf, "O", 0);
	is_int(t.spec.plan.gap, 50 * MS, "another gap");
	is_int(t.spec.plan.timeout, 1 * S, "a timeout of its own");
	is_int(t.spec.train.codec, TRAIN_G729, "another codec");
	is_int(t.spec.train.mos, TRAIN_SIMPLE, "the shortcut");
	is_int(t.spec.opts->way.size, 64, "another size");
	is_int(t.spec.opts->way.tos, 0, "no mark");
	put(&t);
	t = get(conf, "S", 0);
	is_str(t.spec.cannot,
	    "DNS sends no trains (sampler = voice), expected a probe of ICMP echo or "
	    "STAMP",
	    "what cannot send trains says so");
	put(&t);
	t = get(conf, "P", 0);
	is_int(
	    t.spec.plan.sampler, SAMPLER_EVEN, "FPingContinuous goes on all the time");
	is_int(t.spec.plan.gap, 2850 * MS, "step / pings * 0.95 apart");
	is_int(t.spec.plan.timeout, 2 * S, "with fping's most as timeout");
	put(&t);
	t = get(conf, "Q", 0);
	is_int(t.spec.plan.sampler, SAMPLER_EVEN, "with a hostinterval, too");
	is_int(t.spec.plan.gap, 2 * S, "which is its interval then");
	put(&t);
	t = get(conf, "R", 0);
	is_str(t.spec.cannot,
	    "1000 pings in 10 s are one every 9.5 ms, expected one every 20 ms at most: "
	    "fewer pings or a longer step",
	    "more than 50 a second is refused as by SmokePing");
	put(&t);
}

static void
kinds(const struct conf *conf)
{
	struct target t = get(conf, "E", 0);

	is_str(
	    t.spec.cannot, "no ICMP socket for IPv6: no right", "no socket, no ping");
	ok(t.resolve == NULL, "and no name is looked up for it");
	host.icmp_rung[1] = ICMP_RAW;
	put(&t);
	t = get(conf, "E", 0);
	host.icmp_rung[1] = ICMP_NONE;
	ok(t.spec.cannot == NULL && t.spec.family == AF_INET6,
	    "FPing6 wants an address of version 6");
	put(&t);
	t = get(conf, "F", 0);
	ok(t.spec.type == &probe_dns && t.spec.cannot == NULL, "DNS needs no ICMP");
	is_int(t.spec.plan.timeout, 5 * S, "and has its own timeout");
	put(&t);
	t = get(conf, "G", 0);
	is_str(t.spec.cannot, "probe module speedtest is not one of SmokePing's",
	    "a module without kind says so");
	is_int(t.spec.plan.count, 20, "its rounds are unknown, but they are rounds");
	put(&t);
	ok(!conf_target_is_pinged(conf_target_by_path(conf, "H")),
	    "nomasterpoll is not pinged");
	ok(!conf_target_is_pinged(conf_target_by_path(conf, "I")),
	    "nor is what is only drawn");
	is_int(conf_target_home(conf, conf_target_by_path(conf, "A")), MODULE_PROBER,
	    "echo is the prober's");
	is_int(conf_target_home(conf, conf_target_by_path(conf, "M")), MODULE_FETCHER,
	    "a fetch is the fetcher's");
	is_int(conf_target_home(conf, conf_target_by_path(conf, "I")), MODULE_PROBER,
	    "what is only drawn has the home of its probe");
	is_int(conf_target_home(conf, conf->targets), MODULE_PROBER, "so has the root");
}

int
main(void)
{
	struct conf *conf = load("first", "100", "spread");
	struct conf *next = load("second", "100", "spread");
	struct conf *other = load("first", "200", "spread");
	struct conf *burst = load("first", "100", "burst");

	plans(conf);
	trains(conf);
	kinds(conf);
	ok(same_identity(conf, next, "A"), "a new menu changes no identity");
	ok(same_identity(conf, other, "A"), "nor do another probe's settings");
	ok(!same_identity(conf, other, "C"), "its own do");
	ok(!same_identity(conf, burst, "K.L"), "so does its group's override");
	ok(!same_identity(conf, burst, "D"), "and its probe's");
	ok(same_identity(conf, burst, "A"), "but no other's");
	conf_free(conf);
	conf_free(next);
	conf_free(other);
	conf_free(burst);
	return tap_done();
}
