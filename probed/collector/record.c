#include "collector/record.h"

#include <math.h>
#include <string.h>

#include "collector/nsel.h"
#include "collector/packet.h"

/* Seconds between 1900, where NTP counts from, and 1970. */
#define NTP_EPOCH 2208988800ULL
#define FLOWS_MOST 65535
/* No time behind it is one. */
#define YEAR_9999_MS 253402300799999ULL

/* --- reading ---------------------------------------------------------------------- */

static inline uint64_t
record_number(const uint8_t *p, unsigned len)
{
	uint64_t v = 0;
	uint32_t four;
	uint16_t two;

	switch (len) { /* most are of these widths */
	case 1:
		return *p;
	case 2:
		memcpy(&two, p, sizeof two);
		return be16toh(two);
	case 4:
		memcpy(&four, p, sizeof four);
		return be32toh(four);
	case 8:
		memcpy(&v, p, sizeof v);
		return be64toh(v);
	default:
		break;
	}
	for (unsigned i = len > 8 ? len - 8 : 0; i < len; i++)
		v = v << 8 | p[i];
	return v;
}

/* IEEE 754 of 4 or 8 bytes, kept as the bits of a double. */
static uint64_t
record_float(const uint8_t *p, unsigned len)
{
	uint64_t bits = record_number(p, len);

	if (len == 4) {
		uint32_t single = (uint32_t)bits;
		float f;
		double d;

		memcpy(&f, &single, sizeof f);
		d = f;
		memcpy(&bits, &d, sizeof bits);
	}
	return bits;
}

static inline void
record_store(const struct template_step *s, const uint8_t *p, unsigned len,
    struct field_record *r)
{
	switch ((enum field_kind)s->kind) {
	case FIELD_NUMBER:
		r->number[s->slot] = record_number(p, len);
		break;
	case FIELD_FLOAT:
		r->number[s->slot] = record_float(p, len);
		break;
	case FIELD_IP4: /* template_fits(): the widths are these */
		memcpy(r->ip[s->slot - FIELD_NUMBERS], p, 4);
		break;
	case FIELD_IP6:
		memcpy(r->ip[s->slot - FIELD_NUMBERS], p, 16);
		break;
	case FIELD_MAC:
		memcpy(r->mac[s->slot - FIELD_IPS], p, 6);
		break;
	case FIELD_BYTES:
		r->bytes[s->slot - FIELD_MACS].at = p;
		r->bytes[s->slot - FIELD_MACS].len = (uint16_t)len;
		break;
	case FIELD_NOTHING:
		break;
	}
}

bool
record_read(const struct template *t, struct wire *w, struct field_record *r)
{
	if (!t->variable) {
		const uint8_t *p = wire_bytes(w, t->len);

		if (p == NULL)
			return false;
		for (unsigned i = 0; i < t->steps; i++)
			record_store(
			    &t->step[i], p + t->step[i].offset, t->step[i].len, r);
		return true;
	}
	for (unsigned i = 0; i < t->steps; i++) {
		unsigned len = t->step[i].len;

		if (len == TEMPLATE_VARIABLE) {
			len = wire_u8(w);
			if (len == 255)
				len = wire_u16(w);
		}
		const uint8_t *p = wire_bytes(w, len);
		if (p == NULL)
			return false;
		record_store(&t->step[i], p, len, r);
	}
	return wire_ok(w);
}

/* --- understanding ---------------------------------------------------------------- */

/* What is needed of a record and its template, in few words. */
struct view {
	const field_mask *seen;
	bool six_first;
	const struct field_record *r;
};

static inline bool
has(const struct view *v, enum field_slot slot)
{
	return field_in(v->seen, slot);
}

/* The first of SLOTS that the record has, into *VALUE. */
static inline __attribute__((always_inline)) bool
first_of(const struct view *v, const uint8_t *slots, size_t count, uint64_t *value)
{
#pragma GCC unroll 8
	for (size_t i = 0; i < count; i++)
		if (has(v, slots[i])) {
			*value = v->r->number[slots[i]];
			return true;
		}
	return false;
}
#define FIRST_OF(v, value, ...)                                                        \
	first_of((v), (const uint8_t[]){ __VA_ARGS__ },                                \
	    sizeof(const uint8_t[]){ __VA_ARGS__ }, (value))

static bool
is_zero(const uint8_t *p, unsigned len)
{
	for (unsigned i = 0; i < len; i++)
		if (p[i] != 0)
			return false;
	return true;
}

