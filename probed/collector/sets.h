/* The sets that NetFlow v9 and IPFIX datagrams are made of. */
#ifndef COLLECTOR_SETS_H
#define COLLECTOR_SETS_H

#include "collector/record.h"

struct sets_count {
	uint32_t records, options; /* data records read */
	bool unknown;		   /* some data had no template */
};

/* Walk the sets in W. D->exporter says which protocol it is. */
struct sets_count sets_decode(
    struct decoding *d, struct wire w, struct record_clock *clock);

/* Let X have the template that RAW is (see template.raw), which came from PORT and was
 * used at USED_MS, unless it has one with its number from there or that one would have
 * aged away by NOW_MS. 0, or -1 when RAW is none. */
int sets_learn(struct exporters *e, struct exporter *x, unsigned port, bool options,
    struct wire raw, int64_t used_ms, int64_t now_ms);

#endif
