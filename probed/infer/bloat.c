#include "infer/bloat.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "base/stats.h"
#include "infer/odds.h"
#include "infer/share.h"

#define LEVEL 0.95 /* of intervals */
#define IDLE 0.2 /* of the line */
#define LOADED 0.8
#define OTHER 0.5      /* the other way is not to blame below */
#define NOW_LOADED 0.7 /* while it grows */
#define ADDED_MS 30.0  /* worse than grade A */
#define SIGMAS 5.0
#define MAD_SIGMA 1.4826
#define SHAPER 0.9
#define FORGET (0.02 / 86400) /* of the most that was seen, a second */
#define TOGETHER 0.6	      /* correlation from which on load explains delay */
#define RATE_MAX 1e13f	      /* bit/s */
#define RTT_MAX_MS 1e7f
#define PAIRS_MAX (BLOAT_WAYS * BLOAT_TENTHS * BLOAT_KEEP)

/* --- pairs ----------------------------------------------------------------------- */

static double
speed_of(const struct bloat *b, unsigned way)
{
	return b->speed[way] > 0 ? b->speed[way] : b->most[way];
}

static double
load(const struct bloat *b, const struct bloat_pair *p, unsigned way)
{
	double speed = speed_of(b, way);

	return speed > 0 ? (double)p->rate[way] / speed : 0;
}

/* The pair AGO before the newest; NULL: there is none. */
static const struct bloat_pair *
recent(const struct bloat *b, unsigned ago)
{
	unsigned have = b->recents < BLOAT_RECENT ? b->recents : BLOAT_RECENT;

	return ago < have ? &b->recent[(b->recents - 1 - ago) % BLOAT_RECENT] : NULL;
}

/* A counter that jumps once raises nothing: the pair before must have had it, too. */
static void
learn_most(struct bloat *b, const struct bloat_pair *p)
{
	const struct bloat_pair *before = recent(b, 0);
	double s =
	    before == NULL || p->time < before->time ? 0 : p->time - before->time;

	for (unsigned way = 0; way < BLOAT_WAYS; way++) {
		double both = before == NULL ? 0
					     : fmin((double)p->rate[way],
						   (double)before->rate[way]);

		b->most[way] = fmax(both, b->most[way] * fmax(0, 1 - FORGET * s));
	}
}

void
bloat_add(struct bloat *b, int64_t time, double rtt_ms, const double rate[BLOAT_WAYS])
{
	struct bloat_pair p = { .time = (uint32_t)time, .rtt_ms = (float)rtt_ms };

	for (unsigned way = 0; way < BLOAT_WAYS; way++) {
		if (!(rate[way] >= 0 && rate[way] < (double)RATE_MAX))
			return;
		p.rate[way] = (float)rate[way];
	}
	learn_most(b, &p);
	b->recent[b->recents++ % BLOAT_RECENT] = p;
	/* The way that is fuller is the one that it tells of; an idle pair is both's,
	 * and kept once. */
	unsigned way = load(b, &p, 1) > load(b, &p, 0);
	unsigned tenth = (unsigned)fmin(BLOAT_TENTHS - 1, load(b, &p, way) * 10);
	uint8_t *next = &b->next[way][tenth], *count = &b->count[way][tenth];
	b->pair[way][tenth][*next] = p;
	*next = (uint8_t)((*next + 1) % BLOAT_KEEP);
	*count = *count < BLOAT_KEEP ? *count + 1 : BLOAT_KEEP;
}

/* --- grades ---------------------------------------------------------------------- */

enum bloat_grade
bloat_grade(double rise_ms)
{
	static const double below[] = { 5, 30, 60, 200, 400 };
	unsigned i = 0;

	if (isnan(rise_ms))
		return BLOAT_UNKNOWN;
	while (i < sizeof below / sizeof below[0] && rise_ms >= below[i])
		i++;
	return (enum bloat_grade)(BLOAT_A_PLUS + i);
}

