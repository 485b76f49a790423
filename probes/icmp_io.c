#include "probes/icmp_io.h"

#include <errno.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <sodium.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/echo.h"

/* Since Linux 6.13 a packet may carry the key of its transmit stamp. */
#ifndef SCM_TS_OPT_ID
#define SCM_TS_OPT_ID 81
#endif

/* A larger batch would queue up in front of a slow line and measure itself. */
#define IO_BATCH 32
#define IO_READ 64
#define IO_READ_BYTES                                                                  \
	1600 /* an Ethernet frame: a longer reply is only seen to be one */
#define IO_ERROR_BYTES 256
#define IO_ROUNDS 256	  /* reads of IO_READ packets in a turn: more than waits */
#define IO_KEYS (1 << 14) /* transmit stamps that may be on their way */
#define IO_SIZE_MAX 65507

struct io_packet {
	uint32_t slot;
	uint8_t head[ECHO_SENT];
	struct addr to;
	struct iovec iov[2];
	_Alignas(struct cmsghdr) uint8_t control[128];
};

struct io_side {
	int fd;
	bool raw, stamps;
	bool keyed; /* the kernel takes our key: it is the slot */
	uint16_t id;
	uint32_t next_key;  /* else it counts packets, and so do we */
	uint32_t *key_slot; /* IO_KEYS of them */
	uint32_t overflow;  /* the kernel's count when we last looked ... */
	bool counted;	    /* ... if we did: it began before us */
	unsigned queued;
	struct io_packet packet[IO_BATCH];
	struct mmsghdr message[IO_BATCH];
};

static struct io_side io[ICMP_SIDES] = { { .fd = -1 }, { .fd = -1 } };
static bool io_without_keys;
static uint8_t io_zeroes[IO_SIZE_MAX]; /* never written: costs no memory */

/* Where packets are read to: one at a time uses it, none keeps it. */
static struct {
	uint8_t data[IO_READ][IO_READ_BYTES];
	uint8_t control[IO_READ][256];
	struct addr from[IO_READ];
	struct iovec iov[IO_READ];
	struct mmsghdr message[IO_READ];
} in;

static const struct addr *
io_loopback(enum icmp_side side)
{
	static struct addr loopback[ICMP_SIDES];

	loopback[ICMP_V4].v4.sin_family = AF_INET;
	loopback[ICMP_V4].v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	loopback[ICMP_V6].v6.sin6_family = AF_INET6;
	loopback[ICMP_V6].v6.sin6_addr = in6addr_loopback;
	return &loopback[side];
}

/* --- control messages ---------------------------------------------------------------
 */

static void
io_control(struct msghdr *m, int level, int type, const void *data, size_t len)
{
	uint8_t *base = m->msg_control;
	struct cmsghdr *c = (struct cmsghdr *)(void *)(base + m->msg_controllen);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	memcpy(CMSG_DATA(c), data, len);
	m->msg_controllen += CMSG_SPACE(len);
}

