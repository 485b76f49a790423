/* probectl decode: what a capture of exported flows says, flow by flow. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "collector/exporter.h"
#include "ctl/capture.h"
#include "ctl/ctl.h"
#include "ctl/flowtext.h"

#define FAULTS_TOLD 20 /* of a file, one by one */

struct decode {
	struct exporters *exporters;
	const char *file;
	const struct datagram *d;
	unsigned long packet, told;
	bool json, counters;
	bool headed;	 /* the line of names is printed */
	FILE *later;	 /* counter samples, which come behind all flows */
	FILE *discarded; /* packets, which come behind those */
	unsigned long flows, samples, discards, options;
	unsigned long faults[FLOW_FAULTS];
};

/* Not before there is something to read. */
static void
put_head(struct decode *k)
{
	if (!k->headed && !k->json)
		flowtext_tsv_head(stdout);
	k->headed = true;
}

static void
on_flow(void *ctx, const struct flow *f)
{
	struct decode *k = ctx;

	k->flows++;
	put_head(k);
	if (k->json)
		flowtext_json(stdout, f);
	else
		flowtext_tsv(stdout, f);
}

static void
on_counters(void *ctx, const struct flow_counters *c)
{
	struct decode *k = ctx;

	k->samples++;
	if (!k->counters)
		return;
	if (k->json)
		flowtext_counters_json(stdout, c);
	else
		flowtext_counters_tsv(k->later, c);
}

static void
on_discard(void *ctx, const struct flow_discard *d)
{
	struct decode *k = ctx;

	k->discards++;
	if (!k->counters)
		return;
	if (k->json)
		flowtext_discard_json(stdout, d);
	else
		flowtext_discard_tsv(k->discarded, d);
}

static void
on_option(void *ctx, const struct flow_option *o)
{
	struct decode *k = ctx;

	k->options++;
	if (k->counters && k->json)
		flowtext_option_json(stdout, o);
}

static void
on_fault(void *ctx, enum flow_fault fault, size_t offset, const char *text)
{
	struct decode *k = ctx;
	char from[ADDR_TEXT];

	k->faults[fault]++;
	if (k->told++ >= FAULTS_TOLD)
		return;
	fprintf(stderr, "%s: packet %lu from %s, byte %zu: %s\n", k->file, k->packet,
	    addr_text_port(&k->d->from, from), offset, text);
}

static void
take(void *ctx, const struct datagram *d, unsigned long packet)
{
	static const struct flow_sink sink = { .flow = on_flow,
		.counters = on_counters,
		.discard = on_discard,
		.option = on_option,
		.fault = on_fault };
	struct decode *k = ctx;
	struct flow_sink mine = sink;

	mine.ctx = k;
	k->packet = packet;
	k->d = d;
	flow_decode(k->exporters, d, &mine);
}

/* One line of what was in the file, to standard error. */
static void
summary(const struct decode *k, const struct capture_count *n)
{
	if (k->told > FAULTS_TOLD)
		fprintf(
		    stderr, "%s: %lu more faults\n", k->file, k->told - FAULTS_TOLD);
	fprintf(stderr,
	    "%s: %lu packets, %lu datagrams: %lu flows, %lu rows of options, %lu counter "
	    "samples, %lu discards",
	    k->file, n->packets, n->datagrams, k->flows, k->options, k->samples,
	    k->discards);
	if (n->others != 0)
		fprintf(stderr, "; %lu packets of others", n->others);
	if (n->fragments != 0)
		fprintf(stderr, "; %lu fragments, which are not put together",
		    n->fragments);
	if (n->cut != 0)
		fprintf(stderr, "; %lu not captured whole", n->cut);
	for (unsigned i = 0; i < FLOW_FAULTS; i++)
		if (k->faults[i] != 0)
			fprintf(stderr, "; %s faults %lu",
			    flow_fault_word((enum flow_fault)i), k->faults[i]);
	putc('\n', stderr);
}

/* Decode one file; exporters and templates of another are not its. */
static int
decode_file(struct decode *k, const char *file)
{
	struct capture_count count;
	struct err err;

	k->exporters = exporters_new();
	k->file = file;
	k->told = k->flows = k->samples = k->discards = k->options = 0;
	memset(k->faults, 0, sizeof k->faults);
	struct capture_sink sink = { .ctx = k, .datagram = take };
	int status = capture_read(file, &sink, &count, &err);

	if (status == 0)
		put_head(k);
	if (status != 0)
		fprintf(stderr, "probectl: %s\n", err.text);
	if (status == 0 || count.packets != 0)
		summary(k, &count);
	exporters_free(k->exporters);
	return status;
}

static int
usage(void)
{
	fputs("usage: probectl decode [--format tsv|json] [--counters] FILE...\n",
	    stderr);
	return CTL_USAGE;
}

/* What of all files was kept while flows were printed. */
static void
print_kept(FILE *kept)
{
	char buf[65536];
	size_t n;

	rewind(kept);
	while ((n = fread(buf, 1, sizeof buf, kept)) > 0)
		fwrite(buf, 1, n, stdout);
	fclose(kept);
}

int
ctl_decode(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "format", required_argument, NULL, 'f' },
		{ "counters", no_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	struct decode k = { 0 };
	int c, status = 0;

	while ((c = getopt_long(argc, argv, "f:c", longs, NULL)) != -1) {
		if (c == 'c')
			k.counters = true;
		else if (c == 'f' && strcmp(optarg, "json") == 0)
			k.json = true;
		else if (c != 'f' || strcmp(optarg, "tsv") != 0)
			return usage();
	}
	if (optind == argc)
		return usage();
	if (k.counters && !k.json &&
	    ((k.later = tmpfile()) == NULL || (k.discarded = tmpfile()) == NULL)) {
		perror("probectl: no temporary file");
		return CTL_FAILED;
	}
	for (int i = optind; i < argc; i++)
		if (decode_file(&k, argv[i]) != 0)
			status = CTL_FAILED;
	if (k.later != NULL && k.headed) {
		flowtext_counters_tsv_head(stdout);
		print_kept(k.later);
		if (ftell(k.discarded) > 0)
			flowtext_discard_tsv_head(stdout);
		print_kept(k.discarded);
	}
	if (fflush(stdout) != 0) {
		perror("probectl: standard output");
		return CTL_FAILED;
	}
	return status;
}
