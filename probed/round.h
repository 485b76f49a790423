/* What a round is: the product of every probe, from the prober to the recorder and on
 * to the web. One round = one target, one step, COUNT pings. */
#ifndef ROUND_H
#define ROUND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

#define ROUND_MAX_PINGS 1000

/* How one ping ended. Up to ROUND_LAST_LOSS the network (or the far end) lost it;
 * behind that it is our own fault or nobody's, so it is unknown and never loss. */
enum ping_outcome {
	PING_ANSWERED, /* rtt_ns is the answer's time */
	PING_TIMEOUT,  /* nothing came in time */
	PING_LATE,     /* answered after its timeout: lost; rtt_ns tells when it came */
	PING_NO_ROUTE, /* this host or a router has no route (ICMP net unreachable) */
	PING_HOST_UNREACHABLE,
	PING_PORT_UNREACHABLE,
	PING_PROHIBITED, /* administratively */
	PING_TTL_EXCEEDED,
	PING_TOO_BIG,	 /* path MTU */
	PING_ICMP_OTHER, /* parameter problem, reassembly, ... */
	PING_REFUSED,	 /* TCP reset or UDP port closed, where that counts as loss */
	PING_SYN_LOST,	 /* handshake needed a retransmission */
	PING_BAD_ANSWER, /* an answer came and did not meet what was required of it */
	PING_CUT_OFF,	 /* connection ended before the answer was complete */
	PING_LAST_LOSS = PING_CUT_OFF,
	PING_NOT_SENT, /* local send error: no buffer, local firewall, no address */
	PING_NO_NAME,  /* the host's name does not resolve */
	PING_STALLED,  /* a clock step, suspend or stall of ours covers it */
	PING_CANNOT,   /* this kind of probe cannot run here */
	PING_OPEN,     /* in flight; never leaves the prober */
	PING_OUTCOMES
};

/* Where the two ends of an RTT were stamped. */
enum ping_stamp {
	STAMP_USER,	 /* both by this program: scheduler noise inside */
	STAMP_KERNEL_RX, /* sent by this program, received by the kernel (fping's way)
			  */
	STAMP_KERNEL,	 /* both by the kernel, or the kernel's own TCP_INFO */
	STAMP_KINDS
};

struct ping {
	int64_t rtt_ns;	 /* -1 unless PING_ANSWERED or PING_LATE */
	uint8_t outcome; /* enum ping_outcome */
	uint8_t stamp;	 /* enum ping_stamp, of an answered ping */
};

enum round_state {
	ROUND_MEASURED,
	ROUND_UNKNOWN, /* nothing can be said: written as U in every data source */
};

/* PINGS are in the order of sending. */
struct round {
	uint64_t target; /* conf_target.id */
	int64_t row;	 /* epoch seconds of its RRD row: floor(end / step) * step */
	int64_t begin_ns, end_ns; /* wall clock, first sending to last decision */
	uint32_t step;		  /* seconds */
	uint16_t count;		  /* pings of the target, 1..ROUND_MAX_PINGS */
	uint8_t state;		  /* enum round_state */
	uint8_t cause; /* enum ping_outcome that made it unknown; 0 when measured */
	uint16_t duplicates, late, forged, wrong_source, truncated;
	bool suspect;	     /* a receive buffer overflowed meanwhile */
	struct addr address; /* that was pinged; AF_UNSPEC when there was none */
	struct ping ping[ROUND_MAX_PINGS];
};

/* SmokePing's row of a round. */
struct round_row {
	unsigned answered, lost, unknown; /* add up to count */
	double loss;			  /* pings lost; NAN when the row is unknown */
	double median;			  /* seconds; NAN when none was answered */
	double rank[ROUND_MAX_PINGS];	  /* COUNT values in seconds, NAN for U */
};

/* Derive ROW from R. A round of which more than half the pings are unknown is unknown
 * as a whole. Otherwise unknown pings leave their rank empty, and the loss is what it
 * would be had they fared like the others: lost * count / (answered + lost), so that
 * the ratio is that of the pings that were measured, and may be a fraction. */
void round_row(const struct round *r, struct round_row *row);

/* True for outcomes that count as loss. */
bool ping_is_loss(enum ping_outcome outcome);

/* A few plain words ("no answer", "no route", "name does not resolve"): for people. */
const char *ping_outcome_text(enum ping_outcome outcome);
/* One lower-case word ("timeout", "no_route"): for labels and the API. */
const char *ping_outcome_word(enum ping_outcome outcome);

#endif
