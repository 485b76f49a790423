/* What probectl path says about a way: a table as of mtr --report, a sentence, JSON. */
#ifndef CTL_PATHTEXT_H
#define CTL_PATHTEXT_H

#include <stdio.h>

#include "hops.h"

#define PATHTEXT 512

/* The hops of P, a line each. */
void pathtext_table(FILE *out, const struct hops *p);
/* What the hops of P, judged, show: whether the target is reached, and where loss
 * begins. Loss begins at a hop when it goes on, hardly smaller, at all behind it that
 * answer. BOXED: this is a container. Into TEXT (PATHTEXT bytes); returns it. */
const char *pathtext_sentence(const struct hops *p, bool boxed, char *text);
/* One object with all of it. */
void pathtext_json(
    FILE *out, const struct hops *p, const char *host, const char *sentence);

#endif
