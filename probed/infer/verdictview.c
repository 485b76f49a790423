/* What a view of one thing that is the matter makes of each series: proven good, or
 * bad, by what it lost or how slow it was since. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "infer/odds.h"
#include "infer/verdict_view.h"

#define LIVES 0.9   /* loss, less than which is proof of a way where all is dead */
#define MUCH 0.5    /* loss that shows at once; */
#define SMALL 0.2   /* less than that may take ten windows */
#define THROUGH 0.8 /* of a hop's delay must show behind it, else it is its own */
#define MORE 1e-5   /* chance of what loses anyhow, window after window */
#define OWN 1e-7 /* ... of a hop's, for hours, where it is that of what lies behind */
#define DOUBT 0.2   /* ... below which nobody is sure that it is the same */

static double
loss_of(const struct series *s, int64_t since)
{
	uint64_t n, lost;

	series_counts(s, since, &n, &lost);
	return n > 0 ? (double)lost / (double)n : NAN;
}

double
view_size(const struct view *w, const struct series *s)
{
	int64_t since = s->track[w->sign].since;
	double later;

	if (w->sign == SIGN_DELAY)
		return series_shift(s, since, w->p90);
	/* The window in which it began is bad in part only. */
	later = loss_of(s, since + 1);
	return isnan(later) ? loss_of(s, since) : later;
}

/* The chance of LOST of N pings, or fewer, where RATE is lost, as W's are. */
static double
so_few(const struct view *w, uint64_t lost, uint64_t n, double rate)
{
	double e = fmax(1, w->effect);

	return odds_at_most(
	    (uint64_t)ceil((double)lost / e), (uint64_t)((double)n / e), rate);
}

/* Rounds end at any time: one that ends in the window after it began may have been
 * asked before. Only later ones can prove that S is good. */
int64_t
view_settled(const struct view *w, const struct series *s)
{
	return w->since + (2 * s->step > w->v->length ? 2 : 1);
}

int64_t
verdict_apart(enum verdict_sign sign, double size)
{
	if (sign == SIGN_DELAY || size >= MUCH)
		return VERDICT_ONSET;
	return size < SMALL ? VERDICT_RING / 2 : VERDICT_RING / 4;
}

bool
view_began_before(const struct view *w, const struct series *s, int64_t since)
{
	const struct track *t = &s->track[SIGN_LOSS];

	return w->sign == SIGN_LOSS && t->bad &&
	       t->since <
		   since - verdict_apart(w->sign, fmax(w->size, loss_of(s, t->since)));
}

bool
view_was_bad(const struct view *w, const struct series *s)
{
	const struct verdict *v = w->v;
	int64_t since = w->since;
	double low, high;

	if (s->role == VERDICT_FAR || s->role == VERDICT_RESOLVER)
		return false;
	/* Far ends that lose little may seem good for a while: it goes on. */
	if (v->path.same > 0 && v->path.since / v->length < since)
		since = v->path.since / v->length;
	if (slot_is_open(&v->under) && v->under.since / v->length < since)
		since = v->under.since / v->length;
	if (w->alone || s->baseline.first == 0)
		return true;
	/* So it was by what it lost while nothing was the matter elsewhere. */
	odds_interval(s->own.lost, s->own.n, &low, &high);
	if (s->own.n > 0 && low > VERDICT_LEAST)
		return true;
	return view_began_before(w, s, since);
}

/* Is what S lost by itself of before it began to limit its answers, a while before W
 * began? Then nobody knows yet what it loses by itself. */
static bool
is_outdated(const struct view *w, const struct series *s)
{
	return s->own.since < s->track[SIGN_LOSS].since &&
	       view_began_before(w, s, w->since);
}

/* The same of one that was: good when it answers more than what is the matter lets
 * through, bad when it lost provably less before. That it answers as often as ever is
 * no proof: who answers a fixed number does so of fewer pings, too. */
