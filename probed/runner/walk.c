#include "runner/walk.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void
walk_line(struct walk *w, const char *name, const char *line, const char *end)
{
	size_t len = strlen(name);
	struct walk_row *row = &w->row[w->rows];
	const char *index = line + len + 1, *value;
	char *behind;

	if (w->rows == WALK_ROWS || (size_t)(end - line) < len + 3 ||
	    strncmp(line, name, len) != 0 || line[len] != '.')
		return;
	for (value = index;
	     value < end && (isdigit((unsigned char)*value) || *value == '.'); value++)
		;
	if (value == index || value - index >= WALK_INDEX || value == end ||
	    *value != ' ')
		return;
	memcpy(row->index, index, (size_t)(value - index));
	row->index[value - index] = '\0';
	errno = 0;
	row->value = strtoll(value + 1, &behind, 10);
	if (behind == value + 1 || behind > end || errno != 0 ||
	    (behind != end && !isspace((unsigned char)*behind)))
		return;
	w->rows++;
}

void
walk_read(struct walk *w, const char *name, const char *text)
{
	w->rows = 0;
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		walk_line(w, name, text, text + len);
		text += len + (text[len] == '\n');
	}
}

int64_t
walk_value(const struct walk *w, const char *index, int64_t fallback)
{
	for (unsigned i = 0; i < w->rows; i++)
		if (strcmp(w->row[i].index, index) == 0)
			return w->row[i].value;
	return fallback;
}

void
walk_times(struct times *t, const struct walk *ms, const struct walk *ended,
    int64_t good, unsigned pings)
{
	unsigned i = ms->rows > pings ? ms->rows - pings : 0;

	t->tried = ms->rows > 0;
	for (; i < ms->rows; i++) {
		const struct walk_row *r = &ms->row[i];
		bool answered = walk_value(ended, r->index, good - 1) == good &&
				r->value >= 0 && r->value < 100000000;

		times_add(t, answered ? r->value * 1000000 : -1);
	}
}
