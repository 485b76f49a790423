/* Timing wheel: any number of timers, a millisecond each tick, adding, removing and
 * firing in constant time. Four levels of 256 slots reach 49 days; an entry further
 * away is taken out at that distance and put in again by its owner. */
#ifndef PROBER_WHEEL_H
#define PROBER_WHEEL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

/* Lives inside its owner; zeroed before first use. */
struct wheel_entry {
	TAILQ_ENTRY(wheel_entry) link;
	int64_t due;	/* tick */
	uint16_t place; /* which slot; 0: in none */
};

struct wheel;

struct wheel *wheel_new(int64_t now);
void wheel_free(struct wheel *w); /* entries belong to their owners */

/* Put E in (moving it if it is in already) so that it fires at tick DUE; what is past
 * fires at the next wheel_take(). */
void wheel_add(struct wheel *w, struct wheel_entry *e, int64_t due);
void wheel_del(struct wheel *w, struct wheel_entry *e); /* no harm if it is not in */

/* Turn the wheel to NOW and take out one entry that is due; NULL when there is none. */
struct wheel_entry *wheel_take(struct wheel *w, int64_t now);

/* The entries that it gives next, as far as they are known: MOST at most, into AHEAD.
 */
unsigned wheel_ahead(const struct wheel *w, struct wheel_entry **ahead, unsigned most);

/* No entry fires before this tick (it may be a little early, never late); INT64_MAX
 * when the wheel is empty. */
int64_t wheel_next(const struct wheel *w);

#endif
