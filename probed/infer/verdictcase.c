/* The table of the judge: from which series are bad, and which are proven to be good,
 * to the segment that is to blame. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "infer/odds.h"
#include "infer/verdict_impl.h"

#define ONSET 2 /* windows between which things begin together */
#define PERSISTS                                                                       \
	0.6		/* of a hop's loss must show behind it; 0.8, and what a few    \
			 * windows' counts make of it */
#define LIVES 0.9	/* loss, less than which is proof of a way where all is dead */
#define MUCH 0.5	/* loss that shows at once; */
#define SMALL 0.2	/* less than that may take ten windows */
#define THROUGH 0.8	/* of a hop's must show behind it, else it is its own */
#define PROVEN 0.01	/* chance below which counts speak against a rate */
#define ALSO 1e-3	/* chance of loss that is no chance, once it is looked for */
#define MORE 1e-5	/* ... of what loses anyhow, window after window */
#define FEW 0.34	/* of the far ends: so many good ones are in the way of "all" */
#define IN_RUNS 5	/* deviations of what windows differ that are no chance */
#define NETWORKS_SURE 3 /* far ends of different networks */

enum standing {
	STANDING_NONE, /* not measured, or nothing lately */
	STANDING_GOOD, /* proven: as bad as the others it is not */
	STANDING_BAD,
	STANDING_OPEN /* it may be one or the other: wait */
};

/* The series that the path is judged by, as SIGN shows them. */
struct view {
	const struct verdict *v;
	enum verdict_sign sign;
	double size; /* of what is the matter: of the far ends where those are bad */
	double rate; /* of loss, that these have at least, */
	double high; /* ... and at most */
	/* A window's pings tell as much as so many times fewer that are lost one by
	 * one: more than 1 where lost ones come in runs. */
	double effect;
	int64_t since;
	int64_t from;	/* what is bad since before that window does not set these */
	uint8_t family; /* only series of this one are looked at; 0: all are */
	bool p90;
	bool alone; /* no far end is measured: only what was better before says
		       something */
};

static bool
is_path(enum verdict_role role)
{
	return role != VERDICT_OTHER && role != VERDICT_RESOLVER;
}

static bool
in_view(const struct view *w, const struct series *s)
{
	return w->family == 0 || s->family == w->family;
}

static double
loss_of(const struct series *s, int64_t since)
{
	uint64_t n, lost;

	series_counts(s, since, &n, &lost);
	return n > 0 ? (double)lost / (double)n : NAN;
}

static double
size_of(const struct view *w, const struct series *s)
{
	int64_t since = s->track[w->sign].since;
	double later;

	if (w->sign == SIGN_DELAY)
		return series_shift(s, since, w->p90);
	/* The window in which it began is bad in part only. */
	later = loss_of(s, since + 1);
	return isnan(later) ? loss_of(s, since) : later;
}

/* Kish's design effect: SUM of squares for N windows more than there are (index of
 * dispersion), 1 where that is chance (by the cube root of Wilson and Hilferty). */
static double
effect_of(double sum, unsigned n)
{
	double share = 2. / 9 / fmax(n, 1);

	if (cbrt(sum / fmax(n, 1)) - (1 - share) < IN_RUNS * sqrt(share))
		return 1;
	return fmax(1, sum / n);
}

/* The chance of LOST of N pings, or fewer, where RATE is lost, as W's are. */
static double
so_few(const struct view *w, uint64_t lost, uint64_t n, double rate)
{
	double e = fmax(1, w->effect);

	return odds_at_most(
	    (uint64_t)ceil((double)lost / e), (uint64_t)((double)n / e), rate);
}

/* The first window of S that lies behind the begin of what is the matter as a whole.
 * Rounds end at any time: one that ends in the window after it began may have been
 * asked before. Only later ones can prove that S is good. */
