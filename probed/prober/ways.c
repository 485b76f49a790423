#include "prober/ways.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <uthash.h>

#include "base/mem.h"
#include "prober/waytree.h"
#include "probes/hopio.h"
#include "round.h"

#define WAYS_PERIOD_NS CLOCK_NS_PER_S
#define WAYS_WAIT_NS CLOCK_NS_PER_S
#define WAYS_IDLE_NS CLOCK_NS_PER_S /* a look at what is due */
#define WAYS_LOOKS 512		    /* ways that are looked at then */
#define WAYS_GRAIN_NS                                                                  \
	(20 * CLOCK_NS_PER_MS) /* answers to watching are read so often                \
				*/
#define WAYS_SERIALS 1024 /* probes for one target in a minute: 32 hops, one in 2 s */
#define WAYS_FIRST_NS (5 * CLOCK_NS_PER_S) /* what is new settles first */
#define WAYS_MINUTE_NS (60 * CLOCK_NS_PER_S)
/* What was probed so long ago need not be probed again for a walk: because of a change,
 * or else. */
#define WAYS_FRESH_NS (15 * CLOCK_NS_PER_S)
#define WAYS_KNOWN_NS (600 * CLOCK_NS_PER_S)

/* Walks that wait, by what is more urgent. */
enum urgency {
	NOW,
	SOON,
	SOMETIME,
	URGENCIES,
	IDLE = URGENCIES
};

struct way {
	uint64_t id;
	struct addr to;
	struct icmp_way way;
	struct waynode *end;	 /* the last router that is known on it, or a root */
	uint8_t reason, urgency; /* of the walk that waits, IDLE: none does */
	uint8_t again;		 /* walks that follow a bad round */
	int64_t due;		 /* its next walk, when nothing happens */
	uint8_t due_reason;
	int64_t walked, changed; /* when it last was, and for HOPS_CHANGED; 0: never */
	struct walking *walking;
	struct ways *ways;
	struct hopio *watch; /* of its hops that are watched; NULL: none this minute */
	unsigned serial;     /* the next of these probes */
	LIST_ENTRY(way) watches;
	TAILQ_ENTRY(way) waits;
	UT_hash_handle hh; /* by ID */
};
TAILQ_HEAD(way_list, way);

/* A walk. */
struct walking {
	struct ways *ways;
	struct way *way; /* NULL: free */
	struct walk *walk;
	struct hopio *io;
	struct waynode *from; /* where it began in the tree; a root: at the first hop */
	int64_t start_wall, fresh;
	uint8_t reason;
};

struct ways {
	struct ways_settings set;
	ways_fn found;
	void *ctx;
	struct way *all;
	struct way_list waiting[URGENCIES];
	unsigned bad; /* that wait */
	struct walking walking[WAYS_AT_ONCE];
	unsigned turn; /* which of these comes first */
	struct waytree tree;
	uint64_t cursor; /* of the look at what is due: an id */
	bool cursor_set;
	int64_t look, minute; /* when both are due; ... */
	int64_t next;	      /* when a probe may be sent; ... */
	int64_t waits;	      /* until when answers to watching may come */
	int64_t minute_wall;
	LIST_HEAD(, way) watching;
};

static void watch_stop(struct way *w);

/* --- queues ----------------------------------------------------------------------- */

static enum urgency
urgency_of(enum hops_reason reason)
{
	return reason == HOPS_BAD || reason == HOPS_ASKED ? NOW
	       : reason == HOPS_DAILY			  ? SOMETIME
							  : SOON;
}

static void
unqueue(struct ways *ways, struct way *w)
{
	if (w->urgency == IDLE)
		return;
	TAILQ_REMOVE(&ways->waiting[w->urgency], w, waits);
	if (w->urgency == NOW)
		ways->bad--;
	w->urgency = IDLE;
}

static bool
queue(struct ways *ways, struct way *w, enum hops_reason reason)
{
	enum urgency u = urgency_of(reason);

	if (w->urgency <= u)
		return true; /* it waits already */
	if (u == NOW && ways->bad >= WAYS_BAD_MAX)
		return false;
	unqueue(ways, w);
	w->urgency = (uint8_t)u;
	w->reason = (uint8_t)reason;
	if (u == NOW)
		ways->bad++;
	TAILQ_INSERT_TAIL(&ways->waiting[u], w, waits);
	return true;
}

