/* Who sends flows, and what the collector made of them, as it says itself. */
#ifndef WEB_EXPORTERS_H
#define WEB_EXPORTERS_H

#include <stddef.h>

#include "base/json.h"
#include "link/msgflow.h"
#include "web/usage.h"

/* A message of the collector's. 0, or -1 when it is not to be believed. */
int exporters_message(struct msg_in *in);
void exporters_forget(void);

/* What all of them sent, nothing as long as nobody has told. Borrowed. */
const struct msg_flows *exporters_totals(void);
/* Those heard of, in the order in which they were first told. Borrowed until the next
 * message. */
const struct msg_exporter *exporters_list(size_t *count);
/* Those who sent in the last minutes and may not; likewise. */
const struct msg_stranger *exporters_strangers(size_t *count);
/* "collector": { ... }, "exporters": [ ... ], "strangers": [ ... ] into the object J.
 */
void exporters_put(struct json *j);
/* What the exporter called WORD (exporter_word()) sent from START to END into U, which
 * the caller frees, in at most POINTS rows of EXPORTERS_DS columns, called as
 * exporters_column() has them. 0, or -1 when nothing is known of it. */
#define EXPORTERS_DS 3
int exporters_history(struct usage *u, const char *word, int64_t start, int64_t end,
    int64_t now, unsigned points);
const char *exporters_column(unsigned column, char buf[USAGE_NAME]);

#endif
