#include "web/form.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "web/query.h"

static int
hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* The byte at *AT, before END, decoded; -1: a broken escape. */
static int
take(const char **at, const char *end)
{
	char c = *(*at)++;

	if (c == '+')
		return ' ';
	if (c != '%')
		return (unsigned char)c;
	if (end - *at < 2 || hex((*at)[0]) < 0 || hex((*at)[1]) < 0)
		return -1;
	*at += 2;
	return hex((*at)[-2]) << 4 | hex((*at)[-1]);
}

static bool
is_text(const char *s)
{
	for (size_t n; *s != '\0'; s += n)
		if ((n = query_utf8(s)) == 0)
			return false;
	return true;
}

/* [AT, END) decoded; NULL when it is no text. */
static char *
decode(const char *at, const char *end)
{
	char *value = mem_alloc((size_t)(end - at) + 1), *to = value;
	bool fine = true;

	while (at < end && fine) {
		int c = take(&at, end);

		fine = c > 0;
		/* Lines end with \r\n there. */
		if (c == '\n' && to > value && to[-1] == '\r')
			to[-1] = '\n';
		else
			*to++ = (char)c;
	}
	*to = '\0';
	if (fine && is_text(value))
		return value;
	free(value);
	return NULL;
}

char *
form_value(const char *body, size_t len, const char *name, struct err *err)
{
	const char *end = body != NULL ? body + len : NULL;
	size_t name_len = strlen(name);
	char *value;

	for (const char *at = body; at != NULL && at < end;) {
		const char *next = memchr(at, '&', (size_t)(end - at));
		const char *stop = next != NULL ? next : end;

		if ((size_t)(stop - at) > name_len && at[name_len] == '=' &&
		    memcmp(at, name, name_len) == 0) {
			value = decode(at + name_len + 1, stop);
			if (value == NULL)
				err_set(err, "field %s: expected text in UTF-8", name);
			return value;
		}
		at = next != NULL ? next + 1 : NULL;
	}
	err_set(err, "field %s: is missing", name);
	return NULL;
}
