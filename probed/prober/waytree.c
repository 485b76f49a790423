#include "prober/waytree.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define MANY 1024 /* targets behind a node are counted up to here */

static struct waynode *
root_of(struct waytree *tree, int family)
{
	return &tree->root[family == AF_INET6];
}

void
waytree_open(struct waytree *tree)
{
	memset(tree, 0, sizeof *tree);
	TAILQ_INIT(&tree->all);
	TAILQ_INIT(&tree->watched);
}

static void
unwatch(struct waytree *tree, struct waynode *n)
{
	if (n->stats == NULL)
		return;
	TAILQ_REMOVE(&tree->watched, n, watched);
	free(n->stats);
	n->stats = NULL;
	n->waits = false;
}

static void
drop(struct waytree *tree, struct waynode *n)
{
	struct waynode **at = &n->up->child;

	while (*at != n)
		at = &(*at)->sibling;
	*at = n->sibling;
	unwatch(tree, n);
	TAILQ_REMOVE(&tree->all, n, all);
	free(n);
}

void
waytree_close(struct waytree *tree)
{
	struct waynode *n;

	while ((n = TAILQ_FIRST(&tree->all)) != NULL) {
		unwatch(tree, n);
		TAILQ_REMOVE(&tree->all, n, all);
		free(n);
	}
	tree->root[0].child = tree->root[1].child = NULL;
}

bool
waytree_is_young(const struct waytree *tree, int family)
{
	return tree->root[family == AF_INET6].targets < 2;
}

/* --- ways ------------------------------------------------------------------------- */

/* The node below UP that is hop H; NULL: there is none. */
static struct waynode *
find_child(const struct waynode *up, const struct hop *h)
{
	struct waynode *n = up->child;

	while (n != NULL &&
	       !(h->addresses == 0 ? n->address.sa.sa_family == AF_UNSPEC
				   : n->address.sa.sa_family != AF_UNSPEC &&
					 addr_same_host(&n->address, &h->address[0])))
		n = n->sibling;
	return n;
}

static struct waynode *
make_child(struct waytree *tree, struct waynode *up, const struct hop *h)
{
	struct waynode *n = mem_zero(1, sizeof *n);

	n->up = up;
	n->sibling = up->child;
	n->address.sa.sa_family = AF_UNSPEC;
	if (h->addresses > 0)
		n->address = h->address[0];
	n->ttl = h->ttl;
	up->child = n;
	TAILQ_INSERT_TAIL(&tree->all, n, all);
	return n;
}

/* Is H the router behind N, so that a way is in one piece? */
static bool
goes_on(const struct waynode *n, const struct hop *h)
{
	return h->ttl == n->ttl + 1 && (h->flags & HOP_TARGET) == 0;
}

void
waytree_see(struct waytree *tree, const struct hops *p, int64_t now)
{
	struct waynode *n = root_of(tree, p->address.sa.sa_family);

	for (unsigned i = 0; i < p->count && goes_on(n, &p->hop[i]); i++) {
		if ((n = find_child(n, &p->hop[i])) == NULL)
			return;
		if (p->hop[i].answered > 0)
			n->seen = now;
	}
}

struct waynode *
waytree_use(struct waytree *tree, const struct hops *p, uint64_t id)
{
	struct waynode *n = root_of(tree, p->address.sa.sa_family);

	n->targets++;
	for (unsigned i = 0; i < p->count && goes_on(n, &p->hop[i]); i++) {
		struct waynode *child = find_child(n, &p->hop[i]);

		n = child != NULL ? child : make_child(tree, n, &p->hop[i]);
		if (n->targets++ == 0)
			n->owner = id;
	}
	return n;
}

void
waytree_unuse(struct waytree *tree, struct waynode *node, uint64_t id)
{
	while (node != NULL) {
		struct waynode *up = node->up;

		if (node->owner == id)
			node->owner = 0;
		if (--node->targets == 0 && up != NULL)
			drop(tree, node);
		node = up;
	}
}

