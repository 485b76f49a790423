/* Why an end is bad on its own: the others prove that it is its own fault. */
#include <stdlib.h>

#include "infer/verdict_view.h"

static const char *
end_cause(const struct series *s, enum verdict_sign sign, double size)
{
	static const char *const words[VERDICT_ERRORS] = {
		[VERDICT_NO_ROUTE] = "unreachable",
		[VERDICT_UNREACHABLE] = "unreachable",
		[VERDICT_PROHIBITED] = "filtered",
		[VERDICT_REFUSED] = "refused",
		[VERDICT_BAD_ANSWER] = "bad_answer",
	};
	const struct track *t = &s->track[sign];
	uint64_t all = 0;

	if (s->moved >= 0 && llabs(s->moved - t->since) <= VERDICT_ONSET)
		return "address";
	if (sign == SIGN_DELAY)
		return s->route >= 0 && llabs(s->route - t->since) <= VERDICT_ONSET
			   ? "route"
			   : "delay";
	for (int e = 0; e < VERDICT_ERRORS; e++)
		all += s->error[e];
	for (int e = 0; e < VERDICT_ERRORS; e++)
		if (words[e] != NULL && 2 * (uint64_t)s->error[e] > all)
			return words[e];
	return size >= VERDICT_FULL ? "outage" : "loss";
}

struct diagnosis
verdict_end(struct verdict *v, const struct series *s)
{
	struct diagnosis d = { .state = DIAGNOSIS_NONE };
	enum verdict_sign sign = s->track[SIGN_LOSS].bad ? SIGN_LOSS : SIGN_DELAY;
	const struct series *o, *next;
	unsigned open = 0, alike = 0;

	if (!s->track[sign].bad)
		return d;
	if (!series_fresh(v, s))
		return (struct diagnosis){ .state = DIAGNOSIS_WAIT };
	struct view w = { .v = v, .sign = sign };
	view_of_end(&w, s);
	/* Delay may rise slowly, and at its own pace for each. */
	int64_t apart =
	    sign == SIGN_DELAY ? VERDICT_RING / 2 : verdict_apart(sign, w.size);
	/* Others must be proven to be good, so that it is its own fault; those that are
	 * bad since about then may share its reason. */
	HASH_ITER(hh, v->series, o, next) {
		if (o == s || slot_is_open(&o->slot) || o->role != VERDICT_FAR ||
		    (o->network == s->network && s->role == VERDICT_FAR))
			continue;
		enum standing c = standing_of(&w, o);
		d.good += c == STANDING_GOOD;
		alike += c == STANDING_GOOD &&
			 (o->family == s->family || o->family == 0 || s->family == 0);
		d.bad +=
		    c == STANDING_BAD &&
		    (llabs(o->track[sign].since - w.since) <= apart ||
			llabs(o->track[sign].first - s->track[sign].first) <= apart);
		open += c == STANDING_OPEN;
	}
	d.state = DIAGNOSIS_FOUND;
	d.sign = sign;
	d.segment = s->role == VERDICT_RESOLVER ? SEGMENT_RESOLVER : SEGMENT_FAR;
	d.size = w.size;
	d.low = w.rate;
	d.high = w.high;
	d.effect = w.effect;
	d.since = w.since;
	d.cause = end_cause(s, sign, w.size);
	d.fading =
	    s->track[sign].goods > 0 && (sign == SIGN_DELAY || w.size > VERDICT_FADES);
	/* What is good by the other family says nothing of the way by this one. */
	d.bounded = alike >= 1;
	d.confirmed = d.good >= 2;
	if (d.good <= 2 * (d.bad + open))
		d.state = DIAGNOSIS_WAIT;
	return d;
}
