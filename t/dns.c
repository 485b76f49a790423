/* The DNS probe against a server that answers, lies, is late or is not there. */
#include "t/tap.h"
#include "t/testdns.h"
#include "t/testhost.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "probes/pace.h"

static struct testdns *server;
static char port[8];

/* One ping of MODULE for LOOKUP with up to two more variables; its outcome. Keeps the
 * run's counters in FORGED and TRUNCATED and its detail in DETAIL. */
static unsigned forged, truncated;
static char detail[256];
static struct test_ping
ask2(const char *module, const char *lookup, const char *key, const char *value,
    const char *key2, const char *value2, unsigned ms)
{
	const char *vars[] = { "port", port, "lookup", lookup, key, value, key2, value2,
		NULL };
	struct err err;
	struct test_run *r = testhost_run(module, "127.0.0.1", NULL, vars, &err);

	if (r == NULL) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
	struct test_ping p = *testhost_ping(r, 0, ms);
	forged = r->forged;
	truncated = r->truncated;
	snprintf(detail, sizeof detail, "%s", r->run.detail ? r->run.detail : "");
	testhost_end(r);
	return p;
}

static struct test_ping
ask(const char *module, const char *lookup, const char *key, const char *value,
    unsigned ms)
{
	return ask2(module, lookup, key, value, NULL, NULL, ms);
}

