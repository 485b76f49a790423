#include "collector/decode.h"

#include <stdarg.h>
#include <stdio.h>

#include "collector/decode_impl.h"

#define CLOCK_FAR_MS (24 * 3600 * 1000LL)

void
decoding_fault(
    struct decoding *d, enum flow_fault fault, const uint8_t *at, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	d->exporters->faults[fault]++;
	if (d->exporter != NULL)
		d->exporter->faults[fault]++;
	if (d->sink->fault == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	d->sink->fault(d->sink->ctx, fault, (size_t)(at - d->d->data), text);
}

bool
decoding_exporter(struct decoding *d, enum flow_protocol protocol,
    const struct flow_ip *agent, uint64_t domain)
{
	struct exporter_key key = exporter_key(&d->d->from, protocol, agent, domain);

	if (d->d->by_port)
		key.port = addr_port(&d->d->from);
	d->exporter = exporters_get(d->exporters, &key, d->d->guest, d->d->arrived_ms);
	if (d->exporter == NULL) {
		d->exporters->refused++;
		decoding_fault(
		    d, FAULT_FLOW_FULL, d->d->data, "no room for another exporter");
		return false;
	}
	struct exporter *x = d->exporter;
	if (d->d->guest && !exporters_may(d->exporters, x, d->d->arrived_ms)) {
		decoding_fault(d, FAULT_FLOW_FLOOD, d->d->data,
		    "too many datagrams of senders that *** Collector *** allow does "
		    "not name");
		return false;
	}
	x->last_ms = d->d->arrived_ms;
	x->address = d->d->from;
	if (agent != NULL)
		x->agent = *agent;
	exporter_said(d->exporters, x);
	x->datagrams++;
	d->exporters->by_protocol[protocol]++;
	return true;
}

void
decoding_clock(struct decoding *d, int64_t export_ms, const uint8_t *at)
{
	int64_t off = export_ms - d->d->arrived_ms;

	exporter_clock(d->exporter, export_ms, d->d->arrived_ms);
	if (off > CLOCK_FAR_MS || off < -CLOCK_FAR_MS)
		decoding_fault(d, FAULT_FLOW_CLOCK, at,
		    "the exporter's clock is %lld s away from ours",
		    (long long)(off / 1000));
}

void
decoding_flow(struct decoding *d, struct flow *flow)
{
	flow->exporter = d->exporter;
	flow->protocol = d->exporter->protocol;
	d->exporter->flows++;
	d->exporter->rate = flow->rate;
	d->exporter->rate_from = flow->rate_from;
	d->exporters->records[flow->protocol]++;
	if (d->sink->flow != NULL)
		d->sink->flow(d->sink->ctx, flow);
}

void
flow_decode(struct exporters *exporters, const struct datagram *datagram,
    const struct flow_sink *sink)
{
	struct decoding d = { .exporters = exporters, .d = datagram, .sink = sink };
	struct wire w, peek;

	exporters->datagrams++;
	wire_init(&w, datagram->data, datagram->len);
	peek = w;
	unsigned version = wire_u16(&peek);
	if (version == 0)
		version = (unsigned)wire_u16(&peek)
			  << 16; /* sFlow has 32 bits for it */
	if (!wire_ok(&peek)) {
		decoding_fault(&d, FAULT_FLOW_SHORT, datagram->data,
		    "%zu bytes, too few for any header", datagram->len);
		return;
	}
	switch (version) {
	case 1:
	case 5:
	case 7:
		netflow5_decode(&d, w);
		break;
	case 9:
		netflow9_decode(&d, w);
		break;
	case 10:
		ipfix_decode(&d, w);
		break;
	case 5u << 16:
		sflow_decode(&d, w);
		break;
	default:
		decoding_fault(&d, FAULT_FLOW_VERSION, datagram->data,
		    "version %s%u, expected NetFlow 1, 5, 7 or 9, IPFIX (10) or sFlow 5",
		    version >= 1u << 16 ? "of sFlow " : "",
		    version >= 1u << 16 ? version >> 16 : version);
	}
}
