#include "recorder/condition.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <uthash.h>

#include "base/log.h"
#include "base/mem.h"
#include "culprit.h"
#include "recorder/incident.h"
#include "recorder/scrub.h"

/* Words and figures of an open incident that change all the time are written so often
 * at most; a kill loses no more of them. */
#define REWRITE_S 60
#define VERDICT "verdict"
#define HINT "hint"  /* of confidence */
#define DEPTH_MAX 16 /* of what explains what */
#define OPENS "open" /* what a letter is called that waits; and where others have it:  \
		      */
#define OPENS_REST "rest"

/* One that is open, or might become so. */
struct condition {
	UT_hash_handle hh; /* by key */
	UT_hash_handle by_id;
	char *key; /* kind, subject, source: each behind a NUL */
	size_t key_len;
	char *kind, *subject, *source, *confidence, *summary, *evidence;
	int64_t id; /* 0: not open */
	int64_t begin;
	double worst;
	int64_t priority, suppressed_by;
	unsigned raises, clears; /* in a row */
	int64_t cleared;	 /* time of the first of them */
	int64_t written;	 /* when its row was, last */
	bool dirty;
	bool waits; /* on the list, with the letter (NULL: nobody is to be told): */
	char *receivers, *body;
	int64_t due;
	bool back; /* what explained it is over; it has until DUE to be over as well */
	bool parted; /* who is told of no verdicts has had it */
	TAILQ_ENTRY(condition) link;
};

struct conditions {
	struct events *ev;
	const struct conditions_ops *ops;
	void *ctx;
	struct condition *all, *by_id;
	TAILQ_HEAD(, condition) waiting;
};

/* --- finding --------------------------------------------------------------------- */

static char *
make_key(const char *kind, const char *subject, const char *source, size_t *len)
{
	size_t a = strlen(kind) + 1, b = strlen(subject) + 1, c = strlen(source) + 1;
	char *key = mem_alloc(a + b + c);

	memcpy(key, kind, a);
	memcpy(key + a, subject, b);
	memcpy(key + a + b, source, c);
	*len = a + b + c;
	return key;
}

static struct condition *
find(const struct conditions *cs, const char *kind, const char *subject,
    const char *source)
{
	struct condition *c;
	size_t len;
	char *key = make_key(kind, subject, source, &len);

	HASH_FIND(hh, cs->all, key, len, c);
	free(key);
	return c;
}

static struct condition *
find_id(const struct conditions *cs, int64_t id)
{
	struct condition *c;

	HASH_FIND(by_id, cs->by_id, &id, sizeof id, c);
	return c;
}

static struct condition *
condition_new(
    struct conditions *cs, const char *kind, const char *subject, const char *source)
{
	struct condition *c = mem_zero(1, sizeof *c);

	c->key = make_key(kind, subject, source, &c->key_len);
	c->kind = c->key;
	c->subject = c->kind + strlen(kind) + 1;
	c->source = c->subject + strlen(subject) + 1;
	c->worst = NAN;
	HASH_ADD_KEYPTR(hh, cs->all, c->key, c->key_len, c);
	return c;
}

/* WRITTEN: its letter is in the file, and nobody else sees to that. */
static void
stop_waiting(struct conditions *cs, struct condition *c, bool written)
{
	if (!c->waits)
		return;
	TAILQ_REMOVE(&cs->waiting, c, link);
	c->waits = false;
	if (written && c->receivers != NULL)
		events_drop_held(cs->ev, c->id);
	free(c->receivers);
	free(c->body);
	c->receivers = c->body = NULL;
}

static void
condition_free(struct conditions *cs, struct condition *c)
{
	stop_waiting(cs, c, false);
	HASH_DEL(cs->all, c);
	if (c->id != 0)
		HASH_DELETE(by_id, cs->by_id, c);
	free(c->key);
	free(c->confidence);
	free(c->summary);
	free(c->evidence);
	free(c);
}

/* --- rows ------------------------------------------------------------------------ */

static struct incident
row_of(const struct condition *c, int64_t end)
{
	return (struct incident){ .id = c->id,
		.kind = c->kind,
		.subject = c->subject,
		.source = c->source,
		.begin = c->begin,
		.end = end,
		.confidence = c->confidence,
		.summary = c->summary,
		.worst = c->worst,
		.evidence = c->evidence,
		.suppressed_by = c->suppressed_by,
		.priority = c->priority };
}

