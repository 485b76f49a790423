/* A list of words that grows: arguments and environments. */
#ifndef RUNNER_ARGV_H
#define RUNNER_ARGV_H

#include <stddef.h>

/* Zero it first. WORD ends with a NULL once it has a word. */
struct argv {
	char **word;
	size_t count;
};

void argv_add(struct argv *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void argv_free(struct argv *a);

#endif
