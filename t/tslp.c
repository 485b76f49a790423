/* Recurring congestion of a link: what must be found, what must not be called so, and
 * a table of how small and how short it may be. Delays are made here ping by ping, and
 * share nothing with what judges them; seeds are fixed. RUNS=500: so many evenings of
 * each kind, for t/bench/tslp.sh. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "infer/tslp.h"
#include "t/tap.h"

#define DAY 86400
#define PINGS 10 /* of a quarter of an hour */
#define BEHIND 3
/* 2023-10-29 01:00 UTC, when summer time ended in Berlin, and a span without. */
#define SWITCH INT64_C(1698541200)
#define SUMMER (SWITCH - 60 * DAY)
#define SPRING INT64_C(1711846800) /* 2024-03-31 01:00 UTC: it began */

/* --- dice ---------------------------------------------------------------------- */

static uint64_t dice;

static double
chance(void) /* splitmix64 */
{
	uint64_t z = dice += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return ((double)((z ^ z >> 31) >> 11) + 0.5) / 9007199254740992.0;
}

/* --- a world ---------------------------------------------------------------------- */

static int32_t
berlin(void *ctx, int64_t time)
{
	(void)ctx;
	return time < SWITCH || time >= SPRING ? 7200 : 3600;
}

/* What happens in it: a rise of so many ms, so many hours long, about 20:30 by the
 * local clock on most evenings; how much of it each end has. */
struct scene {
	int64_t end; /* two weeks end here */
	double rise_ms, hours, near, far, behind, loss;
	double use;	  /* of the own line meanwhile; NAN: no counters */
	bool beyond_line; /* what near is */
	bool no_near, no_behind;
	unsigned missing; /* days without any data, from the fifth on */
	int64_t moved;	  /* from then on far and behind are 8 ms farther */
	bool marked;	  /* a change of the path is seen with each rise */
	double always;	  /* share of evenings that it happens on */
	double daily_ms;  /* near and far are so much slower by day */
	double jitter_ms; /* mean of what is added to each ping; 0: 1.5 */
	double spikes;	  /* share of quarters with up to 20 ms more; 0: 1 % */
	bool any_time;	  /* at any hour of the day instead of the evening */
};

static struct tslp_series far, near, behind[BEHIND];

static void
send(struct tslp_series *s, int64_t time, double base, double jitter, double loss)
{
	for (unsigned i = 0; i < PINGS; i++) {
		double rtt = base - jitter * log(chance());

		tslp_ping(
		    s, time + i * (TSLP_BIN_S / PINGS), chance() < loss ? NAN : rtt);
	}
}

static void
play(const struct scene *c, uint64_t seed)
{
	int64_t begin = c->end - 14 * DAY, day = -1;
	double from = 0, until = 0;
	double jitter = c->jitter_ms > 0 ? c->jitter_ms : 1.5;
	double spikes = c->spikes > 0 ? c->spikes : 0.01;
	bool was = false;

	dice = seed * 7919 + 17;
	tslp_clear(&far);
	tslp_clear(&near);
	for (unsigned b = 0; b < BEHIND; b++)
		tslp_clear(&behind[b]);
	for (int64_t t = begin / TSLP_BIN_S * TSLP_BIN_S; t < c->end; t += TSLP_BIN_S) {
		int64_t local = t + berlin(NULL, t);
		double hour = (double)(local % DAY) / 3600;

		if (local / DAY != day) {
			day = local / DAY;
			from = c->any_time ? 24 * chance() : 20 + chance();
			until = chance() < c->always ? from + c->hours : from;
		}
		bool on = hour >= from && hour < until;
		double rise = on ? c->rise_ms * (0.8 + 0.4 * chance()) : 0;
		double add = chance() < spikes ? 20 * chance() : 0;
		double sun = c->daily_ms * (hour > 9 && hour < 23);
		double moved = c->moved != 0 && t >= c->moved ? 8 : 0;
		unsigned ago = (unsigned)((t - begin) / DAY);
		if (ago >= 4 && ago < 4 + c->missing)
			continue;
		if (c->marked && on != was)
			tslp_change(&far, t);
		was = on;
		if (!isnan(c->use))
			tslp_use(&far, t, on ? c->use : 0.3 * chance());
		send(&near, t, 8 + sun + c->near * rise, jitter / 3, 0.002);
		send(&far, t, 18 + add + sun + moved + c->far * rise, jitter,
		    0.002 + (on ? c->loss : 0));
		for (unsigned b = 0; b < BEHIND; b++)
			send(&behind[b], t, 22 + 6 * b + sun + moved + c->behind * rise,
			    jitter, 0.004);
	}
}

