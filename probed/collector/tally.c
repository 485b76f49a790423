#include "collector/tally.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "collector/begins.h"
#include "collector/exporter.h"
#include "collector/gather.h"
#include "collector/ifset.h"
#include "collector/inside.h"
#include "collector/openminute.h"
#include "base/service.h"
#include "collector/windows.h"
#include "collector/witness.h"

#define MINUTE_MS (MINUTE_S * 1000)
#define HOUR_MS (3600 * 1000LL)
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

/* Slots for two addresses of each exporter, half of them full. */
#define SENDERS (4 * EXPORTERS_MAX)

/* Bits of a gathered key's KIND. */
#define KIND_PROTO 1 /* it is an IP packet */
#define KIND_PORTS 2
#define KIND_DSCP 4
#define KIND_SYN 8
#define KIND_FRAGMENT 16
#define KIND_ECHO_REPLY 32
#define TCP_SYN 0x02
#define TCP_ACK 0x10

/* Classes of how long a record lasts: the seconds that the windows take it to, 0 for
 * up to WINDOW_MS. */
#define WINDOW_MS 5000
static const uint16_t lasts_s[] = { 0, 20, 40, 60, 120, 300 };

/* An hour, in parts. */
#define PARTS 6
#define PART_MINUTES 10
struct hour_part {
	int64_t number; /* since the epoch */
	uint64_t octets, late_octets;
};

/* What is learned of an exporter. */
struct source {
	uint64_t serial;  /* whose it is */
	uint64_t word[2]; /* its address, for the rows of its interfaces */
	uint64_t from[2]; /* that it sends from: another, where it names an agent */
	uint64_t device;  /* a hash of it, and of how it tells: who tells */
	bool samples;	  /* sFlow */
	bool guest;	  /* when it told last */
	bool is_new;	  /* a guest, and likewise */
	uint8_t rank;	  /* by the operator's preference */
	/* Interfaces that had records of what comes in: in this hour, in the one
	 * before. */
	struct ifset in[2];
	int64_t hour;
	/* The minutes of its last word of an interface that counted, and of when it was
	 * last asked whether it is outdone. */
	int64_t told, asked;
	bool outdone;
	bool apart;	       /* it told of a flow that came in and left by two */
	struct begins *begins; /* of its long flows; NULL: none came yet */
	uint64_t octets,
	    late_octets; /* of all its records, scaled; that were too late */
	struct hour_part part[PARTS];
	uint64_t minute_octets[TALLY_OPEN], minute_packets[TALLY_OPEN];
};

struct tally {
	uint64_t secret;
	struct tally_settings set;
	struct inside inside, self;
	struct gather *gather;
	struct windows *windows; /* or NULL */
	struct inside prefer;
	struct witnesses *witnesses;
	uint64_t device; /* the only one that told so far; 0: none */
	bool several;	 /* there was another one */
	struct source source[EXPORTERS_MAX];
	/* The addresses of all sources: 1 + the source's number; 0: none. */
	uint16_t sender[SENDERS];
	struct open_minute open[TALLY_OPEN]; /* minute M at M % TALLY_OPEN */
	uint64_t octets[TALLY_OPEN], packets[TALLY_OPEN]; /* of each, gathered too */
	int64_t now; /* the newest open minute; 0: none yet */
	int64_t since, heard; /* the minutes of the first record and of the last */
	int64_t now_ms;
	struct tally_counts counts;
};

/* --- the way of a record into what is gathered ------------------------------------ */

static void drain(struct tally *t);

static void
rank(const struct tally *t, struct source *s)
{
	unsigned place = inside_place(&t->prefer, s->word);

	if (place < t->prefer.count && place < WITNESS_UNRANKED)
		s->rank = (uint8_t)place;
	else
		s->rank = s->guest ? WITNESS_GUEST : WITNESS_UNRANKED;
}

static bool
is_address(const uint64_t a[2], const uint64_t b[2])
{
	return a[0] == b[0] && a[1] == b[1];
}

/* The slot of a source with ADDRESS, or where one would be. */
static uint16_t *
sender_at(struct tally *t, const uint64_t address[2])
{
	unsigned at = gather_hash(address, 2, t->secret) % SENDERS;

	for (; t->sender[at] != 0; at = (at + 1) % SENDERS) {
		const struct source *s = &t->source[t->sender[at] - 1];

		if (is_address(s->word, address) || is_address(s->from, address))
			break;
	}
	return &t->sender[at];
}

