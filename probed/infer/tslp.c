#include "infer/tslp.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/stats.h"
#include "infer/odds.h"
#include "infer/share.h"

#define LEVEL 0.95 /* of intervals */
/* The day begins when fewest people are awake, so that an evening is one day's. */
#define DAY_BEGINS_S (5 * 3600)
#define DAY_S 86400
#define GOOD_BINS 30	 /* a day of no more is not known well enough */
#define LOW_RANK 4	 /* the day's low level: its fifth lowest quarter */
#define STEP_MS 3.0	 /* the low level of the next day differs so: a step */
#define FLOOR_MS 2.0	 /* no rise below is spoken of */
#define SIGMAS 5.0	 /* of noise that a rise must be above */
#define MAD_SIGMA 1.4826 /* standard deviation by the median of deviations */
#define SMEAR 1		 /* quarters that an evening's begin may differ */
#define BRIDGE 3	 /* quarters of a gap within a period */
#define DAYS_MIN 5
#define CONGESTED_MIN 3
#define LOOKS (6 * TSLP_DAY_BINS) /* periods and least lengths that are tried */
#define P_MAX 1e-3		  /* after the choice of one among them */
#define USE_BUSY 0.6		  /* of the own line: below, it is not the cause */
#define PERSISTS 0.7		  /* of the rise must be seen behind */
#define LONG_DAY 0.6		  /* a day that is slow for longer has no hours */
#define USE_MAX 2.5		  /* that is kept */
#define BASE_BINS 96		  /* of tslp_shift(): what the base is taken from */
#define STEP_BINS 48

/* --- series -------------------------------------------------------------------- */

static const struct tslp_bin empty = { .least_ms = NAN, .use = NAN };

void
tslp_clear(struct tslp_series *s)
{
	s->newest = 0;
	for (unsigned i = 0; i < TSLP_BINS; i++)
		s->bin[i] = empty;
}

/* The quarter of TIME, made when it is a new one. */
static struct tslp_bin *
bin_of(struct tslp_series *s, int64_t time)
{
	int64_t number = time / TSLP_BIN_S;

	/* So far back only a clock is that was set: else nothing were taken for years. */
	if (number - s->newest > TSLP_BINS || number < s->newest - 2 * TSLP_BINS)
		tslp_clear(s);
	if (time <= 0 || number <= s->newest - TSLP_BINS)
		return NULL;
	for (int64_t i = s->newest == 0 ? number : s->newest + 1; i <= number; i++)
		s->bin[i % TSLP_BINS] = empty;
	if (number > s->newest)
		s->newest = number;
	return &s->bin[number % TSLP_BINS];
}

void
tslp_ping(struct tslp_series *s, int64_t time, double rtt_ms)
{
	struct tslp_bin *b = bin_of(s, time);

	if (b == NULL || b->sent == UINT16_MAX)
		return;
	b->sent++;
	if (isnan(rtt_ms))
		b->lost++;
	else if (!(b->least_ms <= (float)rtt_ms))
		b->least_ms = (float)rtt_ms;
}

void
tslp_change(struct tslp_series *s, int64_t time)
{
	struct tslp_bin *b = bin_of(s, time);

	if (b != NULL)
		b->changed = true;
}

void
tslp_use(struct tslp_series *s, int64_t time, double use)
{
	struct tslp_bin *b = bin_of(s, time);

	if (b != NULL && !(b->use >= (float)use))
		b->use = (float)use;
}

static const struct tslp_bin *
bin_at(const struct tslp_series *s, int64_t number)
{
	if (s == NULL || s->newest == 0 || number > s->newest ||
	    number <= s->newest - TSLP_BINS || number <= 0)
		return NULL;
	return &s->bin[number % TSLP_BINS];
}

const struct tslp_bin *
tslp_at(const struct tslp_series *s, int64_t time)
{
	return bin_at(s, time / TSLP_BIN_S);
}

/* --- days of the local clock ----------------------------------------------------- */

struct days {
	float least[TSLP_DAYS + 1][TSLP_DAY_BINS]; /* NAN: not known */
	float use[TSLP_DAYS + 1][TSLP_DAY_BINS];
	uint32_t sent[TSLP_DAYS + 1][TSLP_DAY_BINS];
	uint32_t lost[TSLP_DAYS + 1][TSLP_DAY_BINS];
	bool changed[TSLP_DAYS + 1][TSLP_DAY_BINS];
	double low[TSLP_DAYS + 1]; /* NAN: the day is not known well enough */
};

