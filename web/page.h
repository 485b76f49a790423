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
/* Answer R with a page that says TEXT. */
void page_error(struct request *r, unsigned status, const char *text);

/* now.c */
void page_now(struct request *r);
void page_section(struct request *r, const struct conf_target *group);

/* target.c */
void page_target(struct request *r, const struct conf_target *t);

/* browse.c: by path, by SmokePing's addresses, by searching. */
void page_by_path(struct request *r);
void page_smokeping(struct request *r);
void page_targets(struct request *r);
void page_search(struct request *r);

/* about.c: workers, configuration, troubles; and what watchers ask. */
void page_config(struct request *r);
void page_healthy(struct request *r);
void page_ready(struct request *r);
void page_reload(struct request *r);

#endif
