/* TCPPing: the time of a TCP handshake as the kernel measured it. Nothing is sent over
 * the connection, and it is reset at once, so neither end keeps a TIME-WAIT. */
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/net.h"

/* Handshakes under way, all runs together. The kernel ends each within 3 s. */
#define TCP_SOCKETS 4000

struct probe_opts {
	unsigned port;
	bool refused_is_loss;
};

struct tcp_dial {
	struct probe_run *run;
	struct event ev;
	unsigned seq;
	int fd;
	int64_t sent_ns;
	LIST_ENTRY(tcp_dial) link;
};

LIST_HEAD(tcp_state, tcp_dial);

static unsigned tcp_count;

static struct probe_opts *
tcp_options(const struct conf *conf, const struct conf_target *t, struct err *err)
{
	const char *refused = net_var(conf, t, "refused_is");
	struct probe_opts *o;
	long port;

	if (net_var_number(conf, t, "port", 1, 65535, 80, &port, err) != 0)
		return NULL;
	if (refused != NULL && strcmp(refused, "reply") != 0 &&
	    strcmp(refused, "loss") != 0) {
		err_set(err, "refused_is = %s: expected reply or loss", refused);
		return NULL;
	}
	o = mem_zero(1, sizeof *o);
	o->port = (unsigned)port;
	o->refused_is_loss = refused != NULL && strcmp(refused, "loss") == 0;
	return o;
}

static void
tcp_free_opts(struct probe_opts *o)
{
	free(o);
}

static void
tcp_drop(struct tcp_dial *d)
{
	event_del(&d->ev);
	close(d->fd);
	LIST_REMOVE(d, link);
	tcp_count--;
	free(d);
}

/* How a dial ended. */
struct tcp_result {
	int error; /* errno, 0: connected */
	enum ping_outcome outcome;
	int64_t rtt_ns;
	enum ping_stamp stamp;
};

/* A reset is as good an echo as an open port; an ICMP error tells more than errno. */
static void
tcp_failed(const struct tcp_dial *d, struct tcp_result *r)
{
	struct net_packet icmp = net_read_error(d->fd);

	r->outcome = net_errno(r->error, NULL);
	if (icmp.len >= 0 && icmp.icmp) {
		r->outcome =
		    net_icmp(d->run->address.sa.sa_family, icmp.type, icmp.code);
		if (r->outcome == PING_REFUSED)
			r->outcome = PING_PORT_UNREACHABLE;
	} else if (r->error == ECONNREFUSED && !d->run->opts->refused_is_loss)
		r->outcome = PING_ANSWERED;
}

static struct tcp_result
tcp_judge(const struct tcp_dial *d, int error)
{
	struct tcp_result r = {
		.error = error,
		.rtt_ns = clock_mono_ns() - d->sent_ns,
		.stamp = STAMP_USER,
	};
	struct tcp_info info = { 0 };
	socklen_t len = sizeof info;

	if (error != 0)
		tcp_failed(d, &r);
	if (r.outcome != PING_ANSWERED ||
	    getsockopt(d->fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
		return r;
	int64_t kernel = info.tcpi_rtt * CLOCK_NS_PER_US;
	if (info.tcpi_total_retrans > 0)
		r.outcome = PING_SYN_LOST; /* and its time is worth nothing */
	else if (error == 0 && kernel > 0 && kernel <= r.rtt_ns + CLOCK_NS_PER_MS) {
		r.rtt_ns = kernel;
		r.stamp = STAMP_KERNEL;
	}
	return r;
}

static void
tcp_decide(struct tcp_dial *d, int error)
{
	struct probe_run *run = d->run;
	unsigned seq = d->seq;
	struct tcp_result r = tcp_judge(d, error);

	tcp_drop(d);
	if (r.outcome == PING_ANSWERED)
		probe_reply(run, seq, r.rtt_ns, r.stamp);
	else
		probe_lost(run, seq, r.outcome, true);
}

static void
tcp_on_event(evutil_socket_t fd, short what, void *ctx)
{
	struct tcp_dial *d = ctx;
	int error = 0;
	socklen_t len = sizeof error;

	(void)what;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		error = errno;
	tcp_decide(d, error);
}

static void
tcp_prepare(int fd, int family)
{
	const struct linger reset = { 1, 0 };
	int on = 1, once = 1;

	/* One retransmission at least is the kernel's least; it is seen and judged. */
	setsockopt(fd, IPPROTO_TCP, TCP_SYNCNT, &once, sizeof once);
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
	else
		setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
}

static struct tcp_dial *
tcp_new(struct probe_run *run, unsigned seq, int fd)
{
	struct tcp_dial *d = mem_zero(1, sizeof *d);

	if (run->state == NULL) {
		run->state = mem_zero(1, sizeof(struct tcp_state));
		LIST_INIT((struct tcp_state *)run->state);
	}
	d->run = run;
	d->seq = seq;
	d->fd = fd;
	event_assign(&d->ev, run->host->base, fd, EV_WRITE, tcp_on_event, d);
	LIST_INSERT_HEAD((struct tcp_state *)run->state, d, link);
	tcp_count++;
	return d;
}

static void
tcp_ping(struct probe_run *run, unsigned seq)
{
	struct addr to = run->address;
	int fd = -1;

	errno = EMFILE;
	if (tcp_count < TCP_SOCKETS)
		fd = socket(to.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    IPPROTO_TCP);
	if (fd < 0) {
		probe_lost(run, seq, net_errno(errno, NULL), true);
		return;
	}
	addr_set_port(&to, run->opts->port);
	tcp_prepare(fd, to.sa.sa_family);
	struct tcp_dial *d = tcp_new(run, seq, fd);
	d->sent_ns = clock_mono_ns();
	if (connect(fd, &to.sa, addr_len(&to)) == 0)
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
		tcp_drop(d);
	free(state);
	run->state = NULL;
}

const struct probe_type probe_tcp = {
	.name = "tcp",
	.needs = PROBE_ADDRESS,
	.options = tcp_options,
	.free_opts = tcp_free_opts,
	.ping = tcp_ping,
	.end = tcp_end,
};
