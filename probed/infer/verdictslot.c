#include "infer/verdict_slot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "infer/odds.h"

#define WORSE_SAME 2		     /* windows that say that something worse began */
#define LESS_SAME (VERDICT_GOOD + 1) /* ... that an outage is over */

/* What a window says of what a slot holds. */
enum saying {
	SAYS_NOTHING, /* it is not the matter */
	SAYS_SAME,
	SAYS_OTHER, /* another segment, or family of addresses */
	SAYS_WORSE, /* what began later, and is worse */
	SAYS_LESS,  /* its outage is over, and it is not */
	SAYS_UNDECIDED,
	SAYINGS
};

/* A window for a slot: what all that follows works on. */
struct turn {
	struct verdict *v;
	struct slot *slot;
	const struct series *s; /* NULL: as in verdict_tell() */
	const struct diagnosis *d, *also; /* ALSO NULL: nothing */
};

static int64_t
end_of_window(const struct verdict *v)
{
	return (v->judged + 1) * v->length;
}

static bool
is_path(const struct verdict *v, const struct slot *slot)
{
	return slot == &v->path;
}

/* --- how large it is -------------------------------------------------------------- */

static void
sizes_begin(struct sizes *p)
{
	*p = (struct sizes){ .every = 1 };
}

static void
sizes_add(struct sizes *p, double size)
{
	if (++p->skipped < p->every)
		return;
	p->skipped = 0;
	if (p->n == SPAN_SIZES) {
		p->n = 0;
		for (unsigned i = 1; i < SPAN_SIZES; i += 2)
			p->size[p->n++] = p->size[i];
		p->every *= 2;
	}
	p->size[p->n++] = (float)size;
}

