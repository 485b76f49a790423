/* The grid of rounds, the samplers, the watch: arithmetic for every phase. */
#include "prober/schedule.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "t/tap.h"

#define S CLOCK_NS_PER_S
#define MS CLOCK_NS_PER_MS

static struct plan
make(int64_t step, unsigned count, enum sampler sampler, int64_t timeout, int64_t gap)
{
	struct plan p = { .step = step,
		.count = count,
		.sampler = (uint8_t)sampler,
		.timeout = timeout,
		.gap = gap };

	plan_settle(&p);
	return p;
}

/* Rows follow each other by one step, are on the grid, and are those of the round's
 * nominal end, whatever the phase. */
static bool
rows_are_right(struct plan p)
{
	int64_t at = 1700000000 * S + 123456789;
	int64_t step_s = p.step / S;
	int64_t slot = plan_slot(&p, at);
	int64_t before = plan_row(&p, slot - 1);

	if (plan_start(&p, slot) > at || plan_start(&p, slot + 1) <= at)
		return false;
	for (int64_t k = slot; k < slot + 5; k++) {
		int64_t row = plan_row(&p, k);
		int64_t end = plan_start(&p, k) + p.length;

		if (row - before != step_s || row % step_s != 0)
			return false;
		if (row * S > end || end - row * S >= p.step)
			return false;
		before = row;
	}
	return true;
}

static void
every_phase(const char *what, struct plan p)
{
	bool right = true;

	for (p.phase = 0; p.phase < p.step; p.phase += p.step / 500)
		right = right && rows_are_right(p);
	ok(right, "%s: rows follow each other for every phase", what);
}

/* All pings of 200 rounds lie inside their round, in order, early enough. */
static void
every_ping(const char *what, struct plan p)
{
	bool inside = true, ordered = true;
	double mean = 0;

	for (uint64_t seed = 1; seed <= 200; seed++) {
		int64_t at = 0;

		for (unsigned i = 0; i < p.count; i++) {
			int64_t next = plan_offset(&p, schedule_mix(seed), i, at);

			ordered = ordered && next >= at;
			at = next;
			mean += (double)at / p.count / 200;
		}
		inside = inside && at >= 0 && at + p.timeout <= p.length;
	}
	ok(inside, "%s: the last ping is decided before its round ends", what);
	ok(ordered, "%s: pings follow each other", what);
	if (p.sampler != SAMPLER_BURST && p.count > 1)
		is_close(mean / (double)(p.length - p.timeout), 0.5, 0.06,
		    "on average they lie in the middle");
}

static void
samplers(void)
{
	static const struct {
		const char *what;
		int64_t step;
		unsigned count;
		int64_t timeout;
	} shape[] = {
		{ "5 in 10 s", 10 * S, 5, S },
		{ "20 in 300 s", 300 * S, 20, S },
		{ "20 in 10 s", 10 * S, 20, 2 * S },
		{ "3 in 1 s", S, 3, S },
		{ "1 in 60 s", 60 * S, 1, 5 * S },
		{ "1000 in 60 s", 60 * S, 1000, 10 * S },
	};

	for (unsigned i = 0; i < sizeof shape / sizeof *shape; i++) {
		struct plan p = make(
		    shape[i].step, shape[i].count, SAMPLER_SPREAD, shape[i].timeout, 0);

		is_int(p.length, p.step, "a spread round takes its step");
		every_phase(shape[i].what, p);
		every_ping(shape[i].what, p);
		p = make(shape[i].step, shape[i].count, SAMPLER_POISSON,
		    shape[i].timeout, 0);
		every_ping("poisson", p);
	}
}

