/* What an own host exchanged in the last seconds (infer/vector.h), once a second while it
 * is enough to be looked at; and that the collector looked at all of them. */
#ifndef LINK_MSGHOST_H
#define LINK_MSGHOST_H

#include "infer/vector.h"
#include "link/msg.h"

void msg_put_host(struct msg_out *out, const struct own_host *h);
/* 0, or -1 when it is not to be believed. */
int msg_get_host(struct msg_in *in, struct own_host *h);

#endif
