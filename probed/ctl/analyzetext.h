/* What probectl analyze prints: an object or a line of words for each thing that it
 * found, to standard output. */
#ifndef CTL_ANALYZETEXT_H
#define CTL_ANALYZETEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "infer/attack.h"
#include "infer/backscatter.h"
#include "minute.h"

enum analyze_format {
	ANALYZE_JSON, /* one object a line */
	ANALYZE_TEXT  /* one sentence a line; times are local */
};

/* OVER: nothing of it comes any more; else it goes on where the capture ends. */
void analyzetext_victim(enum analyze_format format, const struct victim *m,
    const struct backscatter *b, bool over);
void analyzetext_attack(enum analyze_format format, const struct attack *a, bool over);
/* A row of table BY, the RANKth from 1 on; up to ERROR of its octets are not its own.
 */
void analyzetext_top(enum analyze_format format, enum minute_by by, unsigned rank,
    const struct minute_key *key, const struct minute_sum *sum, uint64_t error);

#endif