bool
ways_want(struct ways *ways, uint64_t id, enum hops_reason reason, int64_t now)
{
	struct way *w;

	HASH_FIND(hh, ways->all, &id, sizeof id, w);
	if (w == NULL || !ways->set.on)
		return false;
	if (urgency_of(reason) == NOW) {
		if (w->walked != 0 && now - w->walked < WAYS_BAD_NS)
			return false;
		if (reason == HOPS_BAD)
			w->again = 2;
	}
	if (reason == HOPS_CHANGED) {
		if (w->changed != 0 && now - w->changed < WAYS_CHANGED_NS)
			return false;
		w->changed = now;
	}
	return queue(ways, w, reason);
}

/* When it is walked to next, if nothing else happens: 30 s and 2 min after a bad round,
 * else the next day, each target at another moment. */
static void
settle(struct way *w, int64_t now)
{
	if (w->again == 2)
		w->due = now + 30 * CLOCK_NS_PER_S;
	else if (w->again == 1)
		w->due = now + 90 * CLOCK_NS_PER_S;
	else
		w->due = now + WAYS_DAILY_NS - (int64_t)(w->id % 3600) * CLOCK_NS_PER_S;
	w->due_reason = w->again != 0 ? HOPS_BAD : HOPS_DAILY;
	if (w->again != 0)
		w->again--;
}

/* Put what is due into its queue: some of the ways at a time. */
static void
look_at_some(struct ways *ways, int64_t now)
{
	struct way *w = NULL;

	if (ways->cursor_set)
		HASH_FIND(hh, ways->all, &ways->cursor, sizeof ways->cursor, w);
	if (w == NULL)
		w = ways->all;
	for (unsigned i = 0; w != NULL && i < WAYS_LOOKS; i++, w = w->hh.next)
		if (w->due <= now && w->walking == NULL &&
		    queue(ways, w, w->due_reason))
			w->due = INT64_MAX;
	ways->cursor_set = w != NULL;
	if (w != NULL)
		ways->cursor = w->id;
}

/* --- targets ---------------------------------------------------------------------- */

static void
stop_walking(struct walking *g)
{
	walk_free(g->walk);
	hopio_close(g->io);
	if (g->way != NULL)
		g->way->walking = NULL;
	g->way = NULL;
	g->walk = NULL;
	g->io = NULL;
}

static void
leave(struct ways *ways, struct way *w)
{
	if (w->walking != NULL)
		stop_walking(w->walking);
	unqueue(ways, w);
	watch_stop(w);
	waytree_unuse(&ways->tree, w->end, w->id);
	w->end = NULL;
}

void
ways_target(struct ways *ways, uint64_t id, const struct addr *to,
    const struct icmp_way *way, int64_t now)
{
	struct way *w;

	HASH_FIND(hh, ways->all, &id, sizeof id, w);
	if (w == NULL) {
		if (HASH_COUNT(ways->all) >= WAYS_MAX)
			return;
		w = mem_zero(1, sizeof *w);
		w->id = id;
		w->urgency = IDLE;
		w->ways = ways;
		HASH_ADD(hh, ways->all, id, sizeof w->id, w);
	} else if (addr_same_host(&w->to, to)) {
		return;
	} else {
		leave(ways, w);
	}
	w->to = *to;
	addr_set_port(&w->to, 0);
	w->way = way != NULL ? *way : (struct icmp_way){ .size = 56, .tos = -1 };
	w->due = now + WAYS_FIRST_NS;
	w->due_reason = HOPS_NEW;
}

void
ways_forget(struct ways *ways, uint64_t id)
{
	struct way *w;

	HASH_FIND(hh, ways->all, &id, sizeof id, w);
	if (w == NULL)
		return;
	leave(ways, w);
	HASH_DEL(ways->all, w);
	free(w);
}

struct ways *
ways_new(const struct ways_settings *settings, ways_fn found, void *ctx)
{
	struct ways *ways = mem_zero(1, sizeof *ways);

	ways->set = *settings;
	ways->found = found;
	ways->ctx = ctx;
	for (unsigned i = 0; i < URGENCIES; i++)
		TAILQ_INIT(&ways->waiting[i]);
	LIST_INIT(&ways->watching);
	waytree_open(&ways->tree);
	return ways;
}

