/* Lines: comments, continuations, defines, pairs and table cells. */
#include "config/lex.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
text_add(struct text *text, const char *s, size_t len)
{
	if (text->len + len + 1 > text->room) {
		text->room = (text->len + len + 1) * 2;
		text->s = mem_grow(text->s, text->room, 1);
	}
	memcpy(text->s + text->len, s, len);
	text->len += len;
	text->s[text->len] = '\0';
}

void
text_clear(struct text *text)
{
	text->len = 0;
	if (text->s != NULL)
		text->s[0] = '\0';
}

void
text_free(struct text *text)
{
	free(text->s);
	memset(text, 0, sizeof(*text));
}

bool
lex_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

void
lex_init(struct lex *lex, const char *data, size_t len, bool checked)
{
	memset(lex, 0, sizeof(*lex));
	lex->at = data;
	lex->end = data + len;
	lex->checked = checked;
}

void
lex_free(struct lex *lex)
{
	text_free(&lex->text);
}

/* The next physical line, trimmed, as [*START, *END). */
static bool
physical(struct lex *lex, const char **start, const char **end)
{
	const char *newline;

	if (lex->at == lex->end)
		return false;
	lex->line++;
	newline = memchr(lex->at, '\n', (size_t)(lex->end - lex->at));
	*start = lex->at;
	*end = newline != NULL ? newline : lex->end;
	lex->at = newline != NULL ? newline + 1 : lex->end;
	if (lex->checked)
		return true;
	while (*start < *end && lex_space(**start))
		(*start)++;
	while (*end > *start && lex_space((*end)[-1]))
		(*end)--;
	return true;
}

/* The end of [START, END) without its comment and the blanks before that. */
static const char *
uncommented(const char *start, const char *end)
{
	const char *hash = memchr(start, '#', (size_t)(end - start));

	if (hash == NULL)
		return end;
	while (hash > start && lex_space(hash[-1]))
		hash--;
	return hash;
}

bool
lex_next(struct lex *lex)
{
	const char *start, *end;

	do {
		if (!physical(lex, &start, &end))
			return false;
		if (!lex->checked)
			end = uncommented(start, end);
	} while (start == end);
	text_clear(&lex->text);
	text_add(&lex->text, start, (size_t)(end - start));
	while (!lex->checked && lex->text.len > 0 &&
	       lex->text.s[lex->text.len - 1] == '\\') {
		lex->text.s[--lex->text.len] = '\0';
		if (!physical(lex, &start, &end))
			break;
		text_add(&lex->text, " ", 1);
		text_add(&lex->text, start, (size_t)(end - start));
	}
	return true;
}

/* --- defines --------------------------------------------------------------------- */

struct define {
	char *name, *value;
	bool literal; /* NAME is plain text */
	regex_t regex;
};

static bool
plain(const char *name)
{
	return name[strcspn(name, "\\^$.[]|()?*+{}")] == '\0';
}

/* Perl's classes in POSIX words; everything else the two have in common. */
static char *
posix_regex(const char *perl)
{
	struct text out = { 0 };

	for (const char *p = perl; *p != '\0'; p++) {
		const char *word = NULL;

		if (p[0] == '(' && p[1] == '?' && p[2] == ':') {
			text_add(&out, "(", 1);
			p += 2;
			continue;
		}
		if (*p != '\\' || p[1] == '\0') {
			text_add(&out, p, 1);
			continue;
		}
		p++;
		word = *p == 'd'   ? "[0-9]"
		       : *p == 'D' ? "[^0-9]"
		       : *p == 's' ? "[[:space:]]"
		       : *p == 'S' ? "[^[:space:]]"
		       : *p == 'w' ? "[A-Za-z0-9_]"
		       : *p == 'W' ? "[^A-Za-z0-9_]"
				   : NULL;
		if (word != NULL)
			text_add(&out, word, strlen(word));
		else
			text_add(&out, p - 1, 2);
	}
	return out.s;
}

void
defines_add(struct defines *defines, const char *name, const char *value)
{
	struct define *d = NULL;
	char *posix;

	for (size_t i = 0; i < defines->count; i++)
		if (strcmp(defines->define[i].name, name) == 0)
			d = &defines->define[i];
	if (d != NULL) {
		free(d->value);
		d->value = mem_str(value);
		return;
	}
	defines->define =
	    mem_grow(defines->define, defines->count + 1, sizeof(*defines->define));
	d = &defines->define[defines->count++];
	d->name = mem_str(name);
	d->value = mem_str(value);
	d->literal = plain(name);
	if (d->literal)
		return;
	posix = posix_regex(name);
	if (regcomp(&d->regex, posix, REG_EXTENDED) != 0)
		d->literal = true; /* Perl would have died here */
	free(posix);
}

