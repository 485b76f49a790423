/* The DNS probe against a server that answers, lies, is late or is not there. */
#include "t/tap.h"
#include "t/testdns.h"
#include "t/testhost.h"

#include <unistd.h>

#include "base/clock.h"

static struct testdns *server;
static char port[8];

/* One ping of MODULE for LOOKUP with up to two more variables; its outcome. Keeps the
 * run's counters in FORGED and its detail in DETAIL. */
static unsigned forged;
static char detail[256];
static struct test_ping
ask(const char *module, const char *lookup, const char *key, const char *value,
    unsigned ms)
{
	const char *vars[] = { "port", port, "lookup", lookup, key, value, NULL };
	struct err err;
	struct test_run *r = testhost_run(module, "127.0.0.1", NULL, vars, &err);

	if (r == NULL) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
	struct test_ping p = *testhost_ping(r, 0, ms);
	forged = r->forged;
	snprintf(detail, sizeof detail, "%s", r->run.detail ? r->run.detail : "");
	testhost_end(r);
	return p;
}

static void
test_answers(void)
{
	static const char *const answered[] = { "ok", "servfail", "refused", "nxdomain",
		"nodata", "aa" };
	static const char *const lies[] = { "wrongid", "wrongname", "wrongtype",
		"query", "short", "garbage" };

	for (size_t i = 0; i < sizeof answered / sizeof *answered; i++) {
		struct test_ping p = ask("DNS", answered[i], NULL, NULL, 2000);
		ok(p.outcome == PING_ANSWERED && p.rtt_ns > 0 &&
			p.rtt_ns < CLOCK_NS_PER_S && forged == 0,
		    "DNS: %s is an answer", answered[i]);
		ok(p.stamp != STAMP_USER, "with a kernel's stamp");
	}
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		struct test_ping p = ask("DNS", lies[i], NULL, NULL, 2000);
		ok(p.outcome == PING_ANSWERED && p.rtt_ns >= 50 * CLOCK_NS_PER_MS &&
			forged == 1,
		    "%s is counted, the true answer counts", lies[i]);
	}
	struct test_ping p = ask("DNS", "port", NULL, NULL, 2000);
	ok(p.outcome == PING_ANSWERED && p.rtt_ns >= 50 * CLOCK_NS_PER_MS,
	    "an answer from another port is none");
	p = ask("DNS", "slow", NULL, NULL, 2000);
	ok(p.outcome == PING_ANSWERED && p.rtt_ns >= 100 * CLOCK_NS_PER_MS &&
		p.rtt_ns < 1500 * CLOCK_NS_PER_MS,
	    "a slow answer has its time");
	p = ask("DNS", "never", NULL, NULL, 100);
	ok(p.outcome == PING_OPEN && p.losses == 0, "no answer: the host's timeout");
	p = ask("DNS", "loop", NULL, NULL, 2000);
	ok(p.outcome == PING_BAD_ANSWER, "a looping answer is a bad one");
	is_str(detail, "the server's answer is broken", "and says so");
	p = ask("DNS", "cut", NULL, NULL, 2000);
	ok(p.outcome == PING_BAD_ANSWER, "a cut answer is a bad one");
}

static void
test_requirements(void)
{
	static const struct {
		const char *lookup, *key, *value;
		enum ping_outcome outcome;
		const char *detail;
	} asks[] = {
		{ "ok", "require_noerror", "1", PING_ANSWERED, "" },
		{ "ok", "require_noerror", "0", PING_ANSWERED, "" },
		{ "nxdomain", "require_noerror", "0", PING_ANSWERED, "" },
		{ "nxdomain", "require_noerror", "1", PING_BAD_ANSWER,
		    "the server answers NXDOMAIN, not NOERROR" },
		{ "nxdomain", "require_nxdomain", "1", PING_ANSWERED, "" },
		{ "ok", "require_nxdomain", "1", PING_BAD_ANSWER,
		    "the server answers NOERROR, not NXDOMAIN" },
		{ "ok", "require_answers", "1", PING_ANSWERED, "" },
		{ "ok", "require_answers", "2", PING_BAD_ANSWER,
		    "the answer has 1 records, 2 are required" },
		{ "ok", "authoritative", "1", PING_BAD_ANSWER,
		    "the answer is not authoritative" },
		{ "aa", "authoritative", "1", PING_ANSWERED, "" },
		{ "ok", "expect_text", "192.0.2.1", PING_ANSWERED, "" },
		{ "ok", "expect_text", "192.0.2.9", PING_BAD_ANSWER,
		    "no answer record holds '192.0.2.9'" },
		{ "ok", "recordtype", "AAAA", PING_ANSWERED, "" },
	};

	for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
		struct test_ping p =
		    ask("AnotherDNS", asks[i].lookup, asks[i].key, asks[i].value, 2000);
		ok(p.outcome == asks[i].outcome, "%s with %s = %s: %s", asks[i].lookup,
		    asks[i].key, asks[i].value, ping_outcome_word(p.outcome));
		is_str(detail, asks[i].detail, "its detail");
	}
}

