#include "infer/response.h"

#include <netinet/in.h>

#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define ACK 0x10
/* Flags of a flow are those of all its packets: more of them, or longer ones, belong to
 * a conversation. A SYN/ACK is sent up to six times. */
#define PACKETS_MAX 6
#define OCTETS_MAX 80

const char *
response_word(enum response kind)
{
	static const char *const word[RESPONSE_KINDS] = { "none", "syn_ack", "rst",
		"echo_reply", "icmp_info", "unreachable", "icmp_error" };

	return word[kind];
}

const char *
response_attack(enum response kind)
{
	static const char *const text[RESPONSE_KINDS] = { "", "SYN flood", "TCP flood",
		"flood of pings", "flood of ICMP requests", "UDP flood",
		"flood of packets that a router refused" };

	return text[kind];
}

static enum response
tcp_response(const struct flow *f)
{
	unsigned flags = f->flags & (FIN | SYN | RST | ACK);

	if (!(f->has & FLOW_HAS_FLAGS) || (f->has & FLOW_HAS_FRAGMENT && f->fragment))
		return RESPONSE_NONE;
	if (f->packets > PACKETS_MAX || f->octets > f->packets * OCTETS_MAX)
		return RESPONSE_NONE;
	/* A SYN/ACK that nobody wanted may end in a reset of the same side. */
	if (flags == (SYN | ACK) || flags == (SYN | ACK | RST))
		return RESPONSE_SYN_ACK;
	return flags == RST || flags == (RST | ACK) ? RESPONSE_RST : RESPONSE_NONE;
}

static enum response
icmp_response(const struct flow *f)
{
	if (f->proto == IPPROTO_ICMPV6)
		return f->icmp_type == 129			? RESPONSE_ECHO
		       : f->icmp_type == 1			? RESPONSE_UNREACHABLE
		       : f->icmp_type >= 2 && f->icmp_type <= 4 ? RESPONSE_ICMP_ERROR
								: RESPONSE_NONE;
	switch (f->icmp_type) {
	case 0:
		return RESPONSE_ECHO;
	case 14:
	case 16:
	case 18:
		return RESPONSE_ICMP_INFO;
	case 3:
		return RESPONSE_UNREACHABLE;
	case 4:
	case 5:
	case 11:
	case 12:
		return RESPONSE_ICMP_ERROR;
	default:
		return RESPONSE_NONE;
	}
}

enum response
response_of(
    const struct flow *f, struct flow_ip *victim, uint16_t *sport, uint16_t *dport)
{
	enum response kind;

	if (!(f->has & FLOW_HAS_PROTO))
		return RESPONSE_NONE;
	*victim = f->src;
	*sport = f->sport;
	*dport = f->dport;
	if (f->proto == IPPROTO_TCP)
		return tcp_response(f);
	if ((f->proto != IPPROTO_ICMP && f->proto != IPPROTO_ICMPV6) ||
	    !(f->has & FLOW_HAS_ICMP))
		return RESPONSE_NONE;
	kind = icmp_response(f);
	*sport = *dport = 0;
	if (kind == RESPONSE_UNREACHABLE || kind == RESPONSE_ICMP_ERROR) {
		/* Without what it is about nobody knows whom it is about. */
		if (!(f->has & FLOW_HAS_QUOTE))
			return RESPONSE_NONE;
		*victim = f->quote.dst;
		*sport = f->quote.dport;
		*dport = f->quote.sport;
	}
	return kind;
}