void
ways_free(struct ways *ways)
{
	struct way *w, *next;

	HASH_ITER(hh, ways->all, w, next) {
		ways_forget(ways, w->id);
	}
	waytree_close(&ways->tree);
	free(ways);
}

void
ways_configure(struct ways *ways, const struct ways_settings *settings)
{
	ways->set = *settings;
	for (unsigned i = 0; i < WAYS_AT_ONCE && !settings->on; i++)
		if (ways->walking[i].way != NULL)
			stop_walking(&ways->walking[i]);
	while (!settings->on && !LIST_EMPTY(&ways->watching))
		watch_stop(LIST_FIRST(&ways->watching));
}

/* --- walks ------------------------------------------------------------------------ */

static struct hopio *
open_flow(const struct ways *ways, const struct way *w, unsigned serials, hopio_fn come,
    void *ctx)
{
	struct hopio_plan plan = { .to = w->to,
		.method = ways->set.method,
		.serials = serials,
		.seed = w->id,
		.way = &w->way };
	struct err err;
	struct hopio *io = hopio_open(&plan, come, ctx, &err);

	if (io == NULL && plan.method == HOPS_ICMP) {
		plan.method = HOPS_UDP;
		io = hopio_open(&plan, come, ctx, &err);
	}
	return io;
}

static int
walking_send(void *ctx, unsigned ttl, unsigned serial)
{
	struct walking *g = ctx;

	return hopio_send(g->io, ttl, serial);
}

static bool
walking_known(void *ctx, unsigned ttl, const struct addr *a)
{
	struct walking *g = ctx;
	struct waynode *n = g->from;

	while (n->ttl > ttl)
		n = n->up;
	/* All before it has to be known as lately. */
	if (n->ttl != ttl || !addr_same_host(&n->address, a))
		return false;
	for (; n->ttl > 0; n = n->up)
		if (n->address.sa.sa_family != AF_UNSPEC && n->seen < g->fresh)
			return false;
	return true;
}

static void
walking_come(void *ctx, unsigned serial, const struct walk_answer *a)
{
	struct walking *g = ctx;

	walk_answer(g->walk, serial, a);
}

/* The first two walks of a family find what the others share: these wait. */
static bool
must_wait(const struct ways *ways, const struct way *w)
{
	int family = w->to.sa.sa_family;

	if (!waytree_is_young(&ways->tree, family))
		return false;
	for (unsigned i = 0; i < WAYS_AT_ONCE; i++)
		if (ways->walking[i].way != NULL &&
		    ways->walking[i].way->to.sa.sa_family == family)
			return true;
	return false;
}

static void
begin(struct ways *ways, struct walking *g, struct way *w, int64_t now)
{
	static const struct walk_ops template = { walking_send, walking_known, NULL };
	bool lasting = w->reason == HOPS_NEW || w->reason == HOPS_DAILY;
	struct walk_ops ops = template;
	struct walk_plan plan = { .to = w->to,
		.reason = w->reason,
		.last = HOPS_MAX,
		.probes = WAYS_PROBES,
		.step_ns = WAYS_STEP_NS,
		.period_ns = WAYS_PERIOD_NS,
		.wait_ns = WAYS_WAIT_NS };

	unqueue(ways, w);
	g->ways = ways;
	g->reason = w->reason;
	g->fresh = now - (lasting ? WAYS_KNOWN_NS : WAYS_FRESH_NS);
	g->from = waytree_trunk(&ways->tree, w->to.sa.sa_family, g->fresh);
	g->start_wall = clock_wall_ns();
	g->io = open_flow(ways, w, HOPS_MAX * WAYS_PROBES, walking_come, g);
	w->walked = now;
	if (g->io == NULL) {
		w->again = 0;
		settle(w, now);
		return;
	}
	plan.method = (uint8_t)g->io->plan.method;
	plan.first = g->from->ttl == 0 ? 1 : g->from->ttl;
	ops.ctx = g;
	g->walk = walk_new(&plan, &ops);
	g->way = w;
	w->walking = g;
}

