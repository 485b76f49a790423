/* The sockets of the ICMP probe: packets out in batches, replies, transmit stamps and
 * ICMP errors in. What they mean is icmp.c's business, which is told through the
 * functions at the end of this file.
 *
 * There are several sockets where one receive buffer could not hold what comes during a
 * stall, and one more in each class, so that a target can get another id. They are
 * numbered from 0 in the order of opening and stay until icmp_io_close(). */
#ifndef PROBES_ICMP_IO_H
#define PROBES_ICMP_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/icmpsock.h"
#include "base/log.h"
#include "probes/echo.h"

#define ICMP_SOCKETS_MAX 256

/* A slot no run has: of the packets sent to ourselves at the beginning. */
#define ICMP_SLOT_NOBODY UINT32_MAX

/* How a packet is to leave. */
struct icmp_way {
	struct addr source; /* AF_UNSPEC: the kernel chooses */
	unsigned interface; /* its index; 0: the kernel chooses */
	unsigned size;	    /* payload bytes */
	int tos;	    /* -1: none set */
	int ttl;	    /* or hop limit; -1: none set */
	bool alone; /* not in a batch: our own reading of the clock has to be right */
	bool stamp; /* the driver is to say when it left, however busy we are */
};

/* Take FD over, whatever kind of ICMP socket it is. 0, or -1 with ERR (then it is
 * closed). */
int icmp_io_open(int fd, struct err *err);
/* Close all. */
void icmp_io_close(void);
/* How many there are of FAMILY, and the smallest of their receive buffers. */
unsigned icmp_io_count(int family, unsigned *buffer);
/* A descriptor that is readable while any socket is; -1 when there is none. */
int icmp_io_poll(void);

/* The socket for a target of CLASS; the same SEED gives the same one. -1 when there is
 * none of that class. */
int icmp_io_choose(const struct icmpsock_class *class, uint64_t seed);
/* Another one of its class for who has SOCKET, to have another id; SOCKET itself when
 * there is none. */
unsigned icmp_io_other(unsigned socket, uint64_t seed);
/* The id in the packets of SOCKET, in host order; 0 where there is no such socket. */
uint16_t icmp_io_id(unsigned socket);
/* True when the kernel stamps what comes in. Where it does not, packets have to be
 * read the moment they come. */
bool icmp_io_stamps(unsigned socket);
/* Where it stands when (monotonic) SOCKET's receive buffer last overflowed. */
const int64_t *icmp_io_overflow(unsigned socket);

/* A ping that SOCKET sent at SENT_MONO had no answer: look whether somebody else gets
 * them. */
void icmp_io_doubt(unsigned socket, int64_t sent_mono);

/* Queue the first bytes of HEAD (copied, as many as the size allows) with zeroes
 * behind; sent by the next icmp_io_flush(), or at once when the batch is full. */
void icmp_io_put(unsigned socket, uint32_t slot, const uint8_t head[ECHO_SENT],
    const struct addr *to, const struct icmp_way *way);
void icmp_io_flush(void);
/* Read everything that has come, on all sockets. */
void icmp_io_receive(void);

/* For tests: the sockets opened from now on work as if the kernel could not be told the
 * key of a transmit stamp. (One that was told once goes on using it.) */
void icmp_io_without_keys(bool without);
/* For tests: so many pings a second are too many to have each of them stamped. */
void icmp_io_busy_from(unsigned rate);

/* --- told to icmp.c --------------------------------------------------------------- */

/* An echo reply. STAMP_NS: when the kernel got it (wall clock), 0 when it did not say;
 * WALL_NS: when we read it. */
struct icmp_came {
	unsigned socket;
	const struct echo *echo;
	const struct addr *from;
	int64_t stamp_ns, wall_ns;
	int ttl;  /* or hop limit it came with; -1: not said */
	int tos;  /* or traffic class; -1: not said */
	bool cut; /* longer than our buffer */
};

/* An ICMP error that quotes a packet of SOCKET. */
struct icmp_refused {
	unsigned socket;
	const struct echo *echo; /* what is left of the packet */
	const struct addr *to;	 /* whom it was for */
	const struct addr *by;	 /* who says so; AF_UNSPEC: not known */
	unsigned type, code;
	uint32_t info;	  /* of "too big": the MTU */
	int64_t stamp_ns; /* when the kernel got it (wall clock), 0: it did not say */
	int ttl;	  /* or hop limit it came with; -1: not said */
	/* What follows the quoted packet (RFC 4884); NULL: nothing. */
	const uint8_t *beyond;
	size_t beyond_len;
};

void icmp_sent(uint32_t slot, int64_t mono_ns, bool asked); /* for its stamp */
void icmp_not_sent(uint32_t slot, int error);
void icmp_left(uint32_t slot, int64_t wall_ns); /* the driver took it over */
/* It did so about then, as its neighbours of the same batch show. */
void icmp_left_near(uint32_t slot, int64_t wall_ns);
/* An answer with SLOT comes in a moment: see probe_fetch(). */
void icmp_expect(uint32_t slot, unsigned depth);
void icmp_came(const struct icmp_came *came);
void icmp_refused(const struct icmp_refused *refused);
void icmp_overflow(unsigned packets); /* so many more were dropped */
/* Answers to what SOCKET sent since (monotonic) went to somebody else. */
void icmp_stolen(unsigned socket, int64_t since);

#endif
