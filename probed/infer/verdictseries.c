/* The windows of one series: what was collected becomes one of them, and they tell
 * whether it loses or delays more than is usual, and since when. */
#include <math.h>
#include <string.h>

#include "infer/odds.h"
#include "infer/verdict_impl.h"

#define HABIT 3	    /* windows, of those kept, in which something changed */
#define OVER 0.01   /* chance of so little loss by half the rate there was */
#define CHANCE 6e-4 /* of as much loss by chance: 3 of 20, 4 of 60, 6 of 200 */
#define STRONG 1e-7 /* so little that one window is enough */
#define PART 20	    /* of which that lost one, what is worse may have begun */
#define BEFORE                                                                         \
	3 /* windows that were better, before those that show it became worse          \
	   */
#define LESSER (VERDICT_RING / 2) /* windows that show that it became less */
#define LESS 0.75		  /* of the loss there was: is less, */
#define LESS_CHANCE 1e-6	  /* ... by this chance of so little */
#define IN_RUNS 5 /* deviations of what windows differ that are no chance */
#define MORE 1.2  /* of the loss there was: is more, by another's doing, */
#define FOLLOWS 1e-4 /* ... by this chance of so much */
#define DELAY_LEAST 0.003
#define NEAR_LEAST 0.005
#define OWN_LAG (VERDICT_RING / 2) /* windows until one is known to be of no fault */
#define OWN_PINGS 2000		   /* that a series' own loss is counted of */
#define SHIFT_WINDOWS 4		   /* whose delays are put together */

/* Windows that are put together to see small losses: each against those before. */
static const unsigned scales[] = { 1, 3, 10 };

void
series_counts(const struct series *s, int64_t since, uint64_t *n, uint64_t *lost)
{
	series_counts_until(s, since, INT64_MAX, n, lost);
}

void
series_counts_until(
    const struct series *s, int64_t since, int64_t until, uint64_t *n, uint64_t *lost)
{
	*n = *lost = 0;
	for (unsigned i = 0; i < series_kept(s); i++) {
		const struct window *w = series_window(s, i);
		if (w->number < since)
			break;
		if (w->number >= until)
			continue;
		*n += w->n;
		*lost += w->lost;
	}
}

int
series_against(
    const struct series *s, int64_t since, int64_t until, double rate, double chance)
{
	uint64_t n, lost;

	series_counts_until(s, since, until, &n, &lost);
	return odds_at_most(lost, n, rate) < chance				? -1
	       : lost >= 2 && rate < 1 && odds_at_least(lost, n, rate) < chance ? 1
										: 0;
}

double
series_shift(const struct series *s, int64_t since, bool p90)
{
	return series_shift_until(s, since, INT64_MAX, p90);
}

double
series_shift_until(const struct series *s, int64_t since, int64_t until, bool p90)
{
	double sum = 0;
	unsigned n = 0;

	for (unsigned i = 0; i < series_kept(s) && n < SHIFT_WINDOWS; i++) {
		const struct window *w = series_window(s, i);
		if (w->number < since)
			break;
		if (isnan(w->shift) || w->number >= until)
			continue;
		sum += p90 ? w->p90_shift : w->shift;
		n++;
	}
	return n > 0 ? sum / n : NAN;
}

double
series_slower(const struct series *s, int64_t since, bool p90)
{
	double shift = series_shift(s, since, p90);

	if (s->role == VERDICT_FAR || s->role == VERDICT_RESOLVER)
		return shift;
	return shift - (p90 ? s->own.p90_shift : s->own.shift);
}

void
series_shift_interval(const struct series *s, int64_t since, int64_t until, bool p90,
    double *low, double *high)
{
	/* Of Student's t, for two windows and more. */
	static const double t[] = { 12.71, 4.303, 3.182 };
	double mean = series_shift_until(s, since, until, p90), squares = 0;
	/* As much as is usual at this hour windows differ at least. */
	double least = 1.4826 * (p90 ? s->usual.p90_mad : s->usual.mad);
	unsigned n = 0;

	*low = *high = NAN;
	for (unsigned i = 0; i < series_kept(s) && n < SHIFT_WINDOWS; i++) {
		const struct window *w = series_window(s, i);
		if (w->number < since)
			break;
		if (isnan(w->shift) || w->number >= until)
			continue;
		double off = (p90 ? w->p90_shift : w->shift) - mean;
		squares += off * off;
		n++;
	}
	if (n < 2)
		return;
	double half = t[n - 2] * fmax(sqrt(squares / (n - 1)), least) / sqrt(n);
	*low = mean - half;
	*high = mean + half;
}

