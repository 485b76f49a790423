#include "collector/tally.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/service.h"
#include "collector/begins.h"
#include "collector/tallyparts.h"
#include "collector/witness.h"

#define MINUTE_MS (MINUTE_S * 1000)
/* A record of more octets or packets is none: 150 Gbit/s for half an hour. Nor has one
 * exporter more in a minute than its share of MINUTE_MOST, so that no sum runs over and
 * none of them leaves nothing to the others; a guest, who may be anybody, not more than
 * 4.7 Tbit/s. What comes beyond that, where exporters come and go, is cut for all. */
#define RECORD_MOST (1ULL << 45)
#define MINUTE_MOST (1ULL << 61)
#define SOURCE_MOST (MINUTE_MOST / EXPORTERS_MAX)
#define GUEST_MOST (1ULL << 45)
/* Clocks differ; what ends so much later than it comes is not counted as early. */
#define EARLY_MS 5000
/* A clock that is wrong by less is right: datagrams wait a little before they are sent.
 */
#define CLOCK_MS 5000
/* What says that it lasted longer has no begin, but a zero for one. */
#define YEAR_MS (366 * 24 * HOUR_MS)
/* Sizes of IP packets, at least and (but for jumbo frames) at most. */
#define PACKET_LEAST 40.0
#define PACKET_MOST 1500.0

#define WINDOW_MS 5000
const uint16_t tally_lasts_s[TALLY_SPANS] = { 0, 20, 40, 60, 120, 300 };

/* --- the way of a record into what is gathered ------------------------------------ */

/* What a record says in all, scaled. */
struct scaled {
	uint64_t octets, packets;
	double octets_var, packets_var;
	uint32_t samples; /* packets, before scaling */
	bool unknown;
};

/* The greatest that the sum of the squares of K sizes can be which have the sum OCTETS:
 * the variance of what lies between two bounds is at most the product of its distances
 * from them (Bhatia and Davis 2000). One packet has the size that it has. */
static double
squares(double octets, double k)
{
	double mean;

	if (k < 1)
		return 0;
	mean = octets / k;
	if (k == 1 || mean <= PACKET_LEAST || mean >= PACKET_MOST)
		return octets * mean;
	return octets * mean + k * (PACKET_MOST - mean) * (mean - PACKET_LEAST);
}

/* OCTETS and PACKETS of F by its rate. False when they are absurd. */
static bool
scale(struct scaled *out, const struct flow *f, uint64_t octets, uint64_t packets)
{
	double n = f->rate;

	*out = (struct scaled){ .samples = packets > UINT32_MAX / 2 ? UINT32_MAX / 2
								    : (uint32_t)packets,
		.unknown = f->rate_from == SAMPLING_UNKNOWN };
	if (__builtin_mul_overflow(octets, (uint64_t)f->rate, &out->octets) ||
	    __builtin_mul_overflow(packets, (uint64_t)f->rate, &out->packets) ||
	    out->octets > RECORD_MOST || out->packets > RECORD_MOST)
		return false;
	if (f->rate > 1) {
		out->packets_var = n * n * (double)packets;
		out->octets_var = n * n * squares((double)octets, (double)packets);
	}
	return true;
}

/* The share of ALL that falls into the first PART of WHOLE, rounded down. */
static uint64_t
share(uint64_t all, uint64_t part, uint64_t whole)
{
	return (uint64_t)((unsigned __int128)all * part / whole);
}

/* S of SOURCE is more than can be in the minute of SLOT. */
static bool
is_absurd(struct tally *t, struct source *source, unsigned slot, const struct scaled *s)
{
	uint64_t most = source->guest ? GUEST_MOST : SOURCE_MOST;

	if (source->minute_octets[slot] + s->octets > most ||
	    source->minute_packets[slot] + s->packets > most ||
	    t->octets[slot] + s->octets > MINUTE_MOST ||
	    t->packets[slot] + s->packets > MINUTE_MOST)
		return true;
	source->minute_octets[slot] += s->octets;
	source->minute_packets[slot] += s->packets;
	t->octets[slot] += s->octets;
	t->packets[slot] += s->packets;
	return false;
}

