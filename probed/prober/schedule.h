/* When pings go out: the grid of rounds of one target, where in a round its pings lie,
 * and the watch that notices when time itself went wrong. Pure arithmetic.
 *
 * Round k of a target runs over [k*step + phase, (k+1)*step + phase) of the wall clock.
 * LENGTH is how long a round takes at most, from its start to the last decision: one
 * step where pings are spread (the last one is early enough for its timeout), less for
 * a burst. The row of round k in the RRD is floor((start + length) / step) * step: the
 * last grid point at or before its nominal end. LENGTH is constant, so rows follow each
 * other by exactly one step whatever the phase, and never lie further in the future
 * than the rest of the last ping's timeout. */
#ifndef PROBER_SCHEDULE_H
#define PROBER_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCHEDULE_STALL_NS 250000000LL /* a tick later than this is a stall of ours */
#define SCHEDULE_STEP_NS 50000000LL   /* a clock moved by more than this was stepped */

enum sampler {
	SAMPLER_SPREAD,	 /* step/pings apart, each 25 % earlier or later at most */
	SAMPLER_BURST,	 /* as fping: GAP apart from the start of the round */
	SAMPLER_TRAIN,	 /* as voice: likewise, and its immediate round is no shorter */
	SAMPLER_EVEN,	 /* GAP apart over the whole step, or as close as must be */
	SAMPLER_POISSON, /* times of a Poisson process of which just so many fell in */
	SAMPLER_WHOLE, /* one act yields all of them: at once, with the step as timeout
			*/
};

/* What a target asks for, and what plan_settle() makes of it. Times in ns. */
struct plan {
	int64_t step, phase;
	int64_t timeout;
	int64_t gap; /* between two pings (spread: on average) */
	int64_t length;
	unsigned count; /* pings sent in a round */
	uint8_t sampler;
};

/* Fill in LENGTH and what follows from STEP, COUNT, SAMPLER: the spread's GAP, and a
 * TIMEOUT that is no longer than the step allows (half of it). A burst keeps its GAP,
 * even one with which it takes longer than its step. */
void plan_settle(struct plan *p);
/* Where a round of P takes longer than its step, so that rounds are left out: say so, by
 * how much, and what would do, in at most SIZE bytes of TEXT. False where it fits. */
bool plan_advice(const struct plan *p, char *text, size_t size);
/* How far apart COUNT pings are that go on all the time, with 5 % to spare, as those
 * of SmokePing's FPingContinuous. */
int64_t plan_even_gap(int64_t step, unsigned count);
/* A phase that stays the same for the same ID: in 0..step, on whole milliseconds. */
int64_t plan_phase(uint64_t id, int64_t step);

/* The round into which WALL falls, its start (wall ns), its row (epoch seconds). */
int64_t plan_slot(const struct plan *p, int64_t wall);
int64_t plan_start(const struct plan *p, int64_t slot);
int64_t plan_row(const struct plan *p, int64_t slot);
/* The row of a round that is off the grid and ends at WALL. */
int64_t plan_row_at(const struct plan *p, int64_t wall);

/* When ping SEQ is sent, in ns after the start of its round. SEED is the same for all
 * pings of a round; PREVIOUS is what the call for SEQ-1 returned (0 for the first). */
int64_t plan_offset(
    const struct plan *p, uint64_t seed, unsigned seq, int64_t previous);

/* A fixed 64-bit mixing of X (splitmix64's finaliser). */
uint64_t schedule_mix(uint64_t x);

/* --- the watch ------------------------------------------------------------------- */

enum watch_news {
	WATCH_STALL = 1,   /* we were not running: see FROM and TO */
	WATCH_STEP = 2,	   /* the wall clock was set; anchored anew */
	WATCH_SUSPEND = 4, /* the machine slept; anchored anew */
};

struct watch {
	int64_t offset;	  /* wall - monotonic, where the grid is anchored */
	int64_t slept;	  /* boot time - monotonic at that moment */
	int64_t due;	  /* monotonic: when the next tick is wanted */
	int64_t from, to; /* monotonic: the last stall */
};

/* The clocks agree now. */
void watch_start(struct watch *w);
/* Compare the clocks at NOW (monotonic). Returns enum watch_news, ored. */
unsigned watch_look(struct watch *w, int64_t now);
/* Is the tick that was wanted overdue by a stall, though none has looked yet? */
bool watch_overdue(const struct watch *w, int64_t now);

#endif
