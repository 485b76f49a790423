/* Runs, rounds and the gate, with a probe type that does what it is told and a clock
 * that is turned by hand. */
#include "prober/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "link/msg.h"
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

static void
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

static void
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

static void
fake_flush(struct probe_host *host)
{
	(void)host;
	fake.flushed++;
}

static void
fake_end(struct probe_run *run)
{
	fake.ends++;
	for (unsigned i = 0; i < dues;)
		if (due[i].run == run)
			due[i] = due[--dues];
		else
			i++;
}

static void
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

static void
on_done(void *ctx, struct run *run, const struct round *r)
{
	(void)ctx;
	(void)run;
	if (gots < ROUNDS)
		got[gots++] = *r;
}

static enum run_address
on_address(void *ctx, struct run *run, struct addr *addr)
{
	(void)ctx;
	(void)run;
	if (have_address == RUN_ADDRESS_HERE)
		(void)addr_parse(addr, "192.0.2.1");
	return have_address;
}

static void
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

static struct run_spec
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
static void
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

static unsigned
pings_of(const struct round *r, enum ping_outcome outcome)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->count; i++)
		n += r->ping[i].outcome == outcome;
	return n;
}

/* --- tests ------------------------------------------------------------------------ */

static void
rounds_follow(void)
{
	bool right = true, full = true, timely = true;
	unsigned rounds = 0;

	for (int64_t phase = 0; phase < 10 * S; phase += 137 * MS) {
		open_all();
		struct run_spec s = spec(10 * S, 5, SAMPLER_SPREAD, phase);
		run_add(&s);
		pass(65 * S);
		for (unsigned i = 0; i < gots; i++) {
			int64_t row = got[i].row;

			right = right && row % 10 == 0 &&
				(i == 0 || row == got[i - 1].row + 10);
			full = full && pings_of(&got[i], PING_ANSWERED) == 5 &&
			       got[i].ping[0].rtt_ns == 20 * MS &&
			       got[i].state == ROUND_MEASURED;
			timely = timely && got[i].end_ns / S / 10 * 10 + 10 >= row &&
				 got[i].end_ns <= (row + 10) * S &&
				 got[i].begin_ns >= (row - 10) * S;
		}
		rounds += gots;
		runs_close();
	}
	ok(right, "rows follow each other by a step for every phase");
	ok(full, "all pings of them are answered");
	ok(timely, "a row is that of its round's end");
	ok(rounds >= 73 * 5, "no round is missing");
}

static struct run_spec
train_spec(unsigned count, int64_t phase)
{
	struct run_spec s = spec(60 * S, count, SAMPLER_TRAIN, phase);

	s.plan.gap = 20 * MS;
	plan_settle(&s.plan);
	s.train = (struct conf_train){ .gap_ms = 20, .codec = TRAIN_G711_PLC };
	return s;
}

static double
extra_of(const struct round *r, enum extra kind)
{
	for (unsigned i = 0; i < r->extras; i++)
		if (r->extra[i].kind == kind)
			return r->extra[i].value;
	return NAN;
}

