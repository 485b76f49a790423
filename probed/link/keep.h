/* Messages that must arrive, kept while there is no line: what was sent without one, and
 * what a line that broke had not handed over. Bounded: when it is full the oldest goes. */
#ifndef LINK_KEEP_H
#define LINK_KEEP_H

#include <sys/queue.h>

#include "link/link.h"

struct kept;

struct keep {
	STAILQ_HEAD(kept_list, kept) list;
	size_t bytes, max; /* of all of them; at most */
	unsigned long dropped; /* since there was a line; then it is logged */
	struct link *link; /* where they go; NULL: it is down */
};

/* At most MAX bytes wait. */
void keep_init(struct keep *k, size_t max);
void keep_free(struct keep *k);
/* The line is LINK from now on, NULL: none. For the peer() of a worker: the line before
 * must not be freed yet. What was kept goes out, in the order in which it was sent. */
void keep_line(struct keep *k, struct link *link);
/* As link_send(); what is LINK_MUST and has no line waits for one. */
void keep_send(struct keep *k, struct msg_out *out, enum link_keep keep);

#endif
