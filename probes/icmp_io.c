#include "probes/icmp_io.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <linux/net_tstamp.h>
#include <sodium.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/icmp_socket.h"

/* Since Linux 6.13 a packet may carry the key of its transmit stamp. */
#ifndef SCM_TS_OPT_ID
#define SCM_TS_OPT_ID 81
#endif

#define IO_SIZE_MAX 65507

/* A stamp takes a third of what a ping costs. From so many pings a second on the driver
 * is asked for that of every so-manyeth packet of a batch, and for the last one's.
 * Between two of these, not longer apart than that, the others left as well. */
#define IO_BUSY_RATE 5000
#define IO_BUSY_EACH 8
#define IO_NEAR_NS (50 * CLOCK_NS_PER_US)

static struct {
	struct io_socket *socket[ICMP_SOCKETS_MAX];
	unsigned sockets;
	int poll; /* an epoll descriptor over all of them; valid while there are some */
	bool without_keys;
	unsigned busy_rate; /* see IO_BUSY_RATE */
	unsigned sent;	    /* in the second that ends at ... */
	int64_t second;	    /* ... this (monotonic) */
	bool busy;
} io = { .busy_rate = IO_BUSY_RATE };

static uint8_t io_zeroes[IO_SIZE_MAX]; /* never written: costs no memory */

/* --- control messages ------------------------------------------------------------- */

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
	if (way->ttl >= 0)
		io_control(m, IPPROTO_IP, IP_TTL, &way->ttl, sizeof way->ttl);
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
	if (way->ttl >= 0)
		io_control(m, IPPROTO_IPV6, IPV6_HOPLIMIT, &way->ttl, sizeof way->ttl);
}

/* --- transmit stamps -------------------------------------------------------------- */

/* Ask for stamps; the kernel's count of keys begins at 0 again. */
static int
io_stamping(const struct io_socket *s)
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
io_recount(struct io_socket *s)
{
	if (s->keyed || !s->stamps)
		return;
	(void)io_stamping(s);
	s->next_key = 0;
}

/* Was the stamp of a packet of the batch that is being sent. They come in its order. */
static void
io_tell(struct io_socket *s, uint32_t slot, int64_t wall_ns)
{
	for (unsigned i = s->told; i < s->queued; i++)
		if (s->packet[i].slot == slot && s->packet[i].asked) {
			s->packet[i].left = wall_ns;
			s->told = i + 1;
			return;
		}
}

void
io_stamp(struct io_socket *s, uint32_t key, int64_t wall_ns)
{
	if (s->keyed) {
		io_tell(s, key, wall_ns);
		icmp_left(key, wall_ns);
	} else if (key < s->next_key && s->next_key - key <= IO_KEYS) {
		icmp_left(s->key_slot[key % IO_KEYS], wall_ns);
	}
}

/* Packets that the driver was not asked about left between their neighbours, where it
 * has said of both when. */
static void
io_fill(const struct io_socket *s)
{
	const struct io_packet *before = NULL, *end = s->packet + s->queued;

	for (const struct io_packet *p = s->packet; p < end; p++) {
		if (!p->asked)
			continue;
		int64_t gap = before == NULL ? 0 : p->left - before->left;
		bool near = before != NULL && before->left != 0 && p->left != 0 &&
			    gap >= 0 && gap <= IO_NEAR_NS;
		for (const struct io_packet *q = before + 1; near && q < p; q++)
			icmp_left_near(
			    q->slot, before->left + gap * (q - before) / (p - before));
		before = p;
	}
}

/* Are so many pings being sent that not each can have a stamp of its own? */
static bool
io_busy(const struct io_socket *s, int64_t now)
{
	io.sent += s->queued;
	if (now >= io.second) {
		io.busy = io.sent >= io.busy_rate;
		io.sent = 0;
		io.second = now + CLOCK_NS_PER_S;
	}
	return io.busy && s->keyed;
}

/* Say of every packet of S's batch whether it is to have a stamp. True when some are
 * not. */
