/* What can be said of each way apart when the clocks at its ends are not the same:
 * variation of delay, and on which way packets were lost. Pure arithmetic. */
#ifndef PROBES_ONEWAY_H
#define PROBES_ONEWAY_H

#include <stdbool.h>
#include <stdint.h>

/* A packet's delay by two clocks, and when that was. In ns; only differences count. */
struct oneway_point {
	int64_t at, delay;
};

#define ONEWAY_ROUNDS 64

/* The least delays of the rounds of the last ten minutes, oldest first. Zero it first.
 */
struct oneway {
	struct oneway_point low[ONEWAY_ROUNDS];
	unsigned count;
};

/* How far delays of a round lie above the least there could have been then: 95 % of
 * them by no more than this, in seconds. Offset and drift between the clocks are taken
 * out as the line below all points of the last ten minutes that comes closest to them
 * (an edge of their lower hull: Moon, Skelly, Towsley 1999), which is no steeper than
 * 200 ppm. P holds N points in any order and is sorted. NAN for less than two. W takes
 * note of the round. */
double oneway_variation(struct oneway *w, struct oneway_point *p, unsigned n);

/* Of one session with a reflector that counts what it answers, from 0. Zero it first.
 */
struct oneway_loss {
	uint32_t seq, last; /* of the latest packet that came back: its number, and the
			     * reflector's on it */
	uint32_t count;	    /* the reflector's highest */
	unsigned answered;
	bool broken; /* the numbers make no sense */
};

/* Packet SEQ (from 0) came back first now, as the reflector's number COUNT. */
void oneway_answered(struct oneway_loss *l, uint32_t seq, uint32_t count);
/* The shares lost on the way there and, of those that arrived, on the way back. What
 * was sent behind the latest packet that came back is left out: where it was lost
 * cannot be told. False when nothing can be told. */
bool oneway_split(const struct oneway_loss *l, double *there, double *back);

#endif
