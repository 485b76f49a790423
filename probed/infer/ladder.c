#include "infer/ladder.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "infer/ladder_impl.h"

/* A host that answers within so many hops behind the home, with no router in between,
 * is not where it seems to be. */
#define NEAR_HOPS 1
/* Far targets that must say so, of different networks. */
#define NEAR_WITNESSES 2

const char *
rung_word(enum rung rung)
{
	static const char *const word[RUNGS] = { "none", "host", "bridge", "tunnel",
		"home", "gateway", "access", "provider", "transit", "far" };

	return word[rung];
}

const char *
ladder_sight_word(enum ladder_sight sight)
{
	static const char *const word[LADDER_SIGHTS] = { "unknown", "absent", "seen",
		"silent", "hidden" };

	return word[sight];
}

/* --- anchors ---------------------------------------------------------------------- */

static void
anchor_add(struct ladder_anchor *a, const struct addr *address)
{
	for (unsigned i = 0; i < a->addresses; i++)
		if (ladder_same(&a->address[i], address))
			return;
	if (a->addresses == LADDER_SET)
		return;
	a->address[a->addresses] = *address;
	addr_set_port(&a->address[a->addresses++], 0);
}

static bool
anchor_has(const struct ladder_anchor *a, const struct addr *address)
{
	for (unsigned i = 0; i < a->addresses; i++)
		if (ladder_same(&a->address[i], address))
			return true;
	return false;
}

static void
anchor_add_stop(const struct ladder *l, struct ladder_anchor *a, const struct stop *s)
{
	for (unsigned n = 0; n < s->nodes; n++)
		anchor_add(a, &l->node[s->node[n]]->address);
}

/* Everything that answers at TTL of any way of the family. */
static void
anchor_at(const struct ladder *l, struct ladder_anchor *a, bool v6, unsigned ttl)
{
	for (size_t i = 0; i < l->walks; i++) {
		const struct stop *s = ladder_stop_at(&l->walk[i], ttl);

		if (l->walk[i].v6 != v6 || s == NULL)
			continue;
		anchor_add_stop(l, a, s);
		a->ways++;
	}
	if (a->addresses > 0) {
		a->sight = LADDER_SEEN;
		a->ttl = (uint8_t)ttl;
	}
}

static bool
stop_is_near(const struct ladder *l, const struct stop *s)
{
	for (unsigned n = 0; n < s->nodes; n++)
		if (!ladder_is_near(&l->here, &l->node[s->node[n]]->address))
			return false;
	return true;
}

static enum here_link
link_of(const struct ladder *l, bool v6)
{
	return (enum here_link)l->here.link[v6];
}

/* Hops that are in front of the access hop whatever their address is: the first router,
 * but where the line itself is the provider's. Behind a container's bridge the next one
 * is the home's gateway only if its address is a private one: else the engine's host is
 * the router itself. */
static unsigned
home_hops(const struct ladder *l, bool v6)
{
	return link_of(l, v6) == HERE_POINT ? 0 : 1;
}

/* Where W leaves the home, and how many silent hops are right in front of that. */
static void
leave_home(const struct ladder *l, struct walk *w, unsigned *before)
{
	unsigned last = home_hops(l, w->v6);

	*before = 0;
	for (unsigned k = 0; k < w->stops && w->access == 0; k++) {
		const struct stop *s = &w->stop[k];

		if (s->ttl <= last)
			continue;
		if (stop_is_near(l, s))
			last = s->ttl;
		else {
			w->access = s->ttl;
			*before = s->ttl - last - 1;
		}
	}
}

/* The access hop: where most ways leave the home. */
static void
find_access(struct ladder *l, bool v6)
{
	struct ladder_anchor *a = &l->anchor[v6][RUNG_ACCESS];
	unsigned votes[256] = { 0 }, least[256] = { 0 }, best = 0, before;

	for (size_t i = 0; i < l->walks; i++) {
		struct walk *w = &l->walk[i];

		if (w->v6 != v6)
			continue;
		leave_home(l, w, &before);
		if (w->access == 0)
			continue;
		if (votes[w->access]++ == 0 || before < least[w->access])
			least[w->access] = before;
		if (best == 0 || votes[w->access] > votes[best])
			best = w->access;
	}
	for (unsigned ttl = 1; ttl < best; ttl++) /* of equals the nearest */
		if (votes[ttl] == votes[best])
			best = ttl;
	for (size_t i = 0; best > 0 && i < l->walks; i++)
		if (l->walk[i].v6 == v6 && l->walk[i].access == best)
			anchor_add_stop(l, a, ladder_stop_at(&l->walk[i], best));
	if (best == 0)
		return;
	a->sight = LADDER_SEEN;
	a->ttl = (uint8_t)best;
	a->before = (uint8_t)least[best];
	a->ways = votes[best];
}

