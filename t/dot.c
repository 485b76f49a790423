/* DNS over TLS against a server that answers, lies, speaks no TLS or has the wrong
 * certificate. */
#include <sys/stat.h>
#include <unistd.h>

#include "t/peer.h"
#include "t/tap.h"
#include "t/testdns.h"
#include "t/testhost.h"
#include "t/testtls.h"

#include "base/clock.h"

static struct testdns *server;
static struct testtls *tls;
static char port[8];

/* A run that asks for LOOKUP, with two more variables. */
static struct test_run *
run(const char *module, const char *lookup, const char *key, const char *value,
    const char *key2, const char *value2)
{
	static const char *vars[20];
	const char *all[] = { "port", port, "lookup", lookup, "dns_tls_ca", tls->ca,
		"dns_over", "tls", key, value, key2, value2, NULL };
	size_t n = 0;
	struct err err;

	for (size_t i = 0; all[i] != NULL; i++)
		vars[n++] = all[i];
	vars[n] = NULL;
	struct test_run *r = testhost_run(module, "dns.test", "127.0.0.1", vars, &err);
	if (r == NULL) {
		printf("Bail out! %s\n", err.text);
		exit(1);
	}
	return r;
}

static void
test_answers(void)
{
	static const struct {
		const char *lookup;
		enum ping_outcome outcome;
		const char *detail;
	} asks[] = {
		{ "ok", PING_ANSWERED, "" },
		{ "pieces", PING_ANSWERED, "" },
		{ "nxdomain", PING_ANSWERED, "" },
		{ "idle", PING_ANSWERED, "" },
		{ "servfail", PING_BAD_ANSWER, "the server answers SERVFAIL" },
		{ "loop", PING_BAD_ANSWER, "the server's answer is broken" },
		{ "close", PING_CUT_OFF,
		    "the server closes the connection without an answer" },
		{ "half", PING_CUT_OFF,
		    "the server closes the connection without an answer" },
		{ "endless", PING_BAD_ANSWER, "the server sends without end" },
	};

	for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
		struct test_run *r = run("DoT", asks[i].lookup, NULL, NULL, NULL, NULL);
		struct test_ping p = *testhost_ping(r, 0, 3000);
		ok(p.outcome == asks[i].outcome, "%s: %s", asks[i].lookup,
		    ping_outcome_word(p.outcome));
		is_str(r->run.detail != NULL ? r->run.detail : "", asks[i].detail,
		    "its detail");
		testhost_end(r);
	}
	static const char *const silent[] = { "never", "long", "drip" };
	for (size_t i = 0; i < 3; i++) {
		struct test_run *r = run("DoT", silent[i], NULL, NULL, NULL, NULL);
		struct test_ping p = *testhost_ping(r, 0, 150);
		ok(p.outcome == PING_OPEN && p.losses == 0, "%s: the host's timeout",
		    silent[i]);
		testhost_end(r);
	}
	struct test_run *r = run("AnotherDNS", "servfail", NULL, NULL, NULL, NULL);
	ok(testhost_ping(r, 0, 2000)->outcome == PING_ANSWERED,
	    "AnotherDNS over TLS counts every answer");
	testhost_end(r);
}

