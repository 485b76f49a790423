/* Nested values as Perl's Data::Dumper writes them. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "slave/data.h"

/* --- writing --------------------------------------------------------------------- */

static void
write_string(const char *s, FILE *out)
{
	putc('\'', out);
	for (; *s != '\0'; s++) {
		if (*s == '\'' || *s == '\\')
			putc('\\', out);
		putc(*s, out);
	}
	putc('\'', out);
}

static void
write_value(const struct data *d, unsigned depth, FILE *out)
{
	switch (d->kind) {
	case DATA_NOTHING:
		fputs("undef", out);
		return;
	case DATA_TEXT:
		write_string(d->text, out);
		return;
	case DATA_LIST:
	case DATA_TABLE:
		break;
	}
	fputs(d->kind == DATA_LIST ? "[\n" : "{\n", out);
	for (const struct data *m = d->first; m != NULL; m = m->next) {
		fprintf(out, "%*s", (int)(2 * depth + 2), "");
		if (d->kind == DATA_TABLE) {
			write_string(m->key, out);
			fputs(" => ", out);
		}
		write_value(m, depth + 1, out);
		fputs(m->next != NULL ? ",\n" : "\n", out);
	}
	fprintf(out, "%*s%c", (int)(2 * depth), "", d->kind == DATA_LIST ? ']' : '}');
}

void
data_write_perl(const struct data *d, FILE *out)
{
	fputs("$VAR1 = ", out);
	write_value(d, 0, out);
	fputs(";\n", out);
}

/* --- reading --------------------------------------------------------------------- */

struct reader {
	const char *at, *end, *start;
	unsigned depth;
	size_t nodes;
	struct err *err;
};

static struct data *read_value(struct reader *r);

/* Complain about what stands at the reader's place. */
static struct data *
expected(struct reader *r, const char *what)
{
	unsigned line = 1;

	for (const char *p = r->start; p < r->at; p++)
		line += *p == '\n';
	err_set(r->err, "line %u: expected %s", line, what);
	return NULL;
}

static void
skip_blanks(struct reader *r)
{
	while (r->at < r->end && strchr(" \t\r\n", *r->at) != NULL && *r->at != '\0')
		r->at++;
}

/* The byte at hand behind blanks, or 0 at the end (0 itself is never expected). */
static char
peek(struct reader *r)
{
	skip_blanks(r);
	return r->at < r->end ? *r->at : '\0';
}

/* Go behind TOKEN, if it stands here. */
static bool
take(struct reader *r, const char *token)
{
	size_t len = strlen(token);

	skip_blanks(r);
	if ((size_t)(r->end - r->at) < len || memcmp(r->at, token, len) != 0)
		return false;
	r->at += len;
	return true;
}

