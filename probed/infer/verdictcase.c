/* The table of the judge: from which series are bad, and which are proven to be good,
 * to the segment that is to blame. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "infer/odds.h"
#include "infer/verdict_view.h"

#define FEW 0.34	/* of the far ends: so many good ones are in the way of "all" */
#define ONSETS 3	/* of what is bad that are looked at, the last ones */
#define NETWORKS_SURE 3 /* far ends of different networks */

/* --- causes ----------------------------------------------------------------------- */

/* Did the way to most of those that are bad change when it began? */
static bool
rerouted(const struct view *w)
{
	unsigned bad = 0, changed = 0;
	const struct series *s, *next;

	HASH_ITER(hh, w->v->series, s, next)
		if (s->role == VERDICT_FAR && s->track[w->sign].bad && view_has(w, s)) {
			bad++;
			changed +=
			    s->route >= 0 &&
			    llabs(s->route - s->track[w->sign].since) <= VERDICT_ONSET;
		}
	return bad > 0 && 2 * changed > bad;
}

static void
add_radio(const struct verdict *v, struct diagnosis *d)
{
	bool unlinked = verdict_unlinked(v) != NULL,
	     dead = d->sign == SIGN_LOSS && d->size >= VERDICT_FULL;

	d->other = verdict_radio(v);
	if (d->other == NULL || d->other->confidence == CONFIDENCE_NONE)
		return;
	/* What is dead is no more explained by a weak signal. */
	if (unlinked || !dead) {
		d->other = v->bad_radio;
		d->cause = unlinked ? "unlinked" : "radio";
		d->passive = true;
	}
}

/* What delayed before the line was full was something else. */
static void
date_by_use(const struct verdict *v, const struct verdict_use *u, struct diagnosis *d)
{
	int64_t since = verdict_busy_since(v, u, d->since * v->length) / v->length;

	if (d->sign == SIGN_DELAY && since - d->since > verdict_apart(d->sign, d->size))
		d->since = since;
}

static void
add_cause(const struct view *w, struct diagnosis *d)
{
	const struct verdict *v = w->v;
	const struct verdict_use *u = verdict_busiest(v, d->since * v->length);
	double use = u == NULL ? NAN : fmax(u->in, u->out);
	bool full = use >= VERDICT_BUSY, outage = d->size >= VERDICT_FULL;
	unsigned attacks;

	d->cause = d->sign == SIGN_DELAY ? "delay" : outage ? "outage" : "loss";
	if (d->segment == SEGMENT_ACCESS &&
	    (d->other = verdict_attack(v, u, &attacks)) != NULL) {
		d->cause = "attack";
		d->passive = true;
	} else if (d->segment == SEGMENT_ACCESS && full && !outage) {
		d->cause = d->sign == SIGN_DELAY ? "bufferbloat" : "saturation";
		d->passive = true;
		date_by_use(v, u, d);
	} else if (d->segment == SEGMENT_WIFI) {
		add_radio(v, d);
	} else if (d->sign == SIGN_DELAY &&
		   (d->segment == SEGMENT_TRANSIT || d->segment == SEGMENT_PROVIDER) &&
		   rerouted(w)) {
		d->cause = "route";
	} else if (!outage && d->segment >= SEGMENT_ACCESS &&
		   (d->other = verdict_congestion(v, d->segment, d->sign)) != NULL) {
		d->cause = "congestion";
	}
}

/* The interface, the cable, the radio or the router: what lies between this box and
 * the gateway's answer. */
