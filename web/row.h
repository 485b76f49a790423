/* A target as one line of a list, and the values that all views of it share. */
#ifndef WEB_ROW_H
#define WEB_ROW_H

#include <stdio.h>

#include "config/conf.h"
#include "web/html.h"
#include "web/look.h"
#include "web/state.h"

#define ROW_SPAN (3 * 3600) /* seconds of history in a line, at most */

/* End of the first row of T known within SPAN seconds, 0 when there is none: by its
 * history, or by what was heard since, where that shows only rows of many rounds. */
int64_t row_first(const struct conf_target *t, int64_t span);
/* The span that lines show, in seconds. While all history is young that is less than
 * ROW_SPAN, so that smoke is seen at once. */
int64_t row_span(void);
/* Before the first row_add() on PAGE: put that span there. Returns it. */
int64_t row_begin(struct html *page);
/* Add T to LIST of PAGE, for template lines.html, with its last SPAN seconds. Returns
 * how it looks. */
enum look row_add(
    struct html *page, const char *list, const struct conf_target *t, int64_t span);
/* What row_add() reads of T's history over SPAN: read it now; is it at hand already? */
void row_past(const struct conf_target *t, int64_t span);
bool row_past_known(const struct conf_target *t, int64_t span);
/* Put name, host, address, probe, look, why and the last round's figures of T into H.
 */
enum look row_present(struct html *h, const struct conf_target *t);
/* Put look, why and the last round's figures of T as SLAVE sees it into H. Returns what
 * was heard of that round; NULL: of none. */
const struct live *row_seen(
    struct html *h, const struct conf_target *t, const char *slave);
/* The address PREFIX ("/t/") with PATH ("A.B", with slashes then) as value NAME. */
void row_path(
    struct html *h, const char *name, const char *prefix, const char *path);
/* "/t/A/B" as value NAME. */
void row_href(struct html *h, const char *name, const struct conf_target *t);
/* "/t/A/B" and "/graph/A/B" as "href" and "graph", of T as SLAVE ("" is this box) sees
 * it. */
void row_links(struct html *h, const struct conf_target *t, const char *slave);
/* Is T shown in lists: measured or drawn, and not hidden? */
bool row_listed(const struct conf_target *t);
/* Is T hidden, or a group that it is in? */
bool row_hidden(const struct conf_target *t);
/* What "menuextra" puts behind the menu entry of T, SmokePing's words for host and CLASS
 * put in: safe HTML, malloced; NULL when there is none. */
char *row_extra(const struct conf_target *t, const char *class);
/* "Internet › Provider", the titles from the top down to T; "" for the root. */
char *row_trail(const struct conf_target *t);

#endif
