/* probectl analyze: what captures prove, by the same code that judges what arrives: who
 * fills the line, attacks on own hosts, and victims of attacks elsewhere. The clock is
 * the captures' own. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/mem.h"
#include "base/prefix.h"
#include "collector/exporter.h"
#include "collector/flowcache.h"
#include "collector/tally.h"
#include "collector/sampling.h"
#include "config/conf.h"
#include "ctl/analyzetext.h"
#include "ctl/capture.h"
#include "ctl/ctl.h"
#include "ctl/floods.h"
#include "minute.h"

#define TOP 10
#define SWEEP_MS 10000
/* An exporter that sent nothing for so long may be gone. */
#define ALIVE_MS 60000
/* A clock that goes back further than this begins anew: another capture. */
#define CLOCK_BACK_MS 60000
/* Of a longer silence all is over, whatever it was: no hold is longer. */
#define SILENCE_MS (2LL * ATTACK_HOLD_MOST_S * 1000)
/* What is one's own where nobody says: private addresses. */
#define LOCAL "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 fc00::/7"

/* A row of a table, over all minutes. */
struct top {
	UT_hash_handle hh;
	struct minute_key key;
	struct minute_sum sum;
	uint64_t error;
};

struct analyze {
	struct prefixes local, telescope;
	struct conf_detection detection;
	unsigned top;
	enum analyze_format format;
	enum {
		READ_BY_CONTENT,
		READ_FLOWS,
		READ_PACKETS
	} read;

	bool flows;	   /* take exported flows; else packets */
	struct conf *conf; /* what it says of exporters; NULL: nothing */
	struct exporters *exporters;
	const struct exporter *here; /* whose packets they are: the capture's */
	struct space *space;
	struct victims *victims; /* NULL: only look who sends */
	struct tally *tally;
	struct flowcache *cache; /* tells which packet is a flow's first */
	struct floods *floods;
	uint64_t records, packets;
	int64_t first_ms, now_ms, swept_ms, second_ms;
	struct top *table[MINUTE_BYS];
	struct minute_sum rest[MINUTE_BYS];
};

/* --- what is printed -------------------------------------------------------------- */

static void
on_victim(void *ctx, const struct victim *m, bool over)
{
	struct analyze *a = ctx;
	uint32_t now_s = (uint32_t)(a->now_ms / 1000);
	struct victim ranked = *m;
	ranked.offsets = space_rank(a->space, ranked.offset, ranked.offsets, now_s);
	uint64_t n = space_quiet(a->space, now_s);
	struct backscatter b = backscatter_judge(&ranked, a->now_ms, over, n);

	if (b.state != BACKSCATTER_NOISE)
		analyzetext_victim(a->format, m, &b, over);
}

static void
on_attack(void *ctx, const struct attack *attack, bool over)
{
	const struct analyze *a = ctx;

	analyzetext_attack(a->format, attack, over);
}

/* Only victims that are over: the others are told at the end. */
static void
on_over(void *ctx, const struct victim *m, bool over)
{
	if (over)
		on_victim(ctx, m, over);
}

static void
on_rest(void *ctx, const struct victim *m, bool over)
{
	if (!over)
		on_victim(ctx, m, over);
}

/* --- top -------------------------------------------------------------------------- */

static void
on_part(void *ctx, const struct minute_part *part, const struct minute_row *row)
{
	struct analyze *a = ctx;

	if (part->part + 1 == part->parts)
		minute_add(&a->rest[part->by], &part->rest);
	for (unsigned i = 0; i < part->rows; i++) {
		struct top *t;

		HASH_FIND(hh, a->table[part->by], &row[i].key, sizeof row[i].key, t);
		if (t == NULL) {
			t = mem_zero(1, sizeof *t);
			t->key = row[i].key;
			HASH_ADD(hh, a->table[part->by], key, sizeof t->key, t);
		}
		minute_add(&t->sum, &row[i].sum);
		t->error += row[i].octets_error;
	}
}

static int
top_compare(const struct top *a, const struct top *b)
{
	uint64_t x = minute_octets(&a->sum), y = minute_octets(&b->sum);

	return x < y ? 1 : x > y ? -1 : 0;
}

static void
print_top(struct analyze *a)
{
	for (unsigned by = 0; by < MINUTE_BYS; by++) {
		unsigned rank = 0;

		HASH_SORT(a->table[by], top_compare);
		for (struct top *t = a->table[by]; t != NULL && rank < a->top;
		     t = t->hh.next)
			analyzetext_top(a->format, (enum minute_by)by, ++rank, &t->key,
			    &t->sum, t->error);
	}
}

/* --- one pass --------------------------------------------------------------------- */

static void
take_flow(struct analyze *a, const struct flow *f)
{
	uint32_t now_s = (uint32_t)(a->now_ms / 1000);

	a->records++;
	if (a->victims == NULL) {
		if (space_find(a->space, &f->src, now_s, NULL) != SPACE_OUTSIDE)
			space_sent(a->space, &f->src, now_s);
		return;
	}
	victims_flow(a->victims, f, a->now_ms);
	tally_flow(a->tally, f, a->now_ms);
}

