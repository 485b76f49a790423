/* A load of flows whose sums are known: so many records a second, of so many exporters
 * and keys, as NetFlow v5, v9, IPFIX or sFlow.
 *
 *	flowgen --to 127.0.0.1:2055 [--protocol v5|v9|ipfix|sflow] [--rate RECORDS/s]
 *	    [--seconds S] [--exporters N] [--keys N] [--sampling N] [--from 127.1.0.0]
 *	    [--truth FILE]
 *
 * Datagrams are made beforehand, and only their heads change from one to the next.
 * Exporter i sends from address FROM + 1 + i. Prints what was sent, as "name value"
 * lines; FILE gets a line of octets and packets, unscaled, for each exporter. */
#include <arpa/inet.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/mem.h"
#include "bench/flowmake.h"

#define BATCH 64
#define TEMPLATES_EVERY_NS CLOCK_NS_PER_S

struct source {
	struct in_addr address;
	uint32_t sequence;
	int64_t templates_ns; /* when it sent its templates */
	uint64_t octets, packets;
};

static struct {
	struct sockaddr_in to;
	struct flowmake_how how;
	unsigned rate, seconds, exporters;
	uint32_t from;
	const char *truth;
} option = { .rate = 100000,
	.seconds = 10,
	.exporters = 1,
	.how = { .keys = 10000, .sampling = 1 },
	.from = 0x7f010000 };

static struct flowmake *made;
static unsigned made_count;
static struct source *sources;
static struct flowmake templates;

/* --- sending ---------------------------------------------------------------------- */

static struct {
	struct mmsghdr message[BATCH];
	struct iovec iov[BATCH];
	uint8_t control[BATCH][CMSG_SPACE(sizeof(struct in_pktinfo))];
	/* Heads differ though the records behind them are the same bytes. */
	uint8_t head[BATCH][32];
	struct iovec parts[BATCH][2];
} out;

static uint64_t sent_datagrams, sent_records, failed;

static void
prepare(unsigned i, struct flowmake *m, struct source *s, uint32_t now_s)
{
	struct msghdr *h = &out.message[i].msg_hdr;
	struct in_pktinfo info = { .ipi_spec_dst = s->address };

	flowmake_head(m, &option.how, ntohl(s->address.s_addr), &s->sequence, now_s);
	memcpy(out.head[i], m->data, flowmake_head_size(&option.how));
	out.parts[i][0] =
	    (struct iovec){ out.head[i], flowmake_head_size(&option.how) };
	out.parts[i][1] = (struct iovec){ m->data + flowmake_head_size(&option.how),
		m->len - flowmake_head_size(&option.how) };
	*h = (struct msghdr){ .msg_name = &option.to,
		.msg_namelen = sizeof option.to,
		.msg_iov = out.parts[i],
		.msg_iovlen = 2,
		.msg_control = out.control[i],
		.msg_controllen = sizeof out.control[i] };
	struct cmsghdr *c = CMSG_FIRSTHDR(h);

	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof info);
	memcpy(CMSG_DATA(c), &info, sizeof info);
}

static void
flush(int fd, unsigned count)
{
	unsigned done = 0;

	while (done < count) {
		int n = sendmmsg(fd, out.message + done, count - done, 0);

		if (n < 0) {
			failed++;
			n = 1;
		}
		done += (unsigned)n;
	}
	sent_datagrams += count;
}

static void
pause_until(int64_t ns)
{
	struct timespec at = { ns / CLOCK_NS_PER_S, ns % CLOCK_NS_PER_S };

	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void
run(int fd)
{
	int64_t begin = clock_mono_ns(), now = begin;
	int64_t end = begin + (int64_t)option.seconds * CLOCK_NS_PER_S;
	bool learns =
	    option.how.protocol == FLOWMAKE_V9 || option.how.protocol == FLOWMAKE_IPFIX;
	unsigned next = 0, exporter = 0, filled = 0;

	while (now < end) {
		double due = (double)option.rate * (double)(now - begin) / 1e9;
		uint32_t now_s = (uint32_t)(clock_wall_ns() / CLOCK_NS_PER_S);

		while ((double)sent_records < due) {
			struct source *s = &sources[exporter];

			exporter = (exporter + 1) % option.exporters;
			if (learns && now - s->templates_ns >= TEMPLATES_EVERY_NS) {
				s->templates_ns = now;
				prepare(filled++, &templates, s, now_s);
				if (filled == BATCH) {
					flush(fd, filled);
					filled = 0;
				}
			}
			struct flowmake *m = &made[next];

			next = (next + 1) % made_count;
			prepare(filled++, m, s, now_s);
			s->octets += m->octets;
			s->packets += m->packets;
			sent_records += m->records;
			if (filled == BATCH) {
				flush(fd, filled);
				filled = 0;
			}
		}
		flush(fd, filled);
		filled = 0;
		pause_until(now + CLOCK_NS_PER_MS);
		now = clock_mono_ns();
	}
}

/* --- life ------------------------------------------------------------------------- */

static unsigned
number(const char *text, unsigned most)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (*end != '\0' || v < 1 || v > most) {
		fprintf(stderr, "flowgen: %s: a number of 1 to %u was expected\n", text,
		    most);
		exit(2);
	}
	return (unsigned)v;
}

