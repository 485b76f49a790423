/* The turning of the wheel: one timer on the event loop that calls runs_tick() when the
 * next ping, timeout or round's end is due. */
#ifndef PROBER_TICK_H
#define PROBER_TICK_H

#include <stdint.h>

struct event_base;

/* AFTER, which may be NULL, is called behind every turn. */
void tick_start(struct event_base *base, void (*after)(void *ctx), void *ctx);
void tick_stop(void);
/* A run was added or woken: look when the next turn is due. */
void tick_again(void);
/* How long turns took in the last minute, in ns: half of them, 99 of 100, all of them
 * no longer than this. */
void tick_times(uint64_t ns[3]);

#endif
