#include "runner/argv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

void
argv_add(struct argv *a, const char *fmt, ...)
{
	va_list ap;

	a->word = mem_grow(a->word, a->count + 2, sizeof *a->word);
	va_start(ap, fmt);
	if (vasprintf(&a->word[a->count], fmt, ap) < 0)
		fatal("no memory");
	va_end(ap);
	a->word[++a->count] = NULL;
}

void
argv_free(struct argv *a)
{
	for (size_t i = 0; i < a->count; i++)
		free(a->word[i]);
	free(a->word);
	*a = (struct argv){ NULL, 0 };
}
