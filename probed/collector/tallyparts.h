/* What the files of the tally share: its state, and what is learned of exporters. */
#ifndef COLLECTOR_TALLYPARTS_H
#define COLLECTOR_TALLYPARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "collector/exporter.h"
#include "collector/gather.h"
#include "collector/ifset.h"
#include "collector/inside.h"
#include "collector/openminute.h"
#include "collector/tally.h"

#define HOUR_MS (3600 * 1000LL)

/* Slots for two addresses of each exporter, half of them full. */
#define TALLY_SENDERS (4 * EXPORTERS_MAX)

/* Bits of a gathered key's KIND. */
#define KIND_PROTO 1 /* it is an IP packet */
#define KIND_PORTS 2
#define KIND_DSCP 4
#define KIND_SYN 8
#define KIND_FRAGMENT 16
#define KIND_ECHO_REPLY 32
#define TCP_SYN 0x02
#define TCP_ACK 0x10

/* The seconds that the windows take a record to last, by its class (a gathered key's
 * SPAN); 0 for a time that is shorter than a window. */
#define TALLY_SPANS 6
extern const uint16_t tally_lasts_s[TALLY_SPANS];

#define SOURCE_PARTS 6 /* of an hour, ten minutes each */
struct hour_part {
	int64_t number; /* since the epoch */
	uint64_t octets, late_octets;
};

/* What is learned of an exporter. */
struct source {
	uint64_t serial;  /* whose it is */
	uint64_t word[2]; /* its address, for the rows of its interfaces */
	uint64_t from[2]; /* that it sends from: another, where it names an agent */
	uint64_t device;  /* a hash of it, and of how it tells: who tells */
	bool samples;	  /* sFlow */
	bool guest;	  /* when it told last */
	bool is_new;	  /* a guest, and likewise */
	uint8_t rank;	  /* by the operator's preference */
	/* Interfaces that had records of what comes in: in this hour, in the one
	 * before. */
	struct ifset in[2];
	int64_t hour;
	/* The minutes of its last word of an interface that counted, and of when it was
	 * last asked whether it is outdone. */
	int64_t told, asked;
	bool outdone;
	bool apart;	       /* it told of a flow that came in and left by two */
	struct begins *begins; /* of its long flows; NULL: none came yet */
	uint64_t octets,
	    late_octets; /* of all its records, scaled; that were too late */
	struct hour_part part[SOURCE_PARTS];
	uint64_t minute_octets[TALLY_OPEN], minute_packets[TALLY_OPEN];
};

struct tally {
	uint64_t secret;
	struct tally_settings set;
	struct inside inside, self;
	struct gather *gather;
	struct windows *windows; /* or NULL */
	struct inside prefer;
	struct witnesses *witnesses;
	uint64_t device; /* the only one that told so far; 0: none */
	bool several;	 /* there was another one */
	struct source source[EXPORTERS_MAX];
	/* The addresses of all sources: 1 + the source's number; 0: none. */
	uint16_t sender[TALLY_SENDERS];
	struct open_minute open[TALLY_OPEN]; /* minute M at M % TALLY_OPEN */
	uint64_t octets[TALLY_OPEN], packets[TALLY_OPEN]; /* of each, gathered too */
	int64_t now;	      /* the newest open minute; 0: none yet */
	int64_t since, heard; /* the minutes of the first record and of the last */
	int64_t now_ms;
	struct tally_counts counts;
};

/* tallytables.c: take all that is gathered over into the tables of its minutes. */
void tally_drain(struct tally *t);

/* tallysource.c: what is known of exporter X, of which a record came: it may be new. */
struct source *source_of(struct tally *t, const struct exporter *x);
/* Free what S holds. */
void source_clear(struct source *s);
/* Rank S by the operator's preference. */
void source_rank(const struct tally *t, struct source *s);
/* Was F, of something that left, told of when it came in? NOW_MS: epoch. */
bool source_is_twice(
    struct source *s, const struct flow *f, int64_t now_ms, uint64_t secret);
/* Is KEY, which S tells of, of a datagram of flows itself? */
bool source_is_own(
    struct tally *t, const struct gather_key *key, const struct source *s);
/* Is ADDRESS one of the device that S tells of? */
bool source_is_device(
    const struct tally *t, const struct source *s, const uint64_t address[2]);
/* What S told in these ten minutes. */
struct hour_part *source_part(const struct tally *t, struct source *s);
/* Does what S says of interfaces count? It is asked for each record, and looks once a
 * minute. */
bool source_tells(const struct tally *t, struct source *s);

#endif
