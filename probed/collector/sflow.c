/* sFlow version 5 (sflow.org, "sFlow Version 5", July 2004, and the discard
 * notification structures of 2020). Everything is a multiple of four bytes; what is not
 * known is skipped by the length that it says. */
#include <string.h>

#include "collector/decode_impl.h"
#include "collector/packet.h"

#define SAMPLE_FLOW 1
#define SAMPLE_COUNTERS 2
#define SAMPLE_FLOW_EXPANDED 3
#define SAMPLE_COUNTERS_EXPANDED 4
#define SAMPLE_DISCARD 5

#define RECORD_HEADER 1
#define RECORD_ETHERNET 2
#define RECORD_IP4 3
#define RECORD_IP6 4
#define RECORD_SWITCH 1001
#define RECORD_ROUTER 1002
#define RECORD_GATEWAY 1003
#define COUNTERS_INTERFACE 1

/* --- small things ----------------------------------------------------------------- */

static struct flow_ip
sflow_ip(struct wire *w)
{
	struct flow_ip ip = { 0 };
	uint32_t type = wire_u32(w);
	unsigned len = type == 1 ? 4 : type == 2 ? 16 : 0;
	const uint8_t *bytes = len == 0 ? NULL : wire_bytes(w, len);

	if (type > 2)
		w->bad = true;
	if (bytes != NULL) {
		ip.len = (uint8_t)len;
		memcpy(ip.bytes, bytes, len);
	}
	return ip;
}

static struct flow_ip
sflow_plain_ip(struct wire *w, unsigned len)
{
	struct flow_ip ip = { 0 };
	const uint8_t *bytes = wire_bytes(w, len);

	if (bytes != NULL) {
		ip.len = (uint8_t)len;
		memcpy(ip.bytes, bytes, len);
	}
	return ip;
}

/* An interface of the compact form: two bits of format above the number. Of several
 * outputs, and of dropped packets, there is none. */
static uint32_t
sflow_interface(uint32_t format, uint32_t value)
{
	return format != 0 || value == FLOW_INTERFACE_SELF ? 0 : value;
}

/* --- records of a flow sample ----------------------------------------------------- */

/* What a flow sample has said so far. */
struct sample {
	struct flow f;
	bool has_packet; /* addresses are known: a record may come in two forms */
	bool has_length;
	uint32_t length; /* of the frame */
};

/* An IP packet and what may be around it. */
#define FRAME_MOST (65535 + 128)

/* S's frame has LENGTH octets, as it says at AT; what none can have is not known. */
static void
sample_length(struct decoding *d, struct sample *s, uint32_t length, const uint8_t *at)
{
	if (length > FRAME_MOST) {
		decoding_fault(d, FAULT_FLOW_HEADER, at,
		    "a frame of %u bytes, expected %u at most", length, FRAME_MOST);
		return;
	}
	s->length = length;
	s->has_length = true;
}

static void
sample_header(struct decoding *d, struct sample *s, struct wire w)
{
	uint32_t protocol = wire_u32(&w), length = wire_u32(&w),
		 stripped = wire_u32(&w);
	uint32_t header = wire_u32(&w);
	const uint8_t *at = w.at;
	const uint8_t *bytes = wire_bytes(&w, header);
	enum packet_link link;
	struct packet p;

	(void)stripped;
	if (bytes == NULL) {
		decoding_fault(d, FAULT_FLOW_HEADER, at,
		    "a header of %u bytes in a record that has %zu", header,
		    (size_t)(w.end - at));
		return;
	}
	sample_length(d, s, length, at);
	switch (protocol) {
	case 1:
		link = PACKET_ETHERNET;
		break;
	case 7:
		link = PACKET_PPP;
		break;
	case 11:
	case 12:
		link = PACKET_IP;
		break;
	case 13:
		link = PACKET_MPLS;
		break;
	default: /* counted by its length, though nothing is known of it */
		return;
	}
	if (packet_read(&p, link, bytes, header) != 0)
		decoding_fault(d, FAULT_FLOW_HEADER, bytes,
		    "a sampled packet that makes no sense");
	packet_to_flow(&p, &s->f);
	s->has_packet = p.src.len != 0;
}

