#include "runner/share.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config/conf.h"

struct share {
	char *name;
	unsigned users;
	char *text;
	size_t len;
	uint64_t number;
	int64_t at; /* monotonic */
	LIST_HEAD(, share_reader) readers;
	LIST_ENTRY(share) link;
};

static LIST_HEAD(, share) shares = LIST_HEAD_INITIALIZER(shares);

struct share *
share_take(const char *name)
{
	struct share *s;

	LIST_FOREACH(s, &shares, link)
	if (strcmp(s->name, name) == 0)
		break;
	if (s == NULL) {
		s = mem_zero(1, sizeof *s);
		s->name = mem_str(name);
		LIST_INIT(&s->readers);
		LIST_INSERT_HEAD(&shares, s, link);
	}
	s->users++;
	return s;
}

void
share_drop(struct share *s)
{
	if (s == NULL || --s->users > 0)
		return;
	LIST_REMOVE(s, link);
	free(s->name);
	free(s->text);
	free(s);
}

void
share_put(struct share *s, const char *text, size_t len)
{
	struct share_reader *r;

	free(s->text);
	s->text = mem_alloc(len + 1);
	memcpy(s->text, text, len);
	s->text[len] = '\0';
	s->len = len;
	s->number++;
	s->at = clock_mono_ns();
	while ((r = LIST_FIRST(&s->readers)) != NULL) {
		share_leave(r);
		r->tell(r->ctx, s->text, s->len);
	}
}

const char *
share_get(const struct share *s, int64_t age_ns, uint64_t *last, size_t *len)
{
	if (s->text == NULL || s->number == *last || clock_mono_ns() - s->at > age_ns)
		return NULL;
	*last = s->number;
	*len = s->len;
	return s->text;
}

uint64_t
share_number(const struct share *s)
{
	return s->number;
}

void
share_wait(struct share *s, struct share_reader *r)
{
	share_leave(r);
	r->of = s;
	LIST_INSERT_HEAD(&s->readers, r, link);
}

void
share_leave(struct share_reader *r)
{
	if (r->of == NULL)
		return;
	LIST_REMOVE(r, link);
	r->of = NULL;
}

uint64_t
share_hash(const struct share *s)
{
	return conf_target_id(s->name);
}