static enum standing
standing_by_more(const struct view *w, const struct series *s)
{
	uint64_t n, lost;
	double low, high;
	bool dead = w->size >= VERDICT_FULL;

	series_counts(s, view_settled(w, s), &n, &lost);
	if (n > 0 && so_few(w, lost, n, dead ? LIVES : VERDICT_PERSISTS * w->rate) <
			 VERDICT_PROVEN)
		return STANDING_GOOD;
	if (s->own.n == 0 || is_outdated(w, s))
		return STANDING_NONE;
	series_counts(s, w->since, &n, &lost);
	odds_interval(s->own.lost, s->own.n, &low, &high);
	/* It is looked at for hours: twice as far as the interval that holds it mostly.
	 */
	high = fmin(1, 2 * high - (double)s->own.lost / s->own.n);
	if (lost >= 2 && odds_at_least(lost, n, fmax(high, VERDICT_HEALTHY)) <= MORE)
		return STANDING_BAD;
	/* Who answers now and then will, or will not, in a moment. */
	return dead && high < VERDICT_FULL ? STANDING_OPEN : STANDING_NONE;
}

/* Of one that is bad since long before W began, as when something else is the matter,
 * too: does it lose more since then, or did it lose as much before? */
static bool
joined(const struct view *w, const struct series *s)
{
	int64_t first = s->track[SIGN_LOSS].since + 1;
	uint64_t n, lost;
	double low, high;

	if (series_against(
		s, first, w->since, VERDICT_PERSISTS * w->rate, VERDICT_PROVEN) >= 0)
		return true;
	series_counts_until(s, first, w->since, &n, &lost);
	odds_interval(lost, n, &low, &high);
	return series_against(s, w->since, INT64_MAX, high, VERDICT_ALSO) > 0;
}

/* Is S a far end by whose loss hops are measured? */
static bool
is_measure(const struct view *w, const struct series *s)
{
	return s->role == VERDICT_FAR && !slot_is_open(&s->slot) && view_has(w, s) &&
	       s->track[SIGN_LOSS].bad;
}

/* The chance of what hop S loses, or more, where it is what gets lost behind it: what
 * is more than that is its own. */
static double
like_ends(const struct view *w, const struct series *s)
{
	const struct series *o, *next;
	uint64_t n, lost, p, l, all = 0, all_lost = 0;
	double low, high;
	int64_t since = view_settled(w, s);

	if (s->role == VERDICT_FAR || s->role == VERDICT_RESOLVER || w->alone)
		return 1;
	/* Not since it lost more again: those windows are the unlucky ones. */
	if (s->track[SIGN_LOSS].bad && s->track[SIGN_LOSS].first >= since)
		since = s->track[SIGN_LOSS].first + 1;
	/* Nor of windows with rounds of longer steps that began before it did. */
	HASH_ITER(hh, w->v->series, o, next)
		if (is_measure(w, o) && view_settled(w, o) > since)
			since = view_settled(w, o);
	HASH_ITER(hh, w->v->series, o, next)
		if (is_measure(w, o)) {
			series_counts(o, since, &p, &l);
			all += p;
			all_lost += l;
		}
	odds_interval(all_lost, all, &low, &high);
	series_counts(s, since, &n, &lost);
	return all == 0 || high >= 1 ? 1 : odds_at_least(lost, n, high);
}

bool
view_may_be_own(const struct view *w, enum verdict_role role)
{
	const struct series *s, *next;

	HASH_ITER(hh, w->v->series, s, next)
		if (s->role == role && view_has(w, s) && w->sign == SIGN_LOSS &&
		    standing_of(w, s) == STANDING_BAD && like_ends(w, s) < DOUBT)
			return true;
	return false;
}

/* Does S, which loses by its own, let through what nothing would where all is dead? */
static bool
lives(const struct view *w, const struct series *s)
{
	const struct track *t = &s->track[SIGN_LOSS];
	uint64_t n, lost;

	if (w->size < VERDICT_FULL || !t->bad)
		return false;
	/* That may be the one before that in which it began, by chance. */
	series_counts(s,
	    view_settled(w, s) > t->since + 2 ? view_settled(w, s) : t->since + 2, &n,
	    &lost);
	return n > 0 && so_few(w, lost, n, LIVES) < VERDICT_PROVEN;
}

