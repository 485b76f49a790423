#include "collector/packet.h"

#include <netinet/in.h>
#include <string.h>

#include "base/wire.h"

/* Tunnels within tunnels, tags behind tags, headers behind headers: nobody means more.
 */
#define TUNNELS_MAX 4
#define TAGS_MAX 4
#define LABELS_MAX 16
#define EXTENSIONS_MAX 16

#define ETHER_IP4 0x0800
#define ETHER_IP6 0x86dd
#define ETHER_BRIDGE 0x6558 /* Ethernet in GRE */
#define ETHER_MPLS 0x8847
#define ETHER_MPLS_MULTI 0x8848
#define ETHER_PPPOE 0x8864
#define PPP_IP4 0x0021
#define PPP_IP6 0x0057
#define PPP_MPLS 0x0281
#define PORT_VXLAN 4789
#define PORT_GENEVE 6081

/* Down from a layer: 0, or -1 when the bytes make no sense. */
static int read_ip(struct packet *p, struct wire w);
static int read_ethernet(struct packet *p, struct wire w);

static void
take_ip(struct flow_ip *ip, struct wire *w, unsigned len)
{
	const uint8_t *bytes = wire_bytes(w, len);

	*ip = (struct flow_ip){ 0 };
	if (bytes == NULL)
		return;
	ip->len = (uint8_t)len;
	memcpy(ip->bytes, bytes, len);
}

/* --- ports ------------------------------------------------------------------------ */

/* What P carries, by READ. It is beside P: nothing in it changes what P is, nor is it
 * P's fault. */
static void
enter_tunnel(
    struct packet *p, struct wire w, int (*read)(struct packet *p, struct wire w))
{
	struct packet in;

	if (p->tunnels == TUNNELS_MAX)
		return;
	memset(&in, 0, sizeof in);
	in.tunnels = ++p->tunnels;
	if (read(&in, w) != 0 && !(in.has & FLOW_HAS_PROTO))
		return;
	p->tunnels = in.tunnels;
	if (in.src.len == 0)
		return;
	if (in.has & FLOW_HAS_INNER)
		p->inner = in.inner;
	else
		p->inner =
		    (struct flow_quote){ in.src, in.dst, in.proto, in.sport, in.dport };
	p->has |= FLOW_HAS_INNER;
}

/* A tunnel of several protocols says which by the number that Ethernet has for it. */
static void
enter_type(struct packet *p, struct wire w, unsigned type)
{
	if (type == ETHER_BRIDGE)
		enter_tunnel(p, w, read_ethernet);
	else if (type == ETHER_IP4 || type == ETHER_IP6)
		enter_tunnel(p, w, read_ip);
}

static void
read_ports(struct packet *p, struct wire *w)
{
	uint16_t sport = wire_u16(w), dport = wire_u16(w);

	if (!wire_ok(w))
		return;
	p->sport = sport;
	p->dport = dport;
	p->has |= FLOW_HAS_SPORT | FLOW_HAS_DPORT;
}

static int
read_tcp(struct packet *p, struct wire w)
{
	struct wire all = w;

	read_ports(p, &w);
	wire_skip(&w, 8);
	uint16_t offset_flags = wire_u16(&w);
	if (!wire_ok(&w))
		return 0;
	unsigned header = (offset_flags >> 12) * 4;
	if (header < 20)
		return -1;
	p->flags = offset_flags & 0xfff;
	p->has |= FLOW_HAS_FLAGS;
	if (header <= wire_left(&all)) {
		wire_skip(&all, header);
		p->payload = all.at;
		p->payload_len = wire_left(&all);
	}
	return 0;
}

/* VXLAN (RFC 7348) and GENEVE (RFC 8926) lie in UDP. */
static void
read_udp_tunnel(struct packet *p, struct wire w)
{
	if (p->dport == PORT_VXLAN) {
		wire_skip(&w, 8);
		if (wire_ok(&w))
			enter_tunnel(p, w, read_ethernet);
		return;
	}
	unsigned options = (wire_u8(&w) & 0x3f) * 4u;
	wire_u8(&w);
	unsigned type = wire_u16(&w);
	wire_skip(&w, 4 + options);
	if (wire_ok(&w))
		enter_type(p, w, type);
}

