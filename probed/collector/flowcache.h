/* Packets into flows, for who has packets and no exporter: packets of one direction
 * with the same addresses, ports, protocol, traffic class and VLAN are one flow until
 * it is idle, was active for long, or ends. Bounded: when it is full, the flow that is
 * idle for longest goes early, and a counter says so. */
#ifndef COLLECTOR_FLOWCACHE_H
#define COLLECTOR_FLOWCACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "collector/packet.h"

#define FLOWCACHE_ROOM 65536 /* flows; some 150 bytes each */
#define FLOWCACHE_IDLE_MS 15000
#define FLOWCACHE_ACTIVE_MS 60000
#define FLOWCACHE_END_MS 1000 /* behind FIN or RST: what was under way comes still */

/* flowEndReason of RFC 5102, of the flows that come out. */
enum flowcache_end {
	FLOWCACHE_IDLE = 1,
	FLOWCACHE_ACTIVE = 2,
	FLOWCACHE_ENDED = 3,
	FLOWCACHE_FORCED = 4,
	FLOWCACHE_FULL = 5,
};

/* A packet that was seen. */
struct flowcache_seen {
	const struct packet *packet; /* with addresses */
	uint32_t octets;	     /* of it from the IP header on */
	uint32_t in, out;	     /* interface by which it came or went, ifIndex */
	int64_t now_ms;		     /* epoch */
};

struct flowcache;

/* For ROOM flows. DONE takes each flow as it goes: all fields but exporter and protocol
 * are set. */
struct flowcache *flowcache_new(
    unsigned room, void (*done)(void *ctx, struct flow *flow), void *ctx);
void flowcache_free(struct flowcache *c); /* what is in it is lost */
/* True: it is the first of its flow. */
bool flowcache_add(struct flowcache *c, const struct flowcache_seen *seen);
/* Let those go whose time is over. */
void flowcache_sweep(struct flowcache *c, int64_t now_ms);
void flowcache_flush(struct flowcache *c); /* all of them */
unsigned flowcache_count(const struct flowcache *c);
uint64_t flowcache_evicted(const struct flowcache *c);

#endif
