/* Columns of SNMP tables as snmpwalk -Onq writes them: ".1.3.6.1.2.1.80.1.4.1.2.1 17",
 * a line per row. */
#ifndef RUNNER_WALK_H
#define RUNNER_WALK_H

#include <stdint.h>

#include "probes/times.h"

#define WALK_INDEX 160
#define WALK_ROWS (ROUND_MAX_PINGS + 8)

struct walk_row {
	char index[WALK_INDEX]; /* what stands behind the column's own name */
	int64_t value;
};

struct walk {
	unsigned rows;
	struct walk_row row[WALK_ROWS];
};

/* Read the whole numbers of column NAME (".1.3...") from TEXT into W. Other lines, and
 * rows behind WALK_ROWS, are left out. */
void walk_read(struct walk *w, const char *name, const char *text);
/* The value at INDEX, or FALLBACK. */
int64_t walk_value(const struct walk *w, const char *index, int64_t fallback);
/* Times in ms and, in a column of the same table, how each ping ended: GOOD is an
 * answer. Into T, in the order of the rows; of more than PINGS the last ones. */
void walk_times(struct times *t, const struct walk *ms, const struct walk *ended,
    int64_t good, unsigned pings);

#endif
