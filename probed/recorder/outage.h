/* A target that answers nothing any more, and answers again: the plainest condition,
 * which needs no configuration. What a slave sees of a target is judged for itself
 * ("A.B~slave"). Others may lie behind what is down. */
#ifndef RECORDER_OUTAGE_H
#define RECORDER_OUTAGE_H

#include "config/conf.h"
#include "recorder/condition.h"
#include "round.h"

struct outages;

/* CS is borrowed; EV is asked for those that are open. */
struct outages *outages_new(struct conditions *cs, struct events *ev);
void outages_free(struct outages *o);
/* R, of target T as SLAVE (NULL: this box) sees it, is stored. A target is down when so
 * many pings in a row found no answer: ten, and those of a whole round at least (of
 * two, where they are fewer). It is back after as many. What is unknown says nothing.
 */
void outages_round(struct outages *o, const struct conf_target *t,
    const struct conf_slave *slave, const struct round *r);
/* After conditions_end(): forget what is not open any more. */
void outages_reload(struct outages *o);

#endif
