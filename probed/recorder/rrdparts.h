/* Where the parts of an RRD's header lie, of version 0003 and later. */
#ifndef RECORDER_RRDPARTS_H
#define RECORDER_RRDPARTS_H

#include <stddef.h>

/* Only the structs of the format on disk; nothing of librrd is called here. */
#define RRD_EXPORT_DEPRECATED
#include <rrd.h>
#include <rrd_format.h>

#include "store.h"

struct rrdparts {
	size_t ds, rra, live, pdp, cdp, ptr, end;
};

/* With SmokePing's data sources for PINGS pings, and so many ARCHIVES. */
static inline struct rrdparts
rrdparts(unsigned pings, size_t archives)
{
	size_t count = STORE_DS_PING + pings;
	struct rrdparts p;

	p.ds = sizeof(stat_head_t);
	p.rra = p.ds + count * sizeof(ds_def_t);
	p.live = p.rra + archives * sizeof(rra_def_t);
	p.pdp = p.live + sizeof(live_head_t);
	p.cdp = p.pdp + count * sizeof(pdp_prep_t);
	p.ptr = p.cdp + archives * count * sizeof(cdp_prep_t);
	p.end = p.ptr + archives * sizeof(rra_ptr_t);
	return p;
}

#endif
