#include "infer/victims.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/mem.h"
#include "infer/recent.h"

#define ASKED_TCP_S 300
#define ASKED_OTHER_S 60
/* Who asked whom, and which answers were seen, in 12 bytes each. */
#define ASKED_MAX (1u << 17)
#define SEEN_MAX (1u << 19)

struct entry {
	UT_hash_handle hh; /* by victim.address */
	struct victim victim;
	const struct exporter *exporter; /* who told first; by name only */
	/* Reservoir of addresses: which place the next one takes (Vitter 1985). */
	uint64_t dice;
};

struct victims {
	struct space *space;
	struct entry *all;
	struct recent *asked, *seen;
};

struct victims *
victims_new(struct space *space)
{
	struct victims *v = mem_zero(1, sizeof *v);

	v->space = space;
	v->asked = recent_new(ASKED_MAX);
	v->seen = recent_new(SEEN_MAX);
	return v;
}

void
victims_free(struct victims *v)
{
	struct entry *e, *next;

	if (v == NULL)
		return;
	HASH_ITER(hh, v->all, e, next) {
		HASH_DEL(v->all, e);
		free(e);
	}
	recent_free(v->asked);
	recent_free(v->seen);
	free(v);
}

/* --- who asked -------------------------------------------------------------------- */

/* A conversation as its inside end began it. No padding: it is hashed as bytes. */
struct asked {
	struct flow_ip inside, outside;
	uint8_t proto, is_address;
	uint16_t inside_port, outside_port;
};

static bool
is_inside(enum space_part part)
{
	return part != SPACE_OUTSIDE;
}

static uint32_t
asked_ttl(uint8_t proto)
{
	return proto == IPPROTO_TCP ? ASKED_TCP_S : ASKED_OTHER_S;
}

static void
note_asked(struct victims *v, const struct flow *f, uint32_t now_s)
{
	struct asked key;

	memset(&key, 0, sizeof key);
	key.inside = f->src;
	key.outside = f->dst;
	key.proto = f->proto;
	if (f->proto == IPPROTO_TCP || f->proto == IPPROTO_UDP) {
		key.inside_port = f->sport;
		key.outside_port = f->dport;
	}
	(void)recent_note(v->asked, &key, sizeof key, now_s, asked_ttl(f->proto));
}

/* Did INSIDE send VICTIM what it answers? An error is about any kind of packet. */
static bool
was_asked(const struct victims *v, const struct flow *f, const struct flow_ip *victim,
    uint16_t sport, uint16_t dport, uint32_t now_s)
{
	uint8_t proto = f->has & FLOW_HAS_QUOTE ? f->quote.proto : f->proto;
	struct asked key;

	memset(&key, 0, sizeof key);
	key.inside = f->dst;
	key.outside = *victim;
	key.proto = proto;
	key.inside_port = dport;
	key.outside_port = sport;
	return recent_has(v->asked, &key, sizeof key, now_s, asked_ttl(proto));
}

/* --- what was seen of a victim ---------------------------------------------------- */

/* When F was, if that can be. */
static int64_t
time_of(const struct flow *f, int64_t now_ms)
{
	return f->has & FLOW_HAS_END && f->end_ms <= now_ms &&
		       now_ms - f->end_ms <= VICTIM_LAG_MS
		   ? f->end_ms
		   : now_ms;
}

static struct entry *
entry_get(struct victims *v, const struct flow_ip *address, int64_t at_ms)
{
	struct flow_ip key;
	struct entry *e;

	memset(&key, 0, sizeof key);
	key.len = address->len;
	memcpy(key.bytes, address->bytes, address->len);
	HASH_FIND(hh, v->all, &key, sizeof key, e);
	if (e != NULL)
		return e;
	if (HASH_COUNT(v->all) >= VICTIMS_MAX)
		return NULL;
	e = mem_zero(1, sizeof *e);
	e->victim.address = key;
	e->victim.first_ms = at_ms;
	e->victim.last_ms = at_ms;
	e->victim.rate_min = UINT32_MAX;
	e->victim.bucket_s = at_ms / 1000 / VICTIM_BUCKET_S * VICTIM_BUCKET_S;
	e->dice = (uint64_t)at_ms * 0x9e3779b97f4a7c15u | 1;
	HASH_ADD(hh, v->all, victim.address, sizeof key, e);
	return e;
}