/* The address of a record that may have room for both families: the first that is not
 * all zeroes. IP, which is all zeroes, stays as it is where there is none. */
static inline void
choose_ip(
    const struct view *v, enum field_slot four, enum field_slot six, struct flow_ip *ip)
{
	const uint8_t *p4 = v->r->ip[four - FIELD_NUMBERS];
	const uint8_t *p6 = v->r->ip[six - FIELD_NUMBERS];
	bool use_six = has(v, six);

	if (has(v, four) && has(v, six))
		use_six = v->six_first ? !is_zero(p6, 16) || is_zero(p4, 4)
				       : is_zero(p4, 4) && !is_zero(p6, 16);
	if (use_six) {
		ip->len = 16;
		memcpy(ip->bytes, p6, 16);
	} else if (has(v, four)) {
		ip->len = 4;
		memcpy(ip->bytes, p4, 4);
	}
}

static int64_t
ntp_ms(uint64_t ntp)
{
	uint64_t s = ntp >> 32, fraction = ntp & 0xffffffff;

	return (int64_t)(s - NTP_EPOCH) * 1000 + (int64_t)(fraction * 1000 >> 32);
}

/* A time of the exporter's uptime, as wall clock. Its 32 bits run over after 49 days:
 * it is the one that is nearest to when it was exported. */
static int64_t
uptime_ms(uint32_t uptime, const struct record_clock *clock)
{
	uint32_t now = (uint32_t)(clock->export_ms - clock->init_ms);

	return clock->export_ms + (int32_t)(uptime - now);
}

/* One end of a flow's span: by the best of the fields that may tell it. */
struct span_fields {
	enum field_slot ms, ns, us, s, ago, uptime;
};

static bool
span_end(const struct view *v, const struct span_fields *f,
    const struct record_clock *clock, int64_t *ms)
{
	const uint64_t *n = v->r->number;

	if (has(v, f->ms) && n[f->ms] <= YEAR_9999_MS)
		*ms = (int64_t)n[f->ms];
	else if (has(v, f->ns))
		*ms = ntp_ms(n[f->ns]);
	else if (has(v, f->us))
		*ms = ntp_ms(n[f->us]);
	else if (has(v, f->s))
		*ms = (int64_t)(n[f->s] & UINT32_MAX) * 1000;
	else if (has(v, f->ago))
		*ms = clock->export_ms - (int64_t)(n[f->ago] & UINT32_MAX) / 1000;
	else if (has(v, f->uptime) && clock->init_ms != INT64_MIN)
		*ms = uptime_ms((uint32_t)n[f->uptime], clock);
	else
		return false;
	return true;
}

/* When the packets of a flow were: some exporters say only how far its ends lie apart,
 * and then it ended when it was exported. */
static void
record_span(struct decoding *d, const struct view *v, const struct record_clock *clock,
    struct flow *f, const uint8_t *at)
{
	static const struct span_fields starts = { F_START_MS, F_START_NS, F_START_US,
		F_START_S, F_START_AGO, F_FIRST };
	static const struct span_fields ends = { F_END_MS, F_END_NS, F_END_US, F_END_S,
		F_END_AGO, F_LAST };
	static const struct span_fields moments = { F_SEEN_MS, F_SEEN_NS, F_SEEN_US,
		F_SEEN_S, F_SEEN_MS, F_SEEN_MS };
	const uint64_t *n = v->r->number;
	bool start = span_end(v, &starts, clock, &f->start_ms);
	bool end = span_end(v, &ends, clock, &f->end_ms);

	if (!start && !end && has(v, F_FIRST) && has(v, F_LAST)) {
		f->end_ms = clock->export_ms;
		f->start_ms = f->end_ms - (uint32_t)(n[F_LAST] - n[F_FIRST]);
		start = end = true;
	}
	/* A firewall says when a flow began and of when its word of it is: to then the
	 * flow went on, where nothing says how long. */
	if (!end && !(start && has(v, F_DURATION)) &&
	    span_end(v, &moments, clock, &f->end_ms))
		end = true;
	if (has(v, F_DURATION) && start != end) {
		int64_t ms = (int64_t)(n[F_DURATION] & UINT32_MAX);

		if (start)
			f->end_ms = f->start_ms + ms;
		else
			f->start_ms = f->end_ms - ms;
		start = end = true;
	}
	if (start && end && f->end_ms < f->start_ms) {
		decoding_fault(d, FAULT_FLOW_TIME, at,
		    "the flow ends %lld ms before it begins",
		    (long long)(f->start_ms - f->end_ms));
		f->start_ms = f->end_ms;
	}
	if (start && !end)
		f->end_ms = f->start_ms;
	if (end && !start)
		f->start_ms = f->end_ms;
	f->has |= (start ? FLOW_HAS_START : 0) | (end ? FLOW_HAS_END : 0);
	if (!start && !end)
		f->start_ms = f->end_ms = clock->export_ms;
}