/* Something near answers for all: hosts that cannot be near are, one after the other,
 * and no router is in between. */
static bool
is_blind(const struct ladder *l, bool v6)
{
	unsigned most = home_hops(l, v6) + NEAR_HOPS, witnesses = 0, told = 0;
	uint32_t first = 0;

	if (link_of(l, v6) == HERE_BRIDGE)
		most++;
	for (size_t i = 0; i < l->walks; i++) {
		const struct walk *w = &l->walk[i];

		if (w->v6 != v6 || w->reached == 0 ||
		    ladder_is_near(&l->here, &w->address) ||
		    ladder_is_own(&l->here, &w->address))
			continue;
		if (w->reached > most)
			return false;
		told += w->blind;
		if (witnesses == 0 || w->network != first)
			witnesses++;
		if (first == 0)
			first = w->network;
	}
	return witnesses >= NEAR_WITNESSES || told > 0;
}

/* What is known of the ways to public addresses where no access hop was seen. */
static enum ladder_sight
unseen(const struct ladder *l, bool v6)
{
	for (size_t i = 0; i < l->walks; i++) {
		const struct walk *w = &l->walk[i];

		if (w->v6 == v6 && w->walked && w->reached > 0 &&
		    !ladder_is_near(&l->here, &w->address) &&
		    !ladder_is_own(&l->here, &w->address))
			return LADDER_SILENT;
	}
	return LADDER_UNKNOWN;
}

static void
hide(struct ladder_anchor *a, enum ladder_hidden why)
{
	*a = (struct ladder_anchor){ .sight = LADDER_HIDDEN, .hidden = (uint8_t)why };
}

/* Bridge, tunnel and gateway, from the routes and the first hops. */
static void
find_gateway(struct ladder *l, bool v6)
{
	struct ladder_anchor *anchor = l->anchor[v6];
	const struct addr *next = &l->here.gateway[v6];
	enum rung first = RUNG_GATEWAY;

	for (unsigned r = 0; r < RUNGS; r++)
		anchor[r].sight = LADDER_ABSENT;
	if (link_of(l, v6) == HERE_POINT)
		return;
	if (link_of(l, v6) == HERE_BRIDGE)
		first = RUNG_BRIDGE;
	else if (link_of(l, v6) == HERE_TUNNEL)
		first = RUNG_TUNNEL;
	anchor[first].sight = LADDER_UNKNOWN;
	if (ladder_is_address(next)) {
		anchor_add(&anchor[first], next);
		anchor[first].sight = LADDER_SEEN;
		anchor[first].ttl = 1;
	}
	anchor_at(l, &anchor[first], v6, 1);
	if (first == RUNG_TUNNEL)
		hide(&anchor[RUNG_GATEWAY], HIDDEN_TUNNEL);
}

/* Behind a container's bridge: the second hop, if it is a local one. */
static void
find_behind_bridge(struct ladder *l, bool v6)
{
	struct ladder_anchor *a = &l->anchor[v6][RUNG_GATEWAY];
	bool passed = false;

	a->sight = LADDER_UNKNOWN;
	for (size_t i = 0; i < l->walks; i++) {
		const struct walk *w = &l->walk[i];
		const struct stop *s = ladder_stop_at(w, 2);

		if (w->v6 != v6)
			continue;
		passed |=
		    s == NULL && w->reached != 2 &&
		    (w->reached > 2 || (w->stops > 0 && w->stop[w->stops - 1].ttl > 2));
		if (s != NULL && !stop_is_near(l, s)) {
			*a = (struct ladder_anchor){ .sight = LADDER_ABSENT };
			return;
		}
	}
	anchor_at(l, a, v6, 2);
	if (a->sight == LADDER_UNKNOWN && passed)
		*a = (struct ladder_anchor){ .sight = LADDER_SILENT, .ttl = 2 };
}

/* --- the core --------------------------------------------------------------------- */

static int
by_network(const void *a, const void *b)
{
	const struct walk *x = *(struct walk *const *)a, *y = *(struct walk *const *)b;

	return x->network < y->network ? -1 : x->network > y->network;
}

