/* Decoded flows, added up into minutes of traffic (minute.h).
 *
 * A record's octets belong to the time between its first and its last packet, not to
 * the moment when it was exported: they are spread evenly over the minutes of its span.
 * So several minutes are open at once; one is closed, and final, when TALLY_OPEN later
 * ones have begun. The recorder has a closed one written, in files that take no older
 * rows, so a share of it is lost to the tallies: it is counted (late_octets) and not
 * put into a later minute, where it would be a peak that never was. An exporter that
 * tells of a flow only after half an hour has five sixths of its long flows there, and
 * the rate of the last five minutes right; one that tells of it when it is over has
 * nearly all of it there. What ended before the oldest open minute counts as if it had
 * ended in it.
 *
 * A minute to which nothing came is given out, too, as a total of nothing, so that it
 * differs from one that nobody tallied; but not before the first record, nor when none
 * came for TALLY_QUIET minutes: who knows whether any exporter is alive.
 *
 * Where an exporter's clock is wrong, by more than some seconds, its times are moved by
 * what it is wrong.
 *
 * A packet that the exporter saw twice, on its way in and on its way out, is counted
 * once: records of what leaves count only where nothing says what came in there. One
 * that two exporters saw counts once, too, but for their interfaces (witness.h). Of a
 * device that exports flows and samples packets by sFlow as well, both are such two;
 * and for its interfaces samples count only while no flows tell of them.
 *
 * Whatever comes, memory is bounded, and octets, packets and flows are conserved: in
 * every table the rows and the rest give exactly what was offered to it. */
#ifndef COLLECTOR_TALLY_H
#define COLLECTOR_TALLY_H

#include "base/prefix.h"
#include "flow.h"
#include "minute.h"

#define TALLY_OPEN MINUTES_GROWING
#define TALLY_SPAN_MS 300000 /* of what began nobody knows when */
#define TALLY_QUIET 60	     /* minutes without a record that are none of traffic */
#define TALLY_OUTDONE 10     /* minutes after a flow in which no samples count */
#define TALLY_PORTS 32	     /* of our own sockets */

enum tally_talkers {
	TALLY_OFF,    /* no hosts, no peers, no flows */
	TALLY_TOTALS, /* own hosts, but not with whom and what */
	TALLY_FULL
};

struct tally_settings {
	struct prefixes local; /* the own network */
	struct prefixes self;  /* this host's addresses */
	enum tally_talkers talkers;
	struct prefixes prefer;	    /* exporters that are believed first, in order */
	bool count_all;		    /* no two exporters see the same packet */
	bool cut_remote;	    /* of addresses outside /24 and /48 are kept */
	uint16_t port[TALLY_PORTS]; /* where flows are received: not traffic */
	unsigned ports;
};

/* Records, since the start. */
struct tally_counts {
	uint64_t flows;	  /* tallied */
	uint64_t own;	  /* of exporters' datagrams to us, or to another collector */
	uint64_t twice;	  /* seen on the way in, too */
	uint64_t others;  /* for interfaces alone: of the hosts another one tells */
	uint64_t late; /* which ended in minutes that were closed, or shares of such */
	uint64_t late_octets; /* of these shares: in no minute */
	uint64_t early;	  /* which ended after now */
	uint64_t cut;	  /* which lasted longer than their timeout, or any, can be */
	/* Of more octets than can be, alone or with what else their exporter told of
	 * that minute: not tallied. */
	uint64_t absurd;
	uint64_t unknown; /* whose sampling nobody told */
	/* Flows that no interface has, since a guest told of too many of them; and
	 * since guests who are new had their share. */
	uint64_t guest_interfaces, new_guest_interfaces;
};

struct tally;
struct windows;

/* SECRET: for hashes that nobody outside can foresee. */
struct tally *tally_new(uint64_t secret);
void tally_free(struct tally *t);
/* From now on, copied; what is gathered already keeps what was said before. */
void tally_configure(struct tally *t, const struct tally_settings *settings);
/* From now on W, which stays the caller's, gets what own hosts exchange with others. */
void tally_watch(struct tally *t, struct windows *w);
/* FLOW came at NOW_MS (epoch). */
void tally_flow(struct tally *t, const struct flow *flow, int64_t now_ms);
const struct tally_counts *tally_counts(const struct tally *t);
/* The octets of all records of X, scaled, of which *LATE were too late for a minute. */
uint64_t tally_octets(const struct tally *t, const struct exporter *x, uint64_t *late);
/* The same of the last hour, to ten minutes, by what came in it. */
uint64_t tally_hour(const struct tally *t, const struct exporter *x, uint64_t *late);
/* Does what X says count for its device's interfaces? */
bool tally_tells(const struct tally *t, const struct exporter *x);

/* Who takes a part of a table; PART->rows rows at ROW. */
typedef void (*tally_part_fn)(
    void *ctx, const struct minute_part *part, const struct minute_row *row);
/* It is NOW_MS: take over what is gathered, and give out, final, the minutes that are
 * over. To be called about once a second. */
void tally_tick(struct tally *t, int64_t now_ms, tally_part_fn part, void *ctx);
/* Give out, provisional, the open minutes that have changed since they were last. */
void tally_tell(struct tally *t, tally_part_fn part, void *ctx);
/* Give out all that is open as final: the end. */
void tally_close(struct tally *t, tally_part_fn part, void *ctx);

#endif