/* Write IN, the row of C, and LETTER (NULL: none). */
static void
put_row(struct conditions *cs, struct condition *c, const struct incident *in,
    const struct letter *letter)
{
	int64_t id = events_put(cs->ev, in, letter);

	if (c->id == 0) {
		c->id = id;
		HASH_ADD(by_id, cs->by_id, id, sizeof c->id, c);
	}
	c->dirty = false;
}

/* The row of C, which ended at END (0: is open), with LETTER (NULL: none). */
static void
put(struct conditions *cs, struct condition *c, int64_t end,
    const struct letter *letter)
{
	struct incident in = row_of(c, end);

	put_row(cs, c, &in, letter);
}

/* The row of C as it opens, or ended at END, with all that belongs to it; *MORE is to
 * be freed. */
static struct incident
whole_row(const struct conditions *cs, const struct condition *c, int64_t end, char **more)
{
	struct incident in = row_of(c, end);

	*more = cs->ops->evidence != NULL ? cs->ops->evidence(cs->ctx, &in) : NULL;
	if (*more != NULL)
		in.evidence = *more;
	return in;
}

/* The same, with F's letter called WHAT, where somebody is to be told. */
static void
put_and_tell(struct conditions *cs, struct condition *c, int64_t end,
    const struct finding *f, const char *what)
{
	char *more;
	struct incident in = whole_row(cs, c, end, &more);
	char *made = f->receivers != NULL && f->body == NULL ? incident_body(&in) : NULL;
	struct letter letter = { .what = what,
		.receivers = f->receivers,
		.body = made != NULL ? made : f->body };

	put_row(cs, c, &in, f->receivers != NULL ? &letter : NULL);
	free(made);
	free(more);
}

/* Take one of F's texts in place of *OLD. True when it is another one. */
static bool
take_text(char **old, const char *text, const char *fallback)
{
	if (text == NULL)
		text = *old != NULL ? *old : fallback;
	if (*old != NULL && strcmp(*old, text) == 0)
		return false;
	char *copy = mem_str(text);
	free(*old);
	*old = copy;
	return true;
}

static void
take(struct condition *c, const struct finding *f)
{
	bool changed = take_text(&c->summary, f->summary, "");

	changed |= take_text(&c->evidence, f->evidence, "{}");
	changed |= take_text(&c->confidence, f->confidence, "sure");
	if (f->worst > c->worst || (isnan(c->worst) && !isnan(f->worst))) {
		c->worst = f->worst;
		changed = true;
	}
	c->priority = f->priority != 0 ? f->priority : c->priority;
	c->dirty |= changed;
}

/* --- who is not told ------------------------------------------------------------- */

/* Is what C is about also what explains ID? Two that lie behind each other are a slip
 * of the configuration's, and no reason to tell nobody. */
static bool
explains(const struct conditions *cs, const struct condition *c, int64_t id)
{
	for (unsigned i = 0; id != 0 && i < DEPTH_MAX; i++) {
		const struct condition *up = find_id(cs, id);
		if (up == NULL)
			break;
		if (strcmp(up->subject, c->subject) == 0)
			return true;
		id = up->suppressed_by;
	}
	return false;
}

/* Is PATH, of LEN, the subject of C itself, as where a whole group lies behind one in
 * it? */
static bool
is_itself(const struct condition *c, const char *path, size_t len)
{
	return strncmp(c->subject, path, len) == 0 && c->subject[len] == '\0';
}

/* The open incident that C lies behind, or 0. GRACE: as of the ops, 0 where it lies
 * behind nothing. */
static int64_t
is_behind(const struct conditions *cs, const struct condition *c, unsigned *grace)
{
	char path[1024];
	const char *at = cs->ops->behind(cs->ctx, c->subject, grace);
	bool any = false;

	if (at == NULL)
		at = "";
	while (*(at += strspn(at, " \t,")) != '\0') {
		size_t len = strcspn(at, " \t,");
		if (len < sizeof path && !is_itself(c, at, len)) {
			any = true;
			memcpy(path, at, len);
			path[len] = '\0';
			const struct condition *up =
			    find(cs, CONDITION_DOWN_KIND, path, CONDITION_DOWN_SOURCE);
			if (up != NULL && up->id != 0 && up != c &&
			    !explains(cs, c, up->id))
				return up->id;
		}
		at += len;
	}
	if (!any)
		*grace = 0;
	return 0;
}

