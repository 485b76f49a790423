/* What an ICMP error means for the ping that it quotes. */
#ifndef PROBES_ICMP_REASON_H
#define PROBES_ICMP_REASON_H

#include "base/addr.h"
#include "round.h"

/* FAMILY: AF_INET (RFC 792, RFC 1812 §5.2.7) or AF_INET6 (RFC 4443). PING_ANSWERED: it
 * is no reason for a loss (a redirect, the obsolete source quench). LOCAL: our own
 * kernel said it, so that an unreachable host is a neighbour that does not answer. */
enum ping_outcome icmp_reason(int family, unsigned type, unsigned code, bool local);

#endif
