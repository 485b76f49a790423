/* The contract between the prober (host) and the kinds of measurement: a const record
 * per kind, and one gate through which every answer comes back. A type knows one
 * protocol; the host owns every run, resolves names, spreads, times out, counts. */
#ifndef PROBER_PROBE_H
#define PROBER_PROBE_H

#include <stdint.h>

#include "config/conf.h"
#include "round.h"

struct event_base;
struct plan;
struct probe_run;

/* What the host offers to types, and what it was given by the parent. */
struct probe_host {
	struct event_base *base;
	const uint8_t *key;   /* 16 random bytes of this start, for tags */
	uint8_t icmp_rung[2]; /* v4, v6: enum icmp_rung; NONE: no sockets */
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
	/* Which name is to be resolved into run->address, where that is not the
	 * target's host (a DNS server, the host of a URL), and for which family, where
	 * that is not AF_UNSPEC: sets *HOST (borrowed from OPTS) and *FAMILY, which
	 * come with the host's own choice, or leaves them. May be NULL. run->name stays
	 * the target's host. */
	void (*wants)(const struct probe_opts *opts, const char **host, int *family);
	/* When the pings go out, where the type knows better: change PLAN, which is
	 * what the configuration says and not settled yet. May be NULL. */
	void (*plan)(const struct probe_opts *opts, struct plan *plan);
	/* Take over a socket that the parent opened, before open() or later, even while
	 * pings are open. NULL: it needs none. 0, or -1 with ERR (FD is closed). */
	int (*socket)(int fd, struct err *err);
	/* Once per process, before the lock: open what is shared. 0, or -1 with ERR. */
	int (*open)(struct probe_host *host, struct err *err);
	/* Send ping SEQ (from 0) of RUN now; must not block. Answers later, or at once,
	 * through probe_reply() or probe_lost(). */
	void (*ping)(struct probe_run *run, unsigned seq);
	/* Ping SEQ of RUN is sent in a moment, or answered: fetch what that touches
	 * into the cache. Nothing else, and it may come to nothing. May be NULL. */
	void (*soon)(const struct probe_run *run, unsigned seq);
	/* Put on the wire what ping() has batched: called once after each tick's pings.
	 * May be NULL. */
	void (*flush)(struct probe_host *host);
	/* Take in what has come: called on every tick while pings are open, and before
	 * any of them expires, so that a type with kernel stamps needs no wake-up per
	 * packet. NULL: the type listens by itself (read events on host->base). */
	void (*receive)(struct probe_host *host);
	/* Nothing came for ping SEQ in time: is there a better reason than
	 * PING_TIMEOUT? NULL: there is none. */
	enum ping_outcome (*silence)(const struct probe_run *run, unsigned seq);
	/* RUN's pings of a round are decided, and no more is taken of it: tell by
	 * probe_extra() what only all of them together show. May be NULL. */
	void (*figures)(struct probe_run *run);
	/* RUN's round is over (or RUN goes away): forget whatever is in flight for it.
	 */
	void (*end)(struct probe_run *run);
	void (*close)(struct probe_host *host);
};

extern const struct probe_type probe_icmp, probe_dns, probe_tcp, probe_http, probe_dot,
    probe_doh, probe_dialog, probe_stamp, probe_directory;
extern const struct probe_type probe_telnet, probe_ftp;
extern const struct probe_type probe_trace;
extern const struct probe_type probe_command, probe_snmp; /* of the runner */

/* Which of SmokePing's modules ("FPing6") this process measures, and how. Each of the
 * measuring processes has a table of its own, which ends with a row of NULLs, and links
 * only what stands there. */
struct probe_row {
	const char *module;
	const struct probe_type *type;
};
extern const struct probe_row probe_rows[];

/* One target being measured: what a type may read. Owned by the host. */
struct probe_run {
	const struct probe_type *type;
	struct probe_host *host;
	struct probe_opts *opts;
	uint64_t target;
	const char *name; /* the host as written: SNI, Host header, default DNS name */
	int family;	  /* AF_INET, AF_INET6, AF_UNSPEC: which addresses it wants */
	struct addr address; /* valid from ping() until end() when PROBE_ADDRESS */
	int64_t lookup_ns;  /* how long it took to find that out; 0: nobody was asked */
	uint32_t index;	    /* small and unique among living runs: goes into tags */
	int64_t timeout_ns; /* after which the host calls a ping lost */
	char
	    *detail; /* by probe_detail(); NULL: none. The host frees it with the run */
	void *state; /* the type's own, per run; NULL at first, freed by its end() */
	/* The type's own: where it stands when (monotonic) the receive buffer for this
	 * run's answers last overflowed. Open rounds are suspect then, and what they
	 * miss is not lost. NULL: it has none of its own. */
	const int64_t *overflow;
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
/* Ping SEQ goes out only now: its timeout begins anew. For types that let pings wait
 * for a turn; the host thinks that a ping is sent when it says so. */
void probe_sent(struct probe_run *run, unsigned seq);
/* Keep in words why RUN's pings fail now, where the outcome alone does not say it
 * ("the certificate has expired"): shown with the target. NULL: nothing to say any
 * more. At most 200 bytes are kept; bytes that do not print become '?'. */
void probe_detail(struct probe_run *run, const char *text);
/* Odd packets of RUN's round, counted by the host. */
void probe_forged(struct probe_run *run);
void probe_wrong_source(struct probe_run *run);
void probe_truncated(struct probe_run *run);
/* TTL or hop limit of an answer to RUN, 1..255: the host counts its changes. */
void probe_ttl(struct probe_run *run, uint8_t ttl);
/* A sample of a figure of RUN's round beyond its pings' times, in the unit of its kind:
 * finite, or it is left out. Outside of a round, and beyond ROUND_MAX_EXTRAS kinds, it
 * is left out too. */
void probe_extra(struct probe_run *run, enum extra extra, double value);
/* An answer to ping SEQ of the run with this index is handled in a moment, if there is
 * one: have what that touches fetched into the cache. DEPTH 0, 1, then 2: one leads to
 * the next, so that those of many answers are fetched together. */
void probe_fetch(uint32_t index, unsigned seq, unsigned depth);
/* The run with this index, or NULL: for types that find it in a packet. */
struct probe_run *probe_run_by_index(uint32_t index);
/* One more than the largest index that a run has. */
uint32_t probe_run_end(void);

#endif
