/* An ordinary home router, asked by UPnP how much passed its WAN: how full, not who.
 * Only where the configuration says so. */
#ifndef COLLECTOR_UPNP_H
#define COLLECTOR_UPNP_H

#include "collector/ifcount.h"
#include "config/conf.h"

struct event_base;
struct upnp;

/* Samples go to TABLE, which is borrowed. */
struct upnp *upnp_new(struct event_base *base, struct ifcount *table);
/* As *** Collector *** upnp says: no, yes (search), or the description's address. */
void upnp_configure(struct upnp *u, const struct conf *conf);
/* How it goes, where it is asked. */
void upnp_tell(const struct upnp *u,
    void (*each)(void *ctx, const struct msg_poller *m), void *ctx);

#endif
