/* What is usual by the hour of the day, and the odds of what is not. */
#include <stdlib.h>
#include <string.h>

#include "infer/hourly.h"
#include "infer/odds.h"
#include "t/tap.h"

#define DAY 86400
#define BEGIN (20000LL * DAY)

static void
test_odds(void)
{
	/* Counts of the facts: 3 of 20, 4 of 60, 6 of 200 at 0.5 %. */
	is_close(odds_at_least(3, 20, 0.005), 1.3e-4, 1e-5, "3 of 20");
	is_close(odds_at_least(4, 60, 0.005), 2.4e-4, 3e-5, "4 of 60");
	is_close(odds_at_least(6, 200, 0.005), 5.6e-4, 3e-5, "6 of 200");
	is_close(
	    odds_at_most(5, 10, 0.5), 0.623046875, 1e-12, "5 or fewer of 10 coins");
	is_close(odds_at_least(0, 10, 0.5), 1, 0, "none or more");
	is_close(odds_at_most(10, 10, 0.5), 1, 0, "ten or fewer");
	is_close(odds_at_most(300, 400, 0.036), 1, 1e-12, "far above what is expected");
	is_close(odds_at_least(14, 400, 0.75), 1, 1e-12, "far below it");
	is_close(odds_at_most(14, 400, 0.75), 0, 1e-100, "which is no chance");
	double low, high;
	odds_interval(0, 20, &low, &high);
	ok(low == 0 && high > 0.16 && high < 0.17, "none of 20: at most 16 %%");
}

static void
test_baseline(void)
{
	static struct hourly b, read;
	struct hourly_usual u;
	uint8_t buf[HOURLY_BYTES];
	struct wire w;

	hourly_init(&b);
	ok(!hourly_usual(&b, BEGIN, &u), "nothing is usual at first");
	/* 10 ms by night, 30 ms from 20 to 24 h. */
	for (int64_t t = 0; t < 8LL * DAY; t += 300) {
		double median = t % DAY >= 20 * 3600 ? 0.030 : 0.010;
		hourly_add(&b, BEGIN + t, median, median + 0.002, false);
		if (t == DAY) {
			ok(hourly_usual(&b, BEGIN + t, &u) && !u.same_hour,
			    "after a day, by all since the start");
			is_close(u.median, 0.010, 1e-6, "the lower quarter of it");
		}
	}
	ok(hourly_usual(&b, BEGIN + 8 * DAY + 12 * 3600, &u) && u.same_hour,
	    "after a week, by the hour");
	is_close(u.median, 0.010, 1e-6, "what it is at noon");
	is_close(u.p90, 0.012, 1e-6, "and its 90th percentile");
	hourly_usual(&b, BEGIN + 8 * DAY + 21 * 3600, &u);
	is_close(u.median, 0.030, 1e-6, "and in the evening");
	hourly_usual(&b, BEGIN + 8 * DAY + 19 * 3600, &u);
	is_close(u.median, 0.030, 1e-6, "an hour early is still usual");
	hourly_usual(&b, BEGIN + 8 * DAY + 17 * 3600, &u);
	is_close(u.median, 0.010, 1e-6, "three are not");

	hourly_put(&b, buf);
	wire_init(&w, buf, sizeof buf);
	ok(hourly_get(&read, &w) == 0 && wire_left(&w) == 0, "read again, to the end");
	hourly_usual(&read, BEGIN + 8 * DAY + 21 * 3600, &u);
	is_close(u.median, 0.030, 1e-6, "it is the same");
	wire_init(&w, buf, sizeof buf - 1);
	ok(hourly_get(&read, &w) < 0, "one cut short is not read");
	memset(buf + 16, 0xff, 4);
	wire_init(&w, buf, sizeof buf);
	ok(hourly_get(&read, &w) < 0,
	    "nor one with more values than there is room for");
}

int
main(void)
{
	setenv("TZ", "UTC", 1); /* by which hours of a day are named */
	test_odds();
	test_baseline();
	return tap_done();
}