static enum segment
near_segment(const struct view *w)
{
	const struct series *s, *next;
	uint32_t error[VERDICT_ERRORS] = { 0 }, all = 0;

	switch (standing_of_role(w, VERDICT_HOME)) {
	case STANDING_GOOD:
		return SEGMENT_ROUTER;
	default:
		break;
	}
	if (verdict_unlinked(w->v) != NULL)
		return SEGMENT_WIFI;
	HASH_ITER(hh, w->v->series, s, next)
		if (s->role == VERDICT_GATEWAY && w->sign == SIGN_LOSS &&
		    view_has(w, s))
			for (int e = 0; e < VERDICT_ERRORS; e++) {
				error[e] += s->error[e];
				all += s->error[e];
			}
	if (2 * (error[VERDICT_NO_ROUTE] + error[VERDICT_NEVER_LEFT]) > all)
		return SEGMENT_HOST;
	return w->v->medium == VERDICT_WIRELESS ? SEGMENT_WIFI : SEGMENT_HOME;
}

/* Is the last window of most of those that are bad a good one? Of what is little, are
 * those since the last bad ones, together? */
static bool
is_fading(const struct view *w)
{
	unsigned bad = 0, fading = 0;
	uint64_t n, lost, all = 0, all_lost = 0;
	const struct series *s, *next;

	HASH_ITER(hh, w->v->series, s, next)
		if (s->track[w->sign].bad && is_path(s->role) && view_has(w, s) &&
		    !slot_is_open(&s->slot)) {
			bad++;
			fading += s->track[w->sign].goods > 0;
			series_counts(s, s->track[w->sign].last + 1, &n, &lost);
			all += n;
			all_lost += lost;
		}
	return 2 * fading > bad &&
	       (w->sign == SIGN_DELAY || w->size > VERDICT_FADES ||
		   odds_at_most(all_lost, all, w->rate) < VERDICT_PROVEN);
}

/* --- the table -------------------------------------------------------------------- */

/* What the hop behind SEGMENT loses itself, or is slower: far ends may lose more on
 * their ways. NAN: none is measured, or is the measure of it. */
static double
hop_size(const struct view *w, enum segment segment)
{
	enum verdict_role role = segment == SEGMENT_ACCESS     ? VERDICT_ACCESS
				 : segment == SEGMENT_PROVIDER ? VERDICT_PROVIDER
				 : w->sign == SIGN_LOSS && segment < SEGMENT_ACCESS
				     ? VERDICT_GATEWAY
				     : VERDICT_OTHER;
	const struct series *s, *next;

	HASH_ITER(hh, w->v->series, s, next)
		if (s->role == role && role != VERDICT_OTHER && view_has(w, s) &&
		    (w->sign == SIGN_DELAY || !view_was_bad(w, s)) &&
		    standing_of(w, s) == STANDING_BAD && s->track[w->sign].bad)
			return w->sign == SIGN_LOSS
				   ? view_size(w, s)
				   : fmin(w->size, series_slower(s, w->since, w->p90));
	return NAN;
}

static struct diagnosis
found(const struct view *w, enum segment segment, const struct fars *f)
{
	double hop = hop_size(w, segment);
	struct diagnosis d = { .state = DIAGNOSIS_FOUND,
		.sign = w->sign,
		.segment = segment,
		.size = isnan(hop) ? w->size : hop,
		.ends = w->size,
		.low = w->rate,
		.high = w->high,
		.effect = w->effect,
		.since = w->since,
		.bad = f->bad,
		.good = f->good,
		.family = w->family,
		.fading = is_fading(w),
		.p90 = w->p90 };

	add_cause(w, &d);
	return d;
}

