/* Which times of a span are worth a word below a graph. */
#ifndef WEB_TIMEAXIS_H
#define WEB_TIMEAXIS_H

#include <stdint.h>

/* Call MARK for whole steps of local time in START..END (epoch seconds), in order and
 * about MOST of them, with the time of day, or the day where that begins: "18:00",
 * "28 Nov", "Nov 2026". A step is as long by the clock on the wall, whatever happens to
 * the clocks meanwhile. */
void timeaxis_each(int64_t start, int64_t end, unsigned most,
    void (*mark)(void *ctx, int64_t at, const char *text), void *ctx);

#endif
