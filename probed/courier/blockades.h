/* Blockades against attacks, kept in step with the open incidents of kind attack in
 * events.db: what an attack calls for is announced, and what no open attack calls for
 * any more is withdrawn. What is announced, or may be, the runner writes down before a
 * program is called (runner/inforce.h) and says at the next start, so that after any
 * crash it is withdrawn. */
#ifndef COURIER_BLOCKADES_H
#define COURIER_BLOCKADES_H

#include "config/conf.h"
#include "link/link.h"

struct event_base;
struct outbox;

/* Before the lock: learns the addresses of this host and its gateways. O is borrowed. */
void blockades_open(struct event_base *base, const struct conf *conf);
void blockades_run(void);
void blockades_configure(const struct conf *conf);
/* A new line to web, or NULL. */
void blockades_web(struct link *link);
/* What the runner says is in force. 0, or -1 when it is not to be believed. */
int blockades_message(struct msg_in *in);
/* No program is called any more; what is announced stays so until the next start. */
void blockades_stop(void);

#endif
