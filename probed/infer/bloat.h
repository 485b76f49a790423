/* Bufferbloat without test traffic: how much slower a ping beyond a line is while the
 * line carries one's own traffic. A pair is the time of one ping and what an interface
 * of that line carried meanwhile, by its counters; delay by tenths of the load tells
 * the working latency, its grade, how much the queue in front of the line holds, and to
 * which rate one's own router should be set to have the queue itself.
 *
 * How fast the line is, is what is known of it, or else the most that was seen for two
 * pairs in a row, which is said. */
#ifndef INFER_BLOAT_H
#define INFER_BLOAT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/wire.h"

#define BLOAT_WAYS 2 /* 0 in, 1 out: as enum if_way */
#define BLOAT_TENTHS 10
#define BLOAT_KEEP 64	/* pairs of each tenth and way: the newest */
#define BLOAT_RECENT 60 /* pairs in a row, for what is so now */
#define BLOAT_MIN 10	/* pairs, for a figure of them */

struct bloat_pair {
	uint32_t time;		/* epoch seconds */
	float rtt_ms;		/* NAN: lost */
	float rate[BLOAT_WAYS]; /* bit/s */
};

/* All zero is an empty one. */
struct bloat {
	double speed[BLOAT_WAYS]; /* bit/s, as it is known; 0: it is not */
	double most[BLOAT_WAYS];  /* bit/s that were seen */
	uint8_t count[BLOAT_WAYS][BLOAT_TENTHS], next[BLOAT_WAYS][BLOAT_TENTHS];
	struct bloat_pair pair[BLOAT_WAYS][BLOAT_TENTHS][BLOAT_KEEP];
	uint32_t recents; /* ever, modulo 2^32 */
	struct bloat_pair recent[BLOAT_RECENT];
};

/* A ping at TIME took RTT_MS (NAN: lost) while the line carried RATE. Pairs come in
 * the order of time, for each way; NAN rates are passed over. */
void bloat_add(
    struct bloat *b, int64_t time, double rtt_ms, const double rate[BLOAT_WAYS]);

enum bloat_grade {
	BLOAT_UNKNOWN,
	BLOAT_A_PLUS,
	BLOAT_A,
	BLOAT_B,
	BLOAT_C,
	BLOAT_D,
	BLOAT_F
};
/* By added delay: below 5 ms A+, 30 A, 60 B, 200 C, 400 D, else F (the bounds of
 * DSLReports, which LibreQoS has, too). */
enum bloat_grade bloat_grade(double rise_ms);
const char *bloat_grade_word(enum bloat_grade grade); /* "A+"; "" unknown */

/* Of one way; NAN where too few pairs are known. */
struct bloat_way {
	double rate;   /* of the line, bit/s; 0: not known at all */
	bool measured; /* ... by the most that was seen */
	unsigned pairs[BLOAT_TENTHS];
	double added_ms[BLOAT_TENTHS]; /* median delay above idle, by tenth of the rate
					*/
	unsigned loaded;     /* pairs at 80 % and more, with the other way below 50 % */
	double rise_ms;	     /* their median above idle, */
	double high_ms;	     /* and what 90 % of them do not exceed */
	double loss, p_loss; /* share lost among them; the chance, were it idle's */
	double sustained;    /* bit/s, median of those that a queue delays */
	double buffer;	     /* octets that the queue holds: high_ms at sustained */
	double shaper;	     /* bit/s: 90 % of sustained, rounded down */
};

struct bloat_result {
	unsigned idle;	 /* pairs with both ways below 20 % */
	double idle_ms;	 /* their median */
	double noise_ms; /* standard deviation of theirs, robust */
	double idle_loss;
	struct bloat_way way[BLOAT_WAYS];
	double rise_ms; /* mean of both ways' rises, or the one that is known */
	unsigned ways;	/* that it is from */
	enum bloat_grade grade;
	int64_t since; /* of the oldest pair, epoch seconds; 0: none */
};
void bloat_judge(const struct bloat *b, struct bloat_result *r);

/* What is so at NOW (epoch seconds): the newest pairs, as far back as each is delayed
 * under load. Lost ones say neither, and pairs further apart than BLOAT_STALE_S nothing
 * of the time between. */
#define BLOAT_STALE_S 600
struct bloat_now {
	unsigned pairs;	 /* that are late; 0: it is not so */
	int64_t since;	 /* epoch seconds, of the first of them */
	unsigned way;	 /* the fuller one */
	double use;	 /* of the line, median, 0..1 */
	double rate;	 /* bit/s, median */
	double added_ms; /* median, */
	double low_ms, high_ms, level; /* and what holds it with LEVEL */
	double threshold_ms;
	double correlation; /* of rate and delay over the recent pairs, by rank */
};
void bloat_now(const struct bloat *b, const struct bloat_result *r, int64_t now,
    struct bloat_now *n);

/* What was learned, as bytes, BLOAT_STATE at most; the recent pairs are not kept. A
 * reader sets W bad when they are none. */
#define BLOAT_STATE (BLOAT_WAYS * (8UL + BLOAT_TENTHS * (1 + 16 * BLOAT_KEEP)))
void bloat_put(const struct bloat *b, struct pack *p);
void bloat_get(struct bloat *b, struct wire *w);

#endif