uint64_t
series_unknown(const struct series *s, int64_t since)
{
	uint64_t n = s->missed;

	for (unsigned i = 0; i < series_kept(s); i++) {
		const struct window *w = series_window(s, i);
		if (w->number < since)
			break;
		n += w->unknown;
	}
	return n;
}

int64_t
series_clean(const struct series *s)
{
	unsigned n = s->windows - s->clean, kept = series_kept(s);

	return kept == 0 ? 0 : series_window(s, (n < kept ? n : kept) - 1)->number;
}

/* Windows from one of S that has a round to the next, at most, unless it misses one. */
static int64_t
apart(const struct verdict *v, const struct series *s)
{
	return 1 + (s->step > v->length ? s->step / v->length : 0);
}

bool
series_fresh(const struct verdict *v, const struct series *s)
{
	return s->windows > 0 && v->judged - series_window(s, 0)->number <= apart(v, s);
}

static bool
is_worse_than(const struct window *w, uint64_t lost, uint64_t n)
{
	return w->lost * n > lost * w->n;
}

void
series_scatter(const struct series *s, int64_t since, double *squares, unsigned *n)
{
	uint64_t pings = 0, lost = 0;
	unsigned from = 0, to = series_kept(s);

	while (from < to && series_window(s, from)->number >= s->track[SIGN_LOSS].last)
		from++;
	while (to > from && series_window(s, to - 1)->number <= since)
		to--;
	for (unsigned i = from; i < to; i++) {
		pings += series_window(s, i)->n;
		lost += series_window(s, i)->lost;
	}
	/* Those in which it began and ends are bad in part only: unless they are worse
	 * than what lies between them. */
	if (from > 0 && to > from &&
	    is_worse_than(series_window(s, from - 1), lost, pings))
		from--;
	if (to > from && to < series_kept(s) && series_window(s, to)->number == since &&
	    is_worse_than(series_window(s, to), lost, pings))
		to++;
	pings = lost = 0;
	for (unsigned i = from; i < to; i++) {
		pings += series_window(s, i)->n;
		lost += series_window(s, i)->lost;
	}
	if (to < from + 2 || lost == 0 || lost == pings)
		return;
	double rate = (double)lost / (double)pings;
	for (unsigned i = from; i < to; i++) {
		const struct window *w = series_window(s, i);
		double off = w->lost - rate * w->n;
		*squares += off * off / (rate * (1 - rate) * w->n);
	}
	*n += to - from - 1;
}

double
series_effect(double sum, unsigned n)
{
	double share = 2. / 9 / fmax(n, 1);

	if (cbrt(sum / fmax(n, 1)) - (1 - share) < IN_RUNS * sqrt(share))
		return 1;
	return fmax(1, sum / n);
}

static bool
is_lossy(uint64_t n, uint64_t lost, double chance)
{
	return lost >= 2 && (double)lost >= VERDICT_LEAST * (double)n &&
	       odds_at_least(lost, n, VERDICT_HEALTHY) <= chance;
}

/* Counts of the COUNT windows that lie SKIP windows back. */
static bool
sum(const struct series *s, unsigned skip, unsigned count, uint64_t *n, uint64_t *lost)
{
	*n = *lost = 0;
	if (s->windows - s->clean < skip + count || series_kept(s) < skip + count)
		return false;
	for (unsigned i = skip; i < skip + count; i++) {
		*n += series_window(s, i)->n;
		*lost += series_window(s, i)->lost;
	}
	return true;
}

/* The number of the first of the last COUNT windows that lost anything. */
static int64_t
first_lost(const struct series *s, unsigned count)
{
	while (count > 1 && series_window(s, count - 1)->lost == 0)
		count--;
	return series_window(s, count - 1)->number;
}