/* The same over TCP. */
static struct test_ping
ask_tcp(const char *lookup, const char *key, const char *value, unsigned ms)
{
	return ask2("DNS", lookup, "dns_over", "tcp", key, value, ms);
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

/* The labels of the query that came last. */
static const char *
asked(void)
{
	static char text[256];
	size_t at = 12, n = 0;

	while (at < server->last_len && server->last[at] != 0) {
		size_t len = server->last[at++];
		memcpy(text + n, server->last + at, len);
		text[n + len] = '.';
		n += len + 1;
		at += len;
	}
	text[n] = '\0';
	return text;
}

static void
test_case(void)
{
	char spelling[2][256];
	unsigned differ = 0;
	struct test_ping p = ask("DNS", "badcase.Example", NULL, NULL, 2000);

	ok(p.outcome == PING_ANSWERED, "the case of an answer does not matter");
	is_str(asked(), "badcase.Example.", "it is asked for as written");
	p = ask("DNS", "ok.long-enough.example", "dns0x20", "yes", 2000);
	ok(p.outcome == PING_ANSWERED && forged == 0,
	    "0x20: an exact copy is an answer");
	ok(strcasecmp(asked(), "ok.long-enough.example.") == 0, "to the same name");
	for (int i = 0; i < 4; i++) {
		strcpy(spelling[i % 2], asked());
		differ += i > 0 && strcmp(spelling[0], spelling[1]) != 0;
		ask("DNS", "ok.long-enough.example", "dns0x20", "yes", 2000);
	}
	ok(differ >= 2, "in ever other cases");
	p = ask("DNS", "badcase.long-enough.example", "dns0x20", "yes", 60);
	ok(p.outcome == PING_OPEN && forged == 1, "0x20: another spelling is forged");
	is_str(detail, "what comes is no answer to what was asked", "and told");
}

static void
test_uncached(void)
{
	char first[256];
	struct test_ping p =
	    ask2("DNS", "never", "dns_mode", "uncached", "dns_zone", "zone.test", 2000);

	ok(p.outcome == PING_ANSWERED, "uncached: a random name is answered");
	strcpy(first, asked());
	ok(server->last[12] == 16 && strcmp(first + 17, "zone.test.") == 0,
	    "it lies in the zone");
	ask2("DNS", "never", "dns_mode", "uncached", "dns_zone", "zone.test", 2000);
	ok(strcmp(first, asked()) != 0, "the next one is another");
}

/* Ping SEQ of a run; its detail. */
static const char *
detail_of(struct test_run *r, unsigned seq)
{
	testhost_ping(r, seq, 2000);
	return r->run.detail != NULL ? r->run.detail : "";
}

static void
test_serverid(void)
{
	const char *vars[] = { "port", port, "dns_mode", "serverid", NULL };
	struct err err;
	struct test_run *r = testhost_run("DNS", "127.0.0.1", NULL, vars, &err);

	server->instance = "fra1";
	is_str(detail_of(r, 0), "answered by fra1", "serverid: who answers");
	is_str(asked(), "id.server.", "the name that is asked for");
	ok(server->last[2] == 0 && memcmp(server->last + 23, "\0\020\0\3", 4) == 0,
	    "class CH, type TXT, no recursion");
	server->instance = "ams2 \nb";
	is_str(detail_of(r, 1), "answered by ams2?\?b, before by fra1",
	    "another one answers");
	ok(r->extra[EXTRA_MOVED] > 0, "which is counted");
	is_str(detail_of(r, 2), "answered by ams2?\?b", "and stays");
	server->instance = NULL;
	server->nsid = "lon3";
	is_str(detail_of(r, 3), "answered by lon3, before by ams2?\?b",
	    "NSID where the record is empty");
	server->nsid = NULL;
	is_str(detail_of(r, 4), "", "nobody says who it is");
	ok(r->ping[4].outcome == PING_ANSWERED, "but it is an answer");
	is_int(r->extras[EXTRA_MOVED], 5, "changes are a figure of every answer");
	testhost_end(r);
}

static void
test_cookies(void)
{
	const char *vars[] = { "port", port, "lookup", "ok", "dns_cookie", "yes",
		NULL };
	struct err err;
	struct test_run *r = testhost_run("AnotherDNS", "127.0.0.1", NULL, vars, &err);
	struct test_ping p = *testhost_ping(r, 0, 2000);
	uint8_t client[8];

	ok(p.outcome == PING_ANSWERED && server->last_len == 20 + 11 + 12,
	    "cookie: the client's part alone; a server need not know it");
	memcpy(client, server->last + server->last_len - 8, 8);
	server->cookie = TESTDNS_COOKIE;
	p = *testhost_ping(r, 1, 2000);
	ok(p.outcome == PING_ANSWERED, "a server may");
	p = *testhost_ping(r, 2, 2000);
	ok(p.outcome == PING_ANSWERED && server->last_len == 20 + 11 + 20 &&
		memcmp(server->last + server->last_len - 16, client, 8) == 0 &&
		memcmp(server->last + server->last_len - 8, "serverof", 8) == 0,
	    "and is shown its part from then on");
	server->cookie = TESTDNS_NO_COOKIE;
	p = *testhost_ping(r, 3, 60);
	ok(p.outcome == PING_OPEN && r->forged == 1,
	    "from then on an answer without it is forged");
	server->cookie = TESTDNS_FOREIGN_COOKIE;
	p = *testhost_ping(r, 4, 60);
	ok(p.outcome == PING_OPEN && r->forged == 2, "as is another client's");
	server->cookie = TESTDNS_NO_COOKIE;
	unsigned open = 0;
	for (unsigned i = 5; i < 13; i++)
		open += testhost_ping(r, i, 30)->outcome == PING_OPEN;
	is_int(open, 8, "so are the next ones without");
	ok(testhost_ping(r, 13, 2000)->outcome == PING_ANSWERED &&
		testhost_ping(r, 14, 2000)->outcome == PING_ANSWERED &&
		server->last_len == 20 + 11 + 12,
	    "after ten of them the server has none any more");
	testhost_end(r);
}

static void
test_success(void)
{
	struct test_ping p = ask("DNS", "servfail", "dns_success", "any", 2000);

	ok(p.outcome == PING_ANSWERED, "any: SERVFAIL is an answer");
	p = ask("DNS", "servfail", "dns_success", "valid", 2000);
	ok(p.outcome == PING_BAD_ANSWER, "valid: SERVFAIL is none");
	is_str(detail, "the server answers SERVFAIL", "and said so");
	p = ask("DNS", "nxdomain", "dns_success", "valid", 2000);
	ok(p.outcome == PING_ANSWERED, "NXDOMAIN is");
	p = ask("DNS", "tc", NULL, NULL, 2000);
	ok(p.outcome == PING_ANSWERED && truncated == 1,
	    "a truncated answer is counted");
	is_str(detail, "the answer is truncated (TC)", "and told");
	p = ask("AnotherDNS", "tc", "require_answers", "1", 2000);
	is_str(detail, "the answer has 0 records, 1 are required (it is truncated)",
	    "so it is when it lacks something");
}

/* Whose servers may be asked more often. */
static void
test_pace_default(void)
{
	static const struct {
		const char *server;
		unsigned rate;
	} rates[] = {
		{ "127.0.0.53", 100 },
		{ "10.1.2.3", 100 },
		{ "172.16.0.1", 100 },
		{ "172.32.0.1", 10 },
		{ "192.168.1.1", 100 },
		{ "192.169.1.1", 10 },
		{ "169.254.1.1", 100 },
		{ "100.64.0.1", 100 },
		{ "100.128.0.1", 10 },
		{ "9.9.9.9", 10 },
		{ "::1", 100 },
		{ "fe80::1", 100 },
		{ "fd00::53", 100 },
		{ "2001:4860:4860::8888", 10 },
	};

	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
		struct addr a;
		ok(addr_parse(&a, rates[i].server) == 0 &&
			pace_default(&a) == rates[i].rate,
		    "%s: %u queries a second", rates[i].server, rates[i].rate);
	}
}