/* All far ends are bad: the nearest hop that is as bad, with good ones before it. */
static struct diagnosis
all_bad(const struct view *w, const struct fars *f)
{
	static const struct diagnosis wait = { .state = DIAGNOSIS_WAIT };
	enum standing gateway = standing_of_role(w, VERDICT_GATEWAY);
	enum standing access = standing_of_role(w, VERDICT_ACCESS);
	enum standing provider = standing_of_role(w, VERDICT_PROVIDER);
	/* Those that were so before confirm nothing. */
	unsigned fresh = f->bad - f->before;
	struct diagnosis d;

	if (gateway == STANDING_OPEN)
		return wait;
	if (gateway == STANDING_BAD && access != STANDING_GOOD &&
	    provider != STANDING_GOOD) {
		if (access == STANDING_OPEN || provider == STANDING_OPEN ||
		    standing_of_role(w, VERDICT_HOME) == STANDING_OPEN)
			return wait;
		enum segment near = near_segment(w);
		d = found(w, near, f);
		/* Cable and router look the same where nothing else is at home. */
		d.bounded = near != SEGMENT_HOME ||
			    standing_of_role(w, VERDICT_HOME) == STANDING_BAD;
		d.confirmed = fresh > 1 && !view_may_be_own(w, VERDICT_GATEWAY);
		return d;
	}
	/* What is good behind it makes what looks bad at a hop the hop's own. */
	if (provider == STANDING_OPEN ||
	    (provider != STANDING_GOOD && access == STANDING_OPEN))
		return wait;
	if (provider == STANDING_GOOD) {
		if (f->bad == 1 && f->good == 0) /* the only one: or its way */
			return (struct diagnosis){ .state = DIAGNOSIS_NONE };
		d = found(w, SEGMENT_TRANSIT, f);
		d.bounded = true;
		d.confirmed = fresh >= NETWORKS_SURE && !w->uneven;
		return d;
	}
	if (access == STANDING_GOOD && provider == STANDING_BAD) {
		d = found(w, SEGMENT_PROVIDER, f);
		d.bounded = true;
		d.confirmed = fresh >= 2 && !view_may_be_own(w, VERDICT_PROVIDER);
		return d;
	}
	if (access == STANDING_BAD && gateway == STANDING_GOOD) {
		d = found(w, SEGMENT_ACCESS, f);
		d.bounded = true;
		d.confirmed =
		    (fresh >= 2 || (f->bad == 0 && provider == STANDING_BAD)) &&
		    !view_may_be_own(w, VERDICT_ACCESS);
		return d;
	}
	/* The full upload shows at the far ends alone where no hop answers; so do its
	 * counters. */
	if (gateway == STANDING_GOOD) {
		d = found(w, SEGMENT_ACCESS, f);
		if (d.passive && access == STANDING_NONE) {
			d.confirmed = fresh >= NETWORKS_SURE;
			return d;
		}
	}
	d = found(w, SEGMENT_BEYOND, f);
	d.behind = access == STANDING_GOOD    ? VERDICT_ACCESS
		   : gateway == STANDING_GOOD ? VERDICT_GATEWAY
					      : VERDICT_OTHER;
	d.bounded = d.behind != VERDICT_OTHER;
	d.confirmed = fresh >= NETWORKS_SURE;
	return d;
}

/* Do far ends that are bad belong together, so that something between is to blame?
 * Those that began later have reasons of their own, or what is worse by now has. */
static bool
together(const struct view *w)
{
	unsigned n = 0;
	const struct series *s, *next;

	HASH_ITER(hh, w->v->series, s, next)
		n += s->role == VERDICT_FAR && !slot_is_open(&s->slot) &&
		     view_has(w, s) && s->track[w->sign].bad &&
		     !view_began_before(w, s, w->since) &&
		     s->track[w->sign].first - w->since <=
			 verdict_apart(w->sign, w->size);
	return n >= 2;
}

/* Is S one of the far ENDS, or of the hops, that lose by W? */
static bool
loses_by(const struct view *w, const struct series *s, bool ends)
{
	return is_path(s->role) && (s->role == VERDICT_FAR) == ends &&
	       !slot_is_open(&s->slot) && view_has(w, s) && s->track[SIGN_LOSS].bad;
}

/* Set LATER to what began after W did and before window BEFORE, by those of the far
 * ENDS that are bad, or of the hops: since about the last of them. False: there is
 * none. */
