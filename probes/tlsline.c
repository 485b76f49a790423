#include "probes/tlsline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/mem.h"

/* In one turn of a handshake: no server holds the loop by warning again and again. */
#define TLSLINE_WARNINGS 16

struct tlsline {
	gnutls_session_t tls;
	gnutls_certificate_credentials_t cred; /* none: we show no certificate */
	bool up;
};

struct tlsline *
tlsline_new(int fd, const char *name)
{
	struct tlsline *l = mem_zero(1, sizeof *l);
	struct addr literal;

	if (gnutls_certificate_allocate_credentials(&l->cred) != 0 ||
	    gnutls_init(&l->tls, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) !=
		0 ||
	    gnutls_set_default_priority(l->tls) != 0 ||
	    gnutls_credentials_set(l->tls, GNUTLS_CRD_CERTIFICATE, l->cred) != 0)
		fatalx("GnuTLS: no session");
	if (addr_parse(&literal, name) != 0)
		gnutls_server_name_set(l->tls, GNUTLS_NAME_DNS, name, strlen(name));
	gnutls_transport_set_int(l->tls, fd);
	return l;
}

void
tlsline_free(struct tlsline *l)
{
	if (l == NULL)
		return;
	if (l->up)
		gnutls_bye(l->tls, GNUTLS_SHUT_WR);
	gnutls_deinit(l->tls);
	gnutls_certificate_free_credentials(l->cred);
	free(l);
}

/* What GnuTLS's RESULT, an error, means. */
static enum tlsline_step
tlsline_step(const struct tlsline *l, int result, char why[TLSLINE_WHY])
{
	switch (result) {
	case GNUTLS_E_AGAIN:
	case GNUTLS_E_INTERRUPTED:
		return gnutls_record_get_direction(l->tls) == 1 ? TLSLINE_WRITE
								: TLSLINE_READ;
	case GNUTLS_E_PREMATURE_TERMINATION:
	case GNUTLS_E_PULL_ERROR:
	case GNUTLS_E_PUSH_ERROR:
		return TLSLINE_CUT;
	case GNUTLS_E_FATAL_ALERT_RECEIVED:
		snprintf(why, TLSLINE_WHY, "TLS: the server refuses (%s)",
		    gnutls_alert_get_name(gnutls_alert_get(l->tls)));
		return TLSLINE_BAD;
	default:
		snprintf(why, TLSLINE_WHY, "TLS: %s", gnutls_strerror(result));
		return TLSLINE_BAD;
	}
}

enum tlsline_step
tlsline_shake(struct tlsline *l, char why[TLSLINE_WHY])
{
	int result, warnings = 0;

	do
		result = gnutls_handshake(l->tls);
	while (
	    result == GNUTLS_E_WARNING_ALERT_RECEIVED && ++warnings < TLSLINE_WARNINGS);
	if (result < 0)
		return tlsline_step(l, result, why);
	l->up = true;
	return TLSLINE_DONE;
}

gnutls_session_t
tlsline_session(const struct tlsline *l)
{
	return l->tls;
}

static ssize_t
tlsline_result(struct tlsline *l, ssize_t n, char why[TLSLINE_WHY])
{
	if (n >= 0)
		return n;
	switch (tlsline_step(l, (int)n, why)) {
	case TLSLINE_READ:
	case TLSLINE_WRITE:
		errno = EAGAIN;
		break;
	case TLSLINE_CUT:
		errno = ECONNRESET;
		break;
	default:
		errno = EPROTO;
		l->up = false;
	}
	return -1;
}

ssize_t
tlsline_read(struct tlsline *l, void *buf, size_t size, char why[TLSLINE_WHY])
{
	return tlsline_result(l, gnutls_record_recv(l->tls, buf, size), why);
}

ssize_t
tlsline_write(struct tlsline *l, const void *buf, size_t size, char why[TLSLINE_WHY])
{
	return tlsline_result(l, gnutls_record_send(l->tls, buf, size), why);
}

bool
tlsline_pending(const struct tlsline *l)
{
	return gnutls_record_check_pending(l->tls) > 0;
}