static void
learn_sender(struct tally *t, const uint64_t address[2], unsigned source)
{
	uint16_t *at = sender_at(t, address);

	if (*at == 0)
		*at = (uint16_t)(source + 1);
}

/* A source is new: who sends? Sources are few, and so are new ones. */
static void
learn_senders(struct tally *t)
{
	memset(t->sender, 0, sizeof t->sender);
	for (unsigned i = 0; i < EXPORTERS_MAX; i++) {
		const struct source *s = &t->source[i];

		if (s->serial == 0)
			continue;
		learn_sender(t, s->word, i);
		learn_sender(t, s->from, i);
	}
}

/* S tells of the interfaces of the address that it sends from, and is named. What it
 * told as a guest is its as well; not what others did who sent from its agent's
 * address. */
static void
name_interfaces(struct tally *t, const struct source *s)
{
	for (unsigned i = 0; i < TALLY_OPEN; i++)
		if (t->open[i].begun)
			open_minute_name(&t->open[i], s->word);
}

/* What is known of F's exporter. */
static struct source *
source_of(struct tally *t, const struct exporter *x)
{
	struct source *s = &t->source[x->number];

	if (s->serial == x->serial && s->guest == x->guest)
		return s;
	/* The number was another's, or it was a guest: records may still be gathered. */
	drain(t);
	ifset_clear(&s->in[0]);
	ifset_clear(&s->in[1]);
	begins_free(s->begins);
	struct source was = s->serial == x->serial ? *s : (struct source){ 0 };
	*s = (struct source){ .serial = x->serial,
		.guest = x->guest,
		.octets = was.octets,
		.late_octets = was.late_octets };
	memcpy(s->part, was.part, sizeof s->part);
	struct flow_ip device = exporter_device(x), from = exporter_from(x);
	inside_words(s->word, &device);
	inside_words(s->from, &from);
	learn_senders(t);
	if (!s->guest && is_address(s->word, s->from))
		name_interfaces(t, s);
	s->samples = x->protocol == FLOW_SFLOW5;
	/* Interfaces whose packets are looked at have no address of their own; a device
	 * that tells of flows and of samples sees the same packets twice. */
	uint64_t tell[5] = { s->word[0], s->word[1], 0, 0, s->samples };
	memcpy(tell + 2, x->interface, sizeof x->interface);
	_Static_assert(sizeof x->interface == 16, "two words");
	s->device = gather_hash(tell, 5, t->secret) | 1;
	rank(t, s);
	t->several |= t->device != 0 && t->device != s->device;
	t->device = s->device;
	return s;
}

/* Who does not know where it came in has no two ways: of interface 0 it is asked whether
 * anything came in by one that is known. */
static bool
came_in(const struct ifset *in, uint32_t interface, uint64_t secret)
{
	return interface == 0 ? in->count > 0 : ifset_has(in, interface, secret);
}

static void
turn_hour(struct source *s, int64_t hour)
{
	if (s->hour == hour)
		return;
	ifset_clear(&s->in[1]);
	if (s->hour + 1 == hour)
		s->in[1] = s->in[0];
	else
		ifset_clear(&s->in[0]);
	s->in[0] = (struct ifset){ 0 };
	s->hour = hour;
}

/* Was F, of something that left, told of when it came in? softflowd calls the answers
 * of what it saw on one interface, if it names it at all, egress: they are not. */
static bool
is_twice(struct source *s, const struct flow *f, int64_t now_ms, uint64_t secret)
{
	if (!(f->has & FLOW_HAS_EGRESS) || (f->in == f->out && f->in != 0))
		return false;
	turn_hour(s, now_ms / HOUR_MS);
	if (!f->egress)
		ifset_add(&s->in[0], f->in, secret);
	return f->egress &&
	       (came_in(&s->in[0], f->in, secret) || came_in(&s->in[1], f->in, secret));
}

/* A datagram of flows that is itself in a flow: an exporter that sees its own would be
 * heard for ever. Whatever else comes to our ports is traffic: it may be a flood. */