static void
read_udp(struct packet *p, struct wire w)
{
	read_ports(p, &w);
	wire_skip(&w, 4);
	if (!wire_ok(&w))
		return;
	p->payload = w.at;
	p->payload_len = wire_left(&w);
	if (p->dport == PORT_VXLAN || p->dport == PORT_GENEVE)
		read_udp_tunnel(p, w);
}

/* Errors repeat the beginning of the packet that they are about (RFC 792, RFC 4443). */
static bool
icmp_quotes(unsigned proto, unsigned type)
{
	if (proto == IPPROTO_ICMPV6)
		return type >= 1 && type <= 4;
	return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

/* No extension headers and no tunnels: what is not plain is left out. */
static void
read_quote(struct packet *p, struct wire w)
{
	struct flow_quote q = { 0 };
	struct wire all = w;
	unsigned first = wire_u8(&w), header = 40;

	if (first >> 4 == 4) {
		header = (first & 15) * 4u;
		wire_skip(&w, 8);
		q.proto = wire_u8(&w);
		wire_skip(&w, 2);
		take_ip(&q.src, &w, 4);
		take_ip(&q.dst, &w, 4);
	} else if (first >> 4 == 6) {
		wire_skip(&w, 5);
		q.proto = wire_u8(&w);
		wire_skip(&w, 1);
		take_ip(&q.src, &w, 16);
		take_ip(&q.dst, &w, 16);
	}
	if (!wire_ok(&w) || q.dst.len == 0 || header < 20)
		return;
	wire_skip(&all, header);
	if (q.proto == IPPROTO_TCP || q.proto == IPPROTO_UDP) {
		uint16_t sport = wire_u16(&all), dport = wire_u16(&all);

		if (wire_ok(&all)) {
			q.sport = sport;
			q.dport = dport;
		}
	}
	p->quote = q;
	p->has |= FLOW_HAS_QUOTE;
}

static void
read_icmp(struct packet *p, struct wire w)
{
	uint8_t type = wire_u8(&w), code = wire_u8(&w);

	if (!wire_ok(&w))
		return;
	p->icmp_type = type;
	p->icmp_code = code;
	p->has |= FLOW_HAS_ICMP;
	if (!icmp_quotes(p->proto, type))
		return;
	wire_skip(&w, 6);
	if (wire_ok(&w))
		read_quote(p, w);
}

/* GRE, RFC 2784 and 2890; the enhanced one of PPTP (version 1) holds PPP. */
static void
read_gre(struct packet *p, struct wire w)
{
	unsigned flags = wire_u16(&w), type = wire_u16(&w);
	unsigned skip = (flags & 0x8000 ? 4 : 0) + (flags & 0x2000 ? 4 : 0) +
			(flags & 0x1000 ? 4 : 0);

	if ((flags & 7) != 0)
		return;
	wire_skip(&w, skip);
	if (wire_ok(&w))
		enter_type(p, w, type);
}

/* What lies behind the IP headers of P. */
static int
read_transport(struct packet *p, struct wire w)
{
	if (p->fragment != 0)
		return 0; /* the ports are in the first fragment */
	switch (p->proto) {
	case IPPROTO_TCP:
		return read_tcp(p, w);
	case IPPROTO_UDP:
		read_udp(p, w);
		return 0;
	case IPPROTO_SCTP:
	case IPPROTO_DCCP:
	case IPPROTO_UDPLITE:
		read_ports(p, &w);
		return 0;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		read_icmp(p, w);
		return 0;
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		enter_tunnel(p, w, read_ip);
		return 0;
	case IPPROTO_GRE:
		read_gre(p, w);
		return 0;
	default:
		return 0;
	}
}

/* --- IP --------------------------------------------------------------------------- */

/* Half of a header is nobody's: one address without the other says nothing. */
static int
no_packet(struct packet *p)
{
	p->src = p->dst = (struct flow_ip){ 0 };
	return -1;
}

static int
read_ip4(struct packet *p, struct wire w)
{
	struct wire all = w;
	unsigned header = (wire_u8(&w) & 15) * 4u;

	p->tos = wire_u8(&w);
	p->ip_length = wire_u16(&w);
	wire_skip(&w, 2);
	unsigned fragment = wire_u16(&w);
	p->fragment = fragment & 0x1fff;
	p->more = (fragment & 0x2000) != 0;
	p->ttl = wire_u8(&w);
	p->proto = wire_u8(&w);
	wire_skip(&w, 2);
	take_ip(&p->src, &w, 4);
	take_ip(&p->dst, &w, 4);
	if (!wire_ok(&w) || header < 20 || (p->ip_length != 0 && p->ip_length < header))
		return no_packet(p);
	p->has |= FLOW_HAS_PROTO | FLOW_HAS_TOS | FLOW_HAS_TTL;
	if (p->fragment != 0 || p->more)
		p->has |= FLOW_HAS_FRAGMENT;
	if (header > wire_left(&all))
		return 0; /* options that were cut off */
	wire_skip(&all, header);
	/* Bytes behind the packet are padding of the frame. */
	size_t inside = p->ip_length != 0 ? p->ip_length - header : wire_left(&all);
	return read_transport(
	    p, inside < wire_left(&all) ? wire_sub(&all, inside) : all);
}

/* Walk IPv6 extension headers (RFC 8200) to what they carry. */
static int
read_ip6_chain(struct packet *p, struct wire w, unsigned next)
{
	for (unsigned i = 0; i < EXTENSIONS_MAX; i++) {
		unsigned len;

		p->proto = (uint8_t)next;
		switch (next) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
		case 135: /* mobility */
			next = wire_u8(&w);
			len = wire_u8(&w) * 8u + 6;
			break;
		case IPPROTO_AH:
			next = wire_u8(&w);
			len = wire_u8(&w) * 4u + 6;
			break;
		case IPPROTO_FRAGMENT:
			next = wire_u8(&w);
			wire_skip(&w, 1);
			len = wire_u16(&w);
			p->fragment = (uint16_t)(len >> 3);
			p->more = len & 1;
			p->has |= FLOW_HAS_FRAGMENT;
			len = 4;
			break;
		default:
			return read_transport(p, w);
		}
		wire_skip(&w, len);
		if (!wire_ok(&w))
			return 0;
	}
	return -1;
}

