/* The decoders and tallies of the collector under siege: so many datagrams a second,
 *half of them of good exporters whose sums are known, half of senders that lie about
 * everything, on a clock of its own that runs so fast that exporters, templates and
 * minutes grow old many times over.
 *
 *	siege [--seconds 1200] [--rate 20000] [--days 6] [--seed 1]
 *
 * Rate 0: as fast as it goes, so many datagrams as 20 000 a second had been. Prints
 * "name value" lines; the status is 1 when the sum of a good exporter is not exact, or
 * something did not grow old three times. */
#include <arpa/inet.h>
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench/flowmake.h"
#include "collector/decode.h"
#include "collector/exporter.h"
#include "collector/tally.h"

#define GOOD 16
#define FIRST 0x0a090001u /* 10.9.0.1: the first good exporter */
#define KEYS 3000
#define BEGIN_MS INT64_C(1700000000000)
#define HOUR_MS INT64_C(3600000)
#define TEMPLATES_EVERY 500 /* datagrams of an exporter */
#define RATE_DEFAULT 20000

static struct {
	unsigned seconds, rate, days;
	uint64_t seed;
} option = { .seconds = 1200, .rate = RATE_DEFAULT, .days = 6, .seed = 1 };

struct good {
	struct flowmake_how how;
	uint32_t address, sequence;
	struct flowmake *made, template;
	unsigned count, next, until_template;
	uint64_t octets, packets;	    /* sent */
	uint64_t seen_octets, seen_packets; /* decoded */
	uint64_t tallied;		    /* octets that entered by its interface */
	/* When it rests, so that it or its template is forgotten meanwhile. */
	int64_t rest_ms, every_ms;
	bool rested;
	int64_t first_ms; /* since when the exporter is known, as it was last */
	unsigned forgotten;
};

static struct good good[GOOD];
static struct exporters *exporters;
static struct tally *tally;
static uint64_t dice;
static int64_t now_ms = BEGIN_MS;
static uint64_t good_sent, hostile_sent, template_ages, minutes;

