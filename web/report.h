/* A report for the provider's support desk: what was measured, how, and what came of
 * it; as a page that can be printed, and as PDF. */
#ifndef WEB_REPORT_H
#define WEB_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "config/conf.h"

struct html;
struct request;

/* GET /report and /report.pdf (.png, .svg, .csv, .json) with incident=, or target=
 * start= end=; hosts=yes. */
void report_handle(struct request *r);
void report_file(struct request *r);
/* Are incidents of KIND for those that a report is written for? */
bool report_tells(const char *kind);

/* reportpath.c: write the way to T into document OUT: as it was between START and END,
 * when something was wrong, and before; or (TROUBLE false) as it is and how it changed.
 * Addresses of the house only where HOSTS. */
void report_path(FILE *out, const struct conf_target *t, int64_t start, int64_t end,
    bool trouble, bool hosts);
/* Is TEXT an address that is only known in the house? */
bool report_is_private(const char *text);

/* reportpage.c: the document TEXT, which is taken apart, as list "block" of PAGE. */
void report_show(struct html *page, char *text);

#endif