static void
on_flow(void *ctx, const struct flow *f)
{
	take_flow(ctx, f);
}

/* The second that ends at END_MS is over. */
static void
end_second(struct analyze *a, int64_t end_ms)
{
	tally_tick(a->tally, end_ms, on_part, a);
	flowcache_sweep(a->cache, end_ms);
	floods_second(a->floods, end_ms, !a->flows || end_ms - a->now_ms <= ALIVE_MS);
	if (end_ms - a->swept_ms >= SWEEP_MS || end_ms < a->swept_ms) {
		a->swept_ms = end_ms;
		victims_sweep(a->victims, end_ms, on_over, a);
	}
}

/* Something comes AT_MS: all seconds before it are over. */
static void
set_clock(struct analyze *a, int64_t at_ms)
{
	bool back = at_ms < a->now_ms - CLOCK_BACK_MS, begins = a->first_ms == 0;
	bool jumps = back || at_ms - a->second_ms > SILENCE_MS;

	if (begins || at_ms < a->first_ms)
		a->first_ms = at_ms;
	if (begins)
		a->second_ms = at_ms - at_ms % 1000;
	else if (a->tally != NULL) {
		int64_t until = jumps ? a->second_ms + SILENCE_MS : at_ms;

		while (a->second_ms + 1000 <= until) {
			/* Where nothing is left to end, seconds are all alike. */
			if (floods_quiet(a->floods))
				a->second_ms = until - until % 1000 - 1000;
			end_second(a, a->second_ms += 1000);
		}
		if (jumps)
			a->second_ms = at_ms - at_ms % 1000;
	}
	/* The windows learn when the first second begins. */
	if (a->tally != NULL && (begins || jumps))
		end_second(a, a->second_ms);
	if (at_ms > a->now_ms || back)
		a->now_ms = at_ms;
}

static void
on_datagram(void *ctx, const struct datagram *d, unsigned long number)
{
	struct analyze *a = ctx;
	struct flow_sink sink = { .ctx = a, .flow = on_flow };

	(void)number;
	if (!a->flows)
		return;
	set_clock(a, d->arrived_ms);
	flow_decode(a->exporters, d, &sink);
}

static void
on_packet(void *ctx, const struct packet *p, int64_t at_ms)
{
	struct analyze *a = ctx;
	struct flow f;

	if (a->flows || p->src.len == 0)
		return;
	set_clock(a, at_ms);
	a->packets++;
	capture_flow(p, at_ms, a->here, a->cache, &f);
	take_flow(a, &f);
}

/* All FILES, one after the other. */
static int
pass(struct analyze *a, char **files)
{
	struct capture_sink sink = {
		.ctx = a, .packet = on_packet, .datagram = on_datagram
	};
	struct capture_count count;
	struct err err;

	struct addr nobody = { .sa.sa_family = AF_UNSPEC };
	struct exporter_key key = exporter_key(&nobody, FLOW_UNKNOWN, NULL, 0);

	a->exporters = exporters_new();
	if (a->conf != NULL)
		sampling_configure(&a->exporters->rates, a->conf);
	a->here = exporters_get(a->exporters, &key, false, 0);
	a->records = a->packets = 0;
	a->first_ms = a->now_ms = a->swept_ms = a->second_ms = 0;
	for (; *files != NULL; files++)
		if (capture_read(*files, &sink, &count, &err) != 0) {
			fprintf(stderr, "probectl: %s\n", err.text);
			exporters_free(a->exporters);
			return -1;
		}
	exporters_free(a->exporters);
	return 0;
}

/* Are there flows in FILES, and who sends in them? The space knows it then. */
static int
look_first(struct analyze *a, char **files)
{
	a->space = space_new(&a->local, &a->telescope, 0, 0);
	a->flows = a->read != READ_PACKETS;
	if (pass(a, files) != 0)
		return -1;
	if (a->records != 0 || a->read != READ_BY_CONTENT)
		return 0;
	a->flows = false;
	return pass(a, files);
}

/* The packets themselves are looked at, each in its second; their flows are only
 * counted.
 */
static void
on_done(void *ctx, struct flow *flow)
{
	(void)ctx;
	(void)flow;
}