static void
io_control_v4(struct msghdr *m, const struct icmp_way *way)
{
	struct in_pktinfo info = { .ipi_ifindex = (int)way->interface };

	if (way->source.sa.sa_family == AF_INET)
		info.ipi_spec_dst = way->source.v4.sin_addr;
	if (way->interface != 0 || way->source.sa.sa_family == AF_INET)
		io_control(m, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
	if (way->tos >= 0)
		io_control(m, IPPROTO_IP, IP_TOS, &way->tos, sizeof way->tos);
}

static void
io_control_v6(struct msghdr *m, const struct icmp_way *way)
{
	struct in6_pktinfo info = { .ipi6_ifindex = way->interface };

	if (way->source.sa.sa_family == AF_INET6)
		info.ipi6_addr = way->source.v6.sin6_addr;
	if (way->interface != 0 || way->source.sa.sa_family == AF_INET6)
		io_control(m, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
	if (way->tos >= 0)
		io_control(m, IPPROTO_IPV6, IPV6_TCLASS, &way->tos, sizeof way->tos);
}

/* --- transmit stamps ----------------------------------------------------------------
 */

/* Ask for stamps; the kernel's count of keys begins at 0 again. */
static int
io_stamping(const struct io_side *s)
{
	int off = 0;
	int on = SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
		 SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
		 SOF_TIMESTAMPING_OPT_TSONLY;

	(void)setsockopt(s->fd, SOL_SOCKET, SO_TIMESTAMPING, &off, sizeof off);
	return setsockopt(s->fd, SOL_SOCKET, SO_TIMESTAMPING, &on, sizeof on);
}

/* A sending that failed may have used up a key or not, which differs between kernels:
 * count from 0 again. Stamps still on their way bear keys that are ahead of the count.
 */
static void
io_recount(struct io_side *s)
{
	if (s->keyed || !s->stamps)
		return;
	(void)io_stamping(s);
	s->next_key = 0;
}

static void
io_stamp(struct io_side *s, uint32_t key, int64_t wall_ns)
{
	if (s->keyed)
		icmp_left(key, wall_ns);
	else if (key < s->next_key && s->next_key - key <= IO_KEYS)
		icmp_left(s->key_slot[key % IO_KEYS], wall_ns);
}

static void
io_gone(struct io_side *s, uint32_t slot, int64_t mono_ns)
{
	if (!s->keyed && s->stamps)
		s->key_slot[s->next_key++ % IO_KEYS] = slot;
	if (slot != ICMP_SLOT_NOBODY)
		icmp_sent(slot, mono_ns);
}

/* --- out ----------------------------------------------------------------------------
 */

static void io_errors(enum icmp_side side);

/* An error of sendmmsg() may be an ICMP error that came for another packet: the kernel
 * tells the socket so, once. */
static bool
io_may_be_stale(int error)
{
	return error != EAGAIN && error != ENOBUFS && error != EINVAL &&
	       error != EPERM && error != EADDRNOTAVAIL && error != ENOMEM;
}

static void
io_flush(enum icmp_side side)
{
	struct io_side *s = &io[side];
	unsigned at = 0, tries = 0;

	while (at < s->queued) {
		int64_t now = clock_mono_ns();
		int n = sendmmsg(s->fd, s->message + at, s->queued - at, 0);

		for (int i = 0; i < n; i++)
			io_gone(s, s->packet[at + (unsigned)i].slot, now);
		if (n > 0) {
			at += (unsigned)n;
			tries = 0;
			continue;
		}
		int error = errno;
		if (error == EINTR)
			continue;
		io_errors(side);
		io_recount(s);
		if (io_may_be_stale(error) && tries++ < 2)
			continue;
		if (s->packet[at].slot != ICMP_SLOT_NOBODY)
			icmp_not_sent(s->packet[at].slot, error);
		at++;
		tries = 0;
	}
	s->queued = 0;
}

void
icmp_io_flush(void)
{
	for (enum icmp_side side = 0; side < ICMP_SIDES; side++)
		if (io[side].fd >= 0)
			io_flush(side);
}

void
icmp_io_put(enum icmp_side side, uint32_t slot, const uint8_t *head,
    const struct addr *to, const struct icmp_way *way)
{
	struct io_side *s = &io[side];

	if (s->queued == IO_BATCH)
		io_flush(side);
	struct io_packet *p = &s->packet[s->queued];
	struct msghdr *m = &s->message[s->queued++].msg_hdr;
	p->slot = slot;
	p->to = *to;
	memcpy(p->head, head, sizeof p->head);
	p->iov[0] = (struct iovec){ p->head, sizeof p->head };
	p->iov[1] = (struct iovec){ io_zeroes, way->size - ECHO_MARK };
	*m = (struct msghdr){ .msg_name = &p->to,
		.msg_namelen = addr_len(to),
		.msg_iov = p->iov,
		.msg_iovlen = 2,
		.msg_control = p->control };
	memset(p->control, 0, sizeof p->control);
	if (side == ICMP_V4)
		io_control_v4(m, way);
	else
		io_control_v6(m, way);
	if (s->keyed)
		io_control(m, SOL_SOCKET, SCM_TS_OPT_ID, &slot, sizeof slot);
	if (m->msg_controllen == 0)
		m->msg_control = NULL;
}

/* --- in -----------------------------------------------------------------------------
 */

static int64_t
io_ns(const struct timespec *ts)
{
	return ts->tv_sec * CLOCK_NS_PER_S + ts->tv_nsec;
}

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

/* One message of the error queue: a transmit stamp, or an ICMP error with the packet
 * that it quotes. */
static void
io_error(enum icmp_side side, struct msghdr *m, size_t len)
{
	const struct sock_extended_err *ee = NULL;
	int64_t stamp = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		const void *data = CMSG_DATA(c);

		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPING)
			stamp = io_ns(data);
		else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
			 (c->cmsg_level == IPPROTO_IPV6 &&
			     c->cmsg_type == IPV6_RECVERR))
			ee = data;
	}
	if (ee == NULL)
		return;
	if (ee->ee_origin == SO_EE_ORIGIN_TIMESTAMPING) {
		if (stamp != 0 && ee->ee_info == SCM_TSTAMP_SND)
			io_stamp(&io[side], ee->ee_data, stamp);
		return;
	}
	struct echo echo;
	if ((ee->ee_origin == SO_EE_ORIGIN_ICMP ||
		ee->ee_origin == SO_EE_ORIGIN_ICMP6) &&
	    echo_read(&echo, m->msg_iov->iov_base, len,
		side == ICMP_V4 ? AF_INET : AF_INET6, false) == 0)
		icmp_refused(side, &echo, ee->ee_type, ee->ee_code);
}

static void
io_errors(enum icmp_side side)
{
	for (unsigned rounds = 0; rounds < IO_ROUNDS; rounds++) {
		int n = io_read(io[side].fd, MSG_ERRQUEUE, IO_ERROR_BYTES);

		for (int i = 0; i < n; i++)
			io_error(side, &in.message[i].msg_hdr, in.message[i].msg_len);
		if (n < IO_READ)
			return;
	}
}

static void
io_overflow(struct io_side *s, uint32_t count)
{
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
	bool cut;
};

