/* DNS over HTTPS against a web server of the test's own. What that does is told by the
 * first label of the name asked for:
 *
 *   ok servfail      that answer, without records
 *   wrongid garbage  a message that is not the answer
 *   html 404 moved   another media type, that status, a redirect
 *   cut nothing      half of the body, or nothing, and the connection is gone
 *   big              a body without end
 *   never            nothing
 */
#include "t/tap.h"
#include "t/testhost.h"
#include "t/testtls.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

struct client {
	struct event *ev;
	int fd;
	char in[4096];
	size_t len;
	struct client *next;
};

static struct {
	struct event *ev;
	int fd;
	unsigned port, accepted, requests;
	char head[1024];    /* of the last request */
	uint8_t query[512]; /* its body */
	size_t query_len;
	struct client *clients;
} web;

static char url[64];

/* --- the server ------------------------------------------------------------------ */

static void
client_close(struct client *c)
{
	if (c->fd < 0)
		return;
	event_free(c->ev);
	close(c->fd);
	c->fd = -1;
}

static void
answer(struct client *c, const char *status, const char *type, const uint8_t *body,
    size_t len, size_t sent)
{
	char head[256];
	int n = snprintf(head, sizeof head,
	    "HTTP/1.1 %s\r\nContent-Type: %s\r\nLocation: /elsewhere\r\n"
	    "Content-Length: %zu\r\n\r\n",
	    status, type, len);

	(void)!send(c->fd, head, (size_t)n, MSG_NOSIGNAL);
	(void)!send(c->fd, body, sent, MSG_NOSIGNAL);
	if (sent < len)
		client_close(c);
}

/* As much as the socket takes of a body that never ends. */
static void
big(struct client *c)
{
	static const uint8_t zeros[4096];
	static const char head[] = "HTTP/1.1 200 OK\r\n"
				   "Content-Type: application/dns-message\r\n\r\n";

	(void)!send(c->fd, head, sizeof head - 1, MSG_NOSIGNAL);
	for (int i = 0; i < 64; i++)
		(void)!send(c->fd, zeros, sizeof zeros, MSG_NOSIGNAL);
}

static void
serve(struct client *c, const uint8_t *query, size_t len)
{
	static const char media[] = "application/dns-message";
	uint8_t body[512];
	char word[64] = "";

	memcpy(body, query, len);
	memcpy(word, query + 13, query[12] < 63 ? query[12] : 63);
	body[2] = 0x81;
	body[3] = 0x80;
	body[11] = 0; /* no OPT */
	if (len > 11)
		len -= 11;
	if (strcmp(word, "servfail") == 0)
		body[3] |= 2;
	if (strcmp(word, "wrongid") == 0)
		body[1] = 1;
	if (strcmp(word, "garbage") == 0)
		memset(body, 0xc0, len);
	if (strcmp(word, "html") == 0)
		answer(c, "200 OK", "text/html", body, len, len);
	else if (strcmp(word, "404") == 0)
		answer(c, "404 Not Found", media, body, len, len);
	else if (strcmp(word, "moved") == 0)
		answer(c, "302 Found", media, body, len, len);
	else if (strcmp(word, "cut") == 0)
		answer(c, "200 OK", media, body, len, len / 2);
	else if (strcmp(word, "nothing") == 0)
		client_close(c);
	else if (strcmp(word, "big") == 0)
		big(c);
	else if (strcmp(word, "never") != 0)
		answer(c, "200 OK", media, body, len, len);
}

static void
on_client(evutil_socket_t fd, short what, void *ctx)
{
	struct client *c = ctx;
	ssize_t n = recv(fd, c->in + c->len, sizeof c->in - 1 - c->len, MSG_DONTWAIT);

	(void)what;
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		client_close(c);
		return;
	}
	c->len += (size_t)n;
	c->in[c->len] = '\0';
	char *end = strstr(c->in, "\r\n\r\n"),
	     *length = strstr(c->in, "Content-Length: ");
	if (end == NULL || length == NULL)
		return;
	size_t want = strtoul(length + 16, NULL, 10);
	size_t head = (size_t)(end + 4 - c->in);
	if (c->len < head + want || want > sizeof web.query)
		return;
	web.requests++;
	snprintf(web.head, sizeof web.head, "%.*s", (int)head, c->in);
	memcpy(web.query, c->in + head, want);
	web.query_len = want;
	c->len = 0;
	serve(c, web.query, want);
}

