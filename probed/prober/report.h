/* What the prober tells the recorder: rounds, the state of targets, its counters. While
 * the recorder is being restarted, rounds wait here. */
#ifndef PROBER_REPORT_H
#define PROBER_REPORT_H

#include "link/msg.h"

struct link;

/* What may wait for the recorder, here or on the line. */
#define REPORT_MAX (64u << 20)

/* The line to the recorder, or NULL while there is none. What waits goes out, also what
 * waited on the line before, which must still be there. */
void report_to(struct link *link);
void report_round(const struct round *r);
void report_target(const struct msg_target *t);
void report_counters(struct msg_counters *c); /* fills in what was dropped */
void report_free(void);

#endif
