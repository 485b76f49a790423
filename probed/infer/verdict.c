#include "infer/verdict.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "infer/odds.h"
#include "infer/verdict_impl.h"

#define ENOUGH_PINGS 20 /* of a window of short rounds */
#define SHORT_WINDOW_S 60
#define HABIT 3	    /* windows, of those kept, in which something changed */
#define OVER 0.01   /* chance of so little loss by half the rate there was */
#define CHANCE 6e-4 /* of as much loss by chance: 3 of 20, 4 of 60, 6 of 200 */
#define STRONG 1e-7 /* so little that one window is enough */
#define DELAY_LEAST 0.003
#define NEAR_LEAST 0.005
#define LITTLE 0.1		   /* loss that a full queue makes, too */
#define OWN_LAG (VERDICT_RING / 2) /* windows until one is known to be of no fault */
#define OWN_PINGS 2000		   /* that a series' own loss is counted of */

#define SHIFT_WINDOWS 4 /* whose delays are put together */

/* Windows that are put together to see small losses: each against those before. */
static const unsigned scales[] = { 1, 3, 10 };

static struct series *
find(const struct verdict *v, uint64_t id)
{
	struct series *s;

	HASH_FIND(hh, v->series, &id, sizeof id, s);
	return s;
}

/* --- windows of a series ---------------------------------------------------------- */

void
series_counts(const struct series *s, int64_t since, uint64_t *n, uint64_t *lost)
{
	*n = *lost = 0;
	for (unsigned i = 0; i < series_kept(s); i++) {
		const struct window *w = series_window(s, i);
		if (w->number < since)
			break;
		*n += w->n;
		*lost += w->lost;
	}
}

double
series_shift(const struct series *s, int64_t since, bool p90)
{
	double sum = 0;
	unsigned n = 0;

	for (unsigned i = 0; i < series_kept(s) && n < SHIFT_WINDOWS; i++) {
		const struct window *w = series_window(s, i);
		if (w->number < since)
			break;
		if (isnan(w->shift))
			continue;
		sum += p90 ? w->p90_shift : w->shift;
		n++;
	}
	return n > 0 ? sum / n : NAN;
}