/* The far walks of the family, by network; how many into *COUNT. To be freed. */
static struct walk **
far_walks(const struct ladder *l, bool v6, size_t *count)
{
	struct walk **list = mem_zero(l->walks + 1, sizeof(struct walk *));

	*count = 0;
	for (size_t i = 0; i < l->walks; i++)
		if (l->walk[i].v6 == v6 && l->walk[i].far)
			list[(*count)++] = &l->walk[i];
	qsort(list, *count, sizeof *list, by_network);
	return list;
}

/* How many networks are reached over each place. Returns how many there are. */
static unsigned
count_networks(struct ladder *l, struct walk *const *list, size_t count)
{
	unsigned networks = 0;
	uint32_t last = 0;

	for (size_t i = 0; i < count; i++) {
		networks += list[i]->network != last;
		last = list[i]->network;
		for (unsigned k = 0; k < list[i]->stops; k++)
			for (unsigned n = 0; n < list[i]->stop[k].nodes; n++) {
				struct node *node =
				    l->node[ladder_place(l, list[i]->stop[k].node[n])];

				node->ways++;
				if (node->mark != last)
					node->networks++;
				node->mark = last;
			}
	}
	return networks;
}

/* Does nothing answer between the access hop and the far ends? */
static bool
is_bare(struct walk *const *list, size_t count, unsigned access)
{
	for (size_t i = 0; i < count; i++)
		if (list[i]->stops > 0 &&
		    list[i]->stop[list[i]->stops - 1].ttl > access)
			return false;
	return true;
}

static void
find_core(struct ladder *l, bool v6)
{
	struct ladder_anchor *a = &l->anchor[v6][RUNG_PROVIDER];
	const struct ladder_anchor *access = &l->anchor[v6][RUNG_ACCESS];
	unsigned behind = access->sight == LADDER_SEEN ? access->ttl : 1;
	const struct node *best = NULL;
	size_t count;
	struct walk **list = far_walks(l, v6, &count);
	unsigned all = count_networks(l, list, count);

	a->sight = LADDER_UNKNOWN;
	for (uint32_t i = 0; i < l->nodes && all >= LADDER_CORE; i++) {
		const struct node *n = l->node[i];

		if (n->joined == i && ladder_is_v6(&n->address) == v6 &&
		    n->ttl > behind && n->networks >= LADDER_CORE &&
		    2 * n->networks >= all && !anchor_has(access, &n->address) &&
		    (best == NULL || n->ttl > best->ttl ||
			(n->ttl == best->ttl && n->networks > best->networks)))
			best = n;
	}
	for (uint32_t i = 0; best != NULL && i < l->nodes; i++)
		if (ladder_place(l, i) == best->index)
			anchor_add(a, &l->node[i]->address);
	if (best != NULL) {
		a->sight = LADDER_SEEN;
		a->ttl = best->ttl;
		a->ways = best->ways;
	} else if (all >= LADDER_CORE && is_bare(list, count, behind))
		hide(a, HIDDEN_HOPS);
	else if (all >= LADDER_CORE)
		a->sight = LADDER_ABSENT;
	free(list);
}

/* --- roles ------------------------------------------------------------------------ */

static void
set_rung(struct node *n, enum rung rung)
{
	if (n->rung == RUNG_NONE || rung < n->rung)
		n->rung = (uint8_t)rung;
}

/* Where W meets A, or 0. */
static unsigned
meets(const struct ladder *l, const struct walk *w, const struct ladder_anchor *a)
{
	for (unsigned k = 0; k < w->stops; k++)
		for (unsigned n = 0; n < w->stop[k].nodes; n++)
			if (anchor_has(a, &l->node[w->stop[k].node[n]]->address))
				return w->stop[k].ttl;
	return 0;
}

/* On which rung each router of the ways is. */
static void
place_routers(struct ladder *l)
{
	for (size_t i = 0; i < l->walks; i++) {
		const struct walk *w = &l->walk[i];
		const struct ladder_anchor *core = &l->anchor[w->v6][RUNG_PROVIDER];
		unsigned end = core->sight == LADDER_SEEN ? core->ttl : 0;
		unsigned met = end > 0 ? meets(l, w, core) : 0;

		if (met > 0)
			end = met;
		for (unsigned k = 0; k < w->stops; k++) {
			const struct stop *s = &w->stop[k];
			enum rung rung = RUNG_HOME;

			if (w->access == 0 && link_of(l, w->v6) != HERE_TUNNEL)
				rung = stop_is_near(l, s) ? RUNG_HOME : RUNG_NONE;
			else if (w->access == 0 || s->ttl >= w->access)
				rung = end == 0	       ? RUNG_NONE
				       : s->ttl <= end ? RUNG_PROVIDER
						       : RUNG_TRANSIT;
			for (unsigned n = 0; n < s->nodes && rung != RUNG_NONE; n++)
				set_rung(l->node[s->node[n]], rung);
		}
	}
}

