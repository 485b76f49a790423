/* The graph that scripts draw (static/plot.js) where they may: what it needs to know of
 * a target, in one attribute of its page. */
#ifndef WEB_PLOT_H
#define WEB_PLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "config/conf.h"
#include "web/html.h"

/* T as SLAVE ("" is this box) sees it, from START to END, up to now where LIVE. Nothing
 * where the program was built without it, or T has no rounds of its own. */
void plot_put(struct html *page, const struct conf_target *t, const char *slave,
    int64_t start, int64_t end, bool live);

/* Let PAGE load the library and our SCRIPT ("plot.js") that draws with it. False where
 * the program was built without it. */
bool plot_scripts(struct html *page, const char *script);
/* Member "zone" of the object J: since when which difference to UTC is in force. */
struct json;
void plot_zone(struct json *j, int64_t now);

#endif