/* The open verdict that says why C is the matter, or 0. An alarm may wait for that; a
 * verdict does not wait for itself, and an alert not for it: it goes to whom SmokePing
 * would tell. */
static int64_t
is_judged(const struct conditions *cs, const struct condition *c, unsigned *grace)
{
	*grace = 0;
	if (cs->ops->explained == NULL || strcmp(c->kind, CONDITION_DOWN_KIND) != 0)
		return 0;
	int64_t id = cs->ops->explained(cs->ctx, c->subject, c->begin, grace);
	return id != c->id && find_id(cs, id) != NULL ? id : 0;
}

/* Why C is the matter: ids of open incidents, 0 where there is none, and how long one
 * may still come. */
struct reason {
	int64_t behind, verdict;
	unsigned behind_grace, verdict_grace;
};

static struct reason
reason_of(const struct conditions *cs, const struct condition *c)
{
	struct reason why = { 0 };

	why.behind = is_behind(cs, c, &why.behind_grace);
	/* What lies behind something that is down is not judged for itself. */
	if (why.behind == 0)
		why.verdict = is_judged(cs, c, &why.verdict_grace);
	return why;
}

static int64_t
reason_id(const struct reason *why)
{
	return why->behind != 0 ? why->behind : why->verdict;
}

static unsigned
longest(const struct reason *why)
{
	return why->behind_grace > why->verdict_grace ? why->behind_grace
						      : why->verdict_grace;
}

/* A guess at whose fault it is: worth a look, and no letter. */
static bool
is_guess(const struct condition *c)
{
	return strcmp(c->kind, VERDICT) == 0 && strcmp(c->confidence, HINT) == 0;
}

/* Write the row of C and the letter that waits for it. */
static void
put_waiting(struct conditions *cs, struct condition *c)
{
	struct letter letter = { .what = c->parted ? OPENS_REST : OPENS,
		.receivers = c->receivers,
		.body = c->body,
		.due = c->due };

	put(cs, c, 0, c->receivers != NULL ? &letter : NULL);
}

/* C is open, and F's letter has to wait until DUE; or, where nobody is to be told, it
 * may be found what explains it. */
static void
put_and_wait(
    struct conditions *cs, struct condition *c, const struct finding *f, int64_t due)
{
	char *more;
	struct incident in = whole_row(cs, c, 0, &more);

	if (f->receivers != NULL) {
		c->receivers = mem_str(f->receivers);
		c->body = f->body != NULL ? mem_str(f->body) : incident_body(&in);
	}
	free(more);
	c->due = due;
	c->waits = true;
	TAILQ_INSERT_TAIL(&cs->waiting, c, link);
	put_waiting(cs, c);
}

/* Nothing but a verdict, or that there may be one, holds the letter of C back: who is
 * told of none has it now. */
static void
tell_others(struct conditions *cs, struct condition *c)
{
	if (c->parted || c->receivers == NULL)
		return;
	char *others = cs->ops->audience(cs->ctx, c->kind, EARS_NO_VERDICT);
	if (others == NULL)
		return;
	char *rest = cs->ops->audience(cs->ctx, c->kind, EARS_VERDICT);
	struct letter letter = { .what = OPENS,
		.receivers = others,
		.body = c->body,
		.waited = rest == NULL };

	put(cs, c, 0, &letter);
	c->parted = true;
	free(c->receivers);
	c->receivers = rest;
	put_waiting(cs, c);
	free(others);
}

/* The letter that waited goes, with the row as it is now; that of a verdict with what
 * is known by now. */
static void
send_waiting(struct conditions *cs, struct condition *c)
{
	if (c->receivers != NULL && strcmp(c->kind, VERDICT) == 0) {
		char *more;
		struct incident in = whole_row(cs, c, 0, &more);

		free(c->body);
		c->body = incident_body(&in);
		free(more);
	}
	struct letter letter = { .what = OPENS,
		.receivers = c->receivers,
		.body = c->body,
		.waited = true };

	put(cs, c, 0, c->receivers != NULL ? &letter : NULL);
	stop_waiting(cs, c, false);
}