/* A train keeps its distances, disturbs no other target, and is graded. */
static void
trains(void)
{
	open_all();
	struct run_spec s = train_spec(500, 3 * S + 400001);
	struct run_spec other = spec(10 * S, 5, SAMPLER_SPREAD, 0);
	bool whole = true;

	other.target = 8;
	run_add(&s);
	run_add(&other);
	pass(3 * S);
	fake.gap_least = INT64_MAX;
	pass(70 * S);
	unsigned graded = 0, others = 0;
	for (unsigned i = 0; i < gots; i++) {
		whole = whole && got[i].state == ROUND_MEASURED &&
			pings_of(&got[i], PING_ANSWERED) == got[i].count;
		if (got[i].target == 8) {
			others++;
			whole = whole && got[i].extras == 0;
			continue;
		}
		graded++;
		is_close(extra_of(&got[i], EXTRA_PDV99), 0, 1e-12, "no variation");
		is_close(extra_of(&got[i], EXTRA_LOSS_RUN), 0, 0, "no loss");
		/* 10 ms there, 20 of buffer, 25 of codec */
		is_close(extra_of(&got[i], EXTRA_R), 93.2 - 0.024 * 55, 1e-9, "R");
		is_close(extra_of(&got[i], EXTRA_MOS), 4.39, 0.01, "and MOS");
	}
	is_int(graded, 1, "a train is a round");
	is_int(others, 7, "beside which those of others go on");
	ok(whole, "of which nothing is lost or left out");
	is_int(fake.gap_least, 20 * MS, "its pings go out 20 ms apart at least");
	is_int(fake.gap_most, 20 * MS, "and at most");
	runs_close();

	open_all();
	s = train_spec(500, 30 * S);
	s.first_at = clock_mono_ns();
	run_add(&s);
	pass(13 * S);
	is_int(gots, 1, "the immediate round of a train is a train");
	is_close(extra_of(&got[0], EXTRA_MOS), 4.39, 0.01, "with a grade");
	runs_close();

	open_all();
	s = train_spec(100, 21 * S);
	run_add(&s);
	pass(13 * S);
	is_int(gots, 1, "a short train");
	is_close(extra_of(&got[0], EXTRA_RTP_JITTER), 0, 1e-12, "has figures");
	is_close(extra_of(&got[0], EXTRA_MOS), NAN, 0, "but is not graded");
	runs_close();
}

/* A ping that waits for its turn has its whole timeout from there on. */
static void
turns(void)
{
	open_all();
	struct run_spec s = spec(10 * S, 3, SAMPLER_BURST, 0);
	run_add(&s);
	fake.answer_after = -1;
	pass(0);
	struct probe_run *run = fake.run;
	pass(600 * MS);
	probe_sent(run, 0);
	pass(1500 * MS);
	probe_lost(run, 0, PING_REFUSED, true);
	probe_sent(run, 0);
	pass(2 * S + 200 * MS);
	probe_lost(run, 1, PING_REFUSED, true);
	probe_sent(run, 7);
	pass(9 * S);
	is_int(gots, 1, "a round in which pings wait for turns");
	is_int(got[0].ping[0].outcome, PING_REFUSED,
	    "a second after it was sent a ping is open");
	is_int(got[0].ping[1].outcome, PING_TIMEOUT, "others are not");
	runs_close();
}

static void
verdicts(void)
{
	open_all();
	struct run_spec s = spec(10 * S, 5, SAMPLER_BURST, 0);
	run_add(&s);
	fake.answer_after = -1;
	pass(0);
	ok(fake.pings == 1, "the first ping goes out where the round begins");
	struct probe_run *run = fake.run;
	ok(probe_run_by_index(run->index) == run, "a run is found by its index");
	ok(probe_run_by_index(run->index + 1) == NULL &&
		probe_run_by_index(UINT32_MAX) == NULL,
	    "and no other");
	probe_reply(run, 0, 5 * MS, STAMP_KERNEL);
	probe_reply(run, 0, 6 * MS, STAMP_KERNEL);
	probe_reply(run, 1, 6 * MS, STAMP_KERNEL); /* never sent */
	probe_reply(run, 99, 6 * MS, STAMP_KERNEL);
	pass(2500 * MS);
	probe_reply(run, 1, 1400 * MS, STAMP_KERNEL); /* timed out before */
	probe_lost(run, 2, PING_NO_ROUTE, false);
	pass(3 * S);
	probe_lost(run, 3, PING_PROHIBITED, false);
	pass(3100 * MS);
	probe_reply(run, 3, 90 * MS, STAMP_KERNEL_RX);
	probe_forged(run);
	probe_wrong_source(run);
	probe_truncated(run);
	pass(4100 * MS);
	probe_lost(run, 4, PING_PORT_UNREACHABLE, true);
	probe_reply(run, 4, 90 * MS, STAMP_KERNEL);
	pass(4200 * MS);
	is_int(gots, 1, "a round is told as soon as it is decided");
	const struct round *r = &got[0];
	is_int(r->ping[0].outcome, PING_ANSWERED, "answered");
	is_int(r->ping[0].rtt_ns, 5 * MS, "the first answer counts");
	is_int(r->ping[1].outcome, PING_LATE, "an answer behind its timeout is late");
	is_int(r->ping[1].rtt_ns, 1400 * MS, "and tells when it came");
	is_int(r->ping[2].outcome, PING_NO_ROUTE, "an ICMP error is the loss's reason");
	is_int(
	    r->ping[3].outcome, PING_ANSWERED, "a genuine answer wins over an error");
	is_int(r->ping[3].stamp, STAMP_KERNEL_RX, "with its kind of stamp");
	is_int(r->ping[4].outcome, PING_PORT_UNREACHABLE, "a final error is final");
	is_int(r->duplicates, 1, "duplicates are counted");
	is_int(r->late, 1, "late ones too");
	is_int(r->forged + r->wrong_source + r->truncated, 3, "and odd ones");
	is_int(r->row, BEGIN / S, "a burst's row is that of its own end");
	char text[ADDR_TEXT];
	is_str(addr_text(&r->address, text), "192.0.2.1", "it names its address");
	is_int(fake.ends, 1, "the type may forget it");
	probe_reply(run, 1, MS, STAMP_KERNEL);
	is_int(counters.duplicates, 1, "answers to a closed round change nothing");
	is_int((long long)counters.ping[PING_ANSWERED], 2, "outcomes are counted");
	is_int((long long)counters.rounds_measured, 1, "and rounds");
	runs_close();
	is_int(fake.ends, 1, "a run without open round has nothing to forget");
}