static enum standing
standing_by_loss(const struct view *w, const struct series *s)
{
	uint64_t n, lost, settled_n, settled;
	int64_t clean = series_clean(s);

	series_counts(s, w->since, &n, &lost);
	if (n == 0)
		return STANDING_NONE;
	if (view_was_bad(w, s))
		return standing_by_more(w, s);
	double alike = like_ends(w, s);
	if (alike < OWN)
		return STANDING_NONE;
	/* What was before it recovered is no word on how it is now. */
	series_counts(s, clean > view_settled(w, s) ? clean : view_settled(w, s),
	    &settled_n, &settled);
	if (settled_n > 0 &&
	    so_few(w, settled, settled_n, VERDICT_PERSISTS * w->rate) < VERDICT_PROVEN)
		return STANDING_GOOD;
	if (lives(w, s))
		return STANDING_GOOD;
	if (alike < VERDICT_PROVEN)
		return STANDING_OPEN; /* more of its windows tell */
	/* Others showed when it began: what it lost since then is no chance, though its
	 * windows alone would not tell yet. */
	if (s->track[SIGN_LOSS].bad)
		return view_began_before(w, s, w->since) && !joined(w, s)
			   ? STANDING_OPEN
			   : STANDING_BAD;
	if (lost >= 2 && odds_at_least(lost, n, VERDICT_HEALTHY) <= VERDICT_ALSO)
		return STANDING_BAD;
	return STANDING_OPEN;
}

static enum standing
standing_by_delay(const struct view *w, const struct series *s)
{
	double shift = series_slower(s, w->since, w->p90);
	double settled = series_slower(s, view_settled(w, s), w->p90);

	/* What answers nothing any more says nothing about delay. */
	if (isnan(shift))
		return STANDING_NONE;
	/* By the tail there is no track: it is known of what is near only. */
	if (w->p90)
		return settled < 0.4 * w->size ? STANDING_GOOD
		       : shift > 0.6 * w->size ? STANDING_BAD
					       : STANDING_OPEN;
	/* What comes and goes shows in the tail of what is near before all else. */
	if (s->role == VERDICT_GATEWAY &&
	    series_slower(s, w->since, true) > fmax(THROUGH * w->size, s->limit))
		return s->track[SIGN_DELAY].bad ? STANDING_BAD : STANDING_OPEN;
	/* A hop that is slow by itself is no measure of what lies behind it. */
	if (s->role != VERDICT_FAR && shift > w->size / THROUGH + s->limit)
		return STANDING_NONE;
	if (settled < 0.4 * w->size)
		return STANDING_GOOD;
	return s->track[SIGN_DELAY].bad ? STANDING_BAD : STANDING_OPEN;
}

enum standing
standing_of(const struct view *w, const struct series *s)
{
	const struct track *t = &s->track[w->sign];

	if (!series_fresh(w->v, s))
		return STANDING_NONE;
	if (w->until != 0 && t->bad && t->first >= w->until)
		return STANDING_GOOD; /* it was, until then */
	return w->sign == SIGN_LOSS ? standing_by_loss(w, s) : standing_by_delay(w, s);
}

enum standing
standing_of_role(const struct view *w, enum verdict_role role)
{
	unsigned count[4] = { 0 };
	const struct series *s, *next;

	HASH_ITER(hh, w->v->series, s, next)
		if (s->role == role && view_has(w, s))
			count[standing_of(w, s)]++;
	if (count[STANDING_GOOD] > 0)
		return STANDING_GOOD;
	if (count[STANDING_OPEN] > 0)
		return STANDING_OPEN;
	return count[STANDING_BAD] > 0 ? STANDING_BAD : STANDING_NONE;
}

/* Is S the first of its network? */
static bool
leads(const struct view *w, const struct series *s)
{
	const struct series *o, *next;

	HASH_ITER(hh, w->v->series, o, next)
		if (o->role == VERDICT_FAR && o->network == s->network &&
		    !slot_is_open(&o->slot) && view_has(w, o))
			return o == s;
	return false;
}

