/* Which incidents are explained by traffic, and by whose of when: what the recorder,
 * which keeps it in them, and web, which shows it, agree on. */
#ifndef CULPRIT_H
#define CULPRIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CULPRIT_HOSTS 5

/* Do incidents of KIND want to be explained by traffic? */
bool culprit_explains(const char *kind);

/* From BEGIN to END while it lasted, from BEFORE to BEGIN before it. */
struct culprit_spans {
	int64_t before, begin, end;
};
/* Of an incident from BEGIN to END (0: it is open), as of NOW; epoch seconds. */
void culprit_spans(int64_t begin, int64_t end, int64_t now, struct culprit_spans *s);

/* The length of EVIDENCE, a JSON object, without its member "talkers", which is the last
 * one where it is there: so many bytes, of which the last is to be taken for '}'. */
size_t culprit_without(const char *evidence);
/* That member, "{...}" with a '}' too much behind it; NULL: it is not there. */
const char *culprit_of(const char *evidence);

#endif
