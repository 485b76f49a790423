/* What was tallied in one of the spans of an incident, as JSON: the recorder keeps it
 * so, and web shows it so. */
#ifndef CULPRITSPAN_H
#define CULPRITSPAN_H

#include "base/json.h"
#include "culprit.h"
#include "toplist.h"

struct culprit_traffic {
	int64_t start, end; /* epoch seconds */
	int64_t covered_s;  /* so much of it was tallied */
	double coverage;    /* the share, 0 to 1; NAN: there is none yet */
	const struct minute_sum *total;
	const struct toplist *hosts; /* NULL: they are not to be seen */
};
/* As the member KEY of an object. */
void culprit_put(struct json *j, const char *key, const struct culprit_traffic *t);

#endif
