#include "t/testcert.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/mem.h"

#define DAY ((time_t)86400)

struct testcert_client {
	struct testcert *t;
	gnutls_session_t session;
	int fd, plain;
	bool shaken;
	struct event *in, *out, *back;
	LIST_ENTRY(testcert_client) link;
};

struct testcert {
	struct event_base *base;
	enum testcert_kind kind;
	unsigned port, behind, shaking, shaking_most;
	int fd;
	struct event *ev;
	gnutls_certificate_credentials_t cred;
	LIST_HEAD(, testcert_client) clients;
};

/* --- certificates ----------------------------------------------------------------- */

struct identity {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
};

static struct {
	struct identity root, middle;
} authority;

static void
need(int code)
{
	if (code < 0)
		fatalx("gnutls: %s", gnutls_strerror(code));
}

static void
forget(struct identity *who)
{
	gnutls_x509_privkey_deinit(who->key);
	gnutls_x509_crt_deinit(who->crt);
	*who = (struct identity){ 0 };
}

/* A key of NAME's and its certificate that ends at END, signed by BY (NULL: by itself).
 */
static struct identity
identity(const char *name, time_t end, bool ca, const struct identity *by)
{
	static unsigned char serial;
	struct identity who;
	unsigned char id[20], number[2] = { 1, ++serial };
	size_t len = sizeof id;

	need(gnutls_x509_privkey_init(&who.key));
	need(gnutls_x509_privkey_generate(who.key, GNUTLS_PK_ECDSA,
	    GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
	need(gnutls_x509_crt_init(&who.crt));
	need(gnutls_x509_crt_set_version(who.crt, 3));
	need(gnutls_x509_crt_set_serial(who.crt, number, sizeof number));
	need(gnutls_x509_crt_set_activation_time(who.crt, time(NULL) - 30 * DAY));
	need(gnutls_x509_crt_set_expiration_time(who.crt, end));
	need(gnutls_x509_crt_set_key(who.crt, who.key));
	need(gnutls_x509_crt_set_dn_by_oid(
	    who.crt, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)strlen(name)));
	need(gnutls_x509_crt_set_basic_constraints(who.crt, ca, -1));
	need(gnutls_x509_crt_set_key_usage(
	    who.crt, ca ? GNUTLS_KEY_KEY_CERT_SIGN : GNUTLS_KEY_DIGITAL_SIGNATURE));
	if (!ca)
		need(gnutls_x509_crt_set_subject_alt_name(who.crt, GNUTLS_SAN_DNSNAME,
		    name, (unsigned)strlen(name), GNUTLS_FSAN_SET));
	need(gnutls_x509_crt_get_key_id(who.crt, 0, id, &len));
	need(gnutls_x509_crt_set_subject_key_id(who.crt, id, len));
	need(gnutls_x509_crt_sign2(who.crt, by != NULL ? by->crt : who.crt,
	    by != NULL ? by->key : who.key, GNUTLS_DIG_SHA256, 0));
	/* GnuTLS sorts a chain by names that it knows of read certificates only. */
	gnutls_datum_t der;
	need(gnutls_x509_crt_export2(who.crt, GNUTLS_X509_FMT_DER, &der));
	gnutls_x509_crt_deinit(who.crt);
	need(gnutls_x509_crt_init(&who.crt));
	need(gnutls_x509_crt_import(who.crt, &der, GNUTLS_X509_FMT_DER));
	gnutls_free(der.data);
	return who;
}

static void
found(void)
{
	if (authority.root.key != NULL)
		return;
	authority.root = identity("Test Root", time(NULL) + 900 * DAY, true, NULL);
	authority.middle =
	    identity("Test Middle", time(NULL) + 30 * DAY, true, &authority.root);
}

void
testcert_close(void)
{
	if (authority.root.key == NULL)
		return;
	forget(&authority.root);
	forget(&authority.middle);
}

int
testcert_authority(const char *path)
{
	gnutls_datum_t pem = { NULL, 0 };
	FILE *f;

	found();
	need(gnutls_x509_crt_export2(authority.root.crt, GNUTLS_X509_FMT_PEM, &pem));
	f = fopen(path, "w");
	if (f != NULL) {
		fwrite(pem.data, 1, pem.size, f);
		fclose(f);
	}
	gnutls_free(pem.data);
	return f != NULL ? 0 : -1;
}

static void
credentials(struct testcert *t)
{
	time_t now = time(NULL), end = now + 90 * DAY;
	const char *name = t->kind == TESTCERT_WRONG_NAME ? "other.test" : "web.test";
	bool alone = t->kind == TESTCERT_BROKEN || t->kind == TESTCERT_SELF_SIGNED;
	gnutls_x509_crt_t chain[2];

	found();
	if (t->kind == TESTCERT_SOON)
		end = now + 3 * DAY;
	else if (t->kind == TESTCERT_EXPIRED)
		end = now - 3 * DAY;
	struct identity who = identity(name, end, false,
	    t->kind == TESTCERT_SELF_SIGNED ? NULL : &authority.middle);
	chain[0] = who.crt;
	chain[1] = authority.middle.crt;
	need(gnutls_certificate_allocate_credentials(&t->cred));
	need(gnutls_certificate_set_x509_key(t->cred, chain, alone ? 1 : 2, who.key));
	forget(&who);
}

/* --- connections ------------------------------------------------------------------ */

static void
client_free(struct testcert_client *c)
{
	if (!c->shaken)
		c->t->shaking--;
	event_free(c->in);
	event_free(c->out);
	if (c->back != NULL)
		event_free(c->back);
	if (c->session != NULL)
		gnutls_deinit(c->session);
	close(c->fd);
	if (c->plain >= 0)
		close(c->plain);
	LIST_REMOVE(c, link);
	free(c);
}

/* What the plain server says goes to the client; a test's answers fit into buffers. */
static void
on_back(evutil_socket_t fd, short what, void *ctx)
{
	struct testcert_client *c = ctx;
	char buf[16384];
	ssize_t n = recv(fd, buf, sizeof buf, MSG_DONTWAIT);

	(void)what;
	if (n > 0 && gnutls_record_send(c->session, buf, (size_t)n) == n)
		return;
	if (n < 0 && errno == EAGAIN)
		return;
	if (n == 0)
		gnutls_bye(c->session, GNUTLS_SHUT_WR);
	client_free(c);
}

static int
client_open(struct testcert_client *c)
{
	struct addr a;

	addr_parse(&a, "127.0.0.1");
	addr_set_port(&a, c->t->behind);
	c->plain = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->plain < 0 || connect(c->plain, &a.sa, addr_len(&a)) != 0)
		return -1;
	c->shaken = true;
	c->t->shaking--;
	c->back = event_new(c->t->base, c->plain, EV_READ | EV_PERSIST, on_back, c);
	event_add(c->back, NULL);
	return 0;
}

