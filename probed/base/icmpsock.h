/* Sockets for ICMP echo, by a ladder of rights: a datagram socket where the kernel's
 * net.ipv4.ping_group_range lets us, else a raw one (CAP_NET_RAW), else none. Shared by
 * the parent, which hands them to the prober, and by probectl ping. */
#ifndef BASE_ICMPSOCK_H
#define BASE_ICMPSOCK_H

#define ICMPSOCK_WHY 160 /* bytes of a reason */

enum icmp_rung {
	ICMP_NONE,
	ICMP_DATAGRAM, /* the kernel owns the id and hands us our replies only */
	ICMP_RAW,      /* sees every ICMP packet of the namespace */
};

struct icmpsock {
	int fd; /* non-blocking, close-on-exec; -1 when there is none */
	enum icmp_rung rung;
	char why[ICMPSOCK_WHY]; /* why no higher rung (or none at all); "" on the highest */
};

/* Open a socket for FAMILY (AF_INET, AF_INET6) on the highest rung permitted, with
 * receive buffer, filter, error queue and overflow counter set. 0, or -1 when there is
 * none: then WHY says what to do about it. */
int icmpsock_open(struct icmpsock *s, int family);

#endif