/* Understand message I; false when it is none of ours. */
static bool
io_reply(struct io_side *s, int family, unsigned i, struct io_reply *r)
{
	struct msghdr *m = &in.message[i].msg_hdr;
	uint32_t overflow = s->overflow; /* nothing is said while it is 0 */

	*r = (struct io_reply){ .from = in.from[i],
		.cut = (m->msg_flags & MSG_TRUNC) != 0 };
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_TIMESTAMPING)
			r->stamp = io_ns((const void *)CMSG_DATA(c));
		if (c->cmsg_type == SO_RXQ_OVFL)
			memcpy(&overflow, CMSG_DATA(c), sizeof overflow);
	}
	io_overflow(s, overflow);
	size_t len = in.message[i].msg_len;
	if (len > IO_READ_BYTES)
		len = IO_READ_BYTES;
	return echo_read(&r->echo, in.data[i], len, family,
		   s->raw && family == AF_INET) == 0 &&
	       r->echo.kind == ECHO_REPLY && r->echo.id == s->id;
}

static void
io_receive(enum icmp_side side)
{
	struct io_side *s = &io[side];
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
			if (io_reply(s, side == ICMP_V4 ? AF_INET : AF_INET6,
				(unsigned)i, &reply[count]))
				count++;
		io_errors(side);
		for (unsigned i = 0; i < count; i++)
			icmp_came(&(struct icmp_came){ .side = side,
			    .echo = &reply[i].echo,
			    .from = &reply[i].from,
			    .stamp_ns = reply[i].stamp,
			    .wall_ns = now,
			    .cut = reply[i].cut });
		if (n < IO_READ && refused == 0)
			return;
	}
	io_errors(side);
}

void
icmp_io_receive(void)
{
	for (enum icmp_side side = 0; side < ICMP_SIDES; side++)
		if (io[side].fd >= 0)
			io_receive(side);
}

/* --- begin and end ------------------------------------------------------------------
 */

/* Throw away what came for whoever had the socket before. */
static void
io_drain(int fd)
{
	for (unsigned rounds = 0; rounds < IO_ROUNDS * 4; rounds++)
		if (io_read(fd, 0, IO_READ_BYTES) < IO_READ &&
		    io_read(fd, MSG_ERRQUEUE, IO_ERROR_BYTES) < IO_READ)
			return;
}

static int
io_find_id(struct io_side *s, struct err *err)
{
	struct addr self;
	socklen_t len = sizeof self;

	if (s->raw) {
		s->id = (uint16_t)randombytes_random();
		return 0;
	}
	if (getsockname(s->fd, &self.sa, &len) != 0 || addr_port(&self) == 0)
		return err_set(err, "the ICMP socket has no id, expected a bound one");
	s->id = (uint16_t)addr_port(&self);
	return 0;
}

/* Send one packet to ourselves: it tells whether the kernel takes our keys, and wakes
 * its stamping, which begins lazily. */
static void
io_warm(enum icmp_side side)
{
	struct io_side *s = &io[side];
	uint8_t head[ECHO_SENT], key[16] = { 0 };
	struct icmp_way way = { .size = ECHO_MARK, .tos = -1 };
	struct echo_proof proof = {
		.slot = ICMP_SLOT_NOBODY, .id = s->id, .to = *io_loopback(side)
	};

	echo_write(head, key, &proof);
	s->keyed = s->stamps && !io_without_keys;
	if (s->keyed) {
		icmp_io_put(side, ICMP_SLOT_NOBODY, head, &proof.to, &way);
		s->queued = 0;
		/* EINVAL: the control message is not known. Any other fault is the
		 * route's, and comes later than the reading of it. */
		if (sendmsg(s->fd, &s->message[0].msg_hdr, 0) >= 0 || errno != EINVAL)
			return;
		s->keyed = false;
	}
	icmp_io_put(side, ICMP_SLOT_NOBODY, head, &proof.to, &way);
	io_flush(side);
}

int
icmp_io_open(enum icmp_side side, int fd, enum icmp_rung rung, struct err *err)
{
	struct io_side *s = &io[side];

	memset(s, 0, sizeof *s);
	s->fd = fd;
	s->raw = rung == ICMP_RAW;
	if (io_find_id(s, err) != 0) {
		s->fd = -1;
		return -1;
	}
	io_drain(fd);
	s->stamps = io_stamping(s) == 0;
	s->key_slot = mem_zero(IO_KEYS, sizeof *s->key_slot);
	io_warm(side);
	return 0;
}

void
icmp_io_close(void)
{
	for (enum icmp_side side = 0; side < ICMP_SIDES; side++) {
		free(io[side].key_slot);
		io[side].key_slot = NULL;
		io[side].fd = -1;
	}
}

bool
icmp_io_has(enum icmp_side side)
{
	return io[side].fd >= 0;
}

uint16_t
icmp_io_id(enum icmp_side side)
{
	return io[side].id;
}

bool
icmp_io_stamps(enum icmp_side side)
{
	return io[side].stamps;
}

void
icmp_io_without_keys(bool without)
{
	io_without_keys = without;
}
