/* The ring of single pings: every round as it was measured, for a day or as much as
 * its size allows. Written by the recorder alone (recorder/raw.h), read by whoever
 * wants single pings (jitter, percentiles, exact times). Paths are relative to DATADIR.
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
 *             2 x 2   reordered, changes of the TTL
 *             1       TTL of the last answer, 0: not known
 *             1       count of extras
 *            then as many extras; all of this is missing in older records
 *   extra     1       enum extra
 *             8       its value, IEEE 754
 *   ping      1       outcome | stamp << 6
 *             1..9    only when answered or late: RTT in ns, seven bits a byte, the
 *                     low ones first, the top bit set on all but the last byte
 *
 * A kill in the middle of writing leaves a torn record at the end: a reader stops
 * there, and the next writer cuts it off. */
#ifndef RAWRING_H
#define RAWRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "round.h"
#include "store.h"

#define RAWRING_MAGIC "smokebox raw 1\n" /* and its NUL: 16 bytes */
#define RAWRING_HEAD 32
#define RAWRING_NAME (sizeof STORE_RAW "/0123456789.raw")

/* Called for a round; it is the reader's until return. Another value than 0 ends the
 * reading. */
typedef int (*rawring_fn)(void *ctx, const struct round *r);

/* Every round of TARGET (0: of all) that ended in [FROM_NS, TO_NS), in the order of
 * storing. Reads through the segments of that span (0.15 s for 256 MiB that are in
 * memory). Returns how many were given to EACH. */
size_t rawring_read(
    uint64_t target, int64_t from_ns, int64_t to_ns, rawring_fn each, void *ctx);

/* How far somebody has read who wants every round once: before the record at OFFSET of
 * a segment. All zero: before the oldest one. */
struct rawring_place {
	unsigned segment;
	uint64_t offset;
};

/* Give EACH the rounds behind PLACE, oldest first, at most MOST of them, and move PLACE
 * behind the last one given. Where segments were deleted meanwhile, it goes on with the
 * oldest that is left; in a ring that began anew, with its first. Returns how many there
 * were; less than MOST: no more for now, or EACH wanted no more. */
size_t rawring_follow(
    struct rawring_place *place, size_t most, rawring_fn each, void *ctx);

/* --- segments: for the writer ---------------------------------------------------- */

struct rawring_segment {
	unsigned number;
	int64_t begun_ns, last_ns; /* wall */
	uint64_t bytes;
};

struct rawring {
	struct rawring_segment *at; /* ascending; the caller's to free */
	size_t count;
};

/* The path of segment NUMBER into BUF. */
void rawring_name(char buf[RAWRING_NAME], unsigned number);
/* What lies there, oldest first. NEXT, if not NULL, gets the first number that no file
 * has, ours or not. */
struct rawring rawring_list(unsigned *next);
/* How far the records of a segment are whole, in bytes; 0: it cannot be read. */
uint64_t rawring_sound(unsigned number);

#endif