static size_t
put_utf8(char *to, unsigned long c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* "{263a}" behind "\x", as UTF-8 (never longer than its escape) to TO. How many bytes;
 * 0: it is none. */
static size_t
read_code(struct reader *r, char *to)
{
	unsigned long code = 0;
	unsigned digits = 0;

	if (r->at >= r->end || *r->at != '{')
		return 0;
	for (r->at++; r->at < r->end && isxdigit((unsigned char)*r->at); r->at++) {
		char c = *r->at;
		code = code << 4 | (unsigned long)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
		if (++digits > 6)
			return 0;
	}
	if (r->at >= r->end || *r->at != '}' || digits == 0 || code == 0 ||
	    code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	r->at++;
	return put_utf8(to, code);
}

/* The byte that the escape \C of a double-quoted string stands for; 0: not one that
 * Data::Dumper writes. */
static char
escape(char c)
{
	static const char from[] = "ntrfbae\"\\$@", to[] = "\n\t\r\f\b\a\033\"\\$@";
	const char *p = c == '\0' ? NULL : strchr(from, c);

	return p == NULL ? '\0' : to[p - from];
}

/* Behind a backslash: what it stands for to TO. How many bytes; 0: nothing good. */
static size_t
read_escape(struct reader *r, char quote, char *to)
{
	if (r->at >= r->end)
		return 0;
	char c = *r->at++;

	if (quote == '\'') {
		if (c == '\'' || c == '\\') {
			*to = c;
			return 1;
		}
		to[0] = '\\'; /* stands for itself */
		to[1] = c;
		return c == '\0' ? 0 : 2;
	}
	if (c == 'x')
		return read_code(r, to);
	*to = escape(c);
	return *to == '\0' ? 0 : 1;
}

/* A string in single or double quotes, for the caller to free; NULL with a complaint. */
static char *
read_string(struct reader *r)
{
	char quote = peek(r), *text, *to;
	const char *begin = r->at;
	size_t room = 0;

	/* No longer than up to the next quote that is no part of it. */
	for (const char *p = r->at + 1; p < r->end && *p != quote; p++, room++)
		if (*p == '\\' && p + 1 < r->end) {
			p++;
			room++;
		}
	to = text = mem_alloc(room + 1);
	for (r->at++; r->at < r->end && *r->at != quote;) {
		char c = *r->at++;
		size_t n = 1;

		if (c == '\\')
			n = read_escape(r, quote, to);
		else if (c == '\0' || (quote == '"' && (c == '$' || c == '@')))
			n = 0; /* Perl would put a variable there */
		else
			*to = c;
		if (n == 0) {
			free(text);
			expected(r, "a string as Data::Dumper writes it");
			return NULL;
		}
		to += n;
	}
	if (r->at >= r->end) {
		r->at = begin;
		free(text);
		expected(r, "the closing quote of this string");
		return NULL;
	}
	r->at++;
	*to = '\0';
	return text;
}

static struct data *
read_text(struct reader *r)
{
	char *text = read_string(r);
	struct data *d;

	if (text == NULL)
		return NULL;
	d = data_new(DATA_TEXT);
	d->text = text;
	return d;
}

static struct data *
read_integer(struct reader *r)
{
	const char *begin = r->at;
	struct data *d;

	if (*r->at == '-')
		r->at++;
	const char *digits = r->at;
	while (r->at < r->end && isdigit((unsigned char)*r->at))
		r->at++;
	if (r->at == digits || r->at - digits > 18)
		return expected(r, "an integer");
	d = data_new(DATA_TEXT);
	d->text = mem_strn(begin, (size_t)(r->at - begin));
	return d;
}

/* "->{'A'}{'B'}[0]" behind $VAR1: what is meant stands elsewhere. */
static struct data *
read_elsewhere(struct reader *r)
{
	if (!take(r, "$VAR1"))
		return expected(r, "$VAR1");
	while (take(r, "->") || peek(r) == '{' || peek(r) == '[') {
		bool table = take(r, "{");
		struct data *index;

		if (!table && !take(r, "["))
			return expected(r, "{ or [");
		char c = peek(r);
		index = table && (c == '\'' || c == '"') ? read_text(r)
			: !table && isdigit((unsigned char)c)
			    ? read_integer(r)
			    : expected(r, "an index");
		if (index == NULL)
			return NULL;
		data_free(index);
		if (!take(r, table ? "}" : "]"))
			return expected(r, table ? "}" : "]");
	}
	return data_new(DATA_NOTHING);
}

/* "KEY =>" of a table's member, for the caller to free. */
static char *
read_key(struct reader *r)
{
	char c = peek(r), *key;

	if (c != '\'' && c != '"') {
		expected(r, "a quoted key");
		return NULL;
	}
	key = read_string(r);
	if (key != NULL && !take(r, "=>")) {
		free(key);
		expected(r, "=>");
		return NULL;
	}
	return key;
}

/* Members up to CLOSE into D, which is freed after a complaint. */
static struct data *
read_members(struct reader *r, struct data *d, const char *close)
{
	r->at++;
	while (!take(r, close)) {
		char *key = NULL;
		struct data *value = NULL;

		if (d->kind == DATA_LIST || (key = read_key(r)) != NULL)
			value = read_value(r);
		if (value != NULL)
			data_add(d, key, value);
		free(key);
		if (value == NULL) {
			data_free(d);
			return NULL;
		}
		if (!take(r, ",") && peek(r) != *close) {
			data_free(d);
			return expected(r, *close == '}' ? ", or }" : ", or ]");
		}
	}
	return d;
}

static struct data *
read_value(struct reader *r)
{
	struct data *d;
	char c = peek(r);

	if (++r->nodes > DATA_NODES)
		return expected(r, "fewer values");
	if (c == '\'' || c == '"')
		return read_text(r);
	if (c == '-' || isdigit((unsigned char)c))
		return read_integer(r);
	if (c == '$')
		return read_elsewhere(r);
	if (c != '{' && c != '[')
		return take(r, "undef") ? data_new(DATA_NOTHING)
					: expected(r, "a string, an integer, undef, { or [");
	if (++r->depth > DATA_DEPTH)
		return expected(r, "less nesting");
	d = read_members(r, data_new(c == '{' ? DATA_TABLE : DATA_LIST),
	    c == '{' ? "}" : "]");
	r->depth--;
	return d;
}

struct data *
data_read_perl(const char *text, size_t len, struct err *err)
{
	struct reader r = { .at = text, .end = text + len, .start = text, .err = err };
	struct data *d;

	if (!take(&r, "$VAR1") || !take(&r, "="))
		return expected(&r, "$VAR1 = ...");
	d = read_value(&r);
	if (d != NULL && (!take(&r, ";") || (skip_blanks(&r), r.at != r.end))) {
		data_free(d);
		return expected(&r, "; and the end");
	}
	return d;
}