static void
spread_is_as_documented(void)
{
	struct plan p = make(300 * S, 20, SAMPLER_SPREAD, S, 0);
	int64_t least = INT64_MAX, most = 0, at = 0;

	is_int(p.gap, 15 * S, "20 in 300 s are 15 s apart");
	for (uint64_t seed = 0; seed < 500; seed++)
		for (unsigned i = 0; i < 20; i++) {
			int64_t next = plan_offset(&p, schedule_mix(seed), i, at);

			if (i > 0 && next - at < least)
				least = next - at;
			if (i > 0 && next - at > most)
				most = next - at;
			at = next;
		}
	ok(least >= 7500 * MS && least < 8000 * MS && most <= 22500 * MS &&
		most > 22000 * MS,
	    "each a quarter of that earlier or later at most");
	is_int(make(S, 5, SAMPLER_SPREAD, 5 * S, 0).timeout, S / 2,
	    "a timeout takes half of the step at most");
}

static void
even(void)
{
	struct plan p =
	    make(300 * S, 20, SAMPLER_EVEN, 2 * S, plan_even_gap(300 * S, 20));

	is_int(p.gap, 14250 * MS, "FPingContinuous: step / pings * 0.95 apart");
	is_int(plan_offset(&p, 7, 19, 0), 19 * 14250 * MS, "all of them");
	is_int(p.length, p.step, "over the whole step");
	every_phase("even", p);
	p = make(10 * S, 5, SAMPLER_EVEN, 5 * S, plan_even_gap(10 * S, 5));
	ok(plan_offset(&p, 7, 4, 0) + p.timeout <= p.length && p.gap < 1900 * MS,
	    "closer where a long timeout has to fit");
	p = make(S, 3, SAMPLER_EVEN, 300 * MS, plan_even_gap(S, 3));
	ok(plan_offset(&p, 7, 2, 0) + p.timeout <= p.length, "every second, too");
	p = make(300 * S, 20, SAMPLER_EVEN, 2 * S, 500 * MS);
	is_int(plan_offset(&p, 7, 19, 0), 9500 * MS, "a hostinterval is kept");
}

static void
trains(void)
{
	struct plan p = make(60 * S, 500, SAMPLER_TRAIN, 2 * S, 20 * MS);

	is_int(plan_offset(&p, 1, 499, 0), 9980 * MS, "a train is evenly spaced");
	ok(p.length >= 11980 * MS && p.length < 12100 * MS,
	    "and takes its gaps and a timeout");
	every_phase("train", p);
}

static void
poisson_gaps(void)
{
	struct plan p = make(300 * S, 20, SAMPLER_POISSON, S, 0);
	unsigned below = 0, all = 0, cut = 0;
	int64_t mean = 300 * S / 20, most = 0;

	for (uint64_t seed = 0; seed < 500; seed++) {
		int64_t at = 0;

		for (unsigned i = 0; i < 20; i++) {
			int64_t next = plan_offset(&p, schedule_mix(seed), i, at);

			all++;
			below += next - at < mean / 2;
			cut += next - at > mean * 29 / 10;
			if (next - at > most)
				most = next - at;
			at = next;
		}
	}
	ok(most <= 3 * mean, "no gap of a Poisson sampler is longer than three means");
	is_close((double)below / all, 0.39, 0.03,
	    "its gaps are exponential: 39 %% are "
	    "below half of the mean");
	is_close((double)cut / all, 0.05, 0.02, "5 %% are cut");
}

static void
bursts(void)
{
	struct plan p = make(300 * S, 20, SAMPLER_BURST, S, S);

	is_int(plan_offset(&p, 1, 0, 0), 0, "a burst begins at once");
	is_int(plan_offset(&p, 1, 19, 0), 19 * S, "its pings are a gap apart");
	ok(p.length >= 20 * S && p.length < 20 * S + 100 * MS,
	    "it takes its gaps and a timeout");
	every_phase("burst", p);
	every_ping("burst", p);
	p = make(10 * S, 20, SAMPLER_BURST, S, S);
	ok(p.length > p.step, "a burst may be longer than its step");
	every_phase("long burst", p);
}

