#include "infer/route.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

const struct hop *
hops_at(const struct hops *p, unsigned ttl)
{
	for (unsigned i = 0; i < p->count && p->hop[i].ttl <= ttl; i++)
		if (p->hop[i].ttl == ttl)
			return &p->hop[i];
	return NULL;
}

static bool
meet(const struct hop *a, const struct hop *b)
{
	for (unsigned i = 0; i < b->addresses; i++)
		if (hop_has_address(a, &b->address[i]))
			return true;
	return false;
}

/* Do A and B differ: both are known, and have nobody in common? Where more routers
 * share the load than can be kept, nothing differs. */
static bool
differ(const struct hop *a, const struct hop *b)
{
	return a != NULL && b != NULL && a->addresses > 0 && b->addresses > 0 &&
	       a->addresses < HOP_ADDRESSES && !meet(a, b);
}

const struct hop *
route_difference(const struct hops *way, const struct hops *walk)
{
	for (unsigned i = 0; i < walk->count; i++)
		if (differ(hops_at(way, walk->hop[i].ttl), &walk->hop[i]))
			return &walk->hop[i];
	return NULL;
}

/* --- taking over ------------------------------------------------------------------ */

/* The hop of P at TTL, made if there is room; else NULL. */
static struct hop *
make_hop(struct hops *p, unsigned ttl)
{
	unsigned at = 0;

	while (at < p->count && p->hop[at].ttl < ttl)
		at++;
	if (at < p->count && p->hop[at].ttl == ttl)
		return &p->hop[at];
	if (p->count == HOPS_MAX)
		return NULL;
	memmove(&p->hop[at + 1], &p->hop[at], (p->count - at) * sizeof p->hop[0]);
	p->count++;
	p->hop[at] = (struct hop){
		.ttl = (uint8_t)ttl, .min_ns = -1, .median_ns = -1, .max_ns = -1
	};
	return &p->hop[at];
}

/* The latest figures of H. */
static void
take_figures(struct hop *h, const struct hop *latest)
{
	if (h->sent + latest->sent > ROUTE_PROBES) {
		h->sent /= 2;
		h->answered /= 2;
	}
	if (latest->sent <= ROUTE_PROBES) {
		h->sent = (uint16_t)(h->sent + latest->sent);
		h->answered = (uint16_t)(h->answered + latest->answered);
	} else {
		h->sent = latest->sent;
		h->answered = latest->answered;
	}
	if (latest->answered > 0) {
		h->min_ns = latest->min_ns;
		h->median_ns = latest->median_ns;
		h->max_ns = latest->max_ns;
		h->reply_ttl = latest->reply_ttl;
	}
	if (h->answered == 0)
		h->min_ns = h->median_ns = h->max_ns = -1;
	if (latest->sent > 0 || latest->flags != 0)
		h->flags = latest->flags;
	h->why = latest->why;
	if (latest->labels > 0) {
		h->labels = latest->labels;
		memcpy(h->label, latest->label, sizeof h->label);
	}
}

/* The target's own hop of P, or NULL. */
static const struct hop *
target_hop(const struct hops *p)
{
	for (unsigned i = 0; i < p->count; i++)
		if (p->hop[i].flags & HOP_TARGET)
			return &p->hop[i];
	return NULL;
}

/* Add what WALK knows to P. True when a router is new. */
static bool
merge(struct hops *p, const struct hops *walk)
{
	bool learned = false;

	p->target = walk->target;
	p->address = walk->address;
	p->method = walk->method;
	p->reason = walk->reason;
	p->flags = (p->flags & HOPS_REACHED) | walk->flags;
	p->start_ns = walk->start_ns;
	p->end_ns = walk->end_ns;
	for (unsigned i = 0; i < walk->count && i < HOPS_MAX; i++) {
		const struct hop *latest = &walk->hop[i];
		struct hop *h = make_hop(p, latest->ttl);

		if (h == NULL)
			break;
		take_figures(h, latest);
		for (unsigned k = 0; k < latest->addresses; k++)
			learned |= hop_add_address(h, &latest->address[k]);
	}
	/* Nothing is behind the target, though it was farther away before. */
	const struct hop *end = target_hop(walk);
	while (end != NULL && p->count > 0 && p->hop[p->count - 1].ttl > end->ttl)
		p->count--;
	return learned;
}

/* Figures only, of a walk that got not so far: it tells no new way. */
static void
merge_figures(struct hops *p, const struct hops *walk)
{
	for (unsigned i = 0; i < p->count; i++) {
		const struct hop *latest = hops_at(walk, p->hop[i].ttl);

		if (latest != NULL &&
		    (latest->addresses == 0 || meet(&p->hop[i], latest)))
			take_figures(&p->hop[i], latest);
	}
}

/* --- judging ---------------------------------------------------------------------- */

static void
drop(struct hops **p)
{
	free(*p);
	*p = NULL;
}

