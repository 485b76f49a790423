/* What this host is in (here.h), from the prober to the recorder and on to web. */
#ifndef LINK_MSGHERE_H
#define LINK_MSGHERE_H

#include "here.h"
#include "link/msg.h"

/* MSG_HERE. */
void msg_put_here(struct msg_out *out, const struct here *h);
/* 0, or -1 when it is not to be believed. */
int msg_get_here(struct msg_in *in, struct here *h);

#endif