static void
read_options(int argc, char **argv)
{
	static const struct option known[] = { { "to", 1, NULL, 't' },
		{ "protocol", 1, NULL, 'p' }, { "rate", 1, NULL, 'r' },
		{ "seconds", 1, NULL, 's' }, { "exporters", 1, NULL, 'e' },
		{ "keys", 1, NULL, 'k' }, { "sampling", 1, NULL, 'n' },
		{ "from", 1, NULL, 'f' }, { "truth", 1, NULL, 'w' }, { 0 } };
	static const char *const words[] = { "v5", "v9", "ipfix", "sflow" };
	struct addr to;
	struct err err;
	struct in_addr from;
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		unsigned word = 0;

		switch (c) {
		case 't':
			if (addr_parse_listen(&to, optarg, &err) != 0) {
				fprintf(stderr, "flowgen: %s: %s\n", optarg, err.text);
				exit(2);
			}
			memcpy(&option.to, &to.sa, sizeof option.to);
			break;
		case 'p':
			while (word < 4 && strcmp(words[word], optarg) != 0)
				word++;
			if (word == 4) {
				fprintf(stderr, "flowgen: no protocol %s\n", optarg);
				exit(2);
			}
			option.how.protocol = (enum flowmake_protocol)word;
			break;
		case 'r':
			option.rate = number(optarg, 100000000);
			break;
		case 's':
			option.seconds = number(optarg, 86400);
			break;
		case 'e':
			option.exporters = number(optarg, 65000);
			break;
		case 'k':
			option.how.keys = number(optarg, 10000000);
			break;
		case 'n':
			option.how.sampling = number(optarg, 16383);
			break;
		case 'f':
			if (inet_pton(AF_INET, optarg, &from) != 1)
				exit(2);
			option.from = ntohl(from.s_addr);
			break;
		case 'w':
			option.truth = optarg;
			break;
		default:
			exit(2);
		}
	}
	if (option.to.sin_family != AF_INET) {
		fprintf(stderr, "flowgen: --to ADDRESS:PORT is needed\n");
		exit(2);
	}
}

static void
write_truth(void)
{
	FILE *f = fopen(option.truth, "w");

	if (f == NULL) {
		perror(option.truth);
		exit(1);
	}
	for (unsigned i = 0; i < option.exporters; i++)
		fprintf(f, "%s %llu %llu\n", inet_ntoa(sources[i].address),
		    (unsigned long long)sources[i].octets,
		    (unsigned long long)sources[i].packets);
	if (fclose(f) != 0) {
		perror(option.truth);
		exit(1);
	}
}

int
main(int argc, char **argv)
{
	uint64_t octets = 0, packets = 0;

	read_options(argc, argv);
	sources = mem_zero(option.exporters, sizeof *sources);
	for (unsigned i = 0; i < option.exporters; i++) {
		sources[i].address.s_addr = htonl(option.from + 1 + i);
		sources[i].templates_ns = -TEMPLATES_EVERY_NS;
	}
	made_count = (option.how.keys + flowmake_records(&option.how) - 1) /
		     flowmake_records(&option.how);
	made = mem_zero(made_count, sizeof *made);
	for (unsigned i = 0; i < made_count; i++)
		flowmake(&made[i], &option.how, i * flowmake_records(&option.how));
	flowmake_template(&templates, &option.how);

	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		perror("flowgen: socket");
		return 1;
	}
	run(fd);
	for (unsigned i = 0; i < option.exporters; i++) {
		octets += sources[i].octets;
		packets += sources[i].packets;
	}
	printf("datagrams %llu\nrecords %llu\noctets %llu\npackets %llu\nfailed %llu\n",
	    (unsigned long long)sent_datagrams, (unsigned long long)sent_records,
	    (unsigned long long)octets, (unsigned long long)packets,
	    (unsigned long long)failed);
	if (option.truth != NULL)
		write_truth();
	return failed != 0;
}
