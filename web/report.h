/* A report for the provider's support desk: what was measured, how, and what came of
 * it; as a page that can be printed, and as PDF. */
#ifndef WEB_REPORT_H
#define WEB_REPORT_H

#include <stdbool.h>

struct request;

/* GET /report with incident=, or target= start= end=; hosts=yes. */
void report_handle(struct request *r);
/* reportfile.c: GET /report.pdf (.png, .svg, .csv, .json) with the same. */
void report_file(struct request *r);
/* Are incidents of KIND for those that a report is written for? */
bool report_tells(const char *kind);

#endif