static uint32_t
clamp_rate(double rate)
{
	return rate < 1 || !(rate < UINT32_MAX) ? 0 : (uint32_t)(rate + 0.5);
}

/* How record V says that one packet in so many is looked at; 0 when it does not. */
static uint32_t
record_rate(const struct view *v)
{
	const uint64_t *n = v->r->number;
	double p;

	if (has(v, F_RATE) && n[F_RATE] != 0)
		return clamp_rate((double)n[F_RATE]);
	if (has(v, F_SAMPLER_RATE) && n[F_SAMPLER_RATE] != 0)
		return clamp_rate((double)n[F_SAMPLER_RATE]);
	/* So many packets in a row of so many, and what lies between. Who tells no space
	 * (Junos) means one of so many by the interval. */
	if (has(v, F_INTERVAL) && n[F_INTERVAL] != 0)
		return clamp_rate(has(v, F_SPACE) ? ((double)n[F_INTERVAL] +
							(double)n[F_SPACE]) /
							(double)n[F_INTERVAL]
						  : (double)n[F_INTERVAL]);
	if (has(v, F_SIZE) && has(v, F_POPULATION) && n[F_SIZE] != 0)
		return clamp_rate((double)n[F_POPULATION] / (double)n[F_SIZE]);
	if (has(v, F_PROBABILITY)) {
		memcpy(&p, &n[F_PROBABILITY], sizeof p);
		if (p > 0 && p <= 1)
			return clamp_rate(1 / p);
	}
	return 0;
}

/* Does record V speak of a rate, be it a sound one or not? */
static bool
record_tells_rate(const struct view *v)
{
	return has(v, F_RATE) || has(v, F_SAMPLER_RATE) || has(v, F_INTERVAL) ||
	       has(v, F_PROBABILITY) || (has(v, F_SIZE) && has(v, F_POPULATION));
}

static bool
record_sampler(const struct view *v, uint64_t *id)
{
	return FIRST_OF(v, id, F_SELECTOR, F_SAMPLER);
}

static void
record_counters(const struct view *v, struct flow *f)
{
	if (FIRST_OF(v, &f->octets, F_OCTETS, F_OUT_OCTETS, F_FORWARD_OCTETS,
		F_TOTAL_OCTETS, F_FRAME_SIZE))
		f->has |= FLOW_HAS_OCTETS;
	if (FIRST_OF(v, &f->packets, F_PACKETS, F_OUT_PACKETS, F_FORWARD_PACKETS,
		F_TOTAL_PACKETS))
		f->has |= FLOW_HAS_PACKETS;
	bool octets = FIRST_OF(v, &f->reverse_octets, F_REVERSE_OCTETS, F_ANSWER_OCTETS,
	    F_REVERSE_TOTAL_OCTETS);
	bool packets = FIRST_OF(v, &f->reverse_packets, F_REVERSE_PACKETS,
	    F_ANSWER_PACKETS, F_REVERSE_TOTAL_PACKETS);
	if (octets || packets)
		f->has |= FLOW_HAS_REVERSE;
	if (has(v, F_DROPPED_OCTETS) || has(v, F_DROPPED_PACKETS)) {
		(void)FIRST_OF(v, &f->dropped_octets, F_DROPPED_OCTETS);
		(void)FIRST_OF(v, &f->dropped_packets, F_DROPPED_PACKETS);
		f->has |= FLOW_HAS_DROPPED;
	}
}

/* How many flows were put into one record: each had a packet, at least. */
static void
record_flows(const struct view *v, struct flow *f)
{
	uint64_t n = has(v, F_FLOWS) ? v->r->number[F_FLOWS] : 0;

	if ((f->has & FLOW_HAS_PACKETS) && n > f->packets)
		n = f->packets;
	if (n > FLOWS_MOST)
		n = FLOWS_MOST;
	f->merged = n == 0 ? 0 : (uint32_t)n - 1;
}

