/* The configuration's files for web: the parent takes its questions, and a child
 * answers them one after the other. */
#ifndef EDIT_EDIT_H
#define EDIT_EDIT_H

#include "link/msg.h"
#include "rights.h"

struct event_base;

/* DATADIR is O_PATH; RIGHTS, those of the workers, is borrowed. */
void edit_init(struct event_base *base, int datadir, const struct rights *rights);
/* MSG_EDIT of web. 0, or -1 when it is not to be believed. */
int edit_message(struct msg_in *in);
/* A child has ended: if it was ours, send its answer. */
void edit_reap(void);

#endif
