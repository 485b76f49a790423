/* Outputs of programs that are more than lines of text. */
#ifndef RUNNER_OUTPUTS_H
#define RUNNER_OUTPUTS_H

#include "probes/times.h"

/* quakestat -xml: <ping> of <server>, milliseconds. */
void times_qstat(struct times *t, const char *text, size_t len);

enum irtt_metric {
	IRTT_RTT,
	IRTT_SEND,
	IRTT_RECEIVE,
	IRTT_IPDV,
	IRTT_SEND_IPDV,
	IRTT_RECEIVE_IPDV,
	IRTT_METRICS
};
/* Words of the variable metric, in that order. */
extern const char *const irtt_metrics[IRTT_METRICS];
/* irtt client -o -: METRIC of each of its round trips, of JSON of LEN bytes. The first
 * has no variation: it gets the others' median, as in SmokePing. */
void times_irtt(struct times *t, const char *text, size_t len, enum irtt_metric metric);

#endif
