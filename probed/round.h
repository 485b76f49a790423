/* What a round is: the product of every probe, from the prober to the recorder and on
 * to the web. One round = one target, one step, COUNT pings. */
#ifndef ROUND_H
#define ROUND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

#define ROUND_MAX_PINGS 1000

/* How one ping ended: lost by the network or the far end (see ping_is_loss()), or by
 * our own fault or nobody's, so that it is unknown and never loss. The numbers stand in
 * raw files (six bits): new ones go to the end. */
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
	PING_ICMP_OTHER, /* source route failed, precedence, ... */
	PING_REFUSED,	 /* TCP reset or UDP port closed, where that counts as loss */
	PING_SYN_LOST,	 /* handshake needed a retransmission */
	PING_BAD_ANSWER, /* an answer came and did not meet what was required of it */
	PING_CUT_OFF,	 /* connection ended before the answer was complete */
	/* unknown: */
	PING_NOT_SENT, /* local send error: no buffer, local firewall, no address */
	PING_NO_NAME,  /* the host's name does not resolve */
	PING_STALLED,  /* a clock step, suspend or stall of ours covers it */
	PING_CANNOT,   /* this kind of probe cannot run here */
	PING_OPEN,     /* in flight; never leaves the prober */
	/* loss again: */
	PING_REASSEMBLY, /* fragments did not all arrive in time */
	PING_PARAMETER,	 /* somebody did not understand the packet's header */
	/* The next hop does not answer: */
	PING_NO_NEIGHBOUR, /* so says our own kernel (ARP, neighbour discovery) */
	PING_NEVER_LEFT,   /* taken by the kernel, and never by a network driver */
	PING_OUTCOMES
};

/* Where the two ends of an RTT were stamped. */
enum ping_stamp {
	STAMP_USER,	   /* both by this program: scheduler noise inside */
	STAMP_KERNEL_RX,   /* sent by this program, received by the kernel (fping's way)
			    */
	STAMP_KERNEL,	   /* both by the kernel, or the kernel's own TCP_INFO */
	STAMP_KERNEL_NEAR, /* sent between two packets that the kernel stamped, some 10
			    * us apart */
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

/* Figures of a round beyond its pings' times; which ones there are depends on the kind
 * of measurement. What they mean is in the table behind extra_kind(). The raw ring
 * keeps these numbers: new ones go to the end. */
enum extra {
	EXTRA_LOOKUP,	  /* of one answered ping on average: name lookup, */
	EXTRA_CONNECT,	  /* TCP handshake, */
	EXTRA_TLS,	  /* TLS handshake, */
	EXTRA_FIRST_BYTE, /* from the request to the first byte of its answer, */
	EXTRA_TRANSFER,	  /* from there to the last byte, */
	EXTRA_REDIRECTS,  /* in redirects before that */
	EXTRA_STATUS,	  /* HTTP status of the last answer */
	EXTRA_CERT_DAYS,  /* until the first certificate of the chain ends */
	EXTRA_QUERY,	  /* DNS over a connection: from the question to its answer */
	EXTRA_RCODE,	  /* DNS: of the last answer */
	EXTRA_MOVED,	  /* DNS: answers by another instance than the one before */
	EXTRA_RETRANS,	  /* TCP segments that were sent again */
	EXTRA_IPDV,	  /* of a train, prober/voice.h: of neighbours, 95 % */
	EXTRA_PDV95,	  /* above the least, 95 % */
	EXTRA_PDV99,	  /* and 99 % */
	EXTRA_RTP_JITTER, /* as RTP has it */
	EXTRA_LOSS_RUN,	  /* most packets lost in a row */
	EXTRA_BURST,	  /* how losses keep together; 1: at random */
	EXTRA_TOO_LATE,	  /* behind the buffer of a receiver */
	EXTRA_R,	  /* rating by the E-model, */
	EXTRA_MOS,	  /* mean opinion score by that */
	EXTRA_R_SIMPLE,	  /* and both by a shortcut */
	EXTRA_MOS_SIMPLE,
	EXTRA_FORWARD_LOSS,	 /* lost on the way there, */
	EXTRA_BACKWARD_LOSS,	 /* and of what arrived on the way back */
	EXTRA_FORWARD_VARIATION, /* see probes/oneway.h */
	EXTRA_BACKWARD_VARIATION,
	EXTRA_CLOCK_OFFSET, /* of the far end's clock, where both are right */
	EXTRA_CLASS, /* the byte of traffic class that the last answer came with */
	EXTRA_HOPS,  /* to the router that answered last */
	EXTRAS
};

enum extra_unit {
	EXTRA_SECONDS,
	EXTRA_RATIO, /* 0..1 */
	EXTRA_DAYS,
	EXTRA_NUMBER, /* a count, a code, a grade */
};

/* What a round's samples of one figure become. */
enum extra_sum {
	EXTRA_MEAN,
	EXTRA_LAST,
	EXTRA_LEAST,
	EXTRA_MOST,
	EXTRA_TOTAL,
};

struct extra_kind {
	const char *word;  /* "first_byte": API and metrics */
	const char *label; /* "first byte": for people */
	uint8_t unit, sum;
};

const struct extra_kind *extra_kind(enum extra extra);

#define ROUND_MAX_EXTRAS 16

struct round_extra {
	uint8_t kind; /* enum extra; each at most once in a round */
	double value; /* finite */
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
	uint16_t reordered; /* answers that came behind one of a later ping */
	uint16_t
	    ttl_changes;     /* answers whose TTL differs from that of the one before */
	uint8_t ttl;	     /* TTL or hop limit of the last answer; 0: not known */
	uint8_t extras;	     /* of EXTRA in use */
	bool suspect;	     /* a receive buffer overflowed meanwhile */
	struct addr address; /* that was pinged; AF_UNSPEC when there was none */
	struct round_extra extra[ROUND_MAX_EXTRAS];
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
/* Jitter of R in seconds: the mean of |RTT(i) - RTT(i-1)| over neighbours that were
 * both answered, in the order of sending. NAN when there is no such pair. */
double round_jitter(const struct round *r);

/* True for outcomes that count as loss; for those that say nothing about the network.
 * Neither holds for PING_ANSWERED and PING_OPEN. */
bool ping_is_loss(enum ping_outcome outcome);
bool ping_is_unknown(enum ping_outcome outcome);

/* A few plain words ("no answer", "no route", "name does not resolve"): for people. */
const char *ping_outcome_text(enum ping_outcome outcome);
/* One lower-case word ("timeout", "no_route"): for labels and the API. */
const char *ping_outcome_word(enum ping_outcome outcome);
/* "user", "kernel_rx", "kernel", "kernel_near". */
const char *ping_stamp_word(enum ping_stamp stamp);

#endif