/* Does S lose pings, by its last windows? *SINCE is the window in which that began. */
static bool
loses(const struct verdict *v, const struct series *s, int64_t *since)
{
	uint64_t n, lost, before_n, before;

	if (sum(s, 0, 1, &n, &lost) && lost > 2 && is_lossy(n, lost, STRONG)) {
		/* It may have begun in the one before, where that lost more than a
		 * ping of many, but not in front of a pause. */
		bool next = sum(s, 1, 1, &n, &lost) && lost * PART >= n &&
			    series_window(s, 0)->number - series_window(s, 1)->number <=
				apart(v, s);
		*since = series_window(s, next)->number;
		return true;
	}
	for (size_t i = 0; i < sizeof scales / sizeof scales[0]; i++) {
		unsigned w = scales[i];
		if (!sum(s, 0, w, &n, &lost) || !sum(s, w, w, &before_n, &before))
			break;
		if (is_lossy(n, lost, CHANCE) && is_lossy(before_n, before, CHANCE)) {
			*since = first_lost(s, 2 * w);
			return true;
		}
	}
	return false;
}

/* Windows in a row, put together. */
struct span {
	uint64_t n, lost;
	double squares; /* of what each lost, by its pings */
	unsigned windows;
};

static void
span_add(struct span *p, const struct window *w)
{
	p->n += w->n;
	p->lost += w->lost;
	p->squares += (double)w->lost * w->lost / w->n;
	p->windows++;
}

static void
span_take(struct span *p, const struct window *w)
{
	p->n -= w->n;
	p->lost -= w->lost;
	p->squares -= (double)w->lost * w->lost / w->n;
	p->windows--;
}

/* The windows of S since the one after that in which its loss began, which is bad in
 * part only. */
static struct span
span_of_loss(const struct series *s)
{
	struct span p = { 0 };

	for (unsigned back = 0; back < series_kept(s); back++) {
		if (series_window(s, back)->number <= s->track[SIGN_LOSS].since)
			break;
		span_add(&p, series_window(s, back));
	}
	return p;
}

/* How much more P's windows differ than where pings are lost one by one: as in
 * series_effect(), and chance counts, too. */
static double
span_effect(const struct span *p)
{
	double rate = (double)p->lost / (double)p->n;

	if (p->windows < 2 || p->lost == 0 || p->lost == p->n)
		return 1;
	return fmax(1, (p->squares - rate * (double)p->lost) /
			   (rate * (1 - rate) * (p->windows - 1)));
}

/* The logarithm of how likely what P lost is by its own rate. */
static double
span_likely(const struct span *p)
{
	double lost = (double)p->lost, rest = (double)(p->n - p->lost);

	return (lost > 0 ? lost * log(lost / (double)p->n) : 0) +
	       (rest > 0 ? rest * log(rest / (double)p->n) : 0);
}

/* Does S lose, by its last windows, provably twice of what it lost since it began, or
 * answer half of what it did? Then something else is the matter, and worse, since
 * those: since when that tells the windows before from those after best. What comes and
 * goes is no worse the next time. */
static void
date_worse(struct series *s)
{
	struct track *t = &s->track[SIGN_LOSS];
	struct span before = span_of_loss(s), after = { 0 };
	double low, high, best = -INFINITY;
	int64_t since = 0;

	for (unsigned back = 0; before.windows > BEFORE; back++) {
		const struct window *w = series_window(s, back);
		span_take(&before, w);
		span_add(&after, w);
		odds_interval(before.lost, before.n, &low, &high);
		double effect = span_effect(&before),
		       likely = span_likely(&before) + span_likely(&after);
		if ((double)after.lost <
			fmin(2 * high, (1 + high) / 2) * (double)after.n ||
		    odds_at_least((uint64_t)((double)after.lost / effect),
			(uint64_t)((double)after.n / effect), high) > STRONG ||
		    likely <= best)
			continue;
		best = likely;
		since = w->number;
	}
	if (since == 0)
		return;
	t->since = since;
	t->less = false;
	memset(s->error, 0, sizeof s->error);
}

/* Does S, by its last windows, lose provably less than since it began, and go on? Then
 * what was the worse of two things is over, and the other one is since those. */
static void
date_less(struct series *s)
{
	struct track *t = &s->track[SIGN_LOSS];
	struct span before = span_of_loss(s), after = { 0 };
	double low, high;

	for (unsigned back = 0; back < LESSER && before.windows > 1; back++) {
		const struct window *w = series_window(s, back);
		span_take(&before, w);
		span_add(&after, w);
		odds_interval(before.lost, before.n, &low, &high);
		double effect = span_effect(&before);
		if (!is_lossy(after.n, after.lost, CHANCE) ||
		    odds_at_most((uint64_t)ceil((double)after.lost / effect),
			(uint64_t)((double)after.n / effect), LESS * low) > LESS_CHANCE)
			continue;
		t->since = w->number;
		t->less = true;
		memset(s->error, 0, sizeof s->error);
		return;
	}
}

