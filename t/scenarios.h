/* What the parts of the scenario suite share: scenarios, and tables of them. */
#ifndef T_SCENARIOS_H
#define T_SCENARIOS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "infer/segment.h"
#include "t/scenarioworld.h"

#define WEEK (8 * DAY)
#define QUIET (2 * HOUR)
#define LONG (3 * HOUR)

struct scenario {
	const char *name;
	enum segment segment; /* SEGMENT_NONE: nothing is the matter */
	/* Words that are right, '|' between them; where nothing is the matter, of which
	 * one is in the sentence at the end ("": any sentence is right). */
	const char *cause;
	bool clear;
	double warm, length, after; /* seconds */
	void (*make)(struct world *w);
	void (*at)(
	    struct world *w, double t); /* T: seconds since the onset; may be < 0 */
};

/* Two things at once are told by their two findings: what SC says, and ALSO. */
struct scenario_two {
	struct scenario sc;
	enum segment also;
};

/* One thing, SC's, and in the middle third of it another: each is told in time and
 * since when it is so, in one segment as one incident; nothing else is, neither is
 * called over while it lasts, and no begin moves. */
struct scenario_pair {
	struct scenario sc;
	enum segment then;
	const char *then_cause;
};

struct scenario_table {
	const struct scenario *scenario;
	size_t n;
};

struct scenario_twos {
	const struct scenario_two *two;
	size_t n;
};

struct scenario_pairs {
	const struct scenario_pair *pair;
	size_t n;
};

extern const struct scenario_table scenarios_home, scenarios_line, scenarios_way,
    scenarios_ends, scenarios_hops, scenarios_family, scenarios_fine;
extern const struct scenario_twos scenarios_two;
extern const struct scenario_pairs scenarios_pair;
/* Of these nothing that is wrong may be sure. */
extern const struct scenario_table scenarios_chance;
/* Of these the sentence says how large it is. */
extern const struct scenario_table scenarios_size;
/* These come and go for hours, and are over twice at most. */
extern const struct scenario_table scenarios_again;

/* Of these there is one letter, or one that it began and one that it is over; nothing
 * that is wrong is sure. */
extern const struct scenario_table scenarios_short;

/* Of these one of the two is told within an hour, and nothing that is wrong is sure. */
extern const struct scenario_twos scenarios_hour;

struct sums {
	unsigned runs, right, scenarios;
};

/* Attacks elsewhere, as telescopes of several sizes see them: SEEDS runs of each that
 * WANTED names, from FIRST on. CLAIM says whether RIGHT of SEEDS of WHAT are enough,
 * SAY what has to be so of all. */
struct scenario_watch {
	unsigned seeds;
	uint64_t first;
	bool (*wanted)(const char *name);
	void (*claim)(unsigned right, unsigned seeds, uint64_t first, const char *what);
	void (*say)(bool enough, const char *text);
};
void scenarios_elsewhere(const struct scenario_watch *w, struct sums *all);

#endif
