/* How things stand, by what slots hold: what explains whom, which finding comes first,
 * how each segment is. */
#include <stdlib.h>

#include "infer/odds.h"
#include "infer/verdict_impl.h"

#define NO_CHANCE 1e-5 /* that an end loses more than that */

/* Is it told that this box can send nothing? */
static bool
is_cut_off(const struct verdict *v)
{
	return v->cut_off && slot_is_open(&v->host);
}

/* Does S lose, or delay, provably more than D explains? What delays drops a little. */
static bool
is_more(const struct diagnosis *d, const struct series *s)
{
	double rate =
	    d->sign == SIGN_DELAY ? VERDICT_LITTLE : d->ends / VERDICT_SAME_LOSS;

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
	return covers(v->cut_off ? &v->host : &v->path, s, v->length) ||
	       (slot_is_open(&v->under) && covers(&v->under, s, v->length));
}

const char *
verdict_explains(const struct verdict *v, uint64_t id)
{
	const struct series *s = verdict_find(v, id);
	const struct slot *slot = is_cut_off(v) ? &v->host : &v->path;

	if (s == NULL)
		return NULL;
	if (slot_is_open(&s->slot) && s->slot.quiet == 0)
		return s->slot.f->subject; /* it is its own */
	if (!slot_is_open(slot) || slot->f == NULL || slot_is_open(&s->slot) ||
	    !verdict_covers(v, s))
		return NULL;
	if (!covers(slot, s, v->length))
		slot = &v->under;
	/* Hosts in front of it are not behind it. */
	if ((s->role == VERDICT_GATEWAY || s->role == VERDICT_HOME) &&
	    slot->d.segment >= SEGMENT_ACCESS)
		return slot_is_open(&v->under) && v->under.d.segment < SEGMENT_ACCESS
			   ? v->under.f->subject
			   : NULL;
	return slot->f->subject;
}

bool
verdict_may_explain(const struct verdict *v, uint64_t id, int64_t since)
{
	const struct series *s = verdict_find(v, id);

	if (s == NULL || v->length == 0 || slot_is_open(&s->slot) ||
	    HASH_COUNT(v->series) < 2)
		return false;
	return v->undecided || v->path.news > 0 || s->slot.same > 0 ||
	       (v->judged + 1) * v->length < since + 2 * v->length;
}

int64_t
verdict_in_doubt(const struct verdict *v)
{
	const struct series *s, *next;
	unsigned asked = 0, dead = 0, bad = 0;
	int64_t since = INT64_MAX;

	if (v->host.same > 0 && !slot_is_open(&v->host))
		return v->host.d.since * v->length;
	if (v->path.same > 0 && !slot_is_open(&v->path))
		return v->path.d.since * v->length;
	HASH_ITER(hh, v->series, s, next) {
		if (s->slot.same > 0 && !slot_is_open(&s->slot))
			return s->slot.d.since * v->length;
		if (s->role != VERDICT_FAR || slot_is_open(&s->slot))
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

bool
verdict_shows(const struct verdict *v, const char *subject)
{
	enum segment segment = segment_by_word(subject);

	if (segment == SEGMENT_NONE)
		segment = SEGMENT_FAR;
	if ((is_cut_off(v) && segment != v->host.d.segment) ||
	    (slot_is_open(&v->path) && v->path.d.segment < segment))
		return false;
	return verdict_in_doubt(v) == 0;
}

/* What explains most of what is open; last comes what is gone and may come again. NULL:
 * nothing is open. */
static const struct slot *
first_open(const struct verdict *v)
{
	const struct slot *first = is_cut_off(v)	    ? &v->host
				   : slot_is_open(&v->path) ? &v->path
				   : slot_is_open(&v->host) ? &v->host
							    : NULL;
	const struct series *s, *next;

	if (first != NULL && first->quiet == 0)
		return first;
	HASH_ITER(hh, v->series, s, next)
		if (slot_is_open(&s->slot) &&
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
	int64_t since = verdict_in_doubt(v);
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

/* Does what SLOT tells lie in front of SEGMENT? Of transit only far ends are behind. */
static bool
is_behind(const struct slot *slot, enum segment segment)
{
	enum segment blamed = slot->d.segment;

	if (!slot_is_open(slot) || slot->quiet != 0)
		return false;
	if (blamed == SEGMENT_TRANSIT)
		return segment == SEGMENT_FAR;
	if (blamed == SEGMENT_BEYOND)
		blamed = slot->d.behind == VERDICT_ACCESS    ? SEGMENT_ACCESS
			 : slot->d.behind == VERDICT_GATEWAY ? SEGMENT_ROUTER
							     : SEGMENT_HOST;
	return segment > blamed;
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

	if ((slot_is_open(&v->path) && v->path.d.segment == segment) ||
	    (slot_is_open(&v->under) && v->under.d.segment == segment) ||
	    (slot_is_open(&v->host) && v->host.d.segment == segment))
		return VERDICT_BAD;
	HASH_ITER(hh, v->series, s, next)
		if (slot_is_open(&s->slot) && s->slot.d.segment == segment)
			return VERDICT_BAD;
	if (by[segment].role == VERDICT_OTHER ||
	    (segment == SEGMENT_WIFI && v->medium != VERDICT_WIRELESS))
		return VERDICT_UNMEASURED;
	enum verdict_level level =
	    level_of_role(v, by[segment].role, by[segment].least);
	return level == VERDICT_FINE &&
		       (is_behind(&v->path, segment) || is_behind(&v->under, segment) ||
			   (is_cut_off(v) && is_behind(&v->host, segment)))
		   ? VERDICT_BEHIND
		   : level;
}