static bool
is_own(struct tally *t, const struct gather_key *key, const struct source *s)
{
	if (key->proto != IPPROTO_UDP)
		return false;
	for (unsigned i = 0; i < t->set.ports; i++)
		if (key->dport == t->set.port[i])
			return is_address(key->src, s->word) ||
			       is_address(key->src, s->from) ||
			       (inside_of(&t->self, key->dst) == SIDE_OWN &&
				   *sender_at(t, key->src) != 0);
	return false;
}

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
		drain(t);
}

/* What S told in these ten minutes. */
static struct hour_part *
part_of(const struct tally *t, struct source *s)
{
	int64_t number = t->now / PART_MINUTES;
	struct hour_part *p = &s->part[number % PARTS];

	if (p->number != number)
		*p = (struct hour_part){ .number = number };
	return p;
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
		part_of(t, &t->source[key->exporter])->late_octets += octets;
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

	while (ms > WINDOW_MS && class + 1u < sizeof lasts_s / sizeof *lasts_s &&
	       ms > lasts_s[class] * 1000)
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
	part_of(t, &t->source[key->exporter])->octets += s->octets;
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
	if (is_twice(source, f, now_ms, t->secret)) {
		t->counts.twice++;
		return;
	}
	make_key(&key, f);
	if (is_own(t, &key, source)) {
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

/* --- from what is gathered into the tables ---------------------------------------- */

/* Something to be added to a row. */
struct addition {
	enum minute_by by;
	bool again;
	uint64_t hash;
	struct top_key key;
	const struct minute_sum *sum;
};

/* One gathered flow on its way. Its additions are known before the first is made, so
 * that the processor can fetch for all of them at once. */
struct drop {
	struct tally *t;
	struct open_minute *minute;
	const struct gather_key *key;
	enum side src, dst;
	bool guest, new_guest;		/* tells of it */
	struct minute_sum sum, in, out; /* the last two are of interfaces */
	unsigned additions;
	struct addition addition[10];
};

/* The address of an end as it may be told. */
static void
put_end(
    const struct tally *t, uint64_t out[2], const uint64_t address[2], enum side side)
{
	uint8_t *bytes = (uint8_t *)out;

	memcpy(out, address, 16);
	if (side == SIDE_REMOTE && t->set.cut_remote)
		for (unsigned i = inside_is_four(address) ? 15 : 6; i < 16; i++)
			bytes[i] = 0;
}

static const struct toptable *
table_of(const struct drop *d, enum minute_by by)
{
	return by == MINUTE_INTERFACE && d->guest ? &d->minute->guests
						  : &d->minute->table[by];
}

/* WORDS of the key are in use. */
static void
add(struct drop *d, enum minute_by by, const struct top_key *key, unsigned words,
    const struct minute_sum *sum, bool again)
{
	struct addition *a = &d->addition[d->additions++];

	a->by = by;
	a->again = again;
	a->hash = gather_hash(key->word, words, d->t->secret);
	a->key = *key;
	a->sum = sum;
	toptable_soon(table_of(d, by), a->hash);
}

static void
add_all(struct drop *d)
{
	for (unsigned i = 0; i < d->additions; i++)
		toptable_sooner(table_of(d, d->addition[i].by), d->addition[i].hash);
	for (unsigned i = 0; i < d->additions; i++) {
		const struct addition *a = &d->addition[i];

		if (a->by != MINUTE_INTERFACE || !d->guest) {
			open_minute_add(
			    d->minute, a->by, &a->key, a->hash, a->sum, a->again);
			continue;
		}
		enum guest_room room = open_minute_add_guest(d->minute,
		    d->key->exporter, d->new_guest, &a->key, a->hash, a->sum);
		if (room == GUEST_FULL)
			d->t->counts.guest_interfaces += a->sum->flows;
		else if (room == GUEST_LATER)
			d->t->counts.new_guest_interfaces += a->sum->flows;
	}
}

/* Does another source of S's device tell of interfaces, by records of flows? A guest,
 * who may send in its name, does not outdo one that is named. */
static bool
is_outdone(const struct tally *t, const struct source *s)
{
	for (unsigned i = 0; i < EXPORTERS_MAX; i++) {
		const struct source *o = &t->source[i];

		if (o->serial != 0 && !o->samples && o->guest <= s->guest &&
		    o->word[0] == s->word[0] && o->word[1] == s->word[1] &&
		    o->told + TALLY_OUTDONE > t->now)
			return true;
	}
	return false;
}

/* Does what S says of interfaces count? It is asked for each record, and looks once a
 * minute. */
static bool
tells(const struct tally *t, struct source *s)
{
	if (s->samples && s->asked != t->now) {
		s->asked = t->now;
		s->outdone = is_outdone(t, s);
	}
	if (s->outdone)
		return false;
	s->told = t->now;
	return true;
}

static void
add_interface(struct drop *d, uint32_t interface, enum minute_way way)
{
	const struct source *source = &d->t->source[d->key->exporter];
	struct top_key key = { { source->word[0], source->word[1], interface } };
	struct minute_sum *sum = way == MINUTE_IN ? &d->in : &d->out;

	if (interface == 0)
		return;
	*sum = (struct minute_sum){ .flows = d->sum.flows,
		.octets_var = d->sum.octets_var,
		.packets_var = d->sum.packets_var,
		.unknown_octets = d->sum.unknown_octets };
	sum->octets[way] = minute_octets(&d->sum);
	sum->packets[way] = minute_packets(&d->sum);
	open_minute_carried(d->minute, sum);
	add(d, MINUTE_INTERFACE, &key, 3, sum, false);
}

/* Is ADDRESS one of the device that S tells of? */
static bool
is_device(const struct tally *t, const struct source *s, const uint64_t address[2])
{
	static const uint8_t loopback[13] = { [10] = 0xff, 0xff, 127 };

	if (is_address(s->word, address) || is_address(s->from, address))
		return true;
	/* This host has several, and may send from any of them. */
	return (memcmp(s->from, loopback, sizeof loopback) == 0 ||
		   inside_of(&t->self, s->from) == SIDE_OWN) &&
	       inside_of(&t->self, address) == SIDE_OWN;
}

/* Which way what WAY says of the own network passed the only interface of its device
 * that is looked at: to and from the device itself, else as on one that leads to the
 * own network. MINUTE_OTHER: nobody knows. */
static enum minute_way
only_way(const struct drop *d, enum minute_way way)
{
	const struct source *s = &d->t->source[d->key->exporter];
	bool to = is_device(d->t, s, d->key->dst),
	     from = is_device(d->t, s, d->key->src);

	if (to != from)
		return to ? MINUTE_IN : MINUTE_OUT;
	return way == MINUTE_IN	   ? MINUTE_OUT
	       : way == MINUTE_OUT ? MINUTE_IN
				   : MINUTE_OTHER;
}

static void
add_interfaces(struct drop *d, enum minute_way way)
{
	struct source *s = &d->t->source[d->key->exporter];
	uint32_t in = d->key->in, out = d->key->out;

	if ((in | out) == 0 || !tells(d->t, s))
		return;
	s->apart |= in != out && in != 0 && out != 0;
	/* Who listens on one interface (softflowd) names it as both of whatever passed
	 * it once; a router, what it sent back by the interface that it came from. */
	if (in == out && !s->apart) {
		add_interface(d, in, only_way(d, way));
		return;
	}
	add_interface(d, in, MINUTE_IN);
	add_interface(d, out, MINUTE_OUT);
}

/* To the rows of table BY for those of both ends that are WHICH. */
static void
add_ends(struct drop *d, enum minute_by by, enum side which)
{
	struct top_key key = { { 0 } };

	if (d->src == which) {
		put_end(d->t, key.word, d->key->src, which);
		add(d, by, &key, 2, &d->sum, false);
	}
	if (d->dst == which) {
		put_end(d->t, key.word, d->key->dst, which);
		add(d, by, &key, 2, &d->sum, d->src == which);
	}
}

static void
add_as(struct drop *d)
{
	struct top_key src = { { d->key->src_as } }, dst = { { d->key->dst_as } };
	bool has_src = d->src == SIDE_REMOTE && d->key->src_as != 0;

	if (has_src)
		add(d, MINUTE_AS, &src, 1, &d->sum, false);
	if (d->dst == SIDE_REMOTE && d->key->dst_as != 0)
		add(d, MINUTE_AS, &dst, 1, &d->sum, has_src);
}

static void
add_port(struct drop *d)
{
	const struct gather_key *k = d->key;
	struct top_key key = { { (uint64_t)k->proto << 16 |
				 service_port(k->sport, k->dport) } };

	if (k->kind & KIND_PORTS)
		add(d, MINUTE_PORT, &key, 1, &d->sum, false);
}

static void
add_flow(struct drop *d)
{
	const struct gather_key *k = d->key;
	struct top_key key;

	if ((k->src[0] | k->src[1]) == 0)
		return;
	put_end(d->t, key.word, k->src, d->src);
	put_end(d->t, key.word + 2, k->dst, d->dst);
	key.word[4] = (uint64_t)k->proto << 32 | (uint64_t)k->sport << 16 | k->dport;
	add(d, MINUTE_FLOW, &key, 5, &d->sum, false);
}

static struct open_minute *
minute_of(struct tally *t, int64_t minute)
{
	struct open_minute *m = &t->open[minute % TALLY_OPEN];

	if (!m->begun || m->minute != minute) {
		open_minute_begin(m, minute);
		m->begun = true;
	}
	m->changed = true;
	return m;
}

/* What an own host exchanges with another network, to the windows of the host and of
 * the whole network: that has what counts, and, where there are several exporters, what
 * each of them tells, lest much be hidden in little of many hosts. */
static void
watch(const struct drop *d, enum minute_way way, const struct gather_sum *sum,
    bool counts)
{
	const struct gather_key *k = d->key;
	static const uint64_t whole[2];
	bool out = way == MINUTE_OUT;
	struct window_share s = { .packets = (double)sum->packets,
		.octets = (double)sum->octets,
		.packets_var = sum->packets_var,
		.octets_var = sum->octets_var,
		.flows = sum->flows,
		.samples = sum->samples,
		.proto = k->proto,
		.syn = (k->kind & KIND_SYN) != 0,
		.fragment = (k->kind & KIND_FRAGMENT) != 0,
		.lasts_s = lasts_s[k->span],
		.other = gather_hash(out ? k->dst : k->src, 2, ~d->t->secret) };
	uint16_t outside = out ? k->dport : k->sport, own = out ? k->sport : k->dport;

	s.class = vector_class(k->proto, s.syn ? TCP_SYN : TCP_ACK, outside,
	    (k->kind & KIND_PORTS) != 0, s.fragment,
	    (k->kind & KIND_ECHO_REPLY) != 0);
	s.port = s.class == CLASS_AMPLIFIER ? outside : own;
	memcpy(s.exporter, d->t->source[k->exporter].word, sizeof s.exporter);
	if (counts)
		windows_add(d->t->windows, whole, out, &s);
	if (!d->t->set.count_all)
		s.teller = d->t->source[k->exporter].device;
	if (d->t->several && s.teller != 0)
		windows_add(d->t->windows, whole, out, &s);
	if (d->t->set.talkers != TALLY_OFF)
		windows_add(d->t->windows, out ? k->src : k->dst, out, &s);
}

static enum minute_way
way_of(enum side src, enum side dst)
{
	if (src == SIDE_REMOTE && dst == SIDE_OWN)
		return MINUTE_IN;
	return src == SIDE_OWN && dst == SIDE_REMOTE ? MINUTE_OUT : MINUTE_OTHER;
}

/* Whom G is about: the own host and the direction, or both own hosts. */
static uint64_t
subject_of(const struct drop *d)
{
	const struct gather_key *k = d->key;
	uint64_t of[4] = { 0 };

	if (d->src == SIDE_OWN)
		memcpy(of, k->src, sizeof k->src);
	if (d->dst == SIDE_OWN)
		memcpy(of + 2, k->dst, sizeof k->dst);
	return gather_hash(of, 4, d->t->secret) | 1;
}

/* Does what G says count for its hosts, or does another exporter tell of them? */
static enum witness_use
use_of(struct tally *t, const struct drop *d, const struct gathered *g)
{
	const struct source *source = &t->source[g->key.exporter];

	if (!t->several || t->set.count_all)
		return WITNESS_COUNTS;
	/* Of no own host: one for all of them would silence all exporters but one. */
	if (d->src != SIDE_OWN && d->dst != SIDE_OWN)
		return WITNESS_COUNTS;
	struct testimony say = { .host = subject_of(d),
		.exporter = source->device,
		.rank = source->rank,
		.minute = (uint32_t)t->now,
		.octets = (double)g->sum.octets,
		.octets_var = g->sum.octets_var };

	return witness_hear(t->witnesses, &say);
}

/* To the tables by host, service and so on. */
static void
add_traffic(struct tally *t, struct drop *d, const struct gathered *g)
{
	open_minute_total(d->minute, &d->sum);
	if (g->key.kind & KIND_PROTO)
		minute_add(&d->minute->protocol[g->key.proto], &d->sum);
	if (g->key.kind & KIND_DSCP)
		minute_add(&d->minute->dscp[g->key.tos], &d->sum);
	add_port(d);
	add_as(d);
	if (t->set.talkers != TALLY_OFF)
		add_ends(d, MINUTE_HOST, SIDE_OWN);
	if (t->set.talkers == TALLY_FULL) {
		add_ends(d, MINUTE_PEER, SIDE_REMOTE);
		add_flow(d);
	}
}

static void
take(void *ctx, const struct gathered *g)
{
	struct tally *t = ctx;
	struct drop d;

	d.t = t;
	d.minute = minute_of(t, g->key.minute);
	d.key = &g->key;
	d.guest = t->source[g->key.exporter].guest;
	d.new_guest = t->source[g->key.exporter].is_new;
	d.src = inside_of(&t->inside, g->key.src);
	d.dst = inside_of(&t->inside, g->key.dst);
	d.additions = 0;
	d.sum = (struct minute_sum){ .flows = g->sum.flows,
		.octets_var = g->sum.octets_var,
		.packets_var = g->sum.packets_var,
		.unknown_octets = g->sum.unknown_octets };
	enum minute_way way = way_of(d.src, d.dst);

	d.sum.octets[way] = g->sum.octets;
	d.sum.packets[way] = g->sum.packets;
	add_interfaces(&d, way);
	enum witness_use use = use_of(t, &d, g);

	if (t->windows != NULL && way != MINUTE_OTHER && use != WITNESS_NOTHING)
		watch(&d, way, &g->sum, use == WITNESS_COUNTS);
	if (use == WITNESS_COUNTS)
		add_traffic(t, &d, g);
	else
		t->counts.others += g->sum.flows;
	add_all(&d);
}

static void
drain(struct tally *t)
{
	gather_take(t->gather, take, t);
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
	drain(t);
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

	drain(t);
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
tally_tell(struct tally *t, int64_t now_ms, tally_part_fn part, void *ctx)
{
	(void)now_ms;
	drain(t);
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

bool
tally_tells(const struct tally *t, const struct exporter *x)
{
	const struct source *s = &t->source[x->number];

	return s->serial == x->serial && !s->outdone && s->told != 0 &&
	       s->told + TALLY_OUTDONE > t->now;
}

uint64_t
tally_octets(const struct tally *t, const struct exporter *x, uint64_t *late)
{
	const struct source *s = &t->source[x->number];

	*late = s->serial == x->serial ? s->late_octets : 0;
	return s->serial == x->serial ? s->octets : 0;
}

uint64_t
tally_hour(const struct tally *t, const struct exporter *x, uint64_t *late)
{
	const struct source *s = &t->source[x->number];
	int64_t number = t->now / PART_MINUTES;
	uint64_t octets = 0;

	*late = 0;
	for (unsigned i = 0; s->serial == x->serial && i < PARTS; i++)
		if (s->part[i].number > number - PARTS && s->part[i].number <= number) {
			octets += s->part[i].octets;
			*late += s->part[i].late_octets;
		}
	return octets;
}

const struct tally_counts *
tally_counts(const struct tally *t)
{
	return &t->counts;
}

void
tally_configure(struct tally *t, const struct tally_settings *settings)
{
	drain(t);
	t->set = *settings;
	t->set.local = t->set.self = t->set.prefer = (struct prefixes){ NULL, 0 };
	inside_set(&t->inside, &settings->local);
	inside_set(&t->self, &settings->self);
	inside_set(&t->prefer, &settings->prefer);
	for (unsigned i = 0; i < EXPORTERS_MAX; i++)
		rank(t, &t->source[i]);
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
	for (unsigned i = 0; i < EXPORTERS_MAX; i++) {
		ifset_clear(&t->source[i].in[0]);
		ifset_clear(&t->source[i].in[1]);
		begins_free(t->source[i].begins);
	}
	gather_free(t->gather);
	witnesses_free(t->witnesses);
	free(t);
}
