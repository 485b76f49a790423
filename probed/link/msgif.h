/* What is said of interfaces and of those that are asked for their counters. */
#ifndef LINK_MSGIF_H
#define LINK_MSGIF_H

#include "interface.h"
#include "link/msg.h"

/* One span of one interface. */
struct msg_ifcounters {
	struct if_key key;
	uint8_t source; /* enum if_source */
	uint8_t bits;	/* of its octet counters: 32, 64 */
	struct if_names names;
	struct if_span span;
};
void msg_put_ifcounters(struct msg_out *out, const struct msg_ifcounters *m);
int msg_get_ifcounters(struct msg_in *in, struct msg_ifcounters *m);

/* A device that is asked, by SNMP or UPnP, and how that goes. */
struct msg_poller {
	char name[INTERFACE_TEXT];  /* as the configuration has it */
	char address[ADDR_TEXT];    /* with a port; "" when it is not found yet */
	uint8_t source;		    /* IF_SNMP, IF_UPNP */
	uint64_t answers, failures; /* since the start */
	int64_t last_s;		    /* of the last answer, epoch; 0: none yet */
	uint32_t interfaces;	    /* that it told of */
	char text[256];		    /* what is wrong; "" when nothing is */
};
void msg_put_poller(struct msg_out *out, const struct msg_poller *m);
int msg_get_poller(struct msg_in *in, struct msg_poller *m);

/* The counters of the collector's table. */
struct msg_iftotals {
	uint32_t interfaces, pollers;
	uint64_t samples;
	uint64_t resets; /* counters that began anew */
	uint64_t wraps;	 /* 32 bits that ran over and were followed */
	uint64_t gaps;	 /* too long between two samples */
	uint64_t doubts; /* jumps that no line can carry, or that 32 bits cannot tell */
	uint64_t no_room; /* samples of interfaces beyond the ceiling */
};
void msg_put_iftotals(struct msg_out *out, const struct msg_iftotals *m);
int msg_get_iftotals(struct msg_in *in, struct msg_iftotals *m);

/* What flows and counters of one interface say of the last hour, side by side. */
enum if_check {
	IF_CHECK_NONE,	/* too little of both */
	IF_CHECK_FINE,	/* they agree within 15 %, or within what sampling explains */
	IF_CHECK_FACTOR /* they do not */
};
const char *if_check_word(enum if_check check); /* "differs" */

/* All that the recorder knows of one interface. */
struct msg_interface {
	struct if_key key;
	bool counted, flows;  /* which files there are */
	bool named;	      /* the operator vouches for its device */
	uint8_t source, bits; /* of its counters; 0 without them */
	struct if_names names;
	struct if_span now, minute;  /* by counters; known_ms 0: none yet */
	struct if_span by_flow;	     /* the last minute by flows */
	uint8_t check;		     /* enum if_check */
	double factor, factor_error; /* counters by flows, standard error; NAN */
	uint32_t check_minutes;	     /* that they are from */
	bool gone;		     /* it is forgotten: nothing more of it */
};
void msg_put_interface(struct msg_out *out, const struct msg_interface *m);
int msg_get_interface(struct msg_in *in, struct msg_interface *m);

#endif
