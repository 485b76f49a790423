/* The sockets of the ICMP probe: packets out in batches, replies, transmit stamps and
 * ICMP errors in. What they mean is icmp.c's business, which is told through the
 * functions at the end of this file. */
#ifndef PROBES_ICMP_IO_H
#define PROBES_ICMP_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/icmpsock.h"
#include "base/log.h"

struct echo;

enum icmp_side {
	ICMP_V4,
	ICMP_V6,
	ICMP_SIDES
};

/* A slot no run has: of the packets sent to ourselves at the beginning. */
#define ICMP_SLOT_NOBODY UINT32_MAX

/* How a packet is to leave. */
struct icmp_way {
	struct addr source; /* AF_UNSPEC: the kernel chooses */
	unsigned interface; /* its index; 0: the kernel chooses */
	unsigned size;	    /* payload bytes */
	int tos;	    /* -1: none set */
};

/* Take FD for SIDE. 0, or -1 with ERR. */
int icmp_io_open(enum icmp_side side, int fd, enum icmp_rung rung, struct err *err);
void icmp_io_close(void);
bool icmp_io_has(enum icmp_side side);
/* The id in our packets of SIDE, in host order. */
uint16_t icmp_io_id(enum icmp_side side);
/* True when the kernel stamps what comes in. Where it does not, packets have to be
 * read the moment they come. */
bool icmp_io_stamps(enum icmp_side side);

/* Queue HEAD (ECHO_SENT bytes, copied) with its zeroes behind; sent by the next
 * icmp_io_flush(), or at once when the batch is full. */
void icmp_io_put(enum icmp_side side, uint32_t slot, const uint8_t *head,
    const struct addr *to, const struct icmp_way *way);
void icmp_io_flush(void);
/* Read everything that has come, on all sides. */
void icmp_io_receive(void);

/* For tests: the sockets opened from now on work as if the kernel could not be told the
 * key of a transmit stamp. (One that was told once goes on using it.) */
void icmp_io_without_keys(bool without);

/* --- told to icmp.c ----------------------------------------------------------------
 */

/* An echo reply. STAMP_NS: when the kernel got it (wall clock), 0 when it did not say;
 * WALL_NS: when we read it. */
struct icmp_came {
	enum icmp_side side;
	const struct echo *echo;
	const struct addr *from;
	int64_t stamp_ns, wall_ns;
	bool cut; /* longer than our buffer */
};

void icmp_sent(uint32_t slot, int64_t mono_ns);
void icmp_not_sent(uint32_t slot, int error);
void icmp_left(uint32_t slot, int64_t wall_ns); /* the driver took it over */
void icmp_came(const struct icmp_came *came);
/* An ICMP error of TYPE and CODE quotes ECHO. */
void icmp_refused(
    enum icmp_side side, const struct echo *echo, unsigned type, unsigned code);
void icmp_overflow(unsigned packets);

#endif
