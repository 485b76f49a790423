/* What each own host gets and sends within one second and within five, and which of it
 * is so much that somebody should look: suspicions.
 *
 * Records count when they come: a flow that lasted up to five seconds in the second of
 * its arrival, a longer one with its mean rate for as long as it lasted. So the rates
 * of long flows lag behind by their exporter's timeout, but one that is told of after
 * half an hour makes no spike.
 *
 * What several exporters tell of a host may be the same packets, and any of them may
 * make up what it tells. So it is not added up: each one's is watched alone, and the
 * host has what is the greatest. */
#ifndef COLLECTOR_WINDOWS_H
#define COLLECTOR_WINDOWS_H

#include <stdbool.h>
#include <stdint.h>

#include "infer/vector.h"
#include "link/msgsuspicion.h"

#define WINDOWS_HOSTS 4096 /* watched at once; the least go when there are more */
#define WINDOWS_TOLD 64	   /* suspicions in one second, the greatest first */

/* Rates above which there is a suspicion, per second. */
struct windows_thresholds {
	double packets, octets, flows;
};

/* What came of some flows. */
struct window_share {
	double packets, octets, packets_var, octets_var;
	uint32_t flows, samples;
	uint8_t proto;
	bool syn, fragment;
	unsigned lasts_s; /* 0: five seconds or less; else at most 300 */
	uint64_t other;	  /* a hash of the address at the other end */
	enum vector_class class;
	uint16_t port;	      /* as of struct vector_sum; 0: none */
	uint64_t exporter[2]; /* who told: as HOST is */
	uint64_t teller;      /* whose are added up: a hash of who told; 0: of all */
};

struct windows;

struct windows *windows_new(uint64_t secret);
void windows_free(struct windows *w);
/* From now on T, copied, are the thresholds. */
void windows_configure(struct windows *w, const struct windows_thresholds *t);
/* SHARE of HOST (16 bytes as they lie in memory, IPv4 mapped; 0: of the own network as
 * a whole), sent by it (OUT) or to it. */
void windows_add(struct windows *w, const uint64_t host[2], bool out,
    const struct window_share *share);
/* A second is over; it is NOW_MS (epoch). TELL is called for each suspicion. */
void windows_tick(struct windows *w, int64_t now_ms,
    void (*tell)(void *ctx, const struct msg_suspicion *s), void *ctx);
/* From now on windows_tick() calls TELL, with its CTX, also for each host that has so
 * much in the last five seconds that it may come near an attack: a third of the
 * thresholds, NOTED of them at most, the greatest first. Where several tell of a host,
 * once for each, with the same time; who never told of one way has what another tells
 * of it. */
#define WINDOWS_NOTED 128
void windows_note(
    struct windows *w, void (*tell)(void *ctx, const struct own_host *h));
/* Hosts that were not watched in a second for want of room, since the start. */
uint64_t windows_crowded(const struct windows *w);
/* Hosts that are watched, once for each teller. */
unsigned windows_count(const struct windows *w);

#endif
