/* NetFlow versions with a fixed layout: 1, 5 and 7 (Cisco, "NetFlow Export Datagram
 * Format"). Their records begin alike. */
#include <string.h>

#include "collector/decode_impl.h"

#define V5_RECORDS_MAX 30
#define V5_INTERVAL 0x3fff

static const struct layout {
	enum flow_protocol protocol;
	unsigned head, record, most;
} layouts[] = {
	[1] = { FLOW_NETFLOW1, 16, 52, 24 },
	[5] = { FLOW_NETFLOW5, 24, 48, V5_RECORDS_MAX },
	[7] = { FLOW_NETFLOW7, 24, 52, 28 },
};

struct v5_head {
	unsigned version, count;
	uint32_t uptime, sequence;
	int64_t wall_ms;
	uint16_t engine, sampling;
};

static struct v5_head
v5_read_head(struct wire *w)
{
	struct v5_head h = { .version = wire_u16(w) };

	h.count = wire_u16(w);
	h.uptime = wire_u32(w);
	h.wall_ms = wire_u32(w) * 1000LL;
	h.wall_ms += wire_u32(w) / 1000000;
	if (h.version == 1)
		return h;
	h.sequence = wire_u32(w);
	if (h.version == 5) {
		h.engine = wire_u16(w);
		h.sampling = wire_u16(w);
	} else {
		wire_skip(w, 4);
	}
	return h;
}

/* A time of the exporter's uptime, as wall clock. Its 32 bits may have wrapped since.
 */
static int64_t
v5_time(const struct v5_head *h, uint32_t uptime)
{
	return h->wall_ms + (int32_t)(uptime - h->uptime);
}

static inline void
v5_ip(struct wire *w, struct flow_ip *ip)
{
	const uint8_t *bytes = wire_bytes(w, 4);

	ip->len = 4;
	if (bytes != NULL)
		memcpy(ip->bytes, bytes, 4);
}

/* ICMP type and code lie where the destination's port is. */
static void
v5_ports(struct flow *f)
{
	if (f->proto != IPPROTO_ICMP)
		return;
	f->icmp_type = (uint8_t)(f->dport >> 8);
	f->icmp_code = (uint8_t)f->dport;
	f->has |= FLOW_HAS_ICMP;
}

static void
v5_record(struct decoding *d, const struct v5_head *h, struct wire w)
{
	const uint8_t *begin = w.at;
	struct flow f = { .has = FLOW_HAS_START | FLOW_HAS_END | FLOW_HAS_PROTO |
				 FLOW_HAS_SPORT | FLOW_HAS_DPORT | FLOW_HAS_FLAGS |
				 FLOW_HAS_TOS | FLOW_HAS_IN | FLOW_HAS_OUT |
				 FLOW_HAS_OCTETS | FLOW_HAS_PACKETS };

	v5_ip(&w, &f.src);
	v5_ip(&w, &f.dst);
	v5_ip(&w, &f.next_hop);
	f.in = wire_u16(&w);
	f.out = wire_u16(&w);
	f.packets = wire_u32(&w);
	f.octets = wire_u32(&w);
	f.start_ms = v5_time(h, wire_u32(&w));
	f.end_ms = v5_time(h, wire_u32(&w));
	f.sport = wire_u16(&w);
	f.dport = wire_u16(&w);
	if (h->version == 1) {
		wire_skip(&w, 2);
		f.proto = wire_u8(&w);
		f.tos = wire_u8(&w);
		f.flags = wire_u8(&w);
	} else {
		wire_skip(&w, 1);
		f.flags = wire_u8(&w);
		f.proto = wire_u8(&w);
		f.tos = wire_u8(&w);
		f.src_as = wire_u16(&w);
		f.dst_as = wire_u16(&w);
		f.src_len = wire_u8(&w);
		f.dst_len = wire_u8(&w);
		f.has |= FLOW_HAS_SRC_AS | FLOW_HAS_DST_AS | FLOW_HAS_SRC_LEN |
			 FLOW_HAS_DST_LEN;
	}
	v5_ports(&f);
	if (f.end_ms < f.start_ms) {
		decoding_fault(d, FAULT_FLOW_TIME, begin + 24,
		    "the flow ends %lld ms before it begins",
		    (long long)(f.start_ms - f.end_ms));
		f.start_ms = f.end_ms;
	}
	unsigned interval = h->sampling & V5_INTERVAL;
	f.rate = 1;
	f.rate_from = SAMPLING_UNKNOWN;
	if (exporter_sampling_said(d->exporter, 0, &f)) {
		/* whatever it tells */
	} else if (h->version == 5 &&
		   (interval != 0 ||
		       (h->sampling == 0 && d->exporter->said.fallback == 0))) {
		/* Fourteen bits of interval behind two of mode, which some leave at 0
		 * though they sample; all of them 0 some who know of no sampling: then
		 * the operator may know better. */
		f.rate = interval < 2 ? 1 : interval;
		f.rate_from = SAMPLING_PROTOCOL;
	} else if (d->exporter->said.fallback != 0) {
		f.rate = d->exporter->said.fallback;
		f.rate_from = SAMPLING_DEFAULT;
	}
	decoding_flow(d, &f);
}

void
netflow5_decode(struct decoding *d, struct wire w)
{
	const uint8_t *begin = w.at;
	struct v5_head h = v5_read_head(&w);
	const struct layout *l = &layouts[h.version];
	size_t len = d->d->len;

	if (!wire_ok(&w)) {
		decoding_fault(d, FAULT_FLOW_SHORT, begin,
		    "%zu bytes, expected a header of %u", len, l->head);
		return;
	}
	if (h.count == 0 || h.count > l->most) {
		decoding_fault(d, FAULT_FLOW_COUNT, begin + 2,
		    "%u records, expected 1 to %u", h.count, l->most);
		return;
	}
	if (len < l->head + h.count * l->record) {
		decoding_fault(d, FAULT_FLOW_SHORT, begin + 2,
		    "%zu bytes, expected %u for %u records", len,
		    l->head + h.count * l->record, h.count);
		return;
	}
	if (!decoding_exporter(d, l->protocol, NULL, h.engine))
		return;
	decoding_clock(d, h.wall_ms, begin + 8);
	if (h.sampling != 0 && (h.sampling & V5_INTERVAL) == 0)
		decoding_fault(d, FAULT_FLOW_RATE, begin + 22,
		    "it samples one packet in 0: its rate is unknown");
	for (unsigned i = 0; i < h.count; i++)
		v5_record(d, &h, wire_sub(&w, l->record));
	if (h.version == 1)
		return;
	struct exporter *x = d->exporter;
	ports_hear(&x->ports, addr_port(&d->d->from), h.sequence);
	numbering_add(&x->numbering, &x->ports,
	    &(struct sequence_step){
		.number = h.sequence, .clock = h.uptime, .records = h.count });
}
