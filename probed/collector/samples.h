/* What an sFlow agent says of its own sampling: each sample has a number, how many
 * packets there were to choose from so far (the pool), and how many were chosen and
 * thrown away for want of time (drops). All of them run per source of samples. */
#ifndef COLLECTOR_SAMPLES_H
#define COLLECTOR_SAMPLES_H

#include <stdint.h>

#define SAMPLES_SOURCES 64 /* of an agent; those that share a place begin anew */
#define SAMPLES_WINDOW 256 /* samples, before their pool is asked */

/* The head of one sample. */
struct samples_step {
	uint32_t type, source;
	uint32_t number, rate, pool, drops;
};

struct samples_source {
	struct samples_step last; /* RATE 0: none yet */
	/* Since the window began. */
	uint64_t taken, dropped, passed;
	uint32_t rate; /* by the last window's pool; 0: as it is told */
};

struct samples {
	struct samples_source source[SAMPLES_SOURCES];
	uint64_t taken;	  /* by the agent, after the first of each source */
	uint64_t dropped; /* likewise, and thrown away by it */
	uint64_t lost;	  /* of those taken, which never came here */
};

/* One more, whose rate is not 0. One packet in so many was looked at: as STEP tells,
 * but where the agent throws samples away what its pool tells of the last
 * SAMPLES_WINDOW of them, if that agrees with how many it threw away within a factor of
 * two. */
uint32_t samples_add(struct samples *s, const struct samples_step *step);

#endif