static struct tslp_result
judge(const struct scene *c, uint64_t seed)
{
	struct tslp_question q = { .far = &far,
		.near = c->no_near ? NULL : &near,
		.near_beyond_line = c->beyond_line,
		.behinds = c->no_behind ? 0 : BEHIND,
		.now = c->end,
		.offset = berlin };
	struct tslp_result r;

	for (unsigned b = 0; b < BEHIND; b++)
		q.behind[b] = &behind[b];
	play(c, seed);
	tslp_judge(&q, &r);
	return r;
}

static const struct scene peering = { .end = SUMMER,
	.rise_ms = 15,
	.hours = 3,
	.far = 1,
	.behind = 1,
	.use = NAN,
	.beyond_line = true,
	.missing = 2,
	.always = 0.9 };

static void
show(const struct tslp_result *r)
{
	printf("# %s: %u days, %u stepped, %u congested, %u elevated, %02u:%02u to "
	       "%02u:%02u, rise %.1f ms over %.1f, near %.1f ms, p %.2g, own %.2f, "
	       "rerouted %.2f, behind %u of %u, %.2f\n",
	    tslp_verdict_word(r->verdict), r->days, r->stepped, r->congested,
	    r->elevated, r->begin_min / 60, r->begin_min % 60, r->end_min / 60,
	    r->end_min % 60, r->rise_ms, r->threshold_ms, r->near_ms, r->p,
	    r->own_share, r->reroute_share, r->behinds_slow, r->behinds,
	    r->behind_ratio);
}

/* --- what must be found ----------------------------------------------------------- */

static void
test_found(void)
{
	struct scene c = peering;
	struct tslp_result r = judge(&c, 1);

	show(&r);
	ok(r.verdict == TSLP_CONGESTED, "a peering that is slow each evening is found");
	ok(r.begin_min >= 19 * 60 + 30 && r.begin_min <= 21 * 60 &&
		r.end_min >= 22 * 60 + 30,
	    "with its hours");
	is_close(r.rise_ms, 15, 2, "and by how much");
	ok(r.days == 12 || r.days == 11, "two days are missing");
	ok(r.behinds == BEHIND && r.behinds_slow == BEHIND && r.near_ms < 1,
	    "what is behind is as slow, what is before is not");

	c.loss = 0.02;
	r = judge(&c, 2);
	ok(r.verdict == TSLP_CONGESTED && r.p_loss < 0.05 && r.p_loss_near < 0.05 &&
		r.loss > r.loss_else,
	    "loss at these hours alone is told");

	c = peering;
	c.end = SWITCH + 7 * DAY;
	r = judge(&c, 3);
	show(&r);
	ok(r.verdict == TSLP_CONGESTED && r.begin_min >= 19 * 60 + 30 &&
		(r.end_min + 1440 - r.begin_min) % 1440 <= 5 * 60,
	    "it is found over the end of summer time, at the same hours");
	c.end = SPRING + 7 * DAY;
	r = judge(&c, 4);
	ok(r.verdict == TSLP_CONGESTED, "and over its begin");

	c = peering;
	c.no_near = true;
	r = judge(&c, 5);
	ok(r.verdict == TSLP_CONGESTED && isnan(r.near_ms),
	    "without a near end it is found, and there is no figure of one");
}

/* --- what must not be called so --------------------------------------------------- */

/* In RUNS runs of C: how often each verdict. */
static void
control(const struct scene *c, unsigned runs, enum tslp_verdict want, const char *what)
{
	unsigned bad = 0, right = 0;
	struct tslp_result r = { .verdict = TSLP_FEW };

	for (unsigned i = 0; i < runs; i++) {
		struct tslp_result one = judge(c, 1000 + i);

		right += one.verdict == want;
		bad += one.verdict == TSLP_CONGESTED;
		if (i == 0 || one.verdict == TSLP_CONGESTED)
			r = one;
	}
	show(&r);
	ok(bad == 0, "%s: called congestion in 0 of %u runs", what, runs);
	ok(right * 10 >= runs * 9, "%s: called \"%s\" in %u of %u", what,
	    tslp_verdict_word(want), right, runs);
}