static int
analyze(struct analyze *a, char **files)
{
	struct tally_settings settings = { .local = a->local, .talkers = TALLY_FULL };

	if (look_first(a, files) != 0)
		return CTL_FAILED;
	a->victims = victims_new(a->space);
	a->tally = tally_new(1);
	tally_configure(a->tally, &settings);
	a->cache = flowcache_new(FLOWCACHE_ROOM, on_done, NULL);
	a->floods = floods_new(a->tally, &a->detection, on_attack, a);
	int status = pass(a, files);

	if (a->now_ms != 0)
		end_second(a, a->second_ms + 1000);
	floods_end(a->floods);
	victims_sweep(a->victims, a->now_ms, on_over, a);
	victims_sweep(a->victims, a->now_ms, on_rest, a);
	tally_close(a->tally, on_part, a);
	print_top(a);
	fprintf(stderr,
	    "probectl: %llu %s over %.0f s; %llu quiet addresses were watched\n",
	    (unsigned long long)a->records, a->flows ? "flows" : "packets",
	    (double)(a->now_ms - a->first_ms) / 1000,
	    (unsigned long long)space_quiet(a->space, (uint32_t)(a->now_ms / 1000)));
	return status == 0 ? 0 : CTL_FAILED;
}

/* --- options ---------------------------------------------------------------------- */

static int
usage(void)
{
	fputs("usage: probectl analyze [--local PREFIX,...] [--telescope PREFIX,...]\n"
	      "           [--config PATH] [--flows | --packets] [--top N]\n"
	      "           [--format json|text] FILE...\n",
	    stderr);
	return CTL_USAGE;
}

static int
set_prefixes(struct prefixes *list, const char *text, const char *what)
{
	struct err err;

	if (prefixes_parse(list, text, &err) == 0)
		return 0;
	fprintf(stderr, "probectl: %s: %s\n", what, err.text);
	return -1;
}

/* What the configuration at PATH says is one's own, how exporters sample, and from what on
 * a host is attacked. */
static int
read_config(struct analyze *a, const char *path)
{
	struct conf_report report = { 0 };
	struct conf *conf = conf_load(path, &report);
	int bad = 0;

	if (conf == NULL) {
		fprintf(stderr, "probectl: %s has errors; probed --check names them\n",
		    path);
		conf_report_free(&report);
		return -1;
	}
	const struct conf_section *top = conf_top(conf, "Collector");
	const char *local = conf_value(top, "local", NULL);

	if (local != NULL)
		bad |= set_prefixes(&a->local, local, "local");
	bad |= set_prefixes(
	    &a->telescope, conf_value(top, "telescope", NULL), "telescope");
	conf_detection(conf, &a->detection);
	conf_free(a->conf);
	a->conf = conf;
	conf_report_free(&report);
	return bad;
}

static void
forget(struct analyze *a)
{
	struct top *t, *next;

	for (unsigned by = 0; by < MINUTE_BYS; by++)
		HASH_ITER(hh, a->table[by], t, next) {
			HASH_DEL(a->table[by], t);
			free(t);
		}
	floods_free(a->floods);
	flowcache_free(a->cache);
	if (a->tally != NULL)
		tally_free(a->tally);
	victims_free(a->victims);
	space_free(a->space);
	prefixes_free(&a->local);
	prefixes_free(&a->telescope);
	conf_free(a->conf);
}

static int
run(struct analyze *a, const struct ctl *ctl, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "local", required_argument, NULL, 'l' },
		{ "telescope", required_argument, NULL, 't' },
		{ "config", required_argument, NULL, 'c' },
		{ "flows", no_argument, NULL, 'f' },
		{ "packets", no_argument, NULL, 'p' },
		{ "top", required_argument, NULL, 'n' },
		{ "format", required_argument, NULL, 'o' },
		{ NULL, 0, NULL, 0 },
	};
	int c, bad = set_prefixes(&a->local, LOCAL, "local");

	conf_detection(NULL, &a->detection);
	if (ctl->config != NULL)
		bad |= read_config(a, ctl->config);

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (c) {
		case 'l':
			bad |= set_prefixes(&a->local, optarg, "--local");
			break;
		case 't':
			bad |= set_prefixes(&a->telescope, optarg, "--telescope");
			break;
		case 'c':
			bad |= read_config(a, optarg);
			break;
		case 'f':
			a->read = READ_FLOWS;
			break;
		case 'p':
			a->read = READ_PACKETS;
			break;
		case 'n':
			a->top = (unsigned)strtoul(optarg, NULL, 10);
			break;
		case 'o':
			if (strcmp(optarg, "text") != 0 && strcmp(optarg, "json") != 0)
				return usage();
			a->format = *optarg == 't' ? ANALYZE_TEXT : ANALYZE_JSON;
			break;
		default:
			return usage();
		}
	if (bad != 0 || optind == argc)
		return bad != 0 ? CTL_USAGE : usage();
	for (int i = optind; i < argc; i++)
		if (strcmp(argv[i], "-") == 0) {
			fputs("probectl: standard input cannot be read twice, expected "
			      "files\n",
			    stderr);
			return CTL_USAGE;
		}
	return analyze(a, argv + optind);
}

int
ctl_analyze(const struct ctl *ctl, int argc, char **argv)
{
	struct analyze a = { .top = TOP };
	int status = run(&a, ctl, argc, argv);

	forget(&a);
	return status;
}
