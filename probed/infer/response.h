/* Which packets answer something: what a victim of an attack with forged sources sends
 * to those whose addresses were forged (Moore, Voelker and Savage 2001, table 1). */
#ifndef INFER_RESPONSE_H
#define INFER_RESPONSE_H

#include "flow.h"

enum response {
	RESPONSE_NONE,
	RESPONSE_SYN_ACK,     /* a SYN flood at an open port */
	RESPONSE_RST,	      /* SYN at a closed port, or another TCP flood */
	RESPONSE_ECHO,	      /* a flood of pings */
	RESPONSE_ICMP_INFO,   /* of other ICMP requests */
	RESPONSE_UNREACHABLE, /* a flood of UDP at a closed port, or what a filter says
			       */
	RESPONSE_ICMP_ERROR,  /* any other error about a packet */
	RESPONSE_KINDS
};
const char *response_word(enum response kind);	 /* "syn_ack" */
const char *response_attack(enum response kind); /* "SYN flood" */

/* What F answers. VICTIM: who was asked, which of an error is the destination that it
 * quotes; SPORT: the port there, DPORT: of the one who is answered. A flow that carries
 * more than answers do is none. */
enum response response_of(
    const struct flow *f, struct flow_ip *victim, uint16_t *sport, uint16_t *dport);

#endif
