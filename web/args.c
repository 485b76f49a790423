#include "web/args.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
args_add(struct args *a, const char *fmt, ...)
{
	char small[256];
	va_list ap, again;

	if (a->count + 2 > a->room) {
		a->room = a->room ? a->room * 2 : 128;
		a->v = mem_grow(a->v, (size_t)a->room, sizeof *a->v);
	}
	va_start(ap, fmt);
	va_copy(again, ap);
	int len = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	char *s = mem_alloc((size_t)len + 1);
	if ((size_t)len < sizeof small)
		memcpy(s, small, (size_t)len + 1);
	else
		vsnprintf(s, (size_t)len + 1, fmt, again);
	va_end(again);
	a->v[a->count++] = s;
	a->v[a->count] = NULL;
}

void
args_free(struct args *a)
{
	for (int i = 0; i < a->count; i++)
		free(a->v[i]);
	free(a->v);
	*a = (struct args){ 0 };
}

/* Bytes of the UTF-8 character at S, or 0 when it is none. */
static unsigned
utf8_length(const unsigned char *s)
{
	unsigned len = s[0] < 0x80   ? 1
		       : s[0] < 0xc2 ? 0
		       : s[0] < 0xe0 ? 2
		       : s[0] < 0xf0 ? 3
		       : s[0] < 0xf5 ? 4
				     : 0;

	for (unsigned i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if (len == 3 &&
	    ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f)))
		return 0;
	if (len == 4 &&
	    ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)))
		return 0;
	return len;
}

/* TEXT without what librrd and Pango complain of; for a LEGEND, which has an escape of
 * its own, without what means something there. */
static const char *
args_clean(const char *text, bool legend)
{
	static char ring[8][512];
	static unsigned turn;
	char *buf = ring[turn++ % 8];
	size_t at = 0;

	for (const unsigned char *s = (const unsigned char *)text;
	     *s != '\0' && at + 5 < sizeof ring[0];) {
		unsigned len = utf8_length(s);

		if (len == 0) {
			buf[at++] = '?';
			s++;
		} else if (len == 1 &&
			   (*s < ' ' || (legend && *s == '\\') || *s == 0x7f)) {
			buf[at++] = ' ';
			s++;
		} else {
			if (legend && *s == ':')
				buf[at++] = '\\';
			while (len-- > 0)
				buf[at++] = (char)*s++;
		}
	}
	buf[at] = '\0';
	return buf;
}

const char *
args_text(const char *text)
{
	return args_clean(text, true);
}

const char *
args_title(const char *text)
{
	return args_clean(text, false);
}
