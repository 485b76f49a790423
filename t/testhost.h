/* A host of one's own for a kind of measurement: it offers what the prober offers, runs
 * pings on a real event loop and writes down what comes back through the gate. The
 * configuration is a list of words. */
#ifndef TESTHOST_H
#define TESTHOST_H

#include <event2/event.h>

#include "prober/probe.h"

#define TESTHOST_PINGS 64

struct test_ping {
	unsigned replies, losses, sent; /* how often the gate was called */
	int64_t rtt_ns;			/* of the first reply */
	enum ping_stamp stamp;
	enum ping_outcome outcome; /* the first final word; PING_OPEN: none yet */
	enum ping_outcome hint;	   /* of one that was not final; 0: none */
};

struct test_run {
	struct probe_run run;
	struct conf_target target;
	struct conf_probe probe;
	struct conf_section section; /* its variables are those that begin with ":" */
	const char *const *vars;
	struct test_ping ping[TESTHOST_PINGS];
	unsigned forged, wrong_source, truncated;
	unsigned extras[EXTRAS]; /* how often each was told */
	double extra[EXTRAS];	 /* its last value */
};

extern struct event_base *testhost_base;

/* Into a network namespace of this process' own with loopback up; false when that is
 * not permitted. IPv4 and IPv6 loopback work; nothing else has a route. */
bool testhost_netns(void);

/* Start the loop and TYPE. */
void testhost_open(const struct probe_type *type);
void testhost_close(void);

/* A run of MODULE against HOST with VARS (KEY, VALUE, ..., NULL). Pings go to ADDRESS
 * (a literal; NULL: HOST is one). NULL with ERR when the options are refused. */
struct test_run *testhost_run(const char *module, const char *host, const char *address,
    const char *const *vars, struct err *err);
void testhost_end(struct test_run *r);

/* Send ping SEQ and run the loop until it is decided or MS have passed. */
struct test_ping *testhost_ping(struct test_run *r, unsigned seq, unsigned ms);
/* One ping of a run of MODULE with VARS against NAME, which is 127.0.0.1, by a timeout
 * of a second. What the run has to say goes to DETAIL, of SIZE bytes, and how it ended
 * to KEPT (NULL: nowhere). Options that are refused are PING_CANNOT, with the reason in
 * DETAIL. */
struct test_ping testhost_once(const char *module, const char *name,
    const char *const *vars, char *detail, size_t size, struct test_run *kept);
/* Run the loop for MS, or until *FLAG is not 0 (if FLAG is not NULL). */
void testhost_loop(unsigned ms, const unsigned *flag);

#endif