static void
test_phases(void)
{
	struct test_run *r = run("DoT", "slow", NULL, NULL, NULL, NULL);
	struct test_ping p = *testhost_ping(r, 0, 2000);
	double rtt = (double)p.rtt_ns / CLOCK_NS_PER_S;
	double parts =
	    r->extra[EXTRA_CONNECT] + r->extra[EXTRA_TLS] + r->extra[EXTRA_QUERY];

	ok(p.outcome == PING_ANSWERED && r->extra[EXTRA_QUERY] >= 0.1 &&
		r->extra[EXTRA_CONNECT] > 0 && r->extra[EXTRA_TLS] > 0 &&
		rtt >= parts - 0.001,
	    "connect, TLS and query make up the figure");
	ok(r->extra[EXTRA_CERT_DAYS] > 29.9 && r->extra[EXTRA_CERT_DAYS] < 30.1,
	    "days until the certificate ends");
	testhost_end(r);

	unsigned before = tls->shaken;
	r = run("DoT", "slow", "dns_reuse", "yes", "dns_rate", "0");
	for (unsigned i = 0; i < 10; i++)
		probe_dot.ping(&r->run, i);
	testhost_loop(2000, &r->ping[0].replies);
	testhost_loop(100, NULL);
	unsigned answered = 0;
	for (unsigned i = 0; i < 10; i++)
		answered += r->ping[i].outcome == PING_ANSWERED;
	is_int(answered, 10, "ten queries");
	is_int(tls->shaken - before, 1, "over one connection that is used again");
	ok(r->extras[EXTRA_TLS] == 1 && r->extras[EXTRA_QUERY] == 10,
	    "one handshake is told");
	testhost_end(r);
}

static void
refused(
    struct test_run *r, enum ping_outcome outcome, const char *detail, const char *what)
{
	unsigned before = server->queries;
	struct test_ping p = *testhost_ping(r, 0, 2000);

	ok(p.outcome == outcome, "%s: %s", what, ping_outcome_word(p.outcome));
	is_str(r->run.detail != NULL ? r->run.detail : "", detail, "its detail");
	is_int(server->queries - before, 0, "nothing was asked");
	testhost_end(r);
}

static void
test_certificates(void)
{
	refused(run("DoT", "ok", "dns_tls_name", "other.test", NULL, NULL),
	    PING_BAD_ANSWER,
	    "certificate of other.test: The certificate is NOT trusted. The name in the "
	    "certificate does not match the expected",
	    "another name");
	struct test_run *r =
	    run("DoT", "ok", "dns_tls_name", "other.test", "dns_tls_verify", "no");
	ok(testhost_ping(r, 0, 2000)->outcome == PING_ANSWERED,
	    "unless any certificate will do");
	testhost_end(r);

	/* the system's authorities do not know it */
	const char *vars[] = { "port", port, "lookup", "ok", NULL };
	struct err err;
	r = testhost_run("DoT", "dns.test", "127.0.0.1", vars, &err);
	refused(r, PING_BAD_ANSWER,
	    "certificate of dns.test: The certificate is NOT trusted. The certificate "
	    "issuer is unknown",
	    "an authority nobody knows");

	struct testtls *old = testtls_new(testhost_base, "dns.test", -1, server->port);
	char old_port[8];
	snprintf(old_port, sizeof old_port, "%u", old->port);
	const char *ended[] = { "port", old_port, "lookup", "ok", "dns_tls_ca", old->ca,
		NULL };
	r = testhost_run("DoT", "dns.test", "127.0.0.1", ended, &err);
	refused(r, PING_BAD_ANSWER,
	    "certificate of dns.test: The certificate is NOT trusted. The certificate "
	    "chain uses expired certificate",
	    "an old certificate");
	testtls_free(old);
}

/* Warning upon warning, RFC 5246 section 7.2. */
static ssize_t
warns(const uint8_t *heard, size_t len, uint8_t *out, size_t room, unsigned times)
{
	static const uint8_t alert[] = { 21, 3, 3, 0, 2, 1, 90 };
	size_t n = 0;

	(void)heard, (void)len, (void)times;
	while (n + sizeof alert <= room && n < 100 * sizeof alert) {
		memcpy(out + n, alert, sizeof alert);
		n += sizeof alert;
	}
	return (ssize_t)n;
}

