/* The STAMP reflector (RFC 8762 section 4.3): answers those who may ask, and nobody
 * else, with a packet as long as theirs. It keeps a session per sender and session id,
 * whose answers it numbers, so that the sender can tell on which way packets were lost.
 *
 * There is one per process. */
#ifndef PROBES_REFLECTOR_H
#define PROBES_REFLECTOR_H

#include "base/addr.h"
#include "config/conf.h"
#include "link/msg.h"

struct event_base;

/* Sessions that are kept; of those that were silent for a while the oldest gives way.
 */
#define REFLECTOR_SESSIONS 4096
#define REFLECTOR_SILENT_S 10
#define REFLECTOR_FORGET_S 900 /* RFC 5357's REFWAIT */
/* Answers a second, of one session and of all. */
#define REFLECTOR_RATE 500
#define REFLECTOR_RATE_ALL 10000

/* Begin: counts go to COUNTERS. */
void reflector_open(struct msg_counters *counters);
/* End: sockets, sessions and settings are gone. */
void reflector_close(void);
void reflector_forget(void); /* likewise, without the sockets */
/* Take the section Reflector of CONF as it is now; sessions and sockets stay. */
void reflector_configure(const struct conf *conf);
/* Take over FD, a bound UDP socket. */
void reflector_socket(int fd);
/* Answer from now on what comes to the sockets that are there. */
void reflector_listen(struct event_base *base);

/* What came in one datagram. */
struct reflector_came {
	struct addr from;
	unsigned port;	 /* ours, to which it came */
	uint8_t ttl;	 /* 0: not known */
	int64_t wall_ns; /* when it came */
};
/* Make the LEN octets in BUF (STAMP_MAX) the answer, which is as long. False when there
 * is none to be given, which is counted. */
bool reflector_answer(uint8_t *buf, size_t len, const struct reflector_came *came);

#endif
