/* What each own host gets and sends within one second and within five, and which of it
 * is so much that somebody should look: suspicions.
 *
 * Records count when they come: a flow that lasted up to five seconds in the second of
 * its arrival, a longer one with its mean rate for as long as it lasted. So the rates
 * of long flows lag behind by their exporter's timeout, but one that is told of after
 * half an hour makes no spike. */
#ifndef COLLECTOR_WINDOWS_H
#define COLLECTOR_WINDOWS_H

#include <stdbool.h>
#include <stdint.h>

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
};

struct windows;

struct windows *windows_new(uint64_t secret);
void windows_free(struct windows *w);
void windows_configure(struct windows *w, const struct windows_thresholds *t);
/* SHARE of HOST (16 bytes as they lie in memory, IPv4 mapped; 0: of the own network as
 * a whole), sent by it (OUT) or to it. */
void windows_add(struct windows *w, const uint64_t host[2], bool out,
    const struct window_share *share);
/* A second is over; it is NOW_MS (epoch). TELL is called for each suspicion. */
void windows_tick(struct windows *w, int64_t now_ms,
    void (*tell)(void *ctx, const struct msg_suspicion *s), void *ctx);
/* Hosts that were not watched in a second for want of room, since the start. */
uint64_t windows_crowded(const struct windows *w);
unsigned windows_count(const struct windows *w);

#endif
