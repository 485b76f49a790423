#include "infer/verdict.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "infer/odds.h"
#include "infer/verdict_slot.h"

#define ENOUGH_PINGS 20 /* of a window of short rounds */
#define SHORT_WINDOW_S 60
#define RUNS_WINDOWS 8 /* until what is lost in runs is told, */
#define RUNS_S 900     /* ... and seconds */
/* What cannot be sent is told of as what comes again when it began so often, or when so
 * many windows in a row have it in part: one that happens once has two at its begin and
 * two at its end. */
#define UNSENT_TIMES 3
#define UNSENT_PARTLY 5

struct series *
verdict_find(const struct verdict *v, uint64_t id)
{
	struct series *s;

	HASH_FIND(hh, v->series, &id, sizeof id, s);
	return s;
}

/* --- a window is over ------------------------------------------------------------- */

struct survey {
	unsigned asked, stalled, not_sent; /* series */
	unsigned unsent;		   /* ... of which any ping was not */
	uint64_t pings, pings_unsent;
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
		all.unsent += s->now.why[VERDICT_NOT_SENT] > 0;
		all.pings += s->now.sent;
		all.pings_unsent += s->now.why[VERDICT_NOT_SENT];
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

/* Is what S loses the rest of what the path was blamed for, which is over? One end
 * shows that later than the others; what is its own goes on. */
static bool
is_rest(const struct verdict *v, const struct series *s)
{
	const struct track *t = &s->track[SIGN_LOSS];
	int64_t over = v->path.past.last / v->length;

	if (v->path.past.times == 0 || v->judged - over > VERDICT_RING || !t->bad ||
	    t->first >= over)
		return false;
	/* What was the matter before that goes on. */
	double rate = slot_is_open(&v->path) && v->path.d.sign == SIGN_LOSS
			  ? fmax(v->path.d.ends / VERDICT_SAME_LOSS, VERDICT_HEALTHY)
			  : VERDICT_HEALTHY;
	return series_against(s, over + (2 * s->step > v->length ? 2 : 1), INT64_MAX,
		   rate, VERDICT_ALSO) <= 0;
}

/* How slow S, an end, is by itself, beside what it loses. */
static struct diagnosis
slow_end(const struct series *s)
{
	const struct track *t = &s->track[SIGN_DELAY];
	struct diagnosis d = { .state = DIAGNOSIS_NONE, .sign = SIGN_DELAY };
	double shift = series_shift(s, t->since, false);

	if (!t->bad || !(shift > 0))
		return d;
	d.state = t->goods > 0 ? DIAGNOSIS_WAIT : DIAGNOSIS_FOUND;
	d.segment = s->role == VERDICT_RESOLVER ? SEGMENT_RESOLVER : SEGMENT_FAR;
	d.cause = "delay";
	d.size = shift;
	d.since = t->since;
	d.bounded = true;
	return d;
}

static void
judge_ends(struct verdict *v, const bool waits[SIGNS])
{
	struct series *s, *next;

	HASH_ITER(hh, v->series, s, next) {
		if (!is_end(s->role))
			continue;
		struct diagnosis d = verdict_end(v, s), slow = slow_end(s);
		/* What the path explains, and what it may explain in a moment. */
		if (d.state == DIAGNOSIS_FOUND && !slot_is_open(&s->slot)) {
			if ((v->path.same > 0 && verdict_covers(v, s)) || is_rest(v, s))
				d.state = DIAGNOSIS_NONE;
			else if (waits[d.sign])
				d.state = DIAGNOSIS_WAIT;
		}
		/* What is left of its own is what the path loses, which did before. */
		if (slot_is_open(&s->slot) && slot_is_open(&v->path) &&
		    v->path.d.sign == SIGN_LOSS && s->track[SIGN_LOSS].less &&
		    v->path.d.since < s->track[SIGN_LOSS].since && verdict_covers(v, s))
			d.state = DIAGNOSIS_NONE;
		slot_step(v, &s->slot, s, &d, d.sign == SIGN_LOSS ? &slow : NULL);
	}
}

/* What shows, by its role, that SEGMENT is the matter. */
static enum verdict_role
role_of(const struct verdict *v, enum segment segment)
{
	enum verdict_role role = segment < SEGMENT_ACCESS      ? VERDICT_GATEWAY
				 : segment == SEGMENT_ACCESS   ? VERDICT_ACCESS
				 : segment == SEGMENT_PROVIDER ? VERDICT_PROVIDER
							       : VERDICT_FAR;
	const struct series *s, *next;

	HASH_ITER(hh, v->series, s, next)
		if (s->role == role && series_fresh(v, s))
			return role;
	return VERDICT_FAR;
}

/* D blames what lies in front of what is told: that began when the hop that shows it
 * began to lose, though all lost before by what is told. */
static void
date_by_hop(const struct verdict *v, struct diagnosis *d)
{
	enum verdict_role role = role_of(v, d->segment);
	int64_t since = INT64_MAX;
	const struct series *s, *next;

	if (d->state != DIAGNOSIS_FOUND || !slot_is_open(&v->path) ||
	    role == VERDICT_FAR || v->path.d.sign != SIGN_LOSS ||
	    d->segment >= v->path.d.segment)
		return;
	HASH_ITER(hh, v->series, s, next)
		if (s->role == role && s->track[SIGN_LOSS].bad &&
		    s->track[SIGN_LOSS].first < since)
			since = s->track[SIGN_LOSS].first;
	if (since != INT64_MAX && since - d->since > verdict_apart(SIGN_LOSS, d->size))
		d->since = since;
}

/* Does what was the matter before what is worse began go on? */
static void
judge_under(struct verdict *v)
{
	enum verdict_role role = role_of(v, v->under.d.segment);
	const struct series *s, *next;
	bool bad = false;

	if (!slot_is_open(&v->under))
		return;
	HASH_ITER(hh, v->series, s, next)
		bad |= s->role == role && !slot_is_open(&s->slot) &&
		       s->track[v->under.d.sign].bad;
	if (bad && slot_is_open(&v->path))
		v->under.last = (v->judged + 1) * v->length;
	else
		slot_rest(v);
}

/* The window just judged has ALL's pings, most of which could not be sent where it is
 * WHOLE. What comes from this box is the same for most series. */
static void
note_unsent(struct verdict *v, const struct survey *all, bool whole)
{
	struct unsent *u = &v->unsent;
	bool any = 3 * all->unsent >= all->asked &&
		   (double)all->pings_unsent >= VERDICT_LEAST * (double)all->pings;

	if (u->times > 0 && v->judged - u->last > VERDICT_RING)
		*u = (struct unsent){ 0 };
	if (!any) {
		u->run = u->partly = 0;
	} else {
		if (u->times == 0)
			u->since = v->judged;
		u->times += u->run++ == 0;
		u->partly += !whole;
		u->last = v->judged;
		u->often |= u->times >= UNSENT_TIMES || u->partly >= UNSENT_PARTLY;
	}
	if (u->times > 0) {
		u->pings += all->pings;
		u->unsent += all->pings_unsent;
	}
}

/* What this box cannot send again and again. */
static struct diagnosis
unsent(const struct verdict *v)
{
	const struct unsent *u = &v->unsent;
	struct diagnosis d = { .state = DIAGNOSIS_NONE };

	if (!u->often)
		return d;
	d = (struct diagnosis){ .state = DIAGNOSIS_FOUND,
		.sign = SIGN_LOSS,
		.segment = SEGMENT_HOST,
		.cause = "unsent",
		.since = u->since,
		.bounded = true,
		.confirmed = true };
	odds_interval(u->unsent, u->pings, &d.low, &d.high);
	d.size = d.ends = (double)u->unsent / (double)u->pings;
	return d;
}

static void
judge_host(struct verdict *v, const struct survey *all)
{
	const struct infer_finding *unlinked = verdict_unlinked(v);
	bool whole = 3 * all->not_sent >= 2 * all->asked;

	v->cut_off = whole;
	note_unsent(v, all, whole);
	struct diagnosis d = unsent(v);
	if (whole) {
		d = (struct diagnosis){ .state = DIAGNOSIS_FOUND,
			.sign = SIGN_LOSS,
			.segment = unlinked != NULL ? SEGMENT_WIFI : SEGMENT_HOST,
			.cause = unlinked != NULL ? "unlinked" : "not_sent",
			.other = unlinked != NULL ? v->bad_radio : NULL,
			.size = 1,
			.ends = 1,
			.since = v->judged,
			.bounded = true,
			.confirmed = true };
		if (v->host.same > 0)
			d.since = v->host.d.since;
	}
	slot_step(v, &v->host, NULL, &d, NULL);
	if (d.state == DIAGNOSIS_FOUND && !whole) {
		v->host.times = v->unsent.times;
		v->host.last = (v->unsent.last + 1) * v->length;
	}
}

static bool
anything_open(const struct verdict *v)
{
	const struct series *s, *next;

	if (slot_is_open(&v->path) || slot_is_open(&v->host))
		return true;
	HASH_ITER(hh, v->series, s, next)
		if (slot_is_open(&s->slot))
			return true;
	return false;
}

/* Is anything the matter that hops may show, too? Two far ends may be dead by chance,
 * or by what is told no more of than that. */
static bool
is_disturbed(const struct verdict *v)
{
	const struct series *s, *next;
	unsigned bad = 0;

	HASH_ITER(hh, v->series, s, next)
		bad += s->role == VERDICT_FAR && !slot_is_open(&s->slot) &&
		       (s->track[SIGN_LOSS].bad || s->track[SIGN_DELAY].bad);
	return slot_is_open(&v->path) || v->path.same > 0 || slot_is_open(&v->host) ||
	       v->host.same > 0 || v->undecided || bad > 1;
}

/* Far ends have lost pings in runs for long, and what was asked between the runs proves
 * nothing: that is said at least, of no place. */
static struct diagnosis
scattered(const struct verdict *v)
{
	struct diagnosis d = { .state = DIAGNOSIS_NONE,
		.sign = SIGN_LOSS,
		.segment = SEGMENT_BEYOND,
		.cause = "loss",
		.behind = VERDICT_OTHER,
		.since = v->judged };
	const struct series *s, *next;
	uint64_t n, lost, all = 0, all_lost = 0;
	double squares = 0;
	unsigned windows = 0;

	HASH_ITER(hh, v->series, s, next) {
		const struct track *t = &s->track[SIGN_LOSS];
		double one = 0;
		unsigned of = 0;
		if (s->role != VERDICT_FAR || slot_is_open(&s->slot) || !t->bad)
			continue;
		series_scatter(s, t->since, &one, &of);
		if (series_effect(one, of) <= 1)
			continue;
		d.bad++;
		squares += one;
		windows += of;
		if (t->since < d.since)
			d.since = t->since;
	}
	if (d.bad < 2 || v->judged - d.since < RUNS_WINDOWS ||
	    (v->judged - d.since) * v->length < RUNS_S)
		return d;
	HASH_ITER(hh, v->series, s, next)
		if (s->role == VERDICT_FAR && !slot_is_open(&s->slot)) {
			series_counts(s, d.since, &n, &lost);
			all += n;
			all_lost += lost;
			d.good += !s->track[SIGN_LOSS].bad;
		}
	odds_interval(all_lost, all, &d.low, &d.high);
	d.state = DIAGNOSIS_FOUND;
	d.size = d.ends = (double)all_lost / (double)all;
	d.effect = squares / windows;
	return d;
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
		series_close(v, s, number);
	series_follow(v);
	v->undecided = v->cut_off && !slot_is_open(&v->host);
	if (!v->cut_off) {
		struct diagnosis loss = verdict_path(v, SIGN_LOSS);
		struct diagnosis delay = verdict_path(v, SIGN_DELAY);
		date_by_hop(v, &loss);
		if (loss.state != DIAGNOSIS_FOUND && delay.state != DIAGNOSIS_FOUND) {
			struct diagnosis runs = scattered(v);
			loss = runs.state == DIAGNOSIS_FOUND ? runs : loss;
		}
		/* A full line delays and drops a little: its delay says more. */
		bool better = delay.state == DIAGNOSIS_FOUND &&
			      (loss.state != DIAGNOSIS_FOUND ||
				  (delay.passive && loss.segment >= delay.segment &&
				      loss.size < VERDICT_LITTLE));
		if (loss.state == DIAGNOSIS_NONE && delay.state != DIAGNOSIS_NONE)
			better = true;
		slot_step(v, &v->path, NULL, better ? &delay : &loss,
		    better ? &loss : &delay);
		judge_under(v);
		v->undecided =
		    !slot_is_open(&v->path) &&
		    (loss.state != DIAGNOSIS_NONE || delay.state != DIAGNOSIS_NONE);
		judge_ends(v, (bool[SIGNS]){ [SIGN_LOSS] = loss.state == DIAGNOSIS_WAIT,
				  [SIGN_DELAY] = delay.state == DIAGNOSIS_WAIT });
	}
	if (is_disturbed(v))
		v->disturbed = number;
	/* Nor was it fine while something was the matter that came to no verdict. */
	if (anything_open(v) || verdict_in_doubt(v) != 0)
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
		slot_rest(v);
		slot_shut(v, &v->path, NULL);
		slot_shut(v, &v->host, NULL);
	}
	v->length = length;
	v->judged = v->disturbed = -1;
	memset(&v->unsent, 0, sizeof v->unsent);
	v->cut_off = false;
	HASH_ITER(hh, v->series, s, next) {
		if (length != 0)
			slot_shut(v, &s->slot, s);
		memset(&s->now, 0, sizeof s->now);
		memset(s->track, 0, sizeof s->track);
		memset(s->error, 0, sizeof s->error);
		memset(&s->own, 0, sizeof s->own);
		s->windows = s->clean = s->missed = 0;
		s->moved = s->route = -1;
	}
}