/* The greatest number of packets in six neighbouring buckets. */
static void
count_minute(struct victim *m, uint64_t packets, int64_t now_ms)
{
	int64_t begin_s = now_ms / 1000 / VICTIM_BUCKET_S * VICTIM_BUCKET_S;
	int64_t ahead = (begin_s - m->bucket_s) / VICTIM_BUCKET_S;
	uint64_t sum = 0;

	for (int64_t i = 0; i < ahead && i < VICTIM_BUCKETS; i++) {
		memmove(
		    m->bucket + 1, m->bucket, (VICTIM_BUCKETS - 1) * sizeof *m->bucket);
		m->bucket[0] = 0;
	}
	if (ahead > 0)
		m->bucket_s = begin_s;
	m->bucket[0] += packets;
	for (unsigned i = 0; i < VICTIM_BUCKETS; i++)
		sum += m->bucket[i];
	if (sum > m->minute_max)
		m->minute_max = sum;
}

/* Frequent ports by Misra and Gries' counters (1982): what is in more than one of six
 * packets is among them. */
static void
count_port(struct victim *m, uint16_t port, uint64_t packets)
{
	struct victim_port *least = &m->port[0];

	for (unsigned i = 0; i < VICTIM_PORTS; i++) {
		if (m->port[i].packets != 0 && m->port[i].port == port) {
			m->port[i].packets += packets;
			return;
		}
		if (m->port[i].packets < least->packets)
			least = &m->port[i];
	}
	if (least->packets <= packets) {
		*least = (struct victim_port){ port, packets - least->packets };
		if (least->packets == 0)
			least->packets = 1;
	} else
		least->packets -= packets;
}

static uint64_t
roll(struct entry *e)
{
	e->dice ^= e->dice >> 12;
	e->dice ^= e->dice << 25;
	e->dice ^= e->dice >> 27;
	return e->dice * 0x2545f4914f6cdd1dULL;
}

static void
keep_offset(struct entry *e, uint32_t offset)
{
	struct victim *m = &e->victim;

	if (m->offsets < VICTIM_OFFSETS)
		m->offset[m->offsets++] = offset;
	else {
		uint64_t at = roll(e) % m->quiet_addresses;

		if (at < VICTIM_OFFSETS)
			m->offset[at] = offset;
	}
}

/* Which answers are the same again. No padding: it is hashed as bytes. */
struct answer {
	struct flow_ip victim, address;
	uint16_t sport, dport;
	uint8_t proto, is_address;
};

static void
count_distinct(struct victims *v, struct entry *e, const struct flow *f,
    const uint16_t port[2], bool quiet, uint32_t offset, uint32_t now_s)
{
	struct victim *m = &e->victim;
	struct answer key;

	memset(&key, 0, sizeof key);
	key.victim = m->address;
	key.address = f->dst;
	key.is_address = 1;
	if (!recent_note(v->seen, &key, sizeof key, now_s, VICTIM_TIMEOUT_S)) {
		m->addresses++;
		if (quiet) {
			m->quiet_addresses++;
			keep_offset(e, offset);
		}
	}
	key.is_address = 0;
	key.sport = port[0];
	key.dport = port[1];
	key.proto = f->proto;
	if (!recent_note(v->seen, &key, sizeof key, now_s, VICTIM_TIMEOUT_S) && quiet)
		m->responses++;
}

