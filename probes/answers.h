/* What a program or a router said of pings, on its way to the host, which may not have
 * asked for all of them yet when it is known. */
#ifndef PROBES_ANSWERS_H
#define PROBES_ANSWERS_H

#include "base/clock.h"
#include "prober/probe.h"
#include "probes/times.h"

/* What they say was measured by them, not by this loop: that the loop stood still
 * when they were done is no reason to doubt it. So much later the host has seen to
 * that. */
#define ANSWERS_SETTLE_NS (20 * CLOCK_NS_PER_MS)

struct answers {
	struct probe_run *run;
	unsigned first, pings; /* of the round */
	unsigned asked;	       /* how many of them the host has asked for */
	bool told;
	unsigned count; /* of NS: -1 is lost */
	int64_t *ns;
	enum ping_outcome why; /* of those that have no time */
	char *text;	       /* in words, NULL: nothing to say */
};

/* The host asks for ping SEQ of the round. */
void answers_ask(struct answers *a, unsigned seq);
/* Keep what T says (copied). */
void answers_take(struct answers *a, const struct times *t);
/* Tell the host. */
void answers_tell(struct answers *a);
void answers_free(struct answers *a);

/* Put into T that the pings without a time are WHY, since WHO (of a path, its last
 * element is shown) did or said WHAT. */
void answers_blame(
    struct times *t, const char *who, enum ping_outcome why, const char *what);
#endif
