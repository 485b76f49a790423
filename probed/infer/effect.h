/* Did it help? What was measured before and after a moment, compared: the median, the
 * 95th percentile, the jitter and the loss of both, the interval in which the
 * difference lies with a probability of 95 %, and one word. Rounds that follow one
 * another are alike, so the intervals come from a bootstrap of blocks of rounds
 * (Kuensch 1989, circular as Politis and Romano 1992), not from a formula that takes
 * them for independent. */
#ifndef INFER_EFFECT_H
#define INFER_EFFECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EFFECT_ROUNDS_MIN 20 /* known ones, of each side; below nothing is said */
/* The least change that is worth a word. */
#define EFFECT_LEAST_S 50e-6
#define EFFECT_LEAST_SHARE 0.02 /* of what was before */
#define EFFECT_LEAST_LOSS 0.0005
#define EFFECT_DOUBT_LOSS 0.01 /* more, which need not be proven to be told */
#define EFFECT_ROUNDS_MAX 4096 /* of a side; more are left out */

enum effect_measure {
	EFFECT_MEDIAN, /* of the rounds' medians, seconds, as all but loss */
	EFFECT_P95,    /* of all answers */
	EFFECT_JITTER, /* mean over rounds */
	EFFECT_LOSS,   /* mean over rounds, 0..1 */
	EFFECT_MEASURES
};

/* One side: ROUNDS rounds in the order of time. RTT has PINGS values of each, NAN where
 * there was no answer. LOSS is a ratio, NAN for a round of which nothing is known;
 * MEDIAN and JITTER are NAN where there is none. All borrowed. */
struct effect_side {
	size_t rounds;
	unsigned pings;
	const double *rtt, *median, *jitter, *loss;
};

/* NAN where one side has no value; an interval then too. */
struct effect_change {
	double before, after;
	double low, high; /* of after - before, 95 % */
	/* It is no accident, which with all four asked at once is wrong five times in a
	 * hundred at most, and large enough to be worth a word. */
	bool shown;
};

enum effect_word {
	EFFECT_TOO_LITTLE, /* is known of one side */
	EFFECT_NONE,	   /* no difference is shown */
	EFFECT_BETTER,
	EFFECT_WORSE,
	EFFECT_MIXED, /* some of it better, some worse */
	EFFECT_WORDS
};

struct effect {
	enum effect_word word;
	size_t before, after; /* known rounds */
	struct effect_change change[EFFECT_MEASURES];
	/* So much more was lost that nothing is simply better, be it by chance. */
	bool doubt;
};

/* Compare BEFORE and AFTER. The same SEED gives the same intervals. */
void effect_find(struct effect *e, const struct effect_side *before,
    const struct effect_side *after, uint64_t seed);

/* "better", "no difference shown" ...; "p95" ... */
const char *effect_word(enum effect_word word);
const char *effect_measure_word(enum effect_measure m);
/* The one sentence, at most SIZE bytes: "Better: p95 fell by 12 to 26 ms (95 %)." */
void effect_sentence(const struct effect *e, char *buf, size_t size);

#endif
