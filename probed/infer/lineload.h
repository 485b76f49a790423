/* What a line's own counters say of it, minute by minute: how full it is, what it
 * throws away, what is broken, and how many of the packets that passed it were marked
 * by a queue (ECN, RFC 3168). */
#ifndef INFER_LINELOAD_H
#define INFER_LINELOAD_H

#include <stdbool.h>
#include <stdint.h>

#define LINELOAD_WAYS 2 /* 0 in, 1 out: as enum if_way */
#define LINELOAD_MINUTES 5

#define LINELOAD_BUSY 0.8	 /* of the speed */
#define LINELOAD_FULL 0.95	 /* in a whole minute: bursts make it no fuller */
#define LINELOAD_DISCARDS 1e-3	 /* share of packets, and */
#define LINELOAD_DISCARDS_MIN 10 /* in a minute */
#define LINELOAD_ERRORS 1e-5
#define LINELOAD_ERRORS_MIN 10 /* in five minutes: one is no fault */
#define LINELOAD_MARKS 0.01    /* what the interval's lower end is compared with */
#define LINELOAD_MARKS_MIN 100 /* ECN capable packets in five minutes */

/* A minute of one way; NAN: not counted. */
struct lineload_minute {
	double use;			  /* of the speed; NAN: speed or rate unknown */
	double packets, discards, errors; /* in this minute */
};

/* What ECN says of packets that were looked at. */
struct lineload_marks {
	uint64_t not_capable, ect0, ect1, ce;
};

/* The last minutes; all zero is an empty one. */
struct lineload {
	int64_t minute; /* epoch seconds of the newest; 0: none */
	struct lineload_minute of[LINELOAD_WAYS][LINELOAD_MINUTES];
	bool known[LINELOAD_WAYS][LINELOAD_MINUTES];
	int64_t marked; /* the same, of the marks, which come by themselves */
	struct lineload_marks marks[LINELOAD_WAYS][LINELOAD_MINUTES];
};

/* The minute that begins at BEGIN (epoch seconds). Older ones than the newest are
 * passed over; those that are missing between are not known. */
void lineload_add(
    struct lineload *l, int64_t begin, const struct lineload_minute of[LINELOAD_WAYS]);
void lineload_mark(
    struct lineload *l, int64_t begin, const struct lineload_marks of[LINELOAD_WAYS]);

/* Of one way at NOW (epoch seconds); NAN where it is not known, as of what is older than
 * LINELOAD_STALE_S. */
#define LINELOAD_STALE_S (60 * (LINELOAD_MINUTES + 1))
struct lineload_is {
	double use;		     /* in the newest minute */
	unsigned busy, full;	     /* minutes in a row up to the newest, 5 at most */
	double discards, discards_n; /* share and count, of the newest minute */
	/* It throws packets away though it is less than half full over the minute:
	 * bursts that are shorter than that. */
	bool bursts;
	double errors, errors_n;	     /* share and count, of all these minutes */
	double marks, marks_low, marks_high; /* CE by ECN capable, with its interval */
	uint64_t capable;		     /* packets that this is from */
	bool l4s; /* ECT(1) is seen: there CE is a signal of small queues */
};
void lineload_judge(
    const struct lineload *l, unsigned way, int64_t now, struct lineload_is *is);

#endif
