/* A minute of traffic on its way from the collector over the recorder to web: its
 * tables in parts that fit into a message. */
#ifndef LINK_MSGMINUTE_H
#define LINK_MSGMINUTE_H

#include "base/prefix.h"
#include "link/msg.h"
#include "minute.h"

/* Rows of one message at most. */
#define MSG_MINUTE_ROWS ((MSG_MAX - MINUTE_PART_MAX - 10) / MINUTE_ROW_MAX)

/* PART->rows rows; part and parts are the caller's. */
void msg_put_minute(
    struct msg_out *out, const struct minute_part *part, const struct minute_row *rows);
/* ROWS has room for MSG_MINUTE_ROWS. 0, or -1 when it is not to be believed. */
int msg_get_minute(
    struct msg_in *in, struct minute_part *part, struct minute_row *rows);

/* Whose traffic is to be forgotten: not kept, not shown. */
struct msg_forget {
	uint32_t ticket; /* comes back with the end */
	struct prefix prefix;
};
void msg_put_forget(struct msg_out *out, const struct msg_forget *f);
int msg_get_forget(struct msg_in *in, struct msg_forget *f);

struct msg_forgotten {
	uint32_t ticket;
	uint64_t rows;	/* that told of it */
	char text[256]; /* why not all of them are gone; "" all are */
};
void msg_put_forgotten(struct msg_out *out, const struct msg_forgotten *f);
int msg_get_forgotten(struct msg_in *in, struct msg_forgotten *f);

#endif
