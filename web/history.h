/* A span of a target's history in a few figures, read from its RRD. */
#ifndef WEB_HISTORY_H
#define WEB_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "config/conf.h"

struct history {
	bool file;	   /* there is an RRD */
	int64_t first;	   /* end of the first row that is known; 0: none is */
	int64_t last;	   /* of the last one */
	unsigned step;	   /* seconds a row that the figures come from */
	double median;	   /* median of the rows' medians, seconds; NAN: none */
	double low, high;  /* smallest and largest median */
	double loss_ratio; /* mean over known rows; NAN: none is known */
	double known;	   /* share of the rows from start to end that are known */
};

#define HISTORY_LIST 180  /* rows that do for a line in a list: 3 hours by the minute  \
			   */
#define HISTORY_PAGE 1200 /* for a page of its own: 3 hours of 10 s as they are */

/* The history of T as SLAVE ("" is this box) has it, over START..END from at most so
 * many ROWS of its file, kept for a step or half a minute, whichever is longer; for a
 * second only while it is young. Valid until the next call. */
const struct history *history_from(const struct conf_target *t, const char *slave,
    int64_t start, int64_t end, unsigned rows);
/* The same from this box, or the first slave where this box does not measure. */
const struct history *history_of(
    const struct conf_target *t, int64_t start, int64_t end, unsigned rows);
/* Would history_of() say that without reading? */
bool history_known(
    const struct conf_target *t, int64_t start, int64_t end, unsigned rows);
/* Forget everything. */
void history_forget(void);

#endif
