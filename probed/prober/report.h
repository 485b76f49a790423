/* What the prober tells the recorder: rounds, the state of targets, its counters. While
 * the recorder is being restarted, rounds wait here. */
#ifndef PROBER_REPORT_H
#define PROBER_REPORT_H

#include "base/clock.h"
#include "link/msg.h"

struct hops;
struct link;

/* What may wait for the recorder, here or on the line. */
#define REPORT_MAX (64u << 20)

/* Rounds are told in one go after so long, which costs every worker behind us one
 * wake-up instead of one for each. */
#define REPORT_GATHER_NS (200 * CLOCK_NS_PER_MS)

/* The line to the recorder, or NULL while there is none. What waits goes out, also what
 * waited on the line before, which must still be there. */
void report_to(struct link *link);
/* R waits for report_gathered(). */
void report_round(const struct round *r);
/* What OUT, finished, holds of rounds under way: for eyes only, and not where anything
 * else waits. */
void report_flight(struct msg_out *flight);
/* After each tick: send the rounds that wait, if it is time, or NOW. */
void report_gathered(bool now);
/* A way; lost while the recorder is away: there will be others. */
void report_hops(const struct hops *p);
void report_target(const struct msg_target *t);
/* Once in a while what this host is in is looked up, and told where it is news. */
void report_here(void);
void report_counters(struct msg_counters *c); /* fills in what was dropped */
/* Lost where the recorder is away: it has forgotten the test. */
struct msg_loadresult;
void report_loadresult(const struct msg_loadresult *r);
void report_free(void);

#endif
