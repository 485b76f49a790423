/* The common life of every worker: take descriptors and configuration from the parent,
 * lock in, say ready, beat, reload by difference, leave. SIGINT, SIGTERM and SIGHUP are
 * the parent's business and ignored here, since they often go to a whole process group
 * and the workers have an order in which they end. */
#ifndef LINK_WORKER_H
#define LINK_WORKER_H

#include "config/conf.h"
#include "link/link.h"
#include "link/sandbox.h"

struct event_base;

/* What a worker is given by worker_main(). Read-only for it. */
struct worker {
	struct event_base *base; /* with precise timers */
	struct link *parent;
	const struct conf *conf; /* in force; replaced before reload() returns */
	int datadir;		 /* O_PATH descriptor; also the working directory */
	char icmp_why[2][ICMPSOCK_WHY]; /* v4, v6: why no higher rung, or why none at
					   all */
};

/* A worker's own part. CTX is what start() returned. */
struct worker_ops {
	enum room room;
	enum sandbox_profile sandbox;
	/* A socket of the parent's, before start: keep it. One that could not be had
	 * does not come; for ICMP, worker.icmp_why tells the reason. */
	void (*socket)(enum msg_socket kind, unsigned index, unsigned rung, int fd);
	/* Open what needs opening before the lock. Returns ctx; fatal() if it cannot.
	 */
	void *(*start)(struct worker *w);
	/* Locked in: begin to work. */
	void (*run)(void *ctx);
	/* A new line to a peer. LINK is NULL when the line went down (the peer is being
	 * restarted, say): sending to it then only counts as dropped. The one before is
	 * freed after return, so link_waiting() may be asked what it still holds. May
	 * be called before run(). */
	void (*peer)(void *ctx, enum room room, struct link *link);
	/* A message from a peer, or one from the parent that worker_main() does not
	 * know; never before run(). 0, or -1 when it is not to be believed. NULL:
	 * nobody has anything to say to this worker. */
	int (*message)(void *ctx, struct link *link, struct msg_in *in);
	/* Go over from OLD to NEXT by difference; OLD is freed after return. */
	void (*reload)(void *ctx, const struct conf *old, const struct conf *next);
	/* Finish: called once; then call worker_exit() when done (at most 4 s later the
	 * parent kills). NULL: leave at once. */
	void (*stop)(void *ctx);
	/* Bytes that may wait for PEER; 0: a default of 1 MiB. */
	size_t (*queue_max)(enum room peer);
};

/* main() of every worker; never returns. The control socket is descriptor 3. */
void worker_main(const struct worker_ops *ops) __attribute__((noreturn));
/* Leave with status 0 after what is queued for peers was handed to the kernel. */
void worker_exit(void) __attribute__((noreturn));
/* Ask the parent for another socket of KIND: it comes through socket(), if at all. */
void worker_again(enum msg_socket kind);
/* The link to ROOM, or NULL while it is down. */
struct link *worker_link(enum room room);

#endif