static void
on_dialled(evutil_socket_t fd, short what, void *ctx)
{
	struct client *c = mem_zero(1, sizeof *c);

	(void)what, (void)ctx;
	c->fd = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (c->fd < 0) {
		free(c);
		return;
	}
	web.accepted++;
	c->ev = event_new(testhost_base, c->fd, EV_READ | EV_PERSIST, on_client, c);
	c->next = web.clients;
	web.clients = c;
	event_add(c->ev, NULL);
}

static void
web_open(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;

	web.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (bind(web.fd, (struct sockaddr *)&at, len) != 0 || listen(web.fd, 64) != 0 ||
	    getsockname(web.fd, (struct sockaddr *)&at, &len) != 0)
		fatal("web server");
	web.port = ntohs(at.sin_port);
	web.ev =
	    event_new(testhost_base, web.fd, EV_READ | EV_PERSIST, on_dialled, NULL);
	event_add(web.ev, NULL);
}

static void
web_close(void)
{
	struct client *c;

	while ((c = web.clients) != NULL) {
		web.clients = c->next;
		client_close(c);
		free(c);
	}
	event_free(web.ev);
	close(web.fd);
}

/* --- the tests ------------------------------------------------------------------- */

static struct test_run *
run(const char *lookup, const char *key, const char *value, const char *key2,
    const char *value2)
{
	static const char *vars[16];
	const char *all[] = { "url", url, "lookup", lookup, "dns_rate", "0", key, value,
		key2, value2, NULL };
	struct err err;
	size_t n = 0;

	for (; all[n] != NULL; n++)
		vars[n] = all[n];
	vars[n] = NULL;
	struct test_run *r = testhost_run("DoH", "dns.test", "127.0.0.1", vars, &err);
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
		{ "servfail", PING_BAD_ANSWER, "the server answers SERVFAIL" },
		{ "wrongid", PING_BAD_ANSWER,
		    "the server's answer is to another question" },
		{ "garbage", PING_BAD_ANSWER,
		    "the server's answer is to another question" },
		{ "html", PING_BAD_ANSWER,
		    "the server answers with text/html, not application/dns-message" },
		{ "404", PING_BAD_ANSWER, "the server answers with status 404" },
		{ "moved", PING_BAD_ANSWER, "the server answers with status 302" },
		{ "cut", PING_CUT_OFF, NULL },
		{ "nothing", PING_CUT_OFF, "Empty reply from server" },
		{ "big", PING_BAD_ANSWER,
		    "the server sends more than any DNS message has" },
	};

	for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
		struct test_run *r = run(asks[i].lookup, NULL, NULL, NULL, NULL);
		struct test_ping p = *testhost_ping(r, 0, 3000);
		ok(p.outcome == asks[i].outcome, "%s: %s", asks[i].lookup,
		    ping_outcome_word(p.outcome));
		if (asks[i].detail != NULL)
			is_str(r->run.detail != NULL ? r->run.detail : "",
			    asks[i].detail, "its detail");
		testhost_end(r);
	}
	struct test_run *r = run("never", NULL, NULL, NULL, NULL);
	ok(testhost_ping(r, 0, 150)->outcome == PING_OPEN, "never: the host's timeout");
	testhost_end(r);
	testhost_loop(20, NULL);
}

