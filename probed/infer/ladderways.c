/* The ways that a ladder is made of: who answers where, who shares a place with whom,
 * and what was silent by chance. */
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/mem.h"
#include "infer/ladder_impl.h"

/* --- addresses -------------------------------------------------------------------- */

bool
ladder_is_v6(const struct addr *a)
{
	return a->sa.sa_family == AF_INET6;
}

bool
ladder_is_address(const struct addr *a)
{
	return a->sa.sa_family == AF_INET || a->sa.sa_family == AF_INET6;
}

/* Link-local ones are the same whatever their interface is called. */
bool
ladder_same(const struct addr *a, const struct addr *b)
{
	struct flow_ip x, y;

	if (!ladder_is_address(a) || a->sa.sa_family != b->sa.sa_family)
		return false;
	x = flow_ip_of(a);
	y = flow_ip_of(b);
	return flow_ip_same(&x, &y);
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

/* Has this host addresses of IPv4, and only public ones? Then nobody translates them,
 * and private routers are none of a home: the provider's. */
static bool
is_public(const struct here *here)
{
	bool any = false;

	for (unsigned i = 0; i < here->addresses; i++) {
		const struct addr *a = &here->address[i].address;

		if (a->sa.sa_family != AF_INET)
			continue;
		if (addr_is_private(a))
			return false;
		any = true;
	}
	return any;
}

bool
ladder_is_near(const struct here *here, const struct addr *a)
{
	if (is_local(here, a))
		return true;
	return addr_is_private(a) && (ladder_is_v6(a) || !is_public(here));
}

bool
ladder_is_own(const struct here *here, const struct addr *a)
{
	if (addr_is_loopback(a))
		return true;
	for (unsigned i = 0; i < here->addresses; i++)
		if (ladder_same(&here->address[i].address, a))
			return true;
	return false;
}

uint32_t
ladder_network(const struct addr *a)
{
	unsigned len;
	const uint8_t *b = addr_bytes(a, &len);

	if (len == 16)
		return 0x80000000U | (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
		       (uint32_t)b[2] << 8 | b[3];
	return 0x10000U | (uint32_t)b[0] << 8 | b[1];
}

/* --- the ways as given ------------------------------------------------------------ */

struct node *
ladder_node(const struct ladder *l, const struct addr *a)
{
	struct flow_ip key = flow_ip_of(a);
	struct node *n;

	HASH_FIND(hh, l->by_address, &key, sizeof key, n);
	return n;
}

static struct node *
take_node(struct ladder *l, const struct addr *a, uint8_t ttl)
{
	struct node *n = ladder_node(l, a);

	if (n != NULL) {
		if (ttl < n->ttl)
			n->ttl = ttl;
		return n;
	}
	n = mem_zero(1, sizeof *n);
	n->key = flow_ip_of(a);
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
uint32_t
ladder_place(const struct ladder *l, uint32_t index)
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

int
ladder_by_id(const void *a, const void *b)
{
	uint64_t x = ((const struct walk *)a)->id, y = ((const struct walk *)b)->id;

	return x < y ? -1 : x > y;
}

void
ladder_take(struct ladder *l, const struct ladder_target *target, size_t count)
{
	if (count > LADDER_TARGETS)
		count = LADDER_TARGETS;
	l->walk = mem_zero(count + 1, sizeof *l->walk);
	for (size_t i = 0; i < count; i++) {
		const struct ladder_target *t = &target[i];
		struct walk *w = &l->walk[l->walks];

		if (!ladder_is_address(&t->address))
			continue;
		w->id = t->id;
		w->address = t->address;
		w->v6 = ladder_is_v6(&t->address);
		w->network = ladder_network(&t->address);
		/* A way that leads to an older address of it says nothing. */
		if (t->way != NULL && ladder_same(&t->way->address, &t->address))
			take_way(l, w, t->way);
		l->walks++;
	}
	qsort(l->walk, l->walks, sizeof *l->walk, ladder_by_id);
	l->role = mem_zero(l->walks + 1, sizeof *l->role);
}

/* --- routers that share a place --------------------------------------------------- */

/* Those that answered at one hop of one way, and are nowhere nearer, are alternatives.
 */
void
ladder_join(struct ladder *l)
{
	for (size_t i = 0; i < l->walks; i++)
		for (unsigned k = 0; k < l->walk[i].stops; k++) {
			const struct stop *s = &l->walk[i].stop[k];

			for (unsigned n = 1; n < s->nodes; n++) {
				uint32_t a = ladder_place(l, s->node[0]);
				uint32_t b = ladder_place(l, s->node[n]);

				if (a != b && l->node[a]->ttl == l->node[b]->ttl)
					l->node[b]->joined = a;
			}
		}
}

bool
ladder_stops_meet(const struct ladder *l, const struct stop *a, const struct stop *b)
{
	for (unsigned i = 0; i < a->nodes; i++)
		for (unsigned k = 0; k < b->nodes; k++)
			if (ladder_place(l, a->node[i]) == ladder_place(l, b->node[k]))
				return true;
	return false;
}

/* The stop of W at TTL, or NULL. */
const struct stop *
ladder_stop_at(const struct walk *w, unsigned ttl)
{
	for (unsigned k = 0; k < w->stops && w->stop[k].ttl <= ttl; k++)
		if (w->stop[k].ttl == ttl)
			return &w->stop[k];
	return NULL;
}

/* --- hops that were silent by chance ---------------------------------------------- */

/* Is what lies at TTL of OTHER what is silent in W behind its stop number K (-1: the
 * begin)? It is when both ways are the same in front of it and behind it. */
static const struct stop *
lent(const struct ladder *l, const struct walk *w, int k, unsigned ttl,
    const struct walk *other)
{
	const struct stop *s = ladder_stop_at(other, ttl), *near, *far;

	if (s == NULL || other->v6 != w->v6)
		return NULL;
	near = k < 0 ? NULL : ladder_stop_at(other, w->stop[k].ttl);
	far = ladder_stop_at(other, w->stop[k + 1].ttl);
	if (far == NULL || !ladder_stops_meet(l, far, &w->stop[k + 1]) ||
	    (k >= 0 && (near == NULL || !ladder_stops_meet(l, near, &w->stop[k]))))
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

/* Which ways cross each place: those of place P are number first[P] to first[P + 1] - 1
 * of WALK. */
struct crossings {
	uint32_t *first, *walk;
};

static void
find_crossings(const struct ladder *l, struct crossings *c)
{
	uint32_t *next = mem_zero(l->nodes + 1, sizeof *next);
	size_t all = 0;

	c->first = mem_zero(l->nodes + 2, sizeof *c->first);
	for (size_t i = 0; i < l->walks; i++)
		for (unsigned k = 0; k < l->walk[i].stops; k++)
			for (unsigned n = 0; n < l->walk[i].stop[k].nodes; n++, all++)
				c->first[ladder_place(l, l->walk[i].stop[k].node[n]) +
					 1]++;
	for (uint32_t p = 0; p < l->nodes; p++)
		next[p] = c->first[p + 1] += c->first[p];
	c->walk = mem_zero(all + 1, sizeof *c->walk);
	/* From behind, so that each place has its ways in their order. */
	for (size_t i = l->walks; i-- > 0;)
		for (unsigned k = 0; k < l->walk[i].stops; k++)
			for (unsigned n = 0; n < l->walk[i].stop[k].nodes; n++)
				c->walk[--next[ladder_place(
				    l, l->walk[i].stop[k].node[n])]] = (uint32_t)i;
	free(next);
}

/* A silent hop between two that speak, and what others know of it: all whose ways are
 * alike there are told the same. */
struct gap_key {
	uint8_t v6, ttl, near, far;
	uint32_t before[HOP_ADDRESSES], behind[HOP_ADDRESSES]; /* places, 0: none */
};

struct gap {
	UT_hash_handle hh;
	struct gap_key key;
	bool known;
	struct stop stop;
};

static struct gap_key
gap_key(const struct ladder *l, const struct walk *w, int k, unsigned ttl)
{
	const struct stop *near = k < 0 ? NULL : &w->stop[k], *far = &w->stop[k + 1];
	struct gap_key key;

	memset(&key, 0, sizeof key);
	key.v6 = w->v6;
	key.ttl = (uint8_t)ttl;
	key.near = near == NULL ? 0 : near->ttl;
	key.far = far->ttl;
	for (unsigned n = 0; near != NULL && n < near->nodes; n++)
		key.before[n] = ladder_place(l, near->node[n]) + 1;
	for (unsigned n = 0; n < far->nodes; n++)
		key.behind[n] = ladder_place(l, far->node[n]) + 1;
	return key;
}

/* What one of the ways that go on as W does behind its stop number K has at TTL. */
static const struct stop *
look_for(const struct ladder *l, const struct crossings *c, const struct walk *w, int k,
    unsigned ttl)
{
	const struct stop *far = &w->stop[k + 1], *s = NULL;

	for (unsigned n = 0; n < far->nodes && s == NULL; n++) {
		uint32_t p = ladder_place(l, far->node[n]);

		for (uint32_t i = c->first[p]; i < c->first[p + 1] && s == NULL; i++)
			s = lent(l, w, k, ttl, &l->walk[c->walk[i]]);
	}
	return s;
}

static const struct gap *
ask_others(const struct ladder *l, const struct crossings *c, struct gap **gaps,
    const struct walk *w, int k, unsigned ttl)
{
	struct gap_key key = gap_key(l, w, k, ttl);
	struct gap *g;

	HASH_FIND(hh, *gaps, &key, sizeof key, g);
	if (g != NULL)
		return g;
	const struct stop *s = look_for(l, c, w, k, ttl);
	g = mem_zero(1, sizeof *g);
	memcpy(&g->key, &key, sizeof key);
	g->known = s != NULL;
	if (s != NULL)
		g->stop = *s;
	HASH_ADD(hh, *gaps, key, sizeof g->key, g);
	return g;
}

/* What others know of the hops of W that are silent behind its stop number K. */
static void
fill_gap(const struct ladder *l, const struct crossings *c, struct gap **gaps,
    struct walk *w, int k)
{
	unsigned ttl = k < 0 ? 1 : w->stop[k].ttl + 1U;

	for (; ttl < w->stop[k + 1].ttl; ttl++) {
		const struct gap *g = ask_others(l, c, gaps, w, k, ttl);

		if (g->known) {
			insert_stop(w, (unsigned)(k + 1), &g->stop);
			return;
		}
	}
}

/* A router that limits its answers is silent in some ways and speaks in others. What
 * was put in is in front of the next gap. */
void
ladder_fill(struct ladder *l)
{
	struct gap *gaps = NULL, *g, *next;
	struct crossings c;

	find_crossings(l, &c);
	for (size_t i = 0; i < l->walks; i++)
		for (int k = -1; k + 1 < (int)l->walk[i].stops; k++)
			fill_gap(l, &c, &gaps, &l->walk[i], k);
	HASH_ITER(hh, gaps, g, next) {
		HASH_DEL(gaps, g);
		free(g);
	}
	free(c.first);
	free(c.walk);
}