static void
test_controls(unsigned runs)
{
	struct scene c = peering;

	c.rise_ms = 0;
	control(&c, runs, TSLP_NONE, "nothing at all");
	c.daily_ms = 3;
	control(&c, runs, TSLP_NONE, "a line that is slower by day, near and far");
	c.daily_ms = 0;
	c.jitter_ms = 12;
	c.spikes = 0.08;
	control(&c, runs, TSLP_NONE, "a restless line");

	c = peering;
	c.near = 1;
	control(&c, runs, TSLP_NEAR, "own streaming, seen at the access hop");
	c.use = 0.95;
	control(&c, runs, TSLP_OWN, "own streaming, seen there and by counters");
	c.near = 0;
	c.beyond_line = false;
	control(&c, runs, TSLP_OWN, "own streaming, the gateway is near, counters");
	c.use = NAN;
	control(
	    &c, runs, TSLP_UNCLEAR, "own streaming, the gateway is near, no counters");

	c = peering;
	c.behind = 0;
	control(&c, runs, TSLP_ROUTER, "a router that answers late each evening");

	c = peering;
	c.rise_ms = 0;
	c.moved = SUMMER - 6 * DAY + 7 * 3600;
	control(&c, runs, TSLP_NONE, "another route from one afternoon on");
	c.moved = SUMMER - 3 * DAY + 19 * 3600;
	control(&c, runs, TSLP_NONE, "another address from one evening on");
	c = peering;
	c.marked = true;
	control(&c, runs, TSLP_REROUTED, "another path each evening, which is seen");

	c = peering;
	c.rise_ms = 0;
	c.end = SWITCH + 7 * DAY;
	control(&c, runs, TSLP_NONE, "the end of summer time");
	c.end = SPRING + 7 * DAY;
	control(&c, runs, TSLP_NONE, "the begin of summer time");
	c = peering;
	c.near = 1;
	c.end = SWITCH + 7 * DAY;
	control(&c, runs, TSLP_NEAR, "own streaming over the end of summer time");
	c.end = SPRING + 7 * DAY;
	control(&c, runs, TSLP_NEAR, "own streaming over the begin of summer time");
	c.near = 0;
	c.behind = 0;
	control(&c, runs, TSLP_ROUTER,
	    "a router that answers late each evening over the begin of summer time");
	c.end = SWITCH + 7 * DAY;
	control(&c, runs, TSLP_ROUTER,
	    "a router that answers late each evening over the end of summer time");

	/* Evenings and an address that changes in the middle of them. */
	c = peering;
	c.near = 1;
	c.moved = SUMMER - 6 * DAY + 7 * 3600;
	control(&c, runs, TSLP_NEAR, "own streaming, and another address");
	c.near = 0;
	c.behind = 0;
	control(&c, runs, TSLP_ROUTER,
	    "a router that answers late each evening, and another address");
	c.end = SWITCH + 7 * DAY;
	c.moved = SWITCH + 19 * 3600;
	control(&c, runs, TSLP_ROUTER,
	    "the same over the end of summer time, on the day of another address");

	c = peering;
	c.any_time = true;
	c.hours = 1;
	control(&c, runs, TSLP_NONE, "a rise a day, at any hour");
	c = peering;
	c.missing = 10;
	control(&c, runs, TSLP_FEW, "ten days are missing");
}

/* --- how small, how short --------------------------------------------------------- */

static const double rises[] = { 3, 7, 15, 30 }, hours[] = { 0.5, 1, 3 };

static void
fill_table(const struct scene *line, unsigned runs, unsigned found[4][3])
{
	printf("# %8s %8s %8s %8s\n", "", "0.5 h", "1 h", "3 h");
	for (unsigned i = 0; i < 4; i++) {
		printf("# %+5.0f ms", rises[i]);
		for (unsigned k = 0; k < 3; k++) {
			struct scene c = *line;

			c.rise_ms = rises[i];
			c.hours = hours[k];
			found[i][k] = 0;
			for (unsigned n = 0; n < runs; n++)
				found[i][k] +=
				    judge(&c, 5000 + n).verdict == TSLP_CONGESTED;
			printf(" %6.0f %%", 100.0 * found[i][k] / runs);
		}
		putchar('\n');
	}
}