static void
refused_at_once(void)
{
	open_all();
	struct run_spec s = spec(10 * S, 3, SAMPLER_BURST, 0);
	run_add(&s);
	fake.refuse = true;
	pass(2100 * MS);
	is_int(gots, 1, "pings refused while being sent end their round");
	is_int(pings_of(&got[0], PING_REFUSED), 3, "each with its reason");
	runs_close();
}

static void
unknown(void)
{
	open_all();
	struct run_spec s = spec(10 * S, 5, SAMPLER_BURST, 0);
	run_add(&s);
	fake.answer_after = -1;
	pass(0);
	for (unsigned i = 0; i < 5; i++) {
		pass(i * S + GRAIN);
		if (i < 3)
			probe_lost(fake.run, i, PING_NOT_SENT, true);
		else
			probe_reply(fake.run, i, MS, STAMP_KERNEL);
	}
	pass(5 * S);
	is_int(gots, 1, "a round");
	is_int(got[0].state, ROUND_UNKNOWN, "of which most is unknown is unknown");
	is_int(got[0].cause, PING_NOT_SENT, "for the reason that most pings have");
	is_int((long long)counters.rounds_unknown, 1, "and counted so");
	runs_close();

	open_all();
	struct run_spec c = spec(10 * S, 5, SAMPLER_SPREAD, 3 * S);
	c.cannot = "no such module";
	run_add(&c);
	pass(33 * S + GRAIN);
	is_int(gots, 3, "what cannot be measured has a round each step");
	is_int(got[1].state, ROUND_UNKNOWN, "unknown");
	is_int(pings_of(&got[1], PING_CANNOT), 5, "since it cannot be measured");
	is_int(got[2].row - got[1].row, 10, "row by row");
	is_int(fake.pings, 0, "and nothing is sent");
	runs_close();
}