static int
by_size(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

/* The median; FALLBACK where there is none. */
static double
sizes_median(const struct sizes *p, double fallback)
{
	float size[SPAN_SIZES];

	if (p->n == 0)
		return fallback;
	memcpy(size, p->size, p->n * sizeof size[0]);
	qsort(size, p->n, sizeof size[0], by_size);
	return (size[(p->n - 1) / 2] + size[p->n / 2]) / 2;
}

/* --- words ------------------------------------------------------------------------ */

/* Are lost pings not lost one by one? */
static bool
is_in_runs(const struct diagnosis *d)
{
	return d->sign == SIGN_LOSS && d->effect > 1;
}

static void
tell(struct verdict *v, struct slot *slot, const struct series *s, bool over)
{
	enum confidence c = verdict_confidence(v, &slot->d, slot->same);

	if (slot->f == NULL)
		slot->f = mem_zero(1, sizeof *slot->f);
	/* What was surer once stays so: later windows say less, not otherwise. But for
	 * what is lost in runs, of which nothing is sure. */
	if (slot->f->confidence > c && slot->f->segment == slot->d.segment &&
	    strcmp(slot->f->cause, slot->d.cause) == 0 && !is_in_runs(&slot->d))
		c = slot->f->confidence;
	verdict_tell(v, slot, s, c, slot->f);
	v->fn(v->ctx, slot->f, over ? slot->last : end_of_window(v), over);
}

/* --- what a diagnosis is to another ----------------------------------------------- */

static bool
is_outage(const struct diagnosis *d)
{
	return strcmp(d->cause, "outage") == 0;
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
is_worse(const struct verdict *v, const struct slot *slot, const struct diagnosis *d)
{
	const struct diagnosis *told = &slot->d;
	/* What comes and goes began anew the last time. */
	int64_t begin = slot->times > 1 ? told->since : slot->since / v->length;

	if (d->since < slot->risen ||
	    d->since <= begin + verdict_apart(d->sign, d->size))
		return false;
	if (!is_same(told, d))
		return true;
	if (d->sign == SIGN_DELAY || slot->times > 1)
		return false;
	return d->low > (told->sign == SIGN_DELAY ? VERDICT_LITTLE : told->high);
}

/* Does D tell less than SLOT's outage, which is over then? */
static bool
is_less(const struct verdict *v, const struct slot *slot, const struct diagnosis *d)
{
	return is_same(&slot->d, d) && is_outage(&slot->d) && !is_outage(d) &&
	       (d->sign == SIGN_DELAY || d->since > slot->since / v->length);
}

/* Is D the rest of what was worse than what SLOT tells, and is over? */
static bool
is_rest(const struct verdict *v, const struct slot *slot, const struct diagnosis *d)
{
	return !is_same(&slot->d, d) && d->since < slot->risen &&
	       v->judged - slot->risen < VERDICT_RING / 2;
}

/* Is D passing: do its last windows show next to nothing of it any more? */
static bool
is_passing(const struct diagnosis *d)
{
	return d->fading || (d->sign == SIGN_LOSS && d->size < VERDICT_LEAST);
}

/* What is passing already opens nothing, and changes nothing. */
static bool
is_over_soon(const struct slot *slot, const struct diagnosis *d)
{
	return d->state == DIAGNOSIS_FOUND && is_passing(d) &&
	       (!slot_is_open(slot) || slot->quiet != 0 || !is_same(&slot->d, d));
}

static enum saying
saying_of(const struct verdict *v, const struct slot *slot, const struct diagnosis *d)
{
	if (d->state == DIAGNOSIS_NONE)
		return SAYS_NOTHING;
	if (d->state == DIAGNOSIS_WAIT || is_over_soon(slot, d) || is_rest(v, slot, d))
		return SAYS_UNDECIDED;
	if (slot_is_open(slot) && is_worse(v, slot, d))
		return SAYS_WORSE;
	if (slot_is_open(slot) && is_less(v, slot, d))
		return SAYS_LESS;
	return is_same(&slot->d, d) ? SAYS_SAME : SAYS_OTHER;
}

/* --- begin and end ---------------------------------------------------------------- */

/* Was the hop behind what SLOT told of before, as the router while it starts anew, dead
 * until that was over, and does it answer since? Then that was no mistake. */
static bool
is_proven(const struct verdict *v, const struct slot *slot)
{
	enum verdict_role role = slot->past.segment < SEGMENT_ACCESS ? VERDICT_GATEWAY
				 : slot->past.segment == SEGMENT_ACCESS
				     ? VERDICT_ACCESS
				     : VERDICT_PROVIDER;
	int64_t first = slot->past.begin / v->length + 1,
		end = slot->past.last / v->length - 1;
	const struct series *s, *next;
	uint64_t n, lost;

	if (slot->past.segment >= SEGMENT_TRANSIT)
		return false;
	HASH_ITER(hh, v->series, s, next) {
		if (s->role != role || !series_fresh(v, s))
			continue;
		const struct window *w = series_window(s, 0);
		series_counts_until(s, first, end, &n, &lost);
		return n > 0 && (double)lost >= VERDICT_FULL * (double)n &&
		       2 * w->lost < w->n;
	}
	return false;
}

/* When D began, which opens SLOT. Where nothing got through elsewhere on the way for
 * long, or provably, that explained all until it was over. */
static int64_t
begin_of(const struct verdict *v, const struct slot *slot, const struct diagnosis *d)
{
	int64_t begin = d->since * v->length;
	int64_t apart = verdict_apart(d->sign, d->size) * v->length;

	if (slot->past.times == 0 || !slot->past.outage ||
	    slot->past.segment == d->segment || begin >= slot->past.last ||
	    begin + apart < slot->past.begin)
		return begin;
	if (d->size >= VERDICT_FULL &&
	    slot->past.last - slot->past.begin > VERDICT_RING / 2 * (int64_t)v->length)
		return slot->past.last;
	return slot->past.segment < d->segment && is_proven(v, slot) ? slot->past.last
								     : begin;
}

/* How often SLOT's came, which opens now: what comes again soon is the same, and has
 * the begin of the first. */
static unsigned
times(const struct verdict *v, struct slot *slot)
{
	if (slot->past.times == 0 || slot->past.segment != slot->d.segment ||
	    slot->begin - slot->past.last > (int64_t)VERDICT_RING * v->length)
		return 1;
	slot->begin = slot->since = slot->past.begin;
	return slot->past.times + 1;
}

/* Is SLOT's, which is gone, held open, as it may come again? While this box is the
 * matter, nothing else is judged: that it is not any more counts at once. */
static bool
is_held(const struct verdict *v, const struct slot *slot)
{
	return slot_is_open(slot) && slot->times > 1 && slot != &v->host &&
	       (slot->quiet == 0 || v->judged - slot->quiet < VERDICT_RING);
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
		if (s->role != VERDICT_FAR || slot_is_open(&s->slot))
			continue;
		series_counts(s, slot->held, &n, &lost);
		all += n;
		all_lost += lost;
	}
	return odds_at_most(all_lost, all, slot->d.ends / 2) < VERDICT_PROVEN;
}

void
slot_shut(struct verdict *v, struct slot *slot, const struct series *s)
{
	struct slot left = { .state = SLOT_FREE, .past = slot->past };

	if (slot_is_open(slot)) {
		slot->d.size = sizes_median(&slot->sizes, slot->d.size);
		tell(v, slot, s, true);
		left.past.segment = slot->d.segment;
		left.past.begin = slot->begin;
		left.past.last = slot->last;
		left.past.times = slot->times;
		left.past.outage = is_outage(&slot->d);
	}
	free(slot->f);
	*slot = left;
}

/* --- what lies under something worse ---------------------------------------------- */

void
slot_rest(struct verdict *v)
{
	if (slot_is_open(&v->under))
		v->fn(v->ctx, v->under.f, v->under.last, true);
	free(v->under.f);
	memset(&v->under, 0, sizeof v->under);
}

/* What is told of the path is told no more, and goes on until something says otherwise.
 */
static void
sink(struct verdict *v)
{
	slot_rest(v);
	v->under = v->path;
	memset(&v->path, 0, sizeof v->path);
}

/* Of what was worse nothing is left: what was told before is what is the matter. */
static void
rise(struct verdict *v)
{
	v->path = v->under;
	memset(&v->under, 0, sizeof v->under);
	v->path.state = SLOT_OPEN;
	v->path.same = 1;
	v->path.risen = v->path.held = v->judged + 1;
}

/* --- what may happen to a slot ---------------------------------------------------- */

/* What was lost in runs lately is, though the last windows do not show it. */
static void
keep_runs(struct turn *t, const struct diagnosis *was)
{
	struct slot *slot = t->slot;

	if (is_in_runs(t->d))
		slot->runs = t->v->judged;
	if (is_in_runs(was) && slot->d.sign == SIGN_LOSS &&
	    t->v->judged - slot->runs < VERDICT_RING)
		slot->d.effect = fmax(slot->d.effect, was->effect);
}

/* SLOT's is as D says; what is told keeps the cause that says more, and the size that
 * it had before it began to pass. */
static void
take(struct turn *t)
{
	struct slot *slot = t->slot;
	const struct diagnosis was = slot->d;

	slot->d = *t->d;
	if (slot_is_open(slot)) {
		keep_runs(t, &was);
		if (rank(was.cause) > rank(slot->d.cause)) {
			slot->d.cause = of_full_line(was.cause, slot->d.sign);
			slot->d.passive = was.passive;
			if (was.other != NULL && (was.other == t->v->bad_radio ||
						     was.other == t->v->past_attack))
				slot->d.other = was.other;
		}
		if (is_passing(&slot->d) && slot->d.sign == was.sign)
			slot->d.size = was.size;
	}
	if (t->also == NULL || t->also->state == DIAGNOSIS_NONE)
		slot->also.state = DIAGNOSIS_NONE;
	else if (t->also->state == DIAGNOSIS_FOUND && !t->also->fading)
		slot->also = *t->also;
	if (!slot_is_open(slot) || !is_passing(&slot->d)) {
		slot->last = end_of_window(t->v);
		sizes_add(&slot->sizes, slot->d.size);
	}
	if (is_outage(t->d)) {
		if (slot->quiet != 0)
			slot->dead.begin = t->d->since * t->v->length;
		else if (slot->dead.end < slot->since)
			slot->dead.begin = slot->since;
		slot->dead.end = slot->last;
	}
	slot->news = 0;
}

/* It is another one since SINCE, epoch seconds: worse or less, or by another name. */
static void
begin_anew(struct turn *t, int64_t since)
{
	struct slot *slot = t->slot;

	slot->d = *t->d;
	slot->since = slot_is_open(slot) && since < slot->begin ? slot->begin : since;
	sizes_begin(&slot->sizes);
}

static void
ignore(struct turn *t)
{
	(void)t;
}

/* The first window that says so. */
static void
notice(struct turn *t)
{
	struct slot *slot = t->slot;

	begin_anew(t, begin_of(t->v, slot, t->d));
	slot->begin = slot->since;
	slot->dead.begin = slot->dead.end = 0;
	take(t);
	slot->same = 1;
	slot->state = SLOT_SEEN;
}

/* What opens and was open before a restart has the begin of then. */
static void
begin_before(const struct turn *t)
{
	const struct verdict *v = t->v;
	struct slot *slot = t->slot;
	bool same = false;
	int64_t told = 0;

	if (v->begin != NULL)
		told = v->begin(v->begin_ctx,
		    t->s != NULL ? t->s->path : segment_word(slot->d.segment),
		    slot->d.cause, &same);
	if (told == 0 || told >= slot->begin)
		return;
	if (same && slot->since == slot->begin)
		slot->since = told;
	slot->begin = told;
}

/* The second one: it is told. */
static void
open_it(struct turn *t)
{
	struct slot *slot = t->slot;
	int64_t begin = begin_of(t->v, slot, t->d);

	if (begin < slot->begin)
		slot->begin = slot->since = begin;
	slot->dead.end = 0; /* it is now, if it is, since then */
	take(t);
	slot->same++;
	slot->times = times(t->v, slot);
	begin_before(t);
	slot->state = SLOT_OPEN;
	tell(t->v, slot, t->s, false);
}

/* It goes on, or (from GONE) comes again. */
static void
go_on(struct turn *t)
{
	struct slot *slot = t->slot;

	take(t);
	slot->times += slot->quiet != 0;
	slot->quiet = 0;
	slot->same++;
	slot->state = SLOT_OPEN;
	if (slot->same >= 2)
		tell(t->v, slot, t->s, false);
}

/* Once may be a window in which not all are as far as the others. */
static void
doubt(struct turn *t)
{
	t->slot->news = 0;
	t->slot->same = 0;
	t->slot->state = SLOT_DOUBTED;
}

/* It is another one. Of one family or both it is the same incident, whose begin stays;
 * in another segment it is over, and what lay under it may be what is the matter. */
static void
change(struct turn *t)
{
	struct verdict *v = t->v;
	struct slot *slot = t->slot;

	if (slot->d.segment == t->d->segment) {
		begin_anew(t, t->d->since * v->length);
		go_on(t);
		return;
	}
	slot_shut(v, slot, t->s);
	if (!is_path(v, slot) || !slot_is_open(&v->under)) {
		notice(t);
		return;
	}
	rise(v);
	if (is_same(&slot->d, t->d))
		go_on(t);
}

/* What is worse and began later is told from now on. In the same segment that is the
 * same incident, whose begin stays; else what was told goes on beneath it. */
static void
replace(struct turn *t)
{
	struct verdict *v = t->v;
	struct slot *slot = t->slot;

	if (slot->d.segment == t->d->segment) {
		begin_anew(t, t->d->since * v->length);
		slot->same = 1;
		go_on(t);
		return;
	}
	if (is_path(v, slot) && slot_is_open(&v->under) &&
	    v->under.d.segment == t->d->segment) {
		slot_shut(v, slot, t->s);
		rise(v);
		if (is_same(&slot->d, t->d))
			go_on(t);
		else
			doubt(t);
		return;
	}
	if (is_path(v, slot) && slot->quiet == 0)
		sink(v);
	else
		slot_shut(v, slot, t->s);
	notice(t);
	slot->begin = slot->since = t->d->since * v->length;
	open_it(t);
}

/* Something worse began, once enough windows say so. */
static void
worsen(struct turn *t)
{
	struct slot *slot = t->slot;

	if (slot->news > 0 && !is_same(&slot->next, t->d))
		slot->news = 0;
	slot->next = *t->d;
	if (++slot->news >= WORSE_SAME)
		replace(t);
}

/* The outage is over, once enough windows say so, and what is left of it goes on. */
static void
lessen(struct turn *t)
{
	struct slot *slot = t->slot;

	if (++slot->news < LESS_SAME)
		return;
	begin_anew(t, t->d->since * t->v->length);
	if (slot->dead.end > slot->since)
		slot->dead.end = slot->since;
	go_on(t);
}

/* It is gone: over, unless it may come again, or lay under something worse and nothing
 * proves it yet. */
static void
leave(struct turn *t)
{
	struct verdict *v = t->v;
	struct slot *slot = t->slot;

	if (slot->held != 0 && !is_refuted(v, slot))
		return;
	if (!is_held(v, slot)) {
		slot_shut(v, slot, t->s);
		if (is_path(v, slot) && slot_is_open(&v->under))
			rise(v);
		return;
	}
	if (slot->quiet == 0) {
		slot->quiet = v->judged;
		slot->d.size = sizes_median(&slot->sizes, slot->d.size);
		tell(v, slot, t->s, false);
	}
	if (slot->state == SLOT_OPEN)
		slot->state = SLOT_GONE;
}

void
slot_step(struct verdict *v, struct slot *slot, const struct series *s,
    const struct diagnosis *d, const struct diagnosis *also)
{
	/* clang-format off */
	static void (*const happens[SLOT_STATES][SAYINGS])(struct turn *) = {
		/*		   NOTHING  SAME     OTHER   WORSE   LESS    UNDECIDED */
		[SLOT_FREE]    = { ignore,  ignore,  notice, ignore, ignore, ignore },
		[SLOT_SEEN]    = { leave,   open_it, notice, ignore, ignore, ignore },
		[SLOT_OPEN]    = { leave,   go_on,   doubt,  worsen, lessen, ignore },
		[SLOT_DOUBTED] = { leave,   go_on,   change, worsen, lessen, ignore },
		[SLOT_GONE]    = { leave,   go_on,   doubt,  worsen, lessen, ignore },
	};
	/* clang-format on */
	struct turn t = { v, slot, s, d, also };
	enum saying says = saying_of(v, slot, d);

	if (slot->held != 0 && d->state == DIAGNOSIS_FOUND && !is_over_soon(slot, d))
		slot->held = v->judged + 1;
	happens[slot->state][says](&t);
}

void
slot_move(struct slot *slot, int64_t windows, int64_t seconds)
{
	slot->begin += slot->begin != 0 ? seconds : 0;
	slot->last += slot->last != 0 ? seconds : 0;
	slot->since += slot->since != 0 ? seconds : 0;
	slot->dead.begin += slot->dead.end != 0 ? seconds : 0;
	slot->dead.end += slot->dead.end != 0 ? seconds : 0;
	slot->past.begin += seconds;
	slot->past.last += seconds;
	slot->quiet += slot->quiet != 0 ? windows : 0;
	slot->d.since += windows;
	slot->also.since += windows;
	slot->runs += slot->runs != 0 ? windows : 0;
	slot->next.since += windows;
	slot->held += slot->held != 0 ? windows : 0;
	slot->risen += slot->risen != 0 ? windows : 0;
}
