/* This box as a slave: its rounds go to a master, and what that one tells comes back.
 */
#ifndef COURIER_MASTER_H
#define COURIER_MASTER_H

#include "config/conf.h"

struct event_base;

/* Before the lock. Does nothing where CONF names no master. */
void master_open(struct event_base *base, const struct conf *conf);
/* Another configuration is in force. */
void master_configure(const struct conf *conf);
/* Begin to call. */
void master_run(void);
/* Give up what is on its way: it was not taken, and will be sent again. */
void master_stop(void);

#endif
