/* The outbox in events.db, which the recorder fills: read only. */
#ifndef COURIER_OUTBOX_H
#define COURIER_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "courier/cursor.h"
#include "courier/letter.h"

struct outbox;

struct outbox *outbox_new(void);
void outbox_free(struct outbox *o);

/* Look again: the number of the newest row into NEWEST (0: none was ever there). False
 * while there is nothing to read: no file yet, or one that cannot be read now; the log
 * tells of the latter. */
bool outbox_look(struct outbox *o, int64_t *newest);

/* Was something written since this was asked last? Costs next to nothing. */
bool outbox_touched(struct outbox *o);

/* What outbox_look() said last. */
int64_t outbox_newest(const struct outbox *o);

/* Call SEEN with the name of every receiver of rows behind AFTER, each once. */
void outbox_receivers(struct outbox *o, int64_t after,
    void (*seen)(void *ctx, const char *name), void *ctx);

/* Does C speak of this outbox? Not when it is a new one, whose numbers begin again. */
bool outbox_knows(struct outbox *o, const struct cursor *c);

/* The first row for RECEIVER behind AFTER and not behind LAST (0: no matter) as L,
 * which the caller frees. 1, 0 when there is none, -1 when it cannot be told now. A row
 * whose body is no good is a letter without texts, and ERR is not empty. */
int outbox_next(struct outbox *o, const char *receiver, int64_t after, int64_t last,
    struct letter *l, struct err *err);

/* Call EACH with every attack that is open: the incident, its begin and evidence. False
 * when they cannot be read, or not all. */
bool outbox_attacks(struct outbox *o,
    void (*each)(void *ctx, int64_t incident, int64_t begin, const char *evidence),
    void *ctx);

/* How many rows for RECEIVER are behind AFTER; 10000 for more. */
int64_t outbox_count(struct outbox *o, const char *receiver, int64_t after);

#endif