static bool
io_ask(struct io_socket *s)
{
	static const uint32_t none;
	bool busy = io_busy(s, clock_mono_ns()), all = true;

	s->told = 0;
	for (unsigned i = 0; i < s->queued; i++) {
		struct io_packet *p = &s->packet[i];
		struct msghdr *m = &s->message[i].msg_hdr;

		p->asked = s->stamps && (!busy || p->asked || i % IO_BUSY_EACH == 0 ||
					    i + 1 == s->queued);
		p->left = 0;
		all = all && p->asked;
		if (!s->keyed)
			continue;
		m->msg_control = p->control;
		if (p->asked)
			io_control(
			    m, SOL_SOCKET, SCM_TS_OPT_ID, &p->slot, sizeof p->slot);
		else
			io_control(m, SOL_SOCKET, SO_TIMESTAMPING, &none, sizeof none);
	}
	return !all && s->stamps;
}

static void
io_gone(struct io_socket *s, const struct io_packet *p, int64_t mono_ns)
{
	if (!s->keyed && s->stamps)
		s->key_slot[s->next_key++ % IO_KEYS] = p->slot;
	if (p->slot != ICMP_SLOT_NOBODY)
		icmp_sent(p->slot, mono_ns, p->asked);
}

/* --- out -------------------------------------------------------------------------- */

/* An error of sendmmsg() may be an ICMP error that came for another packet: the kernel
 * tells the socket so, once. */
static bool
io_may_be_stale(int error)
{
	return error != EAGAIN && error != ENOBUFS && error != EINVAL &&
	       error != EPERM && error != EADDRNOTAVAIL && error != ENOMEM;
}

static void
io_flush(struct io_socket *s)
{
	unsigned at = 0, tries = 0;
	bool some = io_ask(s);

	while (at < s->queued) {
		int64_t now = clock_mono_ns();
		int n = sendmmsg(s->fd, s->message + at, s->queued - at, 0);

		for (int i = 0; i < n; i++)
			io_gone(s, &s->packet[at + (unsigned)i], now);
		if (n > 0) {
			at += (unsigned)n;
			tries = 0;
			continue;
		}
		int error = errno;
		if (error == EINTR)
			continue;
		io_errors(s);
		io_recount(s);
		if (io_may_be_stale(error) && tries++ < 2)
			continue;
		if (s->packet[at].slot != ICMP_SLOT_NOBODY)
			icmp_not_sent(s->packet[at].slot, error);
		at++;
		tries = 0;
	}
	if (some) {
		io_errors(s);
		io_fill(s);
	}
	s->queued = 0;
}

void
icmp_io_flush(void)
{
	for (unsigned i = 0; i < io.sockets; i++)
		if (io.socket[i]->queued != 0)
			io_flush(io.socket[i]);
}

/* The next place of S's batch, filled. */
static void
io_put(struct io_socket *s, uint32_t slot, const uint8_t head[ECHO_SENT],
    const struct addr *to, const struct icmp_way *way)
{
	struct io_packet *p = &s->packet[s->queued];
	struct msghdr *m = &s->message[s->queued++].msg_hdr;
	size_t len = ECHO_HEADER + way->size;
	size_t written = len < ECHO_SENT ? len : ECHO_SENT;

	p->slot = slot;
	p->asked = way->stamp;
	p->to = *to;
	memcpy(p->head, head, written);
	bool small = len <= sizeof p->head;
	p->iov[0] = (struct iovec){ p->head, small ? len : written };
	p->iov[1] = (struct iovec){ io_zeroes, len - written };
	*m = (struct msghdr){ .msg_name = &p->to,
		.msg_namelen = addr_len(to),
		.msg_iov = p->iov,
		.msg_iovlen = small ? 1 : 2,
		.msg_control = p->control };
	memset(p->control, 0, sizeof p->control);
	if (s->class.family == AF_INET)
		io_control_v4(m, way);
	else
		io_control_v6(m, way);
	if (m->msg_controllen == 0)
		m->msg_control = NULL;
}

