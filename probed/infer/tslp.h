/* Time-series latency probing (Luckie et al. 2014, Dhamdhere et al. 2018): a link that
 * is full at the same hours of many days delays what crosses it, and not what ends just
 * before it. Of each end the least delay of every quarter of an hour is kept: queues
 * that stand keep it up, mere jitter does not.
 *
 * What else looks alike is told apart: one's own use of the line (the near end rises as
 * well, or counters say so), a router that is slow to answer while what lies behind it
 * is not, a path that changes at these hours, a new level that stays. Hours are those
 * of the local clock, so that a change to summer time moves nothing. */
#ifndef INFER_TSLP_H
#define INFER_TSLP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/wire.h"

#define TSLP_BIN_S 900
#define TSLP_DAY_BINS 96
#define TSLP_DAYS 16
#define TSLP_BINS (TSLP_DAYS * TSLP_DAY_BINS)
#define TSLP_BEHIND 8 /* series behind the link that are looked at */

struct tslp_bin {
	float least_ms; /* NAN: nothing was answered */
	float use;	/* of the own line, 0..1, its busiest minute; NAN: not known */
	uint16_t sent, lost;
	bool changed; /* another path, address or distance began in it */
};

/* The last TSLP_BINS quarters; number B (of epoch seconds / TSLP_BIN_S) is at B modulo
 * TSLP_BINS. Made empty by tslp_clear(). */
struct tslp_series {
	int64_t newest; /* number of the newest; 0: there is none yet */
	struct tslp_bin bin[TSLP_BINS];
};

void tslp_clear(struct tslp_series *s);
/* A ping at TIME (epoch seconds) was answered after RTT_MS, or lost (NAN). What is
 * older than all that is kept is passed over; what is older by twice as much, or newer,
 * begins it anew, since a clock was set. */
void tslp_ping(struct tslp_series *s, int64_t time, double rtt_ms);
/* From TIME on the far end is reached another way. */
void tslp_change(struct tslp_series *s, int64_t time);
/* Around TIME so much of the own line was in use. */
void tslp_use(struct tslp_series *s, int64_t time, double use);
/* Of the quarter TIME is in; NULL when it is not kept. */
const struct tslp_bin *tslp_at(const struct tslp_series *s, int64_t time);

/* What is asked; all borrowed. */
struct tslp_question {
	const struct tslp_series *far;
	const struct tslp_series *near; /* NULL: nothing before the link is measured */
	/* NEAR lies beyond the own line, so that own use delays it, too. */
	bool near_beyond_line;
	/* What is reached through the far end: it is as slow when a queue is. */
	const struct tslp_series *behind[TSLP_BEHIND];
	unsigned behinds;
	int64_t now; /* epoch seconds */
	/* What is to be added to TIME (UTC) for the local clock; NULL: nothing. */
	int32_t (*offset)(void *ctx, int64_t time);
	void *ctx;
};

enum tslp_verdict {
	TSLP_FEW,      /* fewer than 5 days are known well enough */
	TSLP_NONE,     /* no hours at which it is slow on several days */
	TSLP_NEAR,     /* the near end is slow with it: it lies before the link */
	TSLP_OWN,      /* at these hours the own line is busy */
	TSLP_UNCLEAR,  /* own use cannot be told from others' */
	TSLP_REROUTED, /* the path changes when it begins and when it ends */
	TSLP_ROUTER,   /* the far end itself answers late: what is behind is not slow */
	TSLP_CONGESTED /* a queue between near and far */
};
const char *tslp_verdict_word(enum tslp_verdict verdict); /* "congested" */

/* With every number that it is based on; NAN where there is none. */
struct tslp_result {
	enum tslp_verdict verdict;
	unsigned days;	    /* that are known well enough */
	unsigned stepped;   /* days left out: the level of the whole day moved */
	unsigned congested; /* days with a rise in the period */
	unsigned elevated;  /* days with a rise at any time */
	unsigned recent;    /* of the last 7 days, with a rise in the period */
	/* The period, minutes of the local day: 0 to 1425, and 15 to 1440, which is
	 * less than the first when it passes midnight. */
	unsigned begin_min, end_min;
	double threshold_ms; /* what counts as a rise: noise decides, 2 at least */
	double noise_ms;     /* standard deviation of quiet quarters, robust */
	double rise_ms;	     /* median of the rises in the period */
	double near_ms;	     /* median of near's rises in the same quarters */
	double level;	     /* share of all quarters of these days that rise so */
	double p; /* chance of so many days if rises came at any time of the day */
	double own_share;	    /* of these quarters, those with a busy own line */
	double reroute_share;	    /* ... that lie between two changes of the path */
	unsigned behinds;	    /* series behind that could be compared, */
	unsigned behinds_slow;	    /* and those that rise by 70 % or more of it */
	double behind_ratio;	    /* median of their rises by far's */
	double loss, loss_else;	    /* share of pings lost, in the period and outside */
	double p_loss, p_loss_near; /* one-sided: more than outside; than near */
};

/* A level is held for a day or more, or comes back on days: judge by the last 15 days.
 */
void tslp_judge(const struct tslp_question *q, struct tslp_result *r);

/* What is so right now: the last complete quarters, against the day before. */
struct tslp_shift {
	unsigned bins; /* quarters in a row that are up to now; 0: none */
	int64_t begin; /* epoch seconds, of the first of them */
	double base_ms, rise_ms, near_ms, threshold_ms;
	double low_ms, high_ms, level; /* what holds RISE_MS with LEVEL */
	/* It stayed for 12 hours, or began with a change of the path: a new level, no
	 * queue. */
	bool step;
};
void tslp_shift(const struct tslp_question *q, struct tslp_shift *s);

/* A series as bytes, TSLP_STATE at most. A reader sets W bad when they are none. */
#define TSLP_STATE (8UL + 10 * TSLP_BINS)
void tslp_put(const struct tslp_series *s, struct pack *p);
void tslp_get(struct tslp_series *s, struct wire *w);

#endif
