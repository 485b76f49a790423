/* What the web worker knows right now: the configuration, the last round of every
 * target, workers, counters. Fed by messages, read by pages, API and metrics. */
#ifndef WEB_STATE_H
#define WEB_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "config/conf.h"
#include "link/msg.h"

#define LIVE_BUCKETS 20 /* upper bounds 50 us * 2^i, as smokeping_prober has them */

/* Times in buckets; slower ones than the last bound in none. */
struct live_times {
	uint64_t bucket[LIVE_BUCKETS]; /* each once */
	uint64_t count;		       /* of all */
	double sum;		       /* seconds */
};

/* What a round said beside its pings' times. */
struct live_odd {
	uint64_t duplicates, late, reordered, ttl_changes;
	uint64_t forged, wrong_source, truncated;
	uint64_t stamp[STAMP_KINDS]; /* answers by the quality of their time */
};

/* One target's present, and its totals since this web worker started. */
struct live {
	uint64_t id;
	struct msg_target target; /* state, address, why */
	bool measured;		  /* a round came at all */
	int64_t row;		  /* of the last round stored */
	int64_t since;		  /* it is heard of (epoch seconds) */
	int64_t first_row;	  /* of the first round seen */
	int64_t first_known;	  /* of the first one that was not unknown; 0: none */
	int64_t down_since;   /* begin of the first of the fully lost rounds; 0: none */
	bool down_from_first; /* already so in the first round seen */
	int64_t down_before;  /* as was written down before this start; 0: it was not */
	bool unknown;	      /* that round was unknown */
	enum ping_outcome cause; /* of it being unknown, or the most frequent loss */
	double median, loss, loss_ratio, jitter; /* of that round; NAN when unknown */
	double longest, spread; /* slowest answer, standard deviation of all; NAN */
	unsigned pings, known_now, lost_now; /* of that round: all, measured, lost */
	uint8_t ttl;			     /* of its last answer; 0: not known */
	bool suspect;			     /* a receive buffer overflowed meanwhile */
	struct live_odd odd;		     /* of that round */
	uint8_t extras;			     /* of that round */
	struct round_extra *extra;
	uint64_t sent, lost, send_errors;
	struct live_odd odd_all;
	struct live_times rtts;	  /* of answers */
	struct live_times jitters; /* between answers to neighbouring pings */
};

const struct conf *state_conf(void);
int64_t state_started(void);			 /* epoch seconds */
const struct live *state_live(uint64_t target);	 /* NULL: nothing known yet */
/* Did a round of any target come since this start? */
bool state_has_round(void);
const struct msg_counters *state_counters(void); /* of all who measure, added up */
const struct msg_store *state_store(void);
const struct msg_worker *state_worker(enum room room); /* NULL: never heard of */

/* What the courier says of the sinks of the configuration, in its order; those that
 * were not heard of are left out. How many. */
#define STATE_SINKS 32
size_t state_sinks(const struct msg_sink **sink, size_t most);

/* Complaints about the configuration on disk, errors first refused it. */
struct state_problem {
	bool error;
	char *place, *text;
};
const struct state_problem *state_problems(size_t *count);
bool state_config_refused(void); /* the files on disk are not what is running */
int64_t state_config_checked(void);

/* The recorder's and others' troubles, newest first, at most 50 kept. */
struct state_trouble {
	uint64_t target;
	int64_t when;
	char *text;
};
const struct state_trouble *state_troubles(size_t *count);

/* --- feeding it: for the worker's main file --------------------------------------- */

void state_init(const struct conf *conf);
/* Call ROUND for every round that is taken from now on. */
void state_tell(void (*round)(const struct live *l));
/* TARGET was down since BEGIN (epoch seconds) when this worker started, as an open
 * incident says: that is since when, unless it answers meanwhile. */
void state_down_before(uint64_t target, int64_t begin);
/* From now on NEXT is in force; what is known of targets that stay is kept. */
void state_reload(const struct conf *next);
/* Take a message from the recorder or the parent. 0, or -1 when it is not to be
 * believed or not for us. */
int state_message(struct msg_in *in);
void state_free(void);

#endif
