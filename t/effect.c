/* Before and after: known distributions, what is missing, the sentence, and, by
 * simulation with fixed seeds, how often the intervals hold what they say. */
#include "infer/effect.h"

#include <string.h>

#include "tap.h"

#define ROUNDS 120
#define PINGS 10
#define WORLDS 300

/* --- chance of its own ------------------------------------------------------------ */

static uint64_t state;

static double
uniform(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return ((double)(state >> 11) + 0.5) / 9007199254740992.0;
}

static double
normal(void)
{
	return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

/* --- sides ------------------------------------------------------------------------ */

struct made {
	double rtt[ROUNDS * PINGS], median[ROUNDS], jitter[ROUNDS], loss[ROUNDS];
	struct effect_side side;
};

static int
ascending(const void *a, const void *b)
{
	return *(const double *)a < *(const double *)b ? -1 : 1;
}

/* Rounds whose pings are BASE, a wave that is common to a round and like that of the
 * round before by ALIKE (0..1), and an exponential of their own; LOST of them are. */
static void
make(struct made *m, double base, double alike, double own, double lost)
{
	double wave = normal();

	for (int i = 0; i < ROUNDS; i++) {
		double answer[PINGS], sum = 0;
		int n = 0, pairs = 0;

		wave = alike * wave + sqrt(1 - alike * alike) * normal();
		for (int k = 0; k < PINGS; k++) {
			double v = base + 0.001 * wave - own * log(uniform());
			if (uniform() < lost)
				v = NAN;
			m->rtt[i * PINGS + k] = v;
			if (!isnan(v))
				answer[n++] = v;
			if (k > 0 && !isnan(v) && !isnan(m->rtt[i * PINGS + k - 1])) {
				sum += fabs(v - m->rtt[i * PINGS + k - 1]);
				pairs++;
			}
		}
		qsort(answer, (size_t)n, sizeof answer[0], ascending);
		m->median[i] = n > 0 ? answer[n / 2] : NAN;
		m->jitter[i] = pairs > 0 ? sum / pairs : NAN;
		m->loss[i] = 1 - (double)n / PINGS;
	}
	m->side = (struct effect_side){ ROUNDS, PINGS, m->rtt, m->median, m->jitter,
		m->loss };
}

/* --- one by one ------------------------------------------------------------------- */

static void
test_known(void)
{
	static struct made before, after;
	struct effect e, again;
	char text[400];

	state = 11;
	make(&before, 0.020, 0, 0.002, 0);
	after = before;
	after.side = (struct effect_side){ ROUNDS, PINGS, after.rtt, after.median,
		after.jitter, after.loss };
	effect_find(&e, &before.side, &after.side, 1);
	ok(e.word == EFFECT_NONE, "the same twice is no difference");
	ok(e.change[EFFECT_P95].low < 0 && e.change[EFFECT_P95].high > 0,
	    "0 is in the interval");
	ok(e.before == ROUNDS && e.after == ROUNDS, "of all rounds");
	effect_sentence(&e, text, sizeof text);
	is_str(text, "No difference shown.", "says the sentence");
	ok(e.change[EFFECT_LOSS].low == 0 && e.change[EFFECT_LOSS].high == 0 &&
		!e.change[EFFECT_LOSS].shown,
	    "of no loss at all there is none either");

	for (int i = 0; i < ROUNDS * PINGS; i++)
		after.rtt[i] -= 0.005;
	for (int i = 0; i < ROUNDS; i++)
		after.median[i] -= 0.005;
	effect_find(&e, &before.side, &after.side, 1);
	ok(e.word == EFFECT_BETTER, "5 ms less is better");
	for (int m = EFFECT_MEDIAN; m <= EFFECT_P95; m++) {
		const struct effect_change *c = &e.change[m];
		ok(fabs(c->after - c->before + 0.005) < 1e-12 && c->low < -0.005 &&
			c->high > -0.005 && c->high < -0.004 && c->shown,
		    "%s fell by 5 ms, and the interval is around that",
		    effect_measure_word(m));
	}
	ok(!e.change[EFFECT_JITTER].shown, "jitter is what it was");
	effect_find(&again, &before.side, &after.side, 1);
	ok(memcmp(&e, &again, sizeof e) == 0, "the same seed says the same");
	effect_find(&e, &after.side, &before.side, 1);
	ok(e.word == EFFECT_WORSE, "the other way round it is worse");
	for (int i = 0; i < ROUNDS; i++)
		before.median[i] = 0.020, after.median[i] = 0.01997;
	for (int i = 0; i < ROUNDS * PINGS; i++)
		before.rtt[i] = 0.020, after.rtt[i] = 0.01997;
	effect_find(&e, &before.side, &after.side, 1);
	ok(e.change[EFFECT_MEDIAN].high < -0.00002 && e.word == EFFECT_NONE,
	    "30 us of 20 ms are certain, and not worth a word");
	state = 11;
	make(&before, 0.020, 0, 0.002, 0);
	make(&after, 0.015, 0, 0.002, 0.2);
	effect_find(&e, &before.side, &after.side, 1);
	ok(e.word == EFFECT_MIXED, "faster, with loss, is mixed");
	effect_sentence(&e, text, sizeof text);
	ok(strncmp(text, "Mixed: median fell by ", 22) == 0 &&
		strstr(text, ", p95 by ") != NULL &&
		strstr(text, "; loss rose by 1") != NULL &&
		strstr(text, " percentage points (95 %).") != NULL,
	    "and both are in the sentence: %s", text);
	/* One outage of ten rounds proves nothing of loss, and is no better line. */
	make(&after, 0.015, 0, 0.002, 0);
	for (int i = 0; i < 10; i++) {
		after.loss[i] = 1;
		after.median[i] = NAN;
		for (int k = 0; k < PINGS; k++)
			after.rtt[i * PINGS + k] = NAN;
	}
	effect_find(&e, &before.side, &after.side, 1);
	ok(e.word == EFFECT_MIXED && !e.change[EFFECT_LOSS].shown,
	    "faster, with an outage, is no better");
	effect_sentence(&e, text, sizeof text);
	ok(strncmp(text, "Mixed: median fell by ", 22) == 0 &&
		strstr(text, " (95 %); loss was 0.0 % and is ") != NULL &&
		strstr(text, ", which may be chance.") != NULL,
	    "which the sentence says: %s", text);
	before.side.rounds = after.side.rounds = 24;
	for (int i = 10; i < 14; i++)
		after.loss[i] = 1;
	effect_find(&e, &before.side, &after.side, 1);
	ok(e.change[EFFECT_LOSS].high == 1, "more than all can't have been lost");
	char small[12];
	effect_sentence(&e, small, sizeof small);
	is_str(small, "Mixed: medi", "which keeps within its room");
}

static void
test_missing(void)
{
	static struct made before, after;
	struct effect e;
	char text[200];

	state = 12;
	make(&before, 0.020, 0, 0.002, 0);
	make(&after, 0.020, 0, 0.002, 1);
	effect_find(&e, &before.side, &after.side, 1);
	ok(e.word == EFFECT_WORSE && e.change[EFFECT_LOSS].after == 1,
	    "all lost is worse");
	ok(isnan(e.change[EFFECT_P95].after) && isnan(e.change[EFFECT_P95].low) &&
		!e.change[EFFECT_P95].shown,
	    "and of what never came nothing is said");
	effect_sentence(&e, text, sizeof text);
	is_str(
	    text, "Worse: loss rose by 100 percentage points (95 %).", "the sentence");

	make(&after, 0.020, 0, 0.002, 0);
	for (int i = 0; i < ROUNDS; i++)
		if (i % 6 != 0) {
			after.loss[i] = NAN;
			after.median[i] = 99; /* of an unknown round nothing counts */
		}
	effect_find(&e, &before.side, &after.side, 1);
	ok(e.after == 20 && e.word != EFFECT_TOO_LITTLE &&
		e.change[EFFECT_MEDIAN].after < 1,
	    "unknown rounds are left out");
	after.loss[0] = NAN;
	effect_find(&e, &before.side, &after.side, 1);
	ok(e.word == EFFECT_TOO_LITTLE && e.after == 19 &&
		isnan(e.change[EFFECT_MEDIAN].low),
	    "nineteen rounds are too few");
	effect_sentence(&e, text, sizeof text);
	is_str(text,
	    "Too little is known: 120 rounds before and 19 after, it takes 20 of each.",
	    "the sentence");
	struct effect_side nothing = { 0, PINGS, NULL, NULL, NULL, NULL };
	effect_find(&e, &nothing, &nothing, 1);
	ok(e.word == EFFECT_TOO_LITTLE && isnan(e.change[EFFECT_LOSS].before),
	    "so is nothing");
}

/* --- many worlds ------------------------------------------------------------------ */

struct held {
	int interval[EFFECT_MEASURES]; /* worlds whose interval has the truth in it */
	int claimed;		       /* in which a difference was shown */
};

/* Worlds of which the truth is known: the times fall by FALL, which leaves jitter as it
 * was, and loss goes from LOST to LOST + MORE. */
static struct held
many(double fall, double alike, double lost, double more)
{
	static struct made before, after;
	const double truth[EFFECT_MEASURES] = { -fall, -fall, 0, more };
	struct held held = { { 0 }, 0 };
	struct effect e;

	for (int w = 0; w < WORLDS; w++) {
		make(&before, 0.020, alike, 0.002, lost);
		make(&after, 0.020 - fall, alike, 0.002, lost + more);
		effect_find(&e, &before.side, &after.side, (uint64_t)w);
		for (int m = 0; m < EFFECT_MEASURES; m++)
			held.interval[m] +=
			    e.change[m].low <= truth[m] && e.change[m].high >= truth[m];
		held.claimed += e.word != EFFECT_NONE;
	}
	return held;
}

static void
intervals_hold(const struct held *h, double least, const char *where)
{
	for (int m = 0; m < EFFECT_MEASURES; m++) {
		double share = (double)h->interval[m] / WORLDS;
		ok(share >= least && share <= 0.99,
		    "%s: the interval of %s held the truth in %.1f %%", where,
		    effect_measure_word(m), share * 100);
	}
}

static void
test_coverage(void)
{
	struct held h;

	state = 2026;
	h = many(0, 0, 0.05, 0);
	intervals_hold(&h, 0.92, "nothing changed");
	ok(h.claimed <= WORLDS * 0.07, "a difference was claimed in %.1f %%",
	    100.0 * h.claimed / WORLDS);
	h = many(0.001, 0, 0.05, 0.05);
	intervals_hold(&h, 0.92, "1 ms faster, 5 % more lost");
	ok(h.claimed > WORLDS * 0.97, "which was seen in %.1f %%",
	    100.0 * h.claimed / WORLDS);
	/* Rounds like the ones before them: fewer blocks than it seems, and still. */
	h = many(0, 0.6, 0.05, 0);
	intervals_hold(&h, 0.91, "rounds that are like the one before");
	ok(h.claimed <= WORLDS * 0.09, "a difference was claimed in %.1f %%",
	    100.0 * h.claimed / WORLDS);
}

int
main(void)
{
	test_known();
	test_missing();
	test_coverage();
	return tap_done();
}
