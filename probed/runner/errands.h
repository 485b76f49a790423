/* Programs that the courier wants run: those that the configuration names for news, and
 * no others. */
#ifndef RUNNER_ERRANDS_H
#define RUNNER_ERRANDS_H

#include "prober/prober.h"

extern const struct prober_guest errands;

#endif