static void
adopt(struct route *r, const struct hops *walk, int64_t now)
{
	memset(&r->way, 0, sizeof r->way);
	merge(&r->way, walk);
	r->since = r->seen = now;
}

/* Is an old router, of WAY, back in WALK where ODD differs? */
static bool
is_back(const struct hops *way, const struct hops *odd, const struct hops *walk)
{
	for (unsigned i = 0; i < odd->count; i++) {
		const struct hop *old = hops_at(way, odd->hop[i].ttl);
		const struct hop *now = hops_at(walk, odd->hop[i].ttl);

		if (differ(old, &odd->hop[i]) && now != NULL && meet(old, now))
			return true;
	}
	return false;
}

static enum route_news
begin_odd(struct route *r, const struct hops *walk, int64_t now)
{
	r->odd = mem_zero(1, sizeof *r->odd);
	merge(r->odd, walk);
	r->odd_since = r->odd_seen = now;
	r->odd_walks = 1;
	return ROUTE_ODD;
}

static enum route_news
change_way(struct route *r, int64_t now)
{
	const struct hop *to = route_difference(&r->way, r->odd);
	const struct hop *from = hops_at(&r->way, to->ttl);

	r->change = (struct route_change){ .time = r->odd_since,
		.ttl = to->ttl,
		.from = from->address[0],
		.to = to->address[0] };
	drop(&r->before);
	r->before = mem_alloc(sizeof *r->before);
	*r->before = r->way;
	r->way = *r->odd;
	r->since = r->odd_since;
	r->seen = now;
	r->changes++;
	drop(&r->odd);
	return ROUTE_CHANGED;
}

static enum route_news
go_on_odd(struct route *r, const struct hops *walk, int64_t now)
{
	if (is_back(&r->way, r->odd, walk)) {
		bool learned = merge(&r->way, r->odd);

		learned |= merge(&r->way, walk);
		drop(&r->odd);
		r->seen = now;
		return learned ? ROUTE_LEARNED : ROUTE_SAME;
	}
	if (route_difference(&r->way, walk) == NULL)
		return ROUTE_ODD; /* silent just there: it says nothing */
	merge(r->odd, walk);
	r->odd_seen = now;
	r->odd_walks++;
	if (r->odd_walks < ROUTE_WALKS || now - r->odd_since < ROUTE_CONFIRM_S ||
	    route_difference(&r->way, r->odd) == NULL)
		return ROUTE_ODD;
	return change_way(r, now);
}

enum route_news
route_take(struct route *r, const struct hops *walk, int64_t now)
{
	bool learned = false;

	if (r->way.count == 0 || !addr_same_host(&r->way.address, &walk->address)) {
		drop(&r->odd);
		drop(&r->before);
		adopt(r, walk, now);
		return ROUTE_FIRST;
	}
	if ((r->way.flags & HOPS_REACHED) && !(walk->flags & HOPS_REACHED)) {
		merge_figures(&r->way, walk);
		return ROUTE_BROKEN;
	}
	/* Where no walk reached it until now, those before told little. */
	if (!(r->way.flags & HOPS_REACHED) && (walk->flags & HOPS_REACHED) &&
	    route_difference(&r->way, walk) != NULL) {
		drop(&r->odd);
		adopt(r, walk, now);
		return ROUTE_FIRST;
	}
	if (r->before != NULL && now - r->change.time > ROUTE_FLAP_S)
		drop(&r->before);
	/* What nobody has confirmed for so long, or before the clock was set back. */
	if (r->odd != NULL && (now - r->odd_seen > ROUTE_FLAP_S || now < r->odd_seen))
		drop(&r->odd);
	if (r->odd != NULL)
		return go_on_odd(r, walk, now);
	if (route_difference(&r->way, walk) != NULL) {
		if (r->before == NULL || !is_back(r->before, &r->way, walk))
			return begin_odd(r, walk, now);
		learned = merge(&r->way, r->before);
		drop(&r->before);
	}
	learned |= merge(&r->way, walk);
	r->seen = now;
	return learned ? ROUTE_LEARNED : ROUTE_SAME;
}

void
route_free(struct route *r)
{
	drop(&r->odd);
	drop(&r->before);
}

/* --- ends ------------------------------------------------------------------------- */

unsigned
route_break(
    const struct hops *way, const struct hops *walk, struct addr *from, struct addr *to)
{
	unsigned last = 0;

	from->sa.sa_family = to->sa.sa_family = AF_UNSPEC;
	for (unsigned i = 0; i < way->count; i++) {
		const struct hop *h = hops_at(walk, way->hop[i].ttl);

		if (h == NULL || h->addresses == 0 || !meet(&way->hop[i], h))
			continue;
		last = way->hop[i].ttl;
		*from = h->address[0];
	}
	for (unsigned i = 0; i < way->count; i++)
		if (way->hop[i].ttl > last && way->hop[i].addresses > 0) {
			*to = way->hop[i].address[0];
			return way->hop[i].ttl;
		}
	return 0;
}
