/* What run.c (the life of a run) and gate.c (what types report) share. */
#ifndef PROBER_RUN_IMPL_H
#define PROBER_RUN_IMPL_H

#include "base/clock.h"
#include "prober/spacing.h"
#include "prober/run.h"
#include "prober/wheel.h"

#define RUNS_TYPES 16
#define RUN_TICK_NS CLOCK_NS_PER_MS
#define RUN_COARSE_NS (32 * CLOCK_NS_PER_MS) /* the longest grain */

/* One ping of the open round. AT is when it was sent (monotonic) while it is open, and
 * its RTT once it is answered or late. */
struct shot {
	int64_t at;
	uint8_t outcome, stamp;
	uint8_t error; /* enum ping_outcome of an ICMP error that came, else 0 */
	bool sealed;   /* no answer changes its outcome any more */
};

/* What a round's samples of one figure come to so far. */
struct run_extra {
	uint8_t kind; /* enum extra */
	uint16_t samples;
	double value; /* by the kind's sum; for a mean the sum of all */
};

struct run {
	struct probe_run probe;
	struct wheel_entry timer;
	struct plan plan;
	struct conf_train train;
	char *path, *name, *cannot;
	void *tag;
	int64_t first_at; /* 0: no immediate round wanted any more */
	int64_t slot;	  /* of the open round, else of the next one */
	int64_t last_slot, last_row;
	int64_t start, end; /* monotonic, of the same */
	int64_t begin_wall;
	int64_t next_at; /* monotonic: when ping SEQ is sent */
	uint64_t seed;
	unsigned count, blaze; /* of pings sent in a round; of which forgotten */
	unsigned seq;	       /* the next to be sent */
	unsigned oldest;       /* none before it is open */
	unsigned open;	       /* how many are */
	uint16_t forged, wrong_source, truncated, duplicates, reordered, ttl_changes;
	uint16_t latest; /* 1 + the latest ping that was answered; 0: none */
	uint8_t ttl;	 /* of the last answer, of any round; 0: not known */
	uint8_t extras;	 /* of EXTRA in use */
	uint8_t pace;	 /* enum run_pace */
	bool in_round;
	bool brief;    /* the open round is the immediate one */
	bool mute;     /* nothing is sent in this round: no name, or it cannot */
	bool begun;    /* the type has seen a ping of this round */
	bool shaken;   /* the clock was set, or the machine slept, during this round */
	bool placed;   /* the next ping has its place in LANE */
	bool promised; /* and may leave when it is due: spacing_promise() */
	int64_t told_begin;	      /* what flight_tell() saw last: begin_wall, */
	uint16_t told_seq, told_open; /* seq, open */
	uint8_t put_off; /* how often the next ping was, for the sake of its network */
	struct spacing_lane *lane; /* NULL: it keeps no distance from others */
	struct shot *shot;	   /* count */
	struct run_extra *extra;   /* ROUND_MAX_EXTRAS, or NULL: it never had any */
};

/* The one set of them. */
struct runs {
	struct probe_host *host;
	struct run_ops ops;
	struct wheel *wheel;
	struct watch watch;
	struct run **by_index;
	size_t indexes, used; /* slots of by_index; runs in it */
	size_t *spare;	      /* free slots below INDEXES */
	size_t spares;
	size_t open;	/* pings in flight whose type has to be asked for answers */
	double rate;	/* pings per second, all runs */
	int64_t grain;	/* see runs_add_rate() */
	int64_t looked; /* when a turn last began */
	int64_t hold;	/* no round of a new run begins before */
	bool settling;	/* a stall was seen: read everything before expiring */
	struct {
		const struct probe_type *type;
		size_t runs;
	} type[RUNS_TYPES];
	size_t types;
};

extern struct runs runs;

/* The row for TYPE in the table of types in use. */
size_t runs_type(const struct probe_type *type);
/* An index for RUN, by which it is found from now on. */
uint32_t runs_take_index(struct run *run);

/* MORE pings a second are to be sent (fewer when negative). One wake-up costs more than
 * a ping, so that sending and receiving happen in grains, as coarse as some eight pings
 * need. Stamps are the kernel's: times do not suffer. */
void runs_add_rate(double more);
/* Do what is due for RUN at NOW. */
void run_turn(struct run *run, int64_t now);
/* The clock was set or the machine slept (enum watch_news): what is in flight says
 * nothing. After a sleep the whole round is over. */
void run_shake(struct run *run, unsigned news, int64_t now);
/* Fetch RUN into the cache; once it is there, what its ping SEQ touches. */
void run_fetch(const struct run *run);
void run_fetch_ping(const struct run *run, unsigned seq);
/* Ping SEQ of RUN is decided. */
void run_decide(struct run *run, unsigned seq, enum ping_outcome outcome);
/* Is an answer that we read NOW to a ping of SENT, RTT by stamps of kind STAMP, of no
 * use because we were not running meanwhile? A time taken by this program is not, after
 * any stall in between. A kernel's stamps are right while a process stands still; but
 * if the answer came just when we ran again, the whole machine may have stood still. */
bool runs_stalled(int64_t sent, int64_t rtt, enum ping_stamp stamp, int64_t now);

#endif
