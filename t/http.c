/* The HTTP probes against a server that behaves, breaks off, never ends, redirects, or
 * has a certificate that nobody signed. */
#include "t/tap.h"
#include "t/testhost.h"
#include "t/testhttp.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

static struct testhttp *server;
static char detail[sizeof(struct err)];

/* TEXT with the number PORT for each word PORT. */
static const char *
url_of(const char *text, unsigned port)
{
	static char url[512];
	size_t len = 0;

	while (*text != '\0' && len < sizeof url - 8)
		if (strncmp(text, "PORT", 4) == 0) {
			len += (size_t)sprintf(url + len, "%u", port);
			text += 4;
		} else
			url[len++] = *text++;
	url[len] = '\0';
	return url;
}

static struct test_ping
fetch(const char *module, const char *host, const char *url, const char *key,
    const char *value, unsigned ms)
{
	const char *vars[] = { "urlformat", url_of(url, server->port), "timeout", "1",
		key, value, NULL };
	struct err err;
	struct test_run *r = testhost_run(module, host, "127.0.0.1", vars, &err);

	detail[0] = '\0';
	if (r == NULL) {
		snprintf(detail, sizeof detail, "%s", err.text);
		return (struct test_ping){ .outcome = PING_CANNOT };
	}
	struct test_ping p = *testhost_ping(r, 0, ms);
	if (r->run.detail != NULL)
		snprintf(detail, sizeof detail, "%s", r->run.detail);
	testhost_end(r);
	return p;
}

static struct test_ping
get(const char *path, const char *key, const char *value)
{
	char url[300];

	snprintf(url, sizeof url, "http://%%host%%:PORT%s", path);
	return fetch("Curl", "web.test", url, key, value, 4000);
}

static void
test_plain(void)
{
	struct test_ping p = get("/ok", NULL, NULL);

	ok(p.outcome == PING_ANSWERED && p.rtt_ns > 0 &&
		p.rtt_ns < 500 * CLOCK_NS_PER_MS && p.replies == 1 && p.losses == 0,
	    "an answer");
	is_str(detail, "", "without complaint");
	ok(strstr(server->last, "GET /ok HTTP/1.1\r\n") != NULL &&
		strstr(server->last, "Host: web.test:") != NULL &&
		strstr(server->last, "User-Agent: smokebox/") != NULL,
	    "asked by the host's own name at the pinned address");
	p = get("/slow", NULL, NULL);
	ok(p.outcome == PING_ANSWERED && p.rtt_ns >= 100 * CLOCK_NS_PER_MS &&
		p.rtt_ns < 900 * CLOCK_NS_PER_MS,
	    "a slow answer has its time");
	ok(get("/404", NULL, NULL).outcome == PING_ANSWERED,
	    "the status does not matter");
	p = fetch("Curl", "192.0.2.1",
	    "http://127.0.0.1:PORT/ok http://%host%:PORT/slow", NULL, NULL, 4000);
	/* 192.0.2.1 is the second one's address: nobody is there, or no route */
	ok(p.outcome != PING_ANSWERED, "every URL is fetched from its own host");
	p = fetch("Curl", "web.test", "http://%host%:PORT/slow http://%host%:PORT/slow",
	    NULL, NULL, 4000);
	ok(p.outcome == PING_ANSWERED && p.rtt_ns >= 200 * CLOCK_NS_PER_MS,
	    "the times of several URLs add up (%lld us)", (long long)p.rtt_ns / 1000);
	p = fetch("AnotherCurl", "web.test", "http://%host%:PORT/slow", "write_out",
	    "time_connect", 4000);
	ok(p.outcome == PING_ANSWERED && p.rtt_ns < 90 * CLOCK_NS_PER_MS,
	    "write_out = time_connect");
}

