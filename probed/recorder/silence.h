/* When nothing is to be told: windows of the configuration, and silences that an
 * operator asked for. */
#ifndef RECORDER_SILENCE_H
#define RECORDER_SILENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/conf.h"
#include "recorder/events.h"

#define SILENCES_MAX 1000	  /* of an operator's, at the same time */
#define SILENCE_LONGEST (366 * 86400) /* seconds of one */

struct silences;

/* EV is borrowed; those in it that last are in force again. */
struct silences *silences_new(struct events *ev);
void silences_free(struct silences *s);
/* Windows of NEXT replace those of before; NEXT must outlive them. */
void silences_configure(struct silences *s, const struct conf *next);
/* From BEGIN to END (epoch seconds) nothing is told of PREFIX and what is below it; ""
 * is all. 0, or -1 with ERR when it makes no sense or there are too many. */
int silences_add(struct silences *s, int64_t begin, int64_t end, const char *prefix,
    const char *reason, struct err *err);
/* The one from BEGIN to END of PREFIX, whose row in events.db is ID, is over now. 0, or -1
 * with ERR when there is no such one (any more). */
int silences_end(struct silences *s, int64_t id, int64_t begin, int64_t end,
    const char *prefix, struct err *err);
/* Is nothing to be told of SUBJECT at NOW? */
bool silences_cover(struct silences *s, const char *subject, int64_t now);

#endif
