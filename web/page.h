/* The pages for people. Each handler answers one request. */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include <stdint.h>

#include "config/conf.h"
#include "web/html.h"
#include "web/state.h"

struct request;

/* page.c: the frame that all share: title, navigation, banners, footer. HERE is the
 * word of the navigation to be marked, or NULL. */
struct html *page_new(struct request *r, const char *title, const char *here);
/* Send PAGE, whose middle is template BODY; PAGE is freed. */
void page_send(struct request *r, struct html *page, unsigned status, const char *body);
/* The way from the top down to T as list "crumb". */
void page_trail(struct html *page, const struct conf_target *t);
/* The first of PER lines a page that argument "page" (1, 2, ...) asks for. 0, or -1 after
 * having answered 400. */
int page_first(struct request *r, size_t per, size_t *first);
/* The ways to the pages around the one that begins at FIRST, of ALL lines: for template
 * turns.html. */
void page_turns(
    struct request *r, struct html *page, size_t first, size_t per, size_t all);
/* Answer R with a page that says TEXT. */
void page_error(struct request *r, unsigned status, const char *text);

/* now.c; overviewfile.c: /overview.csv and the like. */
void page_now(struct request *r);
void overviewfile_handle(struct request *r);
void page_section(struct request *r, const struct conf_target *group);
/* PATH ("A.B", "" for all) in hierarchy ID; and by our own address of it. */
void page_hierarchy(struct request *r, const char *id, const char *path);
void page_by_place(struct request *r);
/* What Presentation calls hierarchy ID, which exists. */
const char *page_hierarchy_title(const char *id);

/* target.c: T as SLAVE sees it, "" for all that measure it. */
void page_target(struct request *r, const struct conf_target *t, const char *slave);

/* browse.c: by path, by SmokePing's addresses, by searching. */
void page_by_path(struct request *r);
void page_top(struct request *r);
void page_smokeping(struct request *r);
void page_targets(struct request *r);
void page_search(struct request *r);
/* skinfile.c: what a user's page loads. */
void page_skin_file(struct request *r);

/* charts.c: all charts, or the one called NAME; and /charts.csv and the like. */
void page_charts(struct request *r);
void charts_file(struct request *r);
void page_chart(struct request *r, const char *name);

/* status.c: the page, and /status.csv and the like. */
void page_status(struct request *r);
void status_file(struct request *r);

/* calendar.c */
void page_calendar(struct request *r);

/* compare.c */
void page_compare(struct request *r);

/* traffic.c */
void page_traffic(struct request *r);

/* login.c */
void page_login(struct request *r);
/* Answer R by 403 and the way in, which leads back to it. */
void page_login_first(struct request *r, const char *why);
void page_logout(struct request *r);

/* incidents.c */
void page_incidents(struct request *r);

/* about.c: workers, configuration, troubles; and what watchers ask. */
void page_config(struct request *r);
void page_healthy(struct request *r);
void page_ready(struct request *r);
void page_reload(struct request *r);

#endif
