/* The ring of single pings: every round as it was measured, for a day or as much as
 * its size allows. Written by the recorder alone, read by whoever wants single pings
 * (jitter, percentiles, exact times). Paths are relative to DATADIR.
 *
 * .smokebox/raw/NNNNNNNNNN.raw are segments, numbered as they were begun. A new one
 * begins after an hour or a sixteenth of the ring's size; the oldest are deleted. All
 * integers are big-endian.
 *
 *   segment  16 bytes "smokebox raw 1\n" NUL
 *             8       wall ns when it was begun
 *             8       zero
 *            then records, only ever appended
 *   record    4       length of the body
 *             4       CRC-32 (as of zip) of the body
 *            body
 *   body      8       target (conf_target.id)
 *             8       row, epoch seconds
 *             8       begin, wall ns
 *             8       end, wall ns
 *             4       step, seconds
 *             2       count of pings
 *             1       state (enum round_state)
 *             1       cause (enum ping_outcome)
 *             1       1: suspect
 *             1       length of the address: 0, 4 or 16
 *             0|4|16  address, without scope
 *             5 x 2   duplicates, late, forged, wrong_source, truncated
 *            then COUNT pings in the order of sending
 *   ping      1       outcome | stamp << 6
 *             1..9    only when answered or late: RTT in ns, seven bits a byte, the
 *                     low ones first, the top bit set on all but the last byte
 *
 * A kill in the middle of writing leaves a torn record at the end: a reader stops
 * there, and the next writer cuts it off. */
#ifndef RECORDER_RAW_H
#define RECORDER_RAW_H

#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "round.h"

#define RAW_KEEP_S (24 * 3600)
#define RAW_MAX_BYTES (256ULL * 1024 * 1024)

struct raw; /* the writer */

/* Go on with the ring that is there. Nothing here fails: what is wrong with the disk
 * shows when writing. */
struct raw *raw_open(uint64_t max_bytes, unsigned keep_seconds);
/* Take a round; it is written by the next raw_flush(). */
void raw_add(struct raw *raw, const struct round *r);
/* Write what was taken. 0, or -1 with ERR: then it is kept for the next try, as far as
 * it is less than 4 MiB. */
int raw_flush(struct raw *raw, struct err *err);
uint64_t raw_bytes(const struct raw *raw); /* on disk */
uint64_t raw_lost(const struct raw *raw);  /* rounds thrown away */
/* Without a flush. NULL allowed. */
void raw_close(struct raw *raw);

/* Called for a round; it is the reader's until return. Another value than 0 ends the
 * reading. */
typedef int (*raw_round_fn)(void *ctx, const struct round *r);

/* Every round of TARGET (0: of all) that ended in [FROM_NS, TO_NS), in the order of
 * storing. Reads through the segments of that span (0.15 s for 256 MiB that are in
 * memory). Returns how many were given to EACH. */
size_t raw_read(
    uint64_t target, int64_t from_ns, int64_t to_ns, raw_round_fn each, void *ctx);

#endif
