/* The routers on the ways to all targets, as a tree that this host is the root of: one
 * for each family. Ways that begin with the same hops share their nodes. */
#ifndef PROBER_WAYTREE_H
#define PROBER_WAYTREE_H

#include <sys/queue.h>

#include "base/clock.h"
#include "hops.h"
#include "prober/walk.h"

#define WAYTREE_RTTS 16 /* of a node in a minute */

/* What probes to a watched node found, since waytree_clear(). */
struct waystats {
	struct hop hop; /* but for its times */
	int64_t rtt[WAYTREE_RTTS];
};

struct waynode {
	struct waynode *up, *child, *sibling; /* UP of a root: NULL */
	struct addr address;		      /* AF_UNSPEC: it was silent */
	uint8_t ttl;			      /* of a root 0 */
	unsigned targets;		      /* whose ways lead over it */
	uint64_t owner; /* the one for which it is probed; it may be gone */
	int64_t seen;	/* when it last answered (monotonic) */
	/* While it is watched: */
	struct waystats *stats; /* NULL: it is not */
	int64_t next, sent;	/* when it is probed next, and was last */
	unsigned serial;
	bool waits; /* for the answer to that */
	TAILQ_ENTRY(waynode) all, watched;
};
TAILQ_HEAD(waynode_list, waynode);

struct waytree {
	struct waynode root[2]; /* v4, v6 */
	struct waynode_list all, watched;
};

void waytree_open(struct waytree *tree);
void waytree_close(struct waytree *tree);
/* Are too few ways known for them to have anything in common? */
bool waytree_is_young(const struct waytree *tree, int family);
/* Enter the routers of P, a way of target ID: its last one, or a root. */
struct waynode *waytree_use(struct waytree *tree, const struct hops *p, uint64_t id);
/* Of the routers of P note which have answered. */
void waytree_see(struct waytree *tree, const struct hops *p, int64_t now);
/* Target ID's way does not end at NODE (NULL: nothing) any more. */
void waytree_unuse(struct waytree *tree, struct waynode *node, uint64_t id);
/* How far most ways lead together: the last node that at least two, and half of those
 * over the one before, lead over, and that has an address, all of them seen since
 * FRESH; or the root. */
struct waynode *waytree_trunk(struct waytree *tree, int family, int64_t fresh);
/* Does the way that ends at END lead over NODE? */
bool waytree_leads(const struct waynode *end, const struct waynode *node);

/* Watch MOST nodes, of those with an address that have most targets behind them, and
 * those that others share first. */
void waytree_watch(struct waytree *tree, unsigned most, int64_t now);
/* The watched node whose turn it is at NOW; NULL: none's. */
struct waynode *waytree_due(struct waytree *tree, int64_t now);
/* When the next one's is; INT64_MAX: never. */
int64_t waytree_next(const struct waytree *tree);
/* A probe leaves for NODE, or could not. */
void waytree_sent(struct waynode *node, int64_t now);
void waytree_unsent(struct waynode *node);
/* A came for NODE. True when it is from somebody who was not known there. */
bool waytree_answer(struct waynode *node, const struct walk_answer *a, int64_t now);
/* What was found since the last time into H; a probe that is on its way still, since
 * AFTER, is left out and forgotten. */
void waytree_take(struct waynode *node, struct hop *h, int64_t after);

#endif
