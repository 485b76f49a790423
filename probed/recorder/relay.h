/* What web is told: rounds once they are stored, what the prober says of its targets,
 * counters, troubles. The last of each is kept, and told again to a new web. Where the
 * configuration has sinks, the courier is told of rounds and of how things stand, too.
 */
#ifndef RECORDER_RELAY_H
#define RECORDER_RELAY_H

#include <stddef.h>
#include <stdint.h>

#include "config/conf.h"
#include "here.h"
#include "link/link.h"
#include "minute.h"
#include "link/msgif.h"
#include "link/msgpath.h"
#include "link/msgline.h"
#include "link/msgverdict.h"
#include "link/msgwifi.h"

struct event_base;
struct history;
struct relay;

/* HISTORY is borrowed: it has the last round of every target. */
struct relay *relay_new(struct event_base *base, const struct history *history);
void relay_free(struct relay *relay);

/* A new line to web, or NULL when it went down. It first hears what is known, as fast
 * as it reads. */
void relay_link(struct relay *relay, struct link *web);
/* A new line to the courier, or NULL. */
void relay_courier(struct relay *relay, struct link *courier);
/* Between the two calls what is told is gathered (see link_hold()). */
void relay_hold(struct relay *relay, bool hold);
void relay_round(struct relay *relay, const struct round *r);
void relay_target(struct relay *relay, const struct msg_target *t);
/* What is under way: not where anything else waits. 0, or -1 when it is not to be
 * believed. */
int relay_flight(struct relay *relay, struct msg_in *in);
void relay_counters(struct relay *relay, const struct msg_counters *c);
/* A message of the collector, which says everything again every few seconds. 0, or -1
 * when it is not to be believed. */
int relay_flows(struct relay *relay, struct msg_in *in);
/* A part of a minute's table. */
void relay_minute(
    struct relay *relay, const struct minute_part *part, const struct minute_row *row);
/* A suspicion of the collector's: the last ones are kept. 0, or -1 likewise. */
int relay_suspicion(struct relay *relay, struct msg_in *in);
/* They name no host of P any more. */
void relay_forget(struct relay *relay, const struct prefix *p);
/* What is known of the ways to targets, and of this host. */
void relay_path(struct relay *relay, const struct msg_path *m);
void relay_wifi(struct relay *relay, const struct msg_wifi *m);
void relay_here(struct relay *relay, const struct here *h);
/* How things stand. */
void relay_verdict(struct relay *relay, const struct msg_verdict *v);
void relay_interface(struct relay *relay, const struct msg_interface *m);
void relay_line(struct relay *relay, const struct msg_line *m);
void relay_store(struct relay *relay, const struct msg_store *s);
void relay_trouble(struct relay *relay, uint64_t target, const char *text);
/* Go over from OLD (NULL at first) to NEXT: targets that are gone are forgotten, new
 * ones told again in a moment, since the prober may have known of them before web. */
void relay_configure(
    struct relay *relay, const struct conf *old, const struct conf *next);

#endif
