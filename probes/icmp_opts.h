/* What a configuration says about a target's ICMP echo: FPing's variables. */
#ifndef PROBES_ICMP_OPTS_H
#define PROBES_ICMP_OPTS_H

#include "prober/probe.h"
#include "probes/icmp_io.h"

#define ICMP_TURN_BITS 2
#define ICMP_TURNS (1 << ICMP_TURN_BITS)

/* Settings, and what a run keeps from round to round. */
struct probe_opts {
	struct icmp_way way;
	struct icmpsock_class class; /* of the socket it needs, but for the family */
	int family;
	bool varying;  /* no two pings need have the same checksum */
	bool as_fping; /* times begin with our own sending, as fping's */
	char interface[ADDR_INTERFACE]; /* "" for any */
	unsigned socket;		/* its own, while the family is ... */
	int socket_family;		/* ... this; AF_UNSPEC: none yet */
	bool moved;	/* was given another one, and nothing came since */
	bool answered;	/* its last ping was */
	bool stamped;	/* its way out gave transmit stamps when last heard of */
	uint8_t dark;	/* rounds in a row in which nothing came */
	uint16_t pings; /* of the last round */
	uint32_t turn;	/* counts rounds */
	uint32_t serial[ICMP_TURNS];
	uint16_t first_seq; /* ICMP sequence number of the round's first ping */
	uint16_t next_seq;
};

/* The three of struct probe_type. Without CONF and T (probectl ping): defaults. */
struct probe_opts *icmp_options(
    const struct conf *conf, const struct conf_target *t, struct err *err);
void icmp_free_opts(struct probe_opts *opts);
void icmp_wants(const struct probe_opts *opts, const char **host, int *family);

#endif
