/* Many tables of minutes and hours summed up to one, in bounded memory: who was
 * greatest over a span of time, and how wrong that can be. */
#ifndef TOPLIST_H
#define TOPLIST_H

#include "minutetable.h"

/* Keys kept while summing up. Beyond, those with the fewest octets go, and what they
 * had counts as unlisted. */
#define TOPLIST_KEYS 16384

struct toplist_row {
	struct minute_key key;
	struct minute_sum sum;
	uint64_t missing; /* so many octets too few at most: what tables forgot, and
			   * what it had in those that do not list it */
};

struct toplist;
struct toplist *toplist_new(enum minute_by by);
void toplist_free(struct toplist *l); /* NULL allowed */
/* Add T, which is of the same BY. */
void toplist_add(struct toplist *l, const struct minutetable *t);

/* The greatest LIMIT rows by octets of all ways, ascending keys where those are equal;
 * the list is the caller's to free. REST gets what all other keys had, REST_ROWS at
 * least how many those are, and UNLISTED what each of them can have had at most, but
 * for those that were forgotten. NULL allowed. */
struct toplist_row *toplist_top(const struct toplist *l, size_t limit, size_t *count,
    struct minute_sum *rest, uint64_t *rest_rows, uint64_t *unlisted);

/* Octets of the rest that are of keys that were forgotten. */
uint64_t toplist_forgotten(const struct toplist *l);

/* Bytes by which keys are told apart and sorted; KEY must have been zeroed before it
 * was filled. */
int minute_key_compare(const struct minute_key *a, const struct minute_key *b);

/* The tables of an hour to one, of at most ROWS rows, to be freed with
 * minutetable_free(): MINUTES says which minutes are in L. */
struct minutetable toplist_hour(const struct toplist *l, enum minute_by by,
    int64_t hour, uint64_t minutes, size_t rows);

#endif