static void
test_broken(void)
{
	static const struct {
		const char *path;
		enum ping_outcome usual, strict;
		const char *detail; /* part of it, in the strict case */
	} cases[] = {
		{ "/nothing", PING_CUT_OFF, PING_CUT_OFF, "Empty reply" },
		{ "/rst", PING_ANSWERED, PING_CUT_OFF, "reset" },
		{ "/cut", PING_ANSWERED, PING_CUT_OFF, "990 bytes remaining" },
		{ "/garbage", PING_BAD_ANSWER, PING_BAD_ANSWER, "HTTP/0.9" },
		{ "/drip", PING_TIMEOUT, PING_TIMEOUT, "timed out after 1" },
		{ "/never", PING_TIMEOUT, PING_TIMEOUT, "timed out after 1" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct test_ping p = get(cases[i].path, NULL, NULL);
		ok(p.outcome == cases[i].usual, "%s: %s", cases[i].path,
		    ping_outcome_word(p.outcome));
		p = get(cases[i].path, "require_zero_status", "yes");
		ok(p.outcome == cases[i].strict &&
			strstr(detail, cases[i].detail) != NULL,
		    "%s with require_zero_status: %s (%s)", cases[i].path,
		    ping_outcome_word(p.outcome), detail);
	}
	struct test_ping p = get("/headers", NULL, NULL);
	ok(p.outcome == PING_BAD_ANSWER && strstr(detail, "without end") != NULL,
	    "headers without end: %s (%s)", ping_outcome_word(p.outcome), detail);
	p = get("/big", "require_zero_status", "yes");
	ok(p.outcome == PING_ANSWERED, "10 GB: an answer (%s)", detail);
	ok(server->sent < 32 << 20, "of which little was taken (%llu bytes)",
	    server->sent);
	p = fetch("Curl", "web.test", "http://%host%:1/", NULL, NULL, 4000);
	ok(p.outcome == PING_REFUSED && strstr(detail, "Failed to connect") != NULL,
	    "a closed port (%s)", detail);
	ok(get("/404", "extraargs", "--fail").outcome == PING_ANSWERED,
	    "--fail without require_zero_status counts, as with SmokePing");
}

static void
test_expect(void)
{
	ok(get("/ok", "expect", "lo wor").outcome == PING_ANSWERED,
	    "expected and there");
	ok(get("/split", "expect", "lo world").outcome == PING_ANSWERED,
	    "in two pieces too");
	ok(get("/far", "expect", "needle").outcome == PING_ANSWERED,
	    "half a megabyte away");
	ok(get("/ok", "expect", "bye").outcome == PING_BAD_ANSWER, "expected in vain");
	is_str(detail, "the answer does not hold 'bye'", "and said so");
	server->sent = 0;
	ok(get("/big", "expect", "needle").outcome == PING_BAD_ANSWER,
	    "not in the first megabyte");
	is_str(detail, "the answer does not hold 'needle' in its first 1048576 bytes",
	    "and said so");
}

/* What an answer must be, beyond SmokePing's variables. */
static void
test_own(void)
{
	static const struct {
		const char *path, *key, *value;
		enum ping_outcome outcome;
		const char *detail;
	} cases[] = {
		{ "/ok", "expect_status", "200-299,301", PING_ANSWERED, "" },
		{ "/404", "expect_status", "200-299,301", PING_BAD_ANSWER,
		    "the server answers with status 404" },
		{ "/404", "expect_status", "200 404", PING_ANSWERED, "" },
		{ "/to?/ok", "expect_status", "200", PING_BAD_ANSWER,
		    "the server answers with status 302" },
		{ "/ok", "expect_status", "20", PING_CANNOT,
		    "expect_status = 20: expected statuses from 100 to 599 and ranges, "
		    "such as 200-299,301" },
		{ "/ok", "expect_status", "299-200", PING_CANNOT,
		    "expect_status = 299-200: expected statuses from 100 to 599 and "
		    "ranges, such as 200-299,301" },
		{ "/ok", "expect_not", "bye", PING_ANSWERED, "" },
		{ "/split", "expect_not", "world", PING_BAD_ANSWER,
		    "the answer holds 'world'" },
		{ "/far", "max_body", "1000", PING_ANSWERED, "" },
		{ "/ok", "http_version", "1.0", PING_ANSWERED, "" },
		{ "/ok", "http_version", "4", PING_CANNOT,
		    "http_version = 4: expected 1.0, 1.1 or 2" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct test_ping p = get(cases[i].path, cases[i].key, cases[i].value);
		ok(p.outcome == cases[i].outcome, "%s with %s = %s: %s", cases[i].path,
		    cases[i].key, cases[i].value, ping_outcome_word(p.outcome));
		is_str(detail, cases[i].detail, "and says so");
		if (strcmp(cases[i].value, "1.0") == 0)
			ok(strstr(server->last, "HTTP/1.0\r\n") != NULL, "by HTTP/1.0");
	}
	const char *vars[] = { "urlformat",
		url_of("http://%host%:PORT/far", server->port), "expect", "needle",
		"max_body", "1000", NULL };
	struct err err;
	struct test_run *r = testhost_run("Curl", "web.test", "127.0.0.1", vars, &err);
	ok(testhost_ping(r, 0, 2000)->outcome == PING_BAD_ANSWER,
	    "max_body and expect");
	is_str(r->run.detail,
	    "the answer does not hold 'needle' in its first 1000 bytes",
	    "says how much was read");
	testhost_end(r);
}

static void
test_extras(void)
{
	const char *vars[] = { "urlformat",
		url_of("http://%host%:PORT/to?/slow", server->port), "extraargs", "-L",
		NULL };
	struct err err;
	struct test_run *r = testhost_run("Curl", "web.test", "127.0.0.1", vars, &err);

	r->run.lookup_ns = 5 * CLOCK_NS_PER_MS;
	struct test_ping *p = testhost_ping(r, 0, 2000);
	ok(p->outcome == PING_ANSWERED && r->extra[EXTRA_LOOKUP] == 0.005 &&
		r->extra[EXTRA_STATUS] == 200 && r->extras[EXTRA_TLS] == 0,
	    "lookup and status; no TLS");
	ok(r->extras[EXTRA_REDIRECTS] == 1 && r->extra[EXTRA_REDIRECTS] > 0 &&
		r->extra[EXTRA_REDIRECTS] < 0.09,
	    "the redirect's time apart (%f)", r->extra[EXTRA_REDIRECTS]);
	ok(r->extra[EXTRA_FIRST_BYTE] > 0.09 &&
		r->extra[EXTRA_FIRST_BYTE] < (double)p->rtt_ns / 1e9,
	    "from the request to its first byte (%f)", r->extra[EXTRA_FIRST_BYTE]);
	testhost_end(r);
}

/* A page is looked at in pieces, of which nothing shall be seen. */
static void
test_filter_pieces(const char *more)
{
	static const struct {
		const char *re;
		bool found;
	} asks[] = {
		{ "x{20}BLOCKEDy{20}", true },
		{ "^GET / HTTP", true },
		{ "^x", false },
		{ "x$", false },
		{ "y$", false },
	};
	char agent[3200];
	unsigned right = 0, all = 0;
	struct err err;

	server->root = "/echo";
	for (unsigned i = 0; i < sizeof asks / sizeof *asks; i++)
		for (unsigned before = 100; before < 2100; before += 250) {
			memset(agent, 'x', before);
			strcpy(agent + before, "BLOCKED");
			memset(agent + before + 7, 'y', 1000);
			agent[before + 7 + 1000] = '\0';
			const char *vars[] = { "deny_re", asks[i].re, "useragent",
				agent, "more_hosts", more, "timeout", "1", NULL };
			struct test_run *r = testhost_run(
			    "WebProxyFilter", "127.0.0.1", NULL, vars, &err);
			struct test_ping p = *testhost_ping(r, 1, 3000);
			right += p.outcome ==
				 (asks[i].found ? PING_ANSWERED : PING_BAD_ANSWER);
			all++;
			testhost_end(r);
		}
	is_int(right, all, "matches at every place, and ends at none between");
}

/* A filter has to answer with its own page. */
static void
test_filter(void)
{
	static const struct {
		const char *root, *re;
		enum ping_outcome outcome;
		const char *detail;
	} cases[] = {
		{ "/ok", "HELLO w", PING_ANSWERED, NULL },
		{ "/ok", "denied", PING_BAD_ANSWER,
		    "the answer is not the filter's: deny_re does not match" },
		{ "/denied", "denied", PING_BAD_ANSWER,
		    "the server answers with status 403" },
		{ "/cut", "hello", PING_CUT_OFF, NULL },
		{ "/nothing", "hello", PING_CUT_OFF, "Empty reply from server" },
		/* 512 KiB of dots; the time that this takes is the square of theirs */
		{ "/far", "\\.+(never)", PING_BAD_ANSWER,
		    "the answer is not the filter's: deny_re does not match in its first "
		    "65536 bytes" },
	};
	char more[64];
	struct err err;

	snprintf(more, sizeof more, "127.0.0.1:%u", server->port);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *vars[] = { "deny_re", cases[i].re, "useragent", "Filter/1",
			"more_hosts", more, "timeout", "1", NULL };
		struct test_run *r =
		    testhost_run("WebProxyFilter", "127.0.0.1", NULL, vars, &err);
		server->root = cases[i].root;
		struct test_ping p = *testhost_ping(r, 1, 3000); /* more_hosts' turn */
		ok(p.outcome == cases[i].outcome, "%s by a filter: %s", cases[i].root,
		    ping_outcome_word(p.outcome));
		if (cases[i].detail != NULL)
			is_str(r->run.detail, cases[i].detail, "and says so");
		ok(strstr(server->last, "User-Agent: Filter/1\r\n") != NULL,
		    "asked by useragent");
		testhost_end(r);
	}
	server->root = NULL;
	test_filter_pieces(more);
	const char *bad[] = { "deny_re", "a(?:b)", NULL };
	ok(testhost_run("WebProxyFilter", "127.0.0.1", NULL, bad, &err) == NULL &&
		strstr(err.text, "deny_re = a(?:b): ") != NULL,
	    "an expression of Perl's alone is refused (%s)", err.text);
	ok(testhost_run("WebProxyFilter", "127.0.0.1", NULL, bad + 2, &err) == NULL &&
		strstr(err.text, "deny_re is missing") != NULL,
	    "so is none");
}

static void
test_redirect(bool netns)
{
	struct test_ping p = get("/to?/ok", NULL, NULL);

	ok(p.outcome == PING_ANSWERED && strstr(server->last, "GET /to") != NULL,
	    "a redirect is an answer");
	p = get("/to?/ok", "follow_redirects", "yes");
	ok(p.outcome == PING_ANSWERED && strstr(server->last, "GET /ok") != NULL,
	    "or followed");
	p = get(url_of("/to?http://other.localhost:PORT/ok", server->port), "extraargs",
	    "-L -u me:secret -H Cookie:a=b -H X-Mine:yes");
	ok(p.outcome == PING_ANSWERED &&
		strstr(server->last, "Host: other.localhost") != NULL,
	    "to another host");
	ok(strstr(server->last, "Authorization") == NULL &&
		strstr(server->last, "Cookie") == NULL &&
		strstr(server->last, "X-Mine:yes\r\n") != NULL,
	    "which gets no secrets");
	struct testhttp *next = testhttp_new(testhost_base, "127.0.0.1");
	p = get(url_of("/to?http://web.test:PORT/ok", next->port), "extraargs",
	    "-L -u me:secret -H Cookie:a=b -H X-Mine:yes -H Host:mine.test");
	ok(p.outcome == PING_ANSWERED && strstr(next->last, "Host:mine.test") != NULL,
	    "to another port");
	ok(strstr(next->last, "Authorization") == NULL &&
		strstr(next->last, "Cookie") == NULL &&
		strstr(next->last, "X-Mine:yes\r\n") != NULL,
	    "which gets none either");
	testhttp_free(next);
	p = get("/to?/ok", "extraargs", "-L -u me:secret -H Cookie:a=b");
	ok(strstr(server->last, "GET /ok") != NULL &&
		strstr(server->last, "Authorization") != NULL &&
		strstr(server->last, "Cookie") != NULL,
	    "who is sent on within the same place shows them again");
	p = get("/to?/to?/to?/ok", "follow_redirects", "yes");
	ok(p.outcome == PING_ANSWERED, "thrice");
	p = get("/to?ftp://web.test/", "follow_redirects", "yes");
	ok(p.outcome == PING_BAD_ANSWER, "not to ftp (%s)", detail);
	if (netns) {
		p = get("/to?http://nowhere.example/", "follow_redirects", "yes");
		ok(p.outcome == PING_NO_NAME || p.outcome == PING_OPEN,
		    "not to an unknown name (%s)", detail);
	}
}

static void
test_options(void)
{
	static const struct {
		const char *key, *value, *sent; /* sent NULL: refused with text */
		const char *text;
	} cases[] = {
		{ "agent", "User-Agent: Lynx/2.8", "User-Agent: Lynx/2.8\r\n", "" },
		{ "agent", "Lynx", "User-Agent: Lynx\r\n", "" },
		{ "extraargs", "--head", "HEAD /ok HTTP/1.1\r\n", "" },
		{ "extraargs", "-sIo /dev/null", "HEAD /ok HTTP/1.1\r\n", "" },
		{ "extraargs", "-0 --silent", "GET /ok HTTP/1.0\r\n", "" },
		{ "extraargs", "-u user:password", "Authorization: Basic dXNlc", "" },
		{ "extraargs", "-XPUT", "PUT /ok", "" },
		{ "extraargs", "-d a=b --data c=d", "POST /ok", "" },
		{ "extraargs", "-e there", "Referer: there\r\n", "" },
		{ "extraargs", "-r 0-5", "Range: bytes=0-5\r\n", "" },
		{ "extraargs", "-4 -H X:y", "X: y", NULL },
		{ "extraargs", "--proxy http://p/", NULL,
		    "extraargs: '--proxy' is not known here, expected e.g. --header, "
		    "--head, --user, --request, --data, --http1.1, -4, -6" },
		{ "extraargs", "-d @/etc/passwd", NULL,
		    "extraargs -d @/etc/passwd: files are not read, expected the data "
		    "itself" },
		{ "extraargs", "-H", NULL,
		    "extraargs: -H stands alone, expected a value behind it" },
		{ "extraargs", "--cacert /nowhere", NULL,
		    "/nowhere: Error while reading file., expected certificates of "
		    "authorities as PEM" },
		{ "write_out", "time_namelookup", NULL,
		    "write_out = time_namelookup: names are looked up apart from the "
		    "fetch, expected time_total, or a target with probe DNS" },
		{ "timeout", "soon", "GET", NULL }, /* the first timeout counts */
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		server->last[0] = '\0';
		get("/ok", cases[i].key, cases[i].value);
		if (cases[i].sent == NULL)
			is_str(detail, cases[i].text, cases[i].value);
		else if (cases[i].text != NULL)
			ok(strstr(server->last, cases[i].sent) != NULL, "%s = %s",
			    cases[i].key, cases[i].value);
	}
	const char *vars[] = { "urlformat",
		url_of("http://%host%:PORT/ok", server->port), "extrare", "/;/",
		"extraargs", "--header;Host: www.example.com", NULL };
	struct err err;
	struct test_run *r = testhost_run("Curl", "web.test", "127.0.0.1", vars, &err);
	testhost_ping(r, 0, 2000);
	ok(strstr(server->last, "Host: www.example.com\r\n") != NULL, "extrare");
	testhost_end(r);
	fetch("Curl", "h", "ftp://%host%/", NULL, NULL, 100);
	is_str(
	    detail, "'ftp://h/': ftp is not measured, expected http or https", "ftp");
	fetch("Curl", "h", " ", NULL, NULL, 100);
	is_str(detail, "urlformat is missing, expected e.g. http://%host%/", "no URL");
}

static void
test_echoping(void)
{
	char port[8];
	const char *vars[] = { "port", port, "url", "/404", NULL, NULL, NULL };
	struct err err;
	struct test_ping p;

	snprintf(port, sizeof port, "%u", server->port);
	struct test_run *r =
	    testhost_run("EchoPingHttp", "web.test", "127.0.0.1", vars, &err);
	p = *testhost_ping(r, 0, 2000);
	ok(p.outcome == PING_BAD_ANSWER, "EchoPingHttp: 404 is no answer");
	is_str(r->run.detail, "the server answers with status 404", "and said so");
	testhost_end(r);
	vars[3] = "/to?/ok";
	r = testhost_run("EchoPingHttp", "web.test", "127.0.0.1", vars, &err);
	ok(testhost_ping(r, 0, 2000)->outcome == PING_BAD_ANSWER, "nor is 302");
	testhost_end(r);
	vars[4] = "accept_redirects";
	vars[5] = "yes";
	r = testhost_run("EchoPingHttp", "web.test", "127.0.0.1", vars, &err);
	ok(testhost_ping(r, 0, 2000)->outcome == PING_ANSWERED,
	    "with accept_redirects it is");
	testhost_end(r);
}

static void
test_many(void)
{
	enum {
		RUNS = 5,
		EACH = 50
	};
	const char *vars[] = { "urlformat", NULL, "timeout", "3", NULL };
	struct test_run *r[RUNS];
	struct err err;
	unsigned count[PING_OUTCOMES] = { 0 };
	char *url = mem_str(url_of("http://%host%:PORT/slow", server->port));

	vars[1] = url;
	server->open_max = server->open;
	for (unsigned i = 0; i < RUNS; i++) {
		r[i] = testhost_run("Curl", "web.test", "127.0.0.1", vars, &err);
		for (unsigned k = 0; k < EACH; k++)
			probe_http.ping(&r[i]->run, k);
	}
	testhost_loop(6000, &r[RUNS - 1]->ping[EACH - 1].replies);
	testhost_loop(300, NULL);
	for (unsigned i = 0; i < RUNS; i++)
		for (unsigned k = 0; k < EACH; k++)
			count[r[i]->ping[k].outcome]++;
	ok(count[PING_ANSWERED] + count[PING_NOT_SENT] == RUNS * EACH &&
		count[PING_ANSWERED] >= 200,
	    "250 at once: %u answered, %u not sent, none lost", count[PING_ANSWERED],
	    count[PING_NOT_SENT]);
	ok(server->open_max <= 200, "at most 200 at a time (%u)", server->open_max);
	for (unsigned i = 0; i < RUNS; i++)
		testhost_end(r[i]);
	free(url);

	/* all places held by a server that never answers */
	url = mem_str(url_of("http://%host%:PORT/never", server->port));
	vars[1] = url;
	memset(count, 0, sizeof count);
	for (unsigned i = 0; i < RUNS; i++) {
		r[i] = testhost_run("Curl", "web.test", "127.0.0.1", vars, &err);
		for (unsigned k = 0; k < EACH; k++)
			probe_http.ping(&r[i]->run, k);
	}
	testhost_loop(2000, NULL);
	for (unsigned i = 0; i < RUNS; i++)
		for (unsigned k = 0; k < EACH; k++)
			count[r[i]->ping[k].outcome]++;
	ok(count[PING_NOT_SENT] == 50, "who found no place was not sent (%u)",
	    count[PING_NOT_SENT]);
	for (unsigned i = 0; i < RUNS; i++)
		testhost_end(r[i]);
	struct test_ping p = get("/ok", NULL, NULL);
	ok(p.outcome == PING_ANSWERED, "ended runs leave their places");

	/* ... and with a timeout that is shorter than the queue's patience */
	memset(count, 0, sizeof count);
	for (unsigned i = 0; i < RUNS; i++) {
		r[i] = testhost_run("Curl", "web.test", "127.0.0.1", vars, &err);
		r[i]->run.timeout_ns = CLOCK_NS_PER_S;
		for (unsigned k = 0; k < EACH; k++)
			probe_http.ping(&r[i]->run, k);
	}
	testhost_loop(900, NULL);
	for (unsigned i = 0; i < RUNS; i++)
		for (unsigned k = 0; k < EACH; k++)
			count[r[i]->ping[k].outcome]++;
	ok(count[PING_NOT_SENT] == 50, "that is told before its timeout (%u)",
	    count[PING_NOT_SENT]);
	for (unsigned i = 0; i < RUNS; i++)
		testhost_end(r[i]);
	free(url);
}

/* openssl as a web server with a certificate of its own; its pid, or 0. */
static pid_t
tls_server(unsigned port, const char *dir)
{
	char *make = mem_printf("openssl req -x509 -newkey ec -pkeyopt "
				"ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
				"/CN=web.test -addext subjectAltName=DNS:web.test "
				"-keyout %s/key -out %s/cert >/dev/null 2>&1",
	    dir, dir);
	int status = system(make);
	free(make);
	if (status != 0)
		return 0;
	char *key = mem_printf("%s/key", dir), *cert = mem_printf("%s/cert", dir);
	char *at = mem_printf("127.0.0.1:%u", port);
	pid_t pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		execlp("openssl", "openssl", "s_server", "-www", "-accept", at, "-key",
		    key, "-cert", cert, (char *)NULL);
		_exit(1);
	}
	free(key);
	free(cert);
	free(at);
	return pid;
}