static void
names(void)
{
	open_all();
	struct run_spec s = spec(60 * S, 5, SAMPLER_SPREAD, 10 * S);
	s.first_at = clock_mono_ns() + 100 * MS;
	struct run *run = run_add(&s);
	have_address = RUN_ADDRESS_LATER;
	pass(5 * S);
	is_int(fake.pings, 0, "nothing is sent before the name resolves");
	have_address = RUN_ADDRESS_HERE;
	run_wake(run);
	pass(5 * S + 50 * MS);
	is_int(fake.pings, 1, "then the short round begins at once");
	pass(8 * S + 100 * MS);
	is_int(gots, 1, "and ends soon");
	is_int(got[0].row, BEGIN / S / 60 * 60, "its row is that of its end");
	is_int(pings_of(&got[0], PING_ANSWERED), 5, "all pings of it");
	pass(200 * S);
	ok(gots >= 3 && got[1].row % 60 == 0 && got[2].row == got[1].row + 60,
	    "the grid follows");
	is_int((long long)counters.rounds_skipped, 0, "nothing is skipped");
	runs_close();

	open_all();
	struct run_spec n = spec(60 * S, 5, SAMPLER_SPREAD, 0);
	n.first_at = clock_mono_ns();
	run = run_add(&n);
	have_address = RUN_ADDRESS_NONE;
	pass(110 * S);
	is_int(gots, 1, "a name that does not resolve has its rounds");
	is_int(got[0].cause, PING_NO_NAME, "which say so");
	have_address = RUN_ADDRESS_HERE;
	run_wake(run);
	pass(114 * S);
	is_int(gots, 2, "when it resolves nobody waits for the next step");
	is_int(got[1].state, ROUND_MEASURED, "a short round is measured");
	pass(240 * S);
	for (unsigned i = 1; i < gots; i++)
		if (got[i].row <= got[i - 1].row)
			ok(false, "row %u goes back", i);
	runs_close();
}

/* A burst of which a ping leaves 150 ms late, which is no stall yet. */
static void
lateness(void)
{
	open_all();
	struct run_spec s = spec(10 * S, 5, SAMPLER_BURST, 0);
	run_add(&s);
	pass(3500 * MS);
	fake.answer_after = -1;
	clock_fake_advance(650 * MS);
	runs_tick();
	pass(10 * S);
	is_int(gots, 1, "a ping that leaves a little late");
	is_int(got[0].ping[4].outcome, PING_TIMEOUT, "has its whole timeout");
	is_int(pings_of(&got[0], PING_ANSWERED), 4, "the others are as they were");
	is_int(got[0].row, BEGIN / S, "its row is where it was");
	runs_close();

	/* But never into the next round. */
	open_all();
	s = spec(5 * S, 5, SAMPLER_BURST, 0);
	s.plan.timeout = 950 * MS;
	plan_settle(&s.plan);
	run_add(&s);
	pass(3500 * MS);
	fake.answer_after = -1;
	clock_fake_advance(690 * MS);
	runs_tick();
	pass(7 * S);
	is_int(got[0].ping[4].outcome, PING_STALLED,
	    "one that would reach into the next round is unknown");
	ok(fake.pings >= 6, "which begins as it should");
	runs_close();
}

static void
overrun(void)
{
	open_all();
	struct run_spec s = spec(10 * S, 15, SAMPLER_BURST, 0);
	run_add(&s);
	pass(82 * S);
	bool follow = true;
	unsigned measured = 0;
	for (unsigned i = 0; i < gots; i++) {
		follow = follow && (i == 0 || got[i].row == got[i - 1].row + 10);
		measured += got[i].state == ROUND_MEASURED;
		if (got[i].state == ROUND_UNKNOWN)
			follow = follow && got[i].cause == PING_NOT_SENT;
	}
	ok(follow, "a burst longer than its step: rows follow, what is left out is U");
	is_int(measured, 4, "every second one is measured");
	is_int((long long)counters.rounds_skipped, gots - measured, "and counted");
	runs_close();
}