void
icmp_io_put(unsigned socket, uint32_t slot, const uint8_t head[ECHO_SENT],
    const struct addr *to, const struct icmp_way *way)
{
	struct io_socket *s = io.socket[socket];

	if (s->queued == IO_BATCH || way->alone)
		io_flush(s);
	io_put(s, slot, head, to, way);
	if (way->alone)
		io_flush(s);
}

/* --- in --------------------------------------------------------------------------- */

void
icmp_io_receive(void)
{
	struct epoll_event ready[ICMP_SOCKETS_MAX];
	int n;

	if (io.sockets == 0)
		return;
	n = epoll_wait(io.poll, ready, ICMP_SOCKETS_MAX, 0);
	for (int i = 0; i < n; i++) {
		struct io_socket *s = io.socket[ready[i].data.u32];

		if (ready[i].events & ~(uint32_t)EPOLLERR)
			io_receive(s);
		else
			io_errors(s);
	}
	io_theft_look();
}

/* --- the set ---------------------------------------------------------------------- */

unsigned
io_count(void)
{
	return io.sockets;
}

struct io_socket *
io_at(unsigned i)
{
	return i < io.sockets ? io.socket[i] : NULL;
}

/* Which of the sockets are of CLASS, but for stolen ones; how many there are. */
static unsigned
io_of_class(const struct icmpsock_class *class, unsigned found[ICMP_SOCKETS_MAX])
{
	unsigned n = 0;

	for (unsigned i = 0; i < io.sockets; i++)
		if (icmpsock_same(&io.socket[i]->class, class) && !io.socket[i]->stolen)
			found[n++] = i;
	return n;
}

/* The last one of a class is kept for those who need another id. */
int
icmp_io_choose(const struct icmpsock_class *class, uint64_t seed)
{
	unsigned found[ICMP_SOCKETS_MAX];
	unsigned n = io_of_class(class, found);

	if (n == 0)
		return -1;
	return (int)found[n == 1 ? 0 : seed % (n - 1)];
}

unsigned
icmp_io_other(unsigned socket, uint64_t seed)
{
	unsigned found[ICMP_SOCKETS_MAX];
	unsigned n = io_of_class(&io.socket[socket]->class, found);

	if (n == 0)
		return socket;
	return found[n - 1] != socket ? found[n - 1]
				      : found[n == 1 ? 0 : seed % (n - 1)];
}

unsigned
icmp_io_count(int family, unsigned *buffer)
{
	unsigned n = 0;

	*buffer = 0;
	for (unsigned i = 0; i < io.sockets; i++) {
		const struct io_socket *s = io.socket[i];
		unsigned size = icmpsock_buffer(s->fd);

		if (s->class.family != family)
			continue;
		if (n++ == 0 || size < *buffer)
			*buffer = size;
	}
	return n;
}

int
icmp_io_poll(void)
{
	return io.sockets == 0 ? -1 : io.poll;
}

uint16_t
icmp_io_id(unsigned socket)
{
	return socket < io.sockets ? io.socket[socket]->id : 0;
}

bool
icmp_io_stamps(unsigned socket)
{
	return io.socket[socket]->stamps;
}

const int64_t *
icmp_io_overflow(unsigned socket)
{
	return &io.socket[socket]->overflow_at;
}

/* --- begin and end ---------------------------------------------------------------- */

static bool
io_id_is_taken(const struct io_socket *s, uint16_t id)
{
	for (unsigned i = 0; i < io.sockets; i++)
		if (io.socket[i]->id == id &&
		    io.socket[i]->class.family == s->class.family)
			return true;
	return false;
}

static int
io_find_id(struct io_socket *s, struct err *err)
{
	struct addr self;
	socklen_t len = sizeof self;

	if (s->raw) {
		do
			s->id = (uint16_t)randombytes_random();
		while (s->id == 0 || io_id_is_taken(s, s->id));
		icmpsock_only(s->fd, s->class.family, s->id);
		return 0;
	}
	if (getsockname(s->fd, &self.sa, &len) != 0 || addr_port(&self) == 0)
		return err_set(err, "the ICMP socket has no id, expected a bound one");
	s->id = (uint16_t)addr_port(&self);
	return 0;
}

