/* One place that lines are sent to by HTTP: a bounded queue of batches, one request at
 * a time, tried again with growing pauses. Whoever is at the other end, what is put in
 * never waits. */
#ifndef COURIER_SINK_H
#define COURIER_SINK_H

#include <curl/curl.h>
#include <stdbool.h>

#include "config/conf.h"
#include "link/msg.h"
#include "round.h"

struct event_base;
struct multi;
struct sink;

/* CONF is copied. MULTI is the courier's: sink_done() is to be told of transfers that
 * end. */
struct sink *sink_new(
    struct event_base *base, struct multi *multi, const struct conf_sink *conf);
void sink_free(struct sink *s);
/* Is it what CONF says? */
bool sink_is(const struct sink *s, const struct conf_sink *conf);

/* Add the line of R, a round of T as SLAVE (NULL: this box) sees it. */
void sink_put(struct sink *s, const struct conf_target *t, const char *slave,
    const struct round *r);
/* The transfer of a sink ended; EASY is its. */
void sink_done(CURL *easy, CURLcode result);
/* Send what is there at once; no more tries when that fails. */
void sink_last(struct sink *s);
/* Is there nothing (more) to be sent? */
bool sink_idle(const struct sink *s);
/* What there is to say of it. */
void sink_tell(const struct sink *s, struct msg_sink *m);

#endif
