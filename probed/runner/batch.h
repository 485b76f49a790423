/* One run of a program for many targets, as fping is meant to be used: whoever wants
 * the same program with the same arguments within a moment shares one run, with all
 * hosts behind the arguments. */
#ifndef RUNNER_BATCH_H
#define RUNNER_BATCH_H

#include <stdint.h>
#include <sys/queue.h>

#include "runner/argv.h"
#include "runner/exec.h"

struct batch;
struct flight;

/* A place for one host in the next run. */
struct batch_seat {
	exec_done done; /* called once with the result of all, unless it left before */
	void *ctx;
	const char *host;      /* stays valid until it is done or left */
	int64_t until;	       /* monotonic: over by then */
	struct flight *flight; /* NULL: it neither waits nor flies */
	TAILQ_ENTRY(batch_seat) link;
};

/* The batch of PROBE (its name) and ARGV (copied), whose last word, a host, does not
 * count. Its runs have room in POOL. Each call wants a batch_drop(). */
struct batch *batch_take(
    const char *probe, const struct argv *argv, struct exec_pool *pool);
void batch_drop(struct batch *b); /* NULL allowed */
/* A hash of what they have in common: they are measured at the same time. */
uint64_t batch_hash(const struct batch *b);

/* SEAT, with the first four fields set, wants to be in the next run, which keeps KEEP
 * bytes of output and has MARGIN_NS less than the first of its seats that is over. */
void batch_join(struct batch *b, struct event_base *base, struct batch_seat *seat,
    size_t keep, int64_t margin_ns);
void batch_leave(struct batch_seat *seat);

#endif