static int64_t
settled_since(const struct view *w, const struct series *s)
{
	return w->since + (2 * s->step > w->v->length ? 2 : 1);
}

int64_t
verdict_apart(enum verdict_sign sign, double size)
{
	if (sign == SIGN_DELAY || size >= MUCH)
		return ONSET;
	return size < SMALL ? VERDICT_RING / 2 : VERDICT_RING / 4;
}

/* Did S begin to lose before window SINCE, by more than is seen late of what is so
 * large? */
static bool
began_before(const struct view *w, const struct series *s, int64_t since)
{
	const struct track *t = &s->track[SIGN_LOSS];

	return t->bad && t->since < since - verdict_apart(w->sign,
						fmax(w->size, loss_of(s, t->since)));
}

/* Was S as bad before W's began? A hop that limits its answers, or gives none, is not
 * blamed for what happens elsewhere. */
static bool
was_bad(const struct view *w, const struct series *s)
{
	const struct verdict *v = w->v;
	int64_t since = w->since;
	double low, high;

	if (s->role == VERDICT_FAR || s->role == VERDICT_RESOLVER)
		return false;
	/* Far ends that lose little may seem good for a while: it goes on. */
	if (v->path.same > 0 && v->path.begin / v->length < since)
		since = v->path.begin / v->length;
	if (v->under.open && v->under.begin / v->length < since)
		since = v->under.begin / v->length;
	if (w->alone || s->baseline.first == 0)
		return true;
	/* So it was by what it lost while nothing was the matter elsewhere. */
	odds_interval(s->own.lost, s->own.n, &low, &high);
	if (s->own.n > 0 && low > VERDICT_LEAST)
		return true;
	return began_before(w, s, since);
}

/* Is what S lost by itself of before it began to limit its answers, a while before W
 * began? Then nobody knows yet what it loses by itself. */
static bool
is_outdated(const struct view *w, const struct series *s)
{
	return s->own.since < s->track[SIGN_LOSS].since && began_before(w, s, w->since);
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

	series_counts(s, settled_since(w, s), &n, &lost);
	if (n > 0 && so_few(w, lost, n, dead ? LIVES : PERSISTS * w->rate) < PROVEN)
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
	uint64_t before_n, before, n, lost;
	double low, high;

	series_counts(s, s->track[SIGN_LOSS].since + 1, &before_n, &before);
	series_counts(s, w->since, &n, &lost);
	if (before_n <= n)
		return true;
	odds_interval(before - lost, before_n - n, &low, &high);
	return high >= PERSISTS * w->rate ||
	       (lost >= 2 && odds_at_least(lost, n, high) <= ALSO);
}

/* Does hop S lose provably more than gets lost behind it? That is its own. */
static bool
is_own(const struct view *w, const struct series *s)
{
	const struct series *o, *next;
	uint64_t n, lost, p, l, all = 0, all_lost = 0;
	double low, high;
	int64_t since = w->since;

	if (s->role == VERDICT_FAR || s->role == VERDICT_RESOLVER || w->alone)
		return false;
	if (s->track[SIGN_LOSS].bad && s->track[SIGN_LOSS].since > since)
		since = s->track[SIGN_LOSS].since;
	HASH_ITER(hh, w->v->series, o, next)
		if (o->role == VERDICT_FAR && !o->slot.open && in_view(w, o) &&
		    o->track[SIGN_LOSS].bad) {
			series_counts(o, since, &p, &l);
			all += p;
			all_lost += l;
		}
	if (all == 0)
		return false;
	odds_interval(all_lost, all, &low, &high);
	series_counts(s, since, &n, &lost);
	return high < THROUGH && odds_at_least(lost, n, high / THROUGH) < MORE;
}

