/* All that counts in the collector: counter samples of sFlow, devices that are asked by
 * SNMP or UPnP, into one table, and from there to the recorder. */
#ifndef COLLECTOR_COUNTING_H
#define COLLECTOR_COUNTING_H

#include "collector/decode.h"
#include "config/conf.h"

struct event_base;
struct keep;
struct link;

/* Before the lock. KEEP, for what the recorder must have, stays the caller's. */
void counting_start(struct event_base *base, struct keep *keep);
void counting_configure(const struct conf *conf);
/* For struct flow_sink. */
void counting_sample(void *ctx, const struct flow_counters *counters);
void counting_option(void *ctx, const struct flow_option *option);
/* Every few seconds: what is due, and to LINK how it goes. */
void counting_report(struct link *link, int64_t now_ms);

#endif
