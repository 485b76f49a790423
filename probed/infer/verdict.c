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
#define LITTLE 0.1 /* loss that a full queue makes, too */
#define SAME_LOSS 0.6  /* of an end's loss, that of the path, which explains it */
#define NO_CHANCE 1e-5 /* that an end loses more than that */
#define LESS_SAME (VERDICT_GOOD + 1) /* windows that say that an outage is over */

struct series *
verdict_find(const struct verdict *v, uint64_t id)
{
	struct series *s;

	HASH_FIND(hh, v->series, &id, sizeof id, s);
	return s;
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
	verdict_tell(v, slot, s, c, slot->f);
	v->fn(v->ctx, slot->f, over ? slot->last : (v->judged + 1) * v->length, over);
}

static void
shut(struct verdict *v, struct slot *slot, const struct series *s)
{
	struct slot left = { .past = slot->past };

	if (slot->open) {
		tell(v, slot, s, true);
		left.past.segment = slot->d.segment;
		left.past.begin = slot->begin;
		left.past.last = slot->last;
		left.past.times = slot->times;
		left.past.outage = strcmp(slot->d.cause, "outage") == 0;
	}
	free(slot->f);
	*slot = left;
}

/* How often SLOT's came, which opens now: what comes again soon is the same, and has
 * the begin of the first. */
static unsigned
times(const struct verdict *v, struct slot *slot)
{
	if (slot->past.times == 0 || slot->past.segment != slot->d.segment ||
	    slot->begin - slot->past.last > (int64_t)VERDICT_RING * v->length)
		return 1;
	slot->begin = slot->past.begin;
	return slot->past.times + 1;
}

/* Is SLOT's, which is gone, held open, as it may come again? While this box is the
 * matter, nothing else is judged: that it is not any more counts at once. */
static bool
is_held(struct verdict *v, struct slot *slot, const struct series *s)
{
	if (!slot->open || slot->times < 2 || slot == &v->host)
		return false;
	if (slot->quiet == 0) {
		slot->quiet = v->judged;
		tell(v, slot, s, false);
	}
	return v->judged - slot->quiet < VERDICT_RING;
}

/* What is not the matter any more, and was not told of meanwhile: by its last words. */
static void
rest(struct verdict *v)
{
	if (v->under.open)
		v->fn(v->ctx, v->under.f, v->under.last, true);
	free(v->under.f);
	memset(&v->under, 0, sizeof v->under);
}

/* Of what was worse nothing is left: what was told before is what is the matter. */
static void
rise(struct verdict *v)
{
	v->path = v->under;
	memset(&v->under, 0, sizeof v->under);
	v->path.same = 1;
	v->path.risen = v->path.held = v->judged + 1;
}

/* Do the far ends prove that what SLOT tells of the path is over? Little loss does not
 * show in each window. */
