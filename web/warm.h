/* Reading the histories that a long page needs, a few at a time: others are answered in
 * between. */
#ifndef WEB_WARM_H
#define WEB_WARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/conf.h"

struct event_base;
struct request;

void warm_init(struct event_base *base);
/* What is read of a target over a span, in seconds, and whether it is at hand. */
struct warm_kind {
	bool (*known)(const struct conf_target *t, int64_t span);
	void (*read)(const struct conf_target *t, int64_t span);
};
/* What a page for R needs of COUNT targets; the same as below. */
bool warm_of(struct request *r, const struct warm_kind *kind,
    const struct conf_target *const *target, size_t count, int64_t span);

/* Before a page for R with lines of these COUNT targets, over SPAN seconds: true when R
 * was put aside; its route is called again as soon as what the lines need is at hand.
 * False: go on. */
bool warm_begin(struct request *r, const struct conf_target *const *target,
    size_t count, int64_t span);

#endif
