/* Socket addresses: parse, print, compare. */
#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/log.h"

/* One IPv4 or IPv6 address with port (network order inside, as the kernel wants it).
 * sa.sa_family is AF_UNSPEC when there is none. */
struct addr {
	union {
		struct sockaddr sa;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
};

#define ADDR_TEXT 80	  /* room for "[v6%scope]:port" */
#define ADDR_INTERFACE 16 /* room for the name of an interface */

/* From now on names of interfaces are not asked for: that takes a socket, which who is
 * locked in may not have. None is known then, and scopes are numbers. */
void addr_lock_in(void);

/* Parse an IP literal ("192.0.2.1", "2001:db8::1", "fe80::1%eth0"); port 0.
 * 0, or -1 when TEXT is no literal. */
int addr_parse(struct addr *a, const char *text);
/* Parse an IPv6 literal with the name of an interface behind it ("fe80::1%eth0"), which
 * need not be here now: A without scope, and the name into INTERFACE. 0, or -1 when
 * TEXT is none. */
int addr_parse_scoped(struct addr *a, const char *text, char interface[ADDR_INTERFACE]);
/* Parse "HOST:PORT", "[V6]:PORT", ":PORT" or "*:PORT" (the last two: all addresses,
 * both families). 0, or -1 with ERR set. */
int addr_parse_listen(struct addr *a, const char *text, struct err *err);
/* Address without port into BUF (ADDR_TEXT bytes); returns BUF. "" when none. */
const char *addr_text(const struct addr *a, char *buf);
/* Address with port, v6 in brackets. */
const char *addr_text_port(const struct addr *a, char *buf);
/* The index of the interface NAME now; 0 when it is not here: interfaces come and go,
 * and may come back with another one. */
unsigned addr_interface(const char *name);
bool addr_same_host(const struct addr *a, const struct addr *b); /* ignores port */
bool addr_same(const struct addr *a, const struct addr *b);
bool addr_is_loopback(const struct addr *a);
/* Does only its own network know it (RFC 1918, 3927, 4193, and link-local addresses of
 * IPv6)? Not 100.64.0.0/10, which is a provider's. */
bool addr_is_private(const struct addr *a);
/* Make of an IPv4 address that is mapped into IPv6, as a listener for both sees its
 * clients, a plain one. */
void addr_unmap(struct addr *a);
socklen_t addr_len(const struct addr *a);
unsigned addr_port(const struct addr *a);
void addr_set_port(struct addr *a, unsigned port);
/* The 4 or 16 address bytes and their number. */
const uint8_t *addr_bytes(const struct addr *a, unsigned *len);

#endif
