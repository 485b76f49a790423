#include "prober/wheel.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/mem.h"

#define WHEEL_BITS 8
#define WHEEL_SLOTS (1 << WHEEL_BITS)
#define WHEEL_LEVELS 4
#define WHEEL_REACH (1LL << WHEEL_BITS * WHEEL_LEVELS)

TAILQ_HEAD(wheel_slot, wheel_entry);

/* place 1 is the list of those that are due, then the slots follow level by level. */
enum {
	WHEEL_NOWHERE,
	WHEEL_DUE,
	WHEEL_FIRST
};

struct wheel {
	int64_t now;
	struct wheel_slot due;
	struct wheel_slot slot[WHEEL_LEVELS][WHEEL_SLOTS];
	uint64_t used[WHEEL_LEVELS][WHEEL_SLOTS / 64]; /* slots that are not empty */
};

struct wheel *
wheel_new(int64_t now)
{
	struct wheel *w = mem_zero(1, sizeof *w);

	w->now = now;
	TAILQ_INIT(&w->due);
	for (unsigned l = 0; l < WHEEL_LEVELS; l++)
		for (unsigned s = 0; s < WHEEL_SLOTS; s++)
			TAILQ_INIT(&w->slot[l][s]);
	return w;
}

void
wheel_free(struct wheel *w)
{
	free(w);
}

void
wheel_del(struct wheel *w, struct wheel_entry *e)
{
	if (e->place == WHEEL_NOWHERE)
		return;
	if (e->place == WHEEL_DUE) {
		TAILQ_REMOVE(&w->due, e, link);
	} else {
		unsigned l = (e->place - WHEEL_FIRST) / WHEEL_SLOTS;
		unsigned s = (e->place - WHEEL_FIRST) % WHEEL_SLOTS;

		TAILQ_REMOVE(&w->slot[l][s], e, link);
		if (TAILQ_EMPTY(&w->slot[l][s]))
			w->used[l][s / 64] &= ~(1ULL << s % 64);
	}
	e->place = WHEEL_NOWHERE;
}

void
wheel_add(struct wheel *w, struct wheel_entry *e, int64_t due)
{
	wheel_del(w, e);
	e->due = due;
	if (due <= w->now) {
		e->place = WHEEL_DUE;
		TAILQ_INSERT_TAIL(&w->due, e, link);
		return;
	}
	if (due - w->now >= WHEEL_REACH)
		due = w->now + WHEEL_REACH - 1;
	unsigned l = 0;
	while ((due - w->now) >> (l + 1) * WHEEL_BITS != 0)
		l++;
	unsigned s = (unsigned)(due >> l * WHEEL_BITS) % WHEEL_SLOTS;
	TAILQ_INSERT_TAIL(&w->slot[l][s], e, link);
	w->used[l][s / 64] |= 1ULL << s % 64;
	e->place = (uint16_t)(WHEEL_FIRST + l * WHEEL_SLOTS + s);
}

/* How many slots behind FROM (1..256, around the circle) the next used one of LEVEL
 * is; 0 when none is used. */
static unsigned
wheel_distance(const struct wheel *w, unsigned level, unsigned from)
{
	for (unsigned d = 1; d <= WHEEL_SLOTS;) {
		unsigned s = (from + d) % WHEEL_SLOTS;
		uint64_t bits = w->used[level][s / 64] >> s % 64;

		if (bits != 0) {
			d += (unsigned)__builtin_ctzll(bits);
			return d <= WHEEL_SLOTS ? d : WHEEL_SLOTS;
		}
		d += 64 - s % 64;
	}
	return 0;
}

int64_t
wheel_next(const struct wheel *w)
{
	int64_t next = INT64_MAX;

	if (!TAILQ_EMPTY(&w->due) || !TAILQ_EMPTY(&w->slot[0][w->now % WHEEL_SLOTS]))
		return w->now;
	for (unsigned l = 0; l < WHEEL_LEVELS; l++) {
		int64_t at = w->now >> l * WHEEL_BITS;
		unsigned d = wheel_distance(w, l, (unsigned)at % WHEEL_SLOTS);

		if (d != 0 && (at + d) << l * WHEEL_BITS < next)
			next = (at + d) << l * WHEEL_BITS;
	}
	return next;
}

/* Entries of a slot that is reached go one level down, or out. */
static void
wheel_cascade(struct wheel *w, unsigned level)
{
	unsigned s = (unsigned)(w->now >> level * WHEEL_BITS) % WHEEL_SLOTS;
	struct wheel_entry *e, *last = TAILQ_LAST(&w->slot[level][s], wheel_slot);

	/* One that is a full turn away comes back into the same slot: behind LAST. */
	while (last != NULL && (e = TAILQ_FIRST(&w->slot[level][s])) != NULL) {
		wheel_add(w, e, e->due);
		if (e == last)
			break;
	}
}

/* The first that is due: of those that were late when they came, or of the slot that is
 * reached, which holds no others. */
static struct wheel_entry *
wheel_first(const struct wheel *w)
{
	struct wheel_entry *e = TAILQ_FIRST(&w->due);

	return e != NULL ? e : TAILQ_FIRST(&w->slot[0][w->now % WHEEL_SLOTS]);
}

unsigned
wheel_ahead(const struct wheel *w, struct wheel_entry **ahead, unsigned most)
{
	struct wheel_entry *e = wheel_first(w);
	unsigned n = 0;

	/* The last one is not looked into: it may be far away. */
	while (e != NULL && n < most) {
		ahead[n++] = e;
		if (n < most)
			e = TAILQ_NEXT(e, link);
	}
	return n;
}

struct wheel_entry *
wheel_take(struct wheel *w, int64_t now)
{
	struct wheel_entry *e;

	while ((e = wheel_first(w)) == NULL && w->now < now) {
		int64_t next = wheel_next(w);

		w->now = next < now ? next : now;
		for (unsigned l = WHEEL_LEVELS; l-- > 1;)
			if (w->now % (1LL << l * WHEEL_BITS) == 0)
				wheel_cascade(w, l);
	}
	if (e != NULL)
		wheel_del(w, e);
	return e;
}