static int64_t
local(const struct tslp_question *q, int64_t time)
{
	return time + (q->offset != NULL ? q->offset(q->ctx, time) : 0) - DAY_BEGINS_S;
}

static void
day_low(struct days *d, unsigned day)
{
	double known[TSLP_DAY_BINS];
	unsigned n = 0;

	for (unsigned k = 0; k < TSLP_DAY_BINS; k++)
		if (!isnan(d->least[day][k]))
			known[n++] = (double)d->least[day][k];
	stats_sort(known, n);
	d->low[day] = n > GOOD_BINS ? known[LOW_RANK] : NAN;
}

/* Seconds from bin N's time to the local one, counted from when days begin. The clock
 * is not changed to and fro within a day, so that few bins need to be asked for. */
static int64_t
shift_at(const struct tslp_question *q, int64_t n)
{
	return local(q, n * TSLP_BIN_S) - n * TSLP_BIN_S;
}

/* Lay S out by the local clock; the hour that is there twice when summer time ends
 * keeps its least, the one that is missing when it begins stays unknown. */
static void
lay_out(struct days *d, const struct tslp_question *q, const struct tslp_series *s)
{
	int64_t last = q->now / TSLP_BIN_S; /* which is not complete */
	int64_t today = local(q, q->now) / DAY_S;
	int64_t until = INT64_MIN, shift = 0; /* of bins up to that one */

	memset(d, 0, sizeof *d);
	for (unsigned i = 0; i <= TSLP_DAYS; i++)
		for (unsigned k = 0; k < TSLP_DAY_BINS; k++)
			d->least[i][k] = d->use[i][k] = NAN;
	for (int64_t n = last - TSLP_BINS + 1; n < last; n++) {
		const struct tslp_bin *b = bin_at(s, n);
		if (b == NULL)
			continue;
		if (n >= until) {
			/* Times behind now are not asked for: there may be none. */
			int64_t next =
			    n + TSLP_DAY_BINS < last ? n + TSLP_DAY_BINS : last;
			shift = shift_at(q, n);
			until = shift_at(q, next) == shift ? next : n + 1;
		}
		int64_t when = n * TSLP_BIN_S + shift, ago = today - when / DAY_S;
		/* A series that was read back may be of any time, 1970 too. */
		if (when < 0 || ago < 0 || ago > TSLP_DAYS)
			continue;
		unsigned i = (unsigned)(TSLP_DAYS - ago);
		unsigned k = (unsigned)(when % DAY_S / TSLP_BIN_S);
		if (!isnan(b->least_ms) && !(d->least[i][k] <= b->least_ms))
			d->least[i][k] = b->least_ms;
		if (!isnan(b->use) && !(d->use[i][k] >= b->use))
			d->use[i][k] = b->use;
		d->sent[i][k] += b->sent;
		d->lost[i][k] += b->lost;
		d->changed[i][k] |= b->changed;
	}
	for (unsigned i = 0; i <= TSLP_DAYS; i++)
		day_low(d, i);
}

/* --- what is a rise --------------------------------------------------------------- */

enum rise {
	RISE_NO,
	RISE_UNKNOWN,
	RISE_FAR, /* of the far end alone */
	RISE_BOTH,
	RISE_OWN,
	RISE_REROUTED
};

struct work {
	const struct tslp_question *q;
	struct tslp_result *r;
	struct days far, near;
	bool used[TSLP_DAYS + 1];
	uint8_t rise[TSLP_DAYS + 1][TSLP_DAY_BINS]; /* enum rise */
	/* The period, quarters of a day that begins at 5. */
	unsigned begin, end;
};

static double
rise_of(const struct days *d, unsigned i, unsigned k)
{
	return (double)d->least[i][k] - d->low[i];
}

/* Days that are known, and on which no level moved. A step shows in the low level of
 * the next day: of both neither is compared. */
