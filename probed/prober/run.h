/* The host's side of probe.h: every target being measured is a run with at most one
 * round open. One wheel entry per run serves its next sending, its oldest open ping's
 * timeout and its round's end, so that a ping costs no timer of its own.
 *
 * There is one set of runs per process, since the gate that types call has no other way
 * to find it. */
#ifndef PROBER_RUN_H
#define PROBER_RUN_H

#include "prober/probe.h"
#include "prober/schedule.h"

struct run;

/* Everything that makes a run. Strings are copied; OPTS is taken over. */
struct run_spec {
	uint64_t target;
	const char *path, *name; /* dotted path; host as written */
	const struct probe_type *type;
	struct probe_opts *opts;
	const char *cannot; /* why it cannot be measured, else NULL */
	struct plan plan;   /* settled; its count includes the blaze ping */
	unsigned blaze;	    /* 1: one more is sent, and the first forgotten */
	int family;
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
	/* A round is decided. ROUND is borrowed. */
	void (*done)(void *ctx, struct run *run, const struct round *round);
	/* The address to ping from now on (types with PROBE_ADDRESS only). LATER: the
	 * name is still being looked up; run_wake() will tell. */
	enum run_address (*address)(void *ctx, struct run *run, struct addr *addr);
	void *ctx;
};

/* Begin. HOST is borrowed and its counters are written to. */
void runs_open(struct probe_host *host, const struct run_ops *ops);
/* End: runs that are left go away, their open rounds are dropped. */
void runs_close(void);

struct run *run_add(const struct run_spec *spec);
void run_remove(struct run *run);
/* The name of RUN's host resolved, or changed. */
void run_wake(struct run *run);

const struct probe_run *run_probe(const struct run *run);
const char *run_path(const struct run *run);
const char *run_cannot(const struct run *run); /* NULL: it can */
/* The owner's pointer, NULL at first. */
void *run_tag(const struct run *run);
void run_set_tag(struct run *run, void *tag);

/* One turn: take in what came, look at the clocks, send, expire, finish. */
void runs_tick(void);
/* When (monotonic ns) the next turn is wanted. */
int64_t runs_next(void);
size_t runs_count(void);

#endif
