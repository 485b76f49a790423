/* Two exporters see the same packets: whose word counts. */
#include "collector/witness.h"

#include "t/tap.h"

#define ROUTER 0x1111
#define SWITCH 0x2222
#define HOST 0x777

static struct witnesses *w;
static uint32_t now;

/* EXPORTER tells OCTETS of HOST, sampled one in N in packets of 1000. */
static enum witness_use
use(uint64_t host, uint64_t exporter, double octets, double n, uint8_t rank)
{
	struct testimony t = { .host = host,
		.exporter = exporter,
		.rank = rank,
		.minute = now,
		.octets = octets,
		.octets_var = n > 1 ? n * octets * 1000 : 0 };

	return witness_hear(w, &t);
}

/* Does it count? */
static bool
tells(uint64_t host, uint64_t exporter, double octets, double n, uint8_t rank)
{
	return use(host, exporter, octets, n, rank) == WITNESS_COUNTS;
}

static bool
router(double octets)
{
	return tells(HOST, ROUTER, octets, 1, WITNESS_UNRANKED);
}

static bool
the_switch(double octets, double n)
{
	return tells(HOST, SWITCH, octets, n, WITNESS_UNRANKED);
}

/* MINUTES in which both tell so much; true when the switch counts in the last. */
static bool
minutes(unsigned count, double of_router, double of_switch, double n)
{
	bool counted = false;

	while (count-- > 0) {
		now++;
		bool one = of_router > 0 && router(of_router);
		counted = the_switch(of_switch, n);
		if (of_router > 0 && one == counted)
			ok(false, "in minute %u one of both counts", (unsigned)now);
	}
	return counted;
}

static void
afresh(void)
{
	witnesses_clear(w);
	now = 1000 * WITNESS_PERIOD_MIN;
	router(1e6);
}

static void
test_more(void)
{
	afresh();
	ok(router(1e6), "who tells first counts");
	ok(!the_switch(1e6, 1), "the same from another does not");
	ok(!minutes(30, 1e6, 1e6, 1), "it stays so");
	ok(!minutes(30, 1e6, 1.2e6, 1), "though that one tells a little more");
	ok(minutes(2 * WITNESS_PERIOD_MIN, 1e6, 2e6, 1),
	    "who tells of twice as much counts, after a while");
	ok(minutes(30, 1e6, 1e6, 1), "and stays");
	ok(!minutes(2 * WITNESS_PERIOD_MIN, 5e6, 1e6, 1), "until the other tells more");
}

static void
test_sampled(void)
{
	afresh();
	/* A sample stands for a thousand packets of a thousand octets. */
	ok(!minutes(60, 5e5, 1e6, 1000), "a few samples prove nothing");
	ok(minutes(60, 1e8, 4e8, 1000), "four hundred do");
	ok(!minutes(60, 3e8, 3e8, 1000),
	    "of two that agree, the one that is not sampled counts");
}

/* One that is exact, but sees a part alone. */
static void
test_part(void)
{
	unsigned wrong = 0;

	afresh();
	witnesses_clear(w);
	the_switch(1e6, 1000);
	for (unsigned i = 0; i < 60; i++) {
		now++;
		the_switch(1e6, 1000);
		wrong += router(1e5);
	}
	is_int(wrong, 0, "a tenth of what is sampled is not as much, however exact");
	for (unsigned i = 0; i < 60; i++) {
		now++;
		the_switch(1e6, 1000);
		router(9e5);
	}
	ok(router(9e5), "nine tenths are");
}

/* Who is not believed may be the one that is right. */
static void
test_watched(void)
{
	unsigned wrong = 0;

	afresh();
	for (unsigned i = 0; i < 3 * WITNESS_PERIOD_MIN; i++) {
		now++;
		wrong += !router(1e6);
		wrong += use(HOST, SWITCH, 1e5, 1, WITNESS_UNRANKED) != WITNESS_WATCHED;
		wrong += use(HOST, 0x3333, 1e4, 1, WITNESS_UNRANKED) != WITNESS_WATCHED;
		wrong += use(HOST, 0x4444, 1e9, 1, WITNESS_GUEST) != WITNESS_NOTHING;
		wrong += use(HOST, 0x3333, 1e4, 1, WITNESS_UNRANKED) != WITNESS_WATCHED;
	}
	is_int(
	    wrong, 0, "who stands as high is watched, as many as there are; no guest");
	ok(tells(HOST, SWITCH, 10, 1, 3) &&
		use(HOST, ROUTER, 1e9, 1, WITNESS_UNRANKED) == WITNESS_NOTHING,
	    "nor whom the operator puts behind");
}