static int
read_ip6(struct packet *p, struct wire w)
{
	uint32_t first = wire_u32(&w);
	unsigned payload = wire_u16(&w), next = wire_u8(&w);

	p->ttl = wire_u8(&w);
	take_ip(&p->src, &w, 16);
	take_ip(&p->dst, &w, 16);
	if (!wire_ok(&w))
		return no_packet(p);
	p->tos = (uint8_t)(first >> 20);
	p->label = first & 0xfffff;
	p->fragment = 0;
	p->more = false;
	p->ip_length = payload + 40;
	p->has |= FLOW_HAS_PROTO | FLOW_HAS_TOS | FLOW_HAS_TTL | FLOW_HAS_LABEL;
	return read_ip6_chain(p,
	    payload != 0 && payload < wire_left(&w) ? wire_sub(&w, payload) : w, next);
}

static int
read_ip(struct packet *p, struct wire w)
{
	struct wire peek = w;

	switch (wire_u8(&peek) >> 4) {
	case 4:
		return read_ip4(p, w);
	case 6:
		return read_ip6(p, w);
	default:
		return wire_ok(&peek) ? -1 : 0;
	}
}

/* --- links ------------------------------------------------------------------------ */

static int
read_mpls(struct packet *p, struct wire w)
{
	for (unsigned i = 0; i < LABELS_MAX; i++) {
		uint32_t label = wire_u32(&w);
		struct wire peek = w;

		if (!wire_ok(&w))
			return 0;
		if (!(label & 0x100))
			continue;
		unsigned nibble = wire_u8(&peek) >> 4;
		if (nibble == 4 || nibble == 6)
			return read_ip(p, w);
		/* A pseudowire with a control word: Ethernet behind it. */
		if (wire_ok(&peek) && nibble == 0 && wire_left(&w) > 4 + 14 &&
		    p->tunnels < TUNNELS_MAX) {
			/* No IP packet is around it: it is itself the outermost. */
			p->tunnels++;
			wire_skip(&w, 4);
			return read_ethernet(p, w);
		}
		return 0;
	}
	return -1;
}

