/* What the parts of the scenario suite share. */
#ifndef T_SCENARIOS_H
#define T_SCENARIOS_H

#include <stdbool.h>
#include <stdint.h>

struct sums {
	unsigned runs, right, scenarios;
};

/* Dice: of a scenario and a seed, the same each time. */
void scenario_seed(const char *name, uint64_t seed);
double chance(void); /* 0 <= x < 1 */
double between(double low, double high);

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