static void
test_request(void)
{
	struct test_run *r = run("ok", NULL, NULL, NULL, NULL);
	struct test_ping p = *testhost_ping(r, 0, 2000);
	double rtt = (double)p.rtt_ns / CLOCK_NS_PER_S;

	ok(strncmp(web.head, "POST /dns-query HTTP/1.1\r\n", 26) == 0 &&
		strstr(web.head, "\r\nContent-Type: application/dns-message\r\n") &&
		strstr(web.head, "\r\nAccept: application/dns-message\r\n"),
	    "a POST of a DNS message");
	ok(web.query[0] == 0 && web.query[1] == 0, "its id is 0");
	ok(rtt > 0 && rtt >= r->extra[EXTRA_QUERY] && r->extra[EXTRA_CONNECT] > 0 &&
		r->extra[EXTRA_STATUS] == 200 && r->extras[EXTRA_TLS] == 0,
	    "phases and status");
	testhost_end(r);

	unsigned before = web.accepted;
	r = run("ok", NULL, NULL, NULL, NULL);
	for (unsigned i = 0; i < 5; i++)
		testhost_ping(r, i, 2000);
	is_int(web.accepted - before, 5, "a connection for each");
	testhost_end(r);
	before = web.accepted;
	r = run("ok", "dns_reuse", "yes", NULL, NULL);
	for (unsigned i = 0; i < 5; i++)
		testhost_ping(r, i, 2000);
	is_int(web.accepted - before, 1, "or one that is used again");
	ok(r->extras[EXTRA_CONNECT] == 1 && r->extras[EXTRA_QUERY] == 5 &&
		r->ping[4].outcome == PING_ANSWERED,
	    "its connect is told once");
	testhost_end(r);
}

static void
test_https(void)
{
	struct testtls *tls = testtls_new(testhost_base, "dns.test", 30, web.port);
	char plain[64];

	strcpy(plain, url);
	snprintf(url, sizeof url, "https://%%host%%:%u/dns-query", tls->port);
	struct test_run *r = run("ok", "dns_tls_ca", tls->ca, NULL, NULL);
	struct test_ping p = *testhost_ping(r, 0, 3000);
	ok(p.outcome == PING_ANSWERED && r->extra[EXTRA_TLS] > 0 &&
		r->extra[EXTRA_CERT_DAYS] > 29,
	    "over TLS, by its name");
	testhost_end(r);
	unsigned before = web.requests;
	r = run("ok", NULL, NULL, NULL, NULL);
	is_int(testhost_ping(r, 0, 3000)->outcome, PING_BAD_ANSWER,
	    "a certificate nobody knows");
	is_str(r->run.detail,
	    "certificate of dns.test: The certificate is NOT trusted. The certificate "
	    "issuer is unknown",
	    "is named");
	testhost_end(r);
	r = run("ok", "dns_tls_ca", tls->ca, "dns_tls_name", "other.test");
	is_int(testhost_ping(r, 0, 3000)->outcome, PING_BAD_ANSWER, "another name");
	testhost_end(r);
	is_int(web.requests - before, 0, "nothing was asked");
	r = run("ok", "dns_tls_verify", "no", NULL, NULL);
	is_int(
	    testhost_ping(r, 0, 3000)->outcome, PING_ANSWERED, "unless all the same");
	testhost_end(r);
	tls->manner = TESTTLS_GARBAGE;
	r = run("ok", "dns_tls_ca", tls->ca, NULL, NULL);
	is_int(testhost_ping(r, 0, 3000)->outcome, PING_BAD_ANSWER, "garbage for TLS");
	testhost_end(r);
	strcpy(url, plain);
	testtls_free(tls);
}

static void
test_options(void)
{
	static const struct {
		const char *host, *vars[3], *text;
	} bad[] = {
		{ "dns.test", { "url", "ftp://%host%/" },
		    "url = ftp://dns.test/: expected https or http" },
		{ "dns.test", { "url", "dns-query" },
		    "url = dns-query: Bad scheme, expected https://..." },
	};
	struct err err;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct test_run *r =
		    testhost_run("DoH", bad[i].host, NULL, bad[i].vars, &err);
		is_str(r == NULL ? err.text : "accepted", bad[i].text, "options");
	}
	static const char *const closed[] = { "url", "http://%host%:1/", NULL };
	struct test_run *r = testhost_run("DoH", "::1", NULL, closed, &err);
	is_str(r != NULL ? r->run.opts != NULL ? "read" : "" : err.text, "read",
	    "an IPv6 address as host");
	is_int(testhost_ping(r, 0, 2000)->outcome, PING_REFUSED, "a closed port");
	testhost_end(r);
}

int
main(void)
{
	testhost_netns();
	testhost_open(&probe_doh);
	web_open();
	snprintf(url, sizeof url, "http://%%host%%:%u/dns-query", web.port);
	test_answers();
	test_request();
	test_https();
	test_options();
	web_close();
	testhost_close();
	return tap_done();
}
