/* Exporters and what is known of each: its templates, samplers, numbers and faults. All
 * of it is bounded whatever is sent: fixed ceilings, and where one is reached, the
 * template that was used longest ago goes, or the newcomer stays outside, counted. */
#ifndef COLLECTOR_EXPORTER_H
#define COLLECTOR_EXPORTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uthash.h>

#include "collector/decode.h"
#include "collector/numbering.h"
#include "collector/ports.h"
#include "collector/rates.h"
#include "collector/samples.h"
#include "flow.h"

#define EXPORTERS_MAX 1024
#define EXPORTER_DOMAINS_MAX 64 /* of one address */
#define EXPORTER_TEMPLATES_MAX 256
#define EXPORTER_TEMPLATE_BYTES_MAX (256u << 10)
#define EXPORTER_SAMPLERS_MAX 64
#define EXPORTER_ELSEWHERE 8
#define EXPORTER_DISCARDS_MAX 16
#define EXPORTER_CHANGES_MAX 60 /* templates redefined otherwise, in a minute */
/* Of those whom nobody named, who may be anybody with a forged address: smaller shares,
 * which all together leave the others theirs. */
#define EXPORTER_GUESTS_MAX 256
#define EXPORTER_GUEST_DOMAINS_MAX 16
#define EXPORTER_GUEST_TEMPLATES_MAX 64
#define EXPORTER_GUEST_TEMPLATE_BYTES_MAX (32u << 10)
#define EXPORTER_GUEST_RATE 20000 /* datagrams a second; of all new ones together */
#define EXPORTER_NEW_MS (10 * 60 * 1000LL) /* heard for less than that: new */

/* All that tells two exporters apart. No padding: it is hashed as bytes. */
struct exporter_key {
	uint8_t address[16]; /* v4 mapped */
	uint8_t agent[16];   /* sFlow */
	uint64_t domain;     /* source id, observation domain, engine, sub-agent */
	uint32_t scope;	     /* of a link-local address */
	uint32_t port;	     /* where the address does not tell two apart; else 0 */
	uint64_t protocol;
};

/* So many a second, and no more than a second's at once. */
struct bucket {
	uint32_t tokens;
	int64_t filled_ms;
};

/* One more of RATE a second, of which BURST may come at once? */
bool bucket_take(struct bucket *b, uint32_t rate, uint32_t burst, int64_t now_ms);

struct sampler {
	uint64_t id;
	bool has_id;
	uint16_t port; /* who told of it: of two processes behind one key, which */
	uint32_t rate; /* 1 in so many */
};

/* Packets that the exporter says it dropped, for one REASON at one interface: the one
 * that they should have left by; where that is not known, that they came in by. */
struct exporter_discard {
	uint32_t interface, reason;
	uint64_t count;
};

struct template;
TAILQ_HEAD(template_list, template);

/* Whose data have not waited for a template for so long waits no more. */
#define EXPORTER_WAITS_MS 600000

struct exporter {
	UT_hash_handle hh;
	struct exporter_key key;
	/* Below EXPORTERS_MAX, and of no other that there is now; SERIAL is of no other
	 * ever. */
	uint32_t number;
	uint64_t serial;
	struct addr address; /* who sent, with the last port */
	enum flow_protocol protocol;
	struct flow_ip agent;
	char interface[16]; /* of packets that we see ourselves: its name */
	uint64_t domain;
	int64_t first_ms, last_ms; /* heard of */
	bool guest;		   /* not named by the operator */
	bool agent_elsewhere; /* another address sends in the name of its agent, too */
	struct bucket bucket;
	/* How far its clock is ahead of ours: the most of this five minutes and of the
	 * last, since a datagram comes late and never early. INT64_MIN: not heard. */
	int64_t ahead_ms[2], ahead_from_ms;

	struct ports ports;	    /* that it sends from */
	struct template *templates; /* by id */
	size_t template_bytes;
	unsigned changes; /* templates changed in the minute that began at: */
	int64_t changes_ms;
	struct sampler sampler[EXPORTER_SAMPLERS_MAX];
	unsigned samplers;
	uint16_t sampler_port; /* from which one was told of last */
	/* What the other domains of this address agree on, as of that version of all
	 * samplers: asked for each flow. */
	uint32_t others_rate;
	uint64_t others_version;
	struct bucket others_asked;
	/* What they say of samplers that this one does not know, likewise; the next to
	 * be taken over. */
	struct exporter_elsewhere {
		uint64_t id, version; /* 0: nothing was asked */
		uint32_t rate;
	} elsewhere[EXPORTER_ELSEWHERE];
	unsigned elsewhere_next;
	struct bucket looks;
	struct rates_rule said; /* by the operator, without its addresses */
	uint64_t said_version;	/* as of that version of all rates */
	int64_t init_ms;	/* IPFIX: when it began (160 in options); 0: not said */
	uint32_t active_s, inactive_s; /* its timeouts, where it says; 0: not */

