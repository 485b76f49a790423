/* Marks of queues that passed an interface; and what is known of a line of one's own by
 * its load. */
#ifndef LINK_MSGLINE_H
#define LINK_MSGLINE_H

#include "infer/bloat.h"
#include "infer/lineload.h"
#include "interface.h"
#include "link/msg.h"

#define MSG_LINE_TARGET 256

struct msg_line {
	struct if_key key;	      /* the interface */
	char target[MSG_LINE_TARGET]; /* path of what is measured beyond it */
	struct bloat_result bloat;
};
void msg_put_line(struct msg_out *out, const struct msg_line *m);
/* 0, or -1 when it is not to be believed. */
int msg_get_line(struct msg_in *in, struct msg_line *m);

/* MSG_MARKS: packets of a minute that were looked at, by what ECN says of them. */
struct msg_marks {
	struct if_key key;
	int64_t begin_s; /* epoch, a multiple of 60 */
	struct lineload_marks of[IF_WAYS];
};
void msg_put_marks(struct msg_out *out, const struct msg_marks *m);
int msg_get_marks(struct msg_in *in, struct msg_marks *m);

#endif
