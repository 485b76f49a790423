/* A box in a network that scenarios happen in: what its prober and collector would send
 * to its recorder goes into the recorder's judging code (recorder/court.h), with a
 * turned clock. Nobody says what a target is on the path: ways are walked, and the
 * ladder is to find out. The working directory is the box's data directory. */
#ifndef T_SCENARIOBOX_H
#define T_SCENARIOBOX_H

#include <stdbool.h>

#include "link/msgverdict.h"
#include "t/scenarios.h"

struct box;

struct box_ears {
	/* As web is told how things stand. */
	void (*verdict)(void *ctx, const struct msg_verdict *v);
	/* As of court_ops, at NOW, seconds of the world. */
	void (*found)(void *ctx, const struct infer_finding *f, bool over, double now);
};

/* W, SC and EARS must last. The box runs from START on. */
struct box *box_new(
    struct world *w, const struct scenario *sc, const struct box_ears *ears, void *ctx);
/* What happens until END. */
void box_run(struct box *b, double end);
/* Whatever waits is in events.db. */
void box_free(struct box *b);

#endif