static void
choose_days(struct work *w)
{
	for (unsigned i = 0; i <= TSLP_DAYS; i++)
		w->used[i] = !isnan(w->far.low[i]) &&
			     (w->q->near == NULL || !isnan(w->near.low[i]));
	for (unsigned i = 0, before = UINT32_MAX; i <= TSLP_DAYS; i++) {
		if (isnan(w->far.low[i]))
			continue;
		if (before != UINT32_MAX &&
		    fabs(w->far.low[i] - w->far.low[before]) > STEP_MS) {
			w->r->stepped += w->used[i] + w->used[before];
			w->used[i] = w->used[before] = false;
		}
		before = i;
	}
	for (unsigned i = 0; i <= TSLP_DAYS; i++)
		w->r->days += w->used[i];
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *v, unsigned n)
{
	qsort(v, n, sizeof *v, by_value);
	return n == 0 ? NAN : (n % 2 == 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2);
}

static void
find_threshold(struct work *w)
{
	static const unsigned most = (TSLP_DAYS + 1) * TSLP_DAY_BINS;
	double v[(TSLP_DAYS + 1) * TSLP_DAY_BINS];
	unsigned n = 0;

	for (unsigned i = 0; i <= TSLP_DAYS; i++)
		for (unsigned k = 0; w->used[i] && k < TSLP_DAY_BINS; k++)
			if (!isnan(w->far.least[i][k]) && n < most)
				v[n++] = rise_of(&w->far, i, k);
	double middle = median(v, n);
	for (unsigned i = 0; i < n; i++)
		v[i] = fabs(v[i] - middle);
	w->r->noise_ms = MAD_SIGMA * median(v, n);
	w->r->threshold_ms = fmax(FLOOR_MS, middle + SIGMAS * w->r->noise_ms);
}

static enum rise
rise_kind(const struct work *w, unsigned i, unsigned k)
{
	double far = rise_of(&w->far, i, k), near = 0;

	if (w->q->near != NULL)
		near = rise_of(&w->near, i, k);
	if (isnan(far) || isnan(near))
		return RISE_UNKNOWN;
	if (far <= w->r->threshold_ms)
		return RISE_NO;
	if (near >= far / 2)
		return RISE_BOTH;
	if (!w->q->near_beyond_line && w->far.use[i][k] >= (float)USE_BUSY)
		return RISE_OWN;
	return RISE_FAR;
}

static bool
near_change(const struct days *d, unsigned i, unsigned k)
{
	return d->changed[i][k] || (k > 0 && d->changed[i][k - 1]) ||
	       (k + 1 < TSLP_DAY_BINS && d->changed[i][k + 1]);
}

/* A rise that begins and ends with a change of the path is the other path's length. */
static void
mark_rerouted(struct work *w, unsigned i)
{
	for (unsigned k = 0, end; k < TSLP_DAY_BINS; k = end + 1) {
		for (end = k; end < TSLP_DAY_BINS && w->rise[i][end] == RISE_FAR; end++)
			;
		if (end == k || !near_change(&w->far, i, k) ||
		    !near_change(&w->far, i, end < TSLP_DAY_BINS ? end : end - 1))
			continue;
		for (unsigned at = k; at < end; at++)
			w->rise[i][at] = RISE_REROUTED;
	}
}

static void
find_rises(struct work *w)
{
	for (unsigned i = 0; i <= TSLP_DAYS; i++) {
		unsigned up = 0, known = 0;

		if (!w->used[i])
			continue;
		for (unsigned k = 0; k < TSLP_DAY_BINS; k++) {
			w->rise[i][k] = (uint8_t)rise_kind(w, i, k);
			known += w->rise[i][k] != RISE_UNKNOWN;
			up += w->rise[i][k] > RISE_UNKNOWN;
		}
		if (known <= GOOD_BINS || up > LONG_DAY * known) {
			w->used[i] = false;
			w->r->days--;
			w->r->stepped += known > GOOD_BINS;
			continue;
		}
		mark_rerouted(w, i);
	}
}

/* --- the hours -------------------------------------------------------------------- */

/* Does it count: any rise, or the far end's alone? */
static bool
counts(const struct work *w, unsigned i, unsigned k, bool any)
{
	return w->used[i] &&
	       (any ? w->rise[i][k] > RISE_UNKNOWN : w->rise[i][k] == RISE_FAR);
}