static void
test_query(void)
{
	ask("DNS", "ok", NULL, NULL, 2000);
	ok((server->last[2] & 1) == 1 && server->last[11] == 1,
	    "DNS asks with recursion and EDNS");
	unsigned first = server->last[0] << 8 | server->last[1];
	ask("AnotherDNS", "aa", "authoritative", "1", 2000);
	ok((server->last[2] & 1) == 0 && server->last[11] == 0,
	    "authoritative asks without recursion");
	unsigned same = 0;
	for (int i = 0; i < 8; i++) {
		ask("DNS", "ok", NULL, NULL, 2000);
		same += (unsigned)(server->last[0] << 8 | server->last[1]) == first;
	}
	ok(same < 3, "ids differ");
}

static void
test_round(void)
{
	const char *vars[] = { "port", port, "lookup", "slow.example", NULL };
	struct err err;
	struct test_run *r = testhost_run("DNS", "127.0.0.1", NULL, vars, &err);

	server->late_ms = 60;
	for (unsigned i = 0; i < 20; i++)
		probe_dns.ping(&r->run, i);
	testhost_loop(2000, &r->ping[19].replies);
	testhost_loop(50, NULL);
	unsigned answered = 0;
	for (unsigned i = 0; i < 20; i++)
		answered += r->ping[i].outcome == PING_ANSWERED &&
			    r->ping[i].rtt_ns >= 160 * CLOCK_NS_PER_MS;
	is_int(answered, 20, "twenty at once, each with its own time");
	testhost_end(r);
	server->late_ms = 0;

	r = testhost_run("DNS", "127.0.0.1", NULL, vars, &err);
	testhost_ping(r, 0, 20);
	testhost_end(r);
	testhost_loop(150, NULL);
	ok(true, "an answer to an ended run reaches nobody");
}

static void
test_nobody(bool netns)
{
	const char *vars[] = { "port", "1", NULL };
	struct err err;
	struct test_run *r = testhost_run("DNS", "127.0.0.1", NULL, vars, &err);
	struct test_ping p = *testhost_ping(r, 0, 2000);

	ok(p.outcome == PING_REFUSED, "a closed port refuses");
	testhost_end(r);
	r = testhost_run("DNS", "::1", NULL, vars, &err);
	p = *testhost_ping(r, 0, 2000);
	ok(p.outcome == PING_REFUSED, "over IPv6 too");
	testhost_end(r);
	if (!netns)
		return;
	r = testhost_run("DNS", "192.0.2.1", NULL, vars, &err);
	p = *testhost_ping(r, 0, 2000);
	ok(p.outcome == PING_NO_ROUTE, "no route is said at once");
	testhost_end(r);
}

static void
test_options(void)
{
	static const struct {
		const char *vars[7], *text;
	} bad[] = {
		{ { "port", "0" }, "port = 0: expected a number from 1 to 65535" },
		{ { "port", "53x" }, "port = 53x: expected a number from 1 to 65535" },
		{ { "lookup", "a..b" },
		    "lookup or recordtype: 'a..b' has an empty label, expected a DNS "
		    "name" },
		{ { "recordtype", "B" },
		    "lookup or recordtype: 'B' is no DNS record type, expected e.g. A, "
		    "AAAA, MX, TYPE65" },
		{ { "protocol", "tcp" },
		    "protocol = tcp: DNS is measured over UDP only, expected udp" },
		{ { "ipversion", "5" }, "ipversion = 5: expected 4 or 6" },
		{ { "require_noerror", "1", "require_nxdomain", "1" },
		    "require_noerror and require_nxdomain exclude each other, expected at "
		    "most one of them" },
	};
	struct err err;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		err.text[0] = '\0';
		struct test_run *r =
		    testhost_run("AnotherDNS", "192.0.2.1", NULL, bad[i].vars, &err);
		is_str(r == NULL ? err.text : "accepted", bad[i].text, "options");
	}
	static const char *const server_vars[] = { "server", "192.0.2.7", NULL };
	struct test_run *r =
	    testhost_run("DNS", "www.example.org", NULL, server_vars, &err);
	char text[ADDR_TEXT];
	is_str(addr_text(&r->run.address, text), "192.0.2.7", "server is who is asked");
	testhost_end(r);
}

int
main(void)
{
	bool netns = testhost_netns();

	testhost_open(&probe_dns);
	server = testdns_new(testhost_base, "127.0.0.1", 0);
	snprintf(port, sizeof port, "%u", server->port);
	/* the kernel begins to stamp when it finds the time */
	for (int i = 0; i < 100; i++)
		if (ask("DNS", "ok", NULL, NULL, 2000).stamp != STAMP_USER)
			break;
	test_answers();
	test_requirements();
	test_query();
	test_round();
	test_nobody(netns);
	test_options();
	testdns_free(server);
	testhost_close();
	return tap_done();
}
