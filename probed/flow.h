/* One flow record: the product of every flow decoder, whatever spoke on the wire. Host
 * byte order, 64-bit counters; what a record does not say is 0 and missing in HAS. */
#ifndef FLOW_H
#define FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/prefix.h"
#include "base/wire.h"

enum flow_protocol {
	FLOW_UNKNOWN,
	FLOW_SFLOW5,
	FLOW_NETFLOW1,
	FLOW_NETFLOW5,
	FLOW_NETFLOW7,
	FLOW_NETFLOW9,
	FLOW_IPFIX,
	FLOW_PACKETS, /* nobody's export: packets that we saw ourselves */
	FLOW_PROTOCOLS
};
const char *flow_protocol_word(enum flow_protocol protocol); /* "netflow5" */

/* Why bytes were not understood. Nothing of them is guessed; the rest of the datagram
 * goes on where its own lengths still say where. */
enum flow_fault {
	FAULT_FLOW_VERSION,	/* no protocol that we know */
	FAULT_FLOW_SHORT,	/* it ends before what it promises */
	FAULT_FLOW_COUNT,	/* a count that cannot be */
	FAULT_FLOW_SET,		/* length or id of a set, sample or record */
	FAULT_FLOW_TEMPLATE,	/* a template that cannot be used */
	FAULT_FLOW_NO_TEMPLATE, /* data before its template, or after it aged away */
	FAULT_FLOW_ADDRESS,	/* an address of no known kind */
	FAULT_FLOW_HEADER,	/* a sampled packet header that makes no sense */
	FAULT_FLOW_RATE,	/* a sampling rate of 0 */
	FAULT_FLOW_TIME,  /* times that cannot be: a flow that ends before it begins */
	FAULT_FLOW_FULL,  /* no room for another exporter, domain, template, sampler */
	FAULT_FLOW_CLOCK, /* the exporter's clock is more than a day away from ours */
	FAULT_FLOW_FLOOD, /* too many in a second of who is not named in the allow list
			   */
	FLOW_FAULTS
};
const char *flow_fault_word(enum flow_fault fault); /* "no_template" */

/* An address without a port; LEN is 4, 16 or, for none, 0. */
struct flow_ip {
	uint8_t len;
	uint8_t bytes[16];
};
/* Into BUF (ADDR_TEXT bytes), which is returned; "" when there is none. */
const char *flow_ip_text(const struct flow_ip *ip, char *buf);
/* That of A, without port and scope. */
struct flow_ip flow_ip_of(const struct addr *a);
bool flow_ip_same(const struct flow_ip *a, const struct flow_ip *b);
/* Does P hold it? None is in no prefix. */
bool flow_ip_in(const struct flow_ip *ip, const struct prefix *p);
/* Its bytes in messages and on disk, at most 17. A reader sets W bad where they are
 * none, and IP to none then. */
void flow_ip_put(struct pack *p, const struct flow_ip *ip);
void flow_ip_get(struct wire *w, struct flow_ip *ip);

/* What exporters had no more room for. */
enum flow_ceiling {
	CEILING_VARIANTS, /* templates that went for another one of the same number */
	CEILING_SAMPLERS, /* samplers that went for those of another port */
	CEILING_DISCARDS, /* packets thrown away, in no count by interface and reason */
	CEILING_SOURCES,  /* samples of sources that are not followed */
	CEILING_BEGINS,	  /* begins of a firewall's flows, which may count twice */
	FLOW_CEILINGS
};
const char *flow_ceiling_word(enum flow_ceiling ceiling);

/* Where the sampling rate of a flow is from, in the order in which sources are asked.
 */
enum flow_sampling {
	SAMPLING_UNKNOWN, /* nobody said: counted as 1, and said to be unknown */
	SAMPLING_INTERFACE, /* the operator said it of the interface */
	SAMPLING_OPERATOR,
	SAMPLING_PROTOCOL, /* the sample (sFlow) or the header (NetFlow v5) */
	SAMPLING_POOL,	   /* the agent's pool, since it throws samples away */
	SAMPLING_RECORD,
	SAMPLING_SAMPLER,      /* the sampler that the record names */
	SAMPLING_ONLY_SAMPLER, /* the one that its domain has */
	SAMPLING_OTHER_DOMAIN, /* all domains of the exporter agree */
	SAMPLING_DEFAULT,      /* the operator's, for exporters that say nothing */
	SAMPLING_SOURCES
};
const char *flow_sampling_word(enum flow_sampling source);

