/* Rounds and the gate: what becomes of pings, and of rounds that cannot be measured. */
#include "t/runfake.h"

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

int
main(void)
{
	got = mem_zero(ROUNDS, sizeof *got);
	rounds_follow();
	verdicts();
	refused_at_once();
	unknown();
	names();
	overflows();
	beyond_times();
	holds();
	blaze_and_removal();
	free(got);
	clock_real();
	return tap_done();
}
