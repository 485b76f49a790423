/* Packets in: replies, and from the error queue transmit stamps and ICMP errors. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include <linux/errqueue.h>
#include <linux/sock_diag.h>
#include <linux/net_tstamp.h>

#include "base/clock.h"
#include "probes/icmp_socket.h"

#define IO_READ 64
#define IO_READ_BYTES                                                                  \
	1600 /* an Ethernet frame: a longer reply is only seen to be one */
#define IO_ERROR_BYTES 256
#define IO_STAMP_BYTES 4096 /* more than what is charged for a transmit stamp */
#define IO_ROUNDS 256	    /* reads of IO_READ packets in a turn: more than waits */

/* Where packets are read to: one at a time uses it, none keeps it. */
static struct {
	uint8_t data[IO_READ][IO_READ_BYTES];
	uint8_t control[IO_READ][256];
	struct addr from[IO_READ];
	struct iovec iov[IO_READ];
	struct mmsghdr message[IO_READ];
} in;

/* Read up to IO_READ packets of SIZE bytes at most; how many, or -1. */
static int
io_read(int fd, int flags, size_t size)
{
	for (unsigned i = 0; i < IO_READ; i++) {
		in.iov[i] = (struct iovec){ in.data[i], size };
		in.message[i].msg_hdr = (struct msghdr){ .msg_name = &in.from[i],
			.msg_namelen = sizeof in.from[i],
			.msg_iov = &in.iov[i],
			.msg_iovlen = 1,
			.msg_control = in.control[i],
			.msg_controllen = sizeof in.control[i] };
	}
	return recvmmsg(fd, in.message, IO_READ, flags | MSG_DONTWAIT, NULL);
}

/* --- the error queue -------------------------------------------------------------- */

/* Who sent the error EE; AF_UNSPEC when the kernel does not say. */
static struct addr
io_offender(const struct sock_extended_err *ee)
{
	const struct addr *said = (const void *)SO_EE_OFFENDER(ee);
	struct addr by = { .sa.sa_family = AF_UNSPEC };

	if (said->sa.sa_family == AF_INET)
		by.v4 = said->v4;
	else if (said->sa.sa_family == AF_INET6)
		by.v6 = said->v6;
	return by;
}

/* Message I: a transmit stamp, or an ICMP error with the packet that it quotes. */
static void
io_error(struct io_socket *s, unsigned i)
{
	struct msghdr *m = &in.message[i].msg_hdr;
	const struct sock_extended_err *ee = NULL;
	int64_t stamp = 0;
	int ttl = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		const void *data = CMSG_DATA(c);

		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING)
			stamp = clock_stamp_ns(data);
		else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
			 (c->cmsg_level == IPPROTO_IPV6 &&
			     c->cmsg_type == IPV6_RECVERR))
			ee = data;
		else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
			 (c->cmsg_level == IPPROTO_IPV6 &&
			     c->cmsg_type == IPV6_HOPLIMIT))
			memcpy(&ttl, data, sizeof ttl);
	}
	if (ee == NULL)
		return;
	if (ee->ee_origin == SO_EE_ORIGIN_TIMESTAMPING) {
		if (stamp != 0 && ee->ee_info == SCM_TSTAMP_SND)
			io_stamp(s, ee->ee_data, stamp);
		return;
	}
	if (ee->ee_origin != SO_EE_ORIGIN_ICMP && ee->ee_origin != SO_EE_ORIGIN_ICMP6)
		return;
	struct addr by = io_offender(ee);
	size_t len = in.message[i].msg_len, beyond = ee->ee_rfc4884.len;
	struct echo echo;
	/* The kernel has walked the headers in front of ours, but for whom it was. */
	if (beyond >= len || (ee->ee_rfc4884.flags & SO_EE_RFC4884_FLAG_INVALID) != 0)
		beyond = 0;
	if (echo_read(&echo, m->msg_iov->iov_base, len, s->class.family, false) == 0 &&
	    echo.id == s->id)
		icmp_refused(&(struct icmp_refused){ .socket = s->index,
		    .echo = &echo,
		    .to = &in.from[i],
		    .by = &by,
		    .type = ee->ee_type,
		    .code = ee->ee_code,
		    .info = ee->ee_info,
		    .stamp_ns = stamp,
		    .ttl = ttl,
		    .beyond = beyond == 0 ? NULL : in.data[i] + beyond,
		    .beyond_len = beyond == 0 ? 0 : len - beyond });
}

void
io_errors(struct io_socket *s)
{
	for (unsigned rounds = 0; rounds < IO_ROUNDS; rounds++) {
		int n = io_read(s->fd, MSG_ERRQUEUE, IO_ERROR_BYTES);

		for (int i = 0; i < n; i++)
			io_error(s, (unsigned)i);
		if (n < IO_READ)
			return;
	}
}