const char *
bloat_grade_word(enum bloat_grade grade)
{
	static const char *const words[] = {
		[BLOAT_UNKNOWN] = "",
		[BLOAT_A_PLUS] = "A+",
		[BLOAT_A] = "A",
		[BLOAT_B] = "B",
		[BLOAT_C] = "C",
		[BLOAT_D] = "D",
		[BLOAT_F] = "F",
	};

	return words[grade];
}

/* --- by load --------------------------------------------------------------------- */

/* Times of pairs that a test lets through, sorted; and how many were lost. */
struct heap {
	double v[PAIRS_MAX];
	unsigned n, lost;
};

static void
heap_add(struct heap *h, double v)
{
	if (isnan(v))
		h->lost++;
	else
		h->v[h->n++] = v;
}

static double
quantile(struct heap *h, double q)
{
	stats_sort(h->v, h->n);
	return h->n < BLOAT_MIN ? NAN : stats_quantile(h->v, h->n, q);
}

static double
spread(struct heap *h, double middle)
{
	for (unsigned i = 0; i < h->n; i++)
		h->v[i] = fabs(h->v[i] - middle);
	return MAD_SIGMA * quantile(h, 0.5);
}

/* All pairs, each with the load both ways when it was taken. */
struct taking {
	struct taken {
		const struct bloat_pair *pair;
		double load[BLOAT_WAYS];
	} of[PAIRS_MAX];
	unsigned n;
	struct heap heap, rates;
};

static void
take_all(struct taking *t, const struct bloat *b)
{
	t->n = 0;
	for (unsigned way = 0; way < BLOAT_WAYS; way++)
		for (unsigned tenth = 0; tenth < BLOAT_TENTHS; tenth++)
			for (unsigned i = 0; i < b->count[way][tenth]; i++) {
				const struct bloat_pair *p = &b->pair[way][tenth][i];

				t->of[t->n++] = (struct taken){ p,
					{ load(b, p, 0), load(b, p, 1) } };
			}
}

static void
take_idle(struct taking *t, struct bloat_result *r)
{
	t->heap.n = t->heap.lost = 0;
	for (const struct taken *x = t->of; x < t->of + t->n; x++) {
		if (r->since == 0 || x->pair->time < r->since)
			r->since = x->pair->time;
		if (x->load[0] < IDLE && x->load[1] < IDLE)
			heap_add(&t->heap, (double)x->pair->rtt_ms);
	}
}

/* Those with a load from LOW to below HIGH one WAY, and little the other. */
static void
take_loaded(struct taking *t, unsigned way, double low, double high)
{
	t->heap.n = t->heap.lost = 0;
	for (const struct taken *x = t->of; x < t->of + t->n; x++)
		if (x->load[!way] < OTHER && x->load[way] >= low && x->load[way] < high)
			heap_add(&t->heap, (double)x->pair->rtt_ms);
}

/* How fast the line takes what stands in a queue. */
static void
take_standing(struct taking *t, unsigned way, double idle_ms)
{
	t->rates.n = t->rates.lost = 0;
	for (const struct taken *x = t->of; x < t->of + t->n; x++)
		if (x->load[!way] < OTHER && x->load[way] >= NOW_LOADED &&
		    (double)x->pair->rtt_ms - idle_ms > ADDED_MS)
			heap_add(&t->rates, (double)x->pair->rate[way]);
}

/* V without all but its first two digits. */
static double
two_digits(double v)
{
	double unit = pow(10, floor(log10(v)) - 1);

	return floor(v / unit * (1 + 1e-12)) * unit;
}