/* The chance that N tries, each with CHANCE, succeed COUNT times or more. */
static double
binomial_tail(unsigned n, unsigned count, double chance)
{
	double p = 0;

	if (chance <= 0 || chance >= 1)
		return chance <= 0 && count > 0 ? 0 : 1;
	for (unsigned k = count; k <= n; k++)
		p += exp(lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0) +
			 k * log(chance) + (n - k) * log1p(-chance));
	return p < 1 ? p : 1;
}

/* How many rises day I has in the period; OUT: outside, KNOWN: known quarters of both.
 */
static unsigned
count_rises(
    const struct work *w, unsigned i, bool any, unsigned *out, unsigned known[2])
{
	unsigned n = 0;

	*out = 0;
	for (unsigned k = 0; k < TSLP_DAY_BINS; k++) {
		bool here = k >= w->begin && k < w->end, up = counts(w, i, k, any);

		if (w->rise[i][k] == RISE_UNKNOWN)
			continue;
		known[here]++;
		n += here && up;
		*out += !here && up;
	}
	return n;
}

/* So many quarters make a day one of these: PART of what is usual on days that have
 * any, so that a stray one within long hours is none. */
static unsigned
enough(const struct work *w, bool any, double part)
{
	double v[TSLP_DAYS + 1];
	unsigned n = 0, out, known[2] = { 0 };

	for (unsigned i = 0; i <= TSLP_DAYS; i++) {
		unsigned in = w->used[i] ? count_rises(w, i, any, &out, known) : 0;

		if (in > 0)
			v[n++] = in;
	}
	return n == 0 ? 1 : (unsigned)fmax(1, floor(median(v, n) * part));
}

/* How many days, and what chance has it, if rises came at any time of the day? */
static void
count_days(struct work *w, bool any, unsigned least)
{
	struct tslp_result *r = w->r;
	unsigned outside = 0, inside = 0, known[2] = { 0 }, left = 7;

	r->congested = r->elevated = r->recent = 0;
	for (unsigned i = TSLP_DAYS + 1; i-- > 0;) {
		unsigned in, out;

		if (!w->used[i])
			continue;
		in = count_rises(w, i, any, &out, known);
		inside += in;
		outside += out;
		r->congested += in >= least;
		r->elevated += in >= least || out >= least;
		r->recent += in >= least && left > 0;
		left -= left > 0;
	}
	double chance = (outside + 0.5) / (known[false] + 1.0);
	double day = binomial_tail(w->end - w->begin, least, chance);
	r->p = fmin(1, LOOKS * binomial_tail(r->days, r->congested, day));
	r->level = known[true] + known[false] > 0
		       ? (double)inside / (known[true] + known[false])
		       : NAN;
}

/* The hours from BEGIN to END, if they are less by chance than what there is. */
static void
try_period(struct work *w, bool any, unsigned begin, unsigned end, struct work *best)
{
	static const double parts[] = { 1.0 / 3, 2.0 / 3 };

	w->begin = begin;
	w->end = end;
	for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		count_days(w, any, enough(w, any, parts[i]));
		if (w->r->p > best->r->p ||
		    (w->r->p == best->r->p && w->r->level <= best->r->level))
			continue;
		*best->r = *w->r;
		best->begin = begin;
		best->end = end;
	}
}

/* Runs of quarters that DAYS or more have, with gaps of BRIDGE at most. */
static void
try_runs(struct work *w, bool any, const unsigned *days, const unsigned *rises,
    double cut, struct work *best)
{
	for (unsigned k = 0, end; k<TSLP_DAY_BINS; k = end> k ? end : k + 1) {
		unsigned first = k, last = k, gap = 0;

		for (end = k; end < TSLP_DAY_BINS && gap <= BRIDGE; end++) {
			gap = days[end] > cut ? 0 : gap + 1;
			if (gap > 0 && end == k)
				break;
			last = gap == 0 ? end : last;
		}
		/* Without what was only smeared over. */
		while (end > k && first < last && rises[first] == 0)
			first++;
		while (end > k && last > first && rises[last] == 0)
			last--;
		if (end > k && rises[first] > 0)
			try_period(w, any, first, last + 1, best);
	}
}

