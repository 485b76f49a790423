/* What icmp_io.c (the set of sockets, packets out) and icmp_read.c (packets in) share.
 */
#ifndef PROBES_ICMP_SOCKET_H
#define PROBES_ICMP_SOCKET_H

#include <sys/socket.h>

#include "probes/icmp_io.h"

/* A larger batch would queue up in front of a slow line and measure itself. */
#define IO_BATCH 32
#define IO_SMALL 128	  /* a packet of no more is in one piece */
#define IO_KEYS (1 << 14) /* transmit stamps that may be on their way */

struct io_packet {
	uint32_t slot;
	bool asked;		/* for a transmit stamp */
	int64_t left;		/* and what it said; 0: nothing yet */
	uint8_t head[IO_SMALL]; /* zero behind the first ECHO_SENT bytes */
	struct addr to;
	struct iovec iov[2];
	_Alignas(struct cmsghdr) uint8_t control[128];
};

struct io_socket {
	int fd;
	unsigned index;
	struct icmpsock_class class;
	bool raw, stamps;
	bool keyed; /* the kernel takes our key: it is the slot */
	uint16_t id;
	uint32_t next_key;   /* else it counts packets, and so do we */
	uint32_t *key_slot;  /* IO_KEYS of them */
	uint32_t overflow;   /* the kernel's count when we last looked ... */
	bool counted;	     /* ... if we did: it began before us */
	int64_t overflow_at; /* monotonic: when it last went up */
	int64_t heard_at;    /* monotonic: when it last got a reply with its id */
	int64_t home_at;     /* ... and one to io_call_home() */
	bool stolen;	     /* somebody else gets them now */
	unsigned queued;
	unsigned told; /* no packet before this one waits for its stamp */
	struct io_packet packet[IO_BATCH];
	struct mmsghdr message[IO_BATCH];
};

/* How many sockets there are, and socket I of them; NULL behind the last. */
unsigned io_count(void);
struct io_socket *io_at(unsigned i);

/* This host itself. */
const struct addr *io_loopback(int family);
/* Send one packet of S to this host itself; it is nobody's ping. */
void io_call_home(struct io_socket *s);

/* Decide what icmp_io_doubt() asked for, once what has come was read. */
void io_theft_look(void);
void io_theft_forget(void);

/* A transmit stamp with KEY came for a packet of S. */
void io_stamp(struct io_socket *s, uint32_t key, int64_t wall_ns);

/* Read what has come on S, and its error queue. */
void io_receive(struct io_socket *s);
/* Note how often the kernel had no room for a packet; the first time, from where to
 * count. */
void io_count_overflow(struct io_socket *s);
/* Read the error queue of S alone. */
void io_errors(struct io_socket *s);
/* Throw away what came for whoever had the socket before. */
void io_drain(int fd);

#endif
