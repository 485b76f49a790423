/* Rounds that are under way, from the prober to the recorder and on to web: for eyes
 * only. A message holds some of them, each as far as it is; one that is lost on the way
 * is made up for by the next. */
#ifndef LINK_MSGFLIGHT_H
#define LINK_MSGFLIGHT_H

#include "link/msg.h"

#define FLIGHT_UNIT_NS 100 /* of RTTs */
/* What stands in the place of an RTT: */
#define FLIGHT_OPEN UINT32_MAX		/* no answer yet */
#define FLIGHT_LOST (UINT32_MAX - 1)	/* loss, as far as is known */
#define FLIGHT_UNKNOWN (UINT32_MAX - 2) /* our own fault, or nobody's */

/* One of MSG_FLIGHT. */
struct msg_flight {
	uint64_t target;
	int64_t begin_ns;		/* wall clock: struct round's, of this round */
	uint16_t count;			/* pings of the round, 1 to ROUND_MAX_PINGS */
	uint16_t sent;			/* of them, 1 to COUNT */
	uint32_t ping[ROUND_MAX_PINGS]; /* SENT of them: an RTT or one of the above */
};

/* Add F to the message begun in OUT; false: there is no room for it. */
bool msg_put_flight(struct msg_out *out, const struct msg_flight *f);
/* The next one of IN. 1: F is one, its places behind SENT are not touched; 0: there are
 * no more; -1: it is not to be believed. */
int msg_get_flight(struct msg_in *in, struct msg_flight *f);

#endif