/* The width of SLOT in the records of T, 8 at most. */
static unsigned
width_of(const struct template *t, enum field_slot slot)
{
	for (unsigned i = 0; i < t->steps; i++)
		if (t->step[i].slot == slot)
			return t->step[i].len < 8 ? t->step[i].len : 8;
	return 8;
}

/* An event of a firewall: what it tells may be told already. */
static void
record_event(struct decoding *d, const struct template *t, const struct view *v,
    struct flow *f, const uint8_t *at)
{
	struct exporters *e = d->exporters;
	struct nsel_record r = { .id = has(v, F_FLOW_ID) ? v->r->number[F_FLOW_ID] : 0,
		.tells = NSEL_TOTAL,
		.bytes = width_of(t, F_TOTAL_OCTETS),
		.reverse_bytes = width_of(t, F_REVERSE_TOTAL_OCTETS) };

	if (!has(v, F_EVENT))
		return;
	if (e->nsel == NULL)
		e->nsel = nsel_new();
	if (!nsel_flow(e->nsel, d->exporter, &r, f, d->d->arrived_ms))
		e->no_room[CEILING_BEGINS]++;
	if (!(f->has & (FLOW_HAS_OCTETS | FLOW_HAS_REVERSE)))
		return;
	/* In record_counters()'s order. Deltas are what their name says (Palo Alto);
	 * only an initiator's and a responder's octets mean now this, now that. */
	if (has(v, F_OCTETS) || has(v, F_OUT_OCTETS))
		r.tells = NSEL_SINCE;
	else if (has(v, F_FORWARD_OCTETS) || !has(v, F_TOTAL_OCTETS)) {
		r.tells = NSEL_BY_EVENT;
		r.bytes = width_of(t, F_FORWARD_OCTETS);
		r.reverse_bytes = width_of(t, F_ANSWER_OCTETS);
	}
	if (!nsel_octets(e->nsel, d->exporter, &r, f, d->d->arrived_ms))
		decoding_fault(d, FAULT_FLOW_FULL, at,
		    "no room for another flow of a firewall: one may count twice");
}

/* Numbers that a flow has as they stand; OTHER is used where SLOT is missing. */
static void
record_copies(const struct view *v, struct flow *f)
{
#define COPY(slot, other, member, bit)                                                 \
	if (has(v, slot) || has(v, other)) {                                           \
		f->member = (__typeof__(f->member))                                    \
				v->r->number[has(v, slot) ? (slot) : (other)];         \
		f->has |= (bit);                                                       \
	}
	COPY(F_PROTO, F_PROTO, proto, FLOW_HAS_PROTO)
	COPY(F_TOS, F_TOS, tos, FLOW_HAS_TOS)
	COPY(F_SPORT, F_SPORT, sport, FLOW_HAS_SPORT)
	COPY(F_DPORT, F_DPORT, dport, FLOW_HAS_DPORT)
	COPY(F_IN, F_PHYSICAL_IN, in, FLOW_HAS_IN)
	COPY(F_OUT, F_PHYSICAL_OUT, out, FLOW_HAS_OUT)
	COPY(F_SRC_AS, F_SRC_AS, src_as, FLOW_HAS_SRC_AS)
	COPY(F_DST_AS, F_DST_AS, dst_as, FLOW_HAS_DST_AS)
	COPY(F_VLAN, F_VLAN, vlan, FLOW_HAS_VLAN)
	COPY(F_OUT_VLAN, F_OUT_VLAN, out_vlan, FLOW_HAS_OUT_VLAN)
	COPY(F_MIN_TTL, F_MIN_TTL, ttl, FLOW_HAS_TTL)
	COPY(F_STATUS, F_STATUS, status, FLOW_HAS_STATUS)
	COPY(F_END_REASON, F_END_REASON, end_reason, FLOW_HAS_END_REASON)
	COPY(F_EVENT, F_EVENT, event, FLOW_HAS_EVENT)
	COPY(F_FRAGMENT, F_FRAGMENT, fragment, FLOW_HAS_FRAGMENT)
	COPY(F_LABEL, F_LABEL, label, FLOW_HAS_LABEL)
	COPY(F_POST_SPORT, F_POST_SPORT, post_sport, FLOW_HAS_POST_PORTS)
	COPY(F_POST_DPORT, F_POST_DPORT, post_dport, FLOW_HAS_POST_PORTS)
#undef COPY
}

