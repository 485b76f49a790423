/* What the delay of a series usually is at this hour: of the last seven days, or, as
 * long as there are none, the lower quarter of all since the start. Hours are those of
 * UTC, which no summer time shifts; the two beside the asked one count too, so that a
 * habit that begins earlier or later is still the habit. */
#ifndef INFER_HOURLY_H
#define INFER_HOURLY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/wire.h"

#define HOURLY_DAYS 7
#define HOURLY_KEPT 64

/* Values of any number in a fixed room: when it is full, every other one goes and only
 * every other one is taken from then on. */
struct hourly_sample {
	uint32_t n, every, skip;
	float v[HOURLY_KEPT];
};

struct hourly {
	int64_t first; /* epoch seconds; 0: there is nothing */
	int64_t hour;  /* being collected, since the epoch */
	struct hourly_sample ever, ever_p90, now, now_p90;
	struct {
		int32_t day; /* since the epoch */
		float median, p90, mad;
	} past[HOURLY_DAYS][24];
};

struct hourly_usual {
	double median, p90;  /* seconds */
	double mad, p90_mad; /* median absolute deviation */
	bool same_hour;	     /* of the last days; else since the start */
	double length_s;     /* how long it has been collected */
};

void hourly_init(struct hourly *b);
/* A window that ended at TIME had this median and this 90th percentile, in seconds. One
 * that is known to be SLOW counts for its hour alone, and not for what was since the
 * start: else a fault that lasts as long as it was measured before would be usual. */
void hourly_add(struct hourly *b, int64_t time, double median, double p90, bool slow);
/* What is usual at TIME; false when too little is known. */
bool hourly_usual(const struct hourly *b, int64_t time, struct hourly_usual *u);

/* As bytes, HOURLY_BYTES of them; and back: 0, or -1 when they are none. */
#define HOURLY_BYTES (2 * 8 + 4 * (12 + 4 * HOURLY_KEPT) + HOURLY_DAYS * 24 * 16)
void hourly_put(const struct hourly *b, uint8_t buf[HOURLY_BYTES]);
int hourly_get(struct hourly *b, struct wire *w);

#endif