/* Find the hours that recur on most days; false: there are none. */
static bool
recurs(struct work *w, bool any)
{
	static const double cuts[] = { 1.0 / 3, 0.5, 2.0 / 3 };
	unsigned days[TSLP_DAY_BINS] = { 0 }, rises[TSLP_DAY_BINS] = { 0 };
	unsigned least = UINT32_MAX, most = 0;
	struct tslp_result found = { .p = 2 }, *r = w->r;
	struct work best = { .r = &found };

	for (unsigned k = 0; k < TSLP_DAY_BINS; k++) {
		for (unsigned i = 0; i <= TSLP_DAYS; i++) {
			bool here = false;

			for (unsigned at = k < SMEAR ? 0 : k - SMEAR;
			     at <= k + SMEAR && at < TSLP_DAY_BINS; at++)
				here |= counts(w, i, at, any);
			days[k] += here;
			rises[k] += counts(w, i, k, any);
		}
		least = days[k] < least ? days[k] : least;
		most = days[k] > most ? days[k] : most;
	}
	if (most < CONGESTED_MIN)
		return false;
	for (unsigned c = 0; c < sizeof cuts / sizeof cuts[0]; c++)
		try_runs(w, any, days, rises, least + (most - least) * cuts[c], &best);
	if (found.p > 1)
		return false;
	*r = found;
	w->begin = best.begin;
	w->end = best.end;
	return r->congested >= CONGESTED_MIN && r->congested * 10 >= r->days * 3 &&
	       r->elevated <= 2 * r->congested && r->p < P_MAX;
}

/* --- what explains it ------------------------------------------------------------- */

static void
compare_loss(struct work *w, bool any)
{
	double in[2] = { 0 }, out[2] = { 0 }, near[2] = { 0 };
	struct tslp_result *r = w->r;

	for (unsigned i = 0; i <= TSLP_DAYS; i++)
		for (unsigned k = 0; w->used[i] && k < TSLP_DAY_BINS; k++) {
			bool up = counts(w, i, k, any) && k >= w->begin && k < w->end;
			double *to = up ? in : out;

			to[0] += w->far.lost[i][k];
			to[1] += w->far.sent[i][k];
			near[0] += up ? w->near.lost[i][k] : 0;
			near[1] += up ? w->near.sent[i][k] : 0;
		}
	r->loss = in[1] > 0 ? in[0] / in[1] : NAN;
	r->loss_else = out[1] > 0 ? out[0] / out[1] : NAN;
	r->p_loss = share_above(in[0], in[1], out[0], out[1]);
	r->p_loss_near =
	    w->q->near == NULL ? NAN : share_above(in[0], in[1], near[0], near[1]);
}

/* The median of D's rises in the quarters that count. */
static double
rises_of(const struct work *w, const struct days *d, bool any, unsigned *n)
{
	double v[(TSLP_DAYS + 1) * TSLP_DAY_BINS];

	*n = 0;
	for (unsigned i = 0; i <= TSLP_DAYS; i++)
		for (unsigned k = w->begin; k < w->end; k++)
			if (counts(w, i, k, any) && !isnan(rise_of(d, i, k)))
				v[(*n)++] = rise_of(d, i, k);
	return median(v, *n);
}

static void
look_behind(struct work *w, bool any)
{
	struct tslp_result *r = w->r;
	double ratio[TSLP_BEHIND];
	unsigned n, of;

	(void)rises_of(w, &w->far, any, &of);
	for (unsigned b = 0; b < w->q->behinds && b < TSLP_BEHIND; b++) {
		struct days d;

		lay_out(&d, w->q, w->q->behind[b]);
		double rise = rises_of(w, &d, any, &n);
		/* Half of the quarters must be known there, too. */
		if (n == 0 || 2 * n < of)
			continue;
		ratio[r->behinds] = rise / r->rise_ms;
		r->behinds_slow += ratio[r->behinds] >= PERSISTS;
		r->behinds++;
	}
	r->behind_ratio = median(ratio, r->behinds);
}

