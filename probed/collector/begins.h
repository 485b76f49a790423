/* Does an exporter tell again and again when a flow began, though what it counts is
 * only what came since it told last? Then its records are not as long as they say. A
 * long record by itself is no sign of that: who tells of a flow at its end only has
 * such, and they are as long. The sign is the same flow with the same begin, told
 * twice.
 *
 * Of one exporter, who may be hostile: what it sends changes how its own records are
 * read, and takes no more memory than there is from the first. */
#ifndef COLLECTOR_BEGINS_H
#define COLLECTOR_BEGINS_H

#include <stdbool.h>
#include <stdint.h>

struct begins;

struct begins *begins_new(void);
void begins_free(struct begins *b); /* NULL: nothing */
/* A long record of FLOW (a hash) came at NOW_MS, from START_MS to END_MS by its
 * exporter's clock. Is the exporter one that tells begins again and again, as far as is
 * known for now? */
bool begins_again(
    struct begins *b, uint64_t flow, int64_t start_ms, int64_t end_ms, int64_t now_ms);

#endif
