#include "recorder/condition.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "culprit.h"
#include "recorder/condition_impl.h"
#include "recorder/incident.h"
#include "recorder/scrub.h"

/* Words and figures of an open incident that change all the time are written so often
 * at most; a kill loses no more of them. */
#define REWRITE_S 60

/* --- opening, closing ------------------------------------------------------------ */

/* Whom nobody has told yet that C opens, where F names nobody: to be freed. */
static char *
who_opens(
    const struct conditions *cs, const struct condition *c, const struct finding *f)
{
	if (f->receivers != NULL || c->bout.told == ALL)
		return NULL;
	return cs->ops->audience(
	    cs->ctx, c->kind, c->bout.told == OTHERS ? EARS_VERDICT : EARS_ALL);
}

static void
open_it(struct conditions *cs, struct condition *c, const struct finding *finding)
{
	bool silent = cs->ops->silent(cs->ctx, c->subject, finding->time);
	struct reason why = reason_of(cs, c, c->begin);
	char *who = who_opens(cs, c, finding);
	struct finding told = *finding, *f = &told;
	int64_t since = c->past.receivers != NULL ? c->past.since : f->time;

	wait_drop_past(cs, c);

	if (who != NULL)
		told.receivers = who;
	c->parted = c->bout.told == OTHERS;
	c->suppressed_by = reason_id(&why);
	c->written = f->time;
	if (reason_longest(&why) != 0 ||
	    (f->receivers != NULL &&
		(silent || condition_is_guess(c) || c->suppressed_by != 0))) {
		wait_begin(cs, c, f, since);
		if (!silent && why.behind == 0 && why.behind_grace == 0)
			wait_tell_others(cs, c);
	} else {
		condition_put_and_tell(cs, c, 0, OPENS, f->receivers, f->body, false);
		if (f->receivers != NULL)
			bout_note(c, c->id, c->begin, ALL);
	}
	free(who);
}

int64_t
condition_raise(struct conditions *cs, const struct finding *f)
{
	struct condition *c = condition_find(cs, f->kind, f->subject, f->source);

	if (c == NULL)
		c = condition_new(cs, f->kind, f->subject, f->source);
	c->clears = 0;
	if (c->id == 0 && c->raises++ == 0) {
		c->begin = f->time;
		c->worst = NAN;
	}
	bool opens = c->id == 0 && c->raises >= f->hold;
	bool news = c->id != 0 && bout_is_news(c, f);
	if (opens)
		bout_begin(cs, c, f);
	else if (news) {
		bout_end(cs, c);
		condition_stop_waiting(cs, c, false);
	}
	condition_take(c, f);
	if (opens || news)
		open_it(cs, c, f);
	if (c->id == 0 || opens || news)
		return c->id;
	/* While its first letter waits, there is nothing to be told anew. */
	bool tell = f->receivers != NULL && (!c->waits || c->receivers == NULL) &&
		    !cs->ops->silent(cs->ctx, c->subject, f->time);
	if (!tell && (!c->dirty || f->time - c->written < REWRITE_S))
		return c->id;
	c->written = f->time;
	if (tell)
		condition_put_and_tell(
		    cs, c, 0, "update", f->receivers, f->body, false);
	else
		condition_put(cs, c, 0, NULL);
	return c->id;
}

/* C, whose letter waits, is over since END: is it told that it began? */
static bool
end_waiting(struct conditions *cs, struct condition *c, int64_t now, int64_t end)
{
	bool silent = cs->ops->silent(cs->ctx, c->subject, now);
	struct reason why = reason_of(cs, c, c->begin);

	if (!silent && why.behind == 0 && c->suppressed_by == 0 &&
	    (reason_id(&why) != 0 || why.verdict_grace > 0))
		wait_tell_others(cs, c);
	if (c->receivers == NULL || c->suppressed_by != 0 || reason_id(&why) != 0 ||
	    silent || (condition_is_guess(c) && !c->asked)) {
		condition_stop_waiting(cs, c, true);
		return false;
	}
	/* It waits to see whether something else explains it, or is over with it. */
	if (why.verdict_grace > 0) {
		wait_over(cs, c, end);
		return false;
	}
	/* That did not come, so both letters go. */
	wait_send(cs, c);
	return true;
}

static int64_t
close_it(struct conditions *cs, struct condition *c, const struct finding *f)
{
	int64_t id = c->id, end = c->cleared > c->begin ? c->cleared : c->begin;
	bool told = !c->waits || end_waiting(cs, c, f->time, end);
	char *who = f->receivers == NULL ? bout_who(cs, c) : NULL;
	const char *receivers = who != NULL ? who : told ? f->receivers : NULL;
	bool again = who != NULL && c->bout.times > 1 && condition_may_come_again(c);

	condition_take(c, f);
	c->bout.end = end;
	if (c->bout.told == ALL || c->past.receivers != NULL) {
		c->past.id = id;
		c->past.begin = c->begin;
		c->past.end = end > c->begin ? end : end + 1;
	}
	if (again)
		bout_hold_end(cs, c);
	condition_put_and_tell(
	    cs, c, end, ENDED, again ? NULL : receivers, f->body, false);
	if (!again)
		bout_forget(c);
	if (condition_may_come_again(c))
		bout_rest(cs, c);
	else
		condition_free(cs, c);
	free(who);
	return id;
}

