#include "ctl/ask.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Make control characters in all that the daemon says harmless: a terminal is not its
 * to steer, least of all root's. */
static void
tame(json_t *j)
{
	const char *key;
	json_t *v;
	size_t i;

	for (char *s = (char *)(uintptr_t)json_string_value(j); s != NULL && *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
	json_array_foreach(j, i, v) tame(v);
	json_object_foreach(j, key, v) tame(v);
}

json_t *
ctl_parse(const char *path, int status, char *body)
{
	json_error_t why;
	json_t *j = json_loads(body, 0, &why);

	free(body);
	tame(j);
	if (status == 200 && json_is_object(j))
		return j;
	const char *detail = json_string_value(json_object_get(j, "detail"));
	fprintf(stderr, "probectl: the daemon answers %.*s with %d%s%s\n",
	    (int)strcspn(path, "?"), path, status, detail ? ": " : "", detail ? detail : "");
	json_decref(j);
	return NULL;
}

json_t *
ctl_ask(const struct ctl *ctl, const char *path)
{
	struct err err;
	char *body;
	int status = ctl_get(ctl, path, &body, &err);

	if (status < 0) {
		fprintf(stderr, "probectl: %s\n", err.text);
		return NULL;
	}
	return ctl_parse(path, status, body);
}

const char *
ask_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

long long
ask_integer(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}
