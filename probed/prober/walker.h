/* The prober's side of ways.h: which targets there are, when to walk, whom to tell. */
#ifndef PROBER_WALKER_H
#define PROBER_WALKER_H

#include "prober/prober.h"

extern const struct prober_walker walker;

#endif
