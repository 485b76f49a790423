/* The addresses of this host and of its gateways, which are never blocked: as the
 * kernel has them now, since an address comes by DHCP, and goes with a line that is
 * dialled anew. */
#ifndef COURIER_OWN_H
#define COURIER_OWN_H

#include "base/prefix.h"

struct event_base;

/* Ask the kernel from now on, and until own_close(), on BASE. */
void own_open(struct event_base *base);
void own_close(void);
/* Those of now, ours until the next call. Where the kernel does not tell, those it told
 * last. NULL: it never did. */
const struct prefixes *own_addresses(void);

#endif
