/* Is a line or a link congested, and by whom: what probes and counters say, put
 * together. Each item has a weight; from 3 on it is suspected, from 5 on with something
 * measured by probes and something counted on the spot it is sure. What only probes
 * say, as of every link that is not one's own, is likely at best: a queue that one
 * cannot look into.
 * Nor is it sure what fills a line whose rate is but the most that was seen.
 *
 * Small queues lose without delay and great ones delay without loss: neither is ever
 * required of both. */
#ifndef INFER_CONGESTION_H
#define INFER_CONGESTION_H

#include "base/json.h"
#include "infer/bloat.h"
#include "infer/finding.h"
#include "infer/lineload.h"
#include "infer/tslp.h"

#define CONGESTION_KIND "congestion"

enum congestion_cause {
	CONGESTION_NONE,
	CONGESTION_OWN,	     /* one's own traffic fills a line whose queue is long */
	CONGESTION_FULL,     /* the line is full, and nothing says that it delays */
	CONGESTION_DROPS,    /* it throws packets away while it is full */
	CONGESTION_BURSTS,   /* it does so though it is not: short bursts */
	CONGESTION_POLICER,  /* what is above a rate is lost, and nothing is queued */
	CONGESTION_UPSTREAM, /* between two hops behind one's own line */
	CONGESTION_FAULT,    /* broken packets: no congestion, a cable or a radio */
	CONGESTION_MANAGED   /* queues are kept short by marking: all is well */
};

/* A line of one's own, with its counters; borrowed. */
struct congestion_line {
	const char *subject;	   /* the incident's: "192.168.1.1 interface 2" */
	const char *name;	   /* for people: "wan of 192.168.1.1" */
	const char *probe;	   /* what BLOAT's pings went to; NULL: none did */
	const struct bloat *bloat; /* NULL: nothing is measured beyond it */
	const struct lineload *load;
	double speed[BLOAT_WAYS]; /* bit/s; 0: not known */
	int64_t now;		  /* epoch seconds */
};
/* Fill F when something is the matter; the cause that is returned is CONGESTION_NONE or
 * CONGESTION_MANAGED when nothing is. */
enum congestion_cause congestion_line(
    const struct congestion_line *l, struct infer_finding *f);

/* A link that is not one's own: what TSLP found between NEAR and FAR. */
struct congestion_link {
	const char *subject;	/* the incident's: far's path or address */
	const char *near, *far; /* for people; NEAR NULL: this box */
	bool near_beyond_line;	/* so that it is not one's own line */
	int64_t now;
	/* Targets that are slow as FAR is, and whose ways are one with its from hop CUT
	 * on: the finding is of all. ALSO: their paths, by commas; 0, NULL: none. */
	unsigned others, cut;
	const char *also, *hop;
	unsigned left_out; /* targets that there is no room for: its quality */
};
/* Fill F when hours of many days are congested; false when they are not. */
bool congestion_recurring(const struct congestion_link *l, const struct tslp_result *r,
    struct infer_finding *f);
/* Fill F when it is so now, and no step; R is what is known of the days before, for the
 * word that says how sure it is. BEHIND_SLOW of BEHIND targets beyond rise with it. */
bool congestion_shift(const struct congestion_link *l, const struct tslp_shift *s,
    unsigned behind, unsigned behind_slow, struct infer_finding *f);

/* What is told of a line whether it is congested or not: grade, queue, shaper, by pings
 * to TARGET. A JSON object; keys are those of the API. */
void congestion_bloat_json(
    struct json *j, const struct bloat_result *r, const char *target);

#endif