static double
share_of(const struct work *w, enum rise kind, bool busy, unsigned *known)
{
	unsigned n = 0, all = 0;

	for (unsigned i = 0; i <= TSLP_DAYS; i++)
		for (unsigned k = w->begin; k < w->end; k++) {
			if (!counts(w, i, k, true) || (busy && isnan(w->far.use[i][k])))
				continue;
			all++;
			n += busy ? w->far.use[i][k] >= (float)USE_BUSY
				  : w->rise[i][k] == kind;
		}
	if (known != NULL)
		*known = all;
	return all > 0 ? (double)n / all : NAN;
}

static enum tslp_verdict
explain(struct work *w, bool any)
{
	struct tslp_result *r = w->r;
	unsigned n, known;

	r->rise_ms = rises_of(w, &w->far, any, &n);
	if (w->q->near != NULL)
		r->near_ms = rises_of(w, &w->near, any, &n);
	r->own_share = share_of(w, RISE_OWN, true, &known);
	r->reroute_share = share_of(w, RISE_REROUTED, false, NULL);
	compare_loss(w, any);
	look_behind(w, any);
	if (any) {
		/* What it is not: the greatest part decides. */
		if (r->reroute_share >= 0.5)
			return TSLP_REROUTED;
		if (r->own_share >= 0.5)
			return TSLP_OWN;
		return share_of(w, RISE_BOTH, false, NULL) >= 0.5 ? TSLP_NEAR
								  : TSLP_NONE;
	}
	/* Two of three that are behind: others may be reached another way. */
	if (r->behinds > 0 && 3 * r->behinds_slow < 2 * r->behinds)
		return TSLP_ROUTER;
	if (!w->q->near_beyond_line && known == 0)
		return TSLP_UNCLEAR;
	return TSLP_CONGESTED;
}

/* --- the judgement ---------------------------------------------------------------- */

static const struct tslp_result nothing = {
	.threshold_ms = NAN,
	.noise_ms = NAN,
	.rise_ms = NAN,
	.near_ms = NAN,
	.level = NAN,
	.p = NAN,
	.own_share = NAN,
	.reroute_share = NAN,
	.behind_ratio = NAN,
	.loss = NAN,
	.loss_else = NAN,
	.p_loss = NAN,
	.p_loss_near = NAN,
};

static unsigned
minute_of(unsigned k)
{
	return (DAY_BEGINS_S / 60 + k * (TSLP_BIN_S / 60)) % (DAY_S / 60);
}

void
tslp_judge(const struct tslp_question *q, struct tslp_result *r)
{
	struct work *w = calloc(1, sizeof *w);

	*r = nothing;
	r->verdict = TSLP_FEW;
	if (w == NULL)
		return;
	w->q = q;
	w->r = r;
	lay_out(&w->far, q, q->far);
	if (q->near != NULL)
		lay_out(&w->near, q, q->near);
	choose_days(w);
	if (r->days >= DAYS_MIN) {
		find_threshold(w);
		find_rises(w);
	}
	if (r->days >= DAYS_MIN) {
		r->verdict = TSLP_NONE;
		for (int any = 0; any < 2 && r->verdict == TSLP_NONE; any++)
			if (recurs(w, any))
				r->verdict = explain(w, any);
	}
	if (r->verdict > TSLP_NONE) {
		r->begin_min = minute_of(w->begin);
		r->end_min = minute_of(w->end - 1) + TSLP_BIN_S / 60;
	}
	free(w);
}