/* Hops before the first that was probed are known from the ways of others. */
static void
put_shared(const struct walking *g, struct hops *p)
{
	struct hops all = *p;
	unsigned first = p->count == 0 ? 0 : p->hop[0].ttl;
	const struct waynode *n = g->from;

	if (first <= 1 || g->from->ttl == 0)
		return;
	all.count = 0;
	for (unsigned ttl = 1; ttl < first && all.count < HOPS_MAX; ttl++) {
		struct hop *h = &all.hop[all.count++];

		for (n = g->from; n->ttl > ttl; n = n->up)
			;
		*h = (struct hop){ .ttl = (uint8_t)ttl,
			.flags = HOP_SHARED,
			.min_ns = -1,
			.median_ns = -1,
			.max_ns = -1 };
		if (n->ttl == ttl && n->address.sa.sa_family != AF_UNSPEC)
			hop_add_address(h, &n->address);
	}
	for (unsigned i = 0; i < p->count && all.count < HOPS_MAX; i++)
		all.hop[all.count++] = p->hop[i];
	*p = all;
}

static void
end(struct walking *g, int64_t now)
{
	struct ways *ways = g->ways;
	struct way *w = g->way;
	struct hops p;

	walk_result(g->walk, &p);
	int error = walk_errno(g->walk);
	put_shared(g, &p);
	p.target = w->id;
	p.start_ns = g->start_wall;
	p.end_ns = clock_wall_ns();
	if (p.end_ns < p.start_ns) /* the clock was set meanwhile */
		p.end_ns = p.start_ns;
	stop_walking(g);
	struct addr source = hopio_source(&w->to);
	hops_judge(&p, &source);
	/* A way on which nobody answered now, or that ends before it did, says nothing
	 * against the routers that are known on it. */
	if (p.flags & HOPS_REACHED || w->end == NULL || w->end->ttl <= p.count) {
		struct waynode *before = w->end;

		w->end = waytree_use(&ways->tree, &p, w->id);
		waytree_unuse(&ways->tree, before, w->id);
	}
	waytree_see(&ways->tree, &p, now);
	settle(w, now);
	if (error == 0)
		ways->found(ways->ctx, &p);
}

static void
begin_some(struct ways *ways, int64_t now)
{
	for (unsigned i = 0; i < WAYS_AT_ONCE; i++) {
		struct walking *g = &ways->walking[i];
		struct way *w = NULL;

		if (g->way != NULL)
			continue;
		for (unsigned u = 0; u < URGENCIES && w == NULL; u++)
			w = TAILQ_FIRST(&ways->waiting[u]);
		if (w == NULL || must_wait(ways, w))
			return;
		if (w->walking == NULL)
			begin(ways, g, w, now);
		else
			unqueue(ways, w);
	}
}

/* Let the walks go on; one of them sends at most. *NEXT is brought forward. */
static void
walk_on(struct ways *ways, int64_t now, int64_t *next)
{
	for (unsigned i = 0; i < WAYS_AT_ONCE; i++) {
		struct walking *g = &ways->walking[(ways->turn + i) % WAYS_AT_ONCE];

		if (g->way == NULL)
			continue;
		hopio_receive(g->io);
		unsigned sent = walk_sent(g->walk);
		int64_t at = now >= ways->next ? walk_turn(g->walk, now) : ways->next;
		if (walk_sent(g->walk) != sent) {
			ways->next = now + WAYS_STEP_NS;
			ways->turn++;
		}
		if (at == INT64_MAX) {
			end(g, now);
			at = now;
		} else if (at > now + hopio_grain(g->io))
			at = now + hopio_grain(g->io);
		if (at < *next)
			*next = at;
	}
}

/* --- watching --------------------------------------------------------------------- */

static void
watch_come(void *ctx, unsigned serial, const struct walk_answer *a)
{
	struct way *w = ctx;
	struct waynode *n = w->end;
	int64_t now = clock_mono_ns();

	while (n != NULL && (n->stats == NULL || !n->waits || n->serial != serial))
		n = n->up;
	if (n == NULL || a->from.sa.sa_family == AF_UNSPEC)
		return;
	/* The target answers, or somebody lets nothing pass, where a router was. */
	if (a->why != PING_TTL_EXCEEDED || waytree_answer(n, a, now))
		ways_want(w->ways, w->id, HOPS_CHANGED, now);
}

/* For which of the targets behind it N is probed. */
static struct way *
owner_of(struct ways *ways, struct waynode *n)
{
	struct way *w, *next;

	HASH_FIND(hh, ways->all, &n->owner, sizeof n->owner, w);
	if (w != NULL && waytree_leads(w->end, n))
		return w;
	HASH_ITER(hh, ways->all, w, next) {
		if (waytree_leads(w->end, n)) {
			n->owner = w->id;
			return w;
		}
	}
	return NULL;
}