static void
sample_ip(struct decoding *d, struct sample *s, struct wire w, unsigned len)
{
	const uint8_t *at = w.at;
	uint32_t length = wire_u32(&w), proto = wire_u32(&w);
	struct flow_ip src = sflow_plain_ip(&w, len), dst = sflow_plain_ip(&w, len);
	uint32_t sport = wire_u32(&w), dport = wire_u32(&w), flags = wire_u32(&w);
	uint32_t tos = wire_u32(&w);

	if (!wire_ok(&w) || s->has_packet)
		return;
	s->f.src = src;
	s->f.dst = dst;
	s->f.proto = (uint8_t)proto;
	s->f.sport = (uint16_t)sport;
	s->f.dport = (uint16_t)dport;
	s->f.flags = (uint16_t)(flags & 0xfff);
	s->f.tos = (uint8_t)tos;
	s->f.has |= FLOW_HAS_PROTO | FLOW_HAS_SPORT | FLOW_HAS_DPORT | FLOW_HAS_FLAGS |
		    FLOW_HAS_TOS;
	s->has_packet = true;
	if (!s->has_length)
		sample_length(d, s, length, at);
}

static void
sample_ethernet(struct decoding *d, struct sample *s, struct wire w)
{
	const uint8_t *at = w.at;
	uint32_t length = wire_u32(&w);
	const uint8_t *src = wire_bytes(&w, 8), *dst = wire_bytes(&w, 8);

	if (src == NULL || dst == NULL)
		return;
	if (!(s->f.has & FLOW_HAS_MACS)) {
		memcpy(s->f.src_mac, src, 6);
		memcpy(s->f.dst_mac, dst, 6);
		s->f.has |= FLOW_HAS_MACS;
	}
	if (!s->has_length)
		sample_length(d, s, length, at);
}

static void
sample_switch(struct sample *s, struct wire w)
{
	uint32_t in = wire_u32(&w);

	wire_skip(&w, 4);
	uint32_t out = wire_u32(&w);
	if (!wire_ok(&w))
		return;
	/* All ones, and 0, mean that it is not known. */
	if (in != 0 && in < 4096) {
		s->f.vlan = (uint16_t)in;
		s->f.has |= FLOW_HAS_VLAN;
	}
	if (out != 0 && out < 4096) {
		s->f.out_vlan = (uint16_t)out;
		s->f.has |= FLOW_HAS_OUT_VLAN;
	}
}

static void
sample_router(struct sample *s, struct wire w)
{
	struct flow_ip next = sflow_ip(&w);
	uint32_t src = wire_u32(&w), dst = wire_u32(&w);

	if (!wire_ok(&w) || src > 128 || dst > 128)
		return;
	s->f.next_hop = next;
	s->f.src_len = (uint8_t)src;
	s->f.dst_len = (uint8_t)dst;
	s->f.has |= FLOW_HAS_SRC_LEN | FLOW_HAS_DST_LEN;
}

static void
sample_gateway(struct decoding *d, struct sample *s, struct wire w)
{
	const uint8_t *begin = w.at;
	uint32_t last = 0;

	(void)sflow_ip(&w);
	wire_skip(&w, 4); /* its own AS: where the path is empty, 0 says the same */
	uint32_t src = wire_u32(&w);
	wire_skip(&w, 4);
	uint32_t segments = wire_u32(&w);
	/* A segment has eight bytes at least, a number of a path four. */
	if (segments > wire_left(&w) / 8) {
		decoding_fault(d, FAULT_FLOW_COUNT, begin,
		    "%u path segments in %zu bytes", segments, wire_left(&w));
		return;
	}
	for (uint32_t i = 0; i < segments; i++) {
		wire_skip(&w, 4);
		uint32_t n = wire_u32(&w);
		if (n > wire_left(&w) / 4) {
			decoding_fault(d, FAULT_FLOW_COUNT, begin,
			    "a path of %u in %zu bytes", n, wire_left(&w));
			return;
		}
		if (n != 0) {
			wire_skip(&w, (size_t)(n - 1) * 4);
			last = wire_u32(&w);
		}
	}
	if (!wire_ok(&w))
		return;
	s->f.src_as = src;
	s->f.dst_as = last;
	s->f.has |= FLOW_HAS_SRC_AS | FLOW_HAS_DST_AS;
}

