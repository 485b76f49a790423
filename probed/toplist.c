#include "toplist.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/mem.h"

/* Beyond TOPLIST_KEYS so many are left. */
#define KEPT (TOPLIST_KEYS / 4 * 3)

/* A key's sum. Tables that do not list it add their bound to what may be missing: the
 * sum of all bounds so far, less those of tables that did list it. */
struct entry {
	UT_hash_handle hh;
	struct minute_key key;
	struct minute_sum sum;
	uint64_t before; /* missing of the time before it was first listed, and what
			  * tables that list it forgot */
	uint64_t since;	 /* bounds of all tables until then */
	uint64_t listed; /* bounds of the tables since, that list it */
};

struct toplist {
	enum minute_by by;
	struct entry *entries;
	uint64_t bounds;   /* of all tables, summed up */
	uint64_t unlisted; /* what a key that has no entry had at most */
	struct minute_sum rest;
	uint64_t forgotten; /* octets of it, of keys that were forgotten */
	uint64_t keys; /* at least so many there are: those of one table */
};

int
minute_key_compare(const struct minute_key *a, const struct minute_key *b)
{
	int order = memcmp(a->a.bytes, b->a.bytes, sizeof a->a.bytes);

	if (order == 0)
		order = memcmp(a, b, sizeof *a);
	return order;
}

struct toplist *
toplist_new(enum minute_by by)
{
	struct toplist *l = mem_zero(1, sizeof *l);

	l->by = by;
	return l;
}

void
toplist_free(struct toplist *l)
{
	struct entry *e, *next;

	if (l == NULL)
		return;
	HASH_ITER(hh, l->entries, e, next) {
		HASH_DEL(l->entries, e);
		free(e);
	}
	free(l);
}

static uint64_t
plus(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t
missing_of(const struct toplist *l, const struct entry *e)
{
	uint64_t other = l->bounds - e->since;
	uint64_t all = minute_others(&l->rest, l->forgotten);
	uint64_t missing = plus(e->before, other > e->listed ? other - e->listed : 0);

	return missing < all ? missing : all;
}

/* --- evicting --------------------------------------------------------------------- */

static int
descending(const void *a, const void *b)
{
	const struct entry *x = *(struct entry *const *)a,
			   *y = *(struct entry *const *)b;
	uint64_t p = minute_octets(&x->sum), q = minute_octets(&y->sum);

	if (p != q)
		return p > q ? -1 : 1;
	return minute_key_compare(&x->key, &y->key);
}

static struct entry **
sorted(const struct toplist *l, size_t *count)
{
	size_t n = 0;
	struct entry **list = mem_alloc((HASH_COUNT(l->entries) + 1) * sizeof *list);

	for (struct entry *e = l->entries; e != NULL; e = e->hh.next)
		list[n++] = e;
	if (n > 1)
		qsort(list, n, sizeof *list, descending);
	*count = n;
	return list;
}

static void
evict(struct toplist *l)
{
	size_t count;
	struct entry **list = sorted(l, &count);

	for (size_t i = KEPT; i < count; i++) {
		struct entry *e = list[i];
		uint64_t most = plus(minute_octets(&e->sum), missing_of(l, e));
		if (most > l->unlisted)
			l->unlisted = most;
		minute_add(&l->rest, &e->sum);
		HASH_DEL(l->entries, e);
		free(e);
	}
	free(list);
}

/* --- summing up ------------------------------------------------------------------- */

static void
add_row(struct toplist *l, const struct minutetable *t, size_t i)
{
	const struct minute_row *row = &t->row[i];
	struct entry *e;

	HASH_FIND(hh, l->entries, &row->key, sizeof row->key, e);

	if (e == NULL) {
		e = mem_zero(1, sizeof *e);
		e->key = row->key;
		e->before = l->unlisted;
		e->since = l->bounds;
		HASH_ADD(hh, l->entries, key, sizeof e->key, e);
	}
	minute_add(&e->sum, &row->sum);
	e->before = plus(e->before, row->octets_error);
	e->listed += t->unlisted;
	if (t->missing != NULL)
		e->before = plus(e->before, t->missing[i]);
}

void
toplist_add(struct toplist *l, const struct minutetable *t)
{
	for (size_t i = 0; i < t->rows; i++)
		add_row(l, t, i);
	l->bounds += t->unlisted;
	l->unlisted = plus(l->unlisted, t->unlisted);
	minute_add(&l->rest, &t->rest);
	l->forgotten = plus(l->forgotten, t->forgotten);
	if (t->rows + t->rest_rows > l->keys)
		l->keys = t->rows + t->rest_rows;
	if (HASH_COUNT(l->entries) > TOPLIST_KEYS)
		evict(l);
}

/* --- the greatest ----------------------------------------------------------------- */

struct toplist_row *
toplist_top(const struct toplist *l, size_t limit, size_t *count,
    struct minute_sum *rest, uint64_t *rest_rows, uint64_t *unlisted)
{
	size_t all;
	struct entry **list = sorted(l, &all);
	size_t n = all < limit ? all : limit;
	struct toplist_row *top = mem_alloc((n + 1) * sizeof *top);
	uint64_t all_rest = minute_others(&l->rest, l->forgotten);
	uint64_t most = l->unlisted < all_rest ? l->unlisted : all_rest;

	for (size_t i = 0; i < n; i++)
		top[i] = (struct toplist_row){ .key = list[i]->key,
			.sum = list[i]->sum,
			.missing = missing_of(l, list[i]) };
	if (rest != NULL)
		*rest = l->rest;
	for (size_t i = n; i < all; i++) {
		uint64_t one =
		    plus(minute_octets(&list[i]->sum), missing_of(l, list[i]));
		most = one > most ? one : most;
		if (rest != NULL)
			minute_add(rest, &list[i]->sum);
	}
	if (rest_rows != NULL)
		*rest_rows = (all > l->keys ? all : l->keys) - n;
	if (unlisted != NULL)
		*unlisted = most;
	free(list);
	*count = n;
	return top;
}

uint64_t
toplist_forgotten(const struct toplist *l)
{
	return l->forgotten;
}

struct minutetable
toplist_hour(const struct toplist *l, enum minute_by by, int64_t hour, uint64_t minutes,
    size_t rows)
{
	struct minutetable t = {
		.begin_s = hour, .by = by, .final = true, .minutes = minutes
	};
	uint64_t rest_rows;
	struct toplist_row *top =
	    toplist_top(l, rows, &t.rows, &t.rest, &rest_rows, &t.unlisted);

	t.forgotten = l->forgotten;
	t.rest_rows = rest_rows < UINT32_MAX ? (uint32_t)rest_rows : UINT32_MAX;
	t.row = mem_alloc((t.rows + 1) * sizeof *t.row);
	t.missing = mem_alloc((t.rows + 1) * sizeof *t.missing);
	for (size_t i = 0; i < t.rows; i++) {
		t.row[i] = (struct minute_row){ .key = top[i].key, .sum = top[i].sum };
		t.missing[i] = top[i].missing;
	}
	free(top);
	return t;
}
