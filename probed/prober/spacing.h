/* When a ping that is due may go out, so that our own packets do not queue up in front
 * of each other and measure that: one lane for targets that must keep a distance, few
 * packets at once for one network, and no burst to catch up with what was late. */
#ifndef PROBER_SPACING_H
#define PROBER_SPACING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

/* A lane: whoever holds it leaves GAP ns behind the one before. */
struct spacing_lane;

/* The lane called NAME (of a probe instance), made where there is none. A lane keeps
 * the longest GAP that was asked for. */
struct spacing_lane *spacing_lane_take(const char *name, int64_t gap);
/* Whoever took it lets go. NULL allowed. */
void spacing_lane_leave(struct spacing_lane *lane);
/* Reserve the next place in LANE at or behind NOW; it is to be used. Returns when it
 * is, or INT64_MAX, and nothing is reserved, when that would be behind LATEST. */
int64_t spacing_lane_reserve(struct spacing_lane *lane, int64_t now, int64_t latest);
/* Whoever has a place in LANE wants to leave NOW. Returns NOW, and has left; or when it
 * may, since the one before was late. */
int64_t spacing_lane_go(struct spacing_lane *lane, int64_t now);

/* A new turn of all runs begins at NOW (monotonic); RATE pings a second are to be sent
 * on average. Twice as many may leave, and at least 1000. */
void spacing_turn(int64_t now, double rate);
/* Take one packet of what may leave in this turn; false when there is none left. */
bool spacing_take(void);
/* There is none left: take one of those that come later. Returns in how many ns it may
 * leave. Thus each packet of a long queue is looked at once, not in every turn. */
int64_t spacing_promise(void);
/* Is a packet to TO the first of this turn for its network (/24, /64)? */
bool spacing_first(const struct addr *to);

#endif
