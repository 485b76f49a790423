/* Runs with a probe type that does what it is told, and a clock that is turned by hand.
 */
#ifndef T_RUNFAKE_H
#define T_RUNFAKE_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "link/msg.h"
#include "prober/run.h"
#include "t/tap.h"

#define S CLOCK_NS_PER_S
#define MS CLOCK_NS_PER_MS
#define BEGIN (1700000000 * S)
#define ROUNDS 4000
#define GRAIN (32 * MS) /* what is due happens so much later at most */

struct probe_opts {
	int unused;
};

/* --- a kind of measurement -------------------------------------------------------- */

static struct {
	unsigned pings, ends, received, flushed;
	struct probe_run *run; /* of the last ping */
	unsigned seq;
	int64_t at, before;		   /* of the last, of the one before it */
	int64_t answer_after;		   /* -1: never */
	int64_t last, gap_least, gap_most; /* of pings of target 7 */
	bool refuse;			   /* final loss while being sent */
} fake;

static struct {
	int64_t at, rtt, sent;
	struct probe_run *run;
	unsigned seq;
	enum ping_stamp stamp;
} due[64];
static unsigned dues;

static inline void
fake_ping(struct probe_run *run, unsigned seq)
{
	fake.pings++;
	fake.run = run;
	fake.seq = seq;
	fake.before = fake.at;
	fake.at = clock_mono_ns();
	if (run->target == 7 && seq > 0) {
		int64_t gap = fake.at - fake.last;

		fake.gap_least = gap < fake.gap_least ? gap : fake.gap_least;
		fake.gap_most = gap > fake.gap_most ? gap : fake.gap_most;
	}
	if (run->target == 7)
		fake.last = fake.at;
	if (fake.refuse)
		probe_lost(run, seq, PING_REFUSED, true);
	else if (fake.answer_after >= 0 && dues < 64) {
		due[dues].at = fake.at + fake.answer_after;
		due[dues].rtt = fake.answer_after;
		due[dues].run = run;
		due[dues].stamp = STAMP_KERNEL;
		due[dues++].seq = seq;
	}
}

static inline void
fake_receive(struct probe_host *host)
{
	(void)host;
	fake.received++;
	for (unsigned i = 0; i < dues;) {
		if (due[i].at > clock_mono_ns()) {
			i++;
			continue;
		}
		probe_reply(due[i].run, due[i].seq, due[i].rtt, due[i].stamp);
		due[i] = due[--dues];
	}
}

static inline void
fake_flush(struct probe_host *host)
{
	(void)host;
	fake.flushed++;
}

static inline void
fake_end(struct probe_run *run)
{
	fake.ends++;
	for (unsigned i = 0; i < dues;)
		if (due[i].run == run)
			due[i] = due[--dues];
		else
			i++;
}

static inline void
fake_free_opts(struct probe_opts *opts)
{
	free(opts);
}

static const struct probe_type fake_type = { .name = "fake",
	.needs = PROBE_ADDRESS,
	.free_opts = fake_free_opts,
	.ping = fake_ping,
	.receive = fake_receive,
	.flush = fake_flush,
	.end = fake_end };

/* --- the host's other side -------------------------------------------------------- */

static struct round *got; /* the last ROUNDS */
static unsigned gots;
static enum run_address have_address;
static struct msg_counters counters;
static struct probe_host host = { .counters = &counters };

static inline void
on_done(void *ctx, struct run *run, const struct round *r)
{
	(void)ctx;
	(void)run;
	if (gots < ROUNDS)
		got[gots++] = *r;
}

static inline enum run_address
on_address(void *ctx, struct run *run, struct addr *addr)
{
	(void)ctx;
	(void)run;
	if (have_address == RUN_ADDRESS_HERE)
		(void)addr_parse(addr, "192.0.2.1");
	return have_address;
}

static inline void
open_all(void)
{
	static const struct run_ops ops = { .done = on_done, .address = on_address };

	memset(&fake, 0, sizeof fake);
	memset(&counters, 0, sizeof counters);
	dues = gots = 0;
	have_address = RUN_ADDRESS_HERE;
	fake.answer_after = 20 * MS;
	clock_fake(1000 * S, BEGIN, 1000 * S);
	runs_open(&host, &ops);
}

static inline struct run_spec
spec(int64_t step, unsigned count, enum sampler sampler, int64_t phase)
{
	struct run_spec s = { .target = 7,
		.path = "A.B",
		.name = "host",
		.type = &fake_type,
		.opts = mem_zero(1, sizeof(struct probe_opts)) };

	s.plan = (struct plan){ .step = step,
		.phase = phase,
		.timeout = S,
		.gap = S,
		.count = count,
		.sampler = (uint8_t)sampler };
	plan_settle(&s.plan);
	return s;
}

/* Let the time pass to NS behind the begin, turn by turn as they are wanted. */
static inline void
pass(int64_t ns)
{
	int64_t end = 1000 * S + ns;

	for (;;) {
		int64_t next = runs_next();

		if (next > end)
			break;
		if (next > clock_mono_ns())
			clock_fake_advance(next - clock_mono_ns());
		runs_tick();
	}
	if (end > clock_mono_ns())
		clock_fake_advance(end - clock_mono_ns());
}

static inline unsigned
pings_of(const struct round *r, enum ping_outcome outcome)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->count; i++)
		n += r->ping[i].outcome == outcome;
	return n;
}

static inline double
extra_of(const struct round *r, enum extra kind)
{
	for (unsigned i = 0; i < r->extras; i++)
		if (r->extra[i].kind == kind)
			return r->extra[i].value;
	return NAN;
}

#endif
