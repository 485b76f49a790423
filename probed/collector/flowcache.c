#include "collector/flowcache.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>

#include "base/log.h"
#include "base/mem.h"

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10
/* A clock that goes back further than this was set. */
#define CLOCK_BACK_MS 60000

/* Hashed and compared as bytes: no padding. */
struct key {
	uint8_t src[16], dst[16];
	uint32_t in, out;
	uint16_t sport, dport; /* ICMP: type, code */
	uint16_t vlan;
	uint8_t proto, tos; /* with ECN: what a queue has marked is a flow of its own */
	uint8_t len, ports, zero[6];
};
_Static_assert(sizeof(struct key) == 56, "no padding, whole words");

struct entry {
	TAILQ_ENTRY(entry) idle;
	struct entry *next; /* of the same bucket */
	struct key key;
	uint32_t has;
	uint16_t flags;
	uint8_t ttl;
	bool ending; /* FIN or RST was seen */
	uint8_t src_mac[6], dst_mac[6];
	struct flow_quote quote; /* of its first packet, an ICMP error */
	uint32_t label, packets;
	uint64_t octets;
	int64_t start_ms, end_ms;
};
TAILQ_HEAD(entries, entry);

struct flowcache {
	void (*done)(void *ctx, struct flow *flow);
	void *ctx;
	struct entry *pool, *free_list;
	struct entry **bucket;
	unsigned buckets; /* a power of two */
	unsigned count;
	struct entries live, ending; /* heard longest ago first */
	uint64_t evicted, seed[2];
	int64_t latest_ms;
};

/* --- the table -------------------------------------------------------------------- */

/* Seeded, so that nobody can choose packets that all fall into one bucket: 64 times 64
 * bits to 128, folded, word by word. */
