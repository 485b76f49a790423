/* DoT: DNS over TLS (RFC 7858). The messages and connections are dnsstream.c's; here is
 * what lies between them. */
#include <errno.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "probes/dnsopts.h"
#include "probes/dnsstream.h"
#include "probes/dnstls.h"
#include "probes/net.h"
#include "probes/pace.h"
#include "probes/ports.h"
#include "probes/tlsline.h"
#include "probes/trust.h"

struct dot_session {
	struct tlsline *line;
	struct probe_run *run;
	int fd;
	int64_t wall_ns; /* the kernel's stamp of what was read last */
};

/* --- bytes ----------------------------------------------------------------------- */

static ssize_t
dot_pull(gnutls_transport_ptr_t ctx, void *buf, size_t size)
{
	struct dot_session *s = ctx;
	struct net_packet p = net_read(s->fd, buf, size);

	if (p.len < 0)
		gnutls_transport_set_errno(tlsline_session(s->line), errno);
	else if (p.wall_ns != 0)
		s->wall_ns = p.wall_ns;
	return p.len;
}

static ssize_t
dot_push(gnutls_transport_ptr_t ctx, const void *buf, size_t size)
{
	struct dot_session *s = ctx;
	ssize_t n = send(s->fd, buf, size, MSG_NOSIGNAL);

	if (n < 0)
		gnutls_transport_set_errno(tlsline_session(s->line), errno);
	return n;
}

/* Is there something to read? Nobody waits for it here. */
static int
dot_pull_timeout(gnutls_transport_ptr_t ctx, unsigned ms)
{
	const struct dot_session *s = ctx;
	struct pollfd p = { .fd = s->fd, .events = POLLIN };

	(void)ms;
	return poll(&p, 1, 0);
}

/* --- the layer ------------------------------------------------------------------- */

static void *
dot_begin(struct probe_run *run, int fd)
{
	static const gnutls_datum_t dot = { (unsigned char *)(uintptr_t) "dot", 3 };
	struct dot_session *s = mem_zero(1, sizeof *s);

	s->run = run;
	s->fd = fd;
	s->line = tlsline_new(fd, dnstls_name(run));
	gnutls_session_t tls = tlsline_session(s->line);
	gnutls_alpn_set_protocols(tls, &dot, 1, 0);
	gnutls_transport_set_ptr(tls, s);
	gnutls_transport_set_pull_function(tls, dot_pull);
	gnutls_transport_set_push_function(tls, dot_push);
	gnutls_transport_set_pull_timeout_function(tls, dot_pull_timeout);
	return s;
}

static void
dot_end(void *session)
{
	struct dot_session *s = session;

	tlsline_free(s->line);
	free(s);
}

static enum dnsstream_step
dot_shake(void *session, char why[DNSSTREAM_WHY])
{
	struct dot_session *s = session;

	switch (tlsline_shake(s->line, why)) {
	case TLSLINE_READ:
		return DNSSTREAM_READ;
	case TLSLINE_WRITE:
		return DNSSTREAM_WRITE;
	case TLSLINE_CUT:
		return DNSSTREAM_CUT;
	case TLSLINE_BAD:
		return DNSSTREAM_BAD;
	case TLSLINE_DONE:
		break;
	}
	return dnstls_check(s->run, tlsline_session(s->line), why, DNSSTREAM_WHY)
		   ? DNSSTREAM_DONE
		   : DNSSTREAM_BAD;
}

/* N bytes were read or written, into *LEN; -1 with errno: WAIT when it may go on. */
static enum dnsstream_step
dot_moved(ssize_t n, size_t *len, enum dnsstream_step wait)
{
	if (n < 0 && errno == EAGAIN)
		return wait;
	if (n <= 0)
		return n < 0 && errno == EPROTO ? DNSSTREAM_BAD : DNSSTREAM_CUT;
	*len = (size_t)n;
	return DNSSTREAM_DONE;
}

static enum dnsstream_step
dot_read(void *session, void *buf, size_t size, size_t *len, int64_t *wall_ns,
    char why[DNSSTREAM_WHY])
{
	struct dot_session *s = session;
	ssize_t n = tlsline_read(s->line, buf, size, why);

	*wall_ns = s->wall_ns;
	return dot_moved(n, len, DNSSTREAM_READ);
}

static enum dnsstream_step
dot_write(
    void *session, const void *buf, size_t size, size_t *len, char why[DNSSTREAM_WHY])
{
	struct dot_session *s = session;

	return dot_moved(tlsline_write(s->line, buf, size, why), len, DNSSTREAM_WRITE);
}

static const struct dnsstream_layer dot_layer = {
	.begin = dot_begin,
	.end = dot_end,
	.shake = dot_shake,
	.read = dot_read,
	.write = dot_write,
};

/* --- the type -------------------------------------------------------------------- */

static struct probe_opts *
dot_options(const struct conf *conf, const struct conf_target *t, struct err *err)
{
	return dnstls_options(dnsopts_read(conf, t, 1 << DNS_TLS, err), conf, t, err);
}

static void
dot_ping(struct probe_run *run, unsigned seq)
{
	dnsstream_ping(run, seq, &dot_layer);
}

static int
dot_open(struct probe_host *host, struct err *err)
{
	(void)host, (void)err;
	ports_open();
	return 0;
}

static void
dot_close(struct probe_host *host)
{
	(void)host;
	trust_close();
	pace_close();
}

const struct probe_type probe_dot = {
	.name = "dot",
	.needs = PROBE_ADDRESS,
	.options = dot_options,
	.free_opts = dnstls_free,
	.wants = dnsopts_wants,
	.open = dot_open,
	.ping = dot_ping,
	.end = dnsstream_end,
	.close = dot_close,
};
