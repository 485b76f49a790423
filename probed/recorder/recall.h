/* The last rounds of a target from its RRD, as alerts would have seen them. */
#ifndef RECORDER_RECALL_H
#define RECORDER_RECALL_H

#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

/* A round of the past: LOST of the file's pings, MEDIAN in seconds, NAN when unknown.
 */
typedef void (*recall_fn)(
    void *ctx, int64_t row, double lost, unsigned pings, double median);

/* Tell the last WANT rounds in FILE (below DATADIR), old to new. Rows without any value
 * between rounds are those in which nobody measured: they are left out; at the end they
 * are rounds of which nothing could be said. 0, also when there is no file; 1 when it
 * is not one of PINGS pings and STEP seconds a round (it may become one); -1 with ERR
 * when it cannot be read. */
int recall(const char *file, unsigned step, unsigned pings, size_t want, recall_fn fn,
    void *ctx, struct err *err);

#endif
