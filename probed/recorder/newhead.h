/* The header of an RRD that old rows are carried over into: librrd's own format, made
 * from the old file's. */
#ifndef RECORDER_NEWHEAD_H
#define RECORDER_NEWHEAD_H

#include <stddef.h>

#include "recorder/archives.h"
#include "recorder/oldfile.h"

/* Bytes of the header of a file with so many pings and archives. */
size_t newhead_size(unsigned pings, size_t archives);

/* That header; the caller frees. Data sources are those of OLD with the heartbeat of
 * STEP (their limits stay, but loss's, which is PINGS), its last update is the old
 * one's, what is under way is carried over, and the newest row of every archive is the
 * last one on disk. */
char *newhead_make(struct oldfile *old, unsigned step, unsigned pings,
    const struct archives *archives);

#endif
