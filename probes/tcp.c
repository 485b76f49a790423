/* TCPPing: the time of a TCP handshake as the kernel measured it. Nothing is sent over
 * the connection, which is reset at once, so that neither end keeps a TIME-WAIT; unless
 * the target wants it closed in peace, or a text to be read from it first. */
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/handshake.h"
#include "probes/net.h"
#include "probes/ports.h"
#include "probes/sockets.h"

#define TCP_BANNER 4096 /* bytes in which the expected text must come */

struct probe_opts {
	struct handshake_opts handshake;
	int family;
	bool refused_is_loss, in_peace;
	char *expect; /* NULL: nothing is read */
};

struct tcp_dial {
	struct socket_place place; /* first */
	struct probe_run *run;
	struct event ev;
	unsigned seq;
	int fd;
	int64_t sent_ns;
	struct handshake done; /* while its banner is awaited */
	char *banner;	       /* LEN of TCP_BANNER + 1 bytes */
	size_t len;
	LIST_ENTRY(tcp_dial) link;
};

LIST_HEAD(tcp_state, tcp_dial);

/* --- options --------------------------------------------------------------------- */

static void
tcp_free_opts(struct probe_opts *o)
{
	free(o->expect);
	free(o);
}

/* KEY is YES (true), NO or not set (false). 0, or -1 with ERR. */
static int
tcp_either(bool *out, const struct conf *conf, const struct conf_target *t,
    const char *key, const char *yes, const char *no, struct err *err)
{
	const char *v = net_var(conf, t, key);

	*out = v != NULL && strcmp(v, yes) == 0;
	if (v == NULL || *out || strcmp(v, no) == 0)
		return 0;
	return err_set(err, "%s = %s: expected %s or %s", key, v, no, yes);
}

static struct probe_opts *
tcp_options(const struct conf *conf, const struct conf_target *t, struct err *err)
{
	const char *expect = net_var(conf, t, "expect");
	struct probe_opts *o = mem_zero(1, sizeof *o);

	o->family = AF_UNSPEC;
	if (net_var_family(conf, t, "ipversion", &o->family, err) == 0 &&
	    handshake_read(&o->handshake, conf, t, 80, &o->family, err) == 0 &&
	    tcp_either(&o->refused_is_loss, conf, t, "refused_is", "loss", "reply",
		err) == 0 &&
	    tcp_either(&o->in_peace, conf, t, "close", "fin", "reset", err) == 0 &&
	    (expect == NULL || strlen(expect) < TCP_BANNER ||
		err_set(err, "expect: expected a text of less than %d bytes",
		    TCP_BANNER) == 0)) {
		o->expect = mem_str(expect);
		return o;
	}
	tcp_free_opts(o);
	return NULL;
}

static void
tcp_wants(const struct probe_opts *o, const char **host, int *family)
{
	(void)host;
	if (o->family != AF_UNSPEC)
		*family = o->family;
}

/* --- dials ----------------------------------------------------------------------- */

/* D is over; IN_PEACE: it was connected and may be closed as the target wants it. */
static void
tcp_drop(struct tcp_dial *d, bool in_peace)
{
	event_del(&d->ev);
	sockets_give(&d->place);
	if (in_peace && d->run->opts->in_peace)
		sockets_part(d->run->host->base, d->fd);
	else
		sockets_reset(d->fd);
	LIST_REMOVE(d, link);
	free(d->banner);
	free(d);
}

static void
tcp_drop_spare(struct socket_place *place)
{
	tcp_drop((struct tcp_dial *)place, false);
}

static void
tcp_answered(struct tcp_dial *d, const struct handshake *h)
{
	struct probe_run *run = d->run;
	unsigned seq = d->seq;
	int64_t rtt_ns = h->rtt_ns;
	enum ping_stamp stamp = h->stamp;

	tcp_drop(d, h->outcome == PING_ANSWERED);
	probe_detail(run, NULL);
	probe_reply(run, seq, rtt_ns, stamp);
}

static void
tcp_lost(struct tcp_dial *d, enum ping_outcome why, const char *detail)
{
	struct probe_run *run = d->run;
	unsigned seq = d->seq;

	tcp_drop(d, false);
	probe_detail(run, detail);
	probe_lost(run, seq, why, true);
}

/* --- the expected text ----------------------------------------------------------- */