static enum standing
standing_by_loss(const struct view *w, const struct series *s)
{
	uint64_t n, lost, settled_n, settled;
	int64_t clean = series_clean(s);

	series_counts(s, w->since, &n, &lost);
	if (n == 0)
		return STANDING_NONE;
	if (was_bad(w, s))
		return standing_by_more(w, s);
	if (is_own(w, s))
		return STANDING_NONE;
	/* What was before it recovered is no word on how it is now. */
	series_counts(s, clean > settled_since(w, s) ? clean : settled_since(w, s),
	    &settled_n, &settled);
	if (settled_n > 0 && so_few(w, settled, settled_n, PERSISTS * w->rate) < PROVEN)
		return STANDING_GOOD;
	/* Others showed when it began: what it lost since then is no chance, though its
	 * windows alone would not tell yet. */
	if (s->track[SIGN_LOSS].bad)
		return began_before(w, s, w->since) && !joined(w, s) ? STANDING_OPEN
								     : STANDING_BAD;
	if (lost >= 2 && odds_at_least(lost, n, VERDICT_HEALTHY) <= ALSO)
		return STANDING_BAD;
	return STANDING_OPEN;
}

/* How much slower S is since SINCE than it was by itself: a hop that was slow to answer
 * before is not blamed for what delays others later. */
static double
slower(const struct series *s, int64_t since, bool p90)
{
	double shift = series_shift(s, since, p90);

	if (s->role == VERDICT_FAR || s->role == VERDICT_RESOLVER)
		return shift;
	return shift - (p90 ? s->own.p90_shift : s->own.shift);
}

static enum standing
standing_by_delay(const struct view *w, const struct series *s)
{
	double shift = slower(s, w->since, w->p90);
	double settled = slower(s, settled_since(w, s), w->p90);

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
	    slower(s, w->since, true) > fmax(0.4 * w->size, s->limit))
		return s->track[SIGN_DELAY].bad ? STANDING_BAD : STANDING_OPEN;
	/* A hop that is slow by itself is no measure of what lies behind it. */
	if (s->role != VERDICT_FAR && shift > w->size / THROUGH + s->limit)
		return STANDING_NONE;
	if (settled < 0.4 * w->size)
		return STANDING_GOOD;
	return s->track[SIGN_DELAY].bad ? STANDING_BAD : STANDING_OPEN;
}

static enum standing
standing_of(const struct view *w, const struct series *s)
{
	if (!series_fresh(w->v, s))
		return STANDING_NONE;
	return w->sign == SIGN_LOSS ? standing_by_loss(w, s) : standing_by_delay(w, s);
}

/* A role by its series: one that is good says that the way to it is. */
static enum standing
standing_of_role(const struct view *w, enum verdict_role role)
{
	unsigned count[4] = { 0 };
	const struct series *s, *next;

	HASH_ITER(hh, w->v->series, s, next)
		if (s->role == role && in_view(w, s))
			count[standing_of(w, s)]++;
	if (count[STANDING_GOOD] > 0)
		return STANDING_GOOD;
	if (count[STANDING_OPEN] > 0)
		return STANDING_OPEN;
	return count[STANDING_BAD] > 0 ? STANDING_BAD : STANDING_NONE;
}

/* Far ends by network: one whose ends differ counts for what most of them are. */
struct fars {
	unsigned bad, good, open;
};

/* Is S the first of its network? */
static bool
leads(const struct view *w, const struct series *s)
{
	const struct series *o, *next;

	HASH_ITER(hh, w->v->series, o, next)
		if (o->role == VERDICT_FAR && o->network == s->network &&
		    !o->slot.open && in_view(w, o))
			return o == s;
	return false;
}

