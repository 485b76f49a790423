/* The headers of one packet, of which perhaps only the first bytes are there: from the
 * link layer through VLAN tags, PPPoE, MPLS and IPv6 extension headers down to ports
 * and flags. What it is said to be is the outermost IP packet: its addresses are those
 * that routers sent it by. What that carries in GRE, IP in IP, VXLAN or GENEVE is told
 * beside it; the sender may have made it up. */
#ifndef COLLECTOR_PACKET_H
#define COLLECTOR_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow.h"

enum packet_link {
	PACKET_ETHERNET,
	PACKET_IP, /* IPv4 or IPv6, by its version */
	PACKET_MPLS,
	PACKET_PPP,
	PACKET_SLL,	 /* Linux "cooked" captures */
	PACKET_LOOPBACK, /* BSD: a family in host order */
};

struct packet {
	uint32_t has; /* enum flow_has: of what was found */
	struct flow_ip src, dst;
	uint8_t proto, tos, ttl;
	uint16_t sport, dport, flags;
	uint8_t icmp_type, icmp_code;
	union {
		struct flow_quote quote; /* of an ICMP error */
		struct flow_quote inner; /* of a tunnel: the innermost */
	};
	uint8_t src_mac[6], dst_mac[6];
	uint16_t vlan;	   /* the outermost */
	uint16_t fragment; /* offset in units of 8 bytes */
	bool more;	   /* fragments follow */
	uint32_t label;
	uint8_t tunnels;	/* how many were entered */
	uint32_t ip_length;	/* header included */
	const uint8_t *payload; /* of UDP and TCP; NULL: not there */
	size_t payload_len;	/* as far as it was captured */
};

/* Read LEN bytes at DATA. 0, or -1 when they make no sense; what stands before that is
 * in P (with FLOW_HAS_PROTO, an IP header). A packet that is cut off, or of a protocol
 * that is not read, or whose tunnel holds nonsense, is no fault: P has what there was.
 */
int packet_read(
    struct packet *p, enum packet_link link, const uint8_t *data, size_t len);
/* What P says, into F; octets and packets are left alone. */
void packet_to_flow(const struct packet *p, struct flow *f);

#endif