static bool
is_refuted(const struct verdict *v, const struct slot *slot)
{
	const struct series *s, *next;
	uint64_t n, lost, all = 0, all_lost = 0;

	if (slot->d.sign != SIGN_LOSS || v->judged - slot->held > VERDICT_RING)
		return true;
	HASH_ITER(hh, v->series, s, next) {
		if (s->role != VERDICT_FAR || s->slot.open)
			continue;
		series_counts(s, slot->held, &n, &lost);
		all += n;
		all_lost += lost;
	}
	return odds_at_most(all_lost, all, slot->d.ends / 2) < VERDICT_PROVEN;
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

/* Is D about what began after what SLOT tells did, and is worse? */
static bool
is_news(const struct verdict *v, const struct slot *slot, const struct diagnosis *d)
{
	const struct diagnosis *told = &slot->d;
	/* What comes and goes began anew the last time. */
	int64_t begin = slot->times > 1 ? told->since : slot->begin / v->length;

	if (!slot->open || d->since < slot->risen ||
	    d->since <= begin + verdict_apart(d->sign, d->size))
		return false;
	if (!is_same(told, d))
		return true;
	if (d->sign == SIGN_DELAY || slot->times > 1)
		return false;
	return d->low > (told->sign == SIGN_DELAY ? LITTLE : told->high);
}

/* Does D tell less than SLOT's outage, which is over then? */
static bool
is_less(const struct verdict *v, const struct slot *slot, const struct diagnosis *d)
{
	return slot->open && is_same(&slot->d, d) &&
	       strcmp(slot->d.cause, "outage") == 0 &&
	       strcmp(d->cause, "outage") != 0 &&
	       (d->sign == SIGN_DELAY || d->since > slot->begin / v->length);
}

/* SLOT tells what is worse and began later, D, from now on. In the same segment that
 * is the same incident; else what was told goes on until something says otherwise. */
static void
turn(struct verdict *v, struct slot *slot, const struct series *s,
    const struct diagnosis *d)
{
	if (slot->d.segment == d->segment) {
		slot->was = slot->was != 0 ? slot->was : slot->begin;
	} else if (slot == &v->path && v->under.open &&
		   v->under.d.segment == d->segment) {
		shut(v, slot, s);
		rise(v);
		return;
	} else if (slot == &v->path && slot->quiet == 0) {
		rest(v);
		v->under = *slot;
		memset(slot, 0, sizeof *slot);
	} else {
		shut(v, slot, s);
	}
	slot->d = *d;
	slot->begin = d->since * v->length;
	slot->same = 1;
}

/* When D began, which opens SLOT. Where nothing got through elsewhere on the way for
 * long, that explained all until it was over. */
static int64_t
begin_of(const struct verdict *v, const struct slot *slot, const struct diagnosis *d)
{
	int64_t begin = d->since * v->length;
	int64_t apart = verdict_apart(d->sign, d->size) * v->length;

	if (slot->past.times > 0 && slot->past.outage && d->size >= VERDICT_FULL &&
	    slot->past.segment != d->segment && begin < slot->past.last &&
	    begin + apart >= slot->past.begin &&
	    slot->past.last - slot->past.begin > VERDICT_RING / 2 * (int64_t)v->length)
		return slot->past.last;
	return begin;
}

/* D is what the window just judged says. S as in verdict_tell(). */
static void
step(struct verdict *v, struct slot *slot, const struct series *s,
    const struct diagnosis *d)
{
	/* What is passing already opens nothing. */
	if (d->state == DIAGNOSIS_WAIT ||
	    (d->state == DIAGNOSIS_FOUND && d->fading &&
		(!slot->open || slot->quiet != 0 || !is_same(&slot->d, d))))
		return;
	if (d->state == DIAGNOSIS_NONE) {
		if ((slot->held == 0 || is_refuted(v, slot)) && !is_held(v, slot, s))
			shut(v, slot, s);
		if (slot == &v->path && !slot->open && v->under.open)
			rise(v);
		return;
	}
	if (slot->held != 0)
		slot->held = v->judged + 1;
	/* The rest of what was worse. */
	if (!is_same(&slot->d, d) && d->since < slot->risen &&
	    v->judged - slot->risen < VERDICT_RING / 2)
		return;
	if (is_news(v, slot, d)) {
		if (slot->news > 0 && !is_same(&slot->next, d))
			slot->news = 0;
		slot->next = *d;
		if (++slot->news < 2)
			return;
		turn(v, slot, s, d);
	} else if (is_less(v, slot, d)) {
		if (++slot->news < LESS_SAME)
			return;
		slot->d = *d;
		slot->begin = slot->was != 0 ? slot->was : slot->begin;
		slot->was = 0;
	}
	slot->news = 0;
	if (slot->open && !is_same(&slot->d, d)) {
		/* Once may be a window in which not all are as far as the others. */
		if (slot->same != 0) {
			slot->same = 0;
			return;
		}
		/* Of one family or both: the same incident. */
		if (slot->d.segment == d->segment) {
			slot->begin = d->since * v->length;
			slot->was = 0;
			slot->d = *d;
		} else {
			shut(v, slot, s);
			if (slot == &v->path && v->under.open) {
				rise(v);
				if (!is_same(&slot->d, d))
					return;
			}
		}
	}
	if (slot->same == 0 || !is_same(&slot->d, d)) {
		slot->same = slot->open ? slot->same : 0;
		if (!slot->open)
			slot->begin = begin_of(v, slot, d);
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
	if (!slot->open && begin_of(v, slot, d) < slot->begin)
		slot->begin = begin_of(v, slot, d);
	if (!slot->open || !d->fading)
		slot->last = (v->judged + 1) * v->length;
	slot->times += slot->quiet != 0;
	slot->quiet = 0;
	if (slot->same >= 2) {
		if (!slot->open)
			slot->times = times(v, slot);
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
	double rate = v->path.open && v->path.d.sign == SIGN_LOSS
			  ? fmax(v->path.d.ends / SAME_LOSS, VERDICT_HEALTHY)
			  : VERDICT_HEALTHY;
	return series_against(s, over + (2 * s->step > v->length ? 2 : 1), INT64_MAX,
		   rate, VERDICT_ALSO) <= 0;
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
			if ((v->path.same > 0 && verdict_covers(v, s)) || is_rest(v, s))
				d.state = DIAGNOSIS_NONE;
			else if (waits[d.sign])
				d.state = DIAGNOSIS_WAIT;
		}
		/* What is left of its own is what the path loses, which did before. */
		if (s->slot.open && v->path.open && v->path.d.sign == SIGN_LOSS &&
		    s->track[SIGN_LOSS].less &&
		    v->path.d.since < s->track[SIGN_LOSS].since && verdict_covers(v, s))
			d.state = DIAGNOSIS_NONE;
		step(v, &s->slot, s, &d);
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

/* Does what was the matter before what is worse began go on? */
static void
judge_under(struct verdict *v)
{
	enum verdict_role role = role_of(v, v->under.d.segment);
	const struct series *s, *next;
	bool bad = false;

	if (!v->under.open)
		return;
	HASH_ITER(hh, v->series, s, next)
		bad |=
		    s->role == role && !s->slot.open && s->track[v->under.d.sign].bad;
	if (bad && v->path.open)
		v->under.last = (v->judged + 1) * v->length;
	else
		rest(v);
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
			.ends = 1,
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

/* Is anything the matter that hops may show, too? Two far ends may be dead by chance,
 * or by what is told no more of than that. */
static bool
is_disturbed(const struct verdict *v)
{
	const struct series *s, *next;
	unsigned bad = 0;

	HASH_ITER(hh, v->series, s, next)
		bad += s->role == VERDICT_FAR && !s->slot.open &&
		       (s->track[SIGN_LOSS].bad || s->track[SIGN_DELAY].bad);
	return v->path.open || v->path.same > 0 || v->host.open || v->host.same > 0 ||
	       v->undecided || bad > 1;
}

/* The begin of what is the matter and not decided yet, epoch seconds; 0: nothing is. */
static int64_t
in_doubt(const struct verdict *v)
{
	const struct series *s, *next;
	unsigned asked = 0, dead = 0, bad = 0;
	int64_t since = INT64_MAX;

	if (v->host.same > 0 && !v->host.open)
		return v->host.d.since * v->length;
	if (v->path.same > 0 && !v->path.open)
		return v->path.d.since * v->length;
	HASH_ITER(hh, v->series, s, next) {
		if (s->slot.same > 0 && !s->slot.open)
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
	if (bad >= 2)
		return since * v->length;
	/* Nobody answers in the window that is not over. */
	return dead >= 2 && 2 * dead > asked ? (v->judged + 1) * v->length : 0;
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
		judge_under(v);
		v->undecided = !v->path.open && (loss.state != DIAGNOSIS_NONE ||
						    delay.state != DIAGNOSIS_NONE);
		judge_ends(v, (bool[SIGNS]){ [SIGN_LOSS] = loss.state == DIAGNOSIS_WAIT,
				  [SIGN_DELAY] = delay.state == DIAGNOSIS_WAIT });
	}
	if (is_disturbed(v))
		v->disturbed = number;
	/* Nor was it fine while something was the matter that came to no verdict. */
	if (anything_open(v) || in_doubt(v) != 0)
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
		rest(v);
		shut(v, &v->path, NULL);
		shut(v, &v->host, NULL);
	}
	v->length = length;
	v->judged = v->disturbed = -1;
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

static void
move_slot(struct slot *slot, int64_t windows, int64_t seconds)
{
	slot->begin += slot->begin != 0 ? seconds : 0;
	slot->last += slot->last != 0 ? seconds : 0;
	slot->was += slot->was != 0 ? seconds : 0;
	slot->past.begin += seconds;
	slot->past.last += seconds;
	slot->quiet += slot->quiet != 0 ? windows : 0;
	slot->d.since += windows;
	slot->next.since += windows;
	slot->held += slot->held != 0 ? windows : 0;
	slot->risen += slot->risen != 0 ? windows : 0;
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
		move_slot(&s->slot, windows, seconds);
	}
	move_slot(&v->path, windows, seconds);
	move_slot(&v->under, windows, seconds);
	move_slot(&v->host, windows, seconds);
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
	struct series *s = verdict_find(v, id);

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

/* --- how things stand ------------------------------------------------------------- */

/* Does S lose, or delay, provably more than D explains? What delays drops a little. */
static bool
is_more(const struct diagnosis *d, const struct series *s)
{
	double rate = d->sign == SIGN_DELAY ? LITTLE : d->ends / SAME_LOSS;

	if (s->track[SIGN_LOSS].bad)
		return series_against(s, s->track[SIGN_LOSS].since, INT64_MAX, rate,
			   NO_CHANCE) > 0;
	return d->sign == SIGN_DELAY && s->track[SIGN_DELAY].bad &&
	       series_shift(s, s->track[SIGN_DELAY].since, d->p90) >
		   2 * d->ends + s->limit;
}

/* Is what SLOT tells of the path, or of this box, why S is bad? */
static bool
covers(const struct slot *slot, const struct series *s, uint32_t length)
{
	const struct diagnosis *d = &slot->d;
	const struct track *t = &s->track[SIGN_LOSS];

	if ((d->family != 0 && s->family != d->family) || is_more(d, s) ||
	    slot->quiet != 0)
		return false;
	if (d->segment != SEGMENT_TRANSIT)
		return true;
	/* Only some ends are behind it: those that are bad since about then. */
	if (!t->bad)
		t = &s->track[SIGN_DELAY];
	int64_t apart = verdict_apart(d->sign, d->size);
	return t->bad && (llabs(t->since - d->since) <= apart ||
			     llabs(t->first - slot->begin / length) <= apart);
}

bool
verdict_covers(const struct verdict *v, const struct series *s)
{
	return covers(v->host.same > 0 ? &v->host : &v->path, s, v->length) ||
	       (v->under.open && covers(&v->under, s, v->length));
}

const char *
verdict_explains(const struct verdict *v, uint64_t id)
{
	const struct series *s = verdict_find(v, id);
	const struct slot *slot = v->host.open ? &v->host : &v->path;

	if (s == NULL || !slot->open || slot->f == NULL || s->slot.open ||
	    !verdict_covers(v, s))
		return NULL;
	if (!covers(slot, s, v->length))
		slot = &v->under;
	/* Hosts in front of it are not behind it. */
	if ((s->role == VERDICT_GATEWAY || s->role == VERDICT_HOME) &&
	    slot->d.segment >= SEGMENT_ACCESS)
		return v->under.open && v->under.d.segment < SEGMENT_ACCESS
			   ? v->under.f->subject
			   : NULL;
	return slot->f->subject;
}

bool
verdict_may_explain(const struct verdict *v, uint64_t id, int64_t since)
{
	const struct series *s = verdict_find(v, id);

	if (s == NULL || v->length == 0 || s->slot.open || HASH_COUNT(v->series) < 3)
		return false;
	return v->undecided || v->path.news > 0 ||
	       (v->judged + 1) * v->length < since + 2 * v->length;
}

/* What explains most of what is open; last comes what is gone and may come again. NULL:
 * nothing is open. */
static const struct slot *
first_open(const struct verdict *v)
{
	const struct slot *first = v->host.open	  ? &v->host
				   : v->path.open ? &v->path
						  : NULL;
	const struct series *s, *next;

	if (first != NULL && first->quiet == 0)
		return first;
	HASH_ITER(hh, v->series, s, next)
		if (s->slot.open &&
		    (first == NULL || (first->quiet != 0 && s->slot.quiet == 0) ||
			(s->role == VERDICT_RESOLVER &&
			    first->d.segment == SEGMENT_FAR &&
			    (first->quiet != 0 || s->slot.quiet == 0))))
			first = &s->slot;
	return first;
}

bool
verdict_now(const struct verdict *v, struct infer_finding *f)
{
	const struct slot *first = first_open(v);

	if (first != NULL && first->quiet == 0) {
		*f = *first->f;
		return false;
	}
	/* What is not decided yet is not what comes every evening. */
	int64_t since = in_doubt(v);
	if (since != 0) {
		verdict_tell_doubt(v, since, f);
		return false;
	}
	if (first != NULL) {
		*f = *first->f;
		return false;
	}
	/* What another judge found on the path, which no window of ours shows. */
	const struct infer_finding *o = verdict_congested_now(v);
	if (o != NULL) {
		*f = *o;
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
	    (v->under.open && v->under.d.segment == segment) ||
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