void
tslp_shift(const struct tslp_question *q, struct tslp_shift *s)
{
	int64_t last = q->now / TSLP_BIN_S - 1;
	double v[BASE_BINS], near[BASE_BINS], up[STEP_BINS], up_near[STEP_BINS];
	unsigned n = 0, m = 0, k = 0, nears = 0;
	uint64_t low, high;

	*s = (struct tslp_shift){ .base_ms = NAN,
		.rise_ms = NAN,
		.near_ms = NAN,
		.threshold_ms = NAN,
		.low_ms = NAN,
		.high_ms = NAN };
	for (int64_t b = last - BASE_BINS + 1; b <= last; b++) {
		const struct tslp_bin *f = bin_at(q->far, b), *g = bin_at(q->near, b);

		if (f != NULL && !isnan(f->least_ms))
			v[n++] = (double)f->least_ms;
		if (g != NULL && !isnan(g->least_ms))
			near[m++] = (double)g->least_ms;
	}
	if (n <= GOOD_BINS || (q->near != NULL && m <= GOOD_BINS))
		return;
	stats_sort(v, n);
	stats_sort(near, m);
	s->base_ms = v[LOW_RANK];
	double near_base = m > 0 ? near[LOW_RANK] : 0;
	double middle = median(v, n);
	for (unsigned i = 0; i < n; i++)
		v[i] = fabs(v[i] - middle);
	s->threshold_ms =
	    fmax(FLOOR_MS, middle - s->base_ms + SIGMAS * MAD_SIGMA * median(v, n));
	for (int64_t b = last; k < STEP_BINS; b--, k++) {
		const struct tslp_bin *f = bin_at(q->far, b), *g = bin_at(q->near, b);

		if (f == NULL || !((double)f->least_ms - s->base_ms > s->threshold_ms))
			break;
		up[k] = (double)f->least_ms - s->base_ms;
		if (g != NULL && !isnan(g->least_ms))
			up_near[nears++] = (double)g->least_ms - near_base;
		s->begin = b * TSLP_BIN_S;
		s->step |= f->changed;
	}
	s->bins = k;
	s->step |= k == STEP_BINS;
	s->rise_ms = median(up, k);
	s->level = odds_median(k, LEVEL, &low, &high);
	if (k > 0) { /* in order by now */
		s->low_ms = up[low];
		s->high_ms = up[high];
	}
	s->near_ms = median(up_near, nears);
}

const char *
tslp_verdict_word(enum tslp_verdict verdict)
{
	static const char *const words[] = {
		[TSLP_FEW] = "too few days",
		[TSLP_NONE] = "none",
		[TSLP_NEAR] = "before the link",
		[TSLP_OWN] = "own use",
		[TSLP_UNCLEAR] = "unclear",
		[TSLP_REROUTED] = "rerouted",
		[TSLP_ROUTER] = "slow router",
		[TSLP_CONGESTED] = "congested",
	};

	return words[verdict];
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
get_float(struct wire *w, float most)
{
	uint32_t bits = wire_u32(w);
	float v;

	memcpy(&v, &bits, sizeof v);
	if (!isnan(v) && !(v >= 0 && v <= most))
		w->bad = true;
	return v;
}

void
tslp_put(const struct tslp_series *s, struct pack *p)
{
	pack_i64(p, s->newest);
	for (unsigned i = 0; i < TSLP_BINS; i++) {
		const struct tslp_bin *b = &s->bin[i];
		/* Many are not known, few are of a line with counters. */
		unsigned has = (b->sent > 0) | (unsigned)!isnan(b->use) << 1 |
			       (unsigned)b->changed << 2;

		pack_u8(p, (uint8_t)has);
		if (b->sent > 0) {
			put_float(p, b->least_ms);
			pack_u16(p, b->sent);
			pack_u16(p, b->lost);
		}
		if (!isnan(b->use))
			pack_u8(
			    p, (uint8_t)(fmin((double)b->use, USE_MAX) * 100 + 0.5));
	}
}

static void
get_bin(struct wire *w, struct tslp_bin *b)
{
	uint8_t has = wire_u8(w);

	*b = (struct tslp_bin){ .least_ms = NAN, .use = NAN };
	if (has > 7)
		w->bad = true;
	if (has & 1) {
		b->least_ms = get_float(w, 1e7f);
		b->sent = wire_u16(w);
		b->lost = wire_u16(w);
		/* Nothing answered and nothing lost, or an answer of nobody's. */
		if (b->sent == 0 || b->lost > b->sent ||
		    isnan(b->least_ms) != (b->lost == b->sent))
			w->bad = true;
	}
	if (has & 2) {
		uint8_t use = wire_u8(w);

		b->use = (float)use / 100;
		w->bad |= use > USE_MAX * 100;
	}
	b->changed = (has & 4) != 0;
}

void
tslp_get(struct tslp_series *s, struct wire *w)
{
	tslp_clear(s);
	s->newest = wire_i64(w);
	if (s->newest < 0 || s->newest > INT64_MAX / TSLP_BIN_S)
		w->bad = true;
	for (unsigned i = 0; wire_ok(w) && i < TSLP_BINS; i++)
		get_bin(w, &s->bin[i]);
}