static void
record_icmp(const struct view *v, struct flow *f)
{
	uint64_t n;
	bool icmp = f->proto == IPPROTO_ICMP || f->proto == IPPROTO_ICMPV6;

	if (FIRST_OF(v, &n, F_ICMP_TYPE4, F_ICMP_TYPE6)) {
		f->icmp_type = (uint8_t)n;
		if (FIRST_OF(v, &n, F_ICMP_CODE4, F_ICMP_CODE6))
			f->icmp_code = (uint8_t)n;
		f->has |= FLOW_HAS_ICMP;
		return;
	}
	/* Type and code in one; many leave it in the destination's port only. */
	if (!icmp || !FIRST_OF(v, &n, F_ICMP4, F_ICMP6, F_DPORT))
		return;
	f->icmp_type = (uint8_t)(n >> 8);
	f->icmp_code = (uint8_t)n;
	f->has |= FLOW_HAS_ICMP;
}

/* Template fields that hold the head of a sampled packet (PSAMP, RFC 5477). */
static void
record_sample(struct decoding *d, const struct view *v, struct flow *f)
{
	struct packet p;
	enum field_slot slot = has(v, F_FRAME) ? F_FRAME : F_PACKET;

	/* What the record says by itself is of the flow; a header beside it may be of a
	 * packet within. */
	if ((!has(v, F_FRAME) && !has(v, F_PACKET)) || f->src.len != 0)
		return;
	const uint8_t *at = v->r->bytes[slot - FIELD_MACS].at;
	size_t len = v->r->bytes[slot - FIELD_MACS].len;
	if (packet_read(&p, slot == F_FRAME ? PACKET_ETHERNET : PACKET_IP, at, len) !=
	    0)
		decoding_fault(
		    d, FAULT_FLOW_HEADER, at, "a sampled packet that makes no sense");
	packet_to_flow(&p, f);
	if (!(f->has & FLOW_HAS_OCTETS) && p.ip_length != 0) {
		f->octets = p.ip_length;
		f->has |= FLOW_HAS_OCTETS;
	}
	if (!(f->has & FLOW_HAS_PACKETS)) {
		f->packets = 1;
		f->has |= FLOW_HAS_PACKETS;
	}
}

static void
swap_ip(struct flow_ip *a, struct flow_ip *b)
{
	struct flow_ip c = *a;

	*a = *b;
	*b = c;
}

/* A biflow of which only answers were seen is a flow the other way. */
static void
record_turn(const struct view *v, struct flow *f)
{
	uint32_t in = f->in, src_as = f->src_as;
	uint16_t sport = f->sport, post_sport = f->post_sport;
	uint8_t src_len = f->src_len;

	if (!(f->has & FLOW_HAS_REVERSE) || f->reverse_packets == 0 || f->packets != 0)
		return;
	swap_ip(&f->src, &f->dst);
	swap_ip(&f->post_src, &f->post_dst);
	f->sport = f->dport;
	f->dport = sport;
	f->post_sport = f->post_dport;
	f->post_dport = post_sport;
	f->in = f->out;
	f->out = in;
	f->src_as = f->dst_as;
	f->dst_as = src_as;
	f->src_len = f->dst_len;
	f->dst_len = src_len;
	f->next_hop = (struct flow_ip){ 0 }; /* was the way there */
	f->octets = f->reverse_octets;
	f->packets = f->reverse_packets;
	f->reverse_octets = f->reverse_packets = 0;
	f->told_octets = f->told_reverse_octets;
	f->told_packets = f->told_reverse_packets;
	f->told_reverse_octets = f->told_reverse_packets = 0;
	f->flags =
	    has(v, F_REVERSE_FLAGS) ? (uint16_t)v->r->number[F_REVERSE_FLAGS] : 0;
	f->has &= ~(uint32_t)FLOW_HAS_REVERSE;
}

