/* Making empty RRDs, one or a hundred thousand of them. */
#ifndef RECORDER_RRDMAKE_H
#define RECORDER_RRDMAKE_H

#include <stdint.h>

#include "recorder/archives.h"

/* Make PATH, which must not be there, with SmokePing's data sources for PINGS pings
 * each STEP seconds, last updated at START (epoch seconds). 0, or -1 with WHY: a text
 * that is valid until the next call. What was begun of PATH may be left then. */
int rrdmake(const char *path, unsigned step, unsigned pings,
    const struct archives *archives, int64_t start, const char **why);

#endif
