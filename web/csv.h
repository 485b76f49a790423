/* A view as a table, for spreadsheets. */
#ifndef WEB_CSV_H
#define WEB_CSV_H

#include <stdio.h>

#include "config/conf.h"

struct request;

/* Answer R with the rounds of T from SLAVE ("" is this box) over its arguments start
 * and end, in at most "points" rows: the second at which a row ends, median and loss,
 * then the pings by rank; seconds, and nothing where nothing is known (RFC 4180). */
void csv_answer(struct request *r, const struct conf_target *t, const char *slave);

/* A comma, and VALUE, or nothing where it is not known. */
void csv_value(FILE *out, double value);
/* TEXT as a cell, quoted, and no formula to a spreadsheet. */
void csv_text(FILE *out, const char *text);
/* A table of targets and how each is now: the line of titles, then T's line. */
void csv_targets_begin(FILE *out);
void csv_target(FILE *out, const struct conf_target *t);

#endif