int64_t
condition_clear(struct conditions *cs, const struct finding *f)
{
	struct condition *c = condition_find(cs, f->kind, f->subject, f->source);

	if (c == NULL)
		return 0;
	if (c->id == 0 && c->rests) {
		c->raises = 0;
		return 0;
	}
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
	const struct condition *c = condition_find(cs, kind, subject, source);

	return c != NULL ? c->id : 0;
}

int64_t
condition_begin(const struct conditions *cs, const char *kind, const char *subject,
    const char *source)
{
	const struct condition *c = condition_find(cs, kind, subject, source);

	return c != NULL && c->id != 0 ? c->begin : 0;
}

const char *
condition_evidence(const struct conditions *cs, const char *kind, const char *subject,
    const char *source)
{
	const struct condition *c = condition_find(cs, kind, subject, source);

	return c != NULL && c->id != 0 ? c->evidence : NULL;
}

void
conditions_end(struct conditions *cs,
    bool (*watched)(void *ctx, const struct incident *in), void *ctx, int64_t now,
    const char *why)
{
	struct condition *c, *next;

	HASH_ITER(hh, cs->all, c, next) {
		struct incident in = condition_row(c, 0);
		if (watched(ctx, &in))
			continue;
		if (c->id != 0) {
			char *evidence = incident_evidence(c->evidence, why);
			free(c->evidence);
			c->evidence = evidence;
			condition_stop_waiting(cs, c, true);
			condition_put(cs, c, now > c->begin ? now : c->begin, NULL);
		}
		wait_drop_past(cs, c);
		if (c->bout.told != NOBODY && c->bout.id != c->id)
			events_drop_held(cs->ev, c->bout.id);
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
			c->waits ? wait_put(cs, c) : condition_put(cs, c, 0, NULL);
	}
}

void
conditions_flush(struct conditions *cs)
{
	struct condition *c, *next;

	HASH_ITER(hh, cs->all, c, next)
		if (c->id != 0 && c->dirty)
			condition_put(cs, c, 0, NULL);
}

/* --- life ------------------------------------------------------------------------ */

/* Take IN, with the letter HELD that tells that it is over; false: that is not one. */
static bool
restore_bout(struct condition *c, const struct incident *in, const struct letter *held)
{
	unsigned since;
	bool others = sscanf(held->what, ENDS_OTHERS, &since) == 1;

	if (!others && sscanf(held->what, ENDS, &since) != 1)
		return false;
	c->bout.times = 2;
	c->bout.end = held->due - AGAIN_S;
	c->bout.told = others ? OTHERS : ALL;
	c->bout.id = in->id;
	c->bout.begin = in->begin;
	c->bout.since = since + (c->id != 0 && c->id != in->id);
	return true;
}

/* The same with one that is over and was not told; of what is open already it will be
 * told. */
static bool
restore_past(struct condition *c, const struct incident *in, const struct letter *held)
{
	long long end;

	if (c->id != 0 || sscanf(held->what, OVER, &end) != 1)
		return false;
	c->bout.times = c->bout.times > 0 ? c->bout.times : 1;
	c->bout.end = end;
	c->past.id = in->id;
	c->past.begin = in->begin;
	c->past.end = end;
	c->past.since = held->due;
	c->past.receivers = mem_str(held->receivers);
	return true;
}

static struct condition *
restore_row(struct conditions *cs, const struct incident *in)
{
	struct condition *c = condition_new(cs, in->kind, in->subject, in->source);

	c->begin = c->written = in->begin;
	c->confidence = mem_str(in->confidence);
	c->summary = mem_str(in->summary);
	c->evidence = mem_str(in->evidence);
	c->worst = in->worst;
	c->priority = in->priority;
	c->suppressed_by = in->suppressed_by;
	return c;
}

static void
restore(void *ctx, const struct incident *in, const struct letter *held)
{
	struct conditions *cs = ctx;

	if (condition_find(cs, in->kind, in->subject, in->source) != NULL)
		return;
	struct condition *c = restore_row(cs, in);
	c->id = in->id;
	HASH_ADD(by_id, cs->by_id, id, sizeof c->id, c);
	c->bout.times = 1;
	if (held != NULL && restore_bout(c, in, held))
		return;
	c->parted = held != NULL && strcmp(held->what, OPENS_REST) == 0;
	if (held == NULL || c->parted)
		bout_note(c, c->id, c->begin, c->parted ? OTHERS : ALL);
	if (held == NULL)
		return;
	c->receivers = mem_str(held->receivers);
	c->body = strcmp(held->body, ANEW) != 0 ? mem_str(held->body) : NULL;
	c->since = held->due;
	c->waits = true;
	TAILQ_INSERT_TAIL(&cs->waiting, c, link);
}

/* What is over and may come again, or did. */
static void
restore_over(void *ctx, const struct incident *in, const struct letter *held)
{
	struct conditions *cs = ctx;
	struct condition *c = condition_find(cs, in->kind, in->subject, in->source);

	if (c == NULL)
		c = restore_row(cs, in);
	if (!restore_past(c, in, held) && !restore_bout(c, in, held))
		return;
	if (c->rests)
		return;
	c->rests = true;
	TAILQ_INSERT_TAIL(&cs->resting, c, resting);
}

struct conditions *
conditions_new(struct events *ev, const struct conditions_ops *ops, void *ctx)
{
	struct conditions *cs = mem_zero(1, sizeof *cs);

	cs->ev = ev;
	cs->ops = ops;
	cs->ctx = ctx;
	TAILQ_INIT(&cs->waiting);
	TAILQ_INIT(&cs->resting);
	events_each_open(ev, restore, cs);
	events_each_over(ev, restore_over, cs);
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
