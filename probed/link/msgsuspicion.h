/* A suspicion: more traffic at one of the own hosts within a few seconds than is usual
 * anywhere. The collector tells it every second while it lasts; it judges nothing. */
#ifndef LINK_MSGSUSPICION_H
#define LINK_MSGSUSPICION_H

#include "flow.h"
#include "link/msg.h"

/* Which figure was too much: its lower bound is above the threshold. */
enum suspicion_why {
	SUSPICION_PACKETS = 1 << 0,
	SUSPICION_OCTETS = 1 << 1,
	SUSPICION_FLOWS = 1 << 2,
	SUSPICION_WHY = (1 << 3) - 1
};

/* LOW and HIGH hold the truth in nine of ten cases, as far as sampling goes (5 % of
 * them below, 5 % above). */
struct suspicion_figure {
	double value, low, high;
};

struct msg_suspicion {
	struct flow_ip host; /* len 0: the own network as a whole */
	bool out;	     /* of what it sends; else of what it gets */
	uint8_t why;	     /* enum suspicion_why */
	int64_t time_ms;     /* when the window ended, epoch */
	uint32_t window_ms;  /* about 1000 or 5000 */
	struct suspicion_figure packets, octets; /* per second */
	double flows;				 /* records per second */
	/* Addresses at the other end in the last five to ten seconds. */
	struct suspicion_figure ends;
	uint64_t samples; /* packets that were looked at in the window */
	/* Shares of the packets of the window, 0 to 1; SYN: those of flows that have
	 * SYN and no ACK. */
	double tcp, syn, udp, icmp, fragments;
};
void msg_put_suspicion(struct msg_out *out, const struct msg_suspicion *s);
int msg_get_suspicion(struct msg_in *in, struct msg_suspicion *s);

/* The last suspicions, one for each host and way, the newest first. */
#define SUSPICIONS 16
struct suspicions {
	struct msg_suspicion one[SUSPICIONS];
	unsigned count;
};
/* S is the newest; it takes the place of an older one of its host and way, else of the
 * oldest when there is no more room. */
void suspicions_add(struct suspicions *list, const struct msg_suspicion *s);
/* Nobody is to see a host of P. */
void suspicions_forget(struct suspicions *list, const struct prefix *p);

#endif
