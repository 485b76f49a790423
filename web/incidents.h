/* What happened: for programs (/api/v1/incidents) and on pages. */
#ifndef WEB_INCIDENTS_H
#define WEB_INCIDENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "config/conf.h"
#include "web/html.h"

struct eventlog_query;
struct eventlog_row;
struct json;
struct request;

/* The words of their kinds (DESIGN 1.4). */
#define INCIDENTS_KINDS 9
extern const char *const incidents_kind[INCIDENTS_KINDS];

#define INCIDENTS_MOST 1000 /* of one answer */

/* Q, which begins as all zero, of the arguments start, end, kind, subject, concerning,
 * open, after, id of R, which its texts belong to. 0, or -1 after having answered. */
int incidents_query(struct request *r, struct eventlog_query *q);
/* Is ROW of one of the own hosts, and so not for who may not see HOSTS? */
bool incidents_veiled(const struct eventlog_row *row, bool hosts);
/* The sentence of ROW, as who may see HOSTS or not reads it; to be freed. */
char *incidents_summary(const struct eventlog_row *row, bool hosts);

/* incidents_api.c: GET /api/v1/incidents. */
void incidents_handle(struct request *r);
/* incidentsfile.c: GET /incidents.csv and the like. */
void incidents_file(struct request *r);
/* incidents_api.c: members of an incident into the object J, but its evidence, as who
 * may see HOSTS or not reads them. */
void incidents_put_head(struct json *j, const struct eventlog_row *row, bool hosts);
/* The last ones of T from START to END (0: ever) as list "incident" of PAGE. */
void incidents_of(
    struct html *page, const struct conf_target *t, int64_t start, int64_t end);
/* In short, for the front page, as who may see HOSTS or not reads it: what is open and
 * explained by nothing else, or what was last, as list "g_item" of PAGE. */
void incidents_glance(struct html *page, bool hosts);

#endif
