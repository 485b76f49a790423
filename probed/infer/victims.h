/* Victims of attacks with forged sources, by the answers that they send to addresses
 * which asked nothing (backscatter). One flow after the other goes in; what comes out
 * is, for each victim, what was seen of it. What that means is backscatter.h's. */
#ifndef INFER_VICTIMS_H
#define INFER_VICTIMS_H

#include <stdbool.h>
#include <stdint.h>

#include "flow.h"
#include "infer/response.h"
#include "infer/space.h"

#define VICTIMS_MAX 4096
#define VICTIM_TIMEOUT_S 300 /* of silence, and it is over */
#define VICTIM_OFFSETS 512   /* distinct addresses hit that are kept for the test */
#define VICTIM_PORTS 5
#define VICTIM_LAG_MS 1800000 /* what is told later is taken for now */
#define VICTIM_BUCKETS 6
#define VICTIM_BUCKET_S 10

struct victim_port {
	uint16_t port;
	uint64_t packets;
};

struct victim {
	struct flow_ip address;
	int64_t first_ms, last_ms;     /* of what was seen, by the flows' own times */
	int64_t lag_ms;		       /* the longest that one took to be told */
	uint64_t kind[RESPONSE_KINDS]; /* packets, as they were sampled */
	uint64_t packets, octets;
	uint64_t
	    responses; /* distinct (victim, its port, address, port); of VICTIM_QUIET */
	uint64_t quiet; /* packets to addresses that are quiet */
	/* What those stand for: each as many as its sampling says. Their sum, that of
	 * the squares, and the part of the first one that was seen. */
	double stand, stand_squares, stand_first;
	uint64_t addresses, quiet_addresses; /* distinct ones hit */
	uint64_t minute_max;		     /* packets in any 60 s */
	uint32_t rate_min, rate_max;	     /* sampling: one in so many */
	bool rate_unknown;
	bool several; /* more than one exporter told of it, or one and live packets */
	uint8_t ttl_min, ttl_max;	       /* 0: not said */
	struct victim_port port[VICTIM_PORTS]; /* its own, most frequent first */
	uint32_t offset[VICTIM_OFFSETS]; /* in the space, of distinct quiet addresses */
	unsigned offsets;
	uint64_t bucket[VICTIM_BUCKETS];
	int64_t bucket_s; /* when the newest began */
};

struct victims;

/* SPACE is borrowed. */
struct victims *victims_new(struct space *space);
void victims_free(struct victims *v);

/* Look at F, which arrived at NOW_MS. Where it says when it was, and that can be, that
 * counts: exporters tell late. */
void victims_flow(struct victims *v, const struct flow *f, int64_t now_ms);
/* Call EACH with every victim, OVER for those that were silent for VICTIM_TIMEOUT_S,
 * which are then forgotten. */
void victims_sweep(struct victims *v, int64_t now_ms,
    void (*each)(void *ctx, const struct victim *victim, bool over), void *ctx);

#endif
