/* Names to addresses, beside the measuring path and never blocking it: c-ares on the
 * event loop, a cache by TTL (60 s at least, 1 h at most), refreshed between rounds. A
 * stale address goes on being used; a name that never resolved is its own state. */
#ifndef PROBER_RESOLVE_H
#define PROBER_RESOLVE_H

#include "base/addr.h"

struct event_base;
struct resolver;
struct resolve_name;

enum resolve_state {
	RESOLVE_PENDING, /* first answer not there yet */
	RESOLVE_FRESH,
	RESOLVE_STALE,	/* the last try failed; the address is an older one */
	RESOLVE_FAILED, /* never resolved; tried again with back-off, 5 s to 5 min */
};

/* CHANGED is called from the loop whenever a name's state or address changed. */
struct resolver *resolve_new(struct event_base *base,
    void (*changed)(void *ctx, struct resolve_name *name), void *ctx);
void resolve_free(struct resolver *r);

/* How long things last, in milliseconds; resolve_new() sets those of the text above.
 * A test makes them short, before it wants the first name. */
struct resolve_times {
	unsigned ttl_min_ms, ttl_max_ms;     /* an answer's life is held between */
	unsigned retry_min_ms, retry_max_ms; /* after failures, doubling */
	unsigned check_ms;		     /* look at resolv.conf and hosts */
	unsigned timeout_ms;		     /* of one try of one server */
};
void resolve_set_times(struct resolver *r, const struct resolve_times *times);

/* Take an interest in HOST (a literal is fresh at once) for FAMILY (AF_INET, AF_INET6;
 * AF_UNSPEC: v4 first, v6 when it has no v4). Same name and family: same object,
 * counted.
 */
struct resolve_name *resolve_want(struct resolver *r, const char *host, int family);
void resolve_unwant(struct resolver *r, struct resolve_name *name);

/* The state now; ADDR gets the address (AF_UNSPEC when none); WHY, if not NULL, a
 * borrowed text: "server1.example: no such name". */
enum resolve_state resolve_get(
    const struct resolve_name *name, struct addr *addr, const char **why);

/* How long the resolver took to answer when it was last asked, in ns; 0: it never was
 * (a literal, a line of hosts). */
int64_t resolve_took(const struct resolve_name *name);

#endif
