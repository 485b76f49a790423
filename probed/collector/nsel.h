/* What a firewall's events of one flow (Cisco NSEL) have told of its octets so far: an
 * update tells what came since the last, and the end of the flow all that there was, so
 * that added up they would count twice. Some tell at the end, too, what came since the
 * last update; that is found out when it is less than was told already.
 *
 * Memory is bounded. When there is no room, the flow that was heard of longest ago of
 * some goes; guests have places of their own. */
#ifndef COLLECTOR_NSEL_H
#define COLLECTOR_NSEL_H

#include <stdbool.h>
#include <stdint.h>

#include "flow.h"

struct nsel;

struct nsel *nsel_new(void);
void nsel_free(struct nsel *n);
/* X tells of F, an event of flow ID; TOTAL: its octets are all that there were,
 * whatever the event. Sets F's told_* and takes it into account. False when another
 * flow, which had not ended, went for it. */
bool nsel_event(struct nsel *n, struct exporter *x, uint64_t id, bool total,
    struct flow *f, int64_t now_ms);

#endif
