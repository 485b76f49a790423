/* The way to one target through time: what of a new walk is the same, another router
 * that shares the load, or another way. Pure; the clock is the caller's. */
#ifndef INFER_ROUTE_H
#define INFER_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "hops.h"

/* A way is another one when so many walks in a row found none of the old routers where
 * the first of them differed, over so long. When an old one is back within
 * ROUTE_FLAP_S the two share the load, and both belong to the way. One that differed and
 * was followed by nothing that differs for so long is forgotten. */
#define ROUTE_WALKS 5
#define ROUTE_CONFIRM_S 30
#define ROUTE_FLAP_S 600
/* A hop's figures are those of about its last probes. */
#define ROUTE_PROBES 120

enum route_news {
	ROUTE_SAME,    /* nothing new */
	ROUTE_FIRST,   /* nothing was known before */
	ROUTE_LEARNED, /* a router was added: it was silent, or shares the load */
	ROUTE_ODD,     /* it differs; not sure yet: more walks would help */
	ROUTE_CHANGED, /* another way: see change */
	ROUTE_BROKEN,  /* it did not reach the target, which was reached before */
};

struct route_change {
	int64_t time;	      /* epoch seconds: of the first walk that differed */
	uint8_t ttl;	      /* where it differed first */
	struct addr from, to; /* which router answered there, and which does */
};

struct route {
	struct hops way; /* with all routers that were learned, and latest figures;
			  * count 0: nothing is known */
	int64_t since;	 /* epoch seconds: when it was found to be so */
	int64_t seen;	 /* of the last walk that agreed */
	uint32_t changes;
	struct route_change change; /* the last; time 0: none */
	struct hops *odd;	    /* what differs and is not sure yet, or NULL */
	int64_t odd_since, odd_seen; /* of the first and the last that differ */
	unsigned odd_walks;
	struct hops *before; /* what it was before the change, for ROUTE_FLAP_S */
};

/* R is all zeros at first. Take WALK, of a route to one and the same target, at NOW
 * (epoch seconds). */
enum route_news route_take(struct route *r, const struct hops *walk, int64_t now);
/* Free what R holds. */
void route_free(struct route *r);

/* The hop of P at TTL, or NULL. */
const struct hop *hops_at(const struct hops *p, unsigned ttl);
/* The first hop of WALK whose routers are none that WAY has there, or NULL. Silence is
 * no difference. */
const struct hop *route_difference(const struct hops *way, const struct hops *walk);
/* Where does WALK end, which did not reach the target as WAY does? *FROM is the last
 * router of WAY that answered, *TO the first behind it that did not (AF_UNSPEC where
 * there is none). Returns the distance of *TO; 0: it cannot be told. */
unsigned route_break(const struct hops *way, const struct hops *walk, struct addr *from,
    struct addr *to);

#endif
