/* The side of hopicmp.c that icmp.c and icmp_verdict.c see: what happened to packets
 * whose slot is of the hops' part. */
#ifndef PROBES_HOPICMP_H
#define PROBES_HOPICMP_H

#include "hops.h"
#include "probes/icmp_impl.h"
#include "probes/icmp_io.h"

/* From here to ICMP_SLOT_NOBODY: no run has an index that high. */
#define ICMP_SLOT_HOPS (ICMP_RUNS_MAX << (ICMP_SEQ_BITS + ICMP_TURN_BITS))

static inline bool
hopicmp_slot(uint32_t slot)
{
	return slot >= ICMP_SLOT_HOPS && slot != ICMP_SLOT_NOBODY;
}

/* The packet of SLOT was handed over at MONO_NS, could not be (ERROR, an errno), left
 * by the driver's stamp WALL_NS (epoch), or was answered. */
void hopicmp_sent(uint32_t slot, int64_t mono_ns);
void hopicmp_not_sent(uint32_t slot, int error);
void hopicmp_left(uint32_t slot, int64_t wall_ns);
void hopicmp_came(const struct icmp_came *came);
/* Does R quote the packet of SLOT? */
bool hopicmp_quoted(const struct icmp_refused *r, uint32_t slot);
/* It does. BY_US: this host says so. */
void hopicmp_refused(const struct icmp_refused *r, uint32_t slot, bool by_us);

/* The MPLS labels (RFC 4950) in LEN bytes of extensions (RFC 4884), outermost first;
 * how many. */
uint8_t hopicmp_labels(const uint8_t *data, size_t len, uint32_t label[HOP_LABELS]);

#endif
