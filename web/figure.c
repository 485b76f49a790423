#include "web/figure.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

void
figure_rtt(struct html *h, const char *name, const char *unit, double seconds)
{
	double ms = seconds * 1e3;

	html_text(h, name, "");
	html_text(h, unit, "");
	if (isnan(seconds))
		return;
	if (ms >= 9999.5)
		html_printf(h, name, "%.1f", seconds);
	else
		html_printf(h, name, "%.*f",
		    ms < 0.0995 ? 3
		    : ms < 9.95 ? 2
		    : ms < 99.5 ? 1
				: 0,
		    ms);
	html_text(h, unit, ms >= 9999.5 ? "s" : "ms");
}

void
figure_percent(struct html *h, const char *name, double ratio)
{
	double pct = ratio * 100;

	html_text(h, name, "");
	if (isnan(ratio))
		return;
	/* Neither a little loss nor a little less than all may be rounded away. */
	if (pct > 0 && pct < 0.05)
		html_text(h, name, "<0.1");
	else if (pct < 100 && pct >= 99.95)
		html_text(h, name, ">99.9");
	else
		html_printf(h, name, "%.*f", pct == 0 || pct >= 9.95 ? 0 : 1, pct);
}

void
figure_span(char *buf, size_t size, int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *word;
	} unit[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" },
		{ 1, "second" } };
	unsigned i = 0;

	/* The largest unit that divides it, or that leaves a figure worth reading. */
	while (i < 3 &&
	       (seconds < unit[i].seconds ||
		   (seconds % unit[i].seconds != 0 && seconds < unit[i].seconds * 10)))
		i++;
	int64_t n = (seconds + unit[i].seconds / 2) / unit[i].seconds;
	snprintf(buf, size, "%" PRId64 " %s%s", n, unit[i].word, n == 1 ? "" : "s");
}
