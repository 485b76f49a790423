#include "courier/oldlist.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "base/statefile.h"
#include "courier/cursor.h"

#define FILE_NAME CURSOR_DIR "/announced"
#define FILE_MAX (16 * 1024 * 1024)

bool
oldlist_is_there(void)
{
	return access(FILE_NAME, F_OK) == 0;
}

void
oldlist_remove(void)
{
	if (unlink(FILE_NAME) != 0)
		log_warn(FILE_NAME);
}

/* LINE: its first line alone. False: it is too long, or there is none. */
static bool
take(const json_t *o, const char *key, bool line, char *buf, size_t size)
{
	const char *text = json_string_value(json_object_get(o, key));
	size_t len = text != NULL ? strcspn(text, line ? "\n" : "") : size;

	if (len >= size)
		return false;
	memcpy(buf, text, len);
	buf[len] = '\0';
	return true;
}

static bool
read_one(const json_t *o, struct msg_in_force *m)
{
	const char *state = json_string_value(json_object_get(o, "state"));

	memset(m, 0, sizeof *m);
	if (!take(o, "action", false, m->action, sizeof m->action) ||
	    !take(o, "type", false, m->type, sizeof m->type) ||
	    !take(o, "host", false, m->host, sizeof m->host) ||
	    !take(o, "program", false, m->program, sizeof m->program) ||
	    !take(o, "arguments", false, m->arguments, sizeof m->arguments) ||
	    /* Behind the words there was what the program reads. */
	    !take(o, "announce", strcmp(m->type, "fastnetmon") == 0, m->announce,
		sizeof m->announce) ||
	    !take(o, "withdraw", false, m->withdraw, sizeof m->withdraw))
		return false;
	m->out = json_is_true(json_object_get(o, "out"));
	m->arrived = state != NULL && strcmp(state, "announced") == 0;
	m->incident = json_integer_value(json_object_get(o, "incident"));
	m->begin = json_integer_value(json_object_get(o, "begin"));
	m->pps = json_number_value(json_object_get(o, "pps"));
	return in_force_fits(m);
}

unsigned
oldlist_read(void (*each)(const struct msg_in_force *m))
{
	static struct msg_in_force m;
	struct err err = { .text = "it is no list of them" };
	void *text;
	ssize_t len = statefile_read(FILE_NAME, FILE_MAX, &text, &err);
	json_t *list = len > 0
			   ? json_loadb(text, (size_t)len, JSON_REJECT_DUPLICATES, NULL)
			   : NULL;
	const json_t *one;
	bool good = len == 0 || json_is_array(list);
	unsigned count = 0;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (!read_one(one, &m)) {
			good = false;
			continue;
		}
		count++;
		each(&m);
	}
	if (!good) {
		log_warnx(FILE_NAME
		    ": %s; what was announced against attacks before the start, and is "
		    "not withdrawn now, has to be by hand; the file is " FILE_NAME
		    ".broken now",
		    err.text);
		(void)rename(FILE_NAME, FILE_NAME ".broken");
	}
	json_decref(list);
	free(text);
	return count;
}
