/* The way to a target (hops.h), from the prober to the recorder, and the recorder's
 * wish that a target's way be walked now. */
#ifndef LINK_MSGHOPS_H
#define LINK_MSGHOPS_H

#include "hops.h"
#include "link/msg.h"

/* MSG_HOPS. */
void msg_put_hops(struct msg_out *out, const struct hops *p);
/* 0, or -1 when it is not to be believed: hops out of order, more answers than probes,
 * addresses of another family than the target's, times of nobody's answers ... */
int msg_get_hops(struct msg_in *in, struct hops *p);

/* MSG_TRACE: REASON is HOPS_BAD or HOPS_ASKED. The prober may leave it out, where it
 * has just walked there or has too much to do. */
struct msg_trace {
	uint64_t target;
	uint8_t reason;
};
void msg_put_trace(struct msg_out *out, const struct msg_trace *t);
int msg_get_trace(struct msg_in *in, struct msg_trace *t);

#endif
