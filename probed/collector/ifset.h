/* A set of interface numbers. Who chooses them must not choose where they lie: SECRET is
 * the same in all calls for one set. */
#ifndef COLLECTOR_IFSET_H
#define COLLECTOR_IFSET_H

#include <stdbool.h>
#include <stdint.h>

#define IFSET_MAX 4096 /* members */

/* Zeroed it is empty. 0 is no member. */
struct ifset {
	uint32_t *slot; /* 0: free */
	unsigned slots, count;
};

/* What comes beyond IFSET_MAX is not taken. */
void ifset_add(struct ifset *s, uint32_t number, uint64_t secret);
bool ifset_has(const struct ifset *s, uint32_t number, uint64_t secret);
void ifset_clear(struct ifset *s);

#endif