static void
test_pace(void)
{
	const char *vars[] = { "port", port, "lookup", "ok", "dns_rate", "5", NULL };
	struct err err;
	struct test_run *r = testhost_run("DNS", "127.0.0.1", NULL, vars, &err);

	testhost_loop(250, NULL);
	int64_t begin = clock_mono_ns();
	for (unsigned i = 0; i < 20; i++)
		probe_dns.ping(&r->run, i);
	unsigned refused = 0;
	for (unsigned i = 0; i < 20; i++)
		refused += r->ping[i].outcome == PING_NOT_SENT;
	/* now, and then up to 2 s long every 200 ms */
	is_int(refused, 9, "what has no turn in time was not sent: it is not lost");
	is_str(r->run.detail,
	    "not asked: more than 5 queries a second to one server (dns_rate)",
	    "and said so");
	is_int(r->ping[0].sent, 0, "the first is sent at once");
	testhost_loop(2000, &r->ping[2].replies);
	int64_t took = clock_mono_ns() - begin;
	ok(took >= 390 * CLOCK_NS_PER_MS && r->ping[2].sent == 1 &&
		r->ping[2].rtt_ns < 150 * CLOCK_NS_PER_MS,
	    "the third waits for its turn, which is not in its time");
	testhost_end(r);
}

/* --- over TCP -------------------------------------------------------------------- */

static void
test_tcp_answers(void)
{
	static const struct {
		const char *lookup;
		enum ping_outcome outcome;
		const char *detail;
	} asks[] = {
		{ "ok", PING_ANSWERED, "" },
		{ "pieces", PING_ANSWERED, "" },
		{ "servfail", PING_ANSWERED, "" },
		{ "idle", PING_ANSWERED, "" },
		{ "cut", PING_BAD_ANSWER, "the server's answer is broken" },
		{ "loop", PING_BAD_ANSWER, "the server's answer is broken" },
		{ "close", PING_CUT_OFF,
		    "the server closes the connection without an answer" },
		{ "half", PING_CUT_OFF,
		    "the server closes the connection without an answer" },
		{ "reset", PING_CUT_OFF,
		    "the server closes the connection without an answer" },
		{ "endless", PING_BAD_ANSWER, "the server sends without end" },
	};

	for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
		struct test_ping p = ask_tcp(asks[i].lookup, NULL, NULL, 3000);
		ok(p.outcome == asks[i].outcome, "TCP, %s: %s", asks[i].lookup,
		    ping_outcome_word(p.outcome));
		is_str(detail, asks[i].detail, "its detail");
	}
	static const char *const silent[] = { "never", "long", "drip" };
	for (size_t i = 0; i < 3; i++) {
		struct test_ping p = ask_tcp(silent[i], NULL, NULL, 150);
		ok(p.outcome == PING_OPEN && p.losses == 0,
		    "TCP, %s: the host's timeout", silent[i]);
	}
	static const char *const lies[] = { "wrongid", "wrongname", "wrongtype",
		"query", "short", "garbage" };
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		struct test_ping p = ask_tcp(lies[i], NULL, NULL, 2000);
		ok(p.outcome == PING_ANSWERED && p.rtt_ns >= 50 * CLOCK_NS_PER_MS &&
			forged == 1,
		    "TCP, %s is counted, the true answer counts", lies[i]);
	}
	struct test_ping p = ask_tcp("nxdomain", "dns_success", "valid", 2000);
	ok(p.outcome == PING_ANSWERED && p.rtt_ns > 0 && p.stamp == STAMP_KERNEL_RX,
	    "its end is stamped by the kernel");
}

