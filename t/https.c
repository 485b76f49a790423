/* HTTPS against certificates that are right and wrong, peers that speak no TLS, and
 * many handshakes at once. */
#include "t/tap.h"
#include "t/testhost.h"
#include "t/testhttp.h"
#include "t/testcert.h"

#include <math.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

static struct testhttp *web;
static char *authority; /* "--cacert FILE" */
static char detail[sizeof(struct err)];

/* One fetch of HOST at T with EXTRA for extraargs; RUN keeps its extras, if not NULL.
 */
static struct test_ping
fetch(struct testcert *t, const char *host, const char *extra, struct test_run *kept)
{
	char url[100];
	const char *vars[] = { "urlformat", url, "timeout", "1", "require_zero_status",
		"yes", extra != NULL ? "extraargs" : NULL, extra, NULL };
	struct err err;

	snprintf(url, sizeof url, "https://%%host%%:%u/ok", testcert_port(t));
	struct test_run *r = testhost_run("Curl", host, "127.0.0.1", vars, &err);
	if (r == NULL)
		fatalx("%s", err.text);
	struct test_ping p = *testhost_ping(r, 0, 3000);
	snprintf(
	    detail, sizeof detail, "%s", r->run.detail != NULL ? r->run.detail : "");
	if (kept != NULL)
		*kept = *r;
	testhost_end(r);
	return p;
}

static void
test_certificates(void)
{
	static const struct {
		enum testcert_kind kind;
		enum ping_outcome outcome;
		const char *why; /* part of it */
		double days;	 /* NAN: no certificate is seen */
	} cases[] = {
		{ TESTCERT_GOOD, PING_ANSWERED, "", 30 },
		{ TESTCERT_SOON, PING_ANSWERED, "", 3 },
		{ TESTCERT_EXPIRED, PING_BAD_ANSWER, "expired", -3 },
		{ TESTCERT_WRONG_NAME, PING_BAD_ANSWER, "name", 30 },
		{ TESTCERT_SELF_SIGNED, PING_BAD_ANSWER, "issuer", 90 },
		{ TESTCERT_BROKEN, PING_BAD_ANSWER, "issuer", 90 },
		{ TESTCERT_GARBAGE, PING_BAD_ANSWER, "TLS", NAN },
		{ TESTCERT_SILENT, PING_TIMEOUT, "timed out", NAN },
	};
	struct test_run r;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct testcert *t =
		    testcert_new(testhost_base, cases[i].kind, web->port);
		web->last[0] = '\0';
		struct test_ping p = fetch(t, "web.test", authority, &r);
		ok(p.outcome == cases[i].outcome &&
			strstr(detail, cases[i].why) != NULL,
		    "certificate %zu: %s (%s)", i, ping_outcome_word(p.outcome),
		    detail);
		if (isnan(cases[i].days))
			ok(r.extras[EXTRA_CERT_DAYS] == 0, "no certificate was seen");
		else
			ok(r.extras[EXTRA_CERT_DAYS] == 1 &&
				fabs(r.extra[EXTRA_CERT_DAYS] - cases[i].days) < 0.1,
			    "the first to end does so in %.1f days",
			    r.extra[EXTRA_CERT_DAYS]);
		if (p.outcome != PING_ANSWERED)
			ok(web->last[0] == '\0', "nothing was asked of it");
		testcert_free(t);
	}
}

static void
test_insecure(void)
{
	struct testcert *t = testcert_new(testhost_base, TESTCERT_EXPIRED, web->port);
	struct test_run r;

	ok(fetch(t, "web.test", "-k", &r).outcome == PING_ANSWERED &&
		fabs(r.extra[EXTRA_CERT_DAYS] + 3) < 0.1,
	    "who does not look at the certificate still learns that it has ended");
	ok(fetch(t, "web.test", NULL, NULL).outcome == PING_BAD_ANSWER,
	    "the system does not know our authority (%s)", detail);
	testcert_free(t);
}

