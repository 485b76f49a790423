/* Names that only a redirect or a further URL brings up: the prober does not know them,
 * so the HTTP probes keep a resolver of their own, and names in it as long as they are
 * used. */
#ifndef PROBES_HTTPNAME_H
#define PROBES_HTTPNAME_H

#include "prober/resolve.h"

/* CHANGED is called from the loop when a name's lookup came to something. */
void httpname_open(struct event_base *base, void (*changed)(struct resolve_name *name));
void httpname_close(void);

/* HOST for FAMILY, kept for the next ping. NULL when there are too many. */
struct resolve_name *httpname_want(const char *host, int family);

#endif