/* By which way: a source of one's own, an interface, hops. */
static void
test_way_out(bool netns)
{
	static const char *const over[] = { "udp", "tcp" };
	struct err err;

	for (int i = 0; i < 2; i++) {
		const char *vars[] = { "port", port, "lookup", "ok", "dns_over",
			over[i], "sourceaddress", "127.0.0.9", "interface", "lo", "ttl",
			"3", NULL };
		struct test_run *r = testhost_run("DNS", "127.0.0.1", NULL, vars, &err);
		struct test_ping p = *testhost_ping(r, 0, 2000);
		char text[ADDR_TEXT];
		ok(p.outcome == PING_ANSWERED, "%s from another source", over[i]);
		is_str(addr_text(&server->from, text), "127.0.0.9", "is seen so");
		testhost_end(r);
		if (!netns)
			continue;
		vars[7] = "192.0.2.77";
		r = testhost_run("DNS", "127.0.0.1", NULL, vars, &err);
		is_int(testhost_ping(r, 0, 2000)->outcome, PING_NOT_SENT,
		    "a source that this host does not have: not sent");
		testhost_end(r);
	}
}

static void
test_tcp_phases(void)
{
	const char *vars[] = { "port", port, "lookup", "slow", "dns_over", "tcp",
		NULL };
	struct err err;
	struct test_run *r = testhost_run("DNS", "127.0.0.1", NULL, vars, &err);
	struct test_ping p = *testhost_ping(r, 0, 2000);
	double rtt = (double)p.rtt_ns / CLOCK_NS_PER_S;

	ok(p.outcome == PING_ANSWERED && r->extra[EXTRA_QUERY] >= 0.1 &&
		rtt >= r->extra[EXTRA_QUERY] && r->extra[EXTRA_CONNECT] > 0 &&
		rtt - r->extra[EXTRA_QUERY] >= r->extra[EXTRA_CONNECT],
	    "the figure is that of connect and query together");
	ok(r->extras[EXTRA_RETRANS] == 1 && r->extra[EXTRA_RETRANS] == 0 &&
		r->extras[EXTRA_TLS] == 0 && r->extras[EXTRA_RCODE] == 1,
	    "nothing was sent twice; no TLS; RCODE");
	testhost_end(r);
}

/* Many queries over one connection, and when it is closed. */
static void
test_tcp_reuse(void)
{
	const char *vars[] = { "port", port, "lookup", "slow", "protocol", "tcp",
		"dns_rate", "0", NULL };
	struct err err;
	struct test_run *r = testhost_run("AnotherDNS", "127.0.0.1", NULL, vars, &err);
	unsigned before = server->connections;

	for (unsigned i = 0; i < 20; i++)
		probe_dns.ping(&r->run, i);
	testhost_loop(2000, &r->ping[0].replies);
	testhost_loop(100, NULL);
	unsigned answered = 0;
	for (unsigned i = 0; i < 20; i++)
		answered += r->ping[i].outcome == PING_ANSWERED &&
			    r->ping[i].rtt_ns >= 100 * CLOCK_NS_PER_MS;
	is_int(answered, 20, "SmokePing's TCP: twenty queries");
	is_int(server->connections - before, 1, "over one connection");
	ok(r->extras[EXTRA_CONNECT] == 1 && r->extra[EXTRA_CONNECT] > 0 &&
		r->extra[EXTRA_CONNECT] < 0.1 && r->extras[EXTRA_QUERY] == 20 &&
		r->extra[EXTRA_QUERY] >= 0.1,
	    "phases: one connect, twenty queries");
	testhost_end(r);

	const char *idle[] = { "port", port, "lookup", "idle", "dns_over", "tcp",
		"dns_reuse", "yes", NULL };
	r = testhost_run("DNS", "127.0.0.1", NULL, idle, &err);
	before = server->connections;
	ok(testhost_ping(r, 0, 2000)->outcome == PING_ANSWERED, "a first answer");
	testhost_loop(50, NULL);
	ok(testhost_ping(r, 1, 2000)->outcome == PING_ANSWERED,
	    "the next one, after the server closed the idle connection");
	is_int(server->connections - before, 2, "comes over a second one");
	testhost_end(r);

	const char *once[] = { "port", port, "lookup", "once", "dns_over", "tcp",
		"dns_reuse", "yes", NULL };
	r = testhost_run("DNS", "127.0.0.1", NULL, once, &err);
	testhost_ping(r, 0, 2000);
	probe_dns.ping(&r->run, 1);
	testhost_loop(2000, &r->ping[1].losses);
	is_int(r->ping[1].outcome, PING_NOT_SENT, "a query into a closing connection");
	is_str(r->run.detail,
	    "the server closed the idle connection just as it was asked",
	    "is no loss, and said so");
	testhost_end(r);
	r = testhost_run("DNS", "127.0.0.1", NULL, once, &err);
	testhost_ping(r, 0, 2000);
	server->late_ms = 300;
	is_int(testhost_ping(r, 1, 2000)->outcome, PING_CUT_OFF,
	    "one that had the query for long, and then closed, is");
	server->late_ms = 0;
	testhost_end(r);

	const char *never[] = { "port", port, "lookup", "never", "dns_over", "tcp",
		"dns_reuse", "yes", NULL };
	r = testhost_run("DNS", "127.0.0.1", NULL, never, &err);
	r->run.timeout_ns = 50 * CLOCK_NS_PER_MS;
	before = server->connections;
	testhost_ping(r, 0, 100);
	testhost_ping(r, 1, 20);
	is_int(
	    server->connections - before, 2, "nobody waits behind a dead connection");
	testhost_end(r);
	testhost_loop(150, NULL);
	ok(true, "an ended run leaves nothing behind");
}