/* One record of a flow sample or discard. */
static void
sample_record(struct decoding *d, struct sample *s, uint32_t tag, struct wire w)
{
	switch (tag) { /* enterprise 0: the tag is the format */
	case RECORD_HEADER:
		sample_header(d, s, w);
		break;
	case RECORD_ETHERNET:
		sample_ethernet(d, s, w);
		break;
	case RECORD_IP4:
		sample_ip(d, s, w, 4);
		break;
	case RECORD_IP6:
		sample_ip(d, s, w, 16);
		break;
	case RECORD_SWITCH:
		sample_switch(s, w);
		break;
	case RECORD_ROUTER:
		sample_router(s, w);
		break;
	case RECORD_GATEWAY:
		sample_gateway(d, s, w);
		break;
	default:
		break;
	}
}

/* The records of a sample: COUNT of them, each with its tag and length. False when they
 * do not fit. */
static bool
sample_records(struct decoding *d, struct wire *w, uint32_t count,
    void (*take)(struct decoding *, void *, uint32_t, struct wire), void *ctx)
{
	const uint8_t *begin = w->at;

	if (count > wire_left(w) / 8) {
		decoding_fault(d, FAULT_FLOW_COUNT, begin, "%u records in %zu bytes",
		    count, wire_left(w));
		return false;
	}
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *at = w->at;
		uint32_t tag = wire_u32(w), len = wire_u32(w);

		if (!wire_ok(w) || len > wire_left(w)) {
			decoding_fault(d, FAULT_FLOW_SET, at,
			    "a record of %u bytes in a sample that has %zu", len,
			    wire_left(w));
			return false;
		}
		take(d, ctx, tag, wire_sub(w, len));
	}
	return true;
}

static void
take_flow_record(struct decoding *d, void *ctx, uint32_t tag, struct wire w)
{
	sample_record(d, ctx, tag, w);
}

/* --- samples ---------------------------------------------------------------------- */

/* Which way a packet went when it was sampled: the source of the sample is one of its
 * interfaces. */
static void
sample_way(struct flow *f, uint32_t source_type, uint32_t source)
{
	if (source_type != 0 || source == 0 || (source != f->in && source != f->out))
		return;
	f->egress = source != f->in;
	f->has |= FLOW_HAS_EGRESS;
}

/* By STEP, and what its agent said before. */
static uint32_t
sample_rate(struct decoding *d, const struct samples_step *step)
{
	struct exporter *x = d->exporter;

	if (x->samples == NULL)
		x->samples = samples_new();
	uint64_t untracked = x->samples->untracked;
	uint32_t rate = samples_add(x->samples, step,
	    x->guest ? SAMPLES_GUEST_SOURCES : SAMPLES_SOURCES, d->d->arrived_ms);
	d->exporters->no_room[CEILING_SOURCES] += x->samples->untracked - untracked;
	return rate;
}

static void
sflow_flow_sample(struct decoding *d, struct wire w, bool expanded)
{
	const uint8_t *begin = w.at;
	struct sample s = { 0 };
	struct sampling_hint hint = { 0 };
	uint32_t rate, in_format = 0, out_format = 0, source_type, source;

	struct samples_step step = { .number = wire_u32(&w) };
	source = wire_u32(&w);
	source_type = expanded ? source : source >> 24;
	source = expanded ? wire_u32(&w) : source & 0xffffff;
	rate = wire_u32(&w);
	step.pool = wire_u32(&w);
	step.drops = wire_u32(&w);
	if (expanded)
		in_format = wire_u32(&w);
	uint32_t in = wire_u32(&w);
	if (expanded)
		out_format = wire_u32(&w);
	uint32_t out = wire_u32(&w);
	uint32_t count = wire_u32(&w);
	if (!wire_ok(&w)) {
		decoding_fault(d, FAULT_FLOW_SHORT, begin, "a flow sample of %zu bytes",
		    (size_t)(w.end - begin));
		return;
	}
	if (!expanded) {
		in_format = in >> 30;
		in &= 0x3fffffff;
		out_format = out >> 30;
		out &= 0x3fffffff;
	}
	bool whole = sample_records(d, &w, count, take_flow_record, &s);
	if (!whole && !s.has_length)
		return;
	struct flow *f = &s.f;
	f->in = sflow_interface(in_format, in);
	f->out = sflow_interface(out_format, out);
	sample_way(f, source_type, source);
	f->octets = s.length;
	f->packets = 1;
	f->has |= FLOW_HAS_IN | FLOW_HAS_OUT | FLOW_HAS_PACKETS |
		  (s.has_length ? FLOW_HAS_OCTETS : 0) | FLOW_HAS_START | FLOW_HAS_END;
	f->start_ms = f->end_ms = d->d->arrived_ms;
	/* Of what was sampled one in so many: the sample says it. */
	if (rate == 0) {
		decoding_fault(
		    d, FAULT_FLOW_RATE, begin, "a sampling rate of 0: taken as 1");
		rate = 1;
	}
	step.type = source_type;
	step.source = source;
	step.rate = rate;
	hint.interface = source_type == 0 ? source : 0;
	hint.rate = sample_rate(d, &step);
	exporter_sampling(d->exporters, d->exporter, &hint, f);
	if (f->rate_from == SAMPLING_RECORD)
		f->rate_from = hint.rate == rate ? SAMPLING_PROTOCOL : SAMPLING_POOL;
	decoding_flow(d, f);
}

