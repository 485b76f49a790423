/* What the decoders share while they read one datagram. */
#ifndef COLLECTOR_DECODE_IMPL_H
#define COLLECTOR_DECODE_IMPL_H

#include "base/wire.h"
#include "collector/decode.h"
#include "collector/exporter.h"

struct decoding {
	struct exporters *exporters;
	struct exporter *exporter; /* NULL until it is known */
	const struct datagram *d;
	const struct flow_sink *sink;
};

/* Count FAULT at AT (inside the datagram) and tell the sink. */
void decoding_fault(struct decoding *d, enum flow_fault fault, const uint8_t *at,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Find or make the exporter that D's datagram is of. False when there is no room. */
bool decoding_exporter(struct decoding *d, enum flow_protocol protocol,
    const struct flow_ip *agent, uint64_t domain);
/* It was exported at EXPORT_MS by the exporter's own clock. AT: where that stands. */
void decoding_clock(struct decoding *d, int64_t export_ms, const uint8_t *at);
void decoding_flow(struct decoding *d, struct flow *flow);

void netflow5_decode(struct decoding *d, struct wire w); /* v1, v5, v7 */
void netflow9_decode(struct decoding *d, struct wire w);
void ipfix_decode(struct decoding *d, struct wire w);
void sflow_decode(struct decoding *d, struct wire w);

#endif
