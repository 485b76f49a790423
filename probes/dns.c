/* DNS and AnotherDNS: one query per ping over its own UDP socket with a port of the
 * kernel's choice and a random id, no retries. Nothing is hidden: what is not the
 * answer to this very question is counted as forged and the waiting goes on. */
#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/dnsquery.h"
#include "probes/dnsstream.h"
#include "probes/net.h"
#include "probes/pace.h"
#include "probes/ports.h"

/* Sockets that wait for answers, all runs together. When a whole network is down
 * those that lost their ping already, and stay for late answers only, give way. */
#define DNS_SOCKETS 4000
/* Datagrams read in one turn: a flood must not hold the loop. */
#define DNS_READS 16

/* One query: it waits for its turn, then for its answer. */
struct dns_query {
	struct dnsquery q;
	struct event ev;
	int fd; /* -1: not sent yet */
	int64_t tx_wall;
	LIST_ENTRY(dns_query) of_run;
	TAILQ_ENTRY(dns_query) of_all;
};

LIST_HEAD(dns_state, dns_query);

/* Those that were sent, in that order. */
static TAILQ_HEAD(, dns_query) dns_queries = TAILQ_HEAD_INITIALIZER(dns_queries);
static unsigned dns_count;
/* Never used: while it is open the kernel goes on stamping what arrives. It begins to a
 * moment after the first socket asked for it, and ends with the last. */
static int dns_stamped = -1;

/* --- queries --------------------------------------------------------------------- */

static void
dns_drop(struct dns_query *q)
{
	event_del(&q->ev);
	LIST_REMOVE(q, of_run);
	if (q->fd >= 0) {
		close(q->fd);
		TAILQ_REMOVE(&dns_queries, q, of_all);
		dns_count--;
	}
	dnsquery_free(&q->q);
	free(q);
}

/* Room for one more socket: the oldest goes if its ping is lost anyway. */
static bool
dns_room(void)
{
	struct dns_query *q = TAILQ_FIRST(&dns_queries);

	if (dns_count < DNS_SOCKETS)
		return true;
	if (clock_mono_ns() - q->q.sent_mono <= q->q.run->timeout_ns)
		return false;
	dns_drop(q);
	return true;
}

/* --- answers --------------------------------------------------------------------- */

/* True when the datagram decided Q, which is gone then. */
static bool
dns_datagram(struct dns_query *q, const void *data, const struct net_packet *p)
{
	struct probe_run *run = q->q.run;
	struct dnsquery_verdict verdict;
	struct dnswire_answer a;
	unsigned seq = q->q.seq;
	enum ping_stamp stamp;

	if (!dnsquery_match(&q->q, &a, data, (size_t)p->len)) {
		probe_forged(run);
		probe_detail(run, "what comes is no answer to what was asked");
		return false;
	}
	int64_t rtt =
	    net_rtt(q->tx_wall, p->wall_ns, q->q.sent_wall, q->q.sent_mono, &stamp);
	dnsquery_judge(&q->q, &a, &verdict);
	dns_drop(q);
	dnsquery_report(run, seq, &verdict, rtt, stamp);
	return true;
}

/* The error queue: transmit stamps and ICMP errors. True when Q is decided. */
static bool
dns_errors(struct dns_query *q)
{
	struct probe_run *run = q->q.run;
	unsigned seq = q->q.seq;

	for (int i = 0; i < DNS_READS; i++) {
		struct net_packet p = net_read_error(q->fd);
		if (p.len < 0)
			break;
		if (!p.icmp) {
			if (q->tx_wall == 0)
				q->tx_wall = p.wall_ns;
			continue;
		}
		enum ping_outcome why =
		    net_icmp(run->address.sa.sa_family, p.type, p.code);
		bool final = why == PING_REFUSED;
		if (final)
			dns_drop(q);
		probe_lost(run, seq, why, final);
		if (final)
			return true;
	}
	return false;
}

static void
dns_on_event(evutil_socket_t fd, short what, void *ctx)
{
	struct dns_query *q = ctx;
	uint8_t buf[4096];

	(void)what;
	if (dns_errors(q))
		return;
	for (int i = 0; i < DNS_READS; i++) {
		struct net_packet p = net_read(fd, buf, sizeof buf);
		/* An error here was reported through the error queue already. */
		if (p.len < 0 || dns_datagram(q, buf, &p))
			return;
	}
}

/* --- sending --------------------------------------------------------------------- */