/* S, of FLOWS records, to MINUTE. */
static void
gather(struct tally *t, const struct gather_key *key, int64_t minute,
    const struct scaled *s, uint32_t flows)
{
	struct gathered *g;

	if (is_absurd(
		t, &t->source[key->exporter], (unsigned)(minute % TALLY_OPEN), s)) {
		t->counts.absurd++;
		return;
	}
	g = gather_next(t->gather);
	g->key = *key;
	g->key.minute = (uint32_t)minute;
	g->sum = (struct gather_sum){ .octets = s->octets,
		.packets = s->packets,
		.unknown_octets = s->unknown ? s->octets : 0,
		.octets_var = s->octets_var,
		.packets_var = s->packets_var,
		.flows = flows,
		.samples = s->samples };
	if (!gather_add(t->gather))
		tally_drain(t);
}

/* Spread S, of FLOWS, evenly over START to END, which are in two minutes or more. The
 * record is counted in the last of them. What belongs to minutes that are closed is not
 * moved to later ones, where it would be a peak that never was: it is counted as late.
 */
static void
spread(struct tally *t, const struct gather_key *key, const struct scaled *s,
    int64_t start, int64_t end, uint32_t flows)
{
	uint64_t whole = (uint64_t)(end - start), octets = 0, packets = 0;
	int64_t first = start / MINUTE_MS, open = t->now - TALLY_OPEN + 1;

	if (first < open) {
		uint64_t closed = (uint64_t)(open * MINUTE_MS - start);

		first = open;
		octets = share(s->octets, closed, whole);
		packets = share(s->packets, closed, whole);
		t->counts.late++;
		t->counts.late_octets += octets;
		t->source[key->exporter].late_octets += octets;
		source_part(t, &t->source[key->exporter])->late_octets += octets;
	}
	for (int64_t minute = first; minute <= end / MINUTE_MS; minute++) {
		bool last = minute == end / MINUTE_MS;
		int64_t until = last ? end : (minute + 1) * MINUTE_MS;
		int64_t from = minute * MINUTE_MS > start ? minute * MINUTE_MS : start;
		uint64_t part = (uint64_t)(until - start);
		double fraction = (double)(until - from) / (double)whole;
		struct scaled one = { .octets = share(s->octets, part, whole) - octets,
			.packets = share(s->packets, part, whole) - packets,
			.octets_var = s->octets_var * fraction,
			.packets_var = s->packets_var * fraction,
			.samples = last ? s->samples : 0,
			.unknown = s->unknown };

		octets += one.octets;
		packets += one.packets;
		gather(t, key, minute, &one, last ? flows : 0);
	}
}

/* Is S, which tells of KEY from START to END, one that tells of a flow again and again,
 * what came since, and always when it began? */
static bool
keeps_begins(const struct tally *t, struct source *s, const struct gather_key *key,
    int64_t start, int64_t end)
{
	uint64_t flow[6] = { key->src[0], key->src[1], key->dst[0], key->dst[1],
		(uint64_t)key->in << 32 | key->out,
		(uint64_t)key->proto << 32 | (uint64_t)key->sport << 16 | key->dport };

	if (s->begins == NULL)
		s->begins = begins_new();
	return begins_again(
	    s->begins, gather_hash(flow, 6, t->secret), start, end, t->now_ms);
}

/* What F can be of, at most: its timeout, where its exporter tells it; days are none,
 * by which all is told when it is over. Where begins say nothing, nobody knows since
 * when it is, and it is taken for what is open. Else it is as long as it says, be it
 * days: some tell of a flow only when it is over. */
static int64_t
longest(const struct tally *t, struct source *s, const struct gather_key *key,
    const struct flow *f)
{
	int64_t ms = f->end_ms - f->start_ms, told = f->exporter->active_s * 1000LL;

	if (told != 0 && told <= HOUR_MS)
		return told;
	if (ms <= TALLY_SPAN_MS)
		return ms;
	return keeps_begins(t, s, key, f->start_ms, f->end_ms) || ms > YEAR_MS
		   ? TALLY_SPAN_MS
		   : ms;
}

/* Have START to END, which is what F says, end between what is open and now, and last
 * no longer than can be. */
