#include "config/charset.h"

#include <iconv.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

#define BYTES_MAX 4 /* of UTF-8 for a byte */

static bool
is_ascii(const char *s)
{
	while (*s != '\0')
		if ((*s++ & 0x80) != 0)
			return false;
	return true;
}

/* S in UTF-8, kept by ARENA; S itself when it is no text of that encoding. */
static const char *
turned(struct arena *arena, iconv_t how, const char *s)
{
	size_t left = strlen(s), room = left * BYTES_MAX;
	char *text = mem_alloc(room + 1), *to = text, *from = (char *)s;
	const char *kept = s;

	iconv(how, NULL, NULL, NULL, NULL);
	if (iconv(how, &from, &left, &to, &room) != (size_t)-1 && left == 0) {
		*to = '\0';
		kept = arena_str(arena, text);
	}
	free(text);
	return kept;
}

static void
turn_section(struct arena *arena, iconv_t how, struct conf_section *s)
{
	for (size_t i = 0; i < s->vars; i++)
		if (!is_ascii(s->var[i].value))
			s->var[i].value = turned(arena, how, s->var[i].value);
	for (size_t i = 0; i < s->rows; i++)
		for (size_t k = 0; k < s->row[i].cells; k++)
			if (!is_ascii(s->row[i].cell[k]))
				s->row[i].cell[k] =
				    (char *)turned(arena, how, s->row[i].cell[k]);
	for (struct conf_section *c = s->first; c != NULL; c = c->next)
		turn_section(arena, how, c);
}

void
charset_apply(struct conf_tree *tree, struct conf_report *report)
{
	const struct conf_var *charset =
	    conf_var(conf_top(&tree->conf, "Presentation"), "charset");

	if (charset == NULL || strcasecmp(charset->value, "utf-8") == 0 ||
	    strcasecmp(charset->value, "utf8") == 0 || *charset->value == '\0')
		return;
	iconv_t how = iconv_open("UTF-8", charset->value);
	if (how == (iconv_t)-1) {
		report_warning(report, charset->at,
		    "the charset %s is not known here: text is taken as UTF-8",
		    charset->value);
		return;
	}
	turn_section(&tree->arena, how, tree->conf.root);
	iconv_close(how);
}