/* Why a packet was dropped, by the code of an sFlow notice: those of ICMP's
 * unreachables, and from 256 on others. NULL: a code that has no word here. */
const char *flow_discard_word(uint32_t reason);

enum flow_has {
	FLOW_HAS_START = 1 << 0,
	FLOW_HAS_END = 1 << 1,
	FLOW_HAS_PROTO = 1 << 2,
	FLOW_HAS_SPORT = 1 << 3,
	FLOW_HAS_DPORT = 1 << 4,
	FLOW_HAS_FLAGS = 1 << 5,
	FLOW_HAS_TOS = 1 << 6,
	FLOW_HAS_IN = 1 << 7,
	FLOW_HAS_OUT = 1 << 8,
	FLOW_HAS_OCTETS = 1 << 9,
	FLOW_HAS_PACKETS = 1 << 10,
	FLOW_HAS_SRC_AS = 1 << 11,
	FLOW_HAS_DST_AS = 1 << 12,
	FLOW_HAS_SRC_LEN = 1 << 13,
	FLOW_HAS_DST_LEN = 1 << 14,
	FLOW_HAS_MACS = 1 << 15,
	FLOW_HAS_VLAN = 1 << 16,
	FLOW_HAS_OUT_VLAN = 1 << 17,
	FLOW_HAS_EGRESS = 1 << 18,
	FLOW_HAS_TTL = 1 << 19,
	FLOW_HAS_ICMP = 1 << 20,
	FLOW_HAS_REVERSE = 1 << 21,
	FLOW_HAS_STATUS = 1 << 22,
	FLOW_HAS_END_REASON = 1 << 23,
	FLOW_HAS_EVENT = 1 << 24,
	FLOW_HAS_FRAGMENT = 1 << 25,
	FLOW_HAS_LABEL = 1 << 26,
	FLOW_HAS_POST_PORTS = 1 << 27,
	FLOW_HAS_DROPPED = 1 << 28,
	FLOW_HAS_QUOTE = 1 << 29,
	FLOW_HAS_INNER = 1 << 30,
};

/* A packet within a packet, as far as it is there. */
struct flow_quote {
	struct flow_ip src, dst;
	uint8_t proto;
	uint16_t sport, dport;
};

struct exporter;

struct flow {
	const struct exporter *exporter; /* borrowed: while the sink is called */
	enum flow_protocol protocol;
	uint32_t has; /* enum flow_has */

	int64_t start_ms, end_ms; /* of its packets, epoch */
	struct flow_ip src, dst, next_hop;
	struct flow_ip post_src, post_dst; /* behind a translator */
	uint8_t proto, tos;
	uint16_t sport, dport, post_sport, post_dport;
	uint16_t flags;		  /* TCP, all packets or'ed */
	uint32_t in, out;	  /* interfaces: ifIndex; 0: none or unknown */
	/* As exported, not scaled; a firewall's sum that ran over is whole. */
	uint64_t octets, packets;
	uint64_t reverse_octets, reverse_packets; /* of the answers, in a biflow */
	uint64_t dropped_octets, dropped_packets;
	/* Of those above what records before this one have told already (nsel.h). */
	uint64_t told_octets, told_packets, told_reverse_octets, told_reverse_packets;
	uint32_t merged; /* other flows that its exporter has added up into it */
	uint32_t rate; /* one packet of so many was looked at; 1 when not sampled */
	enum flow_sampling rate_from;

	uint32_t src_as, dst_as;
	uint8_t src_len, dst_len; /* prefixes */
	uint8_t src_mac[6], dst_mac[6];
	uint16_t vlan, out_vlan;
	bool egress; /* seen on its way out */
	bool more;   /* of a flow that was told of before: it is none more */
	uint8_t ttl; /* the least */
	uint8_t icmp_type, icmp_code;
	uint8_t status;	    /* forwarding status, RFC 7270: 128 and more is dropped */
	uint8_t end_reason; /* RFC 5102 flowEndReason */
	uint8_t event;	    /* of a firewall: 1 create, 2 delete, 3 deny, 5 update */
	uint16_t fragment;  /* offset */
	uint32_t label;	    /* IPv6 flow label */
	/* No packet is both. */
	union {
		struct flow_quote quote; /* what an ICMP error is about */
		/* What the packets carry, where they are a tunnel's: the innermost. All
		 * else is of the outermost, which is what went over the line and to
		 * whom. Whoever sends may write anything in here: nobody is to be
		 * judged by it. */
		struct flow_quote inner;
	};
};

#endif