static void
look_at_waiting(struct conditions *cs, struct condition *c, int64_t now)
{
	if (cs->ops->silent(cs->ctx, c->subject, now) || is_guess(c))
		return;
	struct reason why = reason_of(cs, c);
	int64_t id = reason_id(&why);
	if ((why.verdict != 0 || why.verdict_grace > 0) &&
	    (why.behind_grace == 0 || now >= c->due))
		tell_others(cs, c);
	if (id != 0) {
		c->back = false;
		if (id == c->suppressed_by)
			return;
		c->suppressed_by = id;
		put_waiting(cs, c);
		return;
	}
	/* When what was down is back, its followers may need a round, too. */
	if (c->suppressed_by != 0 && !c->back) {
		c->back = true;
		c->due = now + longest(&why);
	}
	/* What had to be waited for may be known not to come. */
	if (now < c->due && longest(&why) > 0)
		return;
	c->suppressed_by = 0;
	send_waiting(cs, c);
}

void
conditions_tick(struct conditions *cs, int64_t now)
{
	struct condition *c, *next;

	for (c = TAILQ_FIRST(&cs->waiting); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		look_at_waiting(cs, c, now);
	}
}

/* --- opening, closing ------------------------------------------------------------ */

/* F with those whom it does not name; WHO is to be freed. */
static struct finding
with_audience(const struct conditions *cs, const struct finding *f, char **who)
{
	struct finding told = *f;

	*who =
	    f->receivers == NULL ? cs->ops->audience(cs->ctx, f->kind, EARS_ALL) : NULL;
	if (*who != NULL)
		told.receivers = *who;
	return told;
}

static void
open_it(struct conditions *cs, struct condition *c, const struct finding *finding)
{
	bool silent = cs->ops->silent(cs->ctx, c->subject, finding->time);
	struct reason why = reason_of(cs, c);
	char *who;
	struct finding told = with_audience(cs, finding, &who), *f = &told;

	c->suppressed_by = reason_id(&why);
	c->written = f->time;
	if (longest(&why) != 0 ||
	    (f->receivers != NULL &&
		(silent || is_guess(c) || c->suppressed_by != 0))) {
		put_and_wait(cs, c, f, f->time + longest(&why));
		if (!silent && why.behind == 0 && why.behind_grace == 0)
			tell_others(cs, c);
	} else
		put_and_tell(cs, c, 0, f, "open");
	free(who);
}

int64_t
condition_raise(struct conditions *cs, const struct finding *f)
{
	struct condition *c = find(cs, f->kind, f->subject, f->source);

	if (c == NULL)
		c = condition_new(cs, f->kind, f->subject, f->source);
	c->clears = 0;
	if (c->id == 0 && c->raises++ == 0)
		c->begin = f->time;
	take(c, f);
	if (c->id == 0) {
		if (c->raises >= f->hold)
			open_it(cs, c, f);
		return c->id;
	}
	/* While its first letter waits, there is nothing to be told anew. */
	bool tell = f->receivers != NULL && (!c->waits || c->receivers == NULL) &&
		    !cs->ops->silent(cs->ctx, c->subject, f->time);
	if (!tell && (!c->dirty || f->time - c->written < REWRITE_S))
		return c->id;
	c->written = f->time;
	if (tell)
		put_and_tell(cs, c, 0, f, "update");
	else
		put(cs, c, 0, NULL);
	return c->id;
}

/* C, whose letter waits, is over. Is the one of its end to be sent to those it goes to,
 * and not to *OTHERS only (to be freed; NULL: to nobody)? */
static bool
end_waiting(struct conditions *cs, struct condition *c, int64_t now, char **others)
{
	bool silent = cs->ops->silent(cs->ctx, c->subject, now);
	struct reason why = reason_of(cs, c);

	/* It waited only to see whether something else explains it: that did not come,
	 * so both letters go. */
	if (c->receivers != NULL && c->suppressed_by == 0 && reason_id(&why) == 0 &&
	    !silent && !is_guess(c)) {
		send_waiting(cs, c);
		return true;
	}
	if (!silent && why.behind == 0 && c->suppressed_by == 0)
		tell_others(cs, c);
	if (c->parted)
		*others = cs->ops->audience(cs->ctx, c->kind, EARS_NO_VERDICT);
	stop_waiting(cs, c, true);
	return false;
}

static int64_t
close_it(struct conditions *cs, struct condition *c, const struct finding *finding)
{
	int64_t id = c->id, end = c->cleared > c->begin ? c->cleared : c->begin;
	char *who, *others = NULL;
	struct finding told = with_audience(cs, finding, &who), *f = &told;

	if (c->waits && !end_waiting(cs, c, f->time, &others))
		told.receivers = others;
	take(c, f);
	put_and_tell(cs, c, end, f, "close");
	condition_free(cs, c);
	free(who);
	free(others);
	return id;
}