static void
on_client(evutil_socket_t fd, short what, void *ctx)
{
	struct testcert_client *c = ctx;
	char buf[16384];
	ssize_t n;

	(void)fd, (void)what;
	if (!c->shaken) {
		int r = gnutls_handshake(c->session);
		if (r == GNUTLS_E_AGAIN || r == GNUTLS_E_INTERRUPTED) {
			if (gnutls_record_get_direction(c->session) == 1)
				event_add(c->out, NULL);
			return;
		}
		if (r < 0 || client_open(c) != 0) {
			client_free(c);
			return;
		}
	}
	while ((n = gnutls_record_recv(c->session, buf, sizeof buf)) > 0)
		if (send(c->plain, buf, (size_t)n, MSG_NOSIGNAL) != n)
			break;
	if (n != GNUTLS_E_AGAIN && n != GNUTLS_E_INTERRUPTED)
		client_free(c);
}

static void
on_deaf(evutil_socket_t fd, short what, void *ctx)
{
	char buf[4096];

	(void)what;
	if (recv(fd, buf, sizeof buf, MSG_DONTWAIT) <= 0)
		client_free(ctx);
}

static void
on_accept(evutil_socket_t fd, short what, void *ctx)
{
	struct testcert *t = ctx;
	int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	bool deaf = t->kind == TESTCERT_GARBAGE || t->kind == TESTCERT_SILENT;
	struct testcert_client *c;

	(void)what;
	if (peer < 0)
		return;
	c = mem_zero(1, sizeof *c);
	c->t = t;
	c->fd = peer;
	c->plain = -1;
	LIST_INSERT_HEAD(&t->clients, c, link);
	if (++t->shaking > t->shaking_most)
		t->shaking_most = t->shaking;
	c->in = event_new(
	    t->base, peer, EV_READ | EV_PERSIST, deaf ? on_deaf : on_client, c);
	c->out = event_new(t->base, peer, EV_WRITE, on_client, c);
	event_add(c->in, NULL);
	if (t->kind == TESTCERT_GARBAGE &&
	    send(peer, "\x16\x03\x03\xff\xff\x02\x00garbage\xfe\xff", 16,
		MSG_NOSIGNAL) < 0)
		log_warn("send");
	if (deaf)
		return;
	need(gnutls_init(&c->session, GNUTLS_SERVER | GNUTLS_NONBLOCK));
	need(gnutls_set_default_priority(c->session));
	need(gnutls_credentials_set(c->session, GNUTLS_CRD_CERTIFICATE, t->cred));
	gnutls_transport_set_int(c->session, peer);
}

struct testcert *
testcert_new(struct event_base *base, enum testcert_kind kind, unsigned port)
{
	struct testcert *t = mem_zero(1, sizeof *t);
	struct addr a;
	socklen_t len = sizeof a;

	t->base = base;
	t->kind = kind;
	t->behind = port;
	LIST_INIT(&t->clients);
	addr_parse(&a, "127.0.0.1");
	t->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (t->fd < 0 || bind(t->fd, &a.sa, addr_len(&a)) != 0 ||
	    listen(t->fd, 1000) != 0 || getsockname(t->fd, &a.sa, &len) != 0)
		fatal("a port for TLS");
	t->port = addr_port(&a);
	credentials(t);
	t->ev = event_new(base, t->fd, EV_READ | EV_PERSIST, on_accept, t);
	event_add(t->ev, NULL);
	return t;
}

unsigned
testcert_port(const struct testcert *t)
{
	return t->port;
}

unsigned
testcert_shaking_most(const struct testcert *t)
{
	return t->shaking_most;
}

void
testcert_free(struct testcert *t)
{
	while (!LIST_EMPTY(&t->clients))
		client_free(LIST_FIRST(&t->clients));
	event_free(t->ev);
	close(t->fd);
	gnutls_certificate_free_credentials(t->cred);
	free(t);
}