static void
stalls(void)
{
	/* Answered while we did not run: the answers wait in the socket. */
	open_all();
	struct run_spec s = spec(10 * S, 5, SAMPLER_BURST, 0);
	run_add(&s);
	pass(100 * MS);
	clock_fake_advance(1500 * MS);
	runs_tick();
	pass(10 * S);
	is_int(gots, 1, "a stall in a round");
	is_int(got[0].ping[0].outcome, PING_ANSWERED, "the one before it is answered");
	is_int(got[0].ping[1].outcome, PING_STALLED, "the one not sent is unknown");
	is_int(pings_of(&got[0], PING_ANSWERED), 4, "the others are answered");
	runs_close();

	/* Nothing came, and the timeout passed while we did not look. */
	open_all();
	s = spec(10 * S, 5, SAMPLER_BURST, 0);
	run_add(&s);
	fake.answer_after = -1;
	pass(100 * MS);
	clock_fake_advance(1500 * MS);
	runs_tick();
	pass(10 * S);
	is_int(got[0].ping[0].outcome, PING_STALLED, "no answer in a stall is unknown");
	is_int(
	    got[0].ping[1].outcome, PING_STALLED, "so is what should have been sent");
	is_int(pings_of(&got[0], PING_TIMEOUT), 3, "behind it loss is loss");
	runs_close();

	/* A time taken by this program, read behind a stall, is no time. */
	open_all();
	s = spec(10 * S, 3, SAMPLER_BURST, 0);
	run_add(&s);
	fake.answer_after = -1;
	pass(10 * MS);
	clock_fake_advance(400 * MS);
	probe_reply(fake.run, 0, 410 * MS, STAMP_USER);
	pass(5 * S);
	is_int(got[0].ping[0].outcome, PING_STALLED, "a user stamp behind a stall");
	runs_close();

	/* The machine itself may have stood still while the answer came. */
	open_all();
	s = spec(10 * S, 3, SAMPLER_BURST, 0);
	run_add(&s);
	fake.answer_after = 500 * MS;
	pass(10 * MS);
	clock_fake_advance(490 * MS);
	runs_tick();
	pass(5 * S);
	is_int(got[0].ping[0].outcome, PING_STALLED, "an answer just at a stall's end");
	is_int(pings_of(&got[0], PING_ANSWERED), 2, "the others have their time");
	runs_close();

	/* Whole rounds slept through. */
	open_all();
	s = spec(10 * S, 5, SAMPLER_SPREAD, 3 * S);
	run_add(&s);
	pass(15 * S);
	clock_fake_advance(45 * S);
	runs_tick();
	pass(100 * S);
	bool follow = gots >= 8;
	for (unsigned i = 1; i < gots; i++)
		follow = follow && got[i].row == got[i - 1].row + 10;
	ok(follow, "rounds missed in a stall are told, row by row");
	for (unsigned i = 0; i < gots; i++)
		if (pings_of(&got[i], PING_TIMEOUT) != 0)
			ok(false, "round %u has loss", i);
	ok(counters.rounds_unknown >= 3 && counters.rounds_unknown <= 5,
	    "as unknown, never as loss");
	runs_close();
}

static void
clocks(void)
{
	/* The wall clock is set on by an hour in a round. */
	open_all();
	struct run_spec s = spec(10 * S, 5, SAMPLER_SPREAD, 0);
	run_add(&s);
	fake.answer_after = 500 * MS;
	while (counters.rounds_scheduled == 0 || fake.pings < 7)
		pass(clock_mono_ns() - 1000 * S + 10 * MS);
	int64_t mono = clock_mono_ns();
	unsigned before = gots;
	clock_fake(mono, BEGIN + (mono - 1000 * S) + 3600 * S, mono);
	pass(mono - 1000 * S + 60 * S);
	ok(gots > before, "the clock is set on by an hour");
	is_int(
	    pings_of(&got[before], PING_STALLED), 1, "the ping on its way is unknown");
	is_int(pings_of(&got[before], PING_ANSWERED), 4, "the others are not");
	ok(got[before + 1].row - got[before].row >= 3600,
	    "the grid is where it is now");
	is_int(got[before + 2].row - got[before + 1].row, 10, "and goes on");
	is_int(
	    (long long)counters.rounds_skipped, 0, "no round of that hour is missed");

	/* And back by a day. */
	mono = clock_mono_ns();
	before = gots;
	clock_fake(mono, BEGIN - 86400 * S, mono);
	pass(mono - 1000 * S + 60 * S);
	ok(gots >= before + 4, "the clock is set back by a day: rounds go on");
	ok(got[gots - 1].row < BEGIN / S, "in its time");
	is_int((long long)counters.ping[PING_TIMEOUT], 0, "nothing of it is loss");
	runs_close();

	/* Asleep for eight hours in a round. */
	open_all();
	s = spec(10 * S, 5, SAMPLER_SPREAD, 0);
	run_add(&s);
	pass(13 * S);
	before = gots;
	mono = clock_mono_ns();
	clock_fake(mono, BEGIN + (mono - 1000 * S) + 28800 * S, mono + 28800 * S);
	pass(mono - 1000 * S + S);
	is_int(gots, before + 1, "after a sleep the round is over");
	is_int(got[before].state, ROUND_UNKNOWN, "and unknown");
	is_int(got[before].cause, PING_STALLED, "since this host was asleep");
	pass(mono - 1000 * S + 25 * S);
	ok(gots > before + 1 && got[before + 1].state == ROUND_MEASURED &&
		got[before + 1].row - got[before].row >= 28790,
	    "the next one is a full one, on the grid");
	runs_close();
}