enum rung
ladder_rung_of(const struct ladder *l, const struct addr *a)
{
	static const enum rung order[] = { RUNG_TUNNEL, RUNG_BRIDGE, RUNG_GATEWAY,
		RUNG_ACCESS, RUNG_PROVIDER };
	const struct node *n;

	if (!ladder_is_address(a))
		return RUNG_NONE;
	if (ladder_is_own(&l->here, a))
		return RUNG_HOST;
	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
		if (anchor_has(&l->anchor[ladder_is_v6(a)][order[i]], a))
			return order[i];
	n = ladder_node(l, a);
	if (n != NULL && n->rung != RUNG_NONE)
		return (enum rung)n->rung;
	return ladder_is_near(&l->here, a) ? RUNG_HOME : RUNG_NONE;
}

/* May the target of W be a router on the way to others, which is silent there, and at
 * times to W? It is right behind one of its own network, as what says nothing on their
 * ways is. */
static bool
may_be_silent(const struct ladder *l, const struct walk *w)
{
	const struct stop *near = w->stops > 0 ? &w->stop[w->stops - 1] : NULL;

	if (near == NULL || (w->reached != 0 && w->reached != near->ttl + 1) ||
	    ladder_network(&l->node[near->node[0]]->address) != w->network)
		return false;
	for (size_t i = 0; i < l->walks; i++) {
		const struct walk *o = &l->walk[i];
		const struct stop *s = ladder_stop_at(o, near->ttl);

		if (o != w && o->v6 == w->v6 && s != NULL &&
		    ladder_stops_meet(l, near, s) && o->reached > near->ttl + 1 &&
		    ladder_stop_at(o, near->ttl + 1U) == NULL)
			return true;
	}
	return false;
}

static void
give_role(const struct ladder *l, const struct walk *w, struct ladder_role *r)
{
	enum rung rung = ladder_rung_of(l, &w->address);

	r->walked = w->walked;
	r->crosses = w->far;
	r->ttl = w->reached;
	r->network = w->network;
	for (unsigned i = 0; i < l->here.resolvers; i++)
		r->resolver |= ladder_same(&l->here.resolver[i], &w->address);
	/* A private address behind the access hop is none of this home; one that no
	 * way is known to is most likely. */
	if (rung == RUNG_NONE || (rung == RUNG_HOME && w->far))
		rung = RUNG_FAR;
	/* What is on the way to others is no end: a router that seldom says a word. */
	if (rung == RUNG_FAR &&
	    (ladder_node(l, &w->address) != NULL || may_be_silent(l, w)))
		rung = RUNG_TRANSIT;
	r->rung = (uint8_t)rung;
}

static void
count_far(struct ladder *l, bool v6)
{
	size_t count = 0;
	uint32_t last = 0;
	struct walk **list = mem_zero(l->walks + 1, sizeof(struct walk *));

	for (size_t i = 0; i < l->walks; i++)
		if (l->walk[i].v6 == v6 && l->role[i].rung == RUNG_FAR)
			list[count++] = &l->walk[i];
	qsort(list, count, sizeof *list, by_network);
	for (size_t i = 0; i < count; i++) {
		l->far_networks[v6] += list[i]->network != last;
		last = list[i]->network;
	}
	free(list);
}

/* --- together --------------------------------------------------------------------- */

static void
mark_far(struct ladder *l, bool v6)
{
	bool tunnel = link_of(l, v6) == HERE_TUNNEL;

	for (size_t i = 0; i < l->walks; i++) {
		struct walk *w = &l->walk[i];

		if (w->v6 == v6)
			w->far = w->access > 0 ||
				 (tunnel && w->walked &&
				     !ladder_is_near(&l->here, &w->address) &&
				     !ladder_is_own(&l->here, &w->address));
	}
}

static void
find_anchors(struct ladder *l, bool v6)
{
	struct ladder_anchor *anchor = l->anchor[v6];

	find_gateway(l, v6);
	if (link_of(l, v6) == HERE_BRIDGE)
		find_behind_bridge(l, v6);
	find_access(l, v6);
	mark_far(l, v6);
	if (anchor[RUNG_ACCESS].sight != LADDER_SEEN) {
		anchor[RUNG_ACCESS].sight = (uint8_t)unseen(l, v6);
		if (is_blind(l, v6)) {
			if (link_of(l, v6) == HERE_BRIDGE)
				hide(&anchor[RUNG_GATEWAY], HIDDEN_NEAR);
			hide(&anchor[RUNG_ACCESS], HIDDEN_NEAR);
			hide(&anchor[RUNG_PROVIDER], HIDDEN_NEAR);
			return;
		}
	}
	if (link_of(l, v6) == HERE_TUNNEL)
		hide(&anchor[RUNG_ACCESS], HIDDEN_TUNNEL);
	find_core(l, v6);
}