static uint64_t
counter32(struct wire *w)
{
	uint32_t v = wire_u32(w);

	return v == UINT32_MAX ? UINT64_MAX : v; /* all ones: not counted */
}

static void
take_counter_record(struct decoding *d, void *ctx, uint32_t tag, struct wire w)
{
	struct flow_counters *out = ctx, c = *out;

	if (tag != COUNTERS_INTERFACE)
		return;
	c.of_interface = true;
	c.interface = wire_u32(&w);
	c.type = wire_u32(&w);
	c.speed = wire_u64(&w);
	c.direction = wire_u32(&w);
	c.status = wire_u32(&w);
	c.in_octets = wire_u64(&w);
	c.in_unicast = counter32(&w);
	c.in_multicast = counter32(&w);
	c.in_broadcast = counter32(&w);
	c.in_discards = counter32(&w);
	c.in_errors = counter32(&w);
	c.in_unknown = counter32(&w);
	c.out_octets = wire_u64(&w);
	c.out_unicast = counter32(&w);
	c.out_multicast = counter32(&w);
	c.out_broadcast = counter32(&w);
	c.out_discards = counter32(&w);
	c.out_errors = counter32(&w);
	if (wire_ok(&w))
		*out = c;
	else
		decoding_fault(d, FAULT_FLOW_SHORT, w.start,
		    "interface counters of %zu bytes, expected 88",
		    (size_t)(w.end - w.start));
}

static void
sflow_counter_sample(struct decoding *d, struct wire w, bool expanded)
{
	const uint8_t *begin = w.at;
	struct flow_counters c = { .exporter = d->exporter,
		.time_ms = d->d->arrived_ms };

	wire_skip(&w, 4);
	c.source = wire_u32(&w);
	if (expanded) {
		c.source_type = c.source;
		c.source = wire_u32(&w);
	} else {
		c.source_type = c.source >> 24;
		c.source &= 0xffffff;
	}
	uint32_t count = wire_u32(&w);
	if (!wire_ok(&w)) {
		decoding_fault(d, FAULT_FLOW_SHORT, begin,
		    "a counter sample of %zu bytes", (size_t)(w.end - begin));
		return;
	}
	(void)sample_records(d, &w, count, take_counter_record, &c);
	d->exporter->counters++;
	if (d->sink->counters != NULL)
		d->sink->counters(d->sink->ctx, &c);
}

/* Counted by interface and reason, as far as there is room; all of them are counted
 * beside. */
static void
note_discard(struct exporters *e, struct exporter *x, const struct flow_discard *d)
{
	uint32_t interface = sflow_interface(d->out >> 30, d->out & 0x3fffffff);
	unsigned i = 0;

	if (interface == 0)
		interface = sflow_interface(d->in >> 30, d->in & 0x3fffffff);
	while (i < x->discarded_count && (x->discarded[i].interface != interface ||
					     x->discarded[i].reason != d->reason))
		i++;
	if (i == EXPORTER_DISCARDS_MAX) {
		e->no_room[CEILING_DISCARDS]++;
		return;
	}
	if (i == x->discarded_count)
		x->discarded[x->discarded_count++] =
		    (struct exporter_discard){ .interface = interface,
			    .reason = d->reason };
	x->discarded[i].count++;
}

