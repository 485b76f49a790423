/* A minute of traffic: what the collector tallies, the recorder keeps, and web shows.
 * One table for each way to look at it; a table lists its greatest rows, and says what
 * the others had together. All figures are of the whole traffic, scaled up where it
 * was sampled. */
#ifndef MINUTE_H
#define MINUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/wire.h"
#include "flow.h"

#define MINUTE_S 60

enum minute_by {
	MINUTE_TOTAL,	  /* one row without a key */
	MINUTE_INTERFACE, /* key.a: the exporter (sFlow: its agent), key.number: ifIndex
			   */
	MINUTE_HOST,	  /* key.a: an end inside the own network */
	MINUTE_PEER,	  /* key.a: an end outside */
	MINUTE_PORT,	  /* key.proto, key.dport: the service's */
	MINUTE_PROTOCOL,  /* key.proto */
	MINUTE_AS,	  /* key.number: of the end outside */
	MINUTE_DSCP,	  /* key.tos: 0 to 63 */
	MINUTE_FLOW,	  /* key.a, key.b: source, destination; proto, sport, dport */
	MINUTE_BYS
};
const char *minute_by_word(enum minute_by by); /* "host" */
enum minute_by minute_by_of(const char *word); /* MINUTE_BYS: no such */

/* Which way bytes went: into the own network, out of it, or neither (between two hosts
 * inside, or between two outside). For MINUTE_INTERFACE in and out are the interface's
 * own, and neither: nobody knows which; its rows and rest are all that interfaces
 * carried, which is no part of the total: a packet goes into one and out of another,
 * and past several exporters. */
enum minute_way {
	MINUTE_IN,
	MINUTE_OUT,
	MINUTE_OTHER,
	MINUTE_WAYS
};

/* What is not of its table's key is 0: keys are
 * hashed and compared as bytes. */
struct minute_key {
	struct flow_ip a, b;
	uint16_t sport, dport;
	uint8_t proto, tos;
	uint32_t number;
};

struct minute_sum {
	uint64_t octets[MINUTE_WAYS], packets[MINUTE_WAYS];
	uint64_t flows; /* records */
	/* Variance of the sums of all ways by sampling: of k packets of one in N, with
	 * sizes s, N^2 k and N^2 sum(s^2) (facts of sampling: Duffield, Lund, Thorup
	 * 2005). 0 when nothing was sampled. */
	double octets_var, packets_var;
	uint64_t unknown_octets; /* of flows whose sampling nobody told: not scaled */
};

struct minute_row {
	struct minute_key key;
	struct minute_sum sum;
	/* A table without room for every key forgets the least: of the row's octets at
	 * most so many are in the rest. 0: it is exact. */
	uint64_t octets_error;
};

/* One table of one minute, or a part of it. */
struct minute_part {
	int64_t begin_s; /* epoch, a multiple of MINUTE_S */
	bool final;	 /* nothing comes to it any more; else as of now */
	enum minute_by by;
	uint16_t part, parts;	/* parts of the table: 0 .. parts - 1 */
	struct minute_sum rest; /* of all rows that no part lists, as the last part
				 * tells: who takes rows out knows no sooner */
	uint32_t rest_rows;	/* at least so many keys */
	uint64_t forgotten; /* octets of REST that are of rows taken out since, as the
			     * last part tells; not in minute_put_part() */
	uint16_t rows;		/* that follow */
};

/* Minutes that grow at once: one is final when so many have begun since, for exporters
 * tell of a flow minutes later. */
#define MINUTES_GROWING 6

/* Interfaces that a minute has of one sender whom the operator does not name, of all of
 * them, and of all who were first heard not long ago: who forges addresses leaves the
 * others half. They are listed behind those of who is named; less than
 * MINUTE_GUEST_INTERFACES of them are all that were told of. */
#define MINUTE_GUEST_INTERFACES 128
#define MINUTE_GUESTS_INTERFACES 255
#define MINUTE_NEW_GUESTS_INTERFACES 128

/* The bytes of both, in messages and on disk. A row takes at most MINUTE_ROW_MAX. */
#define MINUTE_ROW_MAX 128
#define MINUTE_PART_MAX 104
void minute_put_row(struct pack *p, enum minute_by by, const struct minute_row *row);
/* Sets W bad when it is none of such a table. */
void minute_get_row(struct wire *w, enum minute_by by, struct minute_row *row);
void minute_put_part(struct pack *p, const struct minute_part *part);
void minute_get_part(struct wire *w, struct minute_part *part);

/* These are asked for several times for each flow. */
static inline void
minute_add(struct minute_sum *to, const struct minute_sum *sum)
{
	for (unsigned way = 0; way < MINUTE_WAYS; way++) {
		to->octets[way] += sum->octets[way];
		to->packets[way] += sum->packets[way];
	}
	to->flows += sum->flows;
	to->octets_var += sum->octets_var;
	to->packets_var += sum->packets_var;
	to->unknown_octets += sum->unknown_octets;
}

/* Of all ways. */
static inline uint64_t
minute_octets(const struct minute_sum *sum)
{
	return sum->octets[MINUTE_IN] + sum->octets[MINUTE_OUT] +
	       sum->octets[MINUTE_OTHER];
}

static inline uint64_t
minute_packets(const struct minute_sum *sum)
{
	return sum->packets[MINUTE_IN] + sum->packets[MINUTE_OUT] +
	       sum->packets[MINUTE_OTHER];
}

/* Of so much of the sum of an interface nobody may know which way it went, and in and
 * out say something still? */
#define MINUTE_WAYLESS_MOST 0.1
static inline bool
minute_ways_known(const struct minute_sum *sum)
{
	return (double)sum->octets[MINUTE_OTHER] <=
	       MINUTE_WAYLESS_MOST * (double)minute_octets(sum);
}

#endif
