/* A file of packets, as probectl analyze takes it: what is in it, and when, is whoever
 * made it's. Its seconds are not counted through, as there may be hours of them between
 * any two packets. */
#include "t/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "collector/exporter.h"
#include "collector/flowcache.h"
#include "collector/sampling.h"
#include "collector/tally.h"
#include "config/conf.h"
#include "ctl/capture.h"
#include "ctl/floods.h"
#include "infer/backscatter.h"
#include "infer/victims.h"

struct look {
	struct exporters *exporters;
	const struct exporter *here;
	struct space *space;
	struct victims *victims;
	struct tally *tally;
	struct flowcache *cache;
	struct floods *floods;
	int64_t now_ms;
};

static void
on_done(void *ctx, struct flow *flow)
{
	(void)ctx, (void)flow;
}

static void
on_part(void *ctx, const struct minute_part *part, const struct minute_row *row)
{
	(void)ctx, (void)part, (void)row;
}

static void
on_attack(void *ctx, const struct attack *a, bool over)
{
	(void)ctx, (void)a, (void)over;
}

static void
on_victim(void *ctx, const struct victim *m, bool over)
{
	struct look *l = ctx;
	struct victim ranked = *m;
	uint32_t now_s = (uint32_t)(l->now_ms / 1000);

	ranked.offsets = space_rank(l->space, ranked.offset, ranked.offsets, now_s);
	(void)backscatter_judge(&ranked, l->now_ms, over, space_quiet(l->space, now_s));
}

static void
take_flow(void *ctx, const struct flow *f)
{
	struct look *l = ctx;

	victims_flow(l->victims, f, l->now_ms);
	tally_flow(l->tally, f, l->now_ms);
}

static void
end_second(struct look *l, int64_t end_ms)
{
	tally_tick(l->tally, end_ms, on_part, l);
	flowcache_sweep(l->cache, end_ms);
	floods_second(l->floods, end_ms, end_ms % 2 == 0);
	victims_sweep(l->victims, end_ms, on_victim, l);
}

static void
on_packet(void *ctx, const struct packet *p, int64_t at_ms)
{
	struct look *l = ctx;
	struct flow f;

	if (p->src.len == 0)
		return;
	l->now_ms = at_ms;
	capture_flow(p, at_ms, l->here, l->cache, &f);
	take_flow(l, &f);
	end_second(l, at_ms);
}

static void
on_datagram(void *ctx, const struct datagram *d, unsigned long number)
{
	struct look *l = ctx;
	struct flow_sink sink = { .ctx = l, .flow = take_flow };

	(void)number;
	l->now_ms = d->arrived_ms;
	flow_decode(l->exporters, d, &sink);
}

static void
read_file(const char *name)
{
	struct look l = { .exporters = exporters_new() };
	struct capture_sink sink = {
		.ctx = &l, .packet = on_packet, .datagram = on_datagram
	};
	struct addr nobody = { .sa.sa_family = AF_UNSPEC };
	struct exporter_key key = exporter_key(&nobody, FLOW_UNKNOWN, NULL, 0);
	struct tally_settings settings = { .talkers = TALLY_FULL };
	struct conf_detection detection;
	struct capture_count count;
	struct prefixes own = { 0 }, telescope = { 0 };
	struct err err;

	conf_detection(NULL, &detection);
	if (prefixes_parse(&own, "10.0.0.0/24 fc00::/7", &err) != 0 ||
	    prefixes_parse(&telescope, "192.0.2.0/24", &err) != 0)
		abort();
	settings.local = own;
	l.here = exporters_get(l.exporters, &key, false, 0);
	l.space = space_new(&own, &telescope, 0, 0);
	l.victims = victims_new(l.space);
	l.tally = tally_new(1);
	tally_configure(l.tally, &settings);
	l.cache = flowcache_new(64, on_done, NULL);
	l.floods = floods_new(l.tally, &detection, on_attack, &l);
	(void)capture_read(name, &sink, &count, &err);
	end_second(&l, l.now_ms + 1000);
	floods_end(l.floods);
	tally_close(l.tally, on_part, &l);
	floods_free(l.floods);
	flowcache_free(l.cache);
	tally_free(l.tally);
	victims_free(l.victims);
	space_free(l.space);
	exporters_free(l.exporters);
	prefixes_free(&own);
	prefixes_free(&telescope);
}

int
fuzz_capture(const uint8_t *data, size_t size)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);
	char name[32];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	read_file(name);
	close(fd);
	return 0;
}
