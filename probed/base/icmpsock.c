#include "base/icmpsock.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/icmp.h>

#ifndef IPV6_ADDR_PREFERENCES /* in <linux/in6.h>, which does not suit <netinet/in.h>  \
			       */
#define IPV6_ADDR_PREFERENCES 72
#define IPV6_PREFER_SRC_PUBLIC 2
#endif

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
	if (family == AF_INET) {
		icmpsock_set(fd, IPPROTO_IP, IP_RECVERR, 1);
		icmpsock_set(fd, IPPROTO_IP, IP_RECVERR_RFC4884, 1);
		icmpsock_set(fd, IPPROTO_IP, IP_RECVTTL, 1);
		icmpsock_set(fd, IPPROTO_IP, IP_RECVTOS, 1);
	} else {
		icmpsock_set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
		icmpsock_set(fd, IPPROTO_IPV6, IPV6_RECVERR_RFC4884, 1);
		icmpsock_set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
		icmpsock_set(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
		/* A temporary source address would change, and the series with it. */
		icmpsock_set(
		    fd, IPPROTO_IPV6, IPV6_ADDR_PREFERENCES, IPV6_PREFER_SRC_PUBLIC);
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

/* PROBE sets DF and believes no path MTU but the device's: it goes on measuring. */
static void
icmpsock_never_fragment(int fd, int family)
{
	if (family == AF_INET) {
		icmpsock_set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
	} else {
		icmpsock_set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
		icmpsock_set(fd, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
	}
}

/* Make S what CLASS wants it to be. 0, or -1 with S closed. */
static int
icmpsock_finish(struct icmpsock *s, const struct icmpsock_class *class)
{
	icmpsock_tune(s->fd, class->family);
	if (class->df)
		icmpsock_never_fragment(s->fd, class->family);
	if (class->mark == 0 || setsockopt(s->fd, SOL_SOCKET, SO_MARK, &class->mark,
				    sizeof class->mark) == 0)
		return 0;
	snprintf(s->why, sizeof s->why,
	    "fwmark %u: %s; probed needs CAP_NET_ADMIN, or CAP_NET_RAW since Linux 5.17",
	    class->mark, strerror(errno));
	close(s->fd);
	s->fd = -1;
	s->rung = ICMP_NONE;
	return -1;
}

int
icmpsock_open_class(struct icmpsock *s, const struct icmpsock_class *class)
{
	int family = class->family;
	int protocol = family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;

	*s = (struct icmpsock){ .fd = -1 };
	s->fd = socket(family, SOCK_DGRAM | flags, protocol);
	if (s->fd >= 0 && icmpsock_bind(s->fd, family) == 0) {
		s->rung = ICMP_DATAGRAM;
		return icmpsock_finish(s, class);
	}
	int datagram = errno;
	if (s->fd >= 0)
		close(s->fd);
	s->fd = socket(family, SOCK_RAW | flags, protocol);
	if (s->fd >= 0) {
		s->rung = ICMP_RAW;
		icmpsock_filter(s->fd, family);
		snprintf(s->why, sizeof s->why, "no datagram ICMP: %s%s",
		    strerror(datagram),
		    datagram == EACCES ? " (net.ipv4.ping_group_range)" : "");
		return icmpsock_finish(s, class);
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

int
icmpsock_open(struct icmpsock *s, int family)
{
	return icmpsock_open_class(s, &(struct icmpsock_class){ .family = family });
}

/* --- asking a socket -------------------------------------------------------------- */

/* An integer option of FD; FALLBACK where it has none. */
static int
icmpsock_get(int fd, int level, int name, int fallback)
{
	int value = fallback;
	socklen_t len = sizeof value;

	return getsockopt(fd, level, name, &value, &len) == 0 ? value : fallback;
}

int
icmpsock_read(int fd, struct icmpsock_class *class, enum icmp_rung *rung)
{
	int family = icmpsock_get(fd, SOL_SOCKET, SO_DOMAIN, AF_UNSPEC);
	int protocol = icmpsock_get(fd, SOL_SOCKET, SO_PROTOCOL, 0);

	if (!(family == AF_INET && protocol == IPPROTO_ICMP) &&
	    !(family == AF_INET6 && protocol == IPPROTO_ICMPV6))
		return -1;
	*class = (struct icmpsock_class){ .family = family,
		.df = family == AF_INET
			  ? icmpsock_get(fd, IPPROTO_IP, IP_MTU_DISCOVER, 0) ==
				IP_PMTUDISC_PROBE
			  : icmpsock_get(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, 0) ==
				IPV6_PMTUDISC_PROBE,
		.mark = (uint32_t)icmpsock_get(fd, SOL_SOCKET, SO_MARK, 0) };
	*rung = icmpsock_get(fd, SOL_SOCKET, SO_TYPE, 0) == SOCK_RAW ? ICMP_RAW
								     : ICMP_DATAGRAM;
	return 0;
}

bool
icmpsock_same(const struct icmpsock_class *a, const struct icmpsock_class *b)
{
	return a->family == b->family && a->df == b->df && a->mark == b->mark;
}

unsigned
icmpsock_buffer(int fd)
{
	int size = icmpsock_get(fd, SOL_SOCKET, SO_RCVBUF, 0);

	return size < 0 ? 0 : (unsigned)size;
}

void
icmpsock_only(int fd, int family, uint16_t id)
{
	/* clang-format off */
	struct sock_filter v4[] = {
		/* X = length of the IP header in front; the id stands 4 bytes behind it */
		BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
		BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_filter v6[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, id, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	/* clang-format on */
	struct sock_fprog only = { .len = family == AF_INET ? sizeof v4 / sizeof v4[0]
							    : sizeof v6 / sizeof v6[0],
		.filter = family == AF_INET ? v4 : v6 };

	/* Without it only more is read. */
	(void)setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &only, sizeof only);
}
