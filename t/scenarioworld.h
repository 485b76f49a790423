/* A network of links and hosts that scenarios happen in: dice, and what one ping
 * through it meets. It knows nothing of how the judge thinks, and shares no code with
 * it. */
#ifndef T_SCENARIOWORLD_H
#define T_SCENARIOWORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "infer/finding.h"
#include "infer/verdict.h"

#define DAY 86400.
#define HOUR 3600.
#define FARS 6
#define START 1700006400. /* a day begins, by UTC */

enum link {
	LAN,
	ROUTER,
	LINE,
	CORE,
	PEER1,
	PEER2,
	LAST,
	LINKS = LAST + FARS
};

enum node {
	BRIDGE,
	PRINTER,
	GATEWAY,
	ACCESS,
	PROVIDER,
	RESOLVER,
	END,
	GATEWAY6 = END + FARS, /* the same hops by IPv6 */
	ACCESS6,
	PROVIDER6,
	NODES
};

struct link_state {
	double delay, loss; /* always */
	double more_delay, more_loss,
	    tail; /* now; TAIL: half of the packets wait so long */
};

struct world {
	double step;
	unsigned pings, fars;
	struct link_state link[LINKS];
	bool there[NODES];
	double own_loss[NODES], own_delay[NODES]; /* of the host's answers, now */
	double jitter[NODES], phase[NODES];
	unsigned seldom;     /* steps from a round to the next of those that are */
	bool seldoms[NODES]; /* ... measured so seldom */
	double usual_loss; /* everywhere */
	double truth;	   /* what everything takes longer; 0: nothing, or it varies */
	double size; /* what the sentence has to say, seconds or a ratio; 0: any */
	bool dual;	   /* every other far end is measured by IPv6 */
	uint8_t hit;	   /* the family that alone loses so much on links: */
	double hit_loss[LINKS];
	double onset, length; /* of what happens, epoch seconds */
	double a, b;	      /* of the scenario: drawn once */
	bool restless;	      /* something begins or ends amidst rounds all the time */
	bool bursts;	      /* all pings of a round are sent at its begin */
	double in, out;	      /* use of the line, now; NAN: nobody counts */
	bool stalled, off, cannot_send, no_route, overflow;
	enum verdict_error error; /* of what is lost at the end itself */
	enum node victim;
	/* Now: which of two addresses the victim has, and which of two ways leads to
	 * those beyond PEER1 and to the victim. */
	unsigned home, turn;
	bool carrier_nat; /* the provider has it, so that its first hop is 100.64/10 */
	bool wireless;
	/* What the box's own radio tells, now; signal 0: no more than that it is. */
	double signal, retries, failed;
	bool unlinked;
	/* At a host at home, now; bits per second. */
	double attack, scan;
	bool attacked;	 /* ever */
	double set_back; /* seconds that the clock is behind, now */
	bool restarts;	 /* where the box is off it is smokebox that is; else all is */
	/* What another judge has found, now, of the way to a far end. */
	struct infer_finding congestion;
	bool is_congested;
};

/* Dice: of a scenario and a seed, the same each time. */
void scenario_seed(const char *name, uint64_t seed);
double chance(void); /* 0 <= x < 1 */
double between(double low, double high);

/* A network drawn by them; of one that is CLEAR no pace is slow. */
void world_build(struct world *w, bool clear);
/* Nothing is the matter any more. */
void world_calm(struct world *w);
/* From one round of NODE to the next, seconds. */
double world_step(const struct world *w, unsigned node);
/* Links between this box and NODE: how many. */
unsigned world_way(const struct world *w, unsigned node, enum link out[LINKS]);
/* 4, 6; 0: where one family is as the other. */
uint8_t world_family(const struct world *w, unsigned node);
/* One ping: seconds, or -1 when it is lost. */
double world_ping(const struct world *w, unsigned node);
/* One to the router behind the first HOPS links on the way to NODE. */
double world_probe(const struct world *w, unsigned node, unsigned hops);
/* Does another way lead to NODE now, where it has turned? */
bool world_turns(const struct world *w, unsigned node);
/* Does it go on, T seconds after the onset? */
bool world_on(const struct world *w, double t);
double world_hour(const struct world *w, double t); /* of the day */

#endif
