/* Lanes, networks and the packets that may leave at once. */
#include "prober/spacing.h"

#include "base/clock.h"
#include "t/tap.h"

#define S CLOCK_NS_PER_S
#define MS CLOCK_NS_PER_MS

static void
lanes(void)
{
	struct spacing_lane *a = spacing_lane_take("FPing", 10 * MS);
	struct spacing_lane *b = spacing_lane_take("FPing", 10 * MS);
	struct spacing_lane *c = spacing_lane_take("Other", 10 * MS);

	ok(a == b && a != c, "a lane is shared by its name");
	is_int(spacing_lane_reserve(a, 5 * S, INT64_MAX), 5 * S, "a free lane is free");
	is_int(spacing_lane_reserve(b, 5 * S, INT64_MAX), 5 * S + 10 * MS,
	    "the next one leaves a gap behind");
	is_int(spacing_lane_reserve(a, 5 * S + 3 * MS, INT64_MAX), 5 * S + 20 * MS,
	    "and the third behind that");
	is_int(spacing_lane_reserve(a, 5 * S, 5 * S + 29 * MS), INT64_MAX,
	    "whoever comes too late has no place");
	is_int(spacing_lane_reserve(a, 5 * S, 5 * S + 30 * MS), 5 * S + 30 * MS,
	    "and takes none from others");
	is_int(spacing_lane_reserve(c, 5 * S, INT64_MAX), 5 * S, "lanes are apart");
	is_int(
	    spacing_lane_reserve(a, 9 * S, INT64_MAX), 9 * S, "nothing is made up for");
	is_int(spacing_lane_go(a, 9 * S + 7 * MS), 9 * S + 7 * MS, "one leaves late");
	is_int(spacing_lane_go(b, 9 * S + 10 * MS), 9 * S + 17 * MS,
	    "the next one waits for its gap");
	is_int(spacing_lane_go(b, 9 * S + 17 * MS), 9 * S + 17 * MS, "and goes");
	spacing_lane_leave(b);
	is_int(spacing_lane_reserve(a, 9 * S, INT64_MAX), 9 * S + 27 * MS,
	    "it stays while somebody uses it");
	spacing_lane_leave(a);
	a = spacing_lane_take("FPing", MS);
	is_int(spacing_lane_reserve(a, S, INT64_MAX), S, "then it is made anew");
	spacing_lane_leave(a);
	spacing_lane_leave(c);
	spacing_lane_leave(NULL);
}

static bool
first(const char *text)
{
	struct addr a;

	return addr_parse(&a, text) == 0 && spacing_first(&a);
}

static void
networks(void)
{
	spacing_turn(S, 100);
	ok(first("192.0.2.1"), "the first packet for a network");
	ok(!first("192.0.2.200"), "is the only one");
	ok(first("192.0.3.1") && first("198.51.100.1"), "others have theirs");
	ok(first("2001:db8:0:1::1") && !first("2001:db8:0:1:ffff::1") &&
		first("2001:db8:0:2::1"),
	    "by IPv6 a network is a /64");
	spacing_turn(S + MS, 100);
	ok(first("192.0.2.200"), "in the next turn it may have another");
}

static unsigned
leaving(int64_t now, double rate)
{
	unsigned n = 0;

	spacing_turn(now, rate);
	while (spacing_take())
		n++;
	return n;
}

static void
catching_up(void)
{
	leaving(2 * S, 0);
	is_int(leaving(2 * S + 10 * MS, 5), 10, "1000 a second may always leave");
	is_int(leaving(2 * S + 11 * MS, 30000), 60, "else twice what is to be sent");
	is_int(leaving(3 * S, 30000), 240, "a second late: 4 ms of that, not a second");
	is_int(leaving(4 * S, 5), 64, "64 may leave at once");
	(void)spacing_promise();
	is_close((double)spacing_promise(), 2.0 * MS, 1000,
	    "the second that waits does so for two places");
	is_int(leaving(4 * S + 5 * MS, 5), 3, "which others do not get");
	is_int(leaving(3 * S, 5), 0, "a clock that goes back gives nothing");
	is_int(leaving(3 * S + 5 * MS, 5), 5, "and is followed");
}

int
main(void)
{
	lanes();
	networks();
	catching_up();
	return tap_done();
}
