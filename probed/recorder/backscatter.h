/* Victims of attacks elsewhere become incidents: opened when they are confirmed, kept
 * up to date, closed when their answers end (infer/backscatter.h judges). */
#ifndef RECORDER_BACKSCATTER_H
#define RECORDER_BACKSCATTER_H

#include "link/msgvictim.h"
#include "recorder/condition.h"

#define BACKSCATTER_KIND "backscatter"
#define BACKSCATTER_SOURCE "telescope"

struct backscatters;

/* CS is borrowed; EV is asked for those that are open, and not kept. NOW: epoch
 * seconds. */
struct backscatters *backscatters_new(
    struct conditions *cs, struct events *ev, int64_t now);
void backscatters_free(struct backscatters *b);

/* The collector says V. */
void backscatters_take(struct backscatters *b, const struct msg_victim *v);
/* It is NOW: close those of which nothing was said for long, because the collector does
 * not run any more or watches other addresses. */
void backscatters_tick(struct backscatters *b, int64_t now);

#endif
