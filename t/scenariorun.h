/* One run of a scenario, and what the judge said in it. */
#ifndef T_SCENARIORUN_H
#define T_SCENARIORUN_H

#include <stdbool.h>
#include <stdint.h>

#include "infer/finding.h"
#include "t/scenarios.h"

#define TOLD_MAX 64

/* What was said of one segment and subject. */
struct told {
	enum segment segment;
	char cause[FINDING_WORD], subject[FINDING_SUBJECT], sentence[FINDING_SENTENCE];
	enum confidence best;
	double first, sure; /* times; 0: never */
	double low, high;   /* of the delay to a far end that is known; NAN: none */
	bool right;
};

/* One thing that was said, where it is another than was said of its subject before. */
struct word {
	enum segment segment;
	char cause[FINDING_WORD], subject[FINDING_SUBJECT];
	enum confidence confidence;
	double at, begin; /* epoch seconds: when it was said, and since when it is so */
	bool over;
};

#define WORDS_MAX 256

struct outcome {
	bool right, sure_soon;
	unsigned wrong; /* findings that were */
	struct told told[TOLD_MAX];
	unsigned tolds;
	struct word word[WORDS_MAX];
	unsigned words;
	double size;		     /* what is true; 0: it is not known */
	double truth;		     /* of the delay; 0: it is not known */
	char last[FINDING_SENTENCE]; /* how things stood in the end */
	/* Of the network: */
	double step, onset;
	unsigned pings, fars;
};

/* SC with the network that SEED draws. */
void scenario_run(const struct scenario *sc, uint64_t seed, struct outcome *o);

/* Is CAUSE one of WORDS, '|' between them? */
bool scenario_is_cause(const char *words, const char *cause);

#endif
