/* Attacks on own hosts become incidents: opened when infer/attack.h says so, kept up to
 * date, closed when they are over. What is usual at hosts is kept over a restart, in
 * .smokebox/state/baselines. */
#ifndef RECORDER_ATTACK_H
#define RECORDER_ATTACK_H

#include "config/conf.h"
#include "infer/vector.h"
#include "link/msgflow.h"
#include "recorder/condition.h"

struct attackbook;

/* CS is borrowed; EV is asked for those that are open, and not kept. NOW: epoch
 * seconds. Reads what is usual. */
struct attackbook *attackbook_new(struct conditions *cs, struct events *ev,
    const struct conf *conf, int64_t now);
/* Writes what is usual. NULL allowed. */
void attackbook_free(struct attackbook *b);
void attackbook_configure(struct attackbook *b, const struct conf *conf);

/* The collector says H, of an own host; X, of one that sends flows. */
void attackbook_host(struct attackbook *b, const struct own_host *h);
void attackbook_exporter(struct attackbook *b, const struct msg_exporter *x);
/* Nothing is usual any more at hosts of P, in the file either; how many hosts and ways
 * were. */
unsigned attackbook_forget(struct attackbook *b, const struct prefix *p);
/* It is NOW: about once a second. */
void attackbook_tick(struct attackbook *b, int64_t now);

#endif
