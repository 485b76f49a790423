/* The newest minutes of traffic, as the collector tells of them while they grow, so
 * that a reader sees traffic within seconds. What is over is in the ring of minutes as
 * well. */
#ifndef WEB_LIVETRAFFIC_H
#define WEB_LIVETRAFFIC_H

#include "base/prefix.h"
#include "link/msg.h"
#include "minutering.h"

/* A MSG_MINUTE. 0, or -1 when it is not to be believed. */
int livetraffic_message(struct msg_in *in);
/* Another number when something came since. */
uint64_t livetraffic_version(void);
/* Give EACH the tables of TABLES (1 << enum minute_by) that lie in START..END and of
 * which SKIP does not say that they are known already. */
void livetraffic_each(unsigned tables, int64_t start, int64_t end,
    bool (*skip)(void *ctx, enum minute_by by, int64_t begin, bool final),
    minutering_fn each, void *ctx);
/* Nobody is to see the addresses of P. */
void livetraffic_forget(const struct prefix *p);
void livetraffic_free(void);

#endif
