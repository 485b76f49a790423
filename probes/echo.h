/* The bytes of an ICMP echo and how one proves to be ours. The payload begins with
 * twelve bytes of our own: a slot, which says whose ping it is, and a SipHash-2-4 tag
 * over everything that must agree. 12 is also the least that SmokePing allows. */
#ifndef PROBES_ECHO_H
#define PROBES_ECHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

#define ECHO_HEADER 8
#define ECHO_TAG 8
#define ECHO_MARK 12 /* slot and tag */
#define ECHO_LEVEL 2 /* what keeps the checksum the same; not in payloads below 14 */
#define ECHO_SENT (ECHO_HEADER + ECHO_MARK + ECHO_LEVEL)

enum echo_kind {
	ECHO_REQUEST,
	ECHO_REPLY,
	ECHO_OTHER
};

/* What an echo says of itself. Numbers in host order. */
struct echo {
	enum echo_kind kind;
	uint16_t id, seq;
	size_t payload; /* bytes behind the header */
	bool marked;	/* the payload holds slot and tag */
	uint32_t slot;
	uint8_t tag[ECHO_TAG];
};

/* What the tag is made over. */
struct echo_proof {
	uint32_t slot, serial; /* serial: of the round, never used twice */
	uint16_t id, seq;
	bool constant; /* its checksum is that of all packets with this id */
	struct addr to;
};

/* Read an ICMP (FAMILY AF_INET) or ICMPv6 message of LEN bytes; WITH_IP: an IPv4 header
 * stands in front, as a raw socket has it. 0, or -1 when it is too short for an echo or
 * its header makes no sense. */
int echo_read(struct echo *e, const void *data, size_t len, int family, bool with_ip);

/* Write header, slot and tag of a request into HEAD (ECHO_SENT bytes). The rest of the
 * payload, of SIZE bytes, is zero, so the checksum covers it for any length. Two bytes
 * behind the tag level the checksum where PROOF wants it constant: routers that take
 * the first four bytes behind the IP header for ports, and spread their load by them,
 * then send all pings of a target by one way. A payload too short for them goes
 * without. */
void echo_write(
    uint8_t *head, const uint8_t key[16], const struct echo_proof *proof, size_t size);

/* Is TAG the one for PROOF? */
bool echo_proves(
    const uint8_t tag[ECHO_TAG], const uint8_t key[16], const struct echo_proof *proof);

#endif
