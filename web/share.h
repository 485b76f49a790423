/* Ways to hand a view on: files of it, pictures and badges for pages elsewhere. */
#ifndef WEB_SHARE_H
#define WEB_SHARE_H

#include "config/conf.h"
#include "web/html.h"

struct request;

/* What template share.html needs beside "graph" and "href": START and END are what
 * stands in the addresses ("now-10800s", "1769878800"). T as SLAVE ("" is this box)
 * sees it. */
void share_put(struct html *page, const struct request *r, const struct conf_target *t,
    const char *slave, const char *start, const char *end);

#endif