static void
overflows(void)
{
	open_all();
	struct run_spec s = spec(10 * S, 5, SAMPLER_BURST, 0);
	run_add(&s);
	s = spec(10 * S, 5, SAMPLER_BURST, 0);
	s.target++;
	run_add(&s);
	fake.answer_after = -1;
	pass(2500 * MS);
	static int64_t overflowed;
	overflowed = clock_mono_ns();
	probe_run_by_index(0)->overflow = &overflowed;
	pass(10 * S);
	ok(got[0].suspect, "a receive buffer that overflowed makes a round suspect");
	ok(!got[1].suspect && pings_of(&got[1], PING_TIMEOUT) == 5,
	    "not that of a run whose answers come by another one");
	is_int(got[0].ping[2].outcome, PING_STALLED,
	    "what may have been among the lost packets is unknown");
	is_int(pings_of(&got[0], PING_TIMEOUT), 4, "the rest is loss");
	runs_close();
}

/* The value of KIND in R; NAN when it has none. */
static void
beyond_times(void)
{
	open_all();
	struct run_spec s = spec(10 * S, 3, SAMPLER_BURST, 0);
	run_add(&s);
	fake.answer_after = -1;
	pass(2 * S + 100 * MS);
	struct probe_run *run = fake.run;
	static const uint8_t ttls[] = { 57, 57, 58, 57 };
	for (unsigned i = 0; i < sizeof ttls; i++)
		probe_ttl(run, ttls[i]);
	probe_extra(run, EXTRA_CONNECT, 0.25);
	probe_extra(run, EXTRA_CONNECT, 0.75);
	probe_extra(run, EXTRA_STATUS, 404);
	probe_extra(run, EXTRA_STATUS, 200);
	probe_extra(run, EXTRA_CERT_DAYS, 9);
	probe_extra(run, EXTRA_CERT_DAYS, 7);
	probe_extra(run, EXTRA_CERT_DAYS, 8);
	probe_extra(run, EXTRA_TLS, NAN);
	probe_reply(run, 2, 5 * MS, STAMP_KERNEL);
	probe_reply(run, 1, 900 * MS, STAMP_KERNEL);
	pass(3 * S);
	is_int(gots, 1, "a round with more than times");
	const struct round *r = &got[0];
	is_int(r->ttl, 57, "the last TTL");
	is_int(r->ttl_changes, 2, "and how often it changed");
	is_int(
	    r->reordered, 1, "an answer behind that to a later ping is out of order");
	is_close(extra_of(r, EXTRA_CONNECT), 0.5, 1e-12, "some figures are means");
	is_close(extra_of(r, EXTRA_STATUS), 200, 0, "others the last");
	is_close(extra_of(r, EXTRA_CERT_DAYS), 7, 0, "or the least");
	is_int(r->extras, 3, "what is no number is left out");
	probe_extra(run, EXTRA_CONNECT, 1);
	fake.answer_after = 20 * MS;
	pass(14 * S);
	is_int(got[1].extras + got[1].reordered + got[1].ttl_changes, 0,
	    "a round begins without any");
	is_int(got[1].ttl, 57, "but with the last TTL");
	is_int((long long)counters.ttl_changes, 2, "changes are counted for all");
	runs_close();
}