static int
read_ppp(struct packet *p, struct wire w)
{
	struct wire peek = w;

	/* HDLC's address and control may stand in front. */
	if (wire_u16(&peek) == 0xff03)
		wire_skip(&w, 2);
	switch (wire_u16(&w)) {
	case PPP_IP4:
	case PPP_IP6:
		return read_ip(p, w);
	case PPP_MPLS:
		return read_mpls(p, w);
	default:
		return 0;
	}
}

/* Behind the type of an Ethernet frame. */
static int
read_type(struct packet *p, struct wire w, unsigned type)
{
	for (unsigned i = 0; i < TAGS_MAX; i++) {
		if (type != 0x8100 && type != 0x88a8 && type != 0x9100)
			break;
		unsigned tag = wire_u16(&w);
		type = wire_u16(&w);
		if (!wire_ok(&w))
			return 0;
		if (!(p->has & FLOW_HAS_VLAN))
			p->vlan = tag & 0xfff;
		p->has |= FLOW_HAS_VLAN;
	}
	switch (type) {
	case ETHER_IP4:
	case ETHER_IP6:
		return read_ip(p, w);
	case ETHER_MPLS:
	case ETHER_MPLS_MULTI:
		return read_mpls(p, w);
	case ETHER_PPPOE:
		wire_skip(&w, 6);
		return read_ppp(p, w);
	default:
		return 0;
	}
}

static int
read_ethernet(struct packet *p, struct wire w)
{
	const uint8_t *macs = wire_bytes(&w, 12);
	unsigned type = wire_u16(&w);

	if (!wire_ok(&w))
		return -1;
	if (p->tunnels == 0) {
		memcpy(p->dst_mac, macs, 6);
		memcpy(p->src_mac, macs + 6, 6);
		p->has |= FLOW_HAS_MACS;
	}
	return read_type(p, w, type);
}

int
packet_read(struct packet *p, enum packet_link link, const uint8_t *data, size_t len)
{
	struct wire w;

	memset(p, 0, sizeof *p);
	wire_init(&w, data, len);
	switch (link) {
	case PACKET_ETHERNET:
		return read_ethernet(p, w);
	case PACKET_IP:
		return read_ip(p, w);
	case PACKET_MPLS:
		return read_mpls(p, w);
	case PACKET_PPP:
		return read_ppp(p, w);
	case PACKET_SLL:
		wire_skip(&w, 14);
		return read_type(p, w, wire_u16(&w));
	case PACKET_LOOPBACK:
		wire_skip(&w, 4);
		return read_ip(p, w);
	}
	return -1;
}

void
packet_to_flow(const struct packet *p, struct flow *f)
{
	f->has |= p->has;
	f->src = p->src;
	f->dst = p->dst;
	f->proto = p->proto;
	f->tos = p->tos;
	f->ttl = p->ttl;
	f->sport = p->sport;
	f->dport = p->dport;
	f->flags = p->flags;
	f->icmp_type = p->icmp_type;
	f->icmp_code = p->icmp_code;
	if (p->has & (FLOW_HAS_QUOTE | FLOW_HAS_INNER))
		f->quote = p->quote; /* or what is inside */
	memcpy(f->src_mac, p->src_mac, 6);
	memcpy(f->dst_mac, p->dst_mac, 6);
	if (p->has & FLOW_HAS_VLAN)
		f->vlan = p->vlan;
	f->fragment = p->fragment;
	f->label = p->label;
}
