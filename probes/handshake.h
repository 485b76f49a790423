/* The beginning of a TCP connection, and what it tells. */
#ifndef PROBES_HANDSHAKE_H
#define PROBES_HANDSHAKE_H

#include "probes/via.h"

/* What can be set about it. */
struct handshake_opts {
	struct via via;
	unsigned port;
	bool repeated_is_time; /* syn_retrans = time: as other tools have it */
};

struct handshake {
	enum ping_outcome outcome; /* PING_ANSWERED: the port is open */
	int64_t rtt_ns;		   /* of SYN and its answer, where there was one */
	enum ping_stamp stamp;
	const char *why; /* more words than the outcome has, or NULL */
};

/* Read port (FALLBACK where it is not set), syn_retrans and the variables of via.h in
 * force at T. 0, or -1 with ERR. */
int handshake_read(struct handshake_opts *o, const struct conf *conf,
    const struct conf_target *t, unsigned fallback, int *family, struct err *err);

/* A socket of FAMILY as O wants it, not blocking; -1 with errno. */
int handshake_socket(const struct handshake_opts *o, int family);
/* Send the first packet of FD to O's port of TO. As connect(2). */
int handshake_connect(const struct handshake_opts *o, int fd, struct addr to);

/* What the handshake of FD, begun at SENT_NS (monotonic), is now that it ended with
 * ERROR (errno; 0: connected).
 *
 * Linux sends a SYN again after a second and then takes any answer. If TCP's time
 * stamps (RFC 7323 section 3) are on at both ends, the answer says which of the two it
 * answers, and the kernel's RTT is the time since that one: near the whole time, the
 * network was slower than a second and lost nothing. Without them nobody can tell, and
 * it counts as loss. */
struct handshake handshake_judge(
    const struct handshake_opts *o, int fd, int family, int error, int64_t sent_ns);

#endif
