/* The way to a target as the recorder has put it together, for web. */
#ifndef LINK_MSGPATH_H
#define LINK_MSGPATH_H

#include "hops.h"
#include "link/msg.h"

/* MSG_PATH. Times are epoch seconds. */
struct msg_path {
	int64_t since;	  /* when the way was found to be so */
	int64_t seen;	  /* when it was so last */
	uint32_t changes; /* that are kept */
	struct hops way;
};
void msg_put_path(struct msg_out *out, const struct msg_path *p);
/* 0, or -1 when it is not to be believed. */
int msg_get_path(struct msg_in *in, struct msg_path *p);

#endif
