/* How many of an exporter's datagrams or records never came, by their sequence numbers.
 * Exporters count differently from what the standards say, so several ways of counting
 * are followed side by side, and the one that explains the last twenty datagrams best
 * is believed: only a gap by that one is loss. */
#ifndef COLLECTOR_SEQUENCE_H
#define COLLECTOR_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "flow.h"

#define SEQUENCE_WAYS 3

/* In the unit of the protocol. */
struct sequence_told {
	uint64_t received, lost, reordered, restarts;
	uint64_t mixed; /* jumps to and fro: several senders behind one name */
};

struct sequence {
	enum flow_protocol protocol;
	bool begun,
	    uncertain;	/* uncertain: records of unknown templates were in the last */
	uint32_t clock; /* of the last: uptime or export time */
	uint32_t expected[SEQUENCE_WAYS];
	uint32_t hits[SEQUENCE_WAYS]; /* the last twenty, a bit each */
	uint8_t way;
	uint32_t largest;    /* data records of a datagram so far */
	uint32_t since_jump; /* datagrams */
	uint32_t jump_lost;  /* what the last jump was taken for: so much loss, */
	bool jump_restart;   /* or a restart */
	struct sequence_told told;
};

/* What one datagram says and holds. */
struct sequence_step {
	uint32_t number; /* its sequence number */
	uint32_t
	    clock; /* sysUptime in ms (NetFlow, sFlow) or export time in s (IPFIX) */
	uint32_t records, options; /* data records of each kind */
	bool unknown; /* it had data of unknown templates: records could not be counted
		       */
};

/* An exporter of PROTOCOL was not heard before. */
void sequence_begin(struct sequence *s, enum flow_protocol protocol);
/* A datagram of it came. */
void sequence_add(struct sequence *s, const struct sequence_step *step);
/* What came since S had told THEN was not of one sender: all but what was received is
 * taken back, and of the next datagram nothing is expected. */
void sequence_take_back(struct sequence *s, const struct sequence_told *then);
/* Of each what is less, into T, but for what was received. */
void sequence_told_least(struct sequence_told *t, const struct sequence_told *than);
/* "records", "datagrams": what lost and received count. */
const char *sequence_unit(const struct sequence *s);

#endif
