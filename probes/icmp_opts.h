/* What a configuration says about a target's ICMP echo: FPing's variables. */
#ifndef PROBES_ICMP_OPTS_H
#define PROBES_ICMP_OPTS_H

#include "prober/probe.h"
#include "probes/icmp_io.h"

#define ICMP_INTERFACE 16 /* IF_NAMESIZE, whose header does not suit <linux/icmp.h> */
#define ICMP_TURN_BITS 2
#define ICMP_TURNS (1 << ICMP_TURN_BITS)

/* Settings, and what a run keeps from round to round. */
struct probe_opts {
	struct icmp_way way;
	int family;
	char interface[ICMP_INTERFACE]; /* "" for any */
	uint32_t turn;			/* counts rounds */
	uint32_t serial[ICMP_TURNS];
	uint16_t first_seq; /* ICMP sequence number of the round's first ping */
	uint16_t next_seq;
};

/* The three of struct probe_type. Without CONF and T (probectl ping): defaults. */
struct probe_opts *icmp_options(
    const struct conf *conf, const struct conf_target *t, struct err *err);
void icmp_free_opts(struct probe_opts *opts);
void icmp_wants(const struct probe_opts *opts, const char **host, int *family);

/* The index of interface NAME now, 0 when it is not here: interfaces come and go. */
unsigned icmp_find_interface(const char *name);

#endif
