/* What happens, as it happens: server-sent events for everybody who listens. Each event
 * is kept once, for all; a listener is a place in that sequence. Who reads slower than
 * events are made loses the place and is cut off; nobody is ever waited for. */
#ifndef WEB_STREAM_H
#define WEB_STREAM_H

#include "web/request.h"
#include "web/state.h"

struct event_base;

#define STREAM_LISTENERS 256	   /* more are answered 503 */
#define STREAM_BYTES (1024 * 1024) /* of events that are kept for all */
#define STREAM_HEARTBEAT_S 15	   /* between signs of life */

void stream_init(struct event_base *base);
/* Everybody is let go. */
void stream_stop(void);

/* GET /api/v1/stream?target=PATH: events until the listener leaves, of all targets or
 * of PATH and what is below it. Last-Event-ID goes on where the listener was, as long
 * as what came since is kept; "hello" tells whether it is. */
void stream_handle(struct request *r);

/* A round of L was stored. */
void stream_round(const struct live *l);
/* There is more of rounds that are under way. */
void stream_flight(void);
/* There is another verdict. */
void stream_verdict(void);

#endif
