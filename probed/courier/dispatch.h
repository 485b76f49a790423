/* A parcel on its way to one receiver, whichever way that is. */
#ifndef COURIER_DISPATCH_H
#define COURIER_DISPATCH_H

#include "config/conf.h"
#include "courier/transfer.h"

struct dispatch;

/* Which texts there are and who we are: CONF is the configuration from now on. Before
 * the lock, at first. */
void dispatch_configure(const struct conf *conf);

/* Send P to A; both are borrowed until DONE was called (once, from the loop) or it is
 * cancelled. */
struct dispatch *dispatch_start(
    const struct address *a, const struct parcel *p, outcome_fn done, void *ctx);
void dispatch_cancel(struct dispatch *d);

/* Why nothing can be sent to A at this moment; NULL when it can. */
const char *dispatch_obstacle(const struct address *a);
/* How many bytes of text A's messages may have. */
size_t dispatch_room(const struct address *a);
/* Does A take but one letter at a time? */
bool dispatch_single(const struct address *a);

#endif
