/* Minutes of traffic, as the collector tells them: on to web at once, and into the ring
 * when they are final. */
#ifndef RECORDER_TRAFFIC_H
#define RECORDER_TRAFFIC_H

#include "base/prefix.h"
#include "config/conf.h"
#include "link/link.h"
#include "minute.h"

struct event_base;
struct relay;
struct traffic;

struct traffic_ops {
	/* Minutes of traffic are not all that tells of addresses: forget P elsewhere, a
	 * piece at a time. *AT is 0 at first; *ROWS is added to. 1: there is more, 0:
	 * done, -1 with ERR. */
	int (*forget)(void *ctx, const struct prefix *p, int64_t *at, uint64_t *rows,
	    struct err *err);
	/* A part of a table came, without what was forgotten just now; the rows are
	 * valid for the call. */
	void (*minute)(
	    void *ctx, const struct minute_part *part, const struct minute_row *row);
};

/* RELAY is borrowed: it tells web; so are OPS and CTX. */
struct traffic *traffic_new(struct event_base *base, struct relay *relay,
    const struct traffic_ops *ops, void *ctx);
/* The files are there now: DATADIR is this directory. */
void traffic_begin(struct traffic *t);
void traffic_configure(struct traffic *t, const struct conf *conf);
/* A new line to web, who wants to know what was forgotten, or NULL when it went down.
 */
void traffic_web(struct traffic *t, struct link *web);
/* The line to the collector went down: its open minutes end with what it told of them
 * last. What another one tells of them counts as well. */
void traffic_collector_gone(struct traffic *t);
/* MSG_MINUTE of the collector's; MSG_FORGET of web's, which goes on after a crash
 * (forgotten.h). 0, or -1 when it is not to be believed. */
int traffic_minute(struct traffic *t, struct msg_in *in);
int traffic_forget(struct traffic *t, struct msg_in *in);
/* Write what waits, end. */
void traffic_free(struct traffic *t);

#endif
