#include "slave/data.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct data *
data_new(enum data_kind kind)
{
	struct data *d = mem_zero(1, sizeof *d);

	d->kind = kind;
	return d;
}

struct data *
data_text(const char *text)
{
	struct data *d = data_new(DATA_TEXT);

	d->text = mem_str(text);
	return d;
}

/* The depth is bounded where trees come from outside. */
void
data_free(struct data *d)
{
	struct data *next;

	if (d == NULL)
		return;
	for (struct data *m = d->first; m != NULL; m = next) {
		next = m->next;
		data_free(m);
	}
	free(d->key);
	free(d->text);
	free(d);
}

struct data *
data_add(struct data *d, const char *key, struct data *value)
{
	value->key = mem_str(key);
	if (d->last == NULL)
		d->first = value;
	else
		d->last->next = value;
	d->last = value;
	return value;
}

struct data *
data_get(const struct data *d, const char *key)
{
	struct data *found = NULL;

	if (d == NULL || d->kind != DATA_TABLE)
		return NULL;
	for (struct data *m = d->first; m != NULL; m = m->next)
		if (strcmp(m->key, key) == 0)
			found = m;
	return found;
}

struct data *
data_set(struct data *d, const char *key, struct data *value)
{
	struct data **at = &d->first, *before = NULL;

	while (*at != NULL && strcmp((*at)->key, key) != 0) {
		before = *at;
		at = &before->next;
	}
	if (*at == NULL)
		return data_add(d, key, value);
	struct data *old = *at;
	value->key = mem_str(key);
	value->next = old->next;
	*at = value;
	if (d->last == old)
		d->last = value;
	data_free(old);
	return value;
}

const char *
data_value(const struct data *d, const char *key, const char *fallback)
{
	const struct data *m = data_get(d, key);

	return m != NULL && m->kind == DATA_TEXT ? m->text : fallback;
}
