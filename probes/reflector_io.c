/* The reflector's sockets: a datagram in, its answer out by the address it came to. */
#include "probes/reflector.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "probes/stampwire.h"

#define REFLECTOR_SOCKETS 16
/* Datagrams read in one turn: a flood must not hold the loop, where pings are sent. */
#define REFLECTOR_READS 32

static struct {
	int fd;
	unsigned port;
	struct event *ev;
} sockets[REFLECTOR_SOCKETS];
static unsigned socket_count;

/* --- one datagram ----------------------------------------------------------------- */

union control {
	char room[256];
	struct cmsghdr align;
};

/* Where to a datagram came and how it was marked: for its answer. */
struct way {
	struct in_pktinfo v4;
	struct in6_pktinfo v6;
	bool has4, has6;
	int tos; /* -1: not known */
	int tos_level;
};

static void
reflector_control(struct reflector_came *came, struct way *way, struct cmsghdr *c)
{
	void *data = CMSG_DATA(c);
	struct timespec ts;
	int value;

	if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS &&
	    c->cmsg_len >= CMSG_LEN(sizeof ts)) {
		memcpy(&ts, data, sizeof ts);
		came->wall_ns = clock_stamp_ns(&ts);
	} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL &&
		   c->cmsg_len >= CMSG_LEN(sizeof value)) {
		memcpy(&value, data, sizeof value);
		came->ttl = (uint8_t)value;
	} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT &&
		   c->cmsg_len >= CMSG_LEN(sizeof value)) {
		memcpy(&value, data, sizeof value);
		came->ttl = (uint8_t)value;
	} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS &&
		   c->cmsg_len >= CMSG_LEN(1)) {
		way->tos = *(uint8_t *)data;
		way->tos_level = IPPROTO_IP;
	} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS &&
		   c->cmsg_len >= CMSG_LEN(sizeof value)) {
		memcpy(&way->tos, data, sizeof way->tos);
		way->tos_level = IPPROTO_IPV6;
	} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO &&
		   c->cmsg_len >= CMSG_LEN(sizeof way->v4)) {
		memcpy(&way->v4, data, sizeof way->v4);
		way->has4 = true;
	} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO &&
		   c->cmsg_len >= CMSG_LEN(sizeof way->v6)) {
		memcpy(&way->v6, data, sizeof way->v6);
		way->has6 = true;
	}
}

static void
reflector_put(struct msghdr *msg, int level, int type, const void *data, size_t size)
{
	struct cmsghdr *c =
	    (struct cmsghdr *)((char *)msg->msg_control + msg->msg_controllen);

	memset(c, 0, CMSG_SPACE(size));
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(c), data, size);
	msg->msg_controllen += CMSG_SPACE(size);
}

/* Send the LEN octets of DATA back the WAY they came, marked as they were. */
static void
reflector_send(int fd, const void *data, size_t len, const struct reflector_came *came,
    struct way *way)
{
	struct iovec iov = { (void *)data, len };
	union control control;
	struct addr to = came->from;
	struct msghdr msg = { .msg_name = &to,
		.msg_namelen = addr_len(&to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control };

	if (way->has4) {
		way->v4.ipi_spec_dst = way->v4.ipi_addr;
		way->v4.ipi_ifindex = 0;
		reflector_put(&msg, IPPROTO_IP, IP_PKTINFO, &way->v4, sizeof way->v4);
	} else if (way->has6) {
		if (!IN6_IS_ADDR_LINKLOCAL(&way->v6.ipi6_addr))
			way->v6.ipi6_ifindex = 0;
		reflector_put(
		    &msg, IPPROTO_IPV6, IPV6_PKTINFO, &way->v6, sizeof way->v6);
	}
	if (way->tos >= 0)
		reflector_put(&msg, way->tos_level,
		    way->tos_level == IPPROTO_IP ? IP_TOS : IPV6_TCLASS, &way->tos,
		    sizeof way->tos);
	/* What does not go out is lost: for the sender to find. */
	(void)sendmsg(fd, &msg, MSG_DONTWAIT);
}

/* One datagram from FD; false when there is none. */
static bool
reflector_read(int fd, unsigned port)
{
	uint8_t buf[STAMP_MAX + 1];
	struct iovec iov = { buf, sizeof buf };
	struct reflector_came came = { .port = port };
	struct way way = { .tos = -1 };
	union control control;
	struct msghdr msg = { .msg_name = &came.from,
		.msg_namelen = sizeof came.from,
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control };
	ssize_t len = recvmsg(fd, &msg, MSG_DONTWAIT);

	if (len < 0)
		return errno != EAGAIN && errno != EWOULDBLOCK;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		reflector_control(&came, &way, c);
	if (came.wall_ns == 0)
		came.wall_ns = clock_wall_ns();
	if (reflector_answer(buf, (size_t)len, &came))
		reflector_send(fd, buf, (size_t)len, &came, &way);
	return true;
}

static void
reflector_on_packet(evutil_socket_t fd, short what, void *ctx)
{
	(void)what;
	for (unsigned i = 0; i < REFLECTOR_READS; i++)
		if (!reflector_read(fd, *(unsigned *)ctx))
			return;
}

/* --- sockets ---------------------------------------------------------------------- */

static void
reflector_options(int fd, int family)
{
	static const int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
	if (family == AF_INET6) {
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on);
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof on);
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof on);
	} else
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
	/* Of IPv4 that comes to a socket of both, too. */
	setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &on, sizeof on);
	setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof on);
}

void
reflector_socket(int fd)
{
	struct addr own = { .sa.sa_family = AF_UNSPEC };
	socklen_t len = sizeof own;

	if (socket_count == REFLECTOR_SOCKETS || getsockname(fd, &own.sa, &len) != 0) {
		close(fd);
		return;
	}
	reflector_options(fd, own.sa.sa_family);
	sockets[socket_count].fd = fd;
	sockets[socket_count].port = addr_port(&own);
	sockets[socket_count++].ev = NULL;
}

void
reflector_listen(struct event_base *base)
{
	for (unsigned i = 0; i < socket_count; i++) {
		if (sockets[i].ev != NULL)
			continue;
		sockets[i].ev = event_new(base, sockets[i].fd, EV_READ | EV_PERSIST,
		    reflector_on_packet, &sockets[i].port);
		if (sockets[i].ev == NULL || event_add(sockets[i].ev, NULL) != 0)
			fatalx("no event for the reflector");
	}
}

void
reflector_close(void)
{
	for (unsigned i = 0; i < socket_count; i++) {
		if (sockets[i].ev != NULL)
			event_free(sockets[i].ev);
		close(sockets[i].fd);
	}
	socket_count = 0;
	reflector_forget();
}