/* The clock was set back: all windows get the numbers of the new time, so that what is
 * the matter goes on and may end. */
static void
set_back(struct verdict *v, int64_t windows)
{
	int64_t seconds = windows * v->length;
	struct series *s, *next;

	HASH_ITER(hh, v->series, s, next) {
		for (unsigned i = 0; i < series_kept(s); i++)
			series_window(s, i)->number += windows;
		for (int sign = 0; sign < SIGNS; sign++) {
			s->track[sign].since += windows;
			s->track[sign].first += windows;
			s->track[sign].last += windows;
		}
		s->own.since += s->own.since != 0 ? windows : 0;
		s->moved += s->moved >= 0 ? windows : 0;
		s->route += s->route >= 0 ? windows : 0;
		s->usual_until = 0;
		slot_move(&s->slot, windows, seconds);
	}
	slot_move(&v->path, windows, seconds);
	slot_move(&v->under, windows, seconds);
	slot_move(&v->host, windows, seconds);
	v->unsent.since += windows;
	v->unsent.last += windows;
	for (unsigned i = 0; i < VERDICT_USES; i++)
		v->use[i].time += seconds;
	v->first += v->first != 0 ? seconds : 0;
	v->fine += v->fine != 0 ? seconds : 0;
	v->judged += windows;
	v->disturbed += windows;
	v->gap_end = 0;
	verdict_gap(v, v->judged * v->length, (v->judged + 1) * v->length,
	    "the clock was set back");
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
	if (v->judged < 0 || over - v->judged > 2 * VERDICT_RING)
		v->judged = over - 1;
	if (over < v->judged)
		set_back(v, over - v->judged);
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
	struct series *s = verdict_find(v, r->id);

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
verdict_begins(struct verdict *v, verdict_begin_fn fn, void *ctx)
{
	v->begin = fn;
	v->begin_ctx = ctx;
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

int64_t
verdict_busy_since(const struct verdict *v, const struct verdict_use *u, int64_t since)
{
	unsigned kept = v->uses < VERDICT_USES ? v->uses : VERDICT_USES;
	int64_t busy = 0, before = 0; /* ends of the first that was, and of the last
				       * that was not */

	for (unsigned i = 1; i <= kept; i++) {
		const struct verdict_use *o = &v->use[(v->uses - i) % VERDICT_USES];
		bool is = (verdict_is_out(u) ? o->out : o->in) >= VERDICT_BUSY;
		if (o->time <= since)
			break;
		if (is) {
			busy = o->time;
			before = 0;
		} else if (busy != 0 && before == 0)
			before = o->time;
		if (busy != 0 && busy - o->time > 2 * (int64_t)v->length)
			return before;
	}
	return since;
}

/* --- series ----------------------------------------------------------------------- */

void
verdict_series(struct verdict *v, const struct verdict_series *with)
{
	struct series *s = verdict_find(v, with->id);

	if (s == NULL && with->role == VERDICT_OTHER)
		return;
	if (s == NULL && HASH_COUNT(v->series) >= VERDICT_SERIES)
		return;
	if (s == NULL) {
		s = mem_zero(1, sizeof *s);
		s->id = with->id;
		s->moved = s->route = -1;
		hourly_init(&s->baseline);
		verdict_stash_take(v, s);
		HASH_ADD(hh, v->series, id, sizeof s->id, s);
	}
	if (s->role != with->role)
		slot_shut(v, &s->slot, s);
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
	struct series *s = verdict_find(v, id);

	if (s == NULL)
		return;
	slot_shut(v, &s->slot, s);
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

	if (v == NULL)
		return;
	HASH_ITER(hh, v->series, s, next) {
		HASH_DEL(v->series, s);
		free(s->slot.f);
		free(s);
	}
	verdict_stash_free(v);
	verdict_others_free(v);
	free(v->path.f);
	free(v->under.f);
	free(v->host.f);
	free(v);
}
