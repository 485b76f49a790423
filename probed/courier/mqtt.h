/* A sink that shows this box to Home Assistant: what each target and the verdict are
 * like now is kept at a broker of MQTT. Only the newest is of interest, so nothing
 * waits in a queue: what the broker does not take is said when it does. */
#ifndef COURIER_MQTT_H
#define COURIER_MQTT_H

#include "config/conf.h"
#include "link/msg.h"
#include "link/msgverdict.h"
#include "round.h"

#define MQTT_TARGETS 1000 /* that are shown; more are left out, and told */

struct event_base;
struct mqtt;

/* SINK, of CONF, is copied; CONF lasts until the next mqtt_configure(). V is how things
 * stand, NULL where that is not known yet. */
struct mqtt *mqtt_new(struct event_base *base, const struct conf_sink *sink,
    const struct conf *conf, const struct msg_verdict *v);
/* Another one, that takes back from SINK's broker all that is shown there as SINK's,
 * and shows nothing; SINK is copied. ASKS: not where somebody of that name is online.
 * Has it? To be asked now and then. Of this one there is nothing to tell. */
struct mqtt *mqtt_leave(
    struct event_base *base, const struct conf_sink *sink, bool asks);
bool mqtt_has_left(struct mqtt *m);
/* Either. What is shown stays at the broker. */
void mqtt_free(struct mqtt *m);
/* Is it what SINK says? Does it show, or take back, what SINK's would show? */
bool mqtt_is(const struct mqtt *m, const struct conf_sink *sink);
bool mqtt_shows(const struct mqtt *m, const struct conf_sink *sink);
/* Has it SINK's topics, at whichever broker? */
bool mqtt_is_called(const struct mqtt *m, const struct conf_sink *sink);
/* Is it known there to be online? */
bool mqtt_is_online(const struct mqtt *m);
/* Go over to CONF's targets. */
void mqtt_configure(struct mqtt *m, const struct conf *conf);

/* R is a round of T as this box sees it. */
void mqtt_round(struct mqtt *m, const struct conf_target *t, const struct round *r);
void mqtt_verdict(struct mqtt *m, const struct msg_verdict *v);

/* Say farewell; is that done? */
void mqtt_last(struct mqtt *m);
bool mqtt_idle(const struct mqtt *m);
/* What there is to say of it: sent and waiting are messages, failed connections. */
void mqtt_tell(const struct mqtt *m, struct msg_sink *told);

#endif
