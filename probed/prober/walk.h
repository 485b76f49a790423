/* A walk along the way to a target: probes that may live for 1, 2, ... hops, and
 * whoever answers. Knows no socket and no clock: who walks sends what it is told to,
 * and says what came back and when. All times are monotonic ns unless they say
 * otherwise. */
#ifndef PROBER_WALK_H
#define PROBER_WALK_H

#include "base/clock.h"
#include "hops.h"

#define WALK_SILENT 5	/* hops in a row without an answer end the way */
#define WALK_PROBES 100 /* to one hop at most */

struct walk_plan {
	struct addr to;
	uint8_t method, reason; /* for the result */
	unsigned first;	   /* where to begin, 1..last: onward from there, then back to
			    * where    the way is known */
	unsigned last;	   /* no farther; at most HOPS_MAX */
	unsigned probes;   /* to every hop; 1..WALK_PROBES */
	int64_t step_ns;   /* between any two probes, at least */
	int64_t period_ns; /* between two to the same hop, at least */
	int64_t wait_ns;   /* for an answer */
};

struct walk_ops {
	/* Send the probe SERIAL, which is below WALK_PROBES * HOPS_MAX and never used
	 * twice, to live for TTL hops. 0, or -1: it cannot be sent, with errno. */
	int (*send)(void *ctx, unsigned ttl, unsigned serial);
	/* Is A known to answer at TTL, and so every hop before it? Then it is not asked
	 * again. NULL: none is. */
	bool (*known)(void *ctx, unsigned ttl, const struct addr *a);
	void *ctx;
};

/* What came back for a probe. */
struct walk_answer {
	struct addr from; /* AF_UNSPEC: our own kernel says so */
	int64_t rtt_ns;
	uint8_t ttl; /* it came with; 0: not known */
	uint8_t why; /* enum ping_outcome. TTL_EXCEEDED: a hop; ANSWERED: the target;
		      * any other: it goes no farther than here */
	uint8_t labels;
	uint32_t label[HOP_LABELS];
};

struct walk *walk_new(const struct walk_plan *plan, const struct walk_ops *ops);
void walk_free(struct walk *w);
/* Do what is due at NOW: at most one probe is sent. When the next turn is wanted;
 * INT64_MAX: the walk is over. */
int64_t walk_turn(struct walk *w, int64_t now);
/* A came for probe SERIAL. A turn is due now. */
void walk_answer(struct walk *w, unsigned serial, const struct walk_answer *a);
bool walk_is_over(const struct walk *w);
/* Why the walk ended before it began; 0: it did not. */
int walk_errno(const struct walk *w);
/* How many probes were sent. */
unsigned walk_sent(const struct walk *w);
/* The hops between LOW, the nearest that was probed, and where the way ended, not
 * judged yet; times of the wall clock are the caller's to fill in. Unanswered hops at
 * its end are left out. */
void walk_result(const struct walk *w, struct hops *p);

#endif
