/* Flows as text: a line of tab-separated values, or a JSON object. */
#ifndef CTL_FLOWTEXT_H
#define CTL_FLOWTEXT_H

#include <stdio.h>

#include "collector/decode.h"

/* A line each: of the columns' names, and of F in them; or F as an object. */
void flowtext_tsv_head(FILE *out);
void flowtext_tsv(FILE *out, const struct flow *f);
void flowtext_json(FILE *out, const struct flow *f);

/* The same of counters, of packets that were dropped, and of options. */
void flowtext_counters_tsv_head(FILE *out);
void flowtext_counters_tsv(FILE *out, const struct flow_counters *c);
void flowtext_counters_json(FILE *out, const struct flow_counters *c);
void flowtext_discard_tsv_head(FILE *out);
void flowtext_discard_tsv(FILE *out, const struct flow_discard *d);
void flowtext_discard_json(FILE *out, const struct flow_discard *d);
void flowtext_option_json(FILE *out, const struct flow_option *o);

#endif
