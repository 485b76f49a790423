/* Conditions: found by what they are and by the ids of their incidents, and written as
 * rows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "recorder/condition_impl.h"
#include "recorder/incident.h"

#define HINT "hint" /* of confidence */

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

struct condition *
condition_find(const struct conditions *cs, const char *kind, const char *subject,
    const char *source)
{
	struct condition *c;
	size_t len;
	char *key = make_key(kind, subject, source, &len);

	HASH_FIND(hh, cs->all, key, len, c);
	free(key);
	return c;
}

struct condition *
condition_by_id(const struct conditions *cs, int64_t id)
{
	struct condition *c;

	HASH_FIND(by_id, cs->by_id, &id, sizeof id, c);
	return c;
}

struct condition *
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

void
condition_stop_waiting(struct conditions *cs, struct condition *c, bool written)
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

void
condition_free(struct conditions *cs, struct condition *c)
{
	condition_stop_waiting(cs, c, false);
	if (c->rests)
		TAILQ_REMOVE(&cs->resting, c, resting);
	free(c->past.receivers);
	HASH_DEL(cs->all, c);
	if (c->id != 0)
		HASH_DELETE(by_id, cs->by_id, c);
	free(c->key);
	free(c->confidence);
	free(c->summary);
	free(c->evidence);
	free(c);
}

struct incident
condition_row(const struct condition *c, int64_t end)
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

void
condition_put(struct conditions *cs, struct condition *c, int64_t end,
    const struct letter *letter)
{
	struct incident in = condition_row(c, end);

	put_row(cs, c, &in, letter);
}

struct incident
condition_whole_row(
    const struct conditions *cs, const struct condition *c, int64_t end, char **more)
{
	struct incident in = condition_row(c, end);

	*more = cs->ops->evidence != NULL ? cs->ops->evidence(cs->ctx, &in) : NULL;
	if (*more != NULL)
		in.evidence = *more;
	return in;
}

bool
condition_may_come_again(const struct condition *c)
{
	return strcmp(c->kind, CONDITION_DOWN_KIND) == 0 ||
	       strcmp(c->kind, VERDICT) == 0;
}

bool
condition_is_guess(const struct condition *c)
{
	return strcmp(c->kind, VERDICT) == 0 && strcmp(c->confidence, HINT) == 0;
}

char *
condition_words(const struct condition *c, struct incident in)
{
	char *summary = NULL;

	if (in.end == 0 && c->bout.times > 1 && condition_may_come_again(c)) {
		summary = mem_printf("%s (again: its end is told when that lasts for "
				     "%d minutes)",
		    in.summary, AGAIN_S / 60);
		in.summary = summary;
	}
	char *body = incident_body(&in);
	free(summary);
	return body;
}

void
condition_put_and_tell(struct conditions *cs, struct condition *c, int64_t end,
    const char *what, const char *receivers, const char *body, bool waited)
{
	char *more;
	struct incident in = condition_whole_row(cs, c, end, &more);
	char *made = receivers != NULL && body == NULL ? condition_words(c, in) : NULL;
	struct letter letter = { .what = what,
		.receivers = receivers,
		.body = made != NULL ? made : body,
		.waited = waited };

	put_row(cs, c, &in, receivers != NULL ? &letter : NULL);
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

void
condition_take(struct condition *c, const struct finding *f)
{
	bool changed = take_text(&c->summary, f->summary, "");

	changed |= take_text(&c->evidence, f->evidence, "{}");
	changed |= take_text(&c->confidence, f->confidence, "sure");
	if (f->worst > c->worst || (isnan(c->worst) && !isnan(f->worst))) {
		c->worst = f->worst;
		changed = true;
	}
	c->priority = f->priority != 0 ? f->priority : c->priority;
	c->total = f->total;
	c->dirty |= changed;
}
