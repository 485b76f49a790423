/* The log: fixed records in a file, counters in another. */
#include "t/sim/sim.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define CHUNK 1024 /* records that wait in memory: 32 KiB, one short write */

struct record_totals record_totals;
static struct record chunk[CHUNK];
static size_t chunk_count;
static int log_fd = -1;
static const char *stats_file;

const char *
sim_what_text(enum sim_what what)
{
	static const char *const texts[SIM_WHATS] = { "answered", "dropped", "silent",
		"duplicate", "late", "forged", "source", "cut", "error", "reset",
		"looped", "corrupt", "overflow", "write_failed" };

	return what < SIM_WHATS ? texts[what] : "?";
}

int
record_open(const char *file, const char *stats)
{
	stats_file = stats;
	if (file == NULL)
		return 0;
	log_fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	if (log_fd < 0)
		fprintf(stderr, "%s: %s\n", file, strerror(errno));
	return log_fd < 0 ? -1 : 0;
}

static void
chunk_out(void)
{
	size_t len = chunk_count * sizeof *chunk;

	if (log_fd >= 0 && len != 0 && write(log_fd, chunk, len) != (ssize_t)len)
		fprintf(stderr, "simnet: the log is short: %s\n", strerror(errno));
	chunk_count = 0;
}

void
record_add(const struct record *r)
{
	record_totals.what[r->what]++;
	chunk[chunk_count++] = *r;
	if (chunk_count == CHUNK)
		chunk_out();
}

void
record_behind(int64_t ns)
{
	if (ns > record_totals.most_behind_ns)
		record_totals.most_behind_ns = ns;
	record_totals.behind += ns >= CLOCK_NS_PER_MS;
}

/* What the kernel dropped before we could read it: a self-made loss of the world. */
static long long
kernel_drops(const char *device)
{
	FILE *in = fopen("/proc/net/dev", "re");
	char line[512], name[64];
	long long drops = -1, v;

	if (in == NULL)
		return -1;
	while (fgets(line, sizeof line, in) != NULL)
		if (sscanf(line,
			" %63[^:]: %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lld",
			name, &v) == 2 &&
		    strcmp(name, device) == 0)
			drops = v;
	fclose(in);
	return drops;
}

void
record_flush(const char *device)
{
	const struct record_totals *t = &record_totals;

	chunk_out();
	record_totals.flushes++;
	if (stats_file == NULL)
		return;
	char *next = mem_printf("%s.next", stats_file);
	FILE *out = fopen(next, "we");
	if (out == NULL) {
		fprintf(stderr, "%s: %s\n", next, strerror(errno));
		free(next);
		return;
	}
	fprintf(out,
	    "flushes %" PRIu64 "\nreceived %" PRIu64 "\nignored %" PRIu64
	    "\noverflow %" PRIu64 "\nwrite_failed %" PRIu64 "\nkernel_dropped %lld\n",
	    t->flushes, t->received, t->ignored, t->overflow, t->write_failed,
	    kernel_drops(device));
	fprintf(out, "behind %" PRIu64 "\nmost_behind_us %lld\nuntapped %" PRIu64 "\n",
	    t->behind, (long long)(t->most_behind_ns / CLOCK_NS_PER_US), t->untapped);
	for (unsigned i = 0; i < SIM_OVERFLOW; i++)
		fprintf(out, "%s %" PRIu64 "\n", sim_what_text(i), t->what[i]);
	if (fclose(out) != 0 || rename(next, stats_file) != 0)
		fprintf(stderr, "%s: %s\n", stats_file, strerror(errno));
	free(next);
}

int
record_print(const char *file)
{
	FILE *in = strcmp(file, "-") == 0 ? stdin : fopen(file, "re");
	struct record r;

	if (in == NULL) {
		fprintf(stderr, "%s: %s\n", file, strerror(errno));
		return -1;
	}
	puts("in_ns\tout_ns\thost\tfamily\tproto\tport\tid\tseq\twhat");
	while (fread(&r, sizeof r, 1, in) == 1)
		printf("%" PRId64 "\t%" PRId64 "\t%" PRIu32
		       "\t%u\t%u\t%u\t%u\t%u\t%s\n",
		    r.in_ns, r.out_ns, r.host, r.family, r.proto, r.port, r.id, r.seq,
		    sim_what_text(r.what));
	if (in != stdin)
		fclose(in);
	return 0;
}
