/* Sockets for ICMP echo, by a ladder of rights: a datagram socket where the kernel's
 * net.ipv4.ping_group_range lets us, else a raw one (CAP_NET_RAW), else none. Shared by
 * the parent, which hands them to the prober, and by probectl ping. */
#ifndef BASE_ICMPSOCK_H
#define BASE_ICMPSOCK_H

#include <stdbool.h>
#include <stdint.h>

#define ICMPSOCK_WHY 160 /* bytes of a reason */

enum icmp_rung {
	ICMP_NONE,
	ICMP_DATAGRAM, /* the kernel owns the id and hands us our replies only */
	ICMP_RAW,      /* sees every ICMP packet of the namespace */
};

/* What holds for all packets of a socket, so that packets that want it otherwise need
 * another one. A socket tells by itself of what class it is. */
struct icmpsock_class {
	int family;    /* AF_INET, AF_INET6 */
	bool df;       /* never fragmented, neither here nor on the way */
	uint32_t mark; /* for the routing rules and firewall of this host; 0: none */
};

struct icmpsock {
	int fd; /* non-blocking, close-on-exec; -1 when there is none */
	enum icmp_rung rung;
	char why[ICMPSOCK_WHY]; /* why no higher rung (or none at all); "" on the
				   highest */
};

/* What the receive buffer is charged for one ping: its answer (832 bytes, a small one)
 * and its transmit stamp (768). */
#define ICMPSOCK_PING 1600

/* Open a socket for FAMILY (AF_INET, AF_INET6) on the highest rung permitted, with
 * receive buffer, filter, error queue and overflow counter set. 0, or -1 when there is
 * none: then WHY says what to do about it. */
int icmpsock_open(struct icmpsock *s, int family);
/* Likewise, of CLASS. A mark needs CAP_NET_ADMIN, or CAP_NET_RAW (Linux 5.17). */
int icmpsock_open_class(struct icmpsock *s, const struct icmpsock_class *class);

/* Of what class and on which rung FD is. 0, or -1 when it is no ICMP socket. */
int icmpsock_read(int fd, struct icmpsock_class *class, enum icmp_rung *rung);
bool icmpsock_same(const struct icmpsock_class *a, const struct icmpsock_class *b);
/* Bytes that FD's receive buffer may hold. */
unsigned icmpsock_buffer(int fd);
/* Let only packets with ID into FD, which is raw and of FAMILY: else each of several
 * raw sockets would keep a copy of every answer. */
void icmpsock_only(int fd, int family, uint16_t id);

#endif
