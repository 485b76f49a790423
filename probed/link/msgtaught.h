/* What exporters have taught the collector, on its way to the recorder's file and back:
 * bytes that only the collector understands, in parts that fit into a message. */
#ifndef LINK_MSGTAUGHT_H
#define LINK_MSGTAUGHT_H

#include "link/link.h"

#define TAUGHT_MAX (512u << 10)

/* One that comes in parts. */
struct msg_taught {
	uint8_t *data; /* LEN bytes; freed by msg_taught_free() */
	size_t len;
	uint32_t set; /* the number of all its parts */
	uint16_t next, parts;
};

/* Send LEN bytes at DATA as parts of SET, a number that the one before had not. A
 * stalled reader loses some, and then takes none of them. */
void msg_send_taught(struct link *link, struct msg_out *out, uint32_t set,
    const uint8_t *data, size_t len);
/* Take one part. 1: that was the last, and all of them came; 0: more is to come, or one
 * was missing; -1: it is not to be believed. */
int msg_take_taught(struct msg_taught *t, struct msg_in *in);
void msg_taught_free(struct msg_taught *t);

#endif