/* Does S lose provably more since HOP in front of it began to lose, which was after S
 * did? Then that is HOP's doing, though it is not twice as much, and is since then. */
static void
follow(struct series *s, const struct series *hop)
{
	struct track *t = &s->track[SIGN_LOSS];
	int64_t since = hop->track[SIGN_LOSS].since;
	uint64_t n, lost;
	double low, high;

	series_counts(hop, since, &n, &lost);
	if (n == 0 ||
	    since - t->since <= verdict_apart(SIGN_LOSS, (double)lost / (double)n))
		return;
	/* The window in which it began is neither before nor after it. */
	series_counts_until(s, t->since + 1, since, &n, &lost);
	if (n == 0)
		return;
	odds_interval(lost, n, &low, &high);
	series_counts(s, since + 1, &n, &lost);
	if (n == 0 || (double)lost < MORE * high * (double)n ||
	    odds_at_least(lost, n, high) > FOLLOWS)
		return;
	t->since = since;
	t->less = false;
	memset(s->error, 0, sizeof s->error);
}

void
series_follow(const struct verdict *v)
{
	struct series *s, *next, *hop, *more;

	HASH_ITER(hh, v->series, hop, more) {
		if (hop->role < VERDICT_GATEWAY || hop->role > VERDICT_PROVIDER ||
		    !hop->track[SIGN_LOSS].bad || hop->track[SIGN_LOSS].less)
			continue;
		HASH_ITER(hh, v->series, s, next)
			if (s->role > hop->role && s->track[SIGN_LOSS].bad &&
			    (s->family == hop->family || hop->family == 0))
				follow(s, hop);
	}
}

static void
track_loss(const struct verdict *v, struct series *s)
{
	struct track *t = &s->track[SIGN_LOSS];
	const struct window *w = series_window(s, 0);
	uint64_t n, lost, good_n, good_lost;
	int64_t since;

	if (!t->bad) {
		if (loses(v, s, &since))
			*t = (struct track){
				.bad = true,
				.since = since,
				.first = since,
				.last = w->number,
			};
		return;
	}
	if (w->lost > 1 && is_lossy(w->n, w->lost, CHANCE)) {
		t->last = w->number;
		t->goods = 0;
		date_worse(s);
		date_less(s);
		return;
	}
	/* It is over when so little loss would hardly come by the rate there was. */
	t->goods++;
	series_counts(s, t->since, &n, &lost);
	series_counts(s, t->last + 1, &good_n, &good_lost);
	double rate =
	    n > good_n ? (double)(lost - good_lost) / (double)(n - good_n) : 0;
	if (t->goods < VERDICT_GOOD)
		return;
	if (is_lossy(good_n, good_lost, CHANCE)) {
		date_less(s);
		return;
	}
	if (t->goods < VERDICT_RING && odds_at_most(good_lost, good_n, rate / 2) > OVER)
		return;
	memset(t, 0, sizeof *t);
	memset(s->error, 0, sizeof s->error);
	s->clean = s->windows - 1;
}

static void
track_delay(struct series *s)
{
	struct track *t = &s->track[SIGN_DELAY];
	const struct window *w = series_window(s, 0);

	if (isnan(w->shift))
		return;
	if (w->slow) {
		if (t->bads++ == 0)
			t->since = t->first = w->number;
		t->goods = 0;
		t->last = w->number;
		t->bad |= t->bads >= 2;
	} else if (!t->bad) {
		memset(t, 0, sizeof *t);
	} else if (++t->goods >= VERDICT_GOOD) {
		memset(t, 0, sizeof *t);
	}
}

static bool
is_near(enum verdict_role role)
{
	return role == VERDICT_GATEWAY || role == VERDICT_HOME ||
	       role == VERDICT_BRIDGE;
}

/* What is usual for S at TIME. It is sorted out of many values, and changes little: an
 * hour of the last days does not change at all. */
static bool
look_up(struct series *s, int64_t time, uint32_t length)
{
	if (time < s->usual_until)
		return true;
	if (!hourly_usual(&s->baseline, time, &s->usual))
		return false;
	s->usual_until = s->usual.same_hour ? (time / 3600 + 1) * 3600
			 : s->usual.length_s > 50. * length
			     ? time + 10 * (int64_t)length
			     : time;
	return true;
}

