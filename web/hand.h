/* Hands of the painter: children that draw beside it, where there are processors for
 * that and pictures that would wait. A child has what the painter has loaded without
 * loading it; it goes when nobody needs it, or after a life of pictures, and with it
 * what librrd leaks; where it dies, one picture is missing. It ends with the painter,
 * after the picture at hand. */
#ifndef WEB_HAND_H
#define WEB_HAND_H

#include <stdbool.h>

#include "base/log.h"
#include "link/msg.h"

struct event_base;

struct hand_ops {
	/* In a child: draw ASK, write what comes of it to P, and return the descriptor
	 * of its bytes, sealed; -1 where P->text says why there are none. */
	int (*draw)(const struct msg_draw *ask, struct msg_picture *p);
	/* In the painter: P came of it, with FD, which stays the caller's, or -1. */
	void (*done)(const struct msg_picture *p, int fd);
};

/* As many at once as there are processors beside the painter's own, at most 3; each
 * ends after LIFE pictures. Before the lock. */
void hands_open(struct event_base *base, unsigned life, const struct hand_ops *ops);
/* Let one that is free draw ASK. False: none is, or can be made just now. */
bool hand_draw(const struct msg_draw *ask);
/* Does any draw? */
bool hands_are_busy(void);
/* What they know is out of date: each ends when its picture is done. */
void hands_renew(void);
/* Nobody waits any more for what they draw. */
void hands_forget(void);

#endif
