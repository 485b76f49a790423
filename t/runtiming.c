/* When pings of runs leave: in trains and turns, late, after a stall or a step of the
 * clock, many at once, and at a distance. */
#include "t/runfake.h"

static struct run_spec
train_spec(unsigned count, int64_t phase)
{
	struct run_spec s = spec(60 * S, count, SAMPLER_TRAIN, phase);

	s.plan.gap = 20 * MS;
	plan_settle(&s.plan);
	s.train = (struct conf_train){ .gap_ms = 20, .codec = TRAIN_G711_PLC };
	return s;
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
	trains();
	turns();
	lateness();
	overrun();
	stalls();
	clocks();
	grains();
	many();
	lane();
	catching_up();
	free(got);
	clock_real();
	return tap_done();
}
