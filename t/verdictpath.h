/* The judge of a way of seven series, as tests feed it: a gateway, an access hop, one
 * of the provider's core, and four far ends. */
#ifndef T_VERDICTPATH_H
#define T_VERDICTPATH_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "infer/verdict.h"
#include "t/tap.h"

#define DAY 86400
#define BEGIN (20000LL * DAY)

static struct infer_finding last;
static unsigned heard, closed;

static inline void
hear(void *ctx, const struct infer_finding *f, int64_t time, bool over)
{
	(void)ctx;
	(void)time;
	last = *f;
	heard++;
	closed += over;
}

enum {
	GATEWAY = 1,
	ACCESS,
	CORE,
	FAR,
	PATH = FAR + 4
};

static inline struct verdict *
path(uint32_t step, uint32_t pings)
{
	static const enum verdict_role roles[PATH] = { 0, VERDICT_GATEWAY,
		VERDICT_ACCESS, VERDICT_PROVIDER, VERDICT_FAR, VERDICT_FAR, VERDICT_FAR,
		VERDICT_FAR };
	static const char *const names[PATH] = { "", "Gw", "Access", "Core", "A", "B",
		"C", "D" };
	struct verdict *v = verdict_new(hear, NULL);

	heard = closed = 0;
	for (unsigned i = GATEWAY; i < PATH; i++)
		verdict_series(v, &(struct verdict_series){ .id = i,
				      .path = names[i],
				      .role = roles[i],
				      .network = i,
				      .step = step,
				      .pings = pings });
	return v;
}

/* A window ends at T, in which series FROM and behind answered nothing; WHY counts
 * where all is unknown. */
static inline void
window(struct verdict *v, int64_t t, unsigned from, bool unknown)
{
	for (unsigned i = GATEWAY; i < PATH; i++) {
		struct verdict_round r = { .id = i, .time = t - 1, .sent = 20 };
		r.median = r.p90 = i >= from || unknown ? NAN : 0.01 * i;
		r.lost = i >= from && !unknown ? 20 : 0;
		r.unknown = unknown ? 20 : 0;
		r.why = VERDICT_STALLED;
		verdict_round(v, &r);
	}
	verdict_tick(v, t + 7);
}

/* N windows in which series FROM and behind are silent. When the last one ends. */
static inline int64_t
windows(struct verdict *v, int64_t t, unsigned n, unsigned from)
{
	for (unsigned i = 0; i < n; i++)
		window(v, t += 60, from, false);
	return t;
}

static inline void
has(const char *words, const char *what)
{
	if (!ok(strstr(last.sentence, words) != NULL, "%s", what))
		printf("# %s\n", last.sentence);
}

#endif