	uint32_t rate; /* of its last flow, and where it is from; 0: none yet */
	enum flow_sampling rate_from;
	struct numbering numbering; /* what never came */
	uint64_t datagrams, flows, options, counters, discards;
	struct samples *samples; /* sFlow; NULL: none came yet */
	struct exporter_discard discarded[EXPORTER_DISCARDS_MAX];
	unsigned discarded_count;
	uint64_t no_template, faults[FLOW_FAULTS];
	/* The template that its data wait for: since when, and when they last did; 0:
	 * for none. Of several the first that came. */
	uint32_t waits_for;
	int64_t waits_ms, waited_ms;
	/* A firewall (nsel.h): what its ends tell, and how many in a row spoke against
	 * that. */
	bool ends_by_deltas;
	unsigned ends_otherwise;
	uint64_t cut_short; /* flows of packets that went early, for want of room */
};

struct exporters {
	struct exporter *all; /* by key */
	struct rates rates;   /* what the operator says of them */
	unsigned count;
	unsigned guests;	     /* of them */
	bool number[EXPORTERS_MAX];  /* taken */
	uint64_t serial;	     /* of the last */
	struct nsel *nsel;	     /* NULL until a firewall tells */
	struct template_list by_use; /* of all exporters: used longest ago first */
	size_t template_bytes, guest_template_bytes;
	struct bucket new_guests, new_datagrams;
	uint64_t version; /* of all samplers: grows with each change */
	uint64_t lessons; /* grows with each that an exporter teaches */
	uint64_t datagrams, refused, evicted, faults[FLOW_FAULTS];
	uint64_t no_room[FLOW_CEILINGS];
	uint64_t by_protocol[FLOW_PROTOCOLS]; /* datagrams */
	uint64_t records[FLOW_PROTOCOLS];     /* flows */
};

struct exporters *exporters_new(void);
void exporters_free(struct exporters *e);

/* Find or make the one with KEY. NULL when there is no room for another: a guest takes
 * no place of who is named, nor of a guest who is heard for long. */
struct exporter *exporters_get(
    struct exporters *e, const struct exporter_key *key, bool guest, int64_t now_ms);
/* May X, a guest, be listened to once more now? */
bool exporters_may(struct exporters *e, struct exporter *x, int64_t now_ms);
/* What the device behind X is called where its interfaces and its word are told from
 * others': by its agent; but a guest, whose agent is what it says of itself, by the
 * address that it sends from. */
struct flow_ip exporter_device(const struct exporter *x);
/* The address that it sends from. */
struct flow_ip exporter_from(const struct exporter *x);
/* X's clock said EXPORT_MS when ours said NOW_MS. */
void exporter_clock(struct exporter *x, int64_t export_ms, int64_t now_ms);
/* How far X's clock is ahead of ours, ms (behind: negative); INT64_MIN: not known. */
int64_t exporter_ahead_ms(const struct exporter *x);
struct exporter_key exporter_key(const struct addr *from, enum flow_protocol protocol,
    const struct flow_ip *agent, uint64_t domain);
/* Forget what has not been heard of for long: exporters after a day, templates after
 * their time. */
void exporters_sweep(struct exporters *e, int64_t now_ms);

/* A sampler of X takes one in RATE; who sends from PORT says so. False when there is no
 * room; samplers of other ports, which may be gone, make some. */
bool exporter_learn_sampler(struct exporters *e, struct exporter *x, unsigned port,
    bool has_id, uint64_t id, uint32_t rate);
/* Likewise, as it was known before: what X has told since counts, and the port that
 * told last is still that. Where there is no room, nothing. */
void exporter_recall_sampler(struct exporters *e, struct exporter *x, unsigned port,
    bool has_id, uint64_t id, uint32_t rate);

/* Have X know what the operator says of it: its address and agent are known, or are
 * others now. */
void exporter_said(const struct exporters *e, struct exporter *x);

/* What a record says of its own sampling. 0: it does not. */
struct sampling_hint {
	uint32_t interface; /* which one samples, where that is told apart (sFlow) */
	uint32_t rate;
	bool has_sampler; /* it names one */
	uint64_t sampler;
	bool off; /* it says that it is not sampled */
};
/* Set FLOW's rate to what the operator says of its exporter, or of its interface that
 * samples: INTERFACE, or 0 for the one that it came in by, or left by if it was seen
 * then. False when nothing is said. */
bool exporter_sampling_said(
    const struct exporter *x, uint32_t interface, struct flow *flow);
/* Set FLOW's rate and its source, by the order of enum flow_sampling. Of samplers those
 * count that were told of from the port that X sent from last; if there are none, those
 * of the port that told last, unless it is another process's (ports.h). */
void exporter_sampling(const struct exporters *e, struct exporter *x,
    const struct sampling_hint *hint, struct flow *flow);

#endif
