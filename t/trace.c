/* The time to a hop, as far as loopback goes: a host that is its own way, options. Ways
 * with routers are t/trace.sh.t's. */
#include "t/tap.h"
#include "t/testhost.h"

#include "base/clock.h"

static void
test_loopback(void)
{
	static const char *const hosts[] = { "127.0.0.1", "::1" };
	struct err err;

	for (int i = 0; i < 2; i++) {
		const char *vars[] = { "desthost", hosts[i], NULL };
		struct test_run *r =
		    testhost_run("TraceroutePing", hosts[i], NULL, vars, &err);
		for (unsigned seq = 0; seq < 3; seq++) {
			struct test_ping p = *testhost_ping(r, seq, 2000);
			ok(p.outcome == PING_ANSWERED && p.replies == 1 &&
				p.rtt_ns > 0 && p.rtt_ns < CLOCK_NS_PER_S,
			    "%s answers for itself", hosts[i]);
		}
		ok(r->ping[2].stamp == STAMP_KERNEL, "with stamps of the kernel");
		ok(r->extras[EXTRA_HOPS] == 3 && r->extra[EXTRA_HOPS] == 1,
		    "one hop away");
		is_int(r->forged, 0, "nothing is odd");
		testhost_end(r);
	}
	const char *elsewhere[] = { "desthost", "127.0.0.2", "wait", "0.2", NULL };
	struct test_run *r =
	    testhost_run("TraceroutePing", "127.0.0.1", NULL, elsewhere, &err);
	struct test_ping p = *testhost_ping(r, 0, 3000);
	ok(p.outcome == PING_BAD_ANSWER, "a host that is not on the way: %s",
	    ping_outcome_word(p.outcome));
	is_str(r->run.detail, "the way to 127.0.0.2 does not lead over 127.0.0.1",
	    "is told");
	testhost_end(r);
}

static void
test_not_sent(bool netns)
{
	const char *vars[] = { "desthost", "192.0.2.1", NULL };
	const char *name[] = { "desthost", "::1", NULL };
	struct err err;
	struct test_run *r;

	if (netns) {
		r = testhost_run("TraceroutePing", "192.0.2.9", NULL, vars, &err);
		is_int(testhost_ping(r, 0, 2000)->outcome, PING_NO_ROUTE, "no route");
		testhost_end(r);
	}
	r = testhost_run("TraceroutePing", "127.0.0.1", NULL, name, &err);
	is_int(testhost_ping(r, 0, 3000)->outcome, PING_NO_NAME,
	    "the two have to be of one family");
	testhost_end(r);
}

static void
test_options(void)
{
	static const struct {
		const char *vars[7], *text;
	} bad[] = {
		{ { "minttl", "1" },
		    "desthost is not set, expected a host on whose way 192.0.2.1 is" },
		{ { "desthost", "x", "minttl", "0" },
		    "minttl = 0: expected a number from 1 to 255" },
		{ { "desthost", "x", "maxttl", "256" },
		    "maxttl = 256: expected a number from 1 to 255" },
		{ { "desthost", "x", "minttl", "5", "maxttl", "4" },
		    "minttl = 5 is above maxttl = 4" },
		{ { "desthost", "x", "wait", "0" },
		    "wait = 0: expected seconds, above 0 up to 60" },
		{ { "desthost", "x", "wait", "1s" },
		    "wait = 1s: expected seconds, above 0 up to 60" },
	};
	struct err err;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct test_run *r = testhost_run(
		    "TraceroutePing", "192.0.2.1", NULL, bad[i].vars, &err);
		is_str(r == NULL ? err.text : "accepted", bad[i].text, "options");
	}
}

int
main(void)
{
	bool netns = testhost_netns();

	testhost_open(&probe_trace);
	/* the kernel begins to stamp when it finds the time */
	testhost_loop(50, NULL);
	test_loopback();
	test_not_sent(netns);
	test_options();
	testhost_close();
	return tap_done();
}
