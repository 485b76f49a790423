/* How the hours of a week were, over some days: loss and delay of a target by the hour
 * of the local day, read from its history. */
#ifndef WEB_WEEK_H
#define WEB_WEEK_H

#include <stdbool.h>
#include <stdint.h>

#include "config/conf.h"
#include "web/warm.h"

#define WEEK_DAYS 7
#define WEEK_HOURS 24

/* Sums of rows in one hour of the week, from Monday on. */
struct week_cell {
	double loss, median; /* ratio, seconds */
	unsigned known, answered;
};

struct week {
	struct week_cell cell[WEEK_DAYS][WEEK_HOURS];
	double usual;  /* mean of all medians, seconds; NAN: no answer */
	unsigned step; /* seconds a row; 0: nothing that tells hours apart is kept */
	int64_t begin; /* end of the first row that is known; 0: none is */
};

/* Which cell AT (epoch seconds) is in, by the clock on the wall, and when it ends. */
void week_place(int64_t at, unsigned *day, unsigned *hour, int64_t *end);

/* Of T (as this box, or the first that measures it, sees it) over the last SPAN
 * seconds; kept for some minutes, until week_forget() at most. */
const struct week *week_of(const struct conf_target *t, int64_t span);
/* The same for warm_of(). */
extern const struct warm_kind week_warm;
void week_forget(void);

#endif