/* What W says of S's delay, TIME being its end. */
static void
weigh_delay(
    struct series *s, struct window *w, int64_t time, uint32_t length, double p90)
{
	w->shift = w->p90_shift = NAN;
	if (isnan(w->median) || !look_up(s, time, length))
		return;
	const struct hourly_usual u = s->usual;
	s->same_hour = u.same_hour;
	s->base = u.median;
	s->limit = fmax(DELAY_LEAST, fmax(0.15 * u.median, 4 * u.mad));
	w->shift = (float)(w->median - u.median);
	w->p90_shift = (float)(p90 - u.p90);
	w->slow = w->shift > s->limit ||
		  (is_near(s->role) && w->p90_shift > fmax(NEAR_LEAST, 4 * u.p90_mad));
}

/* Count what S loses by itself, a while behind: what began meanwhile is known by then,
 * and none of its windows counts. */
static void
count_own(const struct verdict *v, struct series *s)
{
	if (series_kept(s) <= OWN_LAG)
		return;
	const struct window *w = series_window(s, OWN_LAG);
	if (w->number <= v->disturbed)
		return;
	const struct track *t = &s->track[SIGN_LOSS];
	int64_t since = t->bad && t->since <= w->number ? t->since : s->own.since;
	if (since != s->own.since) {
		s->own.n = s->own.lost = 0;
		s->own.since = since;
	}
	if (s->own.n >= OWN_PINGS) {
		s->own.n /= 2;
		s->own.lost /= 2;
	}
	s->own.n += w->n;
	s->own.lost += w->lost;
}

/* The same of how slow S is by itself, which shows sooner when it begins. */
static void
note_own_shift(const struct verdict *v, struct series *s)
{
	if (series_kept(s) <= OWN_LAG / 2)
		return;
	const struct window *w = series_window(s, OWN_LAG / 2);
	if (w->number <= v->disturbed || isnan(w->shift))
		return;
	s->own.shift = fmax(0, w->shift);
	s->own.p90_shift = fmax(0, w->p90_shift);
}

/* A name that turns between addresses, or a way that is shared, is no news. */
static void
note_changes(struct series *s, int64_t number)
{
	unsigned moved = 0, route = 0;

	for (unsigned i = 0; i < series_kept(s); i++) {
		moved += series_window(s, i)->moved;
		route += series_window(s, i)->route;
	}
	if (s->now.moved && moved < HABIT)
		s->moved = number;
	if (s->now.route && route < HABIT)
		s->route = number;
}

/* Is S known to be slow at TIME, by what is told of the path or of S? What lasts for a
 * day is how it is. */
static bool
is_told_slow(const struct verdict *v, const struct series *s, int64_t time)
{
	const struct slot *told[] = { &v->path, &s->slot };

	for (size_t i = 0; i < sizeof told / sizeof *told; i++)
		if (slot_is_open(told[i]) && told[i]->d.sign == SIGN_DELAY &&
		    time - told[i]->since < 86400)
			return true;
	return false;
}

void
series_close(struct verdict *v, struct series *s, int64_t number)
{
	int64_t end = (number + 1) * v->length;

	note_changes(s, number);
	/* Where half is unknown, the rest says little of the whole. */
	if (s->now.sent > 2 * s->now.unknown) {
		struct window w = { .number = number,
			.n = s->now.sent - s->now.unknown,
			.lost = s->now.lost,
			.unknown = s->now.unknown + s->missed,
			.moved = s->now.moved,
			.route = s->now.route,
			.median = NAN };
		double p90 = NAN;
		if (s->now.timed > 0) {
			w.median = (float)(s->now.median / s->now.timed);
			p90 = s->now.p90 / s->now.timed;
		}
		weigh_delay(s, &w, end, v->length, p90);
		s->ring[s->windows++ % VERDICT_RING] = w;
		s->missed = 0;
		count_own(v, s);
		note_own_shift(v, s);
		track_loss(v, s);
		track_delay(s);
		if (!isnan(w.median))
			hourly_add(&s->baseline, end - 1, w.median, p90,
			    is_told_slow(v, s, end));
		if (s->track[SIGN_LOSS].bad)
			for (int e = 0; e < VERDICT_ERRORS; e++)
				s->error[e] += s->now.error[e];
	} else {
		s->missed += s->now.unknown;
	}
	memset(&s->now, 0, sizeof s->now);
}
