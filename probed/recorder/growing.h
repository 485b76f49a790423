/* Tables of minutes that still grow, as the collector told them last: what there is of
 * them when it dies, and what is to be forgotten in them. */
#ifndef RECORDER_GROWING_H
#define RECORDER_GROWING_H

#include <stdint.h>

#include "base/prefix.h"
#include "minutetable.h"

struct growing;

struct growing *growing_new(void);
void growing_free(struct growing *g); /* NULL allowed */
/* A part of a table came. One that is final grows no more, and is not kept, nor is any
 * of an older minute. */
void growing_take(
    struct growing *g, const struct minute_part *part, const struct minute_row *row);
/* Take every address of P out; how many rows told of them. */
uint64_t growing_forget(struct growing *g, const struct prefix *p);
/* Nobody tells of them any more: give EACH all there is, the oldest first, as the parts
 * of final tables, and keep nothing. */
void growing_end(struct growing *g,
    void (*each)(
	void *ctx, const struct minute_part *part, const struct minute_row *row),
    void *ctx);

#endif
