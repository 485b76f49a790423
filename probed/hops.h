/* What the way to a target is: its hops, as a walk along it, or a minute of looking at
 * it, has found them. From the prober to the recorder, and what probectl prints. */
#ifndef HOPS_H
#define HOPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

#define HOPS_MAX 32	/* of one way */
#define HOP_ADDRESSES 4 /* of one hop: more routers share the load seldom */
#define HOP_LABELS 4	/* of an MPLS stack */

/* What the walk was made of. */
enum hops_method {
	HOPS_ICMP, /* echo requests, all of one flow */
	HOPS_UDP,  /* datagrams to a port that nobody should have open */
	HOPS_TCP,  /* SYNs */
	HOPS_METHODS
};

/* Why it was walked. */
enum hops_reason {
	HOPS_NEW,     /* the target, or its address, is new */
	HOPS_CHANGED, /* answers come back with another TTL, or a hop is another one */
	HOPS_BAD,     /* the recorder: a round went bad; also the two walks after it */
	HOPS_DAILY,
	HOPS_ASKED, /* the recorder: somebody wants to know */
	HOPS_WATCH, /* no walk: what single probes to hops found in the last minute */
	HOPS_REASONS
};

/* Of the way (struct hops). */
enum {
	HOPS_REACHED = 1 << 0, /* the target answered: it is the last hop */
	HOPS_ENDED = 1 << 1,   /* the last hop says that it goes no farther: its why */
	HOPS_CUT = 1 << 2,     /* given up after silent hops, or at the farthest */
	HOPS_BLIND = 1 << 3,   /* routers are hidden from here: see hops.c */
	HOPS_FLAGS = 1 << 4
};

/* Of one hop. */
enum {
	HOP_TARGET = 1 << 0,  /* it is the target itself */
	HOP_SILENT = 1 << 1,  /* never answered, and somebody behind it did */
	HOP_LIMITED = 1 << 2, /* answers more seldom than somebody behind it, and not by
			       * chance: it limits its answers, and loses nothing */
	HOP_SHARED = 1 << 3,  /* not probed for this target: known from another's way */
	HOP_FLAGS = 1 << 4
};

struct hop {
	uint8_t ttl;	   /* 1..255: how far it is; ascending, maybe with gaps */
	uint8_t flags;	   /* HOP_... */
	uint8_t why;	   /* enum ping_outcome of an ICMP error that ends the way here,
			    * else PING_ANSWERED */
	uint8_t reply_ttl; /* TTL that its last answer came with; 0: not known */
	uint16_t sent, answered;	    /* probes; ANSWERED <= SENT */
	int64_t min_ns, median_ns, max_ns;  /* RTT of those answered; -1: of none */
	uint8_t addresses;		    /* of these, in the order of being seen: */
	struct addr address[HOP_ADDRESSES]; /* port 0 */
	uint8_t labels; /* of these, outermost first (RFC 4884, RFC 4950): */
	uint32_t label[HOP_LABELS]; /* 20 bits each */
};

struct hops {
	uint64_t target;	  /* its id; 0: none, on the command line */
	struct addr address;	  /* whom it leads to; port 0 */
	uint8_t method;		  /* enum hops_method */
	uint8_t reason;		  /* enum hops_reason */
	uint8_t flags;		  /* HOPS_... */
	int64_t start_ns, end_ns; /* wall clock */
	uint8_t count;		  /* of these: */
	struct hop hop[HOPS_MAX];
};

const char *hops_method_word(enum hops_method method); /* "icmp" */
/* The method of this name, or HOPS_METHODS. */
enum hops_method hops_method_of(const char *word);
const char *hops_reason_word(enum hops_reason reason); /* "new" */

/* Note that A answered at hop H; more than HOP_ADDRESSES are left out. True when it was
 * not known there. */
bool hop_add_address(struct hop *h, const struct addr *a);
/* Does A answer at hop H? */
bool hop_has_address(const struct hop *h, const struct addr *a);

/* How likely are LEAST or more of N probes lost where each is with probability P? */
double hops_chance(unsigned least, unsigned n, double p);
/* What is more seldom than this is no chance. */
#define HOPS_CHANCE 0.05

/* Set HOP_SILENT and HOP_LIMITED of every hop by what those behind it did, and
 * HOPS_BLIND. Loss at a hop is the way's only when it goes on behind it. */
void hops_judge(struct hops *p, const struct addr *source);

#endif
