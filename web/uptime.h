/* How long a dynamic host has had its address, as a background of its graph. Only for
 * the files that put a graph together. */
#ifndef WEB_UPTIME_H
#define WEB_UPTIME_H

#include <stddef.h>
#include <stdint.h>

#include "web/draw.h"

#define UPTIME_BUCKETS 64 /* of a configured table more are left out */

struct uptime {
	size_t count; /* 0: nothing is drawn */
	struct uptime_bucket {
		double upto; /* seconds, inclusive */
		uint32_t color;
		char legend[48];
	} bucket[UPTIME_BUCKETS]; /* ascending by upto, no bound twice */
};

/* SmokePing's colours, or those of Presentation/detail/uptime_colors; of equal bounds
 * the later row wins. */
void uptime_colors(struct uptime *u, const struct conf *conf);
/* For a dynamic target: the legend, and the background over the whole height. What it
 * is, is written by this box, so a slave's graph shows it too. */
void uptime_begin(struct uptime *u, struct draw *d);
/* Behind the smoke: the same up to the second ping. */
void uptime_below_smoke(const struct uptime *u, struct draw *d);

#endif