static void
count_answer(struct victims *v, struct entry *e, const struct flow *f,
    enum response kind, const uint16_t port[2], enum space_part part, uint32_t offset,
    int64_t now_ms)
{
	struct victim *m = &e->victim;
	bool quiet = part == SPACE_QUIET || part == SPACE_TELESCOPE;
	uint64_t packets =
	    f->has & FLOW_HAS_PACKETS && f->packets != 0 ? f->packets : 1;
	uint32_t rate = f->rate != 0 ? f->rate : 1;

	int64_t at_ms = time_of(f, now_ms);

	if (quiet && (m->quiet == 0 || at_ms < m->first_ms))
		m->stand_first = rate;
	if (m->packets == 0)
		e->exporter = f->exporter;
	m->several |= f->exporter != e->exporter;
	if (at_ms < m->first_ms)
		m->first_ms = at_ms;
	if (at_ms > m->last_ms)
		m->last_ms = at_ms;
	if (now_ms - at_ms > m->lag_ms)
		m->lag_ms = now_ms - at_ms;
	m->kind[kind] += packets;
	m->packets += packets;
	m->octets += f->octets;
	if (quiet) {
		m->quiet += packets;
		m->stand += (double)packets * rate;
		m->stand_squares += (double)packets * rate * rate;
	}
	m->rate_min = rate < m->rate_min ? rate : m->rate_min;
	m->rate_max = rate > m->rate_max ? rate : m->rate_max;
	m->rate_unknown |= f->rate_from == SAMPLING_UNKNOWN;
	if (f->has & FLOW_HAS_TTL && f->ttl != 0) {
		if (m->ttl_min == 0 || f->ttl < m->ttl_min)
			m->ttl_min = f->ttl;
		if (f->ttl > m->ttl_max)
			m->ttl_max = f->ttl;
	}
	count_minute(m, packets, at_ms);
	count_port(m, port[0], packets);
	count_distinct(v, e, f, port, quiet, offset, (uint32_t)(now_ms / 1000));
}

void
victims_flow(struct victims *v, const struct flow *f, int64_t now_ms)
{
	uint32_t now_s = (uint32_t)(now_ms / 1000), offset = 0;
	enum space_part part = space_find(v->space, &f->dst, now_s, &offset);
	struct flow_ip victim;
	uint16_t port[2];
	struct entry *e;

	if (is_inside(space_find(v->space, &f->src, now_s, NULL))) {
		space_sent(v->space, &f->src, now_s);
		if (!is_inside(part))
			note_asked(v, f, now_s);
		return;
	}
	if (!is_inside(part))
		return;
	enum response kind = response_of(f, &victim, &port[0], &port[1]);

	if (kind == RESPONSE_NONE || victim.len == 0)
		return;
	if (f->has & FLOW_HAS_QUOTE &&
	    memcmp(&f->quote.src, &f->dst, sizeof f->dst) != 0)
		return;
	/* Who is quiet asked nobody. Where only some packets were looked at, a question
	 * that was not seen proves nothing: used addresses are left out there. */
	if (part == SPACE_USED &&
	    (f->rate > 1 || was_asked(v, f, &victim, port[0], port[1], now_s)))
		return;
	if ((e = entry_get(v, &victim, time_of(f, now_ms))) != NULL)
		count_answer(v, e, f, kind, port, part, offset, now_ms);
}

static int
port_compare(const void *a, const void *b)
{
	const struct victim_port *x = a, *y = b;

	return x->packets < y->packets ? 1 : x->packets > y->packets ? -1 : 0;
}

void
victims_sweep(struct victims *v, int64_t now_ms,
    void (*each)(void *ctx, const struct victim *victim, bool over), void *ctx)
{
	const int64_t timeout_ms = (int64_t)VICTIM_TIMEOUT_S * 1000;
	struct entry *e, *next;

	HASH_ITER(hh, v->all, e, next) {
		struct victim *m = &e->victim;
		int64_t silent_ms = now_ms - m->last_ms;
		/* A clock that was set back: nothing to be told any more. */
		bool ahead = -silent_ms >= timeout_ms;
		bool over = silent_ms - m->lag_ms >= timeout_ms;

		qsort(m->port, VICTIM_PORTS, sizeof *m->port, port_compare);
		if (!ahead)
			each(ctx, m, over);
		if (!over && !ahead)
			continue;
		HASH_DEL(v->all, e);
		free(e);
	}
}
