/* Who counts for a host, where several exporters see the same packets: a router and a
 * switch both tell of what passes both, and added up that would be twice the traffic.
 *
 * For each own host and direction one exporter is believed: the first of those that
 * the operator prefers, else the one that sees most. The one that told first is
 * believed first; every PERIOD it is looked whether another one sees more of that host,
 * by more than the sampling of both explains, or as much and more exactly: not less
 * than half, whatever sampling could explain, since it may see a part alone. One that
 * is silent of the host for a PERIOD is followed by another that is not. What the
 * others tell of the host counts for their interfaces alone; but who is not believed
 * may be the one that sees a flood, so that it is watched (windows.h) unless the
 * operator puts it behind.
 *
 * What was told before counts less with every PERIOD, and for no more than twice what
 * the other one tells: who told absurdly much once is not believed for hours.
 *
 * Memory is bounded: when all places are taken, the host that was not heard of for
 * longest goes. */
#ifndef COLLECTOR_WITNESS_H
#define COLLECTOR_WITNESS_H

#include <stdint.h>

#define WITNESS_HOSTS 16384 /* hosts and directions */
#define WITNESS_PERIOD_MIN 5 /* minutes */
/* RANK of an exporter that the operator does not prefer; and, behind all others, of a
 * guest, who could be anybody. */
#define WITNESS_UNRANKED (UINT8_MAX - 1)
#define WITNESS_GUEST UINT8_MAX

struct witnesses;

/* What a word is good for. */
enum witness_use {
	WITNESS_NOTHING, /* who is believed goes before by rank */
	WITNESS_WATCHED, /* it does not count, but its teller stands as high */
	WITNESS_COUNTS
};

/* What one record, or some of the same kind, say. */
struct testimony {
	uint64_t host;	   /* a hash of whom it is about, and of the direction */
	uint64_t exporter; /* who tells: a hash of its address; not 0 */
	uint8_t rank;	   /* less goes before */
	uint32_t minute;   /* since the epoch, of the clock */
	double octets, octets_var;
};

/* SECRET: for which host gets which place. */
struct witnesses *witnesses_new(uint64_t secret);
void witnesses_free(struct witnesses *w);
/* Take it into account. */
enum witness_use witness_hear(struct witnesses *w, const struct testimony *t);
/* Begin anew: who is preferred has changed. */
void witnesses_clear(struct witnesses *w);

#endif