static bool
next_onset(const struct view *w, struct view *later, bool ends, int64_t before)
{
	const struct series *s, *next, *last = NULL;
	bool far;

	HASH_ITER(hh, w->v->series, s, next)
		if (loses_by(w, s, ends) && !s->track[SIGN_LOSS].less &&
		    series_fresh(w->v, s) && s->track[SIGN_LOSS].since < before &&
		    (last == NULL ||
			s->track[SIGN_LOSS].since > last->track[SIGN_LOSS].since))
			last = s;
	if (last == NULL)
		return false;
	*later = *w;
	later->from =
	    last->track[SIGN_LOSS].since - verdict_apart(SIGN_LOSS, view_size(w, last));
	return later->from > w->since && view_measure(later, &far) && far == ends;
}

/* Did LATER, by far ENDS or hops, begin after W: did they lose less until then? */
static bool
is_later(const struct view *w, const struct view *later, bool ends)
{
	const struct verdict *v = w->v;
	const struct series *s, *next;

	if (later->since - w->since <= verdict_apart(SIGN_LOSS, later->size))
		return false;
	HASH_ITER(hh, v->series, s, next)
		if (loses_by(w, s, ends) && s->track[SIGN_LOSS].since >= later->from &&
		    (s->track[SIGN_LOSS].first < later->from ||
			series_against(s, view_settled(w, s), later->since,
			    VERDICT_PERSISTS * later->rate, VERDICT_PROVEN) < 0))
			return true;
	/* The windows before it are not kept for ever: what is told already began then.
	 */
	return slot_is_open(&v->path) && v->path.d.sign == SIGN_LOSS &&
	       llabs(v->path.d.since - later->since) <= VERDICT_ONSET;
}

/* The first window in which a far end was slow, or in which what is open began; none of
 * it: a few ago. */
static int64_t
far_since(const struct verdict *v)
{
	int64_t since = v->judged - VERDICT_ONSET;
	const struct series *s, *next;

	HASH_ITER(hh, v->series, s, next)
		if (s->role == VERDICT_FAR && !slot_is_open(&s->slot) &&
		    s->track[SIGN_DELAY].bad && s->track[SIGN_DELAY].since < since)
			since = s->track[SIGN_DELAY].since;
	if (v->path.same > 0 && v->path.d.sign == SIGN_DELAY && v->path.d.since < since)
		since = v->path.d.since;
	return since;
}

/* A gateway that is slow, at times at least, and all far ends as slow: wifi delays some
 * packets and not others, which the tail shows better than the middle. */
static struct diagnosis
near_delay(struct verdict *v)
{
	static const struct diagnosis none = { .state = DIAGNOSIS_NONE };
	static const struct diagnosis wait = { .state = DIAGNOSIS_WAIT };
	struct view w = { .v = v, .sign = SIGN_DELAY, .from = INT64_MIN, .p90 = true };
	const struct series *s, *next;

	HASH_ITER(hh, v->series, s, next)
		if (s->role == VERDICT_GATEWAY && s->track[SIGN_DELAY].bad &&
		    series_fresh(v, s)) {
			w.since = s->track[SIGN_DELAY].since;
			w.size = series_slower(s, w.since, true);
			/* One that was slow before: it began when the others did. */
			if (s->own.p90_shift > s->limit) {
				w.since = far_since(v);
				w.size = series_slower(s, w.since, true);
				if (w.size < s->limit)
					w.size = 0;
			}
		}
	if (!(w.size > 0))
		return none;
	struct fars f = view_fars(&w);
	if (f.good > 0 || f.bad + f.open == 0)
		return none; /* it is slow to answer, and lets others through */
	if (view_far_tail(&w) > 2 * w.size)
		return none; /* most of what delays them is behind it */
	if (2 * f.open > f.bad || standing_of_role(&w, VERDICT_HOME) == STANDING_OPEN)
		return wait;
	enum segment near = near_segment(&w);
	struct diagnosis d = found(&w, near, &f);
	d.bounded =
	    near != SEGMENT_HOME || standing_of_role(&w, VERDICT_HOME) == STANDING_BAD;
	d.confirmed = f.bad > 1;
	return d;
}

