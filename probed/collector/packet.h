/* The headers of one packet, of which perhaps only the first bytes are there: from the
 * link layer through VLAN tags, PPPoE, MPLS, IPv6 extension headers and tunnels down to
 * ports and flags. */
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
	struct flow_quote quote; /* of an ICMP error */
	uint8_t src_mac[6], dst_mac[6];
	uint16_t vlan;	   /* the outermost */
	uint16_t fragment; /* offset in units of 8 bytes */
	bool more;	   /* fragments follow */
	uint32_t label;
	uint8_t tunnels;	/* how many were entered */
	uint32_t ip_length;	/* of the innermost IP packet, header included */
	const uint8_t *payload; /* of UDP and TCP; NULL: not there */
	size_t payload_len;	/* as far as it was captured */
};

/* Read LEN bytes at DATA. 0, or -1 when they make no sense; a packet that is cut off,
 * or of a protocol that is not read, is no fault: P has what there was. */
int packet_read(
    struct packet *p, enum packet_link link, const uint8_t *data, size_t len);
/* What P says, into F; octets and packets are left alone. */
void packet_to_flow(const struct packet *p, struct flow *f);

#endif
