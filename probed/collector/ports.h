/* Which ports of an exporter are of one process. Its key has no port, since a process
 * takes another one at each start, and some have several sockets; but two processes of
 * one host that send by the same domain have one key as well. What tells them apart is
 * how they number what they send: of one process the numbers of all its ports rise in
 * one line, so that between two from one port those lie that came from others
 * meanwhile. Of two processes each has a line of its own. Who began anew is not heard
 * from its old port again, and nothing is known of the two but that.
 *
 * Memory is fixed: of more than PORTS_MAX ports the one heard longest ago is forgotten,
 * and nothing is known of it. */
#ifndef COLLECTOR_PORTS_H
#define COLLECTOR_PORTS_H

#include <stdbool.h>
#include <stdint.h>

#define PORTS_MAX 8

struct ports {
	struct {
		uint16_t port;
		bool own;	 /* it has templates of its own, beside those of its line */
		uint32_t number; /* of its last datagram */
		uint64_t heard;	 /* when, by TURN */
	} seen[PORTS_MAX];
	/* How often two of them were of two lines, less how often of one. */
	int8_t apart[PORTS_MAX][PORTS_MAX];
	unsigned count, last; /* whose datagram was the last */
	uint64_t turn;	      /* datagrams */
};

/* PORT sent what has sequence number NUMBER. */
void ports_hear(struct ports *p, unsigned port, uint32_t number);
/* A and B were seen to be of two processes. */
bool ports_apart(const struct ports *p, unsigned a, unsigned b);
/* What LEADER defines holds for PORT: both were seen to be of one process, and neither
 * has templates of its own. */
bool ports_follow(const struct ports *p, unsigned port, unsigned leader);
/* PORT defined otherwise what it was to follow another one in. */
void ports_own(struct ports *p, unsigned port);

#endif
