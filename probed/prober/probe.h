/* The contract between the prober (host) and the kinds of measurement: a const record
 * per kind, and one gate through which every answer comes back. A type knows one
 * protocol; the host owns every run, resolves names, spreads, times out, counts. */
#ifndef PROBER_PROBE_H
#define PROBER_PROBE_H

#include <stdint.h>

#include "config/conf.h"
#include "round.h"

struct event_base;
struct probe_run;

/* What the host offers to types, and what it was given by the parent. */
struct probe_host {
	struct event_base *base;
	const uint8_t *key;   /* 16 random bytes of this start, for tags */
	int icmp_fd[2];	      /* v4, v6; -1 when there is none */
	uint8_t icmp_rung[2]; /* enum icmp_rung */
	struct msg_counters
	    *counters; /* types count what only they see (forged, ...) */
};

/* The settings of one target as one kind of measurement understands them: allocated by
 * the type, freed by its free_opts. Two equal option sets compare equal by text (see
 * conf identity), so a type needs no compare. */
struct probe_opts;

enum probe_needs {
	PROBE_ADDRESS = 1 << 0, /* host resolves run->address before a round */
	PROBE_ICMP = 1 << 1,	/* cannot run without an ICMP socket */
};

struct probe_type {
	const char *name; /* "icmp" */
	unsigned needs;	  /* enum probe_needs */
	/* Read what T says. Returns options, or NULL with ERR saying what was expected
	 * (the target then shows "cannot measure: ERR"). */
	struct probe_opts *(*options)(
	    const struct conf *conf, const struct conf_target *t, struct err *err);
	void (*free_opts)(struct probe_opts *opts);
	/* Which name is to be resolved into run->address, where that is not the target's
	 * host (a DNS server, the host of a URL), and for which family, where that is
	 * not AF_UNSPEC: sets *HOST (borrowed from OPTS) and *FAMILY, which come with
	 * the host's own choice, or leaves them. May be NULL. run->name stays the
	 * target's host. */
	void (*wants)(const struct probe_opts *opts, const char **host, int *family);
	/* Once per process, before the lock: open what is shared. 0, or -1 with ERR. */
	int (*open)(struct probe_host *host, struct err *err);
	/* Send ping SEQ (from 0) of RUN now; must not block. Answers later, or at once,
	 * through probe_reply() or probe_lost(). */
	void (*ping)(struct probe_run *run, unsigned seq);
	/* Put on the wire what ping() has batched: called once after each tick's pings.
	 * May be NULL. */
	void (*flush)(struct probe_host *host);
	/* Take in what has come: called on every tick while pings are open, and before
	 * any of them expires, so that a type with kernel stamps needs no wake-up per
	 * packet. NULL: the type listens by itself (read events on host->base). */
	void (*receive)(struct probe_host *host);
	/* RUN's round is over (or RUN goes away): forget whatever is in flight for it.
	 */
	void (*end)(struct probe_run *run);
	void (*close)(struct probe_host *host);
};

extern const struct probe_type probe_icmp, probe_dns, probe_tcp, probe_http;

/* The row for SmokePing's MODULE ("FPing6" -> icmp); NULL when none measures it yet. */
const struct probe_type *probe_type_for(const char *module);

/* One target being measured: what a type may read. Owned by the host. */
struct probe_run {
	const struct probe_type *type;
	struct probe_host *host;
	struct probe_opts *opts;
	uint64_t target;
	const char *name; /* the host as written: SNI, Host header, default DNS name */
	int family;	  /* AF_INET, AF_INET6, AF_UNSPEC: which addresses it wants */
	struct addr address; /* valid from ping() until end() when PROBE_ADDRESS */
	uint32_t index;	     /* small and unique among living runs: goes into tags */
	int64_t timeout_ns;  /* after which the host calls a ping lost */
	char *detail; /* by probe_detail(); NULL: none. The host frees it with the run */
	void *state; /* the type's own, per run; NULL at first, freed by its end() */
	void *host_state; /* the host's own */
};

/* THE gate. Ping SEQ of RUN was answered RTT_NS after it was sent, by stamps of kind
 * STAMP. A second answer is counted as duplicate, one after the timeout as late. */
void probe_reply(
    struct probe_run *run, unsigned seq, int64_t rtt_ns, enum ping_stamp stamp);
/* Ping SEQ will not be answered, and why. An ICMP error keeps the ping open until its
 * timeout, since a genuine answer still wins (a forged error must not create loss);
 * FINAL outcomes (refused, bad answer, not sent) close it at once. */
void probe_lost(struct probe_run *run, unsigned seq, enum ping_outcome why, bool final);
/* Keep in words why RUN's pings fail now, where the outcome alone does not say it
 * ("the certificate has expired"): shown with the target. NULL: nothing to say any
 * more. At most 200 bytes are kept; bytes that do not print become '?'. */
void probe_detail(struct probe_run *run, const char *text);
/* Odd packets of RUN's round, counted by the host. */
void probe_forged(struct probe_run *run);
void probe_wrong_source(struct probe_run *run);
void probe_truncated(struct probe_run *run);
/* The receive buffer overflowed: every open round of this TYPE becomes suspect. */
void probe_overflow(const struct probe_type *type, unsigned packets);
/* The run with this index, or NULL: for types that find it in a packet. */
struct probe_run *probe_run_by_index(uint32_t index);

#endif