static void
find_host(struct ladder *l)
{
	for (unsigned v6 = 0; v6 < 2; v6++) {
		struct ladder_anchor *a = &l->anchor[v6][RUNG_HOST];

		for (unsigned i = 0; i < l->here.addresses; i++)
			if (ladder_is_v6(&l->here.address[i].address) == (v6 == 1))
				anchor_add(a, &l->here.address[i].address);
		a->sight = a->addresses > 0 ? LADDER_SEEN : LADDER_UNKNOWN;
	}
}

struct ladder *
ladder_make(const struct here *here, const struct ladder_target *target, size_t count)
{
	struct ladder *l = mem_zero(1, sizeof *l);

	l->here = *here;
	ladder_take(l, target, count);
	ladder_join(l);
	ladder_fill(l);
	find_anchors(l, false);
	find_anchors(l, true);
	find_host(l);
	place_routers(l);
	for (size_t i = 0; i < l->walks; i++)
		give_role(l, &l->walk[i], &l->role[i]);
	count_far(l, false);
	count_far(l, true);
	return l;
}

void
ladder_free(struct ladder *l)
{
	if (l == NULL)
		return;
	HASH_CLEAR(hh, l->by_address);
	for (uint32_t i = 0; i < l->nodes; i++)
		free(l->node[i]);
	free(l->node);
	free(l->walk);
	free(l->role);
	free(l);
}

/* --- asking ----------------------------------------------------------------------- */

const struct ladder_anchor *
ladder_anchor(const struct ladder *l, bool v6, enum rung rung)
{
	return &l->anchor[v6][rung];
}

unsigned
ladder_far_networks(const struct ladder *l, bool v6)
{
	return l->far_networks[v6];
}

static const struct walk *
find_walk(const struct ladder *l, uint64_t id)
{
	const struct walk key = { .id = id };

	return bsearch(&key, l->walk, l->walks, sizeof key, ladder_by_id);
}

const struct ladder_role *
ladder_role(const struct ladder *l, uint64_t id)
{
	const struct walk *w = find_walk(l, id);

	return w != NULL ? &l->role[w - l->walk] : NULL;
}

/* The stop of B that S is too, or NULL. */
static const struct stop *
crossing(const struct ladder *l, const struct stop *s, const struct walk *b)
{
	for (unsigned k = 0; k < b->stops; k++)
		if (ladder_stops_meet(l, s, &b->stop[k]))
			return &b->stop[k];
	return NULL;
}

static unsigned
tell(const struct ladder *l, const struct stop *s, struct addr *addr)
{
	if (s == NULL)
		return 0;
	if (addr != NULL)
		*addr = l->node[s->node[0]]->address;
	return s->ttl;
}

unsigned
ladder_shared(const struct ladder *l, uint64_t a, uint64_t b, struct addr *addr)
{
	const struct walk *x = find_walk(l, a), *y = find_walk(l, b);
	const struct stop *last = NULL;

	if (x == NULL || y == NULL)
		return 0;
	for (unsigned k = 0; k < x->stops; k++)
		if (crossing(l, &x->stop[k], y) != NULL)
			last = &x->stop[k];
	return tell(l, last, addr);
}

/* Do all (ALL) of, or does any of, the targets in ID cross S? */
static bool
cross(const struct ladder *l, const struct stop *s, const uint64_t *id, size_t count,
    bool all)
{
	for (size_t i = 0; i < count; i++) {
		const struct walk *w = find_walk(l, id[i]);
		bool is = w != NULL && crossing(l, s, w) != NULL;

		if (is != all)
			return !all;
	}
	return all;
}

unsigned
ladder_cut(const struct ladder *l, const uint64_t *bad, size_t bads,
    const uint64_t *good, size_t goods, struct addr *addr)
{
	const struct walk *w = bads > 0 ? find_walk(l, bad[0]) : NULL;

	for (unsigned k = 0; w != NULL && k < w->stops; k++) {
		const struct stop *s = &w->stop[k];

		if (cross(l, s, bad + 1, bads - 1, true) &&
		    !cross(l, s, good, goods, false))
			return tell(l, s, addr);
	}
	return 0;
}
