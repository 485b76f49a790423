/* What the socket probes share: the meaning of errors, kernel stamps, variables of the
 * configuration. */
#ifndef PROBES_NET_H
#define PROBES_NET_H

#include "prober/probe.h"

/* --- errors ---------------------------------------------------------------------- */

/* What ERROR of a socket operation means for a ping. FINAL, if not NULL: no answer can
 * follow. Local faults are PING_NOT_SENT. */
enum ping_outcome net_errno(int error, bool *final);
/* What an ICMP error of TYPE and CODE means, for a probe over UDP or TCP: a closed port
 * is PING_REFUSED. */
enum ping_outcome net_icmp(int family, unsigned type, unsigned code);

/* --- datagram sockets with kernel stamps ----------------------------------------- */

/* Ask the kernel to stamp what FD sends and receives and to keep ICMP errors. */
void net_stamps(int fd, int family);

/* Likewise, and number the stamps of what FD sends: from 0, one a datagram. */
void net_stamps_numbered(int fd, int family);

/* One thing read from a socket. */
struct net_packet {
	ssize_t len;	  /* of the data; -1: nothing there */
	struct addr from; /* of a datagram */
	int64_t wall_ns;  /* the kernel's stamp, 0 when there is none */
	bool truncated;
	/* From the error queue: */
	bool icmp; /* an ICMP error came back */
	unsigned type, code;
	uint32_t number; /* of a numbered stamp */
};
/* Read a datagram into BUF. errno is set when len is -1. */
struct net_packet net_read(int fd, void *buf, size_t size);
/* Read one entry of the error queue: a transmit stamp (wall_ns) or an ICMP error. */
struct net_packet net_read_error(int fd);
/* Likewise; with an ICMP error, BUF gets what came back of the datagram that it is
 * about. */
struct net_packet net_read_quoted(int fd, void *buf, size_t size);

/* RTT by the best stamps there are: kernel TX and RX (wall clock, 0: none), else our
 * own SENT (both clocks) and now. STAMP tells which it was. A stamp that the monotonic
 * clock contradicts (the wall clock was set meanwhile) is not used. */
int64_t net_rtt(int64_t tx_wall_ns, int64_t rx_wall_ns, int64_t sent_wall_ns,
    int64_t sent_mono_ns, enum ping_stamp *stamp);

/* --- time ------------------------------------------------------------------------ */

struct event;
/* Have EV active in NS (less than 0: at once), besides what else it waits for. */
void net_timer(struct event *ev, int64_t ns);

/* SIZE random bytes, at most 256. */
void net_random(void *buf, size_t size);

/* --- variables ------------------------------------------------------------------- */

/* The value of KEY at T, or NULL: a value of spaces alone is none. */
const char *net_var(
    const struct conf *conf, const struct conf_target *t, const char *key);
/* A whole number from LOW to HIGH, FALLBACK when KEY is not set. 0, or -1 with ERR. */
int net_var_number(const struct conf *conf, const struct conf_target *t,
    const char *key, long low, long high, long fallback, long *out, struct err *err);
/* The byte of type of service that "dscp" and "tos" (the first counts) at T ask for; -1
 * when neither does. 0 or -1. */
int net_var_tos(
    const struct conf *conf, const struct conf_target *t, int *out, struct err *err);
/* Truth as Perl sees it, and yes and no: "", "0" and "no" are false. */
bool net_var_true(
    const struct conf *conf, const struct conf_target *t, const char *key);
/* AF_INET, AF_INET6, or AF_UNSPEC when KEY ("ipversion") is not set. 0 or -1. */
int net_var_family(const struct conf *conf, const struct conf_target *t,
    const char *key, int *out, struct err *err);

#endif
