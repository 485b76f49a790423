/* What web is told: rounds once they are stored, what the prober says of its targets,
 * counters, troubles. The last of each is kept, and told again to a new web. */
#ifndef RECORDER_RELAY_H
#define RECORDER_RELAY_H

#include <stddef.h>
#include <stdint.h>

#include "config/conf.h"
#include "link/link.h"

struct event_base;
struct history;
struct relay;

/* HISTORY is borrowed: it has the last round of every target. */
struct relay *relay_new(struct event_base *base, const struct history *history);
void relay_free(struct relay *relay);

/* A new line to web, or NULL when it went down. It first hears what is known, as fast
 * as it reads. */
void relay_link(struct relay *relay, struct link *web);
void relay_round(struct relay *relay, const struct round *r);
void relay_target(struct relay *relay, const struct msg_target *t);
void relay_counters(struct relay *relay, const struct msg_counters *c);
void relay_store(struct relay *relay, const struct msg_store *s);
void relay_trouble(struct relay *relay, uint64_t target, const char *text);
/* Go over from OLD (NULL at first) to NEXT: targets that are gone are forgotten, new
 * ones told again in a moment, since the prober may have known of them before web. */
void relay_configure(
    struct relay *relay, const struct conf *old, const struct conf *next);

#endif