static void
judge_way(const struct bloat *b, struct taking *t, struct bloat_result *r, unsigned way,
    unsigned idle_lost)
{
	struct bloat_way *w = &r->way[way];

	w->rate = speed_of(b, way);
	w->measured = b->speed[way] <= 0;
	w->rise_ms = w->high_ms = w->sustained = w->buffer = w->shaper = NAN;
	w->loss = w->p_loss = NAN;
	for (unsigned tenth = 0; tenth < BLOAT_TENTHS; tenth++) {
		take_loaded(t, way, tenth / 10.0,
		    tenth + 1 < BLOAT_TENTHS ? (tenth + 1) / 10.0 : INFINITY);
		w->pairs[tenth] = t->heap.n + t->heap.lost;
		w->added_ms[tenth] = quantile(&t->heap, 0.5) - r->idle_ms;
	}
	take_loaded(t, way, LOADED, INFINITY);
	w->loaded = t->heap.n + t->heap.lost;
	if (w->rate <= 0 || w->loaded < BLOAT_MIN)
		return;
	w->rise_ms = quantile(&t->heap, 0.5) - r->idle_ms;
	w->high_ms = quantile(&t->heap, 0.9) - r->idle_ms;
	w->loss = (double)t->heap.lost / w->loaded;
	w->p_loss = share_above(t->heap.lost, w->loaded, idle_lost, r->idle);
	if (!(w->rise_ms >= ADDED_MS))
		return;
	take_standing(t, way, r->idle_ms);
	w->sustained = quantile(&t->rates, 0.5);
	if (isnan(w->sustained))
		return;
	w->buffer = w->high_ms / 1000 * w->sustained / 8;
	w->shaper = two_digits(SHAPER * w->sustained);
}

void
bloat_judge(const struct bloat *b, struct bloat_result *r)
{
	struct taking t;
	double sum = 0;

	memset(r, 0, sizeof *r);
	take_all(&t, b);
	take_idle(&t, r);
	unsigned idle_lost = t.heap.lost;
	r->idle = t.heap.n + t.heap.lost;
	r->idle_ms = quantile(&t.heap, 0.5);
	r->idle_loss = r->idle > 0 ? (double)idle_lost / r->idle : NAN;
	r->noise_ms = spread(&t.heap, r->idle_ms);
	for (unsigned way = 0; way < BLOAT_WAYS; way++) {
		judge_way(b, &t, r, way, idle_lost);
		if (isnan(r->way[way].rise_ms))
			continue;
		/* Less than idle is noise. */
		sum += fmax(0, r->way[way].rise_ms);
		r->ways++;
	}
	r->rise_ms = r->ways > 0 ? sum / r->ways : NAN;
	r->grade = bloat_grade(r->rise_ms);
}

/* --- now -------------------------------------------------------------------------- */

static double
correlation(const struct bloat *b, unsigned way)
{
	double x[BLOAT_RECENT], y[BLOAT_RECENT];
	const struct bloat_pair *p;
	size_t n = 0;

	for (unsigned i = 0; (p = recent(b, i)) != NULL; i++) {
		if (isnan(p->rtt_ms))
			continue;
		x[n] = (double)p->rate[way];
		y[n++] = (double)p->rtt_ms;
	}
	return rank_correlation(x, y, n);
}