static void
test_phases(void)
{
	struct testcert *t = testcert_new(testhost_base, TESTCERT_GOOD, web->port);
	struct test_run r;
	struct test_ping p = fetch(t, "web.test", authority, &r);
	double sum = r.extra[EXTRA_CONNECT] + r.extra[EXTRA_TLS] +
		     r.extra[EXTRA_FIRST_BYTE] + r.extra[EXTRA_TRANSFER];

	ok(r.extras[EXTRA_TLS] == 1 && r.extra[EXTRA_TLS] > 0 &&
		r.extra[EXTRA_CONNECT] > 0 && r.extra[EXTRA_FIRST_BYTE] > 0,
	    "connect %.6f, TLS %.6f, first byte %.6f, transfer %.6f",
	    r.extra[EXTRA_CONNECT], r.extra[EXTRA_TLS], r.extra[EXTRA_FIRST_BYTE],
	    r.extra[EXTRA_TRANSFER]);
	ok(sum <= (double)p.rtt_ns / 1e9 + 1e-5 && sum > (double)p.rtt_ns / 2e9,
	    "which make up the ping's time of %.6f", (double)p.rtt_ns / 1e9);
	ok(r.extra[EXTRA_STATUS] == 200 && r.extras[EXTRA_REDIRECTS] == 0 &&
		r.extras[EXTRA_LOOKUP] == 0,
	    "status; what did not happen is not told");
	testcert_free(t);
}

/* All at once: as many handshakes as there are processors, and none is lost. */
static void
test_many(void)
{
	enum {
		PINGS = 60
	};
	struct testcert *t = testcert_new(testhost_base, TESTCERT_GOOD, web->port);
	char url[100];
	const char *vars[] = { "urlformat", url, "timeout", "5", "extraargs", authority,
		NULL };
	struct err err;
	unsigned answered = 0, unsent = 0;

	snprintf(url, sizeof url, "https://%%host%%:%u/ok", testcert_port(t));
	struct test_run *r = testhost_run("Curl", "web.test", "127.0.0.1", vars, &err);
	for (unsigned i = 0; i < PINGS; i++)
		probe_http.ping(&r->run, i);
	for (int turn = 0; turn < 600 && answered + unsent < PINGS; turn++) {
		testhost_loop(10, NULL);
		answered = unsent = 0;
		for (unsigned i = 0; i < PINGS; i++) {
			answered += r->ping[i].outcome == PING_ANSWERED;
			unsent += r->ping[i].outcome == PING_NOT_SENT;
		}
	}
	/* on a slow machine some wait for more than a second, and are never sent */
	ok(answered + unsent == PINGS && answered >= PINGS / 4,
	    "many at once: %u answered, %u not sent, none lost", answered, unsent);
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	/* on a slow machine some lose their places before they are done */
	ok(testcert_shaking_most(t) <= (unsigned)cores + PINGS / 3,
	    "of which %u shook hands at once, with %ld processors",
	    testcert_shaking_most(t), cores);
	testhost_end(r);
	testcert_free(t);
}

/* Silent peers do not keep others from their handshakes. */
static void
test_silent(void)
{
	struct testcert *mute = testcert_new(testhost_base, TESTCERT_SILENT, web->port);
	struct testcert *t = testcert_new(testhost_base, TESTCERT_GOOD, web->port);
	char url[100];
	const char *vars[] = { "urlformat", url, "timeout", "5", NULL };
	struct err err;

	snprintf(url, sizeof url, "https://%%host%%:%u/ok", testcert_port(mute));
	struct test_run *r = testhost_run("Curl", "web.test", "127.0.0.1", vars, &err);
	for (unsigned i = 0; i < 30; i++)
		probe_http.ping(&r->run, i);
	struct test_ping p = fetch(t, "web.test", authority, NULL);
	ok(p.outcome == PING_ANSWERED && p.rtt_ns < 500 * CLOCK_NS_PER_MS,
	    "30 silent peers hold nobody up (%s, %lld us)",
	    ping_outcome_word(p.outcome), (long long)p.rtt_ns / 1000);
	testhost_end(r);
	testcert_free(t);
	testcert_free(mute);
}

int
main(void)
{
	char dir[] = "/tmp/smokebox-https.XXXXXX";
	struct rlimit files = { 4096, 4096 };

	if (mkdtemp(dir) == NULL)
		fatal("%s", dir);
	char *path = mem_printf("%s/ca", dir);
	authority = mem_printf("--cacert %s", path);
	testhost_netns();
	setrlimit(RLIMIT_NOFILE, &files);
	testhost_open(&probe_http);
	web = testhttp_new(testhost_base, "127.0.0.1");
	if (testcert_authority(path) != 0)
		fatal("%s", path);
	test_certificates();
	test_insecure();
	test_phases();
	test_many();
	test_silent();
	for (int i = 0; i < 200 && web->open > 0; i++)
		testhost_loop(10, NULL);
	testhttp_free(web);
	testcert_close();
	testhost_close();
	unlink(path);
	rmdir(dir);
	free(path);
	free(authority);
	return tap_done();
}
