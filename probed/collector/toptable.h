/* The greatest rows of a stream of (key, sum) in bounded memory, by octets.
 *
 * While there is room every key has its row, and all is exact. A full table drops its
 * lesser half: as Misra and Gries do (Finding repeated elements, 1982), with many at
 * once as Anderson et al. (A high-performance algorithm for identifying frequent items
 * in data streams, 2017), so that a new key costs a constant time on average. As in
 * Space-Saving (Metwally, Agrawal, El Abbadi 2005) a row remembers how much its key may
 * have had before it came in: a row's sum is exact since then, and its error bounds
 * what is missing. Of W octets offered, in a table of C rows, no error is above 2 W /
 * C, and so no key with more than that has no row. */
#ifndef COLLECTOR_TOPTABLE_H
#define COLLECTOR_TOPTABLE_H

#include <stddef.h>
#include <stdint.h>

#include "minute.h"

#define TOPTABLE_MAX 16384 /* rows */

/* A key of any table, in words that are equal when it is. */
#define TOPTABLE_WORDS 5
struct top_key {
	uint64_t word[TOPTABLE_WORDS];
};

struct top_row {
	_Alignas(64) struct top_key key;
	struct minute_sum sum; /* since it has a row */
	uint64_t error;	       /* its key had at most so many octets before */
};
_Static_assert(sizeof(struct top_row) == 128, "two cache lines");

struct toptable {
	struct top_row *row;  /* COUNT of them, in no order */
	uint32_t *hash;	      /* of each */
	uint32_t *slot;	      /* by hash: more of it << 16 | 1 + a row; 0: none */
	unsigned count, room; /* rows; as many as there is memory for now */
	unsigned most;	      /* rows, ever */
	/* A key that has no row had at most so many octets. */
	uint64_t error;
};

/* Room for MOST rows, a power of 2 of TOPTABLE_MAX at most. */
void toptable_init(struct toptable *t, unsigned most);
void toptable_free(struct toptable *t);
void toptable_clear(struct toptable *t);
/* SUM more of KEY, whose hash is HASH: equal keys have equal ones, and nobody outside
 * should be able to tell which have. */
void toptable_add(struct toptable *t, const struct top_key *key, uint64_t hash,
    const struct minute_sum *sum);
/* The row of KEY, or NULL. */
const struct top_row *toptable_find(
    const struct toptable *t, const struct top_key *key, uint64_t hash);
/* Have the processor fetch what toptable_add() will look at: first the one, then, when
 * that is there, the other. */
void toptable_soon(const struct toptable *t, uint64_t hash);
void toptable_sooner(const struct toptable *t, uint64_t hash);

#endif