static void
place(struct tally *t, const struct flow *f, const struct gather_key *key,
    int64_t *start, int64_t *end)
{
	int64_t wrong = exporter_ahead_ms(f->exporter);
	int64_t oldest = (t->now - TALLY_OPEN + 1) * MINUTE_MS;

	if (wrong != INT64_MIN && (wrong > CLOCK_MS || wrong < -CLOCK_MS)) {
		*start -= wrong;
		*end -= wrong;
	}
	if (*end > t->now_ms) {
		int64_t ahead = *end - t->now_ms;

		t->counts.early += ahead > EARLY_MS;
		*start -= ahead;
		*end = t->now_ms;
	}
	int64_t most = longest(t, &t->source[f->exporter->number], key, f);
	if (*end - *start > most) {
		*start = *end - most;
		t->counts.cut++;
	}
	/* All of it is over: it counts as if it had ended a little later. */
	if (*end < oldest) {
		int64_t late = oldest + MINUTE_MS - 1 - *end;

		*start += late;
		*end += late;
		t->counts.late++;
	}
}

static uint8_t
span_class(int64_t ms)
{
	uint8_t class = 0;

	while (ms > WINDOW_MS && class + 1u < TALLY_SPANS &&
	       ms > tally_lasts_s[class] * 1000)
		class ++;
	return class;
}

static void
one_way(struct tally *t, const struct flow *f, struct gather_key *key,
    const struct scaled *s)
{
	int64_t start = f->start_ms, end = f->end_ms;
	uint32_t flows = f->merged + (f->more ? 0 : 1);

	place(t, f, key, &start, &end);
	key->span = span_class(end - start);
	t->counts.flows++;
	t->counts.unknown += s->unknown;
	t->source[key->exporter].octets += s->octets;
	source_part(t, &t->source[key->exporter])->octets += s->octets;
	if (start / MINUTE_MS == end / MINUTE_MS)
		gather(t, key, end / MINUTE_MS, s, flows);
	else
		spread(t, key, s, start, end, flows);
}

static bool
is_echo_reply(const struct flow *f)
{
	return (f->proto == IPPROTO_ICMP && f->icmp_type == 0) ||
	       (f->proto == IPPROTO_ICMPV6 && f->icmp_type == 129);
}