static void
advice(void)
{
	char text[256];
	struct plan p = make(10 * S, 20, SAMPLER_BURST, S, S);

	ok(plan_advice(&p, text, sizeof text), "a round longer than its step is told of");
	is_str(text,
	    "20 pings 1 s apart and a timeout of 1 s take 20.02 s, longer than the step "
	    "of 10 s: one round of 3 is held; expected a step of 21 s, at most 9 pings, "
	    "or at most 0.472 s between them",
	    "with its arithmetic");
	struct plan longer = make(21 * S, 20, SAMPLER_BURST, S, S);
	struct plan fewer = make(10 * S, 9, SAMPLER_BURST, S, S);
	struct plan closer = make(10 * S, 20, SAMPLER_BURST, S, 472 * MS);
	struct plan spread = make(10 * S, 1000, SAMPLER_SPREAD, S, S);
	ok(!plan_advice(&longer, text, sizeof text) &&
		!plan_advice(&fewer, text, sizeof text) &&
		!plan_advice(&closer, text, sizeof text),
	    "each of which does");
	ok(!plan_advice(&spread, text, sizeof text), "what is spread always fits");
}

static void
phases(void)
{
	unsigned part[10] = { 0 };
	bool in = true;

	for (uint64_t id = 0; id < 10000; id++) {
		int64_t phase = plan_phase(id * 977, 10 * S);

		in = in && phase >= 0 && phase < 10 * S && phase % MS == 0;
		part[phase / S % 10]++;
	}
	ok(in, "phases lie in the step, on whole milliseconds");
	bool even = true;
	for (unsigned i = 0; i < 10; i++)
		even = even && part[i] > 850 && part[i] < 1150;
	ok(even, "and are spread evenly over it");
	is_int(plan_phase(42, 10 * S), plan_phase(42, 10 * S), "the same for the same");
}

static void
watching(void)
{
	struct watch w;

	clock_fake(100 * S, 1700000000 * S, 500 * S);
	watch_start(&w);
	is_int(w.offset, 1700000000 * S - 100 * S, "the grid is anchored");
	w.due = 101 * S;
	clock_fake_advance(S + 200 * MS);
	is_int(watch_look(&w, clock_mono_ns()), 0, "200 ms late is late");
	clock_fake_advance(100 * MS);
	is_int(watch_look(&w, clock_mono_ns()), WATCH_STALL, "300 ms late is a stall");
	is_int(w.from, 101 * S, "which began when the tick was due");
	is_int(w.to, 101 * S + 300 * MS, "and ends now");

	w.due = INT64_MAX;
	clock_fake(102 * S, 1700000002 * S + 40 * MS, 502 * S);
	is_int(watch_look(&w, clock_mono_ns()), 0, "a clock off by 40 ms is let be");
	clock_fake(103 * S, 1700000003 * S + 80 * MS, 503 * S);
	is_int(watch_look(&w, clock_mono_ns()), WATCH_STEP,
	    "two such steps make one of 80 ms");
	is_int(w.offset, 1700000000 * S - 100 * S + 80 * MS, "anchored anew");
	clock_fake(104 * S, 1600000000 * S, 504 * S);
	is_int(watch_look(&w, clock_mono_ns()), WATCH_STEP, "back by years");
	clock_fake(105 * S, 1600000001 * S + 3600 * S, 505 * S + 3600 * S);
	is_int(watch_look(&w, clock_mono_ns()), WATCH_SUSPEND, "an hour of sleep");
	is_int(watch_look(&w, clock_mono_ns()), 0, "is told once");
	clock_real();
}

static void
wholes(void)
{
	struct plan p = make(10 * S, 5, SAMPLER_WHOLE, S, S);

	ok(plan_offset(&p, 1, 0, 0) == 0 && plan_offset(&p, 1, 4, 0) == 0,
	    "what one act yields is sent at once");
	ok(p.timeout > 9 * S && p.timeout < p.step && p.length == p.step,
	    "and may take until the next round");
	every_phase("whole", p);
}

int
main(void)
{
	wholes();
	samplers();
	spread_is_as_documented();
	even();
	trains();
	poisson_gaps();
	bursts();
	advice();
	phases();
	watching();
	return tap_done();
}
