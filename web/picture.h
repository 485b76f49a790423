/* Graphs for browsers: asked of the painter, one drawing for all who want the same,
 * kept in a bounded cache. */
#ifndef WEB_PICTURE_H
#define WEB_PICTURE_H

#include <stddef.h>
#include <stdint.h>

#include "config/conf.h"
#include "link/link.h"

struct event_base;
struct request;

/* What a picture is found by: all that it depends on. ROW is the last round stored, as
 * far as that shows at this scale; 0 for a range that is over. Compared as bytes: zero
 * the whole before filling it. */
struct picture_key {
	struct msg_draw draw;
	int64_t row;
};

void picture_init(struct event_base *base);
/* The line to the painter is LINK now, or down (NULL): what it owes is asked again. */
void picture_painter(struct link *link);
/* Answer R with the picture of KEY, now or when it is drawn. */
void picture_answer(struct request *r, const struct picture_key *key);
/* Take MSG_PICTURE. 0, or -1 when it is not to be believed. */
int picture_message(struct msg_in *in);
/* The configuration changed: nothing drawn before counts. */
void picture_forget(void);
void picture_stop(void);
/* SIZE bytes from behind FD, malloced; NULL where there are not so many, or too many.
 */
void *picture_read(int fd, size_t size);

/* For the metrics: totals since start. */
struct picture_counters {
	unsigned long asked, cached, drawn, failed, refused;
	size_t bytes, pictures; /* in the cache now */
};
const struct picture_counters *picture_counters(void);

#endif
