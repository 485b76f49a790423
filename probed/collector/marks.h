/* Packets that were looked at one by one, by what ECN says of them, for each interface
 * and minute. Of records that stand for several packets only the first packet's octet
 * is known, and a SYN never carries marks: they are passed over. */
#ifndef COLLECTOR_MARKS_H
#define COLLECTOR_MARKS_H

#include "flow.h"
#include "link/msgline.h"

#define MARKS_MAX 1024 /* interfaces in a minute; those behind are passed over */
#define MARKS_GUESTS_MAX (MARKS_MAX / 4) /* of them, those of guests */

struct marks;

struct marks *marks_new(void);
void marks_free(struct marks *m);
/* F came at NOW_MS (epoch). */
void marks_flow(struct marks *m, const struct flow *f, int64_t now_ms);
/* Packets of interfaces that had no room, since the start. */
uint64_t marks_crowded(const struct marks *m);
/* It is NOW_MS: tell of the minute that is over, once, and begin anew. */
void marks_tick(struct marks *m, int64_t now_ms,
    void (*tell)(void *ctx, const struct msg_marks *of), void *ctx);

#endif
