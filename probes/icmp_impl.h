/* What icmp.c (pings out, begin and end) and icmp_verdict.c (what comes back) share:
 * the slot that every packet carries, and the round that it belongs to. */
#ifndef PROBES_ICMP_IMPL_H
#define PROBES_ICMP_IMPL_H

#include "prober/probe.h"
#include "probes/echo.h"
#include "probes/icmp_opts.h"

/* A slot: whose, of which of its last four rounds, which ping. The serial of a round,
 * which no two rounds share, goes into the tag. */
#define ICMP_SEQ_BITS 10
_Static_assert(ROUND_MAX_PINGS < 1 << ICMP_SEQ_BITS, "a ping's number fits its slot");
#define ICMP_RUNS_MAX ((1u << (32 - ICMP_SEQ_BITS - ICMP_TURN_BITS)) - 1)

#define ICMP_UNASKED (-1)

struct icmp_shot {
	int64_t sent_mono; /* 0: not yet */
	/* When the driver took it over; 0: it has not said, ICMP_UNASKED: it was not
	 * asked. A time that was told by the packets around it is kept negative. */
	int64_t left_wall;
};

/* A run's open round. */
struct icmp_round {
	unsigned room;
	unsigned pings;	   /* how many were asked for */
	int64_t last_mono; /* when the last one was sent */
	bool heard;	   /* something came back: an answer, or an error */
	bool explained;	   /* something was said about why its pings fail */
	struct icmp_shot shot[];
};

extern struct icmp {
	struct probe_host *host; /* NULL before open() and after close() */
	uint32_t serial;
	int64_t offset;	 /* wall - monotonic */
	int64_t stepped; /* monotonic: when OFFSET last moved */
} icmp;

static inline unsigned
icmp_slot_seq(uint32_t slot)
{
	return slot % (1 << ICMP_SEQ_BITS);
}

static inline unsigned
icmp_slot_turn(uint32_t slot)
{
	return slot >> ICMP_SEQ_BITS & (ICMP_TURNS - 1);
}

/* Whose SLOT is; NULL when it is nobody's any more. */
struct probe_run *icmp_slot_run(uint32_t slot);
/* Is it of RUN's open round? */
bool icmp_slot_is_open(const struct probe_run *run, uint32_t slot);
/* The ping of an open round that SLOT names; NULL when it names none. */
struct icmp_shot *icmp_slot_shot(uint32_t slot);

/* Say why pings of RUN's open round fail, until a round of which there is nothing to
 * say. */
void icmp_explain(struct probe_run *run, const char *text);

/* What an echo of SLOT needs to say to prove itself, as its request said it. */
struct echo_proof icmp_proof(
    const struct probe_run *run, uint32_t slot, const struct addr *to);
/* Remember that PROOF's packet is on its way, for errors that quote only its head. */
void icmp_remember(const struct echo_proof *proof);

#endif