static struct fars
count_fars(const struct view *w)
{
	struct fars f = { 0 };
	const struct series *s, *next, *o, *more;

	HASH_ITER(hh, w->v->series, s, next) {
		unsigned count[4] = { 0 };
		if (s->role != VERDICT_FAR || s->slot.open || !in_view(w, s) ||
		    !leads(w, s))
			continue;
		HASH_ITER(hh, w->v->series, o, more)
			if (o->role == VERDICT_FAR && o->network == s->network &&
			    !o->slot.open && in_view(w, o))
				count[standing_of(w, o)]++;
		if (count[STANDING_GOOD] > 0 &&
		    count[STANDING_GOOD] >= count[STANDING_BAD])
			f.good++;
		else if (count[STANDING_BAD] > 0 &&
			 count[STANDING_BAD] >= count[STANDING_OPEN])
			f.bad++;
		else if (count[STANDING_OPEN] > 0)
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

/* Set W by the series that are bad: far ends where there are some. False: none is.
 * Delay is measured by medians here. */
static bool
measure(struct view *w, bool *far)
{
	double size[VERDICT_SERIES];
	uint64_t pings = 0, lost = 0;
	double scatter = 0;
	unsigned windows = 0;
	size_t n = 0;
	const struct series *s, *next;

	for (int ends = 1; ends >= 0 && n == 0; ends--) {
		w->since = INT64_MAX;
		HASH_ITER(hh, w->v->series, s, next) {
			if (!s->track[w->sign].bad || !is_path(s->role) ||
			    !in_view(w, s) || s->slot.open ||
			    (s->role == VERDICT_FAR) != ends ||
			    !series_fresh(w->v, s) || s->track[w->sign].since < w->from)
				continue;
			double one = size_of(w, s);
			if (isnan(one) || n == VERDICT_SERIES)
				continue;
			uint64_t p, l;
			series_counts(s, s->track[w->sign].since, &p, &l);
			pings += p;
			lost += l;
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
	w->effect = effect_of(scatter, windows);
	return w->size > 0;
}

/* --- causes ----------------------------------------------------------------------- */

/* Did the way to most of those that are bad change when it began? */
static bool
rerouted(const struct view *w)
{
	unsigned bad = 0, changed = 0;
	const struct series *s, *next;

	HASH_ITER(hh, w->v->series, s, next)
		if (s->role == VERDICT_FAR && s->track[w->sign].bad && in_view(w, s)) {
			bad++;
			changed += s->route >= 0 &&
				   llabs(s->route - s->track[w->sign].since) <= ONSET;
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

static void
add_cause(const struct view *w, struct diagnosis *d)
{
	const struct verdict *v = w->v;
	const struct verdict_use *u = verdict_busiest(v, d->since * v->length);
	double use = u == NULL ? NAN : fmax(u->in, u->out);
	bool full = use >= VERDICT_BUSY, outage = d->size >= VERDICT_FULL;

	d->cause = d->sign == SIGN_DELAY ? "delay" : outage ? "outage" : "loss";
	if (d->segment == SEGMENT_ACCESS && (d->other = verdict_attack(v, u)) != NULL) {
		d->cause = "attack";
		d->passive = true;
	} else if (d->segment == SEGMENT_ACCESS && full && !outage) {
		d->cause = d->sign == SIGN_DELAY ? "bufferbloat" : "saturation";
		d->passive = true;
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
		if (s->role == VERDICT_GATEWAY && w->sign == SIGN_LOSS && in_view(w, s))
			for (int e = 0; e < VERDICT_ERRORS; e++) {
				error[e] += s->error[e];
				all += s->error[e];
			}
	if (2 * (error[VERDICT_NO_ROUTE] + error[VERDICT_NEVER_LEFT]) > all)
		return SEGMENT_HOST;
	return w->v->medium == VERDICT_WIRELESS ? SEGMENT_WIFI : SEGMENT_HOME;
}

/* Little loss has windows without any. */
#define FADES 0.2

/* Is the last window of most of those that are bad a good one? */
static bool
is_fading(const struct view *w)
{
	unsigned bad = 0, fading = 0;
	const struct series *s, *next;

	HASH_ITER(hh, w->v->series, s, next)
		if (s->track[w->sign].bad && is_path(s->role) && in_view(w, s) &&
		    !s->slot.open) {
			bad++;
			fading += s->track[w->sign].goods > 0;
		}
	return 2 * fading > bad && (w->sign == SIGN_DELAY || w->size > FADES);
}

/* --- the table -------------------------------------------------------------------- */

/* What the hop behind SEGMENT loses itself, or is slower: far ends may lose more on
 * their ways. NAN: none is measured, or is the measure of it. */
static double
hop_size(const struct view *w, enum segment segment)
{
	enum verdict_role role = segment == SEGMENT_ACCESS     ? VERDICT_ACCESS
				 : segment == SEGMENT_PROVIDER ? VERDICT_PROVIDER
							       : VERDICT_OTHER;
	const struct series *s, *next;

	HASH_ITER(hh, w->v->series, s, next)
		if (s->role == role && role != VERDICT_OTHER && in_view(w, s) &&
		    (w->sign == SIGN_DELAY || !was_bad(w, s)) &&
		    standing_of(w, s) == STANDING_BAD && s->track[w->sign].bad)
			return w->sign == SIGN_LOSS
				   ? size_of(w, s)
				   : fmin(w->size, slower(s, w->since, w->p90));
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
		d.confirmed = f->bad > 1;
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
		d.confirmed = f->bad >= NETWORKS_SURE;
		return d;
	}
	if (access == STANDING_GOOD && provider == STANDING_BAD) {
		d = found(w, SEGMENT_PROVIDER, f);
		d.bounded = true;
		d.confirmed = f->bad >= 2;
		return d;
	}
	if (access == STANDING_BAD && gateway == STANDING_GOOD) {
		d = found(w, SEGMENT_ACCESS, f);
		d.bounded = true;
		d.confirmed = provider == STANDING_BAD || f->bad >= 2;
		return d;
	}
	/* The full upload shows at the far ends alone where no hop answers; so do its
	 * counters. */
	if (gateway == STANDING_GOOD) {
		d = found(w, SEGMENT_ACCESS, f);
		if (d.passive && access == STANDING_NONE) {
			d.confirmed = f->bad >= NETWORKS_SURE;
			return d;
		}
	}
	d = found(w, SEGMENT_BEYOND, f);
	d.behind = access == STANDING_GOOD    ? VERDICT_ACCESS
		   : gateway == STANDING_GOOD ? VERDICT_GATEWAY
					      : VERDICT_OTHER;
	d.bounded = d.behind != VERDICT_OTHER;
	d.confirmed = f->bad >= NETWORKS_SURE;
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
		n += s->role == VERDICT_FAR && !s->slot.open && in_view(w, s) &&
		     s->track[w->sign].bad &&
		     s->track[w->sign].first - w->since <=
			 verdict_apart(w->sign, w->size);
	return n >= 2;
}

/* Did S lose provably less than LATER's, from W's begin until then? */
static bool
lost_less(const struct view *w, const struct series *s, const struct view *later)
{
	uint64_t n, lost, later_n, later_lost;

	series_counts(s, settled_since(w, s), &n, &lost);
	series_counts(s, later->since, &later_n, &later_lost);
	return n > later_n && odds_at_most(lost - later_lost, n - later_n,
				  PERSISTS * later->rate) < PROVEN;
}

/* Set LATER to what began after W did, by ends that lost less until then: false, when
 * nothing is known to. */
static bool
began_later(const struct view *w, struct view *later)
{
	const struct verdict *v = w->v;
	const struct series *s, *next, *last = NULL;
	bool far, is = false;

	if (w->sign != SIGN_LOSS)
		return false;
	HASH_ITER(hh, v->series, s, next)
		if (s->role == VERDICT_FAR && !s->slot.open && in_view(w, s) &&
		    s->track[SIGN_LOSS].bad && series_fresh(v, s) &&
		    (last == NULL ||
			s->track[SIGN_LOSS].since > last->track[SIGN_LOSS].since))
			last = s;
	if (last == NULL)
		return false;
	*later = *w;
	later->from =
	    last->track[SIGN_LOSS].since - verdict_apart(SIGN_LOSS, size_of(w, last));
	if (later->from <= w->since || !measure(later, &far) || !far ||
	    later->since - w->since <= verdict_apart(SIGN_LOSS, later->size))
		return false;
	HASH_ITER(hh, v->series, s, next)
		is |=
		    s->role == VERDICT_FAR && !s->slot.open && in_view(w, s) &&
		    s->track[SIGN_LOSS].bad &&
		    s->track[SIGN_LOSS].since >= later->from &&
		    (s->track[SIGN_LOSS].first < later->from || lost_less(w, s, later));
	/* The windows before it are not kept for ever: what is told already began then.
	 */
	return is || (v->path.open && v->path.d.sign == SIGN_LOSS &&
			 llabs(v->path.d.since - later->since) <= ONSET);
}

/* How much slower than usual the middle one of the far ends is, by the tail. */
static double
far_tail(const struct view *w)
{
	double shift[VERDICT_SERIES];
	size_t n = 0;
	const struct series *s, *next;

	HASH_ITER(hh, w->v->series, s, next) {
		double one = series_shift(s, w->since, true);
		if (s->role == VERDICT_FAR && !s->slot.open && !isnan(one) &&
		    n < VERDICT_SERIES)
			shift[n++] = one;
	}
	qsort(shift, n, sizeof shift[0], by_value);
	return n > 0 ? shift[n / 2] : NAN;
}

/* The first window in which a far end was slow, or in which what is open began; none of
 * it: a few ago. */
static int64_t
far_since(const struct verdict *v)
{
	int64_t since = v->judged - ONSET;
	const struct series *s, *next;

	HASH_ITER(hh, v->series, s, next)
		if (s->role == VERDICT_FAR && !s->slot.open &&
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
			w.size = slower(s, w.since, true);
			/* One that was slow before: it began when the others did. */
			if (s->own.p90_shift > s->limit) {
				w.since = far_since(v);
				w.size = slower(s, w.since, true);
				if (w.size < s->limit)
					w.size = 0;
			}
		}
	if (!(w.size > 0))
		return none;
	struct fars f = count_fars(&w);
	if (f.good > 0 || f.bad + f.open == 0)
		return none; /* it is slow to answer, and lets others through */
	if (far_tail(&w) > 2 * w.size)
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
 * fine; 0: there is none, or (WAIT) it is not clear yet. */
static uint8_t
bad_family(const struct view *all, const struct fars *f, bool *wait)
{
	static const uint8_t families[] = { 4, 6 };
	struct fars of[2];

	*wait = false;
	for (int i = 0; i < 2; i++) {
		struct view w = *all;
		w.family = families[i];
		of[i] = count_fars(&w);
	}
	for (int i = 0; i < 2; i++) {
		const struct fars *bad = &of[i], *other = &of[!i];
		if (bad->bad == 0 || bad->bad != f->bad || bad->good > 0 ||
		    bad->open * 2 > bad->bad)
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

	if (!measure(w, &far) || !far)
		return none;
	struct fars f = count_fars(w);
	bool hop = standing_of_role(w, VERDICT_GATEWAY) == STANDING_BAD ||
		   standing_of_role(w, VERDICT_ACCESS) == STANDING_BAD ||
		   standing_of_role(w, VERDICT_PROVIDER) == STANDING_BAD;
	if (f.bad < 2 && !hop)
		return none; /* an end of its own */
	struct diagnosis d = all_bad(w, &f);
	if (d.state != DIAGNOSIS_FOUND)
		return d;
	d.confirmed = hop || f.bad >= 2;
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

/* What the far ends are bad of, as W shows them. */
static struct diagnosis
by_ends(struct view *w)
{
	static const struct diagnosis none = { .state = DIAGNOSIS_NONE };
	static const struct diagnosis wait = { .state = DIAGNOSIS_WAIT };
	struct fars f = count_fars(w);
	unsigned all = f.bad + f.good + f.open;
	bool unclear;

	if (f.bad == 0)
		return none;
	w->family = bad_family(w, &f, &unclear);
	if (w->family != 0)
		return all_bad_of_family(w);
	if (unclear)
		return wait;
	/* Only what is proven is said: most of them, and no doubt about the rest. */
	if ((double)f.good <= FEW * (double)all && f.bad * 3 >= 2 * all && f.good == 0)
		return all_bad(w, &f);
	if (f.open > 0 && f.open >= f.good)
		return wait;
	if (f.bad < 2 || !together(w))
		return none; /* ends of their own */
	struct diagnosis d = found(w, SEGMENT_TRANSIT, &f);
	d.bounded = true;
	d.confirmed = f.bad >= 2 && f.good >= 1 && f.bad + f.good >= NETWORKS_SURE + 1;
	return d;
}

struct diagnosis
verdict_path(struct verdict *v, enum verdict_sign sign)
{
	static const struct diagnosis none = { .state = DIAGNOSIS_NONE };
	static const struct diagnosis wait = { .state = DIAGNOSIS_WAIT };
	struct view w = { .v = v, .sign = sign, .from = INT64_MIN }, later;
	bool far;

	if (sign == SIGN_DELAY) {
		struct diagnosis near = near_delay(v);
		if (near.state != DIAGNOSIS_NONE)
			return near;
	}
	if (!measure(&w, &far))
		return none;
	if (!far) {
		struct fars f = count_fars(&w);
		/* A hop alone. Ends behind it that are good make it an artefact. */
		if (f.good > 0 || f.bad + f.open > 0)
			return f.good > 0 ? none : wait;
		w.alone = true;
		return standing_of_role(&w, VERDICT_GATEWAY) == STANDING_BAD ||
			       standing_of_role(&w, VERDICT_ACCESS) == STANDING_BAD
			   ? all_bad(&w, &f)
			   : none;
	}
	/* What began last is told where it explains all that is bad. */
	if (began_later(&w, &later) && count_fars(&later).good == 0)
		return by_ends(&later);
	return by_ends(&w);
}

/* --- ends on their own ------------------------------------------------------------ */

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

	if (s->moved >= 0 && llabs(s->moved - t->since) <= ONSET)
		return "address";
	if (sign == SIGN_DELAY)
		return s->route >= 0 && llabs(s->route - t->since) <= ONSET ? "route"
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
	struct view w = { .v = v, .sign = sign, .since = s->track[sign].since };
	w.size = size_of(&w, s);
	uint64_t n, lost;
	series_counts(s, w.since, &n, &lost);
	odds_interval(lost, n, &w.rate, &w.high);
	if (sign == SIGN_LOSS) {
		double scatter = 0;
		unsigned windows = 0;
		series_scatter(s, w.since, &scatter, &windows);
		w.effect = effect_of(scatter, windows);
	}
	/* Delay may rise slowly, and at its own pace for each. */
	int64_t apart =
	    sign == SIGN_DELAY ? VERDICT_RING / 2 : verdict_apart(sign, w.size);
	/* Others must be proven to be good, so that it is its own fault; those that are
	 * bad since about then may share its reason. */
	HASH_ITER(hh, v->series, o, next) {
		if (o == s || o->slot.open || o->role != VERDICT_FAR ||
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
	d.fading = s->track[sign].goods > 0 && (sign == SIGN_DELAY || w.size > FADES);
	/* What is good by the other family says nothing of the way by this one. */
	d.bounded = alike >= 1;
	d.confirmed = d.good >= 2;
	if (d.good <= 2 * (d.bad + open))
		d.state = DIAGNOSIS_WAIT;
	return d;
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
