/* All receivers: those of the configuration, and those that only the outbox names. */
#ifndef COURIER_RECEIVERS_H
#define COURIER_RECEIVERS_H

#include <stdint.h>

#include "config/conf.h"
#include "link/link.h"

struct event_base;

/* CONF's receivers, before the lock; later reload. */
void receivers_open(struct event_base *base, const struct conf *conf);
void receivers_configure(const struct conf *conf);
/* Begin to look into the outbox, again and again. */
void receivers_run(void);
/* Begin nothing more; LEFT is called once what is on its way has arrived or failed, or
 * a few seconds later: then all is freed. */
void receivers_stop(void (*left)(void));

/* The line to web, NULL when it went down: how receivers are is told there. */
void receivers_web(struct link *link);
/* Web wants a receiver tried. 0, or -1 when the message is not to be believed. */
int receivers_message(struct msg_in *in);

#endif
