/* A set of interface numbers. */
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
void ifset_add(struct ifset *s, uint32_t number);
bool ifset_has(const struct ifset *s, uint32_t number);
void ifset_clear(struct ifset *s);

#endif
