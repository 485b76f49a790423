#include "infer/ladder.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/mem.h"

/* A host that answers within so many hops behind the home, with no router in between,
 * is not where it seems to be. */
#define NEAR_HOPS 1
/* Far targets that must say so, of different networks. */
#define NEAR_WITNESSES 2

struct key {
	uint8_t len, bytes[16];
};

/* An address that answered on a way. */
struct node {
	UT_hash_handle hh;
	struct key key;
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

/* --- addresses -------------------------------------------------------------------- */

static bool
is_v6(const struct addr *a)
{
	return a->sa.sa_family == AF_INET6;
}

static bool
is_address(const struct addr *a)
{
	return a->sa.sa_family == AF_INET || a->sa.sa_family == AF_INET6;
}

/* Link-local ones are the same whatever their interface is called. */
static struct key
key_of(const struct addr *a)
{
	struct key key = { 0 };
	unsigned len;
	const uint8_t *bytes = addr_bytes(a, &len);

	key.len = (uint8_t)len;
	memcpy(key.bytes, bytes, len);
	return key;
}

static bool
same(const struct addr *a, const struct addr *b)
{
	struct key x, y;

	if (!is_address(a) || a->sa.sa_family != b->sa.sa_family)
		return false;
	x = key_of(a);
	y = key_of(b);
	return memcmp(&x, &y, sizeof x) == 0;
}

/* Does only its own network know it (RFC 1918, 3927, 4193)? Not 100.64.0.0/10, which is
 * a provider's. */
static bool
is_private(const struct addr *a)
{
	unsigned len;
	const uint8_t *b = addr_bytes(a, &len);

	if (len == 16)
		return (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
	return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) ||
	       (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254);
}

/* Are the first BITS bits of both the same? */
static bool
alike(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned rest = bits % 8;

	return memcmp(a, b, bits / 8) == 0 &&
	       (rest == 0 || ((a[bits / 8] ^ b[bits / 8]) >> (8 - rest)) == 0);
}

/* Is A in a network of this host's? A home is given a whole /56 of IPv6 or more, of
 * which this host sees but its own /64. */
static bool
is_local(const struct here *here, const struct addr *a)
{
	unsigned len, own_len;
	const uint8_t *bytes = addr_bytes(a, &len);

	for (unsigned i = 0; i < here->addresses; i++) {
		const struct here_address *own = &here->address[i];
		const uint8_t *b = addr_bytes(&own->address, &own_len);
		unsigned bits = own->bits;

		if (len == 16 && bits > 56 && bits <= 64)
			bits = 56;
		if (own->address.sa.sa_family == a->sa.sa_family && bits <= len * 8 &&
		    alike(bytes, b, bits))
			return true;
	}
	return false;
}

static bool
is_near(const struct here *here, const struct addr *a)
{
	return is_private(a) || is_local(here, a);
}

static bool
is_own(const struct here *here, const struct addr *a)
{
	if (addr_is_loopback(a))
		return true;
	for (unsigned i = 0; i < here->addresses; i++)
		if (same(&here->address[i].address, a))
			return true;
	return false;
}

static uint32_t
network_of(const struct addr *a)
{
	unsigned len;
	const uint8_t *b = addr_bytes(a, &len);

	if (len == 16)
		return 0x80000000U | (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
		       (uint32_t)b[2] << 8 | b[3];
	return 0x10000U | (uint32_t)b[0] << 8 | b[1];
}

/* --- the ways as given ------------------------------------------------------------ */

static struct node *
find_node(const struct ladder *l, const struct addr *a)
{
	struct key key = key_of(a);
	struct node *n;

	HASH_FIND(hh, l->by_address, &key, sizeof key, n);
	return n;
}

static struct node *
take_node(struct ladder *l, const struct addr *a, uint8_t ttl)
{
	struct node *n = find_node(l, a);

	if (n != NULL) {
		if (ttl < n->ttl)
			n->ttl = ttl;
		return n;
	}
	n = mem_zero(1, sizeof *n);
	n->key = key_of(a);
	n->address = *a;
	n->ttl = ttl;
	n->index = n->joined = l->nodes;
	if ((l->nodes & (l->nodes - 1)) == 0)
		l->node = mem_grow(l->node, l->nodes * 2 + 1, sizeof(struct node *));
	l->node[l->nodes++] = n;
	HASH_ADD(hh, l->by_address, key, sizeof n->key, n);
	return n;
}

/* The one that stands for all of the place of INDEX. */
static uint32_t
place(const struct ladder *l, uint32_t index)
{
	while (l->node[index]->joined != index)
		index = l->node[index]->joined;
	return index;
}

static void
take_way(struct ladder *l, struct walk *w, const struct hops *way)
{
	w->walked = true;
	w->blind = (way->flags & HOPS_BLIND) != 0;
	for (unsigned i = 0; i < way->count && i < HOPS_MAX; i++) {
		const struct hop *h = &way->hop[i];
		struct stop *s = &w->stop[w->stops];

		if ((h->flags & HOP_TARGET) || hop_has_address(h, &w->address)) {
			w->reached = h->ttl;
			break;
		}
		if (h->addresses == 0)
			continue;
		s->ttl = h->ttl;
		s->nodes = 0;
		for (unsigned k = 0; k < h->addresses && k < HOP_ADDRESSES; k++)
			s->node[s->nodes++] =
			    take_node(l, &h->address[k], h->ttl)->index;
		w->stops++;
	}
}

static int
by_id(const void *a, const void *b)
{
	uint64_t x = ((const struct walk *)a)->id, y = ((const struct walk *)b)->id;

	return x < y ? -1 : x > y;
}

static void
take_targets(struct ladder *l, const struct ladder_target *target, size_t count)
{
	if (count > LADDER_TARGETS)
		count = LADDER_TARGETS;
	l->walk = mem_zero(count + 1, sizeof *l->walk);
	for (size_t i = 0; i < count; i++) {
		const struct ladder_target *t = &target[i];
		struct walk *w = &l->walk[l->walks];

		if (!is_address(&t->address))
			continue;
		w->id = t->id;
		w->address = t->address;
		w->v6 = is_v6(&t->address);
		w->network = network_of(&t->address);
		/* A way that leads to an older address of it says nothing. */
		if (t->way != NULL && same(&t->way->address, &t->address))
			take_way(l, w, t->way);
		l->walks++;
	}
	qsort(l->walk, l->walks, sizeof *l->walk, by_id);
	l->role = mem_zero(l->walks + 1, sizeof *l->role);
}

/* --- routers that share a place --------------------------------------------------- */

/* Those that answered at one hop of one way, and are nowhere nearer, are alternatives.
 */
static void
join_shared(struct ladder *l)
{
	for (size_t i = 0; i < l->walks; i++)
		for (unsigned k = 0; k < l->walk[i].stops; k++) {
			const struct stop *s = &l->walk[i].stop[k];

			for (unsigned n = 1; n < s->nodes; n++) {
				uint32_t a = place(l, s->node[0]);
				uint32_t b = place(l, s->node[n]);

				if (a != b && l->node[a]->ttl == l->node[b]->ttl)
					l->node[b]->joined = a;
			}
		}
}

static bool
stops_meet(const struct ladder *l, const struct stop *a, const struct stop *b)
{
	for (unsigned i = 0; i < a->nodes; i++)
		for (unsigned k = 0; k < b->nodes; k++)
			if (place(l, a->node[i]) == place(l, b->node[k]))
				return true;
	return false;
}

/* The stop of W at TTL, or NULL. */
static const struct stop *
stop_at(const struct walk *w, unsigned ttl)
{
	for (unsigned k = 0; k < w->stops && w->stop[k].ttl <= ttl; k++)
		if (w->stop[k].ttl == ttl)
			return &w->stop[k];
	return NULL;
}

/* --- hops that were silent by chance -----------------------------------------------
 */

/* Is what lies at TTL of OTHER what is silent in W behind its stop number K (-1: the
 * begin)? It is when both ways are the same in front of it and behind it. */
static const struct stop *
lent(const struct ladder *l, const struct walk *w, int k, unsigned ttl,
    const struct walk *other)
{
	const struct stop *s = stop_at(other, ttl), *near, *far;

	if (s == NULL || other->v6 != w->v6)
		return NULL;
	near = k < 0 ? NULL : stop_at(other, w->stop[k].ttl);
	far = stop_at(other, w->stop[k + 1].ttl);
	if (far == NULL || !stops_meet(l, far, &w->stop[k + 1]) ||
	    (k >= 0 && (near == NULL || !stops_meet(l, near, &w->stop[k]))))
		return NULL;
	return s;
}

static void
insert_stop(struct walk *w, unsigned at, const struct stop *s)
{
	if (w->stops == HOPS_MAX)
		return;
	memmove(&w->stop[at + 1], &w->stop[at], (w->stops - at) * sizeof *s);
	w->stop[at] = *s;
	w->stops++;
}

/* What others know of the hops of W that are silent behind its stop number K. */
static void
fill_gap(const struct ladder *l, struct walk *w, int k, size_t self)
{
	unsigned ttl = k < 0 ? 1 : w->stop[k].ttl + 1U;

	for (; ttl < w->stop[k + 1].ttl; ttl++) {
		const struct stop *s = NULL;

		for (size_t o = 0; o < l->walks && s == NULL; o++)
			if (o != self)
				s = lent(l, w, k, ttl, &l->walk[o]);
		if (s != NULL) {
			insert_stop(w, (unsigned)(k + 1), s);
			return;
		}
	}
}

/* A router that limits its answers is silent in some ways and speaks in others. What
 * was put in is in front of the next gap. */
static void
fill_silent(struct ladder *l)
{
	for (size_t i = 0; i < l->walks; i++)
		for (int k = -1; k + 1 < (int)l->walk[i].stops; k++)
			fill_gap(l, &l->walk[i], k, i);
}

/* --- anchors -----------------------------------------------------------------------
 */

static void
anchor_add(struct ladder_anchor *a, const struct addr *address)
{
	for (unsigned i = 0; i < a->addresses; i++)
		if (same(&a->address[i], address))
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
		if (same(&a->address[i], address))
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
		const struct stop *s = stop_at(&l->walk[i], ttl);

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
		if (!is_near(&l->here, &l->node[s->node[n]]->address))
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
			anchor_add_stop(l, a, stop_at(&l->walk[i], best));
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

		if (w->v6 != v6 || w->reached == 0 || is_near(&l->here, &w->address) ||
		    is_own(&l->here, &w->address))
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
		    !is_near(&l->here, &w->address) && !is_own(&l->here, &w->address))
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
	if (is_address(next)) {
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
		const struct stop *s = stop_at(w, 2);

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

/* --- the core ----------------------------------------------------------------------
 */

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
				    l->node[place(l, list[i]->stop[k].node[n])];

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

		if (n->joined == i && is_v6(&n->address) == v6 && n->ttl > behind &&
		    n->networks >= LADDER_CORE && 2 * n->networks >= all &&
		    !anchor_has(access, &n->address) &&
		    (best == NULL || n->ttl > best->ttl ||
			(n->ttl == best->ttl && n->networks > best->networks)))
			best = n;
	}
	for (uint32_t i = 0; best != NULL && i < l->nodes; i++)
		if (place(l, i) == best->index)
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

/* --- roles -------------------------------------------------------------------------
 */

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

	if (!is_address(a))
		return RUNG_NONE;
	if (is_own(&l->here, a))
		return RUNG_HOST;
	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
		if (anchor_has(&l->anchor[is_v6(a)][order[i]], a))
			return order[i];
	n = find_node(l, a);
	if (n != NULL && n->rung != RUNG_NONE)
		return (enum rung)n->rung;
	return is_near(&l->here, a) ? RUNG_HOME : RUNG_NONE;
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
		r->resolver |= same(&l->here.resolver[i], &w->address);
	/* A private address behind the access hop is none of this home; one that no
	 * way is known to is most likely. */
	if (rung == RUNG_NONE || (rung == RUNG_HOME && w->far))
		rung = RUNG_FAR;
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

/* --- together ----------------------------------------------------------------------
 */

static void
mark_far(struct ladder *l, bool v6)
{
	bool tunnel = link_of(l, v6) == HERE_TUNNEL;

	for (size_t i = 0; i < l->walks; i++) {
		struct walk *w = &l->walk[i];

		if (w->v6 == v6)
			w->far = w->access > 0 || (tunnel && w->walked &&
						      !is_near(&l->here, &w->address) &&
						      !is_own(&l->here, &w->address));
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
			if (is_v6(&l->here.address[i].address) == (v6 == 1))
				anchor_add(a, &l->here.address[i].address);
		a->sight = a->addresses > 0 ? LADDER_SEEN : LADDER_UNKNOWN;
	}
}

struct ladder *
ladder_make(const struct here *here, const struct ladder_target *target, size_t count)
{
	struct ladder *l = mem_zero(1, sizeof *l);

	l->here = *here;
	take_targets(l, target, count);
	join_shared(l);
	fill_silent(l);
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

/* --- asking ------------------------------------------------------------------------
 */

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

	return bsearch(&key, l->walk, l->walks, sizeof key, by_id);
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
		if (stops_meet(l, s, &b->stop[k]))
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
