/* One data record of NetFlow v9 or IPFIX: read by its template, then understood. */
#ifndef COLLECTOR_RECORD_H
#define COLLECTOR_RECORD_H

#include "collector/decode_impl.h"
#include "collector/field.h"
#include "collector/template.h"

/* What times of a record are relative to. */
struct record_clock {
	int64_t export_ms; /* epoch, of the exporter's clock */
	int64_t init_ms;   /* epoch: when its uptime was 0; INT64_MIN: not known */
};

/* Read the record at W's front into R; W moves behind it. False when it ends early. */
bool record_read(const struct template *t, struct wire *w, struct field_record *r);
/* What R says as a flow. */
void record_flow(struct decoding *d, const struct template *t,
    const struct field_record *r, const struct record_clock *clock, const uint8_t *at);
/* What R, a row of options, says of its exporter. */
void record_option(struct decoding *d, const struct template *t,
    const struct field_record *r, const uint8_t *at);

#endif
