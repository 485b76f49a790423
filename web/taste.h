/* How a reader wants pages to be, kept in a cookie of the browser: light, dark or as
 * the system is, the colours of loss, and the time zone in which times are told. */
#ifndef WEB_TASTE_H
#define WEB_TASTE_H

#include <stdbool.h>
#include <stdint.h>

struct html;
struct request;

/* Until taste_end() local time is that of R's reader. Whoever answers R later than when
 * it came, and tells times, begins anew. */
void taste_begin(const struct request *r);
void taste_end(void);

/* What the frame of a page for R needs: the theme, and when pictures are dark. */
void taste_put(struct html *page, const struct request *r);

/* The theme of graphs for that reader, as in struct msg_draw. */
uint8_t taste_theme(bool dark);

/* GET /look, a form; POST theme= colors= zone= back=, which it sends. */
void taste_handle(struct request *r);

#endif