static uint64_t
roll(void) /* splitmix64 */
{
	uint64_t z = dice += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* The good exporter at ADDRESS, 16 bytes; NULL: it is another. */
static struct good *
good_of(const uint8_t *address)
{
	uint32_t number = (uint32_t)address[12] << 24 | (uint32_t)address[13] << 16 |
			  (uint32_t)address[14] << 8 | address[15];

	return number - FIRST < GOOD ? &good[number - FIRST] : NULL;
}

static void
on_flow(void *ctx, const struct flow *f)
{
	struct good *g = good_of(f->exporter->key.address);

	(void)ctx;
	tally_flow(tally, f, now_ms);
	if (g == NULL)
		return;
	g->seen_octets += f->octets;
	g->seen_packets += f->packets;
	if (g->first_ms != 0 && f->exporter->first_ms != g->first_ms)
		g->forgotten++;
	g->first_ms = f->exporter->first_ms;
}

static void
on_part(void *ctx, const struct minute_part *part, const struct minute_row *row)
{
	(void)ctx;
	if (part->by == MINUTE_TOTAL && part->part == 0)
		minutes++;
	if (part->by != MINUTE_INTERFACE)
		return;
	for (unsigned i = 0; i < part->rows; i++) {
		uint8_t address[16] = { 0 };

		if (row[i].key.a.len != 4)
			continue;
		memcpy(address + 12, row[i].key.a.bytes, 4);
		struct good *g = good_of(address);

		if (g != NULL)
			g->tallied += row[i].sum.octets[MINUTE_IN];
	}
}

static void
deliver(uint32_t from, bool guest, const uint8_t *data, size_t len)
{
	static const struct flow_sink sink = { .flow = on_flow };
	struct datagram d = {
		.arrived_ms = now_ms, .data = data, .len = len, .guest = guest
	};

	d.from.v4 = (struct sockaddr_in){ .sin_family = AF_INET,
		.sin_port = htons(40000),
		.sin_addr.s_addr = htonl(from) };
	flow_decode(exporters, &d, &sink);
}

/* --- the good --------------------------------------------------------------------- */

static void
open_good(unsigned i)
{
	struct good *g = &good[i];

	g->how = (struct flowmake_how){
		.protocol = i % FLOWMAKE_PROTOCOLS, .keys = KEYS, .sampling = 1
	};
	g->address = FIRST + i;
	g->count = KEYS / flowmake_records(&g->how);
	g->made = calloc(g->count, sizeof *g->made);
	for (unsigned k = 0; k < g->count; k++)
		flowmake(&g->made[k], &g->how, k * flowmake_records(&g->how));
	flowmake_template(&g->template, &g->how);
	/* A quarter never rests; one forgets templates, two whole exporters. */
	g->rest_ms = i < 4 ? 0 : i < 8 ? 7 * HOUR_MS : 25 * HOUR_MS;
	g->every_ms = i < 8 ? 20 * HOUR_MS : 32 * HOUR_MS;
}

static bool
learns(const struct good *g)
{
	return g->how.protocol == FLOWMAKE_V9 || g->how.protocol == FLOWMAKE_IPFIX;
}

static void
deliver_made(struct good *g, struct flowmake *m)
{
	flowmake_head(m, &g->how, g->address, &g->sequence, (uint32_t)(now_ms / 1000));
	deliver(g->address, false, m->data, m->len);
}

/* Back from its rest: data first, which nobody can read any more. */
static void
come_back(struct good *g)
{
	uint64_t before = exporters->faults[FAULT_FLOW_NO_TEMPLATE];

	g->rested = false;
	g->until_template = 0;
	if (!learns(g))
		return;
	deliver_made(g, &g->made[0]);
	template_ages += exporters->faults[FAULT_FLOW_NO_TEMPLATE] > before;
}

static void
send_good(struct good *g)
{
	struct flowmake *m;
	int64_t at = (now_ms - BEGIN_MS + g->rest_ms / 2) % g->every_ms;

	if (at < g->rest_ms) {
		g->rested = true;
		return;
	}
	if (g->rested)
		come_back(g);
	if (learns(g) && g->until_template == 0) {
		g->until_template = TEMPLATES_EVERY;
		deliver_made(g, &g->template);
		return;
	}
	g->until_template--;
	m = &g->made[g->next];
	g->next = (g->next + 1) % g->count;
	deliver_made(g, m);
	g->octets += m->octets;
	g->packets += m->packets;
	good_sent++;
}

/* --- the others ------------------------------------------------------------------- */

/* Change bytes of DATA as one who knows the formats would, or at random. */
static size_t
mangle(uint8_t *data, size_t len)
{
	static const uint16_t nasty[] = { 0, 1, 3, 4, 255, 256, 0x7fff, 0x8000, 0xfffe,
		0xffff };

	for (unsigned i = 1 + roll() % 6; i > 0 && len > 4; i--) {
		size_t at = roll() % (len - 1);

		switch (roll() % 5) {
		case 0:
			data[at] ^= (uint8_t)(1u << roll() % 8);
			break;
		case 1:
			data[at] = (uint8_t)roll();
			break;
		case 2: {
			uint16_t v = htons(nasty[roll() % 10]);

			/* Lengths and counts are early in a datagram. */
			at = roll() % (len < 64 ? len - 1 : 63);
			memcpy(data + at, &v, sizeof v);
			break;
		}
		case 3:
			len = 4 + roll() % (len - 3);
			break;
		default:
			memmove(data + at, data + roll() % len, 1);
			break;
		}
	}
	return len;
}

/* From an address that nobody knows, in a few domains or in any. */
static void
send_hostile(void)
{
	uint8_t data[FLOWMAKE_MAX];
	struct good *g = &good[roll() % GOOD];
	struct flowmake *m =
	    learns(g) && roll() % 3 == 0 ? &g->template : &g->made[roll() % g->count];
	uint32_t sequence = (uint32_t)roll(), from;
	size_t len = m->len;

	from = 0xc0a80000 + (uint32_t)(roll() % 2 == 0 ? roll() % 65536 : roll() % 64);
	flowmake_head(m, &g->how, from, &sequence,
	    (uint32_t)(roll() % 4 == 0 ? roll() : (uint64_t)now_ms / 1000));
	memcpy(data, m->data, len);
	if (roll() % 16 != 0)
		len = mangle(data, len);
	deliver(from, true, data, len);
	hostile_sent++;
}

/* --- life ------------------------------------------------------------------------- */

static long
resident_kb(void)
{
	long pages = 0, all;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f != NULL && fscanf(f, "%ld %ld", &all, &pages) != 2)
		pages = 0;
	if (f != NULL)
		fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void
keep_pace(uint64_t sent, int64_t begin_ns)
{
	int64_t due = begin_ns + (int64_t)(sent * 1000000 / option.rate) * 1000;
	struct timespec at = { due / CLOCK_NS_PER_S, due % CLOCK_NS_PER_S };

	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

static void
run(void)
{
	uint64_t total =
	    (uint64_t)option.seconds * (option.rate != 0 ? option.rate : RATE_DEFAULT);
	double step = (double)option.days * 24 * (double)HOUR_MS / (double)total;
	int64_t begin_ns = clock_mono_ns(), ticked_ms = now_ms;

	for (uint64_t i = 0; i < total; i++) {
		now_ms = BEGIN_MS + (int64_t)((double)i * step);
		if (i % 2 == 0)
			send_good(&good[roll() % GOOD]);
		else
			send_hostile();
		if (now_ms - ticked_ms >= 1000) {
			ticked_ms = now_ms;
			exporters_sweep(exporters, now_ms);
			tally_tick(tally, now_ms, on_part, NULL);
		}
		if ((i + 1) % (total / 8) == 0)
			printf("memory_kb_%llu %ld\n",
			    (unsigned long long)((i + 1) / (total / 8)), resident_kb());
		if (option.rate != 0 && i % 20 == 0)
			keep_pace(i, begin_ns);
	}
	tally_close(tally, on_part, NULL);
	printf("seconds %.0f\n", (double)(clock_mono_ns() - begin_ns) / 1e9);
}

/* What is not as it has to be. */
static int
judge(void)
{
	int bad = 0;
	unsigned forgotten = UINT32_MAX;

	for (unsigned i = 0; i < GOOD; i++) {
		struct good *g = &good[i];

		if (g->seen_octets != g->octets || g->seen_packets != g->packets ||
		    g->tallied != g->octets) {
			bad++;
			printf("wrong %u: sent %llu octets %llu packets, decoded %llu "
			       "%llu, tallied %llu\n",
			    i, (unsigned long long)g->octets,
			    (unsigned long long)g->packets,
			    (unsigned long long)g->seen_octets,
			    (unsigned long long)g->seen_packets,
			    (unsigned long long)g->tallied);
		}
		if (i >= 8 && g->forgotten < forgotten)
			forgotten = g->forgotten;
	}
	printf("good %llu\nhostile %llu\nminutes %llu\nexporters_forgotten_each %u\n"
	       "templates_forgotten %llu\nexporters %u\nrefused %llu\nevicted %llu\n"
	       "wrong_sums %d\n",
	    (unsigned long long)good_sent, (unsigned long long)hostile_sent,
	    (unsigned long long)minutes, forgotten, (unsigned long long)template_ages,
	    exporters->count, (unsigned long long)exporters->refused,
	    (unsigned long long)exporters->evicted, bad);
	for (unsigned i = 0; i < FLOW_FAULTS; i++)
		printf("fault_%s %llu\n", flow_fault_word((enum flow_fault)i),
		    (unsigned long long)exporters->faults[i]);
	return bad != 0 || forgotten < 3 || template_ages < 3;
}

static unsigned
number(const char *text)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (*end != '\0' || v > 1000000) {
		fprintf(
		    stderr, "siege: %s: a number up to a million was expected\n", text);
		exit(2);
	}
	return (unsigned)v;
}

int
main(int argc, char **argv)
{
	static const struct option known[] = { { "seconds", 1, NULL, 's' },
		{ "rate", 1, NULL, 'r' }, { "days", 1, NULL, 'd' },
		{ "seed", 1, NULL, 'x' }, { 0 } };
	struct tally_settings settings = { .talkers = TALLY_FULL };
	struct err err;
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1)
		switch (c) {
		case 's':
			option.seconds = number(optarg);
			break;
		case 'r':
			option.rate = number(optarg);
			break;
		case 'd':
			option.days = number(optarg);
			break;
		case 'x':
			option.seed = number(optarg);
			break;
		default:
			return 2;
		}
	setvbuf(stdout, NULL, _IOLBF, 0);
	dice = option.seed;
	exporters = exporters_new();
	tally = tally_new(option.seed);
	(void)prefixes_parse(&settings.local, "10.0.0.0/8", &err);
	tally_configure(tally, &settings);
	for (unsigned i = 0; i < GOOD; i++)
		open_good(i);
	run();
	return judge();
}
