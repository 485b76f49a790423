/* How a reader wants pages to be, kept in a cookie of the browser: light, dark, or as
 * the system is. */
#ifndef WEB_TASTE_H
#define WEB_TASTE_H

struct html;
struct request;

/* What the frame of a page for R needs: the theme, and when pictures are dark. */
void taste_put(struct html *page, const struct request *r);

/* GET /look, a form; POST theme= back=, which it sends. */
void taste_handle(struct request *r);

#endif