static void
test_tcp_nobody(bool netns)
{
	const char *vars[] = { "port", "1", "dns_over", "tcp", NULL };
	struct err err;
	struct test_run *r = testhost_run("DNS", "127.0.0.1", NULL, vars, &err);

	is_int(testhost_ping(r, 0, 2000)->outcome, PING_REFUSED, "TCP: a closed port");
	testhost_end(r);
	r = testhost_run("DNS", "::1", NULL, vars, &err);
	is_int(testhost_ping(r, 0, 2000)->outcome, PING_REFUSED, "over IPv6 too");
	testhost_end(r);
	if (!netns)
		return;
	r = testhost_run("DNS", "192.0.2.1", NULL, vars, &err);
	is_int(testhost_ping(r, 0, 2000)->outcome, PING_NO_ROUTE, "no route");
	testhost_end(r);
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
		{ { "protocol", "sctp" }, "protocol = sctp: expected udp, tcp or tls" },
		{ { "dns_over", "quic" }, "dns_over = quic: expected udp, tcp or tls" },
		{ { "dns_over", "tls" },
		    "DNS over TLS is the fetcher's, expected it there" },
		{ { "dns_mode", "fast" },
		    "dns_mode = fast: expected cached, uncached or serverid" },
		{ { "dns_mode", "uncached" },
		    "dns_mode = uncached without dns_zone, expected a zone below which "
		    "random names may be asked for" },
		{ { "dns_mode", "uncached", "dns_zone", "a..b" },
		    "dns_zone or recordtype: 'a..b' has an empty label, expected a DNS "
		    "name" },
		{ { "dns_success", "some" },
		    "dns_success = some: expected any or valid" },
		{ { "dns_rate", "-1" },
		    "dns_rate = -1: expected a number from 0 to 100000" },
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

static void
test_echoping(void)
{
	static const char *const losing[] = { "nodata", "nxdomain", "servfail" };
	struct err err;

	ok(ask("EchoPingDNS", "never", "dns_request", "ok", 2000).outcome ==
		PING_ANSWERED,
	    "EchoPingDNS asks for dns_request");
	ok(server->last_len > 12 && memcmp(server->last + 12, "\2ok", 3) == 0 &&
		server->last[11] == 0,
	    "without EDNS, as the C library");
	for (size_t i = 0; i < sizeof losing / sizeof *losing; i++)
		ok(ask("EchoPingDNS", "ok", "dns_request", losing[i], 2000).outcome ==
			PING_BAD_ANSWER,
		    "EchoPingDNS: %s is a failure", losing[i]);
	ok(ask2("EchoPingDNS", "never", "dns_request", "ok", "dns_tcp", "yes", 2000)
		    .outcome == PING_ANSWERED,
	    "EchoPingDNS over TCP");
	static const char *const plugin[] = { "dns_request", "ok", "plugin",
		"/usr/lib/echoping/mine.so", NULL };
	ok(testhost_run("EchoPingDNS", "192.0.2.1", NULL, plugin, &err) == NULL,
	    "EchoPingDNS with another plugin");
	is_str(err.text,
	    "plugin = /usr/lib/echoping/mine.so: programs of echoping are not used, "
	    "expected dns",
	    "is refused");
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
	test_case();
	test_uncached();
	test_serverid();
	test_cookies();
	test_success();
	test_tcp_answers();
	test_tcp_phases();
	test_way_out(netns);
	test_tcp_reuse();
	test_tcp_nobody(netns);
	test_round();
	test_echoping();
	test_nobody(netns);
	test_options();
	test_pace_default();
	test_pace();
	testdns_free(server);
	testhost_close();
	return tap_done();
}