/* The one family of addresses whose far ends are all bad while those of the other are
 * fine, or as bad as they were before; 0: there is none, or (WAIT) it is not clear yet.
 */
static uint8_t
bad_family(const struct view *all, bool *wait)
{
	static const uint8_t families[] = { 4, 6 };
	struct fars of[2];

	*wait = false;
	for (int i = 0; i < 2; i++) {
		struct view w = *all;
		w.family = families[i];
		of[i] = view_fars(&w);
	}
	for (int i = 0; i < 2; i++) {
		const struct fars *bad = &of[i], *other = &of[!i];
		if (bad->bad == bad->before || other->bad > other->before ||
		    bad->good > 0 || bad->open * 2 > bad->bad)
			continue;
		if (other->good > 0 && other->open <= other->good)
			return families[i];
		*wait = other->good + other->open > 0;
	}
	return 0;
}

/* One family alone is bad, W's: from where on, by its own hops. That the other is fine
 * proves this box, and what both share. */
static struct diagnosis
all_bad_of_family(struct view *w)
{
	static const struct diagnosis none = { .state = DIAGNOSIS_NONE };
	bool far;

	if (!view_measure(w, &far) || !far)
		return none;
	struct fars f = view_fars(w);
	bool hop = standing_of_role(w, VERDICT_GATEWAY) == STANDING_BAD ||
		   standing_of_role(w, VERDICT_ACCESS) == STANDING_BAD ||
		   standing_of_role(w, VERDICT_PROVIDER) == STANDING_BAD;
	unsigned fresh = f.bad - f.before;
	if (fresh < 2 && !hop)
		return none; /* an end of its own */
	struct diagnosis d = all_bad(w, &f);
	if (d.state != DIAGNOSIS_FOUND)
		return d;
	d.confirmed = hop || fresh >= 2;
	d.bounded = true;
	/* The cable and the radio carry the other. */
	if (d.segment == SEGMENT_WIFI || d.segment == SEGMENT_HOME ||
	    d.segment == SEGMENT_ROUTER) {
		d.segment = SEGMENT_ROUTER;
		d.cause = d.sign == SIGN_DELAY	   ? "delay"
			  : d.size >= VERDICT_FULL ? "outage"
						   : "loss";
		d.other = NULL;
		d.passive = d.confirmed = false;
	}
	return d;
}

/* The family by which a hop is bad while it is proven good by the other, where the far
 * ends of both are bad, each of its own or of one more than of the other; 0: neither.
 */
static uint8_t
worse_family(const struct view *all)
{
	static const uint8_t families[] = { 4, 6 };

	for (int role = VERDICT_GATEWAY; role <= VERDICT_PROVIDER; role++)
		for (int i = 0; i < 2; i++) {
			struct view w = *all, other = *all;
			w.family = families[i];
			other.family = families[!i];
			if (standing_of_role(&w, (enum verdict_role)role) ==
				STANDING_BAD &&
			    standing_of_role(&other, (enum verdict_role)role) ==
				STANDING_GOOD)
				return families[i];
		}
	return 0;
}

/* What the far ends are bad of, as W shows those of both families together. */
static struct diagnosis
by_all_ends(struct view *w)
{
	static const struct diagnosis none = { .state = DIAGNOSIS_NONE };
	static const struct diagnosis wait = { .state = DIAGNOSIS_WAIT };
	struct fars f = view_fars(w);
	unsigned all = f.bad + f.good + f.open;
	bool unclear;

	if (f.bad == 0)
		return none;
	w->family = bad_family(w, &unclear);
	if (w->family != 0)
		return all_bad_of_family(w);
	if (unclear)
		return wait;
	/* A hop that is good by the other family says nothing of the way by this one.
	 */
	w->family = worse_family(w);
	if (w->family != 0) {
		struct diagnosis d = all_bad_of_family(w);
		d.confirmed = false;
		return d;
	}
	/* Only what is proven is said: most of them, and no doubt about the rest. */
	if ((double)f.good <= FEW * (double)all && f.bad * 3 >= 2 * all && f.good == 0)
		return all_bad(w, &f);
	if (f.open > 0 && f.open >= f.good)
		return wait;
	if (f.bad < 2 || !together(w))
		return none; /* ends of their own */
	struct diagnosis d = found(w, SEGMENT_TRANSIT, &f);
	d.bad = f.bad - f.before;
	d.bounded = true;
	d.confirmed = d.bad >= 2 && f.good >= 1 &&
		      d.bad + f.good >= NETWORKS_SURE + 1 && !w->uneven;
	return d;
}