int64_t
condition_clear(struct conditions *cs, const struct finding *f)
{
	struct condition *c = find(cs, f->kind, f->subject, f->source);

	if (c == NULL)
		return 0;
	if (c->id == 0) {
		condition_free(cs, c);
		return 0;
	}
	if (c->clears++ == 0)
		c->cleared = f->time;
	if (c->clears < f->hold)
		return 0;
	return close_it(cs, c, f);
}

int64_t
condition_open(const struct conditions *cs, const char *kind, const char *subject,
    const char *source)
{
	const struct condition *c = find(cs, kind, subject, source);

	return c != NULL ? c->id : 0;
}

bool
condition_is_hint(const struct conditions *cs, const char *kind, const char *subject,
    const char *source)
{
	const struct condition *c = find(cs, kind, subject, source);

	return c != NULL && c->id != 0 && strcmp(c->confidence, HINT) == 0;
}

int64_t
condition_begin(const struct conditions *cs, const char *kind, const char *subject,
    const char *source)
{
	const struct condition *c = find(cs, kind, subject, source);

	return c != NULL && c->id != 0 ? c->begin : 0;
}

void
conditions_end(struct conditions *cs,
    bool (*watched)(void *ctx, const struct incident *in), void *ctx, int64_t now,
    const char *why)
{
	struct condition *c, *next;

	HASH_ITER(hh, cs->all, c, next) {
		struct incident in = row_of(c, 0);
		if (watched(ctx, &in))
			continue;
		if (c->id != 0) {
			char *evidence = incident_evidence(c->evidence, why);
			free(c->evidence);
			c->evidence = evidence;
			stop_waiting(cs, c, true);
			put(cs, c, now > c->begin ? now : c->begin, NULL);
		}
		condition_free(cs, c);
	}
}

void
conditions_forget(struct conditions *cs, const struct prefix *p)
{
	struct condition *c, *next;

	HASH_ITER(hh, cs->all, c, next) {
		if (!culprit_explains(c->kind) || strcmp(c->kind, "attack") == 0)
			continue;
		bool found = c->summary != NULL && scrub(c->summary, p);
		found |= c->evidence != NULL && scrub(c->evidence, p);
		found |= c->body != NULL && scrub(c->body, p);
		c->dirty |= found;
		if (found && c->id != 0)
			c->waits ? put_waiting(cs, c) : put(cs, c, 0, NULL);
	}
}

void
conditions_flush(struct conditions *cs)
{
	struct condition *c, *next;

	HASH_ITER(hh, cs->all, c, next)
		if (c->id != 0 && c->dirty)
			put(cs, c, 0, NULL);
}

/* --- life ------------------------------------------------------------------------ */

static void
restore(void *ctx, const struct incident *in, const struct letter *held)
{
	struct conditions *cs = ctx;

	if (find(cs, in->kind, in->subject, in->source) != NULL)
		return;
	struct condition *c = condition_new(cs, in->kind, in->subject, in->source);
	c->id = in->id;
	c->begin = c->written = in->begin;
	c->confidence = mem_str(in->confidence);
	c->summary = mem_str(in->summary);
	c->evidence = mem_str(in->evidence);
	c->worst = in->worst;
	c->priority = in->priority;
	c->suppressed_by = in->suppressed_by;
	HASH_ADD(by_id, cs->by_id, id, sizeof c->id, c);
	if (held == NULL)
		return;
	c->receivers = mem_str(held->receivers);
	c->body = mem_str(held->body);
	c->due = held->due;
	c->parted = strcmp(held->what, OPENS_REST) == 0;
	c->waits = true;
	TAILQ_INSERT_TAIL(&cs->waiting, c, link);
}

struct conditions *
conditions_new(struct events *ev, const struct conditions_ops *ops, void *ctx)
{
	struct conditions *cs = mem_zero(1, sizeof *cs);

	cs->ev = ev;
	cs->ops = ops;
	cs->ctx = ctx;
	TAILQ_INIT(&cs->waiting);
	events_each_open(ev, restore, cs);
	return cs;
}

void
conditions_free(struct conditions *cs)
{
	struct condition *c, *next;

	HASH_ITER(hh, cs->all, c, next)
		condition_free(cs, c);
	free(cs);
}