static void
holds(void)
{
	open_all();
	struct run_spec s = spec(10 * S, 5, SAMPLER_BURST, 20 * MS);
	run_add(&s);
	pass(S);
	ok(fake.pings > 0, "a round begins soon after its run was added");
	runs_close();
	open_all();
	runs_hold(clock_mono_ns() + 100 * MS);
	s = spec(10 * S, 5, SAMPLER_BURST, 20 * MS);
	run_add(&s);
	pass(10 * S);
	is_int(fake.pings, 0, "but not before it may");
	pass(11 * S);
	ok(fake.pings > 0 && fake.at % S / MS >= 20, "then the next one does");
	runs_close();
}

static void
blaze_and_removal(void)
{
	open_all();
	struct run_spec s = spec(10 * S, 4, SAMPLER_BURST, 0);
	s.blaze = 1;
	struct run *run = run_add(&s);
	pass(0);
	fake.answer_after = -1;
	pass(S + GRAIN);
	fake.answer_after = 20 * MS;
	pass(5 * S);
	is_int(got[0].count, 3, "blazemode sends one more and forgets the first");
	is_int(got[0].ping[0].outcome, PING_TIMEOUT, "the second is the first");
	pass(10100 * MS);
	run_remove(run);
	is_int(fake.ends, 2, "a run that goes away is forgotten in its round");
	pass(30 * S);
	is_int(gots, 1, "and says nothing more");
	is_int((long long)runs_count(), 0, "none is left");
	runs_close();
}

/* Turns are coarse, but not for pings that follow each other closely. */
static void
grains(void)
{
	open_all();
	for (unsigned i = 0; i < 8; i++) {
		struct run_spec slow = spec(10 * S, 5, SAMPLER_SPREAD, i * 300 * MS);
		run_add(&slow);
	}
	fake.answer_after = -1;
	pass(3 * S);
	unsigned received = fake.received;
	pass(13 * S);
	ok(fake.received - received <= 10 * S / GRAIN + 20,
	    "at 4 pings/s one turn serves 32 ms");
	ok(fake.pings >= 40 && fake.at % GRAIN == 0, "in which pings are sent");
	runs_close();

	open_all();
	struct run_spec dense = spec(10 * S, 50, SAMPLER_BURST, 3 * S);
	dense.plan.gap = 20 * MS;
	plan_settle(&dense.plan);
	run_add(&dense);
	fake.answer_after = -1;
	pass(3 * S + 49 * 20 * MS + 2 * MS);
	is_int(fake.pings, 50, "a train of fifty");
	is_close((double)(fake.at - fake.before), 20.0 * MS, 2.0 * MS,
	    "keeps its gap of 20 ms");
	runs_close();
}

static void
many(void)
{
	enum {
		N = 3000
	};
	static struct run *run[N];

	open_all();
	for (unsigned i = 0; i < N; i++) {
		struct run_spec s =
		    spec(10 * S, 3, SAMPLER_SPREAD, plan_phase(i, 10 * S));
		s.target = i;
		run[i] = run_add(&s);
	}
	fake.answer_after = -1;
	for (unsigned i = 0; i < N; i += 2)
		run_remove(run[i]);
	unsigned received = fake.received;
	pass(10 * S);
	ok(fake.received - received <= 650, "at 450 pings/s one turn serves 16 ms");
	pass(25 * S);
	ok(gots >= N / 2 && gots <= N, "many runs, each its round each step");
	runs_close();
}

/* When pings of several runs are sent, in order. */
static struct {
	int64_t at;
	const struct probe_run *run;
} sent[400];
static unsigned sents;

static void
noting_ping(struct probe_run *run, unsigned seq)
{
	(void)seq;
	if (sents < 400) {
		sent[sents].at = clock_mono_ns();
		sent[sents++].run = run;
	}
	probe_reply(run, seq, MS, STAMP_KERNEL);
}

