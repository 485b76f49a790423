/* Variation of each way by clocks that differ, and where packets were lost. */
#include "probes/oneway.h"

#include "base/clock.h"
#include "t/tap.h"

#define S CLOCK_NS_PER_S
#define MS CLOCK_NS_PER_MS
#define US 1000LL

/* N packets GAP apart from BEGIN whose delays, by clocks that are OFFSET apart at 0 and
 * drift by PPM, vary as VARY says. */
static unsigned
make(struct oneway_point *p, unsigned n, int64_t begin, int64_t gap, int64_t offset,
    double ppm, int64_t (*vary)(unsigned))
{
	for (unsigned i = 0; i < n; i++) {
		p[i].at = begin + i * gap;
		p[i].delay = 10 * MS + offset +
			     (int64_t)((double)p[i].at * ppm * 1e-6) + vary(i);
	}
	return n;
}

static int64_t
steady(unsigned i)
{
	(void)i;
	return 0;
}

/* Every tenth packet waits 3 ms. */
static int64_t
tenths(unsigned i)
{
	return i % 10 == 9 ? 3 * MS : i % 3 * 10 * US;
}

static void
variation(void)
{
	static const double drifts[] = { 0, 50, -50, 120 };
	struct oneway_point p[1000];

	for (unsigned i = 0; i < 4; i++) {
		struct oneway w = { .count = 0 };
		double v = 0;

		for (unsigned round = 0; round < 20; round++)
			v = oneway_variation(&w, p,
			    make(p, 20, round * 60 * S, 3 * S, -7000 * S, drifts[i],
				steady));
		is_close(v, 0, 2e-6, "clocks apart and drifting do not vary");
		memset(&w, 0, sizeof w);
		v = oneway_variation(
		    &w, p, make(p, 1000, 0, 20 * MS, 12345 * S, drifts[i], tenths));
		is_close(v, 0.003, 20e-6, "what does vary is seen");
	}
}

static void
memory(void)
{
	struct oneway w = { .count = 0 };
	struct oneway_point p[20];

	/* A path that is slower for some minutes is: compared with before. */
	for (unsigned round = 0; round < 5; round++)
		(void)oneway_variation(
		    &w, p, make(p, 20, round * 60 * S, 3 * S, 0, 0, steady));
	double v =
	    oneway_variation(&w, p, make(p, 20, 300 * S, 3 * S, 40 * MS, 0, steady));
	ok(v > 0.015 && v < 0.041, "a path that became slower varies (%.4f)", v);
	for (unsigned round = 6; round < 20; round++)
		v = oneway_variation(
		    &w, p, make(p, 20, round * 60 * S, 3 * S, 40 * MS, 0, steady));
	is_close(v, 0, 1e-6, "and after ten minutes is what it is");
	v = oneway_variation(&w, p, make(p, 20, 1200 * S, 3 * S, 900 * S, 0, steady));
	is_close(v, 0, 1e-6, "a clock that was set is no variation");
	ok(w.count == 1, "what was measured by it before is forgotten");
	for (unsigned round = 0; round < 500; round++)
		v = oneway_variation(&w, p,
		    make(p, 5, 1300 * S + round * S, 200 * MS, 900 * S, 0, steady));
	ok(w.count <= ONEWAY_ROUNDS, "memory is bounded");
	is_close(oneway_variation(&w, p, 1), NAN, 0, "one packet does not vary");
	p[0] = p[1] = p[2] = (struct oneway_point){ 5000 * S, 5 };
	memset(&w, 0, sizeof w);
	is_close(oneway_variation(&w, p, 3), 0, 0, "nor do some of one moment");
}

/* A word of packets: . came back, f lost there, b lost on the way back. */
static bool
lose(const char *word, double *there, double *back)
{
	struct oneway_loss l = { .seq = 0 };
	uint32_t count = 0;

	for (uint32_t i = 0; word[i] != '\0'; i++) {
		if (word[i] != 'f')
			count++;
		if (word[i] == '.')
			oneway_answered(&l, i, count - 1);
	}
	return oneway_split(&l, there, back);
}

static void
loss(void)
{
	double there, back;

	ok(lose("..........", &there, &back) && there == 0 && back == 0, "no loss");
	ok(lose(".f.f.f.f..", &there, &back) && there == 0.4 && back == 0,
	    "all of it there");
	ok(lose(".b.b......", &there, &back) && there == 0 && back == 0.2,
	    "all of it back");
	ok(lose("fb.fb....f", &there, &back) && there == 2 / 9.0 && back == 2 / 7.0,
	    "both ways; what is behind the last answer is left out");
	ok(lose("ffffbbbb..", &there, &back) && there == 0.4 && back == 4 / 6.0,
	    "from the begin");
	ok(!lose("ffbb", &there, &back), "nothing came back: nothing to tell");

	struct oneway_loss l = { .seq = 0 };
	oneway_answered(&l, 0, 0);
	oneway_answered(&l, 2, 1); /* overtook the next one on the way there */
	oneway_answered(&l, 1, 2);
	oneway_answered(&l, 3, 3);
	ok(oneway_split(&l, &there, &back) && there == 0 && back == 0,
	    "packets that overtake each other are not lost");
	for (uint32_t i = 4; i < 60; i++)
		oneway_answered(&l, i, i);
	for (uint32_t i = 60; i < 70; i++)
		oneway_answered(&l, i, i - 60);
	ok(!oneway_split(&l, &there, &back), "a reflector that began anew: unknown");
	memset(&l, 0, sizeof l);
	oneway_answered(&l, 0, 1000);
	ok(!oneway_split(&l, &there, &back), "one that counts for others too: unknown");
	memset(&l, 0, sizeof l);
	oneway_answered(&l, 0, 0);
	oneway_answered(&l, 1, 0);
	ok(!oneway_split(&l, &there, &back), "one that does not count: unknown");
}

int
main(void)
{
	variation();
	memory();
	loss();
	return tap_done();
}