static void
tcp_on_banner(evutil_socket_t fd, short what, void *ctx)
{
	struct tcp_dial *d = ctx;
	const char *expect = d->run->opts->expect;
	char why[160];
	ssize_t n = recv(fd, d->banner + d->len, TCP_BANNER - d->len, 0);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		d->len += (size_t)n;
	if (memmem(d->banner, d->len, expect, strlen(expect)) != NULL) {
		tcp_answered(d, &d->done);
		return;
	}
	if (n > 0 && d->len < TCP_BANNER)
		return;
	snprintf(why, sizeof why, "no '%s' in %s", expect,
	    n > 0 ? "the first 4096 bytes" : "what it said before it hung up");
	tcp_lost(d, n > 0 ? PING_BAD_ANSWER : PING_CUT_OFF, why);
}

static void
tcp_await(struct tcp_dial *d, const struct handshake *h)
{
	d->done = *h;
	d->banner = mem_alloc(TCP_BANNER);
	event_del(&d->ev);
	event_assign(
	    &d->ev, d->run->host->base, d->fd, EV_READ | EV_PERSIST, tcp_on_banner, d);
	event_add(&d->ev, NULL);
}

/* --- handshakes ------------------------------------------------------------------ */

static void
tcp_decide(struct tcp_dial *d, int error)
{
	const struct probe_opts *o = d->run->opts;
	struct handshake h = handshake_judge(
	    &o->handshake, d->fd, d->run->address.sa.sa_family, error, d->sent_ns);

	if (h.outcome == PING_ANSWERED && o->expect != NULL)
		tcp_await(d, &h);
	/* A reset is as good an echo as an open port. */
	else if (h.outcome == PING_ANSWERED ||
		 (h.outcome == PING_REFUSED && !o->refused_is_loss &&
		     o->expect == NULL))
		tcp_answered(d, &h);
	else
		tcp_lost(d, h.outcome, h.why);
}

static void
tcp_on_event(evutil_socket_t fd, short what, void *ctx)
{
	int error = 0;
	socklen_t len = sizeof error;

	(void)what;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	tcp_decide(ctx, error);
}

/* A dial for RUN's ping SEQ, without a packet sent; NULL with errno. */
static struct tcp_dial *
tcp_new(struct probe_run *run, unsigned seq)
{
	struct tcp_dial *d = mem_zero(1, sizeof *d);

	d->sent_ns = clock_mono_ns();
	errno = EMFILE;
	if (!sockets_take(&d->place, d->sent_ns + run->timeout_ns, tcp_drop_spare)) {
		free(d);
		return NULL;
	}
	d->fd = handshake_socket(&run->opts->handshake, run->address.sa.sa_family);
	if (d->fd < 0) {
		sockets_give(&d->place);
		free(d);
		return NULL;
	}
	if (run->state == NULL) {
		run->state = mem_zero(1, sizeof(struct tcp_state));
		LIST_INIT((struct tcp_state *)run->state);
	}
	d->run = run;
	d->seq = seq;
	event_assign(&d->ev, run->host->base, d->fd, EV_WRITE, tcp_on_event, d);
	LIST_INSERT_HEAD((struct tcp_state *)run->state, d, link);
	return d;
}

static void
tcp_ping(struct probe_run *run, unsigned seq)
{
	struct tcp_dial *d = tcp_new(run, seq);

	if (d == NULL) {
		probe_detail(run, strerror(errno));
		probe_lost(run, seq, PING_NOT_SENT, true);
		return;
	}
	d->sent_ns = clock_mono_ns();
	if (handshake_connect(&run->opts->handshake, d->fd, run->address) == 0)
		tcp_decide(d, 0);
	else if (errno == EINPROGRESS)
		event_add(&d->ev, NULL);
	else
		tcp_decide(d, errno);
}

static void
tcp_end(struct probe_run *run)
{
	struct tcp_state *state = run->state;
	struct tcp_dial *d;

	while (state != NULL && (d = LIST_FIRST(state)) != NULL)
		tcp_drop(d, false);
	free(state);
	run->state = NULL;
}

static int
tcp_open(struct probe_host *host, struct err *err)
{
	(void)host, (void)err;
	ports_open();
	return 0;
}

static void
tcp_close(struct probe_host *host)
{
	(void)host;
	sockets_close();
}

const struct probe_type probe_tcp = {
	.name = "tcp",
	.needs = PROBE_ADDRESS,
	.options = tcp_options,
	.free_opts = tcp_free_opts,
	.wants = tcp_wants,
	.open = tcp_open,
	.ping = tcp_ping,
	.end = tcp_end,
	.close = tcp_close,
};