static uint64_t
mix(uint64_t a, uint64_t b)
{
	__extension__ unsigned __int128 m = (unsigned __int128)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static unsigned
bucket_of(const struct flowcache *c, const struct key *key)
{
	uint64_t h = c->seed[1], word;

	for (size_t i = 0; i < sizeof *key; i += sizeof word) {
		memcpy(&word, (const uint8_t *)key + i, sizeof word);
		h = mix(h ^ word, c->seed[0]);
	}
	return (unsigned)h & (c->buckets - 1);
}

static struct entry *
find(const struct flowcache *c, const struct key *key, unsigned bucket)
{
	struct entry *e = c->bucket[bucket];

	while (e != NULL && memcmp(&e->key, key, sizeof *key) != 0)
		e = e->next;
	return e;
}

static struct entries *
list_of(struct flowcache *c, const struct entry *e)
{
	return e->ending ? &c->ending : &c->live;
}

static void
forget(struct flowcache *c, struct entry *e)
{
	struct entry **at = &c->bucket[bucket_of(c, &e->key)];

	while (*at != e)
		at = &(*at)->next;
	*at = e->next;
	TAILQ_REMOVE(list_of(c, e), e, idle);
	e->next = c->free_list;
	c->free_list = e;
	c->count--;
}

/* --- going ------------------------------------------------------------------------ */

static void
take_ip(struct flow_ip *ip, const uint8_t *bytes, uint8_t len)
{
	ip->len = len;
	memcpy(ip->bytes, bytes, len);
}

/* E goes, for WHY. */
static void
go(struct flowcache *c, struct entry *e, enum flowcache_end why)
{
	const struct key *k = &e->key;
	struct flow f = { .has = e->has | FLOW_HAS_START | FLOW_HAS_END |
				 FLOW_HAS_OCTETS | FLOW_HAS_PACKETS |
				 FLOW_HAS_END_REASON,
		.start_ms = e->start_ms,
		.end_ms = e->end_ms,
		.proto = k->proto,
		.tos = k->tos,
		.ttl = e->ttl,
		.flags = e->flags,
		.in = k->in,
		.out = k->out,
		.vlan = k->vlan,
		.label = e->label,
		.octets = e->octets,
		.packets = e->packets,
		.rate = 1,
		.rate_from = SAMPLING_PROTOCOL,
		.end_reason = (uint8_t)why };

	take_ip(&f.src, k->src, k->len);
	take_ip(&f.dst, k->dst, k->len);
	if (e->has & FLOW_HAS_ICMP) {
		f.icmp_type = (uint8_t)k->sport;
		f.icmp_code = (uint8_t)k->dport;
	} else {
		f.sport = k->sport;
		f.dport = k->dport;
	}
	f.has |= (k->in != 0 ? FLOW_HAS_IN : 0) | (k->out != 0 ? FLOW_HAS_OUT : 0);
	if (f.has & FLOW_HAS_QUOTE)
		f.quote = e->quote;
	memcpy(f.src_mac, e->src_mac, 6);
	memcpy(f.dst_mac, e->dst_mac, 6);
	forget(c, e);
	c->done(c->ctx, &f);
}

void
flowcache_sweep(struct flowcache *c, int64_t now_ms)
{
	struct entry *e;

	while ((e = TAILQ_FIRST(&c->ending)) != NULL &&
	       now_ms - e->end_ms >= FLOWCACHE_END_MS)
		go(c, e, FLOWCACHE_ENDED);
	while ((e = TAILQ_FIRST(&c->live)) != NULL &&
	       now_ms - e->end_ms >= FLOWCACHE_IDLE_MS)
		go(c, e, FLOWCACHE_IDLE);
}

void
flowcache_flush(struct flowcache *c)
{
	struct entry *e;

	while ((e = TAILQ_FIRST(&c->ending)) != NULL)
		go(c, e, FLOWCACHE_FORCED);
	while ((e = TAILQ_FIRST(&c->live)) != NULL)
		go(c, e, FLOWCACHE_FORCED);
}

/* --- coming ----------------------------------------------------------------------- */

static void
key_of(const struct flowcache_seen *s, struct key *k)
{
	const struct packet *p = s->packet;

	memset(k, 0, sizeof *k);
	k->len = p->src.len;
	memcpy(k->src, p->src.bytes, p->src.len);
	memcpy(k->dst, p->dst.bytes, p->dst.len);
	k->in = s->in;
	k->out = s->out;
	k->proto = p->proto;
	k->tos = p->tos;
	k->vlan = p->has & FLOW_HAS_VLAN ? p->vlan : 0;
	if (p->has & FLOW_HAS_ICMP) {
		k->sport = p->icmp_type;
		k->dport = p->icmp_code;
	} else if (p->has & FLOW_HAS_SPORT) {
		k->ports = 1;
		k->sport = p->sport;
		k->dport = p->dport;
	}
}

static struct entry *
begin(struct flowcache *c, const struct key *k, unsigned bucket,
    const struct flowcache_seen *s)
{
	const struct packet *p = s->packet;
	struct entry *e;

	if (c->free_list == NULL) {
		c->evicted++;
		e = TAILQ_FIRST(&c->ending);
		go(c, e != NULL ? e : TAILQ_FIRST(&c->live), FLOWCACHE_FULL);
	}
	e = c->free_list;
	c->free_list = e->next;
	memset(e, 0, sizeof *e);
	e->key = *k;
	/* What is in a tunnel is not the same in each of its packets. */
	e->has = p->has & ~(uint32_t)(FLOW_HAS_FRAGMENT | FLOW_HAS_INNER);
	if (e->has & FLOW_HAS_QUOTE)
		e->quote = p->quote;
	e->ttl = p->ttl;
	e->label = p->label;
	memcpy(e->src_mac, p->src_mac, 6);
	memcpy(e->dst_mac, p->dst_mac, 6);
	e->start_ms = s->now_ms;
	e->next = c->bucket[bucket];
	c->bucket[bucket] = e;
	TAILQ_INSERT_TAIL(&c->live, e, idle);
	c->count++;
	return e;
}

/* Is the flow of E over when packet P comes? */
static bool
is_over(const struct entry *e, const struct packet *p, int64_t now_ms,
    enum flowcache_end *why)
{
	int64_t silent = now_ms - e->end_ms;

	/* Who begins anew does so by SYN. */
	if (e->ending &&
	    (silent >= FLOWCACHE_END_MS || (p->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN))
		*why = FLOWCACHE_ENDED;
	else if (silent >= FLOWCACHE_IDLE_MS)
		*why = FLOWCACHE_IDLE;
	else if (now_ms - e->start_ms >= FLOWCACHE_ACTIVE_MS)
		*why = FLOWCACHE_ACTIVE;
	else
		return false;
	return true;
}

static void
count(struct flowcache *c, struct entry *e, const struct flowcache_seen *s)
{
	const struct packet *p = s->packet;

	TAILQ_REMOVE(list_of(c, e), e, idle);
	e->packets++;
	e->octets += s->octets;
	e->flags |= p->flags;
	if (p->ttl < e->ttl)
		e->ttl = p->ttl;
	if (s->now_ms > e->end_ms)
		e->end_ms = s->now_ms;
	if (p->proto == IPPROTO_TCP && (p->flags & (TCP_FIN | TCP_RST)) != 0)
		e->ending = true;
	TAILQ_INSERT_TAIL(list_of(c, e), e, idle);
}

bool
flowcache_add(struct flowcache *c, const struct flowcache_seen *s)
{
	enum flowcache_end why;
	struct entry *e;
	struct key k;

	if (s->now_ms < c->latest_ms - CLOCK_BACK_MS) {
		flowcache_flush(c);
		c->latest_ms = s->now_ms;
	}
	if (s->now_ms > c->latest_ms)
		c->latest_ms = s->now_ms;
	key_of(s, &k);
	unsigned bucket = bucket_of(c, &k);
	e = find(c, &k, bucket);
	if (e != NULL && is_over(e, s->packet, s->now_ms, &why)) {
		go(c, e, why);
		e = NULL;
	}
	bool first = e == NULL;
	count(c, first ? begin(c, &k, bucket, s) : e, s);
	return first;
}

/* --- life ------------------------------------------------------------------------- */

unsigned
flowcache_count(const struct flowcache *c)
{
	return c->count;
}

uint64_t
flowcache_evicted(const struct flowcache *c)
{
	return c->evicted;
}

struct flowcache *
flowcache_new(unsigned room, void (*done)(void *ctx, struct flow *flow), void *ctx)
{
	struct flowcache *c = mem_zero(1, sizeof *c);

	c->done = done;
	c->ctx = ctx;
	c->buckets = 1;
	while (c->buckets < room)
		c->buckets *= 2;
	c->bucket = mem_zero(c->buckets, sizeof(struct entry *));
	c->pool = mem_zero(room, sizeof *c->pool);
	for (unsigned i = room; i-- > 0;) {
		c->pool[i].next = c->free_list;
		c->free_list = &c->pool[i];
	}
	TAILQ_INIT(&c->live);
	TAILQ_INIT(&c->ending);
	if (getrandom(c->seed, sizeof c->seed, 0) != sizeof c->seed)
		fatal("getrandom");
	c->seed[0] |= 1;
	return c;
}

void
flowcache_free(struct flowcache *c)
{
	if (c == NULL)
		return;
	free(c->bucket);
	free(c->pool);
	free(c);
}
