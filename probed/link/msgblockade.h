/* One blockade of the courier's (courier/blockades.h), for web. */
#ifndef LINK_MSGBLOCKADE_H
#define LINK_MSGBLOCKADE_H

#include "base/addr.h"
#include "link/msg.h"

enum blockade_state {
	BLOCKADE_REFUSED,     /* it may not be: WHY */
	BLOCKADE_DRY,	      /* TEXT is what would have been said */
	BLOCKADE_ANNOUNCING,  /* under way, or to be tried again: WHY */
	BLOCKADE_ANNOUNCED,
	BLOCKADE_WITHDRAWING, /* likewise */
	BLOCKADE_SPENT,	      /* it had its time, though the attack goes on */
	BLOCKADE_STATES
};
const char *blockade_state_word(enum blockade_state state); /* "dry run" */

struct msg_blockade {
	uint64_t id;
	bool gone; /* there is none any more */
	uint8_t state;
	bool out;
	int64_t incident, since; /* SINCE: epoch seconds of its state */
	char action[64];	 /* its name in *** Actions *** */
	char host[ADDR_TEXT];	 /* "": the network as a whole */
	char text[1024];	 /* what is said */
	char why[256];		 /* "": all is well */
};
void msg_put_blockade(struct msg_out *out, const struct msg_blockade *b);
/* 0, or -1 when it is not to be believed. */
int msg_get_blockade(struct msg_in *in, struct msg_blockade *b);

#endif
