/* The way of what is gathered into the tables of its minute, and into windows. */
#include <string.h>

#include "base/service.h"
#include "collector/tallyparts.h"
#include "collector/windows.h"
#include "collector/witness.h"

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

/* Which way what WAY says of the own network passed the only interface of its device
 * that is looked at: to and from the device itself, else as on one that leads to the
 * own network. MINUTE_OTHER: nobody knows. */
static enum minute_way
only_way(const struct drop *d, enum minute_way way)
{
	const struct source *s = &d->t->source[d->key->exporter];
	bool to = source_is_device(d->t, s, d->key->dst),
	     from = source_is_device(d->t, s, d->key->src);

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

	if ((in | out) == 0 || !source_tells(d->t, s))
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
		.lasts_s = tally_lasts_s[k->span],
		.other = gather_hash(out ? k->dst : k->src, 2, ~d->t->secret) };
	uint16_t outside = out ? k->dport : k->sport, own = out ? k->sport : k->dport;

	s.class = vector_class(k->proto, s.syn ? TCP_SYN : TCP_ACK, outside,
	    (k->kind & KIND_PORTS) != 0, s.fragment, (k->kind & KIND_ECHO_REPLY) != 0);
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

void
tally_drain(struct tally *t)
{
	gather_take(t->gather, take, t);
}
