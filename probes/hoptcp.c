/* SYNs: for networks that let nothing else pass. Each is a connection of its own, from
 * a port of its own, so that routers that share their load may send each by another
 * way. Since Linux 5.17 the error queue of a socket that connects tells who answered.
 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/net_tstamp.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/hoperr.h"
#include "probes/hopio.h"
#include "probes/net.h"

#define TCP_PORT 443
#define TCP_OPEN 128 /* connections at once */
/* The kernel sends a second SYN after a second: what comes then says nothing of the
 * first. */
#define TCP_WAIT_NS (950 * CLOCK_NS_PER_MS)

struct tcp_probe {
	int fd; /* -1: none */
	unsigned serial;
	int64_t mono, wall;
};

struct tcp {
	struct addr to;
	struct tcp_probe probe[TCP_OPEN];
};

static int
tcp_open(struct hopio *io, struct err *err)
{
	struct tcp *t = mem_zero(1, sizeof *t);

	(void)err;
	t->to = io->plan.to;
	if (addr_port(&t->to) == 0)
		addr_set_port(&t->to, TCP_PORT);
	for (unsigned i = 0; i < TCP_OPEN; i++)
		t->probe[i].fd = -1;
	io->own = t;
	return 0;
}

static void
tcp_drop(struct tcp_probe *p)
{
	/* reset, so that neither end keeps a TIME-WAIT */
	const struct linger now = { .l_onoff = 1 };

	setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	close(p->fd);
	p->fd = -1;
}

static void
tcp_close(struct hopio *io)
{
	struct tcp *t = io->own;

	for (unsigned i = 0; i < TCP_OPEN; i++)
		if (t->probe[i].fd >= 0)
			tcp_drop(&t->probe[i]);
	free(t);
}

static int
tcp_socket(int family, unsigned ttl)
{
	const int on = 1, hops = (int)ttl;
	const int stamps = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
	bool v6 = family == AF_INET6;
	int level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	/* Without stamps the times are our own: no fault. */
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof stamps);
	if (setsockopt(fd, level, v6 ? IPV6_RECVERR : IP_RECVERR, &on, sizeof on) ==
		0 &&
	    setsockopt(
		fd, level, v6 ? IPV6_UNICAST_HOPS : IP_TTL, &hops, sizeof hops) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

static struct tcp_probe *
tcp_place(struct tcp *t)
{
	struct tcp_probe *oldest = &t->probe[0];

	for (unsigned i = 0; i < TCP_OPEN; i++) {
		if (t->probe[i].fd < 0)
			return &t->probe[i];
		if (t->probe[i].mono < oldest->mono)
			oldest = &t->probe[i];
	}
	tcp_drop(oldest);
	return oldest;
}

static int
tcp_send(struct hopio *io, unsigned ttl, unsigned serial)
{
	struct tcp *t = io->own;
	struct tcp_probe *p = tcp_place(t);

	p->fd = tcp_socket(t->to.sa.sa_family, ttl);
	if (p->fd < 0)
		return -1;
	p->serial = serial;
	p->wall = clock_wall_ns();
	p->mono = clock_mono_ns();
	if (connect(p->fd, &t->to.sa, addr_len(&t->to)) == 0 || errno == EINPROGRESS ||
	    errno == ECONNREFUSED)
		return 0;
	int error = errno;
	close(p->fd);
	p->fd = -1;
	errno = error;
	return -1;
}

/* The target answered, by a SYN/ACK or a reset. */
static void
tcp_answered(struct hopio *io, const struct tcp_probe *p, int64_t rtt)
{
	struct walk_answer a = {
		.from = io->plan.to, .rtt_ns = rtt, .why = PING_ANSWERED
	};

	io->come(io->ctx, p->serial, &a);
}

/* What came for P? True when it is over. */
static bool
tcp_look(struct hopio *io, const struct tcp_probe *p)
{
	enum ping_stamp stamp;
	struct tcp_info info;
	struct hoperr e;
	socklen_t len;
	int error = 0;

	while (hoperr_read(p->fd, &e) == 0)
		if (e.icmp) {
			int64_t rtt = net_rtt(0, e.wall_ns, p->wall, p->mono, &stamp);

			if (rtt < TCP_WAIT_NS)
				hopio_error(
				    io, p->serial, &e.from, e.type, e.code, rtt);
			return true;
		}
	len = sizeof error;
	if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		return true;
	if (error == ECONNREFUSED && clock_mono_ns() - p->mono < TCP_WAIT_NS)
		tcp_answered(io, p, clock_mono_ns() - p->mono);
	if (error != 0)
		return true;
	len = sizeof info;
	if (getsockopt(p->fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0 ||
	    info.tcpi_state != TCP_ESTABLISHED)
		return clock_mono_ns() - p->mono > TCP_WAIT_NS;
	if (info.tcpi_total_retrans == 0)
		tcp_answered(io, p, (int64_t)info.tcpi_rtt * CLOCK_NS_PER_US);
	return true;
}

static void
tcp_receive(struct hopio *io)
{
	struct tcp *t = io->own;

	for (unsigned i = 0; i < TCP_OPEN; i++)
		if (t->probe[i].fd >= 0 && tcp_look(io, &t->probe[i]))
			tcp_drop(&t->probe[i]);
}

const struct hopio_type hopio_tcp = {
	.grain = CLOCK_NS_PER_MS,
	.open = tcp_open,
	.close = tcp_close,
	.send = tcp_send,
	.receive = tcp_receive,
};
