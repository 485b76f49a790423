/* What alerts look at: the last rounds of one target, old to new, as SmokePing keeps
 * them. */
#ifndef ALERT_VALUES_H
#define ALERT_VALUES_H

#include <math.h>
#include <stddef.h>

/* The mark in front of a target's first round (SmokePing's S). */
#define VALUES_START (-INFINITY)

struct values {
	double *loss;	    /* percent; never NAN: unknown loss is 0, as in SmokePing */
	double *rtt;	    /* median in seconds, NAN when unknown */
	size_t count, room; /* of both */
	size_t keep;	    /* no more than this many, from the next round on; 0 is 1 */
};

/* A round comes: LOST of PINGS (NAN: unknown), MEDIAN in seconds (NAN: unknown). */
void values_push(struct values *v, double lost, unsigned pings, double median);
void values_free(struct values *v);

/* SmokePing's "loss: S, 0%, 40%" and "rtt: S, 4ms, U", of the newest VALUES_TOLD; the
 * caller frees. */
#define VALUES_TOLD 2000
char *values_loss_text(const struct values *v);
char *values_rtt_text(const struct values *v);

#endif
