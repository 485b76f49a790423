#include "web/when.h"

#include <stdio.h>
#include <time.h>

#include "base/clock.h"

void
when_text(char *buf, size_t size, int64_t when, bool with_seconds)
{
	time_t then = (time_t)when, now = (time_t)(clock_wall_s());
	struct tm a, b;
	const char *format = with_seconds ? "%H:%M:%S" : "%H:%M";

	if (localtime_r(&then, &a) == NULL || localtime_r(&now, &b) == NULL) {
		snprintf(buf, size, "%lld", (long long)when);
		return;
	}
	if (a.tm_yday != b.tm_yday || a.tm_year != b.tm_year)
		format = with_seconds ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%d %H:%M";
	strftime(buf, size, format, &a);
}

void
when_until(char *buf, size_t size, int64_t begin, int64_t end)
{
	time_t from = (time_t)begin, until = (time_t)end;
	struct tm a, b;

	if (localtime_r(&from, &a) == NULL || localtime_r(&until, &b) == NULL) {
		snprintf(buf, size, "%lld", (long long)end);
		return;
	}
	strftime(buf, size,
	    a.tm_yday == b.tm_yday && a.tm_year == b.tm_year ? "%H:%M"
							     : "%Y-%m-%d %H:%M",
	    &b);
}