static struct test_ping
get_tls(unsigned port, const char *host, const char *key, const char *value)
{
	char url[100];

	snprintf(url, sizeof url, "https://%%host%%:%u/", port);
	return fetch("Curl", host, url, key, value, 4000);
}

static void
test_tls(void)
{
	char dir[] = "/tmp/smokebox-tls.XXXXXX";
	struct addr a;
	socklen_t len = sizeof a;

	if (mkdtemp(dir) == NULL)
		return;
	addr_parse(&a, "127.0.0.1");
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bind(fd, &a.sa, addr_len(&a));
	getsockname(fd, &a.sa, &len);
	close(fd);
	pid_t pid = tls_server(addr_port(&a), dir);
	if (pid == 0) {
		ok(true, "# SKIP openssl makes no certificate");
		rmdir(dir);
		return;
	}
	struct test_ping p = { .outcome = PING_REFUSED };
	for (int i = 0; i < 200 && p.outcome == PING_REFUSED; i++) {
		testhost_loop(20, NULL);
		p = get_tls(addr_port(&a), "web.test", NULL, NULL);
	}
	ok(p.outcome == PING_BAD_ANSWER && (strcasestr(detail, "certificate") != NULL ||
					       strcasestr(detail, "issuer") != NULL),
	    "a certificate that nobody signed: %s (%s)", ping_outcome_word(p.outcome),
	    detail);
	p = get_tls(addr_port(&a), "web.test", "insecure_ssl", "1");
	ok(p.outcome == PING_ANSWERED, "insecure_ssl (%s)", detail);
	char *ca = mem_printf("--cacert %s/cert", dir);
	p = get_tls(addr_port(&a), "web.test", "extraargs", ca);
	ok(p.outcome == PING_ANSWERED, "a certificate of our own authority (%s)",
	    detail);
	p = get_tls(addr_port(&a), "other.test", "extraargs", ca);
	ok(p.outcome == PING_BAD_ANSWER, "for another name (%s)", detail);
	free(ca);
	char url[100];
	snprintf(url, sizeof url, "https://%%host%%:%u/", server->port);
	p = fetch("Curl", "web.test", url, NULL, NULL, 4000);
	ok(p.outcome != PING_ANSWERED && p.outcome != PING_OPEN,
	    "TLS to a server without: %s (%s)", ping_outcome_word(p.outcome), detail);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	char *file = mem_printf("%s/key", dir);
	unlink(file);
	free(file);
	file = mem_printf("%s/cert", dir);
	unlink(file);
	free(file);
	rmdir(dir);
}

int
main(void)
{
	bool netns = testhost_netns();
	struct rlimit files = { 4096, 4096 };

	setrlimit(RLIMIT_NOFILE, &files);
	testhost_open(&probe_http);
	server = testhttp_new(testhost_base, "127.0.0.1");
	test_plain();
	test_broken();
	test_expect();
	test_own();
	test_extras();
	test_filter();
	test_redirect(netns);
	test_options();
	test_echoping();
	test_many();
	test_tls();
	for (int i = 0; i < 200 && server->open > 0; i++)
		testhost_loop(10, NULL);
	testhttp_free(server);
	testhost_close();
	return tap_done();
}