void
bloat_now(
    const struct bloat *b, const struct bloat_result *r, int64_t now, struct bloat_now *n)
{
	double use[BLOAT_WAYS][BLOAT_RECENT], rate[BLOAT_WAYS][BLOAT_RECENT];
	double added[BLOAT_RECENT];
	const struct bloat_pair *p;
	int64_t after = now;
	uint64_t low, high;

	memset(n, 0, sizeof *n);
	n->threshold_ms = fmax(ADDED_MS, SIGMAS * r->noise_ms);
	n->added_ms = n->use = n->rate = n->correlation = NAN;
	n->low_ms = n->high_ms = NAN;
	if (isnan(r->idle_ms))
		return;
	for (unsigned i = 0; (p = recent(b, i)) != NULL; i++) {
		double in = load(b, p, 0), out = load(b, p, 1);

		if (after - p->time > BLOAT_STALE_S || fmax(in, out) < NOW_LOADED ||
		    (double)p->rtt_ms - r->idle_ms <= n->threshold_ms)
			break;
		after = p->time;
		if (isnan(p->rtt_ms))
			continue;
		n->since = p->time;
		added[n->pairs] = (double)p->rtt_ms - r->idle_ms;
		use[0][n->pairs] = in;
		use[1][n->pairs] = out;
		rate[0][n->pairs] = (double)p->rate[0];
		rate[1][n->pairs++] = (double)p->rate[1];
	}
	if (n->pairs == 0)
		return;
	stats_sort(added, n->pairs);
	for (unsigned way = 0; way < BLOAT_WAYS; way++) {
		stats_sort(use[way], n->pairs);
		stats_sort(rate[way], n->pairs);
	}
	n->way = use[1][n->pairs / 2] > use[0][n->pairs / 2];
	n->use = use[n->way][n->pairs / 2];
	n->rate = rate[n->way][n->pairs / 2];
	n->added_ms = added[n->pairs / 2];
	n->level = odds_median(n->pairs, LEVEL, &low, &high);
	n->low_ms = added[low];
	n->high_ms = added[high];
	n->correlation = correlation(b, n->way);
	/* Where the line's rate is but the most that was seen, load must explain the
	 * delay, or it is not the line that was full. */
	if (b->speed[n->way] <= 0 && !(n->correlation > TOGETHER))
		n->pairs = 0;
}

/* --- bytes ------------------------------------------------------------------------ */

static void
put_float(struct pack *p, float v)
{
	uint32_t bits;

	memcpy(&bits, &v, sizeof bits);
	pack_u32(p, bits);
}

static float
get_float(struct wire *w)
{
	uint32_t bits = wire_u32(w);
	float v;

	memcpy(&v, &bits, sizeof v);
	return v;
}

void
bloat_put(const struct bloat *b, struct pack *p)
{
	for (unsigned way = 0; way < BLOAT_WAYS; way++)
		pack_f64(p, b->most[way]);
	for (unsigned way = 0; way < BLOAT_WAYS; way++)
		for (unsigned t = 0; t < BLOAT_TENTHS; t++) {
			pack_u8(p, b->count[way][t]);
			for (unsigned i = 0; i < b->count[way][t]; i++) {
				const struct bloat_pair *x = &b->pair[way][t][i];

				pack_u32(p, x->time);
				put_float(p, x->rtt_ms);
				for (unsigned k = 0; k < BLOAT_WAYS; k++)
					put_float(p, x->rate[k]);
			}
		}
}

static void
get_tenth(struct bloat *b, struct wire *w, unsigned way, unsigned t)
{
	unsigned n = wire_u8(w);

	if (n > BLOAT_KEEP)
		w->bad = true;
	for (unsigned i = 0; wire_ok(w) && i < n; i++) {
		struct bloat_pair x = { .time = wire_u32(w), .rtt_ms = get_float(w) };

		for (unsigned k = 0; k < BLOAT_WAYS; k++) {
			x.rate[k] = get_float(w);
			w->bad |= !(x.rate[k] >= 0 && x.rate[k] < RATE_MAX);
		}
		w->bad |= !isnan(x.rtt_ms) && !(x.rtt_ms >= 0 && x.rtt_ms < RTT_MAX_MS);
		b->pair[way][t][i] = x;
	}
	b->count[way][t] = wire_ok(w) ? (uint8_t)n : 0;
	/* The oldest of a full ring goes next, wherever that was. */
	b->next[way][t] = (uint8_t)(b->count[way][t] % BLOAT_KEEP);
}

void
bloat_get(struct bloat *b, struct wire *w)
{
	memset(b, 0, sizeof *b);
	for (unsigned way = 0; way < BLOAT_WAYS; way++) {
		b->most[way] = wire_f64(w);
		w->bad |= !(b->most[way] >= 0 && b->most[way] < (double)RATE_MAX);
	}
	for (unsigned way = 0; way < BLOAT_WAYS; way++)
		for (unsigned t = 0; t < BLOAT_TENTHS; t++)
			get_tenth(b, w, way, t);
}
