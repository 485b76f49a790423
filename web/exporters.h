/* Who sends flows, and what the collector made of them, as it says itself. */
#ifndef WEB_EXPORTERS_H
#define WEB_EXPORTERS_H

#include <stddef.h>

#include "base/json.h"
#include "link/msgflow.h"

/* A message of the collector's. 0, or -1 when it is not to be believed. */
int exporters_message(struct msg_in *in);
void exporters_forget(void);

const struct msg_flows *exporters_totals(void);
/* Those heard of, in the order in which they were first told. Borrowed until the next
 * message. */
const struct msg_exporter *exporters_list(size_t *count);
/* Those who sent in the last minutes and may not; likewise. */
const struct msg_stranger *exporters_strangers(size_t *count);
/* "collector": { ... }, "exporters": [ ... ], "strangers": [ ... ] into the object J.
 */
void exporters_put(struct json *j);
/* "history_exporter": what the exporter called WORD (exporter_word()) sent from START
 * to END, in at most POINTS rows; null when nothing is known of it. */
void exporters_put_history(struct json *j, const char *word, int64_t start, int64_t end,
    int64_t now, unsigned points);

#endif