static void
make_key(struct gather_key *key, const struct flow *f)
{
	*key = (struct gather_key){ .sport = f->sport,
		.dport = f->dport,
		.in = f->in,
		.out = f->out,
		.src_as = f->src_as,
		.dst_as = f->dst_as,
		.exporter = f->exporter->number,
		.proto = f->proto,
		.tos = f->tos >> 2 };
	inside_words(key->src, &f->src);
	inside_words(key->dst, &f->dst);
	if (f->has & FLOW_HAS_PROTO)
		key->kind |= KIND_PROTO;
	if (f->has & FLOW_HAS_TOS)
		key->kind |= KIND_DSCP;
	if ((f->has & FLOW_HAS_DPORT) && service_has_ports(f->proto))
		key->kind |= KIND_PORTS;
	else
		key->sport = key->dport = 0;
	if (f->proto == IPPROTO_TCP && (f->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN)
		key->kind |= KIND_SYN;
	if (f->fragment != 0)
		key->kind |= KIND_FRAGMENT;
	if ((f->has & FLOW_HAS_ICMP) && is_echo_reply(f))
		key->kind |= KIND_ECHO_REPLY;
}

/* The other way of a biflow. */
static void
turn_key(struct gather_key *key)
{
	struct gather_key was = *key;

	memcpy(key->src, was.dst, sizeof key->src);
	memcpy(key->dst, was.src, sizeof key->dst);
	key->sport = was.dport;
	key->dport = was.sport;
	key->in = was.out;
	key->out = was.in;
	key->src_as = was.dst_as;
	key->dst_as = was.src_as;
}

void
tally_flow(struct tally *t, const struct flow *f, int64_t now_ms)
{
	struct source *source = source_of(t, f->exporter);
	struct gather_key key;
	struct scaled s;

	source->is_new =
	    source->guest && now_ms - f->exporter->first_ms < EXPORTER_NEW_MS;
	/* Minutes are numbers since 1970, and some before now are open. */
	if (now_ms / MINUTE_MS < TALLY_OPEN)
		return;
	if (t->now == 0)
		t->now = t->since = now_ms / MINUTE_MS;
	t->heard = now_ms / MINUTE_MS;
	/* The next minute begins with a tick. */
	t->now_ms = now_ms / MINUTE_MS > t->now ? (t->now + 1) * MINUTE_MS - 1 : now_ms;
	if (source_is_twice(source, f, now_ms, t->secret)) {
		t->counts.twice++;
		return;
	}
	make_key(&key, f);
	if (source_is_own(t, &key, source)) {
		t->counts.own++;
		return;
	}
	if (scale(&s, f, f->octets - f->told_octets, f->packets - f->told_packets))
		one_way(t, f, &key, &s);
	else
		t->counts.absurd++;
	uint64_t octets = f->reverse_octets - f->told_reverse_octets;
	uint64_t packets = f->reverse_packets - f->told_reverse_packets;
	if (!(f->has & FLOW_HAS_REVERSE) || (octets == 0 && packets == 0))
		return;
	turn_key(&key);
	if (scale(&s, f, octets, packets))
		one_way(t, f, &key, &s);
	else
		t->counts.absurd++;
}

/* --- the passing of minutes ------------------------------------------------------- */

static void
close_minute(struct tally *t, int64_t minute, tally_part_fn part, void *ctx)
{
	unsigned slot = (unsigned)(minute % TALLY_OPEN);
	struct open_minute *m = &t->open[slot];

	if (m->begun)
		open_minute_give(m, true, t->set.talkers, part, ctx);
	else if (minute >= t->since && minute < t->now &&
		 minute <= t->heard + TALLY_QUIET)
		open_minute_give_empty(minute, part, ctx);
	m->begun = m->changed = false;
	t->octets[slot] = t->packets[slot] = 0;
	for (unsigned i = 0; i < EXPORTERS_MAX; i++)
		t->source[i].minute_octets[slot] = t->source[i].minute_packets[slot] =
		    0;
}

void
tally_close(struct tally *t, tally_part_fn part, void *ctx)
{
	tally_drain(t);
	if (t->now == 0) /* nothing has come: no minute is open */
		return;
	for (int64_t minute = t->now - TALLY_OPEN + 1; minute <= t->now; minute++)
		close_minute(t, minute, part, ctx);
	t->now = 0;
}

void
tally_tick(struct tally *t, int64_t now_ms, tally_part_fn part, void *ctx)
{
	int64_t minute = now_ms / MINUTE_MS;

	tally_drain(t);
	if (t->now == 0)
		return;
	/* The clock was set back, so far that nothing would be in time for long. */
	if (minute <= t->now - TALLY_OPEN || minute >= t->now + TALLY_OPEN) {
		tally_close(t, part, ctx);
		/* Nor would anybody be silent there. */
		witnesses_clear(t->witnesses);
		return;
	}
	while (t->now < minute) {
		close_minute(t, ++t->now - TALLY_OPEN, part, ctx);
	}
}

void
tally_tell(struct tally *t, tally_part_fn part, void *ctx)
{
	tally_drain(t);
	if (t->now == 0)
		return;
	for (int64_t minute = t->now - TALLY_OPEN + 1; minute <= t->now; minute++) {
		struct open_minute *m = &t->open[minute % TALLY_OPEN];

		if (!m->changed)
			continue;
		open_minute_give(m, false, t->set.talkers, part, ctx);
		m->changed = false;
	}
}

/* --- life ------------------------------------------------------------------------- */

const struct tally_counts *
tally_counts(const struct tally *t)
{
	return &t->counts;
}

void
tally_configure(struct tally *t, const struct tally_settings *settings)
{
	tally_drain(t);
	t->set = *settings;
	t->set.local = t->set.self = t->set.prefer = (struct prefixes){ NULL, 0 };
	inside_set(&t->inside, &settings->local);
	inside_set(&t->self, &settings->self);
	inside_set(&t->prefer, &settings->prefer);
	for (unsigned i = 0; i < EXPORTERS_MAX; i++)
		source_rank(t, &t->source[i]);
	witnesses_clear(t->witnesses);
}

void
tally_watch(struct tally *t, struct windows *w)
{
	t->windows = w;
}

struct tally *
tally_new(uint64_t secret)
{
	struct tally *t = mem_zero(1, sizeof *t);

	t->secret = secret;
	t->gather = gather_new(secret);
	t->witnesses = witnesses_new(secret);
	t->set.talkers = TALLY_FULL;
	for (unsigned i = 0; i < TALLY_OPEN; i++)
		open_minute_init(&t->open[i]);
	return t;
}

void
tally_free(struct tally *t)
{
	for (unsigned i = 0; i < TALLY_OPEN; i++)
		open_minute_free(&t->open[i]);
	for (unsigned i = 0; i < EXPORTERS_MAX; i++)
		source_clear(&t->source[i]);
	gather_free(t->gather);
	witnesses_free(t->witnesses);
	free(t);
}
