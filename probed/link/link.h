/* One line between two workers: a SOCK_SEQPACKET pair on the event loop, messages out
 * through a bounded queue, messages in through a handler. */
#ifndef LINK_LINK_H
#define LINK_LINK_H

#include <stdbool.h>
#include <stddef.h>

#include "link/msg.h"

struct event_base;
struct link;

/* Called per message. Return 0, or -1 when the message is not to be believed: then the
 * line is closed and gone() is called. */
typedef int (*link_message_fn)(void *ctx, struct link *link, struct msg_in *in);
/* The line is closed (peer gone, or nonsense received); it is freed after this call. */
typedef void (*link_gone_fn)(void *ctx, struct link *link);

/* Take FD over. QUEUE_MAX is how many bytes may wait for a stalled reader: beyond it
 * the oldest droppable message is thrown away and counted. */
struct link *link_new(struct event_base *base, int fd, enum room peer, size_t queue_max,
    link_message_fn message, link_gone_fn gone, void *ctx);
void link_free(struct link *link); /* NULL allowed; does not call gone() */

enum link_keep {
	LINK_DROPPABLE,
	LINK_MUST
};

/* Send a finished message (see msg_end), FD (or -1) along with it; FD is duplicated,
 * the caller keeps its own. LINK NULL: counted as dropped. */
void link_send(struct link *link, struct msg_out *out, int fd, enum link_keep keep);

/* Let what is sent wait until link_release(), so that the reader wakes up once for all
 * of it. LINK may be NULL. */
void link_hold(struct link *link);
void link_release(struct link *link);

/* Handle what has already arrived, at most until there is nothing more. False when the
 * line is closed: gone() was called, LINK is freed. */
bool link_drain(struct link *link);
/* Hand what waits to the kernel, blocking for TIMEOUT_MS at most. */
void link_flush(struct link *link, unsigned timeout_ms);

/* Call EACH for every message that waits and was not handed to the kernel, oldest
 * first, what was LINK_MUST after the line broke with it; also from gone(), for who wants to send them on another line. */
void link_waiting(const struct link *link,
    void (*each)(void *ctx, const void *data, size_t len, enum link_keep keep),
    void *ctx);

/* Who is at the other end. */
enum room link_peer(const struct link *link);
bool link_nonsense(const struct link *link); /* in gone(): closed since not believed */
size_t link_queued(const struct link *link); /* bytes waiting */
unsigned long link_dropped(const struct link *link);

#endif