/* How many minutes the router does not count after the switch told absurdly much in
 * one, sampled one in N, and then goes on with a word. */
static unsigned
displaced(double octets, double n)
{
	unsigned minutes = 0;

	afresh();
	(void)the_switch(octets, n);
	for (unsigned i = 0; i < 600; i++) {
		now++;
		minutes += !router(1e6);
		(void)the_switch(100, 1);
	}
	return minutes;
}

static void
test_absurd(void)
{
	unsigned exact = displaced(1e15, 1), sampled = displaced(1e15, 1 << 24);

	ok(exact > 0 && exact <= 2 * WITNESS_PERIOD_MIN,
	    "who told absurdly much once is believed for %u minutes", exact);
	ok(sampled <= 2 * WITNESS_PERIOD_MIN, "as much of few samples, %u", sampled);

	/* Or the believed one, before another came. */
	afresh();
	router(1e15);
	for (unsigned i = 0; i < 3 * WITNESS_PERIOD_MIN; i++) {
		now++;
		router(100);
		(void)the_switch(1e6, 1);
	}
	ok(!router(100), "nor is it for long when it was the first");
}

/* A neighbour who sends flows in a network of named exporters. */
static void
test_guest(void)
{
	unsigned wrong = 0;

	afresh();
	for (unsigned i = 0; i < 30; i++) {
		now++;
		wrong += !router(1e6);
		wrong += tells(HOST, 0x3333, 1e12, 1, WITNESS_GUEST);
	}
	is_int(wrong, 0, "whatever a guest tells, who is named counts");
	now += WITNESS_PERIOD_MIN + 1;
	ok(tells(HOST, 0x3333, 1e6, 1, WITNESS_GUEST), "unless he says nothing");
	ok(router(1), "and from his first word on");
}

static void
test_silent(void)
{
	afresh();
	ok(!minutes(10, 1e6, 1e6, 1), "a switch that is not needed");
	ok(!minutes(2, 0, 1e6, 1), "the router is silent for a while");
	ok(minutes(WITNESS_PERIOD_MIN, 0, 1e6, 1), "then the switch counts");
	ok(!tells(HOST, 0x3333, 1e6, 1, WITNESS_UNRANKED), "and no third one");
	ok(tells(HOST + 1, 0x3333, 1e6, 1, WITNESS_UNRANKED), "but for another host");
}

static void
test_preferred(void)
{
	afresh();
	minutes(10, 1e6, 1e6, 1);
	ok(tells(HOST, SWITCH, 10, 1, 3), "who is preferred counts at once");
	ok(!router(1e9), "and who is not does not");
	for (unsigned i = 0; i < 30; i++) {
		now++;
		router(1e9);
		tells(HOST, SWITCH, 10, 1, 3);
	}
	ok(!router(1e9), "whatever it tells");
	ok(tells(HOST, 0x3333, 10, 1, 2), "the order is the operator's");
	ok(!tells(HOST, SWITCH, 10, 1, 3), "among those, too");
}

/* Whatever comes, there are so many places, and each host has one that counts. */
static void
test_bounds(void)
{
	unsigned wrong = 0;

	afresh();
	for (uint64_t host = 1; host < 20 * WITNESS_HOSTS; host++) {
		bool one = tells(host * 0x9e3779b97f4a7c15ULL, ROUTER, 1000, 1,
			 WITNESS_UNRANKED),
		     two = tells(host * 0x9e3779b97f4a7c15ULL, SWITCH, 1000, 1,
			 WITNESS_UNRANKED);
		wrong += !one || two;
	}
	is_int(wrong, 0, "more hosts than places: of each, one counts");
}

int
main(void)
{
	w = witnesses_new(0x0123456789abcdefULL);
	test_more();
	test_sampled();
	test_part();
	test_watched();
	test_absurd();
	test_guest();
	test_silent();
	test_preferred();
	test_bounds();
	witnesses_free(w);
	return tap_done();
}
