#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

static void *
mem_check(void *p)
{
	if (p == NULL)
		fatal("out of memory");
	return p;
}

void *
mem_alloc(size_t size)
{
	return mem_check(malloc(size == 0 ? 1 : size));
}

void *
mem_zero(size_t count, size_t size)
{
	return mem_check(count == 0 || size == 0 ? calloc(1, 1) : calloc(count, size));
}

void *
mem_grow(void *p, size_t count, size_t size)
{
	if (count == 0 || size == 0)
		count = size = 1;
	return mem_check(reallocarray(p, count, size));
}

char *
mem_str(const char *s)
{
	return s == NULL ? NULL : mem_check(strdup(s));
}

bool
mem_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

char *
mem_strn(const char *s, size_t n)
{
	return mem_check(strndup(s, n));
}

char *
mem_printf(const char *fmt, ...)
{
	char *s;
	va_list ap;

	va_start(ap, fmt);
	int n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return mem_check(n < 0 ? NULL : s);
}

FILE *
mem_stream(char **text, size_t *len)
{
	return mem_check(open_memstream(text, len));
}

void
mem_stream_end(FILE *stream)
{
	if (fclose(stream) != 0)
		mem_check(NULL);
}
