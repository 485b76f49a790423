/* Datagrams that may live for a number of hops, and what the kernel tells of them: when
 * they left, and the ICMP errors that they met (IP_RECVERR, ip(7)). */
#ifndef PROBES_HOPERR_H
#define PROBES_HOPERR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

/* A datagram socket of FAMILY for these, not blocking; -1 with errno. */
int hoperr_socket(int family);
/* Send LEN bytes to TO, HOPS far. 0, or -1 with errno. */
int hoperr_send(
    int fd, const struct addr *to, unsigned hops, const void *data, size_t len);

struct hoperr {
	bool sent; /* a datagram left: the ID-th, from 0, at WALL_NS */
	bool icmp; /* an error came from FROM at WALL_NS (0: not known) */
	uint32_t id;
	int64_t wall_ns; /* the kernel's stamp */
	unsigned type, code;
	struct addr from, to; /* TO: where the datagram was to go, with its port */
	/* What was quoted of it; old routers quote nothing. */
	uint8_t quoted[64];
	size_t quoted_len;
};
/* The next of them. 0, or -1: there is none. */
int hoperr_read(int fd, struct hoperr *e);

#endif
