/* How a reader wants pages to be, kept in a cookie of the browser: light, dark or as
 * the system is, and the time zone in which times are told. */
#ifndef WEB_TASTE_H
#define WEB_TASTE_H

struct html;
struct request;

/* Until taste_end() local time is that of R's reader. Whoever answers R later than when
 * it came, and tells times, begins anew. */
void taste_begin(const struct request *r);
void taste_end(void);

/* What the frame of a page for R needs: the theme, and when pictures are dark. */
void taste_put(struct html *page, const struct request *r);

/* GET /look, a form; POST theme= zone= back=, which it sends. */
void taste_handle(struct request *r);

#endif
