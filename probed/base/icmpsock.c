#include "base/icmpsock.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/icmp.h>

/* Four MiB hold some 5000 echo replies (832 bytes are charged for a small one). */
#define ICMPSOCK_RECEIVE (4 << 20)
#define ICMPSOCK_SEND (1 << 20)

static void
icmpsock_set(int fd, int level, int name, int value)
{
	/* What the kernel refuses is missed later, where its absence shows. */
	(void)setsockopt(fd, level, name, &value, sizeof value);
}

/* A raw socket would otherwise get a copy of all ICMP of this namespace. Errors come
 * by the error queue, so only echo replies may pass. */
static void
icmpsock_filter(int fd, int family)
{
	if (family == AF_INET) {
		struct icmp_filter only = { .data = ~(1U << ICMP_ECHOREPLY) };

		(void)setsockopt(fd, SOL_RAW, ICMP_FILTER, &only, sizeof only);
	} else {
		struct icmp6_filter only;

		ICMP6_FILTER_SETBLOCKALL(&only);
		ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &only);
		(void)setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &only, sizeof only);
	}
}

static void
icmpsock_tune(int fd, int family)
{
	int size = ICMPSOCK_RECEIVE;

	/* FORCE needs CAP_NET_ADMIN; without it the kernel caps at rmem_max. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
		icmpsock_set(fd, SOL_SOCKET, SO_RCVBUF, size);
	icmpsock_set(fd, SOL_SOCKET, SO_SNDBUF, ICMPSOCK_SEND);
	icmpsock_set(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
	if (family == AF_INET) {
		icmpsock_set(fd, IPPROTO_IP, IP_RECVERR, 1);
		icmpsock_set(fd, IPPROTO_IP, IP_RECVTTL, 1);
	} else {
		icmpsock_set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
		icmpsock_set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
	}
}

/* A datagram socket gets its id by binding; without it the first packet would. */
static int
icmpsock_bind(int fd, int family)
{
	struct sockaddr_storage any = { .ss_family = (sa_family_t)family };
	socklen_t len = family == AF_INET ? sizeof(struct sockaddr_in)
					  : sizeof(struct sockaddr_in6);

	return bind(fd, (struct sockaddr *)&any, len);
}

int
icmpsock_open(struct icmpsock *s, int family)
{
	int protocol = family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;

	*s = (struct icmpsock){ .fd = -1 };
	s->fd = socket(family, SOCK_DGRAM | flags, protocol);
	if (s->fd >= 0 && icmpsock_bind(s->fd, family) == 0) {
		s->rung = ICMP_DATAGRAM;
		icmpsock_tune(s->fd, family);
		return 0;
	}
	int datagram = errno;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = socket(family, SOCK_RAW | flags, protocol);
	if (s->fd >= 0) {
		s->rung = ICMP_RAW;
		icmpsock_filter(s->fd, family);
		icmpsock_tune(s->fd, family);
		snprintf(s->why, sizeof s->why, "no datagram ICMP: %s%s",
		    strerror(datagram),
		    datagram == EACCES ? " (net.ipv4.ping_group_range)" : "");
		return 0;
	}
	if (datagram == EAFNOSUPPORT)
		snprintf(s->why, sizeof s->why, "this host has no %s",
		    family == AF_INET ? "IPv4" : "IPv6");
	else
		snprintf(s->why, sizeof s->why,
		    "%s; as root: sysctl -w net.ipv4.ping_group_range=\"0 2147483647\", or "
		    "give CAP_NET_RAW",
		    strerror(errno));
	return -1;
}
