#include "collector/toptable.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

#define ROOM_FIRST 64

void
toptable_init(struct toptable *t, unsigned most)
{
	memset(t, 0, sizeof *t);
	t->most = most;
}

void
toptable_free(struct toptable *t)
{
	free(t->row);
	free(t->hash);
	free(t->slot);
	toptable_init(t, t->most);
}

/* Twice as many slots as rows, so that the way to a row is short. */
static unsigned
slot_mask(const struct toptable *t)
{
	return 2 * t->room - 1;
}

void
toptable_clear(struct toptable *t)
{
	/* After a busy minute the memory may be wanted elsewhere. */
	if (t->room > ROOM_FIRST && t->count < t->room / 4)
		toptable_free(t);
	else if (t->room != 0)
		memset(t->slot, 0, 2 * t->room * sizeof *t->slot);
	t->count = 0;
	t->error = 0;
}

static uint32_t
slot_of(uint32_t hash, unsigned row)
{
	return (hash & 0xffff0000) | (row + 1);
}

static unsigned
row_in(uint32_t slot)
{
	return (slot & 0xffff) - 1;
}

static void
place(struct toptable *t, unsigned row)
{
	unsigned at = t->hash[row] & slot_mask(t);

	while (t->slot[at] != 0)
		at = (at + 1) & slot_mask(t);
	t->slot[at] = slot_of(t->hash[row], row);
}

static void
place_all(struct toptable *t)
{
	memset(t->slot, 0, 2 * t->room * sizeof *t->slot);
	for (unsigned i = 0; i < t->count; i++)
		place(t, i);
}

/* They lie on cache lines, which realloc() does not know of. */
static struct top_row *
grow_rows(struct top_row *old, unsigned count, unsigned room)
{
	void *row = NULL;

	if (posix_memalign(&row, 64, room * sizeof *old) != 0)
		fatalx("out of memory");
	if (count != 0)
		memcpy(row, old, count * sizeof *old);
	free(old);
	return row;
}

static void
grow(struct toptable *t)
{
	t->room = t->room == 0 ? ROOM_FIRST : 2 * t->room;
	if (t->room > t->most)
		t->room = t->most;
	t->row = grow_rows(t->row, t->count, t->room);
	t->hash = mem_grow(t->hash, t->room, sizeof *t->hash);
	t->slot = mem_grow(t->slot, 2 * t->room, sizeof *t->slot);
	place_all(t);
}

/* --- dropping the lesser half ----------------------------------------------------- */

static uint64_t
most_octets(const struct top_row *row)
{
	return minute_octets(&row->sum) + row->error;
}

static void
swap(uint64_t *a, uint64_t *b)
{
	uint64_t c = *a;

	*a = *b;
	*b = c;
}

/* The value of V's COUNT that has rank RANK (from 0), by Hoare's selection. V is
 * reordered. */
static uint64_t
select_rank(uint64_t *v, size_t count, size_t rank)
{
	size_t low = 0, high = count - 1;

	while (low < high) {
		size_t i = low, j = high;
		uint64_t pivot = v[low + (high - low) / 2];

		while (i <= j) {
			while (v[i] < pivot)
				i++;
			while (v[j] > pivot)
				j--;
			if (i <= j) {
				swap(&v[i++], &v[j]);
				if (j == 0)
					break;
				j--;
			}
		}
		if (rank <= j)
			high = j;
		else if (rank >= i)
			low = i;
		else
			break;
	}
	return v[rank];
}

/* What goes had at most ERROR octets: every row with no more, at least half of them. */
static void
drop_lesser(struct toptable *t)
{
	static uint64_t most[TOPTABLE_MAX];
	unsigned kept = 0;

	for (unsigned i = 0; i < t->count; i++)
		most[i] = most_octets(&t->row[i]);
	t->error = select_rank(most, t->count, t->count / 2);
	for (unsigned i = 0; i < t->count; i++) {
		if (most_octets(&t->row[i]) <= t->error)
			continue;
		if (kept != i) {
			t->row[kept] = t->row[i];
			t->hash[kept] = t->hash[i];
		}
		kept++;
	}
	t->count = kept;
	place_all(t);
}

/* --- adding ----------------------------------------------------------------------- */

static bool
same_key(const struct top_key *a, const struct top_key *b)
{
	uint64_t differs = 0;

	for (unsigned i = 0; i < TOPTABLE_WORDS; i++)
		differs |= a->word[i] ^ b->word[i];
	return differs == 0;
}

/* The slot of KEY, or the empty one where it would be; there are slots. */
static unsigned
find(const struct toptable *t, const struct top_key *key, uint32_t hash)
{
	unsigned at = hash & slot_mask(t);

	while (
	    t->slot[at] != 0 && (((t->slot[at] ^ hash) & 0xffff0000) != 0 ||
				    !same_key(&t->row[row_in(t->slot[at])].key, key)))
		at = (at + 1) & slot_mask(t);
	return at;
}

void
toptable_add(struct toptable *t, const struct top_key *key, uint64_t hash64,
    const struct minute_sum *sum)
{
	uint32_t hash = (uint32_t)hash64;
	unsigned at;

	if (t->room == 0)
		grow(t);
	at = find(t, key, hash);
	if (t->slot[at] != 0) {
		minute_add(&t->row[row_in(t->slot[at])].sum, sum);
		return;
	}
	if (t->count == t->room) {
		if (t->room < t->most)
			grow(t);
		else
			drop_lesser(t);
		at = find(t, key, hash);
	}
	t->row[t->count] = (struct top_row){ *key, *sum, t->error };
	t->hash[t->count] = hash;
	t->slot[at] = slot_of(hash, t->count++);
}

const struct top_row *
toptable_find(const struct toptable *t, const struct top_key *key, uint64_t hash)
{
	unsigned at;

	if (t->room == 0)
		return NULL;
	at = find(t, key, (uint32_t)hash);
	return t->slot[at] == 0 ? NULL : &t->row[row_in(t->slot[at])];
}

void
toptable_soon(const struct toptable *t, uint64_t hash)
{
	if (t->room != 0)
		__builtin_prefetch(&t->slot[(uint32_t)hash & slot_mask(t)]);
}

void
toptable_sooner(const struct toptable *t, uint64_t hash)
{
	uint32_t slot = t->room == 0 ? 0 : t->slot[(uint32_t)hash & slot_mask(t)];

	if (slot == 0)
		return;
	__builtin_prefetch(&t->row[row_in(slot)].key, 1);
	__builtin_prefetch(&t->row[row_in(slot)].sum.octets[MINUTE_OTHER], 1);
}