/* What the far ends of FAMILY are bad of by themselves, where W shows those of both:
 * all of them are. */
static struct diagnosis
by_family(const struct view *w, uint8_t family)
{
	struct view one = *w;
	bool far;

	one.family = family;
	if (!view_measure(&one, &far) || !far || view_fars(&one).good > 0)
		return (struct diagnosis){ .state = DIAGNOSIS_NONE };
	return all_bad_of_family(&one);
}

/* What the far ends are bad of, as W shows them. Where one family loses more than the
 * other, hops of the one may seem good beside ends of both: it is no transit's if
 * either by itself says that it is nearer. */
static struct diagnosis
by_ends(struct view *w)
{
	struct diagnosis d = by_all_ends(w);

	if (d.state != DIAGNOSIS_FOUND || d.segment != SEGMENT_TRANSIT ||
	    d.sign != SIGN_LOSS || d.family != 0)
		return d;
	struct diagnosis a = by_family(w, 4), b = by_family(w, 6);
	if (a.state != DIAGNOSIS_FOUND ||
	    (b.state == DIAGNOSIS_FOUND && b.segment < a.segment)) {
		struct diagnosis other = a;
		a = b;
		b = other;
	}
	if (a.state != DIAGNOSIS_FOUND || a.segment >= SEGMENT_TRANSIT ||
	    (b.state == DIAGNOSIS_FOUND && b.segment == SEGMENT_TRANSIT))
		return d;
	if (b.state == DIAGNOSIS_WAIT)
		return b;
	if (b.state == DIAGNOSIS_FOUND) {
		struct fars f = view_fars(w);
		d = found(w, a.segment, &f);
		d.bounded = a.bounded;
		d.confirmed = a.confirmed && b.confirmed && a.segment == b.segment;
		return d;
	}
	a.confirmed = false;
	return a;
}

/* Of two that are the matter, is LAST, which began later, told before D? It is worse,
 * or as bad and nearer. */
static bool
is_first(const struct diagnosis *last, const struct diagnosis *d)
{
	if (last->state != DIAGNOSIS_FOUND)
		return false;
	return d->state != DIAGNOSIS_FOUND || last->low > d->high ||
	       (last->segment < d->segment && last->high >= VERDICT_PERSISTS * d->low);
}

/* Is LATER's, of whose far ends F tells, about more than one of many that are bad,
 * which by chance loses more than it did, or has reasons of its own? */
static bool
is_shared(const struct view *later, const struct fars *f)
{
	const struct series *s, *next;

	if (f->bad - f->before != 1 || f->before == 0)
		return true;
	HASH_ITER(hh, later->v->series, s, next)
		if (loses_by(later, s, false) &&
		    s->track[SIGN_LOSS].since >= later->from)
			return true;
	return false;
}

/* Set D to what is told where something began after W did, by the far ENDS or by hops:
 * that, or what was the matter before. False: nothing did. */
