/* The host's side of probe.h: every target being measured is a run with at most one
 * round open. One wheel entry per run serves its next sending, its oldest open ping's
 * timeout and its round's end, so that a ping costs no timer of its own.
 *
 * There is one set of runs per process, since the gate that types call has no other way
 * to find it. */
#ifndef PROBER_RUN_H
#define PROBER_RUN_H

#include "config/train.h"
#include "prober/probe.h"
#include "prober/schedule.h"

struct run;

/* When rounds of a run begin. */
enum run_pace {
	RUN_BY_STEP, /* by the wall clock */
	RUN_ONCE,    /* one at once, of whatever comes of it, and no more */
	RUN_ALWAYS,  /* one behind the other; the first of a step has its row */
};

/* Everything that makes a run. Strings are copied; OPTS is taken over. */
struct run_spec {
	uint64_t target;
	const char *path, *name; /* dotted path; host as written */
	const struct probe_type *type;
	struct probe_opts *opts;
	const char *cannot;	 /* why it cannot be measured, else NULL */
	struct plan plan;	 /* settled; its count includes the blaze ping */
	unsigned blaze;		 /* 1: one more is sent, and the first forgotten */
	const char *lane; /* who else keeps a distance of LANE_GAP; NULL: nobody */
	int64_t lane_gap;
	struct conf_train train; /* where the plan's sampler is SAMPLER_TRAIN */
	int family;
	uint8_t pace; /* enum run_pace; with another than RUN_BY_STEP first_at is set */
	int64_t
	    first_at; /* monotonic: when its immediate short round may begin; 0: none
		       */
};

enum run_address {
	RUN_ADDRESS_NONE,
	RUN_ADDRESS_LATER,
	RUN_ADDRESS_HERE
};

struct run_ops {
	/* A round is decided. ROUND is borrowed. Of RUN_ALWAYS there may be several
	 * for one row. */
	void (*done)(void *ctx, struct run *run, const struct round *round);
	/* The address to ping from now on (types with PROBE_ADDRESS only). LATER: the
	 * name is still being looked up; run_wake() will tell. */
	enum run_address (*address)(void *ctx, struct run *run, struct addr *addr);
	/* Answers to RUN come with another TTL than before. May be NULL. */
	void (*moved)(void *ctx, struct run *run);
	void *ctx;
};

/* Begin. HOST is borrowed and its counters are written to. */
void runs_open(struct probe_host *host, const struct run_ops *ops);
/* Rounds of runs that are added from now on begin no earlier than UNTIL (monotonic):
 * kernel and sockets need a moment until their stamps are to be had. */
void runs_hold(int64_t until);
/* End: runs that are left go away, their open rounds are dropped. */
void runs_close(void);

struct run *run_add(const struct run_spec *spec);
void run_remove(struct run *run);
/* The name of RUN's host resolved, or changed; of a paced run, or is known not to. */
void run_wake(struct run *run);

const struct probe_run *run_probe(const struct run *run);
bool run_is_paced(const struct run *run); /* other than RUN_BY_STEP */
const char *run_path(const struct run *run);
const char *run_cannot(const struct run *run); /* NULL: it can */
/* The owner's pointer, NULL at first. */
void *run_tag(const struct run *run);
void run_set_tag(struct run *run, void *tag);
/* How long the lookup of RUN's address took, in ns: for its type to see. */
void run_set_lookup(struct run *run, int64_t ns);

/* One turn: take in what came, look at the clocks, send, expire, finish. */
void runs_tick(void);
/* When (monotonic ns) the next turn is wanted. */
int64_t runs_next(void);
size_t runs_count(void);

#endif