void
series_shift_interval(
    const struct series *s, int64_t since, bool p90, double *low, double *high)
{
	/* Of Student's t, for two windows and more. */
	static const double t[] = { 12.71, 4.303, 3.182 };
	double mean = series_shift(s, since, p90), squares = 0;
	/* As much as is usual at this hour windows differ at least. */
	double least = 1.4826 * (p90 ? s->usual.p90_mad : s->usual.mad);
	unsigned n = 0;

	*low = *high = NAN;
	for (unsigned i = 0; i < series_kept(s) && n < SHIFT_WINDOWS; i++) {
		const struct window *w = series_window(s, i);
		if (w->number < since)
			break;
		if (isnan(w->shift))
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

bool
series_fresh(const struct verdict *v, const struct series *s)
{
	int64_t age = 1 + (s->step > v->length ? s->step / v->length : 0);

	return s->windows > 0 && v->judged - series_window(s, 0)->number <= age;
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
loses(const struct series *s, int64_t *since)
{
	uint64_t n, lost, before_n, before;

	if (sum(s, 0, 1, &n, &lost) && lost > 2 && is_lossy(n, lost, STRONG)) {
		*since = first_lost(s, sum(s, 1, 1, &n, &lost) ? 2 : 1);
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

static void
track_loss(struct series *s)
{
	struct track *t = &s->track[SIGN_LOSS];
	const struct window *w = series_window(s, 0);
	uint64_t n, lost, good_n, good_lost;
	int64_t since;

	if (!t->bad) {
		if (loses(s, &since))
			*t = (struct track){
				.bad = true, .since = since, .last = w->number
			};
		return;
	}
	if (w->lost > 1 && is_lossy(w->n, w->lost, CHANCE)) {
		t->last = w->number;
		t->goods = 0;
		return;
	}
	/* It is over when so little loss would hardly come by the rate there was. */
	t->goods++;
	series_counts(s, t->since, &n, &lost);
	series_counts(s, t->last + 1, &good_n, &good_lost);
	double rate =
	    n > good_n ? (double)(lost - good_lost) / (double)(n - good_n) : 0;
	if (t->goods < VERDICT_GOOD || is_lossy(good_n, good_lost, CHANCE))
		return;
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
			t->since = w->number;
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
 * and counts nowhere as long as it lasts. */
static void
count_own(const struct verdict *v, struct series *s)
{
	if (v->path.same > 0 || v->host.same > 0 || v->undecided ||
	    series_kept(s) <= OWN_LAG)
		return;
	const struct window *w = series_window(s, OWN_LAG);
	if (s->own.n >= OWN_PINGS) {
		s->own.n /= 2;
		s->own.lost /= 2;
	}
	s->own.n += w->n;
	s->own.lost += w->lost;
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

/* The window NUMBER is over: what was collected of S becomes one of its own. */
static void
close_window(struct verdict *v, struct series *s, int64_t number)
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
		track_loss(s);
		track_delay(s);
		if (!isnan(w.median))
			hourly_add(&s->baseline, end - 1, w.median, p90);
		if (s->track[SIGN_LOSS].bad)
			for (int e = 0; e < VERDICT_ERRORS; e++)
				s->error[e] += s->now.error[e];
	} else {
		s->missed += s->now.unknown;
	}
	memset(&s->now, 0, sizeof s->now);
}

/* --- what stays open -------------------------------------------------------------- */

static void
tell(struct verdict *v, struct slot *slot, const struct series *s, bool over)
{
	enum confidence c = verdict_confidence(v, &slot->d, slot->same);

	if (slot->f == NULL)
		slot->f = mem_zero(1, sizeof *slot->f);
	/* What was surer once stays so: later windows say less, not otherwise. */
	if (slot->f->confidence > c && slot->f->segment == slot->d.segment &&
	    strcmp(slot->f->cause, slot->d.cause) == 0)
		c = slot->f->confidence;
	verdict_tell(v, &slot->d, s, c, slot->begin, slot->f);
	v->fn(v->ctx, slot->f, over ? slot->last : (v->judged + 1) * v->length, over);
}

static void
shut(struct verdict *v, struct slot *slot, const struct series *s)
{
	if (slot->open)
		tell(v, slot, s, true);
	free(slot->f);
	memset(slot, 0, sizeof *slot);
}

/* Does B say the same as A? Another word for the cause of the same is no other. */
static bool
is_same(const struct diagnosis *a, const struct diagnosis *b)
{
	return a->segment == b->segment && a->family == b->family;
}

/* A full line drops and delays, by the length of its queue: the same by two words. */
static const char *
of_full_line(const char *cause, enum verdict_sign sign)
{
	if (strcmp(cause, "bufferbloat") != 0 && strcmp(cause, "saturation") != 0)
		return cause;
	return sign == SIGN_DELAY ? "bufferbloat" : "saturation";
}

/* How much a cause says. Others' findings and counters end before the last window does,
 * which is no other cause; a line that is dead by now is. That a line is congested is
 * found in seconds, and what it carries, and who, once its counters are a minute's. */
static int
rank(const char *cause)
{
	static const char *const words[] = { "route", "congestion", "bufferbloat",
		"radio", "attack", "outage", "unlinked" };

	cause = of_full_line(cause, SIGN_DELAY);
	for (size_t i = sizeof words / sizeof words[0]; i > 0; i--)
		if (strcmp(words[i - 1], cause) == 0)
			return (int)i;
	return 0;
}

/* D is what the window just judged says. S as in verdict_tell(). */
static void
step(struct verdict *v, struct slot *slot, const struct series *s,
    const struct diagnosis *d)
{
	/* What is passing already opens nothing. */
	if (d->state == DIAGNOSIS_WAIT ||
	    (d->state == DIAGNOSIS_FOUND && d->fading && !slot->open))
		return;
	if (d->state == DIAGNOSIS_NONE) {
		shut(v, slot, s);
		return;
	}
	if (slot->open && !is_same(&slot->d, d)) {
		/* Once may be a window in which not all are as far as the others. */
		if (slot->same != 0) {
			slot->same = 0;
			return;
		}
		shut(v, slot, s);
	}
	if (slot->same == 0 || !is_same(&slot->d, d)) {
		slot->same = slot->open ? slot->same : 0;
		if (!slot->open)
			slot->begin = d->since * v->length;
	}
	slot->same++;
	const char *cause = slot->d.cause;
	bool passive = slot->d.passive;
	const struct infer_finding *other = slot->d.other;
	slot->d = *d;
	if (slot->open && rank(cause) > rank(d->cause)) {
		slot->d.cause = of_full_line(cause, d->sign);
		slot->d.passive = passive;
		if (other != NULL && other == v->bad_radio)
			slot->d.other = other;
	}
	if (!slot->open && d->since * v->length < slot->begin)
		slot->begin = d->since * v->length;
	slot->last = (v->judged + 1) * v->length;
	if (slot->same >= 2) {
		slot->open = true;
		tell(v, slot, s, false);
	}
}

/* --- a window is over ------------------------------------------------------------- */

struct survey {
	unsigned asked, stalled, not_sent;
};

static struct survey
survey(const struct verdict *v)
{
	struct survey all = { 0 };
	const struct series *s, *next;

	HASH_ITER(hh, v->series, s, next) {
		if (s->now.sent == 0)
			continue;
		all.asked++;
		if (2 * s->now.unknown < s->now.sent)
			continue;
		all.stalled += 2 * s->now.why[VERDICT_STALLED] >= s->now.unknown;
		all.not_sent += 2 * s->now.why[VERDICT_NOT_SENT] >= s->now.unknown;
	}
	return all;
}

static void
forget_window(struct verdict *v)
{
	struct series *s, *next;

	HASH_ITER(hh, v->series, s, next) {
		s->missed += s->now.unknown;
		memset(&s->now, 0, sizeof s->now);
	}
}

static bool
is_end(enum verdict_role role)
{
	return role == VERDICT_FAR || role == VERDICT_RESOLVER;
}

static void
judge_ends(struct verdict *v, const bool waits[SIGNS])
{
	struct series *s, *next;

	HASH_ITER(hh, v->series, s, next) {
		if (!is_end(s->role))
			continue;
		struct diagnosis d = verdict_end(v, s);
		/* What the path explains, and what it may explain in a moment. */
		if (d.state == DIAGNOSIS_FOUND && !s->slot.open) {
			if (v->path.same > 0 && verdict_covers(v, s))
				d.state = DIAGNOSIS_NONE;
			else if (waits[d.sign])
				d.state = DIAGNOSIS_WAIT;
		}
		step(v, &s->slot, s, &d);
	}
}

static void
judge_host(struct verdict *v, const struct survey *all)
{
	const struct infer_finding *unlinked = verdict_unlinked(v);
	struct diagnosis d = { .state = DIAGNOSIS_NONE };

	if (all->asked > 0 && 3 * all->not_sent >= 2 * all->asked) {
		d = (struct diagnosis){ .state = DIAGNOSIS_FOUND,
			.sign = SIGN_LOSS,
			.segment = unlinked != NULL ? SEGMENT_WIFI : SEGMENT_HOST,
			.cause = unlinked != NULL ? "unlinked" : "not_sent",
			.other = unlinked != NULL ? v->bad_radio : NULL,
			.size = 1,
			.since = v->judged,
			.bounded = true,
			.confirmed = true };
		if (v->host.same > 0)
			d.since = v->host.d.since;
	}
	step(v, &v->host, NULL, &d);
}

static bool
anything_open(const struct verdict *v)
{
	const struct series *s, *next;

	if (v->path.open || v->host.open)
		return true;
	HASH_ITER(hh, v->series, s, next)
		if (s->slot.open)
			return true;
	return false;
}

static void
judge(struct verdict *v, int64_t number)
{
	struct survey all = survey(v);
	struct series *s, *next;

	v->judged = number;
	if (all.asked == 0)
		return;
	/* Own faults are nobody's: such a window did not happen. */
	if (2 * all.stalled > all.asked) {
		verdict_gap(v, number * v->length, (number + 1) * v->length,
		    "this box stood still");
		forget_window(v);
		return;
	}
	if (v->first == 0)
		v->first = number * v->length;
	judge_host(v, &all);
	HASH_ITER(hh, v->series, s, next)
		close_window(v, s, number);
	v->undecided = v->host.same > 0 && !v->host.open;
	if (v->host.same == 0) {
		struct diagnosis loss = verdict_path(v, SIGN_LOSS);
		struct diagnosis delay = verdict_path(v, SIGN_DELAY);
		/* A full line delays and drops a little: its delay says more. */
		bool better = delay.state == DIAGNOSIS_FOUND &&
			      (loss.state != DIAGNOSIS_FOUND ||
				  (delay.passive && loss.segment >= delay.segment &&
				      loss.size < LITTLE));
		if (loss.state == DIAGNOSIS_NONE && delay.state != DIAGNOSIS_NONE)
			better = true;
		step(v, &v->path, NULL, better ? &delay : &loss);
		v->undecided = !v->path.open && (loss.state != DIAGNOSIS_NONE ||
						    delay.state != DIAGNOSIS_NONE);
		judge_ends(v, (bool[SIGNS]){ [SIGN_LOSS] = loss.state == DIAGNOSIS_WAIT,
				  [SIGN_DELAY] = delay.state == DIAGNOSIS_WAIT });
	}
	if (anything_open(v))
		v->fine = 0;
	else if (v->fine == 0)
		v->fine = v->first > number * v->length ? v->first : number * v->length;
}

/* The longest step, or as many short rounds as hold enough pings. */
static uint32_t
window_for(const struct series *s)
{
	uint32_t rounds = (ENOUGH_PINGS + s->pings - 1) / s->pings;

	if (s->step >= VERDICT_WINDOW_S)
		return VERDICT_WINDOW_S;
	if (rounds > SHORT_WINDOW_S / s->step)
		rounds = SHORT_WINDOW_S / s->step;
	return s->step * (rounds > 0 ? rounds : 1);
}

/* Windows of another length can't be compared: all begin anew. */
static void
set_length(struct verdict *v)
{
	struct series *s, *next;
	uint32_t length = 0;

	HASH_ITER(hh, v->series, s, next)
		if (s->role != VERDICT_OTHER && window_for(s) > length)
			length = window_for(s);
	if (length == v->length)
		return;
	if (length != 0) {
		shut(v, &v->path, NULL);
		shut(v, &v->host, NULL);
	}
	v->length = length;
	v->judged = -1;
	HASH_ITER(hh, v->series, s, next) {
		if (length != 0)
			shut(v, &s->slot, s);
		memset(&s->now, 0, sizeof s->now);
		memset(s->track, 0, sizeof s->track);
		memset(s->error, 0, sizeof s->error);
		memset(&s->own, 0, sizeof s->own);
		s->windows = s->clean = s->missed = 0;
		s->moved = s->route = -1;
	}
}

void
verdict_tick(struct verdict *v, int64_t now)
{
	/* Rounds arrive when their last ping is decided, and stored. */
	int64_t late = 2 + v->length / 60;

	if (v->length == 0 || now < late)
		return;
	int64_t over = (now - late) / v->length - 1;
	/* After a pause, or the first time, there is nothing to be judged before. */
	if (v->judged < 0 || over - v->judged > 2 * VERDICT_RING || over < v->judged)
		v->judged = over - 1;
	while (v->judged < over)
		judge(v, v->judged + 1);
}

void
verdict_left_out(struct verdict *v, unsigned n)
{
	v->left_out = n;
}

uint32_t
verdict_window(const struct verdict *v)
{
	return v->length;
}

/* --- what comes ------------------------------------------------------------------- */

void
verdict_round(struct verdict *v, const struct verdict_round *r)
{
	struct series *s = find(v, r->id);

	if (s == NULL || s->role == VERDICT_OTHER || r->sent == 0 ||
	    r->lost > r->sent || r->unknown > r->sent - r->lost)
		return;
	s->now.rounds++;
	s->now.sent += r->sent;
	s->now.moved |= r->moved;
	s->now.route |= r->route_changed;
	/* What a full buffer of ours dropped looks like loss. */
	if (r->suspect) {
		s->now.unknown += r->sent;
		s->now.why[VERDICT_CANNOT] += r->sent;
		return;
	}
	s->now.lost += r->lost;
	s->now.unknown += r->unknown;
	s->now.why[r->why] += r->unknown;
	s->now.error[r->error] += r->lost;
	if (r->median >= 0 && r->p90 >= 0) {
		s->now.median += r->median;
		s->now.p90 += r->p90;
		s->now.timed++;
	}
}

void
verdict_gap(struct verdict *v, int64_t begin, int64_t end, const char *why)
{
	if (v->gap_end >= begin && strcmp(v->gap_why, why) == 0)
		begin = v->gap_begin;
	v->gap_begin = begin;
	v->gap_end = end;
	snprintf(v->gap_why, sizeof v->gap_why, "%s", why);
}

void
verdict_medium(struct verdict *v, enum verdict_medium medium)
{
	v->medium = medium;
}

void
verdict_use(struct verdict *v, const struct verdict_use *use)
{
	v->use[v->uses++ % VERDICT_USES] = *use;
}

void
verdict_talkers(struct verdict *v, verdict_talker_fn fn, void *ctx)
{
	v->talker = fn;
	v->talker_ctx = ctx;
}

void
verdict_cuts(struct verdict *v, verdict_cut_fn fn, void *ctx)
{
	v->cut = fn;
	v->cut_ctx = ctx;
}

void
verdict_own_load(struct verdict *v, int64_t begin)
{
	v->load = begin;
}

const struct verdict_use *
verdict_busiest(const struct verdict *v, int64_t since)
{
	const struct verdict_use *most = NULL;
	unsigned kept = v->uses < VERDICT_USES ? v->uses : VERDICT_USES;

	for (unsigned i = 0; i < kept; i++) {
		const struct verdict_use *u = &v->use[i];
		if (u->time <= since)
			continue;
		if (most == NULL || fmax(u->in, u->out) > fmax(most->in, most->out))
			most = u;
	}
	return most;
}

/* --- series ----------------------------------------------------------------------- */

/* Baselines that were loaded, of series that are not there. */
struct verdict_stash {
	UT_hash_handle hh;
	uint64_t id;
	struct hourly baseline;
};

static void
drop_stash(struct verdict *v, struct verdict_stash *st)
{
	HASH_DEL(v->stash, st);
	free(st);
}

void
verdict_series(struct verdict *v, const struct verdict_series *with)
{
	struct series *s = find(v, with->id);

	if (s == NULL && with->role == VERDICT_OTHER)
		return;
	if (s == NULL && HASH_COUNT(v->series) >= VERDICT_SERIES)
		return;
	if (s == NULL) {
		struct verdict_stash *st;
		s = mem_zero(1, sizeof *s);
		s->id = with->id;
		s->moved = s->route = -1;
		hourly_init(&s->baseline);
		HASH_FIND(hh, v->stash, &with->id, sizeof with->id, st);
		if (st != NULL) {
			s->baseline = st->baseline;
			drop_stash(v, st);
		}
		HASH_ADD(hh, v->series, id, sizeof s->id, s);
	}
	if (s->role != with->role)
		shut(v, &s->slot, s);
	snprintf(s->path, sizeof s->path, "%s", with->path);
	s->role = with->role;
	s->network = with->network;
	s->family = with->family;
	s->step = with->step > 0 ? with->step : 1;
	s->pings = with->pings > 0 ? with->pings : 1;
	set_length(v);
}

void
verdict_forget(struct verdict *v, uint64_t id)
{
	struct series *s = find(v, id);

	if (s == NULL)
		return;
	shut(v, &s->slot, s);
	HASH_DEL(v->series, s);
	free(s);
	set_length(v);
}

struct verdict *
verdict_new(verdict_fn fn, void *ctx)
{
	struct verdict *v = mem_zero(1, sizeof *v);

	v->fn = fn;
	v->ctx = ctx;
	v->judged = -1;
	return v;
}

void
verdict_free(struct verdict *v)
{
	struct series *s, *next;
	struct verdict_stash *st, *more;

	if (v == NULL)
		return;
	HASH_ITER(hh, v->series, s, next) {
		HASH_DEL(v->series, s);
		free(s->slot.f);
		free(s);
	}
	HASH_ITER(hh, v->stash, st, more)
		drop_stash(v, st);
	verdict_others_free(v);
	free(v->path.f);
	free(v->host.f);
	free(v);
}

/* --- how things stand ------------------------------------------------------------- */

bool
verdict_covers(const struct verdict *v, const struct series *s)
{
	const struct diagnosis *d = v->host.same > 0 ? &v->host.d : &v->path.d;
	const struct track *t = &s->track[SIGN_LOSS];

	if (d->family != 0 && s->family != d->family)
		return false;
	if (d->segment != SEGMENT_TRANSIT)
		return true;
	/* Only some ends are behind it: those that are bad since about then. */
	if (!t->bad)
		t = &s->track[SIGN_DELAY];
	return t->bad && llabs(t->since - d->since) <= verdict_apart(d->sign, d->size);
}

const char *
verdict_explains(const struct verdict *v, uint64_t id)
{
	const struct series *s = find(v, id);
	const struct slot *slot = v->host.open ? &v->host : &v->path;

	if (s == NULL || !slot->open || slot->f == NULL || s->slot.open ||
	    !verdict_covers(v, s))
		return NULL;
	/* Hosts in front of it are not behind it. */
	if ((s->role == VERDICT_GATEWAY || s->role == VERDICT_HOME) &&
	    slot->d.segment >= SEGMENT_ACCESS)
		return NULL;
	return slot->f->subject;
}

bool
verdict_may_explain(const struct verdict *v, uint64_t id, int64_t since)
{
	const struct series *s = find(v, id);

	if (s == NULL || v->length == 0 || s->slot.open || HASH_COUNT(v->series) < 3)
		return false;
	return v->undecided || (v->judged + 1) * v->length < since + 2 * v->length;
}

/* The begin of what is the matter and not decided yet, epoch seconds; 0: nothing is. */
static int64_t
in_doubt(const struct verdict *v)
{
	const struct series *s, *next;
	unsigned asked = 0, dead = 0, bad = 0;
	int64_t since = INT64_MAX;

	if (v->host.same > 0)
		return v->host.d.since * v->length;
	if (v->path.same > 0)
		return v->path.d.since * v->length;
	HASH_ITER(hh, v->series, s, next) {
		if (s->slot.same > 0)
			return s->slot.d.since * v->length;
		if (s->role != VERDICT_FAR || s->slot.open)
			continue;
		if (s->track[SIGN_LOSS].bad) {
			bad++;
			if (s->track[SIGN_LOSS].since < since)
				since = s->track[SIGN_LOSS].since;
		}
		asked += s->now.sent > s->now.unknown;
		dead += s->now.sent > s->now.unknown &&
			s->now.lost == s->now.sent - s->now.unknown;
	}
	if (v->undecided && bad >= 2)
		return since * v->length;
	/* Nobody answers in the window that is not over. */
	return dead >= 2 && 2 * dead > asked ? (v->judged + 1) * v->length : 0;
}

bool
verdict_now(const struct verdict *v, struct infer_finding *f)
{
	const struct slot *first = v->host.open ? &v->host : &v->path;
	const struct series *s, *next;

	if (!first->open)
		HASH_ITER(hh, v->series, s, next)
			if (s->slot.open &&
			    (!first->open || (s->role == VERDICT_RESOLVER &&
						 first->d.segment == SEGMENT_FAR)))
				first = &s->slot;
	if (first->open) {
		*f = *first->f;
		return false;
	}
	/* What another judge found on the path, which no window of ours shows. */
	const struct infer_finding *o = verdict_congested_now(v);
	if (o != NULL) {
		*f = *o;
		return false;
	}
	int64_t since = in_doubt(v);
	if (since != 0) {
		verdict_tell_doubt(v, since, f);
		return false;
	}
	verdict_tell_fine(v, f);
	return v->fine != 0;
}

static enum verdict_level
level_of_role(const struct verdict *v, enum verdict_role role, unsigned least)
{
	const struct series *s, *next;
	unsigned fresh = 0, there = 0;

	HASH_ITER(hh, v->series, s, next) {
		if (s->role != role)
			continue;
		there++;
		if (series_fresh(v, s) &&
		    series_window(s, 0)->lost < series_window(s, 0)->n)
			fresh++;
	}
	if (there < least || there == 0)
		return VERDICT_UNMEASURED;
	return fresh >= least ? VERDICT_FINE : VERDICT_LEARNING;
}

enum verdict_level
verdict_level(const struct verdict *v, enum segment segment)
{
	static const struct {
		enum verdict_role role;
		unsigned least;
	} by[SEGMENTS] = {
		[SEGMENT_HOST] = { VERDICT_GATEWAY, 1 },
		[SEGMENT_WIFI] = { VERDICT_GATEWAY, 1 },
		[SEGMENT_HOME] = { VERDICT_GATEWAY, 1 },
		[SEGMENT_ROUTER] = { VERDICT_GATEWAY, 1 },
		[SEGMENT_ACCESS] = { VERDICT_ACCESS, 1 },
		[SEGMENT_PROVIDER] = { VERDICT_PROVIDER, 1 },
		[SEGMENT_TRANSIT] = { VERDICT_FAR, 2 },
		[SEGMENT_FAR] = { VERDICT_FAR, 1 },
		[SEGMENT_RESOLVER] = { VERDICT_RESOLVER, 1 },
	};
	const struct series *s, *next;

	if ((v->path.open && v->path.d.segment == segment) ||
	    (v->host.open && v->host.d.segment == segment))
		return VERDICT_BAD;
	HASH_ITER(hh, v->series, s, next)
		if (s->slot.open && s->slot.d.segment == segment)
			return VERDICT_BAD;
	if (by[segment].role == VERDICT_OTHER ||
	    (segment == SEGMENT_WIFI && v->medium != VERDICT_WIRELESS))
		return VERDICT_UNMEASURED;
	return level_of_role(v, by[segment].role, by[segment].least);
}

/* --- bytes ------------------------------------------------------------------------ */

#define MAGIC "smokebox-usual1\n"
#define HEAD (sizeof MAGIC - 1 + 4)

/* A sum of all that lies before it: a file cut or torn is not read. (FNV-1a) */
static uint32_t
check_of(const uint8_t *p, size_t len)
{
	uint32_t h = 2166136261U;

	while (len-- > 0)
		h = (h ^ *p++) * 16777619U;
	return h;
}

static uint8_t *
put_be(uint8_t *at, uint64_t v, unsigned bytes)
{
	for (unsigned i = bytes; i > 0; i--)
		*at++ = (uint8_t)(v >> (8 * (i - 1)));
	return at;
}

uint8_t *
verdict_save(const struct verdict *v, size_t *len)
{
	const struct series *s, *next;
	const struct verdict_stash *st, *more;
	uint32_t n = 0;

	size_t room = HASH_COUNT(v->series) + HASH_COUNT(v->stash);
	uint8_t *buf = mem_alloc(HEAD + room * (8 + HOURLY_BYTES) + 4);
	uint8_t *at = buf + HEAD;
	HASH_ITER(hh, v->series, s, next)
		if (s->baseline.first != 0) {
			at = put_be(at, s->id, 8);
			hourly_put(&s->baseline, at);
			at += HOURLY_BYTES;
			n++;
		}
	/* Of series whose role is not known again yet. */
	HASH_ITER(hh, v->stash, st, more)
		if (n < VERDICT_SERIES) {
			at = put_be(at, st->id, 8);
			hourly_put(&st->baseline, at);
			at += HOURLY_BYTES;
			n++;
		}
	if (n == 0) {
		free(buf);
		return NULL;
	}
	memcpy(buf, MAGIC, sizeof MAGIC - 1);
	put_be(buf + sizeof MAGIC - 1, n, 4);
	at = put_be(at, check_of(buf, (size_t)(at - buf)), 4);
	*len = (size_t)(at - buf);
	return buf;
}

static void
take_baseline(struct verdict *v, uint64_t id, const struct hourly *b)
{
	struct series *s = find(v, id);
	struct verdict_stash *st;

	if (s != NULL) {
		s->baseline = *b;
		s->usual_until = 0;
		return;
	}
	HASH_FIND(hh, v->stash, &id, sizeof id, st);
	if (st == NULL) {
		st = mem_zero(1, sizeof *st);
		st->id = id;
		HASH_ADD(hh, v->stash, id, sizeof st->id, st);
	}
	st->baseline = *b;
}

int
verdict_load(struct verdict *v, const uint8_t *buf, size_t len)
{
	struct hourly b;
	struct wire w, again;

	if (len < HEAD + 4 || memcmp(buf, MAGIC, sizeof MAGIC - 1) != 0)
		return -1;
	wire_init(&w, buf + sizeof MAGIC - 1, len - (sizeof MAGIC - 1));
	uint32_t n = wire_u32(&w);
	if (n > VERDICT_SERIES || len != HEAD + n * (size_t)(8 + HOURLY_BYTES) + 4)
		return -1;
	again = w;
	for (uint32_t i = 0; i < n; i++) {
		wire_u64(&w);
		if (hourly_get(&b, &w) < 0)
			return -1;
	}
	if (wire_u32(&w) != check_of(buf, len - 4) || !wire_ok(&w))
		return -1;
	for (uint32_t i = 0; i < n; i++) {
		uint64_t id = wire_u64(&again);
		hourly_get(&b, &again);
		take_baseline(v, id, &b);
	}
	return 0;
}
