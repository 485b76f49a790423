/* What a firewall's events of one flow (Cisco NSEL) have told of it so far. It counts
 * as one flow where its begin is told of, else with the first event of it. Of its
 * octets an update tells what came since the last, and the end of the flow all that
 * there was, so that added up they would count twice. Some tell at the end, too, what
 * came since the last update; that is found out when ends are less than was told
 * already, again and again, and by more than a counter that has run over explains.
 *
 * Memory is bounded. When there is no room, the flow that was heard of longest ago of
 * some goes; guests have places of their own. */
#ifndef COLLECTOR_NSEL_H
#define COLLECTOR_NSEL_H

#include <stdbool.h>
#include <stdint.h>

#include "flow.h"

struct nsel;

enum nsel_tells {
	NSEL_BY_EVENT, /* what came since the last, and at the end all that there was */
	NSEL_SINCE,    /* what came since the last, whatever the event */
	NSEL_TOTAL,    /* all that there was, whatever the event */
};

struct nsel_record {
	uint64_t id; /* of the flow */
	enum nsel_tells tells;
	unsigned bytes, reverse_bytes; /* of its counters of octets, 1 to 8 */
};

struct nsel *nsel_new(void);
void nsel_free(struct nsel *n);
/* X tells of F, an event, by R, and that is taken into account. Sets whether it is more
 * of a flow whose begin was told of. False when the begin of another, which had not
 * ended, went for that of F. */
bool nsel_flow(struct nsel *n, const struct exporter *x, const struct nsel_record *r,
    struct flow *f, int64_t now_ms);
/* The same for its octets, of which it must have some: sets F's told_*, whether it is
 * more of a flow whose octets were told of, and puts sums right that have run over.
 * False when another flow, which had not ended, went for it. */
bool nsel_octets(struct nsel *n, struct exporter *x, const struct nsel_record *r,
    struct flow *f, int64_t now_ms);

#endif
