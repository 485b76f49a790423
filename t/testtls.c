#include "t/testtls.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

struct testtls_secret {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
	gnutls_certificate_credentials_t credentials;
};

/* A client, and the connection behind it. */
struct testtls_pair {
	struct testtls *t;
	struct event *client, *server;
	int client_fd, server_fd; /* -1: closed */
	bool up;
	gnutls_session_t tls;
	struct testtls_pair *next;
};

static void
must(int result, const char *what)
{
	if (result < 0)
		fatalx("%s: %s", what, gnutls_strerror(result));
}

static struct testtls_secret *
secret_new(const char *name, int days, char path[64])
{
	struct testtls_secret *s = mem_zero(1, sizeof *s);
	time_t now = time(NULL);
	gnutls_datum_t pem;

	must(gnutls_x509_privkey_init(&s->key), "key");
	must(gnutls_x509_privkey_generate(s->key, GNUTLS_PK_ECDSA,
		 GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
	    "key");
	must(gnutls_x509_crt_init(&s->crt), "certificate");
	must(gnutls_x509_crt_set_version(s->crt, 3), "version");
	must(gnutls_x509_crt_set_serial(s->crt, "\1", 1), "serial");
	must(gnutls_x509_crt_set_key(s->crt, s->key), "key");
	must(gnutls_x509_crt_set_dn(s->crt, "CN=test", NULL), "name");
	must(gnutls_x509_crt_set_subject_alt_name(s->crt, GNUTLS_SAN_DNSNAME, name,
		 (unsigned)strlen(name), GNUTLS_FSAN_SET),
	    "name");
	must(gnutls_x509_crt_set_basic_constraints(s->crt, 1, -1), "constraints");
	must(gnutls_x509_crt_set_activation_time(s->crt, now - 864000), "begin");
	must(gnutls_x509_crt_set_expiration_time(s->crt, now + days * 86400), "end");
	must(gnutls_x509_crt_sign2(s->crt, s->crt, s->key, GNUTLS_DIG_SHA256, 0),
	    "signature");
	must(gnutls_certificate_allocate_credentials(&s->credentials), "credentials");
	must(gnutls_certificate_set_x509_key(s->credentials, &s->crt, 1, s->key),
	    "credentials");
	must(gnutls_x509_crt_export2(s->crt, GNUTLS_X509_FMT_PEM, &pem), "PEM");
	strcpy(path, "/tmp/testtls.XXXXXX");
	int fd = mkstemp(path);
	if (fd < 0 || write(fd, pem.data, pem.size) != (ssize_t)pem.size)
		fatal("%s", path);
	close(fd);
	gnutls_free(pem.data);
	return s;
}

static void
pair_close(struct testtls_pair *p)
{
	if (p->client_fd >= 0) {
		event_del(p->client);
		event_del(p->server);
		close(p->client_fd);
		close(p->server_fd);
	}
	p->client_fd = p->server_fd = -1;
}

/* What comes from the server goes to the client; tests are small, buffers are not. */
static void
on_server(evutil_socket_t fd, short what, void *ctx)
{
	struct testtls_pair *p = ctx;
	char buf[4096];
	ssize_t n = recv(fd, buf, sizeof buf, MSG_DONTWAIT);

	(void)what;
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		gnutls_bye(p->tls, GNUTLS_SHUT_WR);
		pair_close(p);
		return;
	}
	ssize_t sent = gnutls_record_send(p->tls, buf, (size_t)n);
	/* A client that reads slower than we send is not served further. */
	if (sent < 0)
		pair_close(p);
}

static void
on_garbage(struct testtls_pair *p)
{
	static const char garbage[4096] = "\x16\x03\x03\x40\x40 this is no handshake";
	char ignored[4096];

	if (p->t->manner == TESTTLS_CLOSED) {
		pair_close(p);
		return;
	}
	(void)!recv(p->client_fd, ignored, sizeof ignored, MSG_DONTWAIT);
	if (p->t->manner == TESTTLS_SILENT)
		return;
	(void)!send(p->client_fd, garbage, sizeof garbage, MSG_NOSIGNAL | MSG_DONTWAIT);
	for (int i = 0; p->t->manner == TESTTLS_ENDLESS && i < 64; i++)
		(void)!send(
		    p->client_fd, garbage, sizeof garbage, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
on_client(evutil_socket_t fd, short what, void *ctx)
{
	struct testtls_pair *p = ctx;
	char buf[4096];
	ssize_t n;

	(void)fd, (void)what;
	if (p->t->manner != TESTTLS_GOOD) {
		on_garbage(p);
		return;
	}
	if (!p->up) {
		n = gnutls_handshake(p->tls);
		if (n < 0 && gnutls_error_is_fatal((int)n))
			pair_close(p);
		if (n < 0)
			return;
		p->up = true;
		p->t->shaken++;
		event_add(p->server, NULL);
	}
	do {
		n = gnutls_record_recv(p->tls, buf, sizeof buf);
		if (n > 0)
			(void)!send(p->server_fd, buf, (size_t)n, MSG_NOSIGNAL);
	} while (n > 0 && gnutls_record_check_pending(p->tls) > 0);
	if (n == 0 || (n < 0 && gnutls_error_is_fatal((int)n)))
		pair_close(p);
}

static int
dial(unsigned port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
		fatal("port %u", port);
	return fd;
}

static void
on_dialled(evutil_socket_t fd, short what, void *ctx)
{
	struct testtls *t = ctx;
	int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (client < 0)
		return;
	struct testtls_pair *p = mem_zero(1, sizeof *p);
	t->accepted++;
	p->t = t;
	p->client_fd = client;
	p->server_fd = dial(t->to_port);
	must(gnutls_init(&p->tls, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL),
	    "session");
	must(gnutls_set_default_priority(p->tls), "priority");
	must(gnutls_credentials_set(
		 p->tls, GNUTLS_CRD_CERTIFICATE, t->secret->credentials),
	    "credentials");
	gnutls_transport_set_int(p->tls, client);
	p->client = event_new(t->base, client, EV_READ | EV_PERSIST, on_client, p);
	p->server =
	    event_new(t->base, p->server_fd, EV_READ | EV_PERSIST, on_server, p);
	p->next = t->pairs;
	t->pairs = p;
	event_add(p->client, NULL);
}

struct testtls *
testtls_new(struct event_base *base, const char *name, int days, unsigned to_port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	struct testtls *t = mem_zero(1, sizeof *t);

	t->base = base;
	t->to_port = to_port;
	t->secret = secret_new(name, days, t->ca);
	t->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (bind(t->fd, (struct sockaddr *)&at, len) != 0 || listen(t->fd, 64) != 0 ||
	    getsockname(t->fd, (struct sockaddr *)&at, &len) != 0)
		fatal("TLS server");
	t->port = ntohs(at.sin_port);
	t->dialled = event_new(base, t->fd, EV_READ | EV_PERSIST, on_dialled, t);
	event_add(t->dialled, NULL);
	return t;
}

void
testtls_free(struct testtls *t)
{
	struct testtls_pair *p;

	while ((p = t->pairs) != NULL) {
		t->pairs = p->next;
		pair_close(p);
		event_free(p->client);
		event_free(p->server);
		gnutls_deinit(p->tls);
		free(p);
	}
	event_free(t->dialled);
	close(t->fd);
	unlink(t->ca);
	gnutls_certificate_free_credentials(t->secret->credentials);
	gnutls_x509_crt_deinit(t->secret->crt);
	gnutls_x509_privkey_deinit(t->secret->key);
	free(t->secret);
	free(t);
}