/* A connected socket to where RUN goes; -1 with errno set. */
static int
dns_socket(const struct probe_run *run)
{
	const struct probe_opts *o = run->opts;
	struct addr to = run->address;
	int fd = socket(
	    to.sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);

	if (fd < 0)
		return -1;
	addr_set_port(&to, o->dial.port);
	net_stamps(fd, to.sa.sa_family);
	if (via_apply(&o->dial.via, fd, to.sa.sa_family) != 0 ||
	    via_bind(&o->dial.via, fd, to.sa.sa_family, 0) != 0 ||
	    connect(fd, &to.sa, addr_len(&to)) != 0) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static struct dns_query *
dns_new(struct probe_run *run, unsigned seq)
{
	struct dns_query *q = mem_zero(1, sizeof *q);

	if (run->state == NULL) {
		run->state = mem_zero(1, sizeof(struct dns_state));
		LIST_INIT((struct dns_state *)run->state);
	}
	dnsquery_init(&q->q, run, seq);
	q->fd = -1;
	LIST_INSERT_HEAD((struct dns_state *)run->state, q, of_run);
	return q;
}

/* Q cannot be sent, because of ERROR (errno). */
static void
dns_unsent(struct dns_query *q, int error)
{
	struct probe_run *run = q->q.run;
	unsigned seq = q->q.seq;

	dns_drop(q);
	probe_lost(run, seq, net_errno(error, NULL), true);
}

static void
dns_send(struct dns_query *q)
{
	struct probe_run *run = q->q.run;
	uint8_t buf[DNSWIRE_QUERY_MAX];
	size_t len = dnsquery_write(&q->q, buf);
	int fd = -1;

	errno = EMFILE;
	if (!dns_room() || (fd = dns_socket(run)) < 0) {
		dns_unsent(q, errno);
		return;
	}
	q->fd = fd;
	TAILQ_INSERT_TAIL(&dns_queries, q, of_all);
	dns_count++;
	event_assign(
	    &q->ev, run->host->base, fd, EV_READ | EV_PERSIST, dns_on_event, q);
	dnsquery_sent(&q->q);
	if (send(fd, buf, len, 0) != (ssize_t)len)
		dns_unsent(q, errno);
	else
		event_add(&q->ev, NULL);
}

/* It is Q's turn. */
static void
dns_on_turn(evutil_socket_t fd, short what, void *ctx)
{
	struct dns_query *q = ctx;

	(void)fd, (void)what;
	probe_sent(q->q.run, q->q.seq);
	dns_send(q);
}

static void
dns_ping(struct probe_run *run, unsigned seq)
{
	if (run->opts->over == DNS_TCP) {
		dnsstream_ping(run, seq, &dnsbare_layer);
		return;
	}
	struct dns_query *q = dns_new(run, seq);
	evtimer_assign(&q->ev, run->host->base, dns_on_turn, q);
	int64_t wait = dnsquery_turn(&q->q);
	if (wait < 0)
		dns_drop(q);
	else if (wait == 0)
		dns_send(q);
	else
		net_timer(&q->ev, wait);
}

static void
dns_end(struct probe_run *run)
{
	struct dns_state *state = run->state;
	struct dns_query *q;

	if (run->opts->over == DNS_TCP) {
		dnsstream_end(run);
		return;
	}
	while (state != NULL && (q = LIST_FIRST(state)) != NULL)
		dns_drop(q);
	free(state);
	run->state = NULL;
}

static int
dns_open(struct probe_host *host, struct err *err)
{
	(void)host, (void)err;
	ports_open();
	dns_stamped = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
	if (dns_stamped >= 0)
		net_stamps(dns_stamped, AF_INET);
	return 0;
}

static void
dns_close(struct probe_host *host)
{
	(void)host;
	if (dns_stamped >= 0)
		close(dns_stamped);
	dns_stamped = -1;
	pace_close();
}

static struct probe_opts *
dns_options(const struct conf *conf, const struct conf_target *t, struct err *err)
{
	return dnsopts_read(conf, t, 1 << DNS_UDP | 1 << DNS_TCP, err);
}

const struct probe_type probe_dns = {
	.name = "dns",
	.needs = PROBE_ADDRESS,
	.options = dns_options,
	.free_opts = dnsopts_free,
	.wants = dnsopts_wants,
	.open = dns_open,
	.ping = dns_ping,
	.end = dns_end,
	.close = dns_close,
};
