/* One run of a scenario, and what a reader of the API would have learned in it: from
 * events.db when it is over, and how things stood meanwhile. */
#ifndef T_SCENARIORUN_H
#define T_SCENARIORUN_H

#include <stdbool.h>
#include <stdint.h>

#include "infer/finding.h"
#include "t/scenarios.h"

#define TOLD_MAX 24

/* What was said of one segment and subject: one incident of kind verdict, or several,
 * one after the other. */
struct told {
	enum segment segment;
	char cause[FINDING_WORD], subject[FINDING_SUBJECT], sentence[FINDING_SENTENCE];
	enum confidence best;
	int64_t begin, end; /* epoch seconds; end 0: it is open */
	double sure;	    /* when it was heard to be; 0: never */
	double low, high;   /* of the delay to a far end that is known; NAN: none */
	bool right;
};

/* One thing that was said, where it is another than was said of its subject before. */
struct word {
	enum segment segment;
	char cause[FINDING_WORD], subject[FINDING_SUBJECT];
	enum confidence confidence;
	/* Epoch seconds: when it was said, the begin that was, and since when it is as
	 * it was said to be. */
	double at, begin, since;
	bool over;
};

#define WORDS_MAX 96

struct outcome {
	bool right, sure_soon;
	unsigned wrong; /* verdicts that were */
	struct told told[TOLD_MAX];
	unsigned tolds;
	struct word word[WORDS_MAX];
	unsigned words;
	double size;  /* what is true; 0: it is not known */
	double truth; /* of the delay; 0: it is not known */
	/* Of targets that are down, since the onset: incidents, those that a verdict
	 * which is right explains, and letters that say that something is the matter.
	 */
	unsigned alarms, explained, letters;
	/* Letters that it is over; and, of one subject, that it is, or that it is over.
	 */
	unsigned ends, most;
	unsigned attacks, gaps; /* incidents of these kinds */
	bool in_time; /* the right one's begin is that of what happened, about */
	bool early;   /* ... is long before that */
	bool moved; /* a begin changed while it was open, by more than the clock did */
	bool calmed;  /* all was called fine while something was open */
	bool fine;    /* in the end */
	char last[FINDING_SENTENCE]; /* how things stood then */
	/* Of the network: */
	double step, onset;
	unsigned pings, fars;
};

/* SC with the network that SEED draws. The working directory is made, and left, empty.
 */
void scenario_run(const struct scenario *sc, uint64_t seed, struct outcome *o);

/* Is CAUSE one of WORDS, '|' between them? */
bool scenario_is_cause(const char *words, const char *cause);

#endif
