/* When something was the matter, by the incidents: spans of time put together, so that
 * what happened at once counts once. */
#ifndef WEB_TROUBLE_H
#define WEB_TROUBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

#define TROUBLE_ROWS 20000 /* incidents that are looked at; older ones are not */

enum trouble_of {
	TROUBLE_DOWN, /* nothing answered */
	TROUBLE_ANY,  /* that, slow, alerts, attacks, a full line */
	TROUBLE_GAP,  /* nothing was measured */
	TROUBLES
};

struct trouble_span {
	int64_t begin, end; /* epoch seconds; end > begin */
};

struct trouble {
	struct trouble_span *span[TROUBLES]; /* ascending, not touching each other */
	size_t count[TROUBLES];
	int64_t *began; /* of each incident but notes and gaps, ascending */
	size_t incidents;
	int64_t first; /* from when on it is known what happened; 0: nothing is */
};

/* Of SUBJECT and what is below it (NULL: of all), and of what concerns everything, from
 * START to END; what is open goes on until END. 0, also where there are none; or -1
 * with ERR. Free it with trouble_free() when 0. */
int trouble_read(struct trouble *t, const char *subject, int64_t start, int64_t end,
    struct err *err);
void trouble_free(struct trouble *t);
/* Seconds of FROM..TO in spans of OF. */
int64_t trouble_within(
    const struct trouble *t, enum trouble_of of, int64_t from, int64_t to);
/* Incidents that began in FROM..TO - 1. */
unsigned trouble_began(const struct trouble *t, int64_t from, int64_t to);
/* Is it known what happened in FROM..TO: written down already, and measured for more
 * than half of it? */
bool trouble_known(const struct trouble *t, int64_t from, int64_t to);
/* How bad SECONDS of a day are: 0 (none) to 5, the classes heat0 ... of the style
 * sheet. */
unsigned trouble_level(int64_t seconds);
/* When the last span of OF ended at or before END, and how long it was; false when
 * there is none. */
bool trouble_last(
    const struct trouble *t, enum trouble_of of, struct trouble_span *last);

#endif
