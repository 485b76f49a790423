/* What the collector says of itself and of the exporters that it hears. */
#ifndef LINK_MSGFLOW_H
#define LINK_MSGFLOW_H

#include "flow.h"
#include "link/msg.h"

/* Totals since its start. */
struct msg_flows {
	uint64_t datagrams[FLOW_PROTOCOLS], records[FLOW_PROTOCOLS];
	uint64_t faults[FLOW_FAULTS];
	uint64_t drops;	    /* datagrams that the sockets' buffers had no room for */
	uint64_t strangers; /* datagrams of senders that may not send */
	uint64_t evicted;   /* templates that went for newer ones */
	uint64_t no_room[FLOW_CEILINGS];
	uint32_t lessons_left; /* exporters and templates not kept the last time */
	uint32_t exporters;
	/* Records that are tallied; shares of them for minutes that were over, records
	 * that ended after now, that were cut for their length, of flow datagrams to
	 * us, seen twice, of hosts that another exporter tells of, of more than can be,
	 * of unknown sampling, of interfaces beyond what a guest may have, and all
	 * guests who are new. */
	uint64_t tallied, late, early, cut, own, twice, others, absurd, unknown,
	    guest_interfaces, new_guest_interfaces;
	uint64_t late_octets; /* of shares whose minutes were over */
	uint64_t suspicions;  /* told */
	uint64_t crowded;     /* hosts that were not watched in a second */
	uint32_t watched;     /* hosts */
	uint64_t unmarked;    /* packets whose ECN bits no interface had room for */
};
void msg_put_flows(struct msg_out *out, const struct msg_flows *f);
int msg_get_flows(struct msg_in *in, struct msg_flows *f);

#define MSG_DISCARDS 16
#define MSG_TEMPLATES 16

struct msg_exporter {
	char address[ADDR_TEXT]; /* who sends */
	char agent[ADDR_TEXT];	 /* sFlow: who it says it is; "" else */
	uint8_t protocol;	 /* enum flow_protocol */
	uint64_t domain;	 /* source id, observation domain, engine, sub-agent */
	uint64_t datagrams, records, options, counters, discards, faults, no_template;
	uint64_t lost, reordered, restarts, mixed; /* collector/sequence.h */
	bool lost_datagrams; /* LOST counts datagrams, else records */
	uint32_t templates;
	/* Those that were used, or told of, longest ago, in this order. */
	struct {
		uint32_t id;
		bool options;	 /* it is for what describes the exporter */
		int64_t used_ms; /* epoch */
	} template[MSG_TEMPLATES];
	uint8_t template_count;
	uint32_t waits_for; /* the template that its data wait for, */
	int64_t waits_ms;   /* since then, epoch; 0: they wait for none */
	uint32_t rate;	   /* of its last flow; 0: it sent none */
	uint8_t rate_from; /* enum flow_sampling */
	int64_t last_ms;   /* when it was last heard, epoch */
	uint32_t port;	   /* that tells it from others behind its address; 0: none */
	bool guest;	   /* let in though the operator does not name it */
	bool agent_elsewhere; /* another address sends in the name of its agent, too */
	int64_t ahead_ms;     /* its clock, before ours; INT64_MIN: it tells no time */
	uint32_t active_s, inactive_s; /* its timeouts; 0: it does not tell */
	uint64_t flood;		       /* datagrams that were too many in a second */
	uint64_t cut_short; /* flows of packets that went early, for want of room */
	uint64_t octets,
	    late_octets; /* scaled: of all, of which too late for a minute */
	uint64_t hour_octets, hour_late_octets; /* likewise, of the last hour */
	/* sFlow: samples that its agent took, threw away by itself, and that never
	 * came. */
	uint64_t samples, sample_drops, samples_lost;
	uint64_t samples_untracked; /* which came, and are in none of these */
	/* Packets that it says it dropped, by interface and reason (sFlow's codes). */
	struct {
		uint32_t interface, reason;
		uint64_t count;
	} discarded[MSG_DISCARDS];
	uint8_t discarded_count;
	bool tells; /* its records count for its device's interfaces */
	uint64_t fault[FLOW_FAULTS]; /* FAULTS, by reason */
};
void msg_put_exporter(struct msg_out *out, const struct msg_exporter *x);
int msg_get_exporter(struct msg_in *in, struct msg_exporter *x);

/* The address under which X stands for a device. A guest has the one that it sends
 * from: an agent is what it says of itself. */
const char *exporter_name(const struct msg_exporter *x);
/* "192.0.2.1-netflow9-7-0": it as one word, of its protocol, domain and port, and the
 * file below DATADIR that has what it sent, datagrams, records and lost, per second.
 * False when there is none by such a name. */
#define EXPORTER_WORD (ADDR_TEXT + 64)
#define EXPORTER_PATH (EXPORTER_WORD + 64)
const char *exporter_word(const struct msg_exporter *x, char buf[EXPORTER_WORD]);
bool exporter_path(const struct msg_exporter *x, char buf[EXPORTER_PATH]);

/* One who sends and may not. */
struct msg_stranger {
	char address[ADDR_TEXT];
	bool proxy;	  /* it passes on what others send */
	uint8_t protocol; /* enum flow_protocol, by the looks of it */
	uint64_t datagrams;
	int64_t first_ms, last_ms; /* epoch */
	char line[256];		   /* of *** Collector ***, that would let it in */
};
void msg_put_stranger(struct msg_out *out, const struct msg_stranger *s);
int msg_get_stranger(struct msg_in *in, struct msg_stranger *s);

#endif
