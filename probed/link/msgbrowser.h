/* What one browser measured of its own way to this box, as it says itself. */
#ifndef LINK_MSGBROWSER_H
#define LINK_MSGBROWSER_H

#include "base/addr.h"
#include "link/msg.h"

/* What can be believed: a page asks every two seconds and waits for five at most. */
#define BROWSER_COUNT_MAX 120
#define BROWSER_RTT_MAX 5.0

/* One minute. */
struct msg_browser {
	struct addr client;    /* IPv4 or IPv6, without a port or scope */
	uint16_t count, lost;  /* answered, not answered: together 1..BROWSER_COUNT_MAX */
	double median, p95;    /* seconds, 0..BROWSER_RTT_MAX; NAN when count is 0 */
};
void msg_put_browser(struct msg_out *out, const struct msg_browser *b);
/* 0, or -1 when it is not to be believed. */
int msg_get_browser(struct msg_in *in, struct msg_browser *b);
/* Is B, but for its address, in the ranges above? */
bool msg_browser_fits(const struct msg_browser *b);

#endif
