#include "probes/icmp_reason.h"

#include <netinet/icmp6.h>

#include <linux/icmp.h>

static enum ping_outcome
reason_unreachable_v4(unsigned code, bool local)
{
	switch (code) {
	case ICMP_NET_UNREACH:
	case ICMP_NET_UNKNOWN:
	case ICMP_NET_UNR_TOS:
		return PING_NO_ROUTE;
	case ICMP_HOST_UNREACH:
	case ICMP_HOST_UNKNOWN:
		return local ? PING_NO_NEIGHBOUR : PING_HOST_UNREACHABLE;
	case ICMP_PROT_UNREACH:
	case ICMP_PORT_UNREACH:
		return PING_PORT_UNREACHABLE;
	case ICMP_FRAG_NEEDED:
		return PING_TOO_BIG;
	case ICMP_NET_ANO:
	case ICMP_HOST_ANO:
	case ICMP_PKT_FILTERED:
		return PING_PROHIBITED;
	case ICMP_SR_FAILED:
	case ICMP_PREC_VIOLATION:
	case ICMP_PREC_CUTOFF:
		return PING_ICMP_OTHER;
	default:
		return PING_HOST_UNREACHABLE;
	}
}

static enum ping_outcome
reason_v4(unsigned type, unsigned code, bool local)
{
	switch (type) {
	case ICMP_DEST_UNREACH:
		return reason_unreachable_v4(code, local);
	case ICMP_TIME_EXCEEDED:
		return code == ICMP_EXC_TTL ? PING_TTL_EXCEEDED : PING_REASSEMBLY;
	case ICMP_PARAMETERPROB:
		return PING_PARAMETER;
	default:
		return PING_ANSWERED;
	}
}

static enum ping_outcome
reason_unreachable_v6(unsigned code, bool local)
{
	switch (code) {
	case ICMP6_DST_UNREACH_NOROUTE:
	case 7: /* error in source routing header */
		return PING_NO_ROUTE;
	case ICMP6_DST_UNREACH_ADMIN:
	case 5: /* source address failed policy */
	case 6: /* reject route */
		return PING_PROHIBITED;
	case ICMP6_DST_UNREACH_NOPORT:
		return PING_PORT_UNREACHABLE;
	case ICMP6_DST_UNREACH_ADDR:
		return local ? PING_NO_NEIGHBOUR : PING_HOST_UNREACHABLE;
	default: /* beyond scope of source address, ... */
		return PING_HOST_UNREACHABLE;
	}
}

static enum ping_outcome
reason_v6(unsigned type, unsigned code, bool local)
{
	switch (type) {
	case ICMP6_DST_UNREACH:
		return reason_unreachable_v6(code, local);
	case ICMP6_PACKET_TOO_BIG:
		return PING_TOO_BIG;
	case ICMP6_TIME_EXCEEDED:
		return code == ICMP6_TIME_EXCEED_TRANSIT ? PING_TTL_EXCEEDED
							 : PING_REASSEMBLY;
	case ICMP6_PARAM_PROB:
		return PING_PARAMETER;
	default:
		return PING_ANSWERED;
	}
}

enum ping_outcome
icmp_reason(int family, unsigned type, unsigned code, bool local)
{
	return family == AF_INET ? reason_v4(type, code, local)
				 : reason_v6(type, code, local);
}