/* Probe one of the hops that are due. True when a probe was sent. */
static bool
watch_one(struct ways *ways, int64_t now)
{
	struct waynode *n = waytree_due(&ways->tree, now);
	struct way *w = n == NULL ? NULL : owner_of(ways, n);

	if (n == NULL)
		return false;
	n->next = now + ways->set.every_ns;
	if (w == NULL)
		return false;
	if (w->watch == NULL) {
		w->watch = open_flow(ways, w, WAYS_SERIALS, watch_come, w);
		if (w->watch == NULL)
			return false;
		LIST_INSERT_HEAD(&ways->watching, w, watches);
		w->serial = 0;
	}
	if (w->serial == WAYS_SERIALS)
		return false;
	n->serial = w->serial++;
	waytree_sent(n, now);
	if (hopio_send(w->watch, n->ttl, n->serial) == 0)
		return true;
	waytree_unsent(n);
	return false;
}

static void
watch_stop(struct way *w)
{
	if (w->watch == NULL)
		return;
	LIST_REMOVE(w, watches);
	hopio_close(w->watch);
	w->watch = NULL;
}

static void
watch(struct ways *ways, int64_t now, int64_t *next)
{
	struct way *w;
	bool pinged = false;

	/* Flows of ICMP share their sockets: one reads for all. */
	LIST_FOREACH(w, &ways->watching, watches)
	{
		bool icmp = w->watch->plan.method == HOPS_ICMP;

		if (!icmp || !pinged)
			hopio_receive(w->watch);
		pinged = pinged || icmp;
	}
	if (now >= ways->next && watch_one(ways, now)) {
		ways->next = now + WAYS_STEP_NS;
		ways->waits = now + WAYS_WAIT_NS;
	}
	int64_t at = waytree_next(&ways->tree);
	if (at < ways->next)
		at = ways->next;
	if (now < ways->waits && at > now + WAYS_GRAIN_NS)
		at = now + WAYS_GRAIN_NS;
	if (at < *next)
		*next = at;
}

/* What was found at the hops that are probed for W. */
static void
tell_watched(struct ways *ways, struct way *w, int64_t now, int64_t wall)
{
	struct hops p = { .target = w->id,
		.address = w->to,
		.method = (uint8_t)w->watch->plan.method,
		.reason = HOPS_WATCH,
		.start_ns = ways->minute_wall,
		.end_ns = wall };
	struct waynode *own[HOPS_MAX + 1] = { NULL };

	for (struct waynode *n = w->end; n != NULL && n->ttl > 0; n = n->up)
		if (n->stats != NULL && n->owner == w->id && n->ttl <= HOPS_MAX)
			own[n->ttl] = n;
	for (unsigned ttl = 1; ttl <= HOPS_MAX; ttl++) {
		if (own[ttl] == NULL)
			continue;
		waytree_take(own[ttl], &p.hop[p.count], now - WAYS_WAIT_NS);
		if (p.hop[p.count].sent > 0)
			p.count++;
	}
	if (p.count > 0)
		ways->found(ways->ctx, &p);
}

/* Every minute: tell, and choose anew who is watched. */
static void
ways_minute(struct ways *ways, int64_t now)
{
	int64_t wall = clock_wall_ns();
	struct way *w;

	if (ways->minute_wall == 0 || wall < ways->minute_wall)
		ways->minute_wall = wall;
	while ((w = LIST_FIRST(&ways->watching)) != NULL) {
		tell_watched(ways, w, now, wall);
		watch_stop(w);
	}
	waytree_watch(&ways->tree, ways->set.every_ns > 0 ? WAYS_WATCHED : 0, now);
	ways->minute = now + WAYS_MINUTE_NS;
	ways->minute_wall = wall;
}

/* --- turns ------------------------------------------------------------------------ */

int64_t
ways_turn(struct ways *ways, int64_t now)
{
	int64_t next = now + WAYS_IDLE_NS;

	if (!ways->set.on)
		return INT64_MAX;
	if (now >= ways->look) {
		look_at_some(ways, now);
		ways->look = now + WAYS_IDLE_NS;
	}
	if (now >= ways->minute)
		ways_minute(ways, now);
	begin_some(ways, now);
	walk_on(ways, now, &next);
	watch(ways, now, &next);
	return next;
}