/* The next place of D at or behind FROM; false when there is none. */
static bool
define_find(
    const struct define *d, const char *line, const char *from, size_t *at, size_t *len)
{
	regmatch_t match;
	const char *hit;

	if (d->literal) {
		if ((hit = strstr(from, d->name)) == NULL)
			return false;
		*at = (size_t)(hit - line);
		*len = strlen(d->name);
		return true;
	}
	if (regexec(&d->regex, from, 1, &match, from == line ? 0 : REG_NOTBOL) != 0)
		return false;
	*at = (size_t)(from - line) + (size_t)match.rm_so;
	*len = (size_t)(match.rm_eo - match.rm_so);
	return true;
}

static bool
define_apply(const struct define *d, struct text *line)
{
	struct text out = { 0 };
	size_t done = 0, at, len, add = strlen(d->value);

	while (define_find(d, line->s, line->s + done, &at, &len)) {
		if (out.len + (at - done) + add > LEX_LINE_MAX) {
			text_free(&out);
			return false;
		}
		text_add(&out, line->s + done, at - done);
		text_add(&out, d->value, add);
		done = at + len;
		if (len == 0) { /* an empty match: one byte on, as Perl does */
			if (line->s[done] == '\0')
				break;
			text_add(&out, line->s + done, 1);
			done++;
		}
	}
	if (done == 0 && out.len == 0)
		return true;
	text_add(&out, line->s + done, line->len - done);
	text_free(line);
	*line = out;
	return true;
}

bool
defines_apply(const struct defines *defines, struct text *line)
{
	for (size_t i = 0; i < defines->count; i++)
		if (!define_apply(&defines->define[i], line))
			return false;
	return true;
}

void
defines_free(struct defines *defines)
{
	for (size_t i = 0; i < defines->count; i++) {
		struct define *d = &defines->define[i];

		if (!d->literal)
			regfree(&d->regex);
		free(d->name);
		free(d->value);
	}
	free(defines->define);
	memset(defines, 0, sizeof(*defines));
}

/* --- pairs and cells ------------------------------------------------------------- */

/* /^(\S+)\s*=\s*(.*)$/ with a greedy key: the "=" behind the first word, else the last
 * one inside that word. */
bool
lex_pair(char *line, char **key, char **value)
{
	char *end = line, *equals;

	while (*end != '\0' && !lex_space(*end))
		end++;
	if (end == line)
		return false;
	for (equals = end; lex_space(*equals); equals++)
		continue;
	if (*equals != '=') {
		for (equals = end - 1; equals > line && *equals != '='; equals--)
			continue;
		if (equals <= line)
			return false;
		end = equals;
	}
	*value = equals + 1;
	while (lex_space(**value))
		(*value)++;
	*end = '\0';
	*key = line;
	return true;
}

/* Where the cell opened by QUOTE ends; NULL when it does not. An escaped quote closes
 * it only when no other one does. */
static char *
closing(char *p, char quote)
{
	char *spare = NULL;

	for (; *p != '\0'; p++) {
		if (*p == quote)
			return p;
		if (*p == '\\' && p[1] != '\0') {
			if (p[1] == quote)
				spare = p + 1;
			p++;
		}
	}
	return spare;
}

/* Where a bare cell ends: at white space that is not escaped. */
static char *
bare_end(char *p)
{
	for (; *p != '\0' && !lex_space(*p); p++)
		if (*p == '\\' && p[1] != '\0')
			p++;
	return p;
}

static void
unescape(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		if (*s == '\\' && s[1] != '\0')
			s++;
		*to++ = *s;
	}
	*to = '\0';
}

size_t
lex_cells(char *line, char **cell, size_t max)
{
	size_t count = 0;

	while (*line != '\0') {
		char *start = line, *end = NULL;
		char last;

		if (*line == '"' || *line == '\'')
			end = closing(line + 1, *line);
		if (end != NULL)
			start = line + 1;
		else
			end = bare_end(line);
		last = *end;
		*end = '\0';
		line = last == '\0' ? end : end + 1;
		while (lex_space(*line))
			line++;
		unescape(start);
		if (count < max)
			cell[count] = start;
		count++;
	}
	return count;
}