struct fars
view_fars(const struct view *w)
{
	struct fars f = { 0 };
	const struct series *s, *next, *o, *more;

	HASH_ITER(hh, w->v->series, s, next) {
		unsigned count[4] = { 0 }, before = 0;
		if (s->role != VERDICT_FAR || slot_is_open(&s->slot) ||
		    !view_has(w, s) || !leads(w, s))
			continue;
		HASH_ITER(hh, w->v->series, o, more)
			if (o->role == VERDICT_FAR && o->network == s->network &&
			    !slot_is_open(&o->slot) && view_has(w, o)) {
				enum standing is = standing_of(w, o);
				count[is]++;
				before += is == STANDING_BAD &&
					  view_began_before(w, o, w->since);
			}
		if (count[STANDING_GOOD] > 0 &&
		    count[STANDING_GOOD] >= count[STANDING_BAD])
			f.good++;
		else if (count[STANDING_BAD] > 0 &&
			 count[STANDING_BAD] >= count[STANDING_OPEN]) {
			f.bad++;
			f.before += before == count[STANDING_BAD];
		} else if (count[STANDING_OPEN] > 0)
			f.open++;
	}
	return f;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

bool
view_measure(struct view *w, bool *far)
{
	double size[VERDICT_SERIES];
	uint64_t pings = 0, lost = 0, p, l;
	double scatter = 0, apart = 0;
	unsigned windows = 0;
	size_t n = 0;
	const struct series *s, *next;

	for (int ends = 1; ends >= 0 && n == 0; ends--) {
		w->since = INT64_MAX;
		HASH_ITER(hh, w->v->series, s, next) {
			if (!s->track[w->sign].bad || !is_path(s->role) ||
			    !view_has(w, s) || slot_is_open(&s->slot) ||
			    (s->role == VERDICT_FAR) != ends ||
			    !series_fresh(w->v, s) ||
			    s->track[w->sign].since < w->from ||
			    (w->until != 0 && s->track[w->sign].since >= w->until))
				continue;
			double one = view_size(w, s);
			if (isnan(one) || n == VERDICT_SERIES)
				continue;
			series_counts(s, s->track[w->sign].since, &p, &l);
			pings += p;
			lost += l;
			apart += p > 0 ? (double)l * (double)l / (double)p : 0;
			if (w->sign == SIGN_LOSS)
				series_scatter(
				    s, s->track[SIGN_LOSS].since, &scatter, &windows);
			size[n++] = one;
			if (s->track[w->sign].since < w->since)
				w->since = s->track[w->sign].since;
		}
		*far = ends;
	}
	if (n == 0)
		return false;
	qsort(size, n, sizeof size[0], by_value);
	w->size = size[n / 2];
	/* Those that are found to be bad are the unlucky ones among equals: the low end
	 * of their interval is what others are held against. */
	odds_interval(lost, pings, &w->rate, &w->high);
	w->effect = series_effect(scatter, windows);
	/* Pearson's chi square of those that should lose one share. */
	double share = pings > 0 ? (double)lost / (double)pings : 0;
	w->uneven =
	    n > 1 && share < 1 && share > 0 && w->sign == SIGN_LOSS &&
	    series_effect((apart - share * (double)lost) / (share * (1 - share)),
		(unsigned)n - 1) > 1;
	return w->size > 0;
}

double
view_far_tail(const struct view *w)
{
	double shift[VERDICT_SERIES];
	size_t n = 0;
	const struct series *s, *next;

	HASH_ITER(hh, w->v->series, s, next) {
		double one = series_shift(s, w->since, true);
		if (s->role == VERDICT_FAR && !slot_is_open(&s->slot) && !isnan(one) &&
		    n < VERDICT_SERIES)
			shift[n++] = one;
	}
	qsort(shift, n, sizeof shift[0], by_value);
	return n > 0 ? shift[n / 2] : NAN;
}

void
view_of_end(struct view *w, const struct series *s)
{
	uint64_t n, lost;

	w->since = s->track[w->sign].since;
	w->size = view_size(w, s);
	series_counts(s, w->since, &n, &lost);
	odds_interval(lost, n, &w->rate, &w->high);
	if (w->sign == SIGN_LOSS) {
		double scatter = 0;
		unsigned windows = 0;
		series_scatter(s, w->since, &scatter, &windows);
		w->effect = series_effect(scatter, windows);
	}
}
