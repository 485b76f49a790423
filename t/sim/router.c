/* Routers in front of hosts. Host H with "hops=N via=R" is reached over the hosts R,
 * R+1
 * ... R+N-1, whose own rules say how they answer for packets that die there (delay,
 * loss, drop, silent, ttl, limit, mpls, paths) and what they do to those that pass
 * (error, pass_loss). A hop with "paths=M" is M routers, 256 hosts apart, of which a
 * flow takes one; they behave like the first. */
#include "t/sim/sim.h"

#include <math.h>
#include <netinet/in.h>
#include <string.h>

#include "base/clock.h"

/* Answers that a router still has to give: "limit=6/1" is Linux's usual. */
#define BUCKETS 1024
static struct {
	uint32_t host;
	bool used;
	double tokens;
	int64_t at;
} buckets[BUCKETS];

static bool
may_answer(uint32_t host, const struct behaviour *b, int64_t now)
{
	uint32_t i = host % BUCKETS;

	if (b->limit == 0)
		return true;
	if (!buckets[i].used || buckets[i].host != host) {
		buckets[i].used = true;
		buckets[i].host = host;
		buckets[i].tokens = b->limit;
		buckets[i].at = now;
	}
	double more = (double)(now - buckets[i].at) / CLOCK_NS_PER_S * b->limit_rate;
	buckets[i].tokens = fmin(buckets[i].tokens + fmax(more, 0), b->limit);
	buckets[i].at = now;
	if (buckets[i].tokens < 1)
		return false;
	buckets[i].tokens -= 1;
	return true;
}

/* The flow that routers see in R: addresses, protocol, and the first four bytes above
 * IP, which are ports, or an echo's type and checksum. */
static uint32_t
flow_of(const struct request *r)
{
	uint32_t hash = 2166136261U;
	size_t bytes = r->family == 4 ? 4 : 16;

	for (size_t i = 0; i < bytes; i++)
		hash = (hash ^ r->src[i] ^ (uint32_t)r->dst[i] << 8) * 16777619U;
	for (size_t i = 0; i < 4 && i < r->len; i++)
		hash = (hash ^ r->data[i]) * 16777619U;
	return (hash ^ r->proto) >> 8;
}

uint32_t
router_at(const struct request *r, unsigned hop)
{
	uint32_t base = r->does->via + hop - 1;
	const struct behaviour *b = rules_find(base);

	return base + (b->paths > 1 ? flow_of(r) % b->paths * 256 : 0);
}

unsigned
router_ends(const struct request *r, struct dice *d, enum router_does *does)
{
	for (unsigned hop = 1; hop <= r->does->hops; hop++) {
		const struct behaviour *b = rules_find(r->does->via + hop - 1);

		if (r->ttl <= hop) {
			*does = ROUTER_EXPIRED;
			return hop;
		}
		if (b->error != SIM_ERROR_NONE && dice_chance(d, b->error_p)) {
			*does = ROUTER_REFUSES;
			return hop;
		}
		if (dice_chance(d, b->pass_loss)) {
			*does = ROUTER_LOSES;
			return hop;
		}
	}
	*does = ROUTER_PASSES;
	return 0;
}

bool
router_may_answer(uint32_t host, int64_t now)
{
	return may_answer(host, rules_find(host), now);
}
