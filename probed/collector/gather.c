#include "collector/gather.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define SLOTS 131072 /* a power of two */
_Static_assert(SLOTS > GATHER_MOST && GATHER_MOST <= UINT16_MAX, "all have a slot");
/* How many wait between the moment when the processor is told what to fetch and the
 * moment when it is looked at. */
#define AHEAD 8

struct gather {
	uint64_t secret;
	unsigned count;
	unsigned first, waiting; /* in AHEAD */
	struct gathered ahead[AHEAD];
	uint32_t ahead_hash[AHEAD];
	uint16_t slot[SLOTS]; /* 1 + the number of one; 0: none */
	uint16_t tag[SLOTS];  /* more of its hash */
	struct gathered one[GATHER_MOST];
};

struct gather *
gather_new(uint64_t secret)
{
	void *p = NULL;

	if (posix_memalign(&p, 64, sizeof(struct gather)) != 0)
		fatalx("out of memory");
	/* The rest is written before it is read, and has no pages until then. */
	memset(p, 0, offsetof(struct gather, one));
	((struct gather *)p)->secret = secret | 1;
	return p;
}

void
gather_free(struct gather *g)
{
	free(g);
}

struct gathered *
gather_next(struct gather *g)
{
	return &g->ahead[(g->first + g->waiting) % AHEAD];
}

static bool
same_key(const struct gather_key *a, const struct gather_key *b)
{
	const uint64_t *x = (const uint64_t *)(const void *)a;
	const uint64_t *y = (const uint64_t *)(const void *)b;
	uint64_t differs = 0;

	for (unsigned i = 0; i < sizeof *a / sizeof *x; i++)
		differs |= x[i] ^ y[i];
	return differs == 0;
}

static void
sum_add(struct gather_sum *to, const struct gather_sum *sum)
{
	to->octets += sum->octets;
	to->packets += sum->packets;
	to->unknown_octets += sum->unknown_octets;
	to->octets_var += sum->octets_var;
	to->packets_var += sum->packets_var;
	/* Records may stand for many flows each. */
	if (__builtin_add_overflow(to->flows, sum->flows, &to->flows))
		to->flows = UINT32_MAX;
	to->samples += sum->samples;
}

/* The slot of one that waits is there by now: fetch what it may be like. */
static void
look_ahead(const struct gather *g)
{
	unsigned at = (g->first + AHEAD / 2) % AHEAD;
	unsigned slot = g->slot[g->ahead_hash[at] % SLOTS];

	if (slot == 0)
		return;
	__builtin_prefetch(&g->one[slot - 1].key);
	__builtin_prefetch(&g->one[slot - 1].sum, 1);
}

/* Have the oldest that waits join its like. */
static void
join(struct gather *g)
{
	const struct gathered *one = &g->ahead[g->first];
	uint32_t hash = g->ahead_hash[g->first];
	uint16_t tag = (uint16_t)(hash >> 16);
	unsigned at = hash % SLOTS;

	g->first = (g->first + 1) % AHEAD;
	g->waiting--;
	for (; g->slot[at] != 0; at = (at + 1) % SLOTS) {
		struct gathered *old = &g->one[g->slot[at] - 1];

		if (g->tag[at] == tag && same_key(&old->key, &one->key)) {
			sum_add(&old->sum, &one->sum);
			return;
		}
	}
	g->one[g->count++] = *one;
	g->slot[at] = (uint16_t)g->count;
	g->tag[at] = tag;
}

bool
gather_add(struct gather *g)
{
	unsigned at = (g->first + g->waiting) % AHEAD;
	const uint64_t *word = (const uint64_t *)(const void *)&g->ahead[at].key;

	g->ahead_hash[at] = (uint32_t)gather_hash(
	    word, sizeof(struct gather_key) / sizeof *word, g->secret);
	__builtin_prefetch(&g->slot[g->ahead_hash[at] % SLOTS]);
	__builtin_prefetch(&g->tag[g->ahead_hash[at] % SLOTS]);
	g->waiting++;
	if (g->waiting == AHEAD) {
		look_ahead(g);
		join(g);
	}
	return g->count + g->waiting < GATHER_MOST;
}

void
gather_take(
    struct gather *g, void (*take)(void *ctx, const struct gathered *), void *ctx)
{
	while (g->waiting > 0)
		join(g);
	for (unsigned i = 0; i < g->count; i++)
		take(ctx, &g->one[i]);
	g->count = 0;
	memset(g->slot, 0, sizeof g->slot);
}
