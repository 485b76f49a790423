#include "probes/hoperr.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

#include "base/clock.h"

int
hoperr_socket(int family)
{
	const int on = 1;
	/* stamps of sending are numbered */
	const int stamps = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_TX_SOFTWARE |
			   SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY |
			   SOF_TIMESTAMPING_OPT_ID;
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
	int bad;

	if (fd < 0)
		return -1;
	if (family == AF_INET6)
		bad = setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
	else
		bad = setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on);
	if (bad != 0) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	/* Without them the times are our own: no fault. */
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof stamps);
	return fd;
}

int
hoperr_send(int fd, const struct addr *to, unsigned hops, const void *data, size_t len)
{
	int value = (int)hops;
	bool v6 = to->sa.sa_family == AF_INET6;
	struct iovec iov = { (void *)(uintptr_t)data, len };
	union {
		char room[CMSG_SPACE(sizeof value)];
		struct cmsghdr align;
	} control = { { 0 } };
	struct msghdr msg = {
		.msg_name = (void *)(uintptr_t)&to->sa,
		.msg_namelen = addr_len(to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control,
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = v6 ? IPPROTO_IPV6 : IPPROTO_IP;
	c->cmsg_type = v6 ? IPV6_HOPLIMIT : IP_TTL;
	c->cmsg_len = CMSG_LEN(sizeof value);
	memcpy(CMSG_DATA(c), &value, sizeof value);
	/* The first try may only report the error of an earlier datagram, which is in
	 * the error queue as well. */
	for (int i = 0; i < 2; i++)
		if (sendmsg(fd, &msg, 0) == (ssize_t)len)
			return 0;
	return -1;
}

static void
hoperr_extended(struct hoperr *e, const struct cmsghdr *c)
{
	struct sock_extended_err ee;
	size_t len = c->cmsg_len - CMSG_LEN(0);

	if (len < sizeof ee)
		return;
	memcpy(&ee, CMSG_DATA(c), sizeof ee);
	e->sent = ee.ee_origin == SO_EE_ORIGIN_TIMESTAMPING;
	e->icmp =
	    ee.ee_origin == SO_EE_ORIGIN_ICMP || ee.ee_origin == SO_EE_ORIGIN_ICMP6;
	e->id = ee.ee_data;
	e->type = ee.ee_type;
	e->code = ee.ee_code;
	len -= sizeof ee;
	if (len > sizeof e->from)
		len = sizeof e->from;
	memcpy(&e->from, CMSG_DATA(c) + sizeof ee, len);
}

static void
hoperr_control(struct hoperr *e, const struct cmsghdr *c)
{
	struct timespec ts;

	if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPING &&
	    c->cmsg_len >= CMSG_LEN(sizeof ts)) {
		/* of three stamps the first is the software one */
		memcpy(&ts, CMSG_DATA(c), sizeof ts);
		e->wall_ns = clock_stamp_ns(&ts);
	} else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
		   (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR))
		hoperr_extended(e, c);
}

int
hoperr_read(int fd, struct hoperr *e)
{
	union {
		char room[512];
		struct cmsghdr align;
	} control;
	struct iovec iov = { e->quoted, sizeof e->quoted };
	struct msghdr msg = {
		.msg_name = &e->to.sa,
		.msg_namelen = sizeof e->to,
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control,
	};

	memset(e, 0, sizeof *e);
	ssize_t n = recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT);
	if (n < 0)
		return -1;
	e->quoted_len = (size_t)n < sizeof e->quoted ? (size_t)n : sizeof e->quoted;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		hoperr_control(e, c);
	return 0;
}