static void
sflow_discard(struct decoding *d, struct wire w)
{
	const uint8_t *begin = w.at;
	struct sample s = { 0 };
	struct flow_discard out = { .exporter = d->exporter,
		.time_ms = d->d->arrived_ms };

	wire_skip(&w, 12);
	out.drops = wire_u32(&w);
	out.in = wire_u32(&w);
	out.out = wire_u32(&w);
	out.reason = wire_u32(&w);
	uint32_t count = wire_u32(&w);
	if (!wire_ok(&w)) {
		decoding_fault(d, FAULT_FLOW_SHORT, begin, "a discard of %zu bytes",
		    (size_t)(w.end - begin));
		return;
	}
	(void)sample_records(d, &w, count, take_flow_record, &s);
	out.flow = s.f;
	if (s.has_length) {
		out.flow.octets = s.length;
		out.flow.packets = 1;
		out.flow.has |= FLOW_HAS_OCTETS | FLOW_HAS_PACKETS;
	}
	d->exporter->discards++;
	note_discard(d->exporters, d->exporter, &out);
	if (d->sink->discard != NULL)
		d->sink->discard(d->sink->ctx, &out);
}

static void
sflow_sample(struct decoding *d, uint32_t tag, struct wire w)
{
	switch (tag) {
	case SAMPLE_FLOW:
		sflow_flow_sample(d, w, false);
		break;
	case SAMPLE_FLOW_EXPANDED:
		sflow_flow_sample(d, w, true);
		break;
	case SAMPLE_COUNTERS:
		sflow_counter_sample(d, w, false);
		break;
	case SAMPLE_COUNTERS_EXPANDED:
		sflow_counter_sample(d, w, true);
		break;
	case SAMPLE_DISCARD:
		sflow_discard(d, w);
		break;
	default: /* of somebody's own */
		break;
	}
}

static bool
is_unspecified(const struct flow_ip *ip)
{
	static const uint8_t zeros[16];

	return memcmp(ip->bytes, zeros, sizeof zeros) == 0;
}

void
sflow_decode(struct decoding *d, struct wire w)
{
	const uint8_t *begin = w.at;

	wire_skip(&w, 4);
	struct flow_ip agent = sflow_ip(&w);
	if (wire_ok(&w) && agent.len == 0)
		w.bad = true;
	if (!wire_ok(&w)) {
		decoding_fault(d, FAULT_FLOW_ADDRESS, begin + 4,
		    "an agent address of no kind, expected IPv4 or IPv6");
		return;
	}
	/* Who says that it is nobody is known by where it sends from. */
	if (is_unspecified(&agent))
		agent = (struct flow_ip){ 0 };
	uint32_t sub = wire_u32(&w), number = wire_u32(&w), uptime = wire_u32(&w);
	uint32_t count = wire_u32(&w);
	if (!wire_ok(&w)) {
		decoding_fault(d, FAULT_FLOW_SHORT, begin,
		    "%zu bytes, too few for a header of sFlow", d->d->len);
		return;
	}
	if (!decoding_exporter(d, FLOW_SFLOW5, &agent, sub))
		return;
	struct exporter *x = d->exporter;
	ports_hear(&x->ports, addr_port(&d->d->from), number);
	numbering_add(&x->numbering, &x->ports,
	    &(struct sequence_step){ .number = number, .clock = uptime });
	if (count > wire_left(&w) / 8) {
		decoding_fault(d, FAULT_FLOW_COUNT, w.at, "%u samples in %zu bytes",
		    count, wire_left(&w));
		count = (uint32_t)(wire_left(&w) / 8);
	}
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *at = w.at;
		uint32_t tag = wire_u32(&w), len = wire_u32(&w);

		if (!wire_ok(&w) || len > wire_left(&w)) {
			decoding_fault(d, FAULT_FLOW_SET, at,
			    "a sample of %u bytes in a datagram that has %zu", len,
			    wire_left(&w));
			return;
		}
		sflow_sample(d, tag, wire_sub(&w, len));
	}
}
