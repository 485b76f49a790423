/* Letters that wait: for what explains them, and, of what is over before it was told,
 * for what else was the matter then. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "recorder/condition_impl.h"

#define DEPTH_MAX 16 /* of what explains what */
#define NAMED 5	     /* of those that one letter tells of */

/* --- who is not told ------------------------------------------------------------- */

/* Is what C is about also what explains ID? Two that lie behind each other are a slip
 * of the configuration's, and no reason to tell nobody. */
static bool
explains(const struct conditions *cs, const struct condition *c, int64_t id)
{
	for (unsigned i = 0; id != 0 && i < DEPTH_MAX; i++) {
		const struct condition *up = condition_by_id(cs, id);
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
			const struct condition *up = condition_find(
			    cs, CONDITION_DOWN_KIND, path, CONDITION_DOWN_SOURCE);
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

/* The open verdict that says why C is the matter since SINCE. An alarm may wait for
 * that; a verdict does not wait for itself, and an alert not for it: it goes to whom
 * SmokePing would tell. */
static void
look_for_verdict(const struct conditions *cs, const struct condition *c, int64_t since,
    struct reason *why)
{
	if (cs->ops->explained == NULL || strcmp(c->kind, CONDITION_DOWN_KIND) != 0)
		return;
	int64_t id =
	    cs->ops->explained(cs->ctx, c->subject, since, &why->verdict_grace);
	const struct condition *up = condition_by_id(cs, id);
	if (up != NULL && up != c)
		*(condition_is_guess(up) ? &why->guess : &why->verdict) = id;
}

struct reason
reason_of(const struct conditions *cs, const struct condition *c, int64_t since)
{
	struct reason why = { 0 };

	why.behind = is_behind(cs, c, &why.behind_grace);
	/* What lies behind something that is down is not judged for itself. */
	if (why.behind == 0)
		look_for_verdict(cs, c, since, &why);
	return why;
}

int64_t
reason_id(const struct reason *why)
{
	return why->behind != 0 ? why->behind : why->verdict;
}

unsigned
reason_longest(const struct reason *why)
{
	return why->behind_grace > why->verdict_grace ? why->behind_grace
						      : why->verdict_grace;
}

/* The reasons of all that wait, and how many ask for each guess. */
static void
look_for_reasons(struct conditions *cs)
{
	struct condition *c, *guess;

	TAILQ_FOREACH(c, &cs->waiting, link)
		c->why = reason_of(cs, c, c->begin);
	TAILQ_FOREACH(c, &cs->resting, resting)
		if (c->past.receivers != NULL)
			c->why = reason_of(cs, c, c->past.begin);
	TAILQ_FOREACH(c, &cs->waiting, link)
		if ((guess = condition_by_id(cs, c->why.guess)) != NULL)
			guess->askers = 0;
	TAILQ_FOREACH(c, &cs->waiting, link)
		if ((guess = condition_by_id(cs, c->why.guess)) != NULL)
			guess->askers++;
}

/* Is ID, a guess, all that is known of why several are the matter? Then it is what is
 * told, and not each of these. */
static bool
is_all_known(const struct conditions *cs, int64_t id)
{
	const struct condition *guess = condition_by_id(cs, id);

	return guess->asked || guess->askers > 1;
}

void
wait_put(struct conditions *cs, struct condition *c)
{
	struct letter letter = { .what = c->parted ? OPENS_REST : OPENS,
		.receivers = c->receivers,
		.body = c->body != NULL ? c->body : ANEW,
		.due = c->since };

	condition_put(cs, c, 0, c->receivers != NULL ? &letter : NULL);
}

void
wait_begin(
    struct conditions *cs, struct condition *c, const struct finding *f, int64_t since)
{
	if (f->receivers != NULL) {
		c->receivers = mem_str(f->receivers);
		c->body = f->body != NULL ? mem_str(f->body) : NULL;
	}
	c->since = since;
	c->waits = true;
	TAILQ_INSERT_TAIL(&cs->waiting, c, link);
	wait_put(cs, c);
}

void
wait_tell_others(struct conditions *cs, struct condition *c)
{
	if (c->parted || c->receivers == NULL)
		return;
	char *others = cs->ops->audience(cs->ctx, c->kind, EARS_NO_VERDICT);
	if (others == NULL)
		return;
	char *rest = cs->ops->audience(cs->ctx, c->kind, EARS_VERDICT);

	condition_put_and_tell(cs, c, 0, OPENS, others, c->body, rest == NULL);
	bout_note(c, c->id, c->begin, OTHERS);
	c->parted = true;
	free(c->receivers);
	c->receivers = rest;
	wait_put(cs, c);
	free(others);
}

void
wait_send(struct conditions *cs, struct condition *c)
{
	condition_put_and_tell(cs, c, 0, OPENS, c->receivers, c->body, true);
	if (c->receivers != NULL)
		bout_note(c, c->id, c->begin, ALL);
	condition_stop_waiting(cs, c, false);
}

static void
look_at_waiting(struct conditions *cs, struct condition *c, int64_t now)
{
	const struct reason why = c->why;

	if (cs->ops->silent(cs->ctx, c->subject, now) ||
	    (condition_is_guess(c) && !c->asked))
		return;
	int64_t id = reason_id(&why);
	/* What had to be waited for may be known not to come. */
	bool early = now < c->since + reason_longest(&why);
	if (id == 0 && why.guess != 0 && !early && is_all_known(cs, why.guess)) {
		id = why.guess;
		condition_by_id(cs, id)->asked = true;
	}
	if ((why.verdict != 0 || why.guess != 0 || why.verdict_grace > 0) &&
	    now >= c->since + why.behind_grace)
		wait_tell_others(cs, c);
	if (id != 0) {
		c->back = false;
		if (id == c->suppressed_by)
			return;
		c->suppressed_by = id;
		wait_put(cs, c);
		return;
	}
	/* When what was down is back, its followers may need a round, too. */
	if (c->suppressed_by != 0 && !c->back) {
		c->back = true;
		c->since = now;
		early = reason_longest(&why) > 0;
	}
	if (early)
		return;
	c->suppressed_by = 0;
	wait_send(cs, c);
}

/* --- what is over before it was told ---------------------------------------------- */

void
wait_over(struct conditions *cs, struct condition *c, int64_t end)
{
	char *what = mem_printf(OVER, (long long)end);

	c->past.since = c->since;
	c->past.receivers = c->receivers;
	c->receivers = NULL;
	events_letter(cs->ev, 0, c->id,
	    &(struct letter){ .what = what,
		.receivers = c->past.receivers,
		.body = ANEW,
		.due = c->since });
	free(what);
	condition_stop_waiting(cs, c, false);
}

void
wait_drop_past(struct conditions *cs, struct condition *c)
{
	if (c->past.receivers != NULL)
		events_drop_held(cs->ev, c->past.id);
	free(c->past.receivers);
	memset(&c->past, 0, sizeof c->past);
}

/* Were A and B, which are over, the matter together? Each of them noticed within a
 * round of its own, and none is shorter than that. */
static bool
is_with(const struct condition *a, const struct condition *b)
{
	int64_t of_a = a->past.end - a->past.begin, of_b = b->past.end - b->past.begin;

	return a->past.id != 0 && a->past.begin < b->past.end &&
	       b->past.begin < a->past.end &&
	       llabs(a->past.begin - b->past.begin) <= (of_a < of_b ? of_a : of_b);
}

/* May it still be found what explains C, or what else was the matter when it was? */
static bool
is_past_early(const struct conditions *cs, const struct condition *c, int64_t now)
{
	const struct condition *o;

	if (now < c->past.since + reason_longest(&c->why))
		return true;
	TAILQ_FOREACH(o, &cs->waiting, link)
		if (o->begin < c->past.end && o->receivers != NULL &&
		    now < o->since + reason_longest(&o->why))
			return true;
	TAILQ_FOREACH(o, &cs->resting, resting)
		if (o->past.receivers != NULL && is_with(o, c) &&
		    now < o->past.since + reason_longest(&o->why))
			return true;
	return false;
}

/* Of those that were the matter with C one that was told; else the nearest, and of them
 * the first. */
static struct condition *
lead_of(const struct conditions *cs, struct condition *c)
{
	struct condition *o, *best = c;
	unsigned least = cs->ops->distance(cs->ctx, c->subject);

	TAILQ_FOREACH(o, &cs->resting, resting) {
		if (!is_with(o, c))
			continue;
		if (o->past.receivers == NULL)
			return o;
		unsigned far = cs->ops->distance(cs->ctx, o->subject);
		if (far > least || (far == least && o->past.begin >= best->past.begin))
			continue;
		best = o;
		least = far;
	}
	return best;
}

/* All that wait and were the matter with C go silent under LEAD. Returns the words of
 * its letter, malloced, and into *BEGIN and *END from when to when they were. */
static char *
take_in(struct conditions *cs, const struct condition *c, const struct condition *lead,
    int64_t *begin, int64_t *end)
{
	const struct condition with = { .past = c->past };
	struct condition *o;
	unsigned others = 0;
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	*begin = lead->past.begin;
	*end = lead->past.end;
	fputs(lead->summary, out);
	TAILQ_FOREACH(o, &cs->resting, resting) {
		if (o == lead || o->past.receivers == NULL || !is_with(o, &with))
			continue;
		*begin = o->past.begin < *begin ? o->past.begin : *begin;
		*end = o->past.end > *end ? o->past.end : *end;
		if (others++ < NAMED)
			fprintf(out, "%s%s", others == 1 ? "; down with it: " : ", ",
			    o->subject);
		events_explain(cs->ev, o->past.id, lead->past.id);
		wait_drop_past(cs, o);
	}
	if (others > NAMED)
		fprintf(out, " and %u more", others - NAMED);
	mem_stream_end(out);
	return text;
}

/* One letter tells of C, which is over, and of all that were the matter with it: of the
 * nearest. Where that came before, it is told as what comes again is. */
static void
send_past(struct conditions *cs, struct condition *c)
{
	struct condition *lead = lead_of(cs, c);
	int64_t begin, end;
	char *summary = take_in(cs, c, lead, &begin, &end), *more;

	if (lead->past.receivers != NULL) {
		bool again = lead->bout.times > 1;
		struct incident in = condition_whole_row(cs, lead, end, &more);
		in.id = lead->past.id;
		in.begin = begin;
		in.end = again ? 0 : end;
		in.summary = summary;
		char *body = condition_words(lead, in);
		events_letter(cs->ev, clock_wall_s(), in.id,
		    &(struct letter){ .what = again ? OPENS : ENDED,
			.receivers = lead->past.receivers,
			.body = body,
			.waited = true });
		if (again) {
			bout_note(lead, in.id, begin, ALL);
			bout_hold_end(cs, lead);
		}
		free(lead->past.receivers);
		lead->past.receivers = NULL;
		free(body);
		free(more);
	}
	free(summary);
}

static void
look_at_past(struct conditions *cs, struct condition *c, int64_t now)
{
	const struct condition *up = condition_by_id(cs, reason_id(&c->why));

	if (c->past.receivers == NULL)
		return;
	if (cs->ops->silent(cs->ctx, c->subject, now)) {
		wait_drop_past(cs, c);
	} else if (up != NULL && up->begin <= c->past.end) {
		events_explain(cs->ev, c->past.id, up->id);
		wait_drop_past(cs, c);
	} else if (!is_past_early(cs, c, now)) {
		send_past(cs, c);
	}
}

void
conditions_tick(struct conditions *cs, int64_t now)
{
	struct condition *c, *next;

	look_for_reasons(cs);
	for (c = TAILQ_FIRST(&cs->waiting); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		look_at_waiting(cs, c, now);
	}
	TAILQ_FOREACH(c, &cs->resting, resting)
		look_at_past(cs, c, now);
	for (c = TAILQ_FIRST(&cs->resting); c != NULL; c = next) {
		next = TAILQ_NEXT(c, resting);
		bout_look(cs, c, now);
	}
}