static const struct probe_type noting_type = { .name = "noting",
	.needs = PROBE_ADDRESS,
	.free_opts = fake_free_opts,
	.ping = noting_ping };

static int64_t
least_distance(void)
{
	int64_t least = INT64_MAX;

	for (unsigned i = 1; i < sents; i++)
		if (sent[i].at - sent[i - 1].at < least)
			least = sent[i].at - sent[i - 1].at;
	return least;
}

/* Targets of one probe whose packets keep a distance, as with fping's -i. */
static void
lane(void)
{
	open_all();
	sents = 0;
	for (unsigned i = 0; i < 10; i++) {
		struct run_spec s = spec(10 * S, 4, SAMPLER_BURST, 0);
		s.target = i;
		s.type = &noting_type;
		s.lane = "FPing";
		s.lane_gap = 20 * MS;
		run_add(&s);
	}
	pass(9 * S);
	is_int(sents, 40, "ten targets in one lane have all their pings");
	ok(least_distance() >= 20 * MS, "20 ms apart at least");
	is_int(gots, 10, "each its round");
	bool all = true;
	for (unsigned i = 0; i < gots; i++)
		all = all && pings_of(&got[i], PING_ANSWERED) == 4;
	ok(all, "with nothing unknown");
	runs_close();

	/* More than the lane holds: 40 pings, 400 ms apart, in 10 s. */
	open_all();
	sents = 0;
	for (unsigned i = 0; i < 10; i++) {
		struct run_spec s = spec(10 * S, 4, SAMPLER_BURST, 0);
		s.target = i;
		s.type = &noting_type;
		s.lane = "FPing";
		s.lane_gap = 400 * MS;
		run_add(&s);
	}
	pass(31 * S);
	ok(least_distance() >= 400 * MS, "a lane that is full is still kept to");
	unsigned lost = 0, not_sent = 0;
	for (unsigned i = 0; i < gots; i++) {
		not_sent += pings_of(&got[i], PING_NOT_SENT);
		lost +=
		    pings_of(&got[i], PING_TIMEOUT) + pings_of(&got[i], PING_STALLED);
	}
	ok(not_sent > 0 && lost == 0, "who has no place in it is not sent, nor lost");
	runs_close();
}

/* What was late by less than a stall does not leave in one burst, and pings for one
 * network leave in turns of their own. */
static void
catching_up(void)
{
	enum {
		N = 300
	};
	open_all();
	for (unsigned i = 0; i < N; i++) {
		struct run_spec s = spec(10 * S, 1, SAMPLER_BURST, 5 * S + i * MS / 2);
		s.target = i;
		s.type = &noting_type;
		run_add(&s);
	}
	pass(4900 * MS);
	sents = 0;
	clock_fake_advance(240 * MS);
	pass(5800 * MS);
	is_int(sents, N, "pings that were late all leave");
	unsigned most = 0;
	for (unsigned i = 0, n = 0; i < sents; i++) {
		n = i > 0 && sent[i].at == sent[i - 1].at ? n + 1 : 1;
		if (n > most)
			most = n;
	}
	ok(most <= 64, "%u at once at most", most);
	runs_close();

	open_all();
	sents = 0;
	for (unsigned i = 0; i < 3; i++) {
		struct run_spec s = spec(10 * S, 1, SAMPLER_BURST, 5 * S);
		s.target = i;
		s.type = &noting_type;
		run_add(&s);
	}
	pass(6 * S);
	is_int(sents, 3, "three for one network");
	ok(sent[1].at > sent[0].at && sent[2].at > sent[1].at &&
		sent[2].at - sent[0].at <= 200 * MS,
	    "leave one by one");
	runs_close();
}

int
main(void)
{
	got = mem_zero(ROUNDS, sizeof *got);
	rounds_follow();
	trains();
	turns();
	verdicts();
	refused_at_once();
	unknown();
	names();
	lateness();
	overrun();
	stalls();
	clocks();
	overflows();
	beyond_times();
	holds();
	blaze_and_removal();
	grains();
	many();
	lane();
	catching_up();
	free(got);
	clock_real();
	return tap_done();
}
