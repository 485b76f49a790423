/* Who of the fetches may run: places for transfers and for TLS handshakes. */
#ifndef PROBES_HTTPQUEUE_H
#define PROBES_HTTPQUEUE_H

#include "probes/httpfetch.h"

struct event_base;

/* START is called from the loop for a fetch whose turn it is, LOST for one that waited
 * so long that it shall not be sent any more; both take it out of the queue. */
void httpqueue_open(struct event_base *base, void (*start)(struct http_fetch *f),
    void (*lost)(struct http_fetch *f, enum ping_outcome outcome, const char *why));
void httpqueue_close(void);

/* F is at PLACE from now on. */
void httpqueue_move(struct http_fetch *f, enum http_place place);
/* Have F's present URL fetched as soon as there is a place for it. */
void httpqueue_add(struct http_fetch *f);
/* NAME has its address, or none: for those that wait for it. */
void httpqueue_name(struct resolve_name *name);
/* F's present URL: that of its options, or where a redirect led. */
const char *httpqueue_url(const struct http_fetch *f);

#endif
