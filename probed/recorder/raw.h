/* The one who writes the ring of single pings (rawring.h). */
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

#endif
