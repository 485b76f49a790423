/* What the collector saw of one victim of an attack elsewhere (infer/victims.h). */
#ifndef LINK_MSGVICTIM_H
#define LINK_MSGVICTIM_H

#include "infer/victims.h"
#include "link/msg.h"

struct msg_victim {
	struct victim victim;
	int64_t now_ms; /* of the look at it */
	bool over;	/* silent for VICTIM_TIMEOUT_S: the last that is said of it */
	uint64_t quiet; /* addresses that are watched and quiet: its offsets are ranks
			   of theirs */
};
void msg_put_victim(struct msg_out *out, const struct msg_victim *v);
/* 0, or -1 when it is not to be believed. */
int msg_get_victim(struct msg_in *in, struct msg_victim *v);

#endif