static bool
by_later(const struct view *w, bool ends, struct diagnosis *d)
{
	struct view later, before = *w;
	int64_t end = INT64_MAX;
	bool far;

	for (unsigned i = 0; i < ONSETS && next_onset(w, &later, ends, end); i++) {
		end = before.until = later.from;
		struct fars f = view_fars(&later);
		if (!is_later(w, &later, ends) || !is_shared(&later, &f))
			continue;
		struct diagnosis last = by_ends(&later);
		*d = last;
		/* What began last is told where it explains all that is bad. */
		if (ends && f.good == 0)
			return true;
		struct diagnosis first = { .state = DIAGNOSIS_NONE };
		before.family = w->family;
		if (view_measure(&before, &far) && far)
			first = by_ends(&before);
		if (is_first(&last, &first))
			return true;
		*d = first;
		if (first.state == DIAGNOSIS_FOUND)
			return true;
	}
	return false;
}

struct diagnosis
verdict_path(struct verdict *v, enum verdict_sign sign)
{
	static const struct diagnosis none = { .state = DIAGNOSIS_NONE };
	static const struct diagnosis wait = { .state = DIAGNOSIS_WAIT };
	struct view w = { .v = v, .sign = sign, .from = INT64_MIN };
	bool far;

	if (sign == SIGN_DELAY) {
		struct diagnosis near = near_delay(v);
		if (near.state != DIAGNOSIS_NONE)
			return near;
	}
	if (!view_measure(&w, &far))
		return none;
	if (!far) {
		struct fars f = view_fars(&w);
		/* A hop alone. Ends behind it that are good make it an artefact. */
		if (f.good > 0 || f.bad + f.open > 0)
			return f.good > 0 ? none : wait;
		w.alone = true;
		return standing_of_role(&w, VERDICT_GATEWAY) == STANDING_BAD ||
			       standing_of_role(&w, VERDICT_ACCESS) == STANDING_BAD
			   ? all_bad(&w, &f)
			   : none;
	}
	struct diagnosis d;
	if (sign == SIGN_LOSS && by_later(&w, true, &d))
		return d;
	/* Ends that are dead say no more of what fails nearer than that. */
	if (sign == SIGN_LOSS && w.size >= VERDICT_FULL && by_later(&w, false, &d))
		return d;
	return by_ends(&w);
}

/* --- how sure --------------------------------------------------------------------- */

/* Is what is usual known by the same hours of a week, for those that are slow? */
static bool
known_hours(const struct verdict *v)
{
	const struct series *s, *next;

	HASH_ITER(hh, v->series, s, next)
		if (s->track[SIGN_DELAY].bad && !s->same_hour)
			return false;
	return true;
}

enum confidence
verdict_confidence(const struct verdict *v, const struct diagnosis *d, unsigned same)
{
	char hop[VERDICT_HOP];

	if (!d->bounded)
		return CONFIDENCE_HINT;
	/* Two may fail at once by chance, where no part of their ways is known to be
	 * theirs alone. */
	if (d->segment == SEGMENT_TRANSIT && d->bad < NETWORKS_SURE &&
	    verdict_cut(v, d, hop) == 0)
		return CONFIDENCE_LIKELY;
	/* Others may have been asked between the runs. */
	if (d->sign == SIGN_LOSS && d->effect > 1)
		return CONFIDENCE_LIKELY;
	/* Nobody counts on a link of others. */
	if (d->segment != SEGMENT_ACCESS && strcmp(d->cause, "congestion") == 0)
		return CONFIDENCE_LIKELY;
	/* Much loss is clear at once, what is little or late is not. */
	if (!d->confirmed || same < (d->sign == SIGN_LOSS && d->size > 0.1 ? 2 : 3))
		return CONFIDENCE_LIKELY;
	if (d->sign == SIGN_DELAY) {
		/* Delay by probes alone may be somebody's load, or their slowness. */
		if (!known_hours(v))
			return CONFIDENCE_LIKELY;
		if (!d->passive && d->segment >= SEGMENT_ACCESS &&
		    strcmp(d->cause, "route") != 0)
			return CONFIDENCE_LIKELY;
	}
	return CONFIDENCE_SURE;
}
