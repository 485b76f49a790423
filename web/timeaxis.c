#include "web/timeaxis.h"

#include <stddef.h>
#include <time.h>

#define MONTH (30 * 86400)

/* Seconds since 1970 on the clock on the wall. */
static int64_t
wall_of(int64_t at)
{
	time_t when = (time_t)at;
	struct tm tm;

	return localtime_r(&when, &tm) != NULL ? at + tm.tm_gmtoff : at;
}

/* And back; what no clock shows is moved on to what one does. */
static int64_t
time_of(int64_t wall)
{
	time_t when = (time_t)wall;
	struct tm tm;

	if (gmtime_r(&when, &tm) == NULL)
		return wall;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm);
}

static int64_t
choose_step(int64_t span, unsigned most)
{
	static const int64_t steps[] = { 10, 30, 60, 300, 600, 900, 1800, 3600, 7200,
		10800, 21600, 43200, 86400, 2 * 86400, 7 * 86400, MONTH, 91 * 86400,
		366 * 86400 };
	size_t i = 0;

	while (i + 1 < sizeof steps / sizeof steps[0] && span / steps[i] > most)
		i++;
	return steps[i];
}

void
timeaxis_each(int64_t start, int64_t end, unsigned most,
    void (*mark)(void *ctx, int64_t at, const char *text), void *ctx)
{
	int64_t step = choose_step(end - start, most > 0 ? most : 1),
		first = wall_of(start);
	char text[32];

	for (int64_t wall = first - first % step; wall <= wall_of(end); wall += step) {
		int64_t at = time_of(wall);
		time_t when = (time_t)at;
		struct tm tm;
		if (at < start || at > end || localtime_r(&when, &tm) == NULL)
			continue;
		strftime(text, sizeof text,
		    step > MONTH			? "%b %Y"
		    : tm.tm_hour == 0 && tm.tm_min == 0 ? "%d %b"
		    : step < 60				? "%H:%M:%S"
							: "%H:%M",
		    &tm);
		mark(ctx, at, text);
	}
}
