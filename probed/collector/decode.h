/* From a datagram to flows: what every decoder is given, and what comes out. */
#ifndef COLLECTOR_DECODE_H
#define COLLECTOR_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "flow.h"

struct exporters;

/* The number that sFlow gives the device itself in place of an interface. */
#define FLOW_INTERFACE_SELF 0x3fffffff

/* A counter sample (sFlow): what an interface has counted, where it is of one.
 * UINT64_MAX: it does not count that. */
struct flow_counters {
	const struct exporter *exporter;
	int64_t time_ms;	      /* of arrival */
	uint32_t source_type, source; /* 0: an interface; 2: a physical entity ... */
	bool of_interface;	      /* else nothing below is set */
	uint32_t interface, type, direction, status;
	uint64_t speed; /* bit/s */
	uint64_t in_octets, in_unicast, in_multicast, in_broadcast, in_discards,
	    in_errors, in_unknown;
	uint64_t out_octets, out_unicast, out_multicast, out_broadcast, out_discards,
	    out_errors;
};

/* A packet that the exporter dropped, and says so (sFlow). */
struct flow_discard {
	const struct exporter *exporter;
	int64_t time_ms;
	uint32_t in, out, reason; /* reason: ICMP unreachable code, or 256 and more */
	uint32_t drops;		  /* notices that were not sent */
	struct flow flow;	  /* what is known of the packet; HAS 0: nothing */
};

/* What an exporter says of itself, not of a flow: a row of options data. */
struct flow_option {
	const struct exporter *exporter;
	uint32_t rate; /* of a sampler; 0: it is none */
	uint64_t sampler;
	bool has_sampler;
	uint32_t interface;  /* whose name follows; 0: none */
	const uint8_t *name; /* bytes, not a string */
	size_t name_len;
};

/* Who takes it. Any function may be NULL. */
struct flow_sink {
	void *ctx;
	void (*flow)(void *ctx, const struct flow *flow);
	void (*counters)(void *ctx, const struct flow_counters *counters);
	void (*discard)(void *ctx, const struct flow_discard *discard);
	void (*option)(void *ctx, const struct flow_option *option);
	/* At byte OFFSET of the datagram; TEXT says what was found and expected. */
	void (*fault)(
	    void *ctx, enum flow_fault fault, size_t offset, const char *text);
};

struct datagram {
	struct addr from;
	int64_t arrived_ms; /* epoch */
	bool guest;	    /* let in though not named: with the ceilings of such */
	bool by_port;	    /* its address is that of many: tell them apart by port */
	const uint8_t *data;
	size_t len;
};

/* Decode D: which protocol it speaks it says itself, on whatever port it came. What is
 * learned of its exporter stays in EXPORTERS. */
void flow_decode(struct exporters *exporters, const struct datagram *d,
    const struct flow_sink *sink);

#endif
