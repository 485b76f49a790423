/* The one who writes the ring of minute summaries (minutering.h): final minutes in,
 * files out, hours summed up when they are over, old ones deleted, addresses forgotten.
 * Nothing here reads a clock: NOW is epoch seconds. */
#ifndef RECORDER_MINUTES_H
#define RECORDER_MINUTES_H

#include "base/log.h"
#include "base/prefix.h"
#include "minute.h"

/* Rows of an hour's table. */
#define MINUTES_HOUR_ROWS 1000

struct minutes; /* the writer */

/* Go on with the ring that is there. TROUBLE (may be NULL) is told in one sentence what
 * a reader of the pages should know: a damaged file, by its name. */
struct minutes *minutes_open(void (*trouble)(void *ctx, const char *text), void *ctx);
/* How long and how much is kept, from the next minutes_work() on. */
void minutes_limit(struct minutes *m, int64_t keep_s, uint64_t max_bytes);
/* Take a part of a table; only final ones are kept. A whole one is written by the next
 * minutes_flush(). */
void minutes_take(struct minutes *m, const struct minute_part *part,
    const struct minute_row *row, int64_t now);
/* Write what was taken. 0, or -1 with ERR: then it is kept for the next try, as far as
 * it is less than 4 MiB. */
int minutes_flush(struct minutes *m, struct err *err);
/* One piece of what is to be done: an hour's table, a file to forget in, or looking for
 * what is old. True when there is more to do now; else call it again in half a minute.
 */
bool minutes_work(struct minutes *m, int64_t now);
/* Take every address of P out of all files, by minutes_work(); what it had counts as
 * others' from then on. DONE is told how many rows those were, and TEXT, NULL when all
 * went well. False while another one is being forgotten. */
bool minutes_forget(struct minutes *m, const struct prefix *p,
    void (*done)(void *ctx, uint64_t rows, const char *text), void *ctx);
uint64_t minutes_lost(const struct minutes *m); /* tables thrown away */
/* Without a flush. NULL allowed. */
void minutes_close(struct minutes *m);

#endif
