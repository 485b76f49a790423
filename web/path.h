/* Ways on pages. */
#ifndef WEB_PATH_H
#define WEB_PATH_H

#include <stdbool.h>

#include "config/conf.h"
#include "web/html.h"

struct request;

/* The way to T, for template way.html: a line on how it is, and what changed. */
void path_put_way(struct html *page, const struct conf_target *t);
/* The way out, of each family of which anything is known, as list "ladder" of rungs. */
void path_put_ladders(struct html *page);
/* Does a place on the way out not answer, or most of the far ends? */
bool path_is_down(void);
void page_path(struct request *r);
/* GET /api/v1/path. */
void path_handle(struct request *r);

/* wayfile.c: /path.csv and the like, and the ways there. */
void wayfile_handle(struct request *r);
void wayfile_links(struct html *page, const struct request *r);

#endif