static void
test_no_tls(void)
{
	tls->manner = TESTTLS_GARBAGE;
	refused(run("DoT", "ok", NULL, NULL, NULL, NULL), PING_BAD_ANSWER,
	    "TLS: A TLS record packet with invalid length was received.", "garbage");
	tls->manner = TESTTLS_ENDLESS;
	refused(run("DoT", "ok", NULL, NULL, NULL, NULL), PING_BAD_ANSWER,
	    "TLS: A TLS record packet with invalid length was received.",
	    "garbage without end");
	tls->manner = TESTTLS_CLOSED;
	refused(run("DoT", "ok", NULL, NULL, NULL, NULL), PING_CUT_OFF,
	    "the server closes the connection during the handshake", "no handshake");
	tls->manner = TESTTLS_SILENT;
	struct test_run *r = run("DoT", "ok", NULL, NULL, NULL, NULL);
	ok(testhost_ping(r, 0, 150)->outcome == PING_OPEN,
	    "no answer to the handshake: the host's timeout");
	testhost_end(r);
	tls->manner = TESTTLS_GOOD;

	const char *vars[] = { "port", "1", NULL };
	struct err err;
	r = testhost_run("DoT", "127.0.0.1", NULL, vars, &err);
	is_int(testhost_ping(r, 0, 2000)->outcome, PING_REFUSED, "a closed port");
	testhost_end(r);
	/* TLS at a server that has only DNS */
	char plain[8];
	snprintf(plain, sizeof plain, "%u", server->port);
	const char *dns[] = { "port", plain, "lookup", "ok", NULL };
	r = testhost_run("DoT", "127.0.0.1", NULL, dns, &err);
	ok(testhost_ping(r, 0, 150)->outcome == PING_OPEN, "a server without TLS");
	testhost_end(r);
	struct peer peer = peer_answers("127.0.0.1", SOCK_STREAM, warns);
	const char *warning[] = { "port", peer.port, "lookup", "ok", NULL };
	r = testhost_run("DoT", "127.0.0.1", NULL, warning, &err);
	is_int(testhost_ping(r, 0, 2000)->outcome, PING_BAD_ANSWER,
	    "one that does nothing but warn");
	is_str(r->run.detail, "TLS: A TLS warning alert has been received.", "is told");
	testhost_end(r);
	peer_end(&peer, NULL, 0);
}

static void
test_options(void)
{
	static const char *const udp[] = { "dns_over", "udp", NULL };
	static const char *const ca[] = { "dns_tls_ca", "/nonexistent", NULL };
	struct err err = { "" };

	ok(testhost_run("DNS", "192.0.2.1", NULL, udp, &err) == NULL,
	    "UDP is not the fetcher's");
	ok(testhost_run("DoT", "192.0.2.1", NULL, ca, &err) == NULL,
	    "authorities that are not there");
	ok(strncmp(err.text, "/nonexistent: ", 14) == 0, "are named: %s", err.text);
	char dir[] = "/tmp/smokebox-dot.XXXXXX", fifo[64];
	ok(mkdtemp(dir) != NULL, "a directory of our own");
	snprintf(fifo, sizeof fifo, "%s/pipe", dir);
	const char *const pipe[] = { "dns_tls_ca", fifo, NULL };
	ok(mkfifo(fifo, 0600) == 0 &&
		testhost_run("DoT", "192.0.2.1", NULL, pipe, &err) == NULL &&
		strstr(err.text, ": no ordinary file, expected ") != NULL,
	    "a pipe that nobody writes to is not waited for: %s", err.text);
	unlink(fifo);
	rmdir(dir);
	static const char *const over[] = { "dns_over", "tls", "port", "53", NULL };
	struct test_run *r = testhost_run("AnotherDNS", "127.0.0.1", NULL, over, &err);
	ok(r != NULL && testhost_ping(r, 0, 2000)->outcome == PING_REFUSED,
	    "AnotherDNS's default port is not TLS's");
	if (r != NULL)
		testhost_end(r);
}

int
main(void)
{
	testhost_netns();
	testhost_open(&probe_dot);
	server = testdns_new(testhost_base, "127.0.0.1", 0);
	tls = testtls_new(testhost_base, "dns.test", 30, server->port);
	snprintf(port, sizeof port, "%u", tls->port);
	test_answers();
	test_phases();
	test_certificates();
	test_no_tls();
	test_options();
	testtls_free(tls);
	testdns_free(server);
	testhost_close();
	return tap_done();
}
