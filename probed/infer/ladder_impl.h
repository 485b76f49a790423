/* The ladder from the inside: its ways, for ladder.c and ladderways.c only. */
#ifndef INFER_LADDER_IMPL_H
#define INFER_LADDER_IMPL_H

#include <uthash.h>

#include "flow.h"
#include "infer/ladder.h"

/* An address that answered on a way. */
struct node {
	UT_hash_handle hh;
	struct flow_ip key;
	struct addr address;
	uint32_t index, joined; /* index of another one of its place; its own: none */
	uint8_t ttl;		/* where it was seen first, of all ways the nearest */
	uint8_t rung;		/* HOME, PROVIDER, TRANSIT; NONE: not told */
	uint32_t mark;		/* the network that was counted last */
	unsigned networks, ways;
};

/* A hop of a way, by what answered there. */
struct stop {
	uint8_t ttl, nodes;
	uint32_t node[HOP_ADDRESSES];
};

/* A way, without the target's own answer. */
struct walk {
	uint64_t id;
	struct addr address;
	bool v6, walked, blind;
	bool far;	 /* it crosses the access hop, or the tunnel */
	uint8_t reached; /* how far the target is; 0: it never answered */
	uint8_t access;	 /* where the way leaves the home; 0: that was not seen */
	uint8_t stops;
	struct stop stop[HOPS_MAX];
	uint32_t network;
};

struct ladder {
	struct here here;
	struct node *by_address, **node;
	uint32_t nodes;
	struct walk *walk; /* ascending by id */
	struct ladder_role *role;
	size_t walks;
	struct ladder_anchor anchor[2][RUNGS];
	unsigned far_networks[2];
};

bool ladder_is_v6(const struct addr *a);
bool ladder_is_address(const struct addr *a);
/* The same address, whatever its port and interface? */
bool ladder_same(const struct addr *a, const struct addr *b);
/* Is A in a network of this host's, or one that only its own network knows? */
bool ladder_is_near(const struct here *here, const struct addr *a);
/* Is A this host? */
bool ladder_is_own(const struct here *here, const struct addr *a);
/* The network that A is in, for being independent. */
uint32_t ladder_network(const struct addr *a);
/* Who answers at A, or NULL. */
struct node *ladder_node(const struct ladder *l, const struct addr *a);
/* The one that stands for all of the place of INDEX. */
uint32_t ladder_place(const struct ladder *l, uint32_t index);
/* Have A and B a router in common, or two of one place? */
bool ladder_stops_meet(
    const struct ladder *l, const struct stop *a, const struct stop *b);
/* The stop of W at TTL, or NULL. */
const struct stop *ladder_stop_at(const struct walk *w, unsigned ttl);
/* For bsearch() among walks. */
int ladder_by_id(const void *a, const void *b);
/* Take COUNT targets with their ways. */
void ladder_take(struct ladder *l, const struct ladder_target *target, size_t count);
/* Find routers that share a place. */
void ladder_join(struct ladder *l);
/* Fill in hops that were silent by chance. */
void ladder_fill(struct ladder *l);

#endif
