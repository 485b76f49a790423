/* From the times at which a slave's rounds end to rows of the grid. */
#ifndef RECORDER_RHYTHM_H
#define RECORDER_RHYTHM_H

#include <stdint.h>

/* The last round that came; zero at first. */
struct rhythm {
	int64_t time, row;
};

/* The row (a multiple of STEP, seconds) for a round that ended at TIME. The first one
 * goes into the row that began before it, as our own do. A SmokePing's rounds end at
 * any place of the step, and now a little earlier, now later: where that place is near
 * an edge of the grid, some would share a row and others leave one empty. So those that
 * follow keep their distance from the one before, as long as they stay within a step
 * of where they belong. */
int64_t rhythm_row(struct rhythm *rhythm, int64_t time, unsigned step);

#endif