static void
record_addresses(const struct view *v, struct flow *f)
{
	uint64_t n;

	choose_ip(v, F_SRC4, F_SRC6, &f->src);
	choose_ip(v, F_DST4, F_DST6, &f->dst);
	choose_ip(v, F_NEXT4, F_NEXT6, &f->next_hop);
	if (f->next_hop.len == 0)
		choose_ip(v, F_BGP_NEXT4, F_BGP_NEXT6, &f->next_hop);
	choose_ip(v, F_POST_SRC4, F_POST_SRC6, &f->post_src);
	choose_ip(v, F_POST_DST4, F_POST_DST6, &f->post_dst);
	bool six = f->src.len == 16;
	if (six ? FIRST_OF(v, &n, F_SRC_LEN6, F_SRC_LEN4)
		: FIRST_OF(v, &n, F_SRC_LEN4, F_SRC_LEN6)) {
		f->src_len = (uint8_t)n;
		f->has |= FLOW_HAS_SRC_LEN;
	}
	if (six ? FIRST_OF(v, &n, F_DST_LEN6, F_DST_LEN4)
		: FIRST_OF(v, &n, F_DST_LEN4, F_DST_LEN6)) {
		f->dst_len = (uint8_t)n;
		f->has |= FLOW_HAS_DST_LEN;
	}
	if (has(v, F_SRC_MAC) && has(v, F_DST_MAC)) {
		memcpy(f->src_mac, v->r->mac[F_SRC_MAC - FIELD_IPS], 6);
		memcpy(f->dst_mac, v->r->mac[F_DST_MAC - FIELD_IPS], 6);
		f->has |= FLOW_HAS_MACS;
	}
}

void
record_flow(struct decoding *d, const struct template *t, const struct field_record *r,
    const struct record_clock *clock, const uint8_t *at)
{
	struct view v = { &t->seen, t->six_first, r };
	struct flow f = { 0 };
	struct sampling_hint hint = { .rate = record_rate(&v) };

	record_addresses(&v, &f);
	record_copies(&v, &f);
	record_counters(&v, &f);
	if (has(&v, F_FLAGS)) {
		f.flags = (uint16_t)(r->number[F_FLAGS] & 0xfff);
		f.has |= FLOW_HAS_FLAGS;
	}
	f.egress = has(&v, F_DIRECTION) && r->number[F_DIRECTION] == 1;
	f.has |= has(&v, F_DIRECTION) ? FLOW_HAS_EGRESS : 0;
	record_icmp(&v, &f);
	record_sample(d, &v, &f);
	record_span(d, &v, clock, &f, at);
	record_flows(&v, &f);
	record_event(d, t, &v, &f, at);
	record_turn(&v, &f);
	hint.has_sampler = record_sampler(&v, &hint.sampler);
	/* NetFlow's sampler 0 is none; a selector of IPFIX may well be called so. */
	hint.off = (has(&v, F_SAMPLER_MODE) && r->number[F_SAMPLER_MODE] == 0) ||
		   (hint.has_sampler && hint.sampler == 0 && !has(&v, F_SELECTOR));
	exporter_sampling(d->exporters, d->exporter, &hint, &f);
	decoding_flow(d, &f);
}

void
record_option(struct decoding *d, const struct template *t,
    const struct field_record *r, const uint8_t *at)
{
	struct view v = { &t->seen, t->six_first, r };
	struct exporter *x = d->exporter;
	struct flow_option o = { .exporter = x, .rate = record_rate(&v) };

	x->options++;
	if (has(&v, F_INIT_MS) && r->number[F_INIT_MS] <= YEAR_9999_MS)
		x->init_ms = (int64_t)r->number[F_INIT_MS];
	if (has(&v, F_ACTIVE))
		x->active_s = (uint32_t)r->number[F_ACTIVE];
	if (has(&v, F_INACTIVE))
		x->inactive_s = (uint32_t)r->number[F_INACTIVE];
	o.has_sampler = record_sampler(&v, &o.sampler);
	if (o.rate != 0 &&
	    !exporter_learn_sampler(d->exporters, x, addr_port(&d->d->from),
		o.has_sampler, o.sampler, o.rate))
		decoding_fault(d, FAULT_FLOW_FULL, at, "no room for another sampler");
	if (o.rate == 0 && record_tells_rate(&v))
		decoding_fault(d, FAULT_FLOW_RATE, at,
		    "options with a sampling rate of 0: nothing is learned of it");
	if (has(&v, F_NAME) && has(&v, F_IN)) {
		o.interface = (uint32_t)r->number[F_IN];
		o.name = r->bytes[F_NAME - FIELD_MACS].at;
		o.name_len = r->bytes[F_NAME - FIELD_MACS].len;
	}
	if (d->sink->option != NULL)
		d->sink->option(d->sink->ctx, &o);
}
