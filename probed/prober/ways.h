/* The ways to all targets: when each is walked, what the walks have in common, and
 * single probes to hops in between. Hops near to us lie on the ways to many targets:
 * they are probed for one of these and known for the others (Donnet and others,
 * Doubletree, 2005), since routers answer no more than a probe or so a second.
 *
 * At most one probe is sent every WAYS_STEP_NS, whatever there is to do: that is the
 * budget of all of it. */
#ifndef PROBER_WAYS_H
#define PROBER_WAYS_H

#include "hops.h"
#include "probes/icmp_io.h"

#define WAYS_STEP_NS (50 * CLOCK_NS_PER_MS)
#define WAYS_PROBES 3	 /* of a walk to every hop */
#define WAYS_AT_ONCE 4	 /* walks */
#define WAYS_BAD_MAX 64	 /* walks for bad rounds that may wait */
#define WAYS_WATCHED 100 /* hops, of those with most targets behind them */
#define WAYS_MAX 4096	 /* targets; those behind are not walked to */
/* From one walk for a bad round, or one that was asked for, to the next. */
#define WAYS_BAD_NS (20 * CLOCK_NS_PER_S)
/* From one walk to the next because something changed. */
#define WAYS_CHANGED_NS (600 * CLOCK_NS_PER_S)
#define WAYS_DAILY_NS (86400 * CLOCK_NS_PER_S)

struct ways_settings {
	bool on;
	enum hops_method method; /* without ICMP sockets UDP serves */
	int64_t every_ns;	 /* between two probes to a hop */
};

typedef void (*ways_fn)(void *ctx, const struct hops *found);

struct ways;

/* FOUND is called by ways_turn() for every walk that is over, and once a minute for
 * every target with hops that were watched. */
struct ways *ways_new(const struct ways_settings *settings, ways_fn found, void *ctx);
void ways_free(struct ways *ways);
void ways_configure(struct ways *ways, const struct ways_settings *settings);
/* Target ID is at TO now; pings go there by WAY (copied; NULL: by default). */
void ways_target(struct ways *ways, uint64_t id, const struct addr *to,
    const struct icmp_way *way, int64_t now);
/* It is no target any more. */
void ways_forget(struct ways *ways, uint64_t id);
/* Have the way to ID walked for REASON (not HOPS_WATCH). False when it was just walked,
 * too much waits, or nothing is known of ID. */
bool ways_want(struct ways *ways, uint64_t id, enum hops_reason reason, int64_t now);
/* Do what is due; when the next turn is wanted (monotonic ns). */
int64_t ways_turn(struct ways *ways, int64_t now);

#endif