static void
test_table(unsigned runs)
{
	struct scene c = peering;
	unsigned found[4][3];

	printf("# found of %u, two weeks, two days missing, a quiet line, 9 of 10 "
	       "evenings:\n",
	    runs);
	fill_table(&c, runs, found);
	for (unsigned i = 0; i < 4; i++)
		for (unsigned k = 0; k < 3; k++)
			ok(found[i][k] * 20 >= runs * 19,
			    "%+.0f ms for %.1f h is found in 95 %%", rises[i],
			    hours[k]);
	c.jitter_ms = 12;
	c.spikes = 0.08;
	c.always = 0.7;
	printf(
	    "# the same of a restless line (jitter 12 ms, 8 %% of all quarters up to "
	    "20 ms more), 7 of 10 evenings:\n");
	fill_table(&c, runs, found);
	ok(found[2][2] * 10 >= runs * 9 && found[3][2] * 10 >= runs * 9,
	    "+15 and +30 ms for 3 h are found on a restless line in 90 %%");
}

/* --- now -------------------------------------------------------------------------- */

static void
test_shift(void)
{
	struct scene c = peering;
	struct tslp_shift s;
	struct tslp_question q = { .far = &far, .near = &near, .offset = berlin };

	c.always = 1;
	c.end = SUMMER / DAY * DAY + 19 * 3600 + 1800; /* 21:30 in Berlin */
	q.now = c.end;
	play(&c, 9);
	tslp_shift(&q, &s);
	ok(s.bins >= 2 && s.bins <= 7 && !s.step, "it goes on for %u quarters", s.bins);
	is_close(s.rise_ms, 15, 4, "by so much");
	ok(s.near_ms < 2, "and near does not");
	ok(s.begin == (q.now / TSLP_BIN_S - s.bins) * TSLP_BIN_S, "since then");

	c.rise_ms = 0;
	c.moved = c.end - 2 * 3600;
	play(&c, 10);
	tslp_change(&far, c.moved);
	tslp_shift(&q, &s);
	ok(s.bins == 8 && s.step, "with a change of the path it is a step");
	c.moved = c.end - 13 * 3600;
	play(&c, 11);
	tslp_shift(&q, &s);
	ok(s.bins == 0 || s.step, "and so it is when it stays for half a day");

	c.moved = 0;
	play(&c, 12);
	tslp_shift(&q, &s);
	ok(s.bins == 0 && isnan(s.rise_ms), "when nothing happens there is none");
	q.now += 2 * DAY;
	tslp_shift(&q, &s);
	ok(s.bins == 0 && isnan(s.threshold_ms), "nor when nothing is known");
}

static void
test_series(void)
{
	static struct tslp_series s;
	int64_t t = SUMMER / TSLP_BIN_S * TSLP_BIN_S;

	tslp_clear(&s);
	ok(tslp_at(&s, t) == NULL, "nothing is kept at first");
	tslp_ping(&s, t, 20);
	tslp_ping(&s, t + 10, 18);
	tslp_ping(&s, t + 899, NAN);
	tslp_use(&s, t + 5, 0.4);
	tslp_use(&s, t + 65, 0.3);
	const struct tslp_bin *b = tslp_at(&s, t + 3);
	ok(b != NULL && b->least_ms == 18.0f && b->sent == 3 && b->lost == 1 &&
		b->use == 0.4f,
	    "the least delay, losses and the busiest minute of a quarter");
	tslp_ping(&s, t + 4 * TSLP_BIN_S, 30);
	b = tslp_at(&s, t + 2 * TSLP_BIN_S);
	ok(b != NULL && isnan(b->least_ms) && b->sent == 0, "a gap is not known");
	tslp_ping(&s, t - (TSLP_BINS - 4) * (int64_t)TSLP_BIN_S, 1);
	ok(tslp_at(&s, t)->least_ms == 18.0f, "what is too old is passed over");
	static struct tslp_series ahead;
	tslp_clear(&ahead);
	tslp_ping(&ahead, t + 365 * (int64_t)86400, 7);
	tslp_ping(&ahead, t, 8);
	ok(tslp_at(&ahead, t) != NULL && tslp_at(&ahead, t)->least_ms == 8.0f,
	    "a clock that was a year ahead does not stop it for a year");
	tslp_ping(&s, t + 2 * TSLP_BINS * (int64_t)TSLP_BIN_S, 7);
	ok(tslp_at(&s, t) == NULL, "what is long ago is forgotten");
	tslp_ping(&s, -5, 7);
	tslp_ping(&s, INT64_MAX, 7);
	ok(tslp_at(&s, INT64_MAX) != NULL, "any time is one");
}

int
main(void)
{
	const char *text = getenv("RUNS");
	unsigned runs = text != NULL ? (unsigned)strtoul(text, NULL, 10) : 0;

	test_series();
	test_found();
	test_controls(runs > 0 ? runs : 10);
	test_table(runs > 0 ? runs : 20);
	test_shift();
	return tap_done();
}