const struct addr *
io_loopback(int family)
{
	static struct addr v4, v6;

	v4.v4.sin_family = AF_INET;
	v4.v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	v6.v6.sin6_family = AF_INET6;
	v6.v6.sin6_addr = in6addr_loopback;
	return family == AF_INET ? &v4 : &v6;
}

/* Queue a packet to ourselves. */
static void
io_put_home(struct io_socket *s)
{
	uint8_t head[ECHO_SENT], key[16] = { 0 };
	struct icmp_way way = { .size = ECHO_MARK, .tos = -1, .ttl = -1 };
	struct echo_proof proof = { .slot = ICMP_SLOT_NOBODY,
		.id = s->id,
		.to = *io_loopback(s->class.family) };

	echo_write(head, key, &proof, ECHO_MARK);
	io_put(s, ICMP_SLOT_NOBODY, head, &proof.to, &way);
}

void
io_call_home(struct io_socket *s)
{
	io_flush(s);
	io_put_home(s);
	io_flush(s);
}

/* The first packet tells whether the kernel takes our keys, and wakes its stamping,
 * which begins lazily. */
static void
io_warm(struct io_socket *s)
{
	s->keyed = s->stamps && !io.without_keys;
	if (s->keyed) {
		io_put_home(s);
		(void)io_ask(s);
		s->queued = 0;
		/* EINVAL: the control message is not known. Any other fault is the
		 * route's, and comes later than the reading of it. */
		if (sendmsg(s->fd, &s->message[0].msg_hdr, 0) >= 0 || errno != EINVAL)
			return;
		s->keyed = false;
	}
	s->key_slot = mem_zero(IO_KEYS, sizeof *s->key_slot);
	io_call_home(s);
}

static int
io_register(struct io_socket *s, struct err *err)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = s->index };

	if (s->index == 0)
		io.poll = epoll_create1(EPOLL_CLOEXEC);
	if (io.poll >= 0 && epoll_ctl(io.poll, EPOLL_CTL_ADD, s->fd, &event) == 0)
		return 0;
	err_set(err, "epoll: %s", strerror(errno));
	if (s->index == 0 && io.poll >= 0)
		close(io.poll);
	return -1;
}

/* Make S ready. 0, or -1 with ERR. */
static int
io_begin(struct io_socket *s, struct err *err)
{
	enum icmp_rung rung;

	if (s->index == ICMP_SOCKETS_MAX)
		return err_set(err, "more than %d ICMP sockets", ICMP_SOCKETS_MAX);
	if (icmpsock_read(s->fd, &s->class, &rung) != 0)
		return err_set(err, "what should be an ICMP socket is none");
	s->raw = rung == ICMP_RAW;
	if (io_find_id(s, err) != 0)
		return -1;
	io_drain(s->fd);
	io_count_overflow(s);
	s->stamps = io_stamping(s) == 0;
	if (io_register(s, err) != 0)
		return -1;
	io_warm(s);
	return 0;
}

int
icmp_io_open(int fd, struct err *err)
{
	struct io_socket *s = mem_zero(1, sizeof *s);

	s->fd = fd;
	s->index = io.sockets;
	s->overflow_at = INT64_MIN;
	if (io_begin(s, err) != 0) {
		close(fd);
		free(s);
		return -1;
	}
	io.socket[io.sockets++] = s;
	return 0;
}

void
icmp_io_close(void)
{
	if (io.sockets != 0)
		close(io.poll);
	io_theft_forget();
	while (io.sockets != 0) {
		struct io_socket *s = io.socket[--io.sockets];

		close(s->fd);
		free(s->key_slot);
		free(s);
	}
}

void
icmp_io_without_keys(bool without)
{
	io.without_keys = without;
}

void
icmp_io_busy_from(unsigned rate)
{
	io.busy_rate = rate;
	io.second = 0;
}