struct waynode *
waytree_trunk(struct waytree *tree, int family, int64_t fresh)
{
	struct waynode *n = root_of(tree, family);

	for (;;) {
		struct waynode *best = NULL;

		for (struct waynode *c = n->child; c != NULL; c = c->sibling)
			if (best == NULL || c->targets > best->targets)
				best = c;
		if (best == NULL || best->targets < 2 ||
		    best->targets * 2 < n->targets ||
		    (best->address.sa.sa_family != AF_UNSPEC && best->seen < fresh))
			break;
		n = best;
	}
	while (n->ttl > 0 && n->address.sa.sa_family == AF_UNSPEC)
		n = n->up;
	return n;
}

bool
waytree_leads(const struct waynode *end, const struct waynode *node)
{
	while (end != NULL && end != node)
		end = end->up;
	return end != NULL;
}

/* --- watching --------------------------------------------------------------------- */

static unsigned
rank(const struct waynode *n)
{
	if (n->address.sa.sa_family == AF_UNSPEC)
		return 0;
	return n->targets < MANY ? n->targets : MANY;
}

void
waytree_watch(struct waytree *tree, unsigned most, int64_t now)
{
	unsigned count[MANY + 1] = { 0 }, least = MANY + 1, sum = 0;
	struct waynode *n;

	TAILQ_FOREACH(n, &tree->all, all) {
		count[rank(n)]++;
	}
	/* From how many targets on all nodes are watched; of those below as many as
	 * there is room for. */
	while (least > 1 && sum + count[least - 1] <= most)
		sum += count[--least];
	TAILQ_FOREACH(n, &tree->all, all) {
		bool in = rank(n) >= least;

		if (!in && least > 1 && rank(n) == least - 1 && sum < most) {
			in = true;
			sum++;
		}
		if (!in)
			unwatch(tree, n);
		else if (n->stats == NULL) {
			n->stats = mem_zero(1, sizeof *n->stats);
			n->next = now;
			TAILQ_INSERT_TAIL(&tree->watched, n, watched);
		}
	}
}

struct waynode *
waytree_due(struct waytree *tree, int64_t now)
{
	struct waynode *n, *first = NULL;

	TAILQ_FOREACH(n, &tree->watched, watched) {
		if (n->next <= now && (first == NULL || n->next < first->next))
			first = n;
	}
	return first;
}

int64_t
waytree_next(const struct waytree *tree)
{
	const struct waynode *n;
	int64_t next = INT64_MAX;

	TAILQ_FOREACH(n, &tree->watched, watched) {
		if (n->next < next)
			next = n->next;
	}
	return next;
}

void
waytree_sent(struct waynode *n, int64_t now)
{
	n->sent = now;
	n->waits = true;
	n->stats->hop.sent++;
}

void
waytree_unsent(struct waynode *n)
{
	n->waits = false;
	n->stats->hop.sent--;
}

bool
waytree_answer(struct waynode *n, const struct walk_answer *a, int64_t now)
{
	struct hop *h = &n->stats->hop;

	if (!n->waits)
		return false;
	/* Where somebody else answers nothing is known any more. */
	bool same = addr_same_host(&a->from, &n->address);
	n->waits = false;
	n->seen = same ? now : 0;
	n->stats->rtt[h->answered++ % WAYTREE_RTTS] = a->rtt_ns > 0 ? a->rtt_ns : 1;
	hop_add_address(h, &a->from);
	if (a->ttl != 0)
		h->reply_ttl = a->ttl;
	if (a->labels > 0) {
		h->labels = a->labels;
		memcpy(h->label, a->label, sizeof h->label);
	}
	return !same;
}

static int
compare_ns(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

void
waytree_take(struct waynode *n, struct hop *h, int64_t after)
{
	unsigned count = n->stats->hop.answered;
	int64_t *rtt = n->stats->rtt;

	if (n->waits && n->sent > after)
		waytree_unsent(n);
	n->waits = false;
	*h = n->stats->hop;
	h->ttl = n->ttl;
	h->min_ns = h->median_ns = h->max_ns = -1;
	if (count > WAYTREE_RTTS)
		count = WAYTREE_RTTS;
	if (count > 0) {
		qsort(rtt, count, sizeof *rtt, compare_ns);
		h->min_ns = rtt[0];
		h->median_ns = rtt[count / 2];
		h->max_ns = rtt[count - 1];
	}
	memset(n->stats, 0, sizeof *n->stats);
}
