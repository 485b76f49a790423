/* What the parent hands to workers: descriptors, configuration, lines, and to web what
 * is to be known about all. */
#ifndef HANDOVER_H
#define HANDOVER_H

#include "config/conf.h"
#include "rights.h"
#include "roster.h"

/* Everything that W needs to begin, and the word to do so. DATADIR is a descriptor. */
void handover_start(struct worker *w, const struct conf *conf, int datadir);
/* The socket of KIND again, which is another one now. */
void handover_socket(struct worker *w, enum msg_socket kind);
/* Its sockets from the one numbered FIRST on, which were opened since. */
void handover_sockets(struct worker *w, unsigned first);
/* Its parts of CONF as checked text. */
void handover_config(struct worker *w, const struct conf *conf);
/* A line to rrdcached, where CONF has one and W writes or reads what it keeps. */
void handover_rrdcached(struct worker *w, const struct conf *conf);
/* Take MSG_LINE_DOWN of W. 0, or -1 when it is not to be believed. */
int handover_line_down(const struct worker *w, struct msg_in *in);
/* Make lines anew that broke though both ends live. NOW is monotonic. */
void handover_mend(int64_t now);
/* The word to finish. */
void handover_stop(struct worker *w);

/* Tell web about W, whose user is RIGHTS'. */
void handover_tell(const struct worker *w, const struct rights *rights);
/* Keep OUT, a finished MSG_PROBLEMS, as the newest, and tell web. */
void handover_keep_problems(const struct msg_out *out);
/* Tell web the newest again. */
void handover_tell_problems(void);

#endif
