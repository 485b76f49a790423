/* What an sFlow agent says of its own sampling: each sample has a number, how many
 * packets there were to choose from so far (the pool), and how many were chosen and
 * thrown away for want of time (drops). All of them run per source of samples, most
 * often an interface. */
#ifndef COLLECTOR_SAMPLES_H
#define COLLECTOR_SAMPLES_H

#include <stdint.h>

/* Sources of an agent that are followed, and of one whom nobody named. Where there are
 * more, one that was silent for an hour goes; else the new one is believed as it is. */
#define SAMPLES_SOURCES 512
#define SAMPLES_GUEST_SOURCES 64
#define SAMPLES_WINDOW 256 /* samples, before their pool is asked */

/* The head of one sample. */
struct samples_step {
	uint32_t type, source;
	uint32_t number, rate, pool, drops;
};

struct samples_source;

struct samples {
	struct samples_source *source; /* COUNT of them */
	uint16_t *slot;		       /* by a hash: 1 + its place; 0: none */
	unsigned count, room;
	uint64_t secret;
	int64_t looked_s;   /* when one was looked for that may go */
	uint64_t taken;	    /* by the agent, after the first of each source */
	uint64_t dropped;   /* likewise, and thrown away by it */
	uint64_t lost;	    /* of those taken, which never came here */
	uint64_t untracked; /* which came, of sources that there was no room for */
};

struct samples *samples_new(void);
void samples_free(struct samples *s); /* or NULL */

/* One more, at NOW_MS, whose rate is not 0, of an agent that has MOST sources at most.
 * One packet in so many was looked at: as STEP tells, but where the agent throws
 * samples away what its pool tells of the last SAMPLES_WINDOW of them, if that agrees
 * with how many it threw away within a factor of two. */
uint32_t samples_add(
    struct samples *s, const struct samples_step *step, unsigned most, int64_t now_ms);

#endif
