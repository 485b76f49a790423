/* Blockades against attacks, kept in step with the open incidents of kind attack in
 * events.db: what an attack calls for is announced, and what no open attack calls for any
 * more is withdrawn. What is announced, or may be, stands in .smokebox/courier/announced
 * before a program is called, so that after any crash the next start withdraws it. */
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
/* No program is called any more; what is announced stays so until the next start. */
void blockades_stop(void);

#endif
