/* Who is in front of a request: its peer, or whom a proxy of ours speaks for. */
#ifndef WEB_CLIENT_H
#define WEB_CLIENT_H

#include <stdbool.h>

#include "base/addr.h"

struct request;

/* The address of R's client into A, without a port: the peer's, or where that is one of
 * Web's proxies the last that it lists in X-Forwarded-For. 0, or -1 where it cannot be
 * said: on probectl's socket, and behind a proxy that does not tell. */
int client_address(const struct request *r, struct addr *a);
/* Does R's client speak TLS, to us or to one of these proxies? */
bool client_is_tls(const struct request *r);

#endif
