/* The path ladder: what lies between this host and the far ends, found from the ways to
 * all targets at once. Pure: it looks at what it is given, and at no clock.
 *
 *   host - (bridge | tunnel) - gateway - access - provider - (transit) - far
 *
 * Nothing is guessed: what cannot be seen from here, as in a virtual machine whose
 * software answers for all routers, is told to be hidden, and why. */
#ifndef INFER_LADDER_H
#define INFER_LADDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "here.h"
#include "hops.h"

enum rung {
	RUNG_NONE,     /* it cannot be told */
	RUNG_HOST,     /* this host itself */
	RUNG_BRIDGE,   /* the container engine's host */
	RUNG_TUNNEL,   /* the far end of the tunnel that the default route leads into */
	RUNG_HOME,     /* another host of the local network, or a second router of it */
	RUNG_GATEWAY,  /* the first router out of the local network */
	RUNG_ACCESS,   /* the first hop beyond it: 100.64.0.0/10 counts, private ones
			* behind the gateway of a private host do not (double NAT) */
	RUNG_PROVIDER, /* behind access, up to the core: the last hop that at least
			* three far targets of different networks share, and half of all
			*/
	RUNG_TRANSIT,  /* a router behind the core, or on the way to other targets */
	RUNG_FAR,      /* a far end */
	RUNGS
};
const char *rung_word(enum rung rung); /* "gateway" */

enum ladder_sight {
	LADDER_UNKNOWN, /* no way was walked that would tell */
	LADDER_ABSENT,	/* there is none here */
	LADDER_SEEN,
	LADDER_SILENT, /* it is there, and never says a word */
	LADDER_HIDDEN, /* it may be there, and cannot be seen from here: see hidden */
	LADDER_SIGHTS
};
const char *ladder_sight_word(enum ladder_sight sight); /* "seen" */

enum ladder_hidden {
	HIDDEN_NOT,
	HIDDEN_NEAR, /* something near answers in place of all routers: Docker Desktop,
		      * a proxy */
	HIDDEN_TUNNEL, /* the ways lead through a tunnel */
	HIDDEN_HOPS,   /* hops that do not count (MPLS), or never answer */
	HIDDEN_KINDS
};

#define LADDER_SET 8 /* routers that share one place (ECMP) */
/* A network, for being independent: /16 of IPv4, /32 of IPv6. */
#define LADDER_CORE 3 /* networks that must share the core */

struct ladder_anchor {
	uint8_t sight;	/* enum ladder_sight */
	uint8_t hidden; /* enum ladder_hidden, of LADDER_HIDDEN */
	uint8_t ttl;	/* how far it is; 0: not known */
	uint8_t before; /* hops right in front of it that never answer: what it says may
			 * be theirs */
	unsigned ways;	/* that cross it */
	uint8_t addresses;
	struct addr address[LADDER_SET];
};

struct ladder_role {
	uint8_t rung;	  /* enum rung */
	bool resolver;	  /* this host asks it for names */
	bool walked;	  /* its way is known */
	bool crosses;	  /* that way leads over the access hop */
	uint8_t ttl;	  /* how far it is; 0: not known */
	uint32_t network; /* equal for targets of one network, never 0 */
};

struct ladder;

/* One target; WAY is NULL where none is known. Borrowed only for the call. */
struct ladder_target {
	uint64_t id;
	struct addr address; /* AF_UNSPEC: none, and so no role */
	const struct hops *way;
};
#define LADDER_TARGETS 2048 /* those behind are left out */

struct ladder *ladder_make(
    const struct here *here, const struct ladder_target *target, size_t count);
void ladder_free(struct ladder *l); /* NULL allowed */

/* The anchor of IPv4 (V6 false) or IPv6 at RUNG: HOST, BRIDGE, TUNNEL, GATEWAY, ACCESS,
 * PROVIDER (which is the core). Never NULL; of other rungs LADDER_ABSENT. */
const struct ladder_anchor *ladder_anchor(
    const struct ladder *l, bool v6, enum rung rung);
/* Different networks that far targets of this family are in. */
unsigned ladder_far_networks(const struct ladder *l, bool v6);
/* Of target ID; NULL where it was not given. */
const struct ladder_role *ladder_role(const struct ladder *l, uint64_t id);
/* What a router or host with the address A is. */
enum rung ladder_rung_of(const struct ladder *l, const struct addr *a);

/* The last hop that the ways to A and B share: its distance, 0 when there is none.
 * ADDR, when not NULL, is its address. */
unsigned ladder_shared(
    const struct ladder *l, uint64_t a, uint64_t b, struct addr *addr);
/* The nearest hop that all of BAD cross and none of GOOD does: what is wrong with BAD
 * alone is there or behind it, or between it and the hop before. Likewise. */
unsigned ladder_cut(const struct ladder *l, const uint64_t *bad, size_t bads,
    const uint64_t *good, size_t goods, struct addr *addr);

#endif
