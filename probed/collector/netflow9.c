/* NetFlow version 9 (RFC 3954) and IPFIX (RFC 7011): their headers; sets.c reads what
 * follows. */
#include "collector/decode_impl.h"
#include "collector/sets.h"

#define V9_HEAD 20
#define IPFIX_HEAD 16

void
netflow9_decode(struct decoding *d, struct wire w)
{
	const uint8_t *begin = w.at;

	/* The count of records is not to be trusted: sets say by themselves how long
	 * they are. */
	wire_skip(&w, 4);
	uint32_t uptime = wire_u32(&w), wall = wire_u32(&w), number = wire_u32(&w);
	uint32_t source = wire_u32(&w);
	if (!wire_ok(&w)) {
		decoding_fault(d, FAULT_FLOW_SHORT, begin,
		    "%zu bytes, expected a header of %u", d->d->len, V9_HEAD);
		return;
	}
	if (!decoding_exporter(d, FLOW_NETFLOW9, NULL, source))
		return;
	decoding_clock(d, wall * 1000LL, begin + 8);
	ports_hear(&d->exporter->ports, addr_port(&d->d->from), number);
	struct record_clock clock = { .export_ms = wall * 1000LL,
		.init_ms = wall * 1000LL - uptime };
	struct sets_count n = sets_decode(d, w, &clock);
	numbering_add(&d->exporter->numbering, &d->exporter->ports,
	    &(struct sequence_step){ .number = number,
		.clock = uptime,
		.records = n.records,
		.options = n.options,
		.unknown = n.unknown });
}

/* One message; W moves behind it. False when nothing can follow. */
static bool
ipfix_message(struct decoding *d, struct wire *w)
{
	const uint8_t *begin = w->at;
	size_t all = wire_left(w);

	unsigned version = wire_u16(w), len = wire_u16(w);
	uint32_t wall = wire_u32(w), number = wire_u32(w), domain = wire_u32(w);
	if (!wire_ok(w) || version != 10 || len < IPFIX_HEAD || len > all) {
		decoding_fault(d, FAULT_FLOW_SHORT, begin,
		    "a message of version %u and %u bytes in %zu, expected version 10 and "
		    "%u bytes or more that are there",
		    version, len, all, IPFIX_HEAD);
		return false;
	}
	if (!decoding_exporter(d, FLOW_IPFIX, NULL, domain))
		return false;
	struct exporter *x = d->exporter;
	decoding_clock(d, wall * 1000LL, begin + 4);
	ports_hear(&x->ports, addr_port(&d->d->from), number);
	struct record_clock clock = { .export_ms = wall * 1000LL,
		.init_ms = x->init_ms != 0 ? x->init_ms : INT64_MIN };
	struct sets_count n = sets_decode(d, wire_sub(w, len - IPFIX_HEAD), &clock);
	numbering_add(&x->numbering, &x->ports,
	    &(struct sequence_step){ .number = number,
		.clock = wall,
		.records = n.records,
		.options = n.options,
		.unknown = n.unknown });
	return true;
}

void
ipfix_decode(struct decoding *d, struct wire w)
{
	while (wire_left(&w) >= 2 && ipfix_message(d, &w))
		;
}
