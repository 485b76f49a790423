/* Taking turns: of those that belong to one probe, only so many act at once
 * (SmokePing's variable forks); the others wait in a queue. */
#ifndef PROBES_TURNS_H
#define PROBES_TURNS_H

#include <stdbool.h>
#include <sys/queue.h>

#include "config/conf.h"

struct turns;

struct turn {
	void (*go)(void *ctx); /* it is its turn: called once, perhaps at once */
	void *ctx;
	struct turns *of; /* NULL: it neither waits nor acts */
	bool acts;
	TAILQ_ENTRY(turn) link;
};

/* Those of the probe in force at T, with its bound as it is now. Each call wants a
 * turns_drop(). NULL with ERR where forks is no number. */
struct turns *turns_of(
    const struct conf *conf, const struct conf_target *t, struct err *err);
void turns_drop(struct turns *turns);

/* T, with GO and CTX set, wants to act, if it neither waits nor acts already. */
void turns_take(struct turns *turns, struct turn *t);
/* T is done, or does not want to wait any longer. */
void turns_give(struct turn *t);

#endif
