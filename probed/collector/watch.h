/* The watch for victims of attacks elsewhere: every flow is looked at where there are
 * addresses at which nobody should be answered, and none where there are not. */
#ifndef COLLECTOR_WATCH_H
#define COLLECTOR_WATCH_H

#include "base/prefix.h"
#include "flow.h"
#include "link/msgvictim.h"

struct watch;

struct watch *watch_new(void);
/* LOCAL and TELESCOPE are what is watched from now on (copied). What was seen of the
 * same prefixes before stays. */
void watch_configure(struct watch *w, const struct prefixes *local,
    const struct prefixes *telescope, int64_t now_ms);
/* F came at NOW_MS. Costs nothing where nothing is watched. */
void watch_flow(struct watch *w, const struct flow *f, int64_t now_ms);
/* Tell of every victim, but not of noise: about every ten seconds. */
void watch_tell(struct watch *w, int64_t now_ms,
    void (*tell)(void *ctx, const struct msg_victim *v), void *ctx);

#endif
