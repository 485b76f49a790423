/* The courier's sinks: all that the configuration names, fed with the rounds that the
 * recorder has stored. */
#ifndef COURIER_SINKS_H
#define COURIER_SINKS_H

#include "config/conf.h"
#include "link/link.h"
#include "round.h"

struct event_base;

/* Before the lock: libcurl is made ready, and what CONF names may be read. */
void sinks_open(struct event_base *base, const struct conf *conf);
/* Go over to CONF; sinks that did not change keep what waits. */
void sinks_configure(const struct conf *conf);
/* The line to web, which hears of the sinks; NULL: it is down. */
void sinks_web(struct link *web);
/* MSG_ROUND or MSG_VERDICT from the recorder. 0, or -1 when it is not to be believed.
 */
int sinks_message(struct msg_in *in);
/* Send what waits, for 2 s at most, then call DONE. */
void sinks_stop(void (*done)(void));

#endif