/* --- replies ---------------------------------------------------------------------- */

/* Did the receive buffer overflow since we last looked? The kernel is asked, since it
 * says it with the packets (SO_RXQ_OVFL) on raw sockets only. */
void
io_count_overflow(struct io_socket *s)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof info;

	if (getsockopt(s->fd, SOL_SOCKET, SO_MEMINFO, info, &len) != 0)
		return;
	uint32_t count = info[SK_MEMINFO_DROPS];
	/* Stamps of a full buffer are dropped as well, and not counted. */
	if (s->counted &&
	    (count != s->overflow || info[SK_MEMINFO_RMEM_ALLOC] + IO_STAMP_BYTES >=
					 info[SK_MEMINFO_RCVBUF]))
		s->overflow_at = clock_mono_ns();
	if (s->counted && count != s->overflow)
		icmp_overflow(count - s->overflow);
	s->overflow = count;
	s->counted = true;
}

/* A reply that was read, kept while the transmit stamps are collected: those of a
 * packet come before its reply, but on another queue. */
struct io_reply {
	struct echo echo;
	struct addr from;
	int64_t stamp;
	int ttl, tos;
	bool cut;
};

static void
io_reply_control(const struct cmsghdr *c, struct io_reply *r)
{
	const void *data = CMSG_DATA(c);

	if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING)
		r->stamp = clock_stamp_ns(data);
	else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
		 (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT))
		memcpy(&r->ttl, data, sizeof r->ttl);
	else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS)
		r->tos = *(const uint8_t *)data;
	else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS)
		memcpy(&r->tos, data, sizeof r->tos);
}

/* Understand message I; false when it is none of ours. */
static bool
io_reply(struct io_socket *s, unsigned i, struct io_reply *r)
{
	struct msghdr *m = &in.message[i].msg_hdr;

	*r = (struct io_reply){ .from = in.from[i],
		.ttl = -1,
		.tos = -1,
		.cut = (m->msg_flags & MSG_TRUNC) != 0 };
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c))
		io_reply_control(c, r);
	size_t len = in.message[i].msg_len;
	if (len > IO_READ_BYTES)
		len = IO_READ_BYTES;
	return echo_read(&r->echo, in.data[i], len, s->class.family,
		   s->raw && s->class.family == AF_INET) == 0 &&
	       r->echo.kind == ECHO_REPLY && r->echo.id == s->id;
}

/* Is R this host's answer to a call of ours? From its own address nobody else sends. */
static bool
io_is_home(const struct io_socket *s, const struct io_reply *r)
{
	return r->echo.marked && r->echo.slot == ICMP_SLOT_NOBODY &&
	       addr_same_host(&r->from, io_loopback(s->class.family));
}

/* Read replies until none is left. */
static void
io_replies(struct io_socket *s)
{
	static struct io_reply reply[IO_READ];
	unsigned refused = 0;

	for (unsigned rounds = 0; rounds < IO_ROUNDS; rounds++) {
		int n = io_read(s->fd, 0, IO_READ_BYTES);
		int64_t now = clock_wall_ns();
		unsigned count = 0;

		if (n < 0 && errno != EAGAIN && errno != EINTR && refused++ < 8)
			n = 0; /* the error of a packet: the error queue has it */
		else if (n <= 0)
			break;
		for (int i = 0; i < n; i++)
			if (io_reply(s, (unsigned)i, &reply[count]))
				count++;
		if (count != 0)
			s->heard_at = clock_mono_ns();
		for (unsigned i = 0; i < count; i++)
			if (io_is_home(s, &reply[i]))
				s->home_at = s->heard_at;
		for (unsigned depth = 0; depth < 3; depth++)
			for (unsigned i = 0; i < count; i++)
				icmp_expect(reply[i].echo.slot, depth);
		io_errors(s);
		for (unsigned i = 0; i < count; i++)
			icmp_came(&(struct icmp_came){ .socket = s->index,
			    .echo = &reply[i].echo,
			    .from = &reply[i].from,
			    .stamp_ns = reply[i].stamp,
			    .wall_ns = now,
			    .ttl = reply[i].ttl,
			    .tos = reply[i].tos,
			    .cut = reply[i].cut });
		if (n < IO_READ && refused == 0)
			return;
	}
	io_errors(s);
}

void
io_receive(struct io_socket *s)
{
	io_count_overflow(s); /* full it is before reading */
	io_replies(s);
	/* Only a buffer that holds something overflows: none is missed. */
	io_count_overflow(s);
}

void
io_drain(int fd)
{
	for (unsigned rounds = 0; rounds < IO_ROUNDS * 4; rounds++)
		if (io_read(fd, 0, IO_READ_BYTES) < IO_READ &&
		    io_read(fd, MSG_ERRQUEUE, IO_ERROR_BYTES) < IO_READ)
			return;
}
