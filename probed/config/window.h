/* A section of *** Silences ***: when, and of what, nothing is to be told. */
#ifndef CONFIG_WINDOW_H
#define CONFIG_WINDOW_H

#include <stdint.h>
#include <time.h>

#include "config/conf.h"

struct window {
	const char *name, *reason; /* reason "" when none; the conf's */
	const char *targets;	   /* paths, blanks between them; "" is all */
	int64_t from, until; /* epoch seconds; until 0: it repeats, by the following */
	unsigned days;	     /* bit per weekday on which it begins, Sunday is 1 << 0 */
	unsigned begin, end; /* minutes of the local day; the end may be of the next */
};

/* Read S. 0, or -1 with ERR; AT gets the place of what is wrong. */
int window_parse(struct window *w, const struct conf_section *s, struct place *at,
    struct err *err);
/* Does W hold at NOW, of which LOCAL is the local time? */
bool window_holds(const struct window *w, int64_t now, const struct tm *local);
/* Is SUBJECT, a path ("A.B"), PREFIX or below it? "" holds all. */
bool window_below(const char *subject, const char *prefix, size_t len);
/* Does W speak of SUBJECT? */
bool window_covers(const struct window *w, const char *subject);

#endif
