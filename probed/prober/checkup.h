/* What probed --check asks of those that measure: only they know which settings their
 * kinds of measurement take. */
#ifndef PROBER_CHECKUP_H
#define PROBER_CHECKUP_H

#include "config/schema.h"

/* Called as "NAME --check" with a configuration as checked text on standard input: say
 * of every target whose home is HOME and that could not be measured why, as warnings
 * with file and line on standard error, and leave with 1 when there were any, else with
 * 0. What reading the configuration complains of is not said again. Called otherwise:
 * returns. */
void checkup_main(int argc, char **argv, enum module_home home);

#endif
