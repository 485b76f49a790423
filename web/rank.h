/* Which targets are worst, by what was recorded of their last round. */
#ifndef WEB_RANK_H
#define WEB_RANK_H

#include <stdint.h>

#include "config/conf.h"

struct rank {
	const struct conf_target *target;
	double value; /* pings, or seconds */
	double ratio; /* of them lost */
	int64_t row;  /* end of the round that it is of */
	size_t order; /* place in the configuration */
};

/* The targets that have a value by BY, highest first, at most MOST of them, and behind
 * SKIP others; an array to be freed, with COUNT entries. A target has one when its last
 * round is known, not older than three of its steps, and, for loss, lost a ping. Of
 * those with the same value the one with more loss, then the one that stands first in
 * the configuration comes first. ALL, if not NULL, gets the number of all that have
 * one. */
struct rank *rank_targets(
    enum conf_sorter by, size_t skip, size_t most, size_t *count, size_t *all);

/* "loss", "max", "median", "stddev"; CONF_SORTERS for any other word. */
enum conf_sorter rank_by_word(const char *word);
const char *rank_word(enum conf_sorter by);

#endif
