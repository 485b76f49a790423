/* Congestion of one's own line: bufferbloat by load, its grade, queue and shaper; what
 * counters say; the cause by what goes together; and what links of others may be
 * called. Lines are simulated here with a queue of their own; seeds are fixed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "infer/congestion.h"
#include "infer/share.h"
#include "t/tap.h"

#define BEGIN INT64_C(1700000000)
#define MEGA 1e6

/* --- dice ---------------------------------------------------------------------- */

static uint64_t dice = 11;

static double
chance(void) /* splitmix64 */
{
	uint64_t z = dice += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return ((double)((z ^ z >> 31) >> 11) + 0.5) / 9007199254740992.0;
}

/* --- a line ---------------------------------------------------------------------- */

/* 50 Mbit/s down, 10 up; its queues hold so much. A queue stands while load is above
 * 90 %. */
static const double speed[2] = { 50 * MEGA, 10 * MEGA };

struct line {
	double queue[2]; /* octets */
	double drop;	 /* share of pings lost while it is full */
	bool no_delay;	 /* a policer: nothing waits */
	double wifi;	 /* delay of another cause, as often as not */
};

static double
ping(const struct line *l, const double load[2])
{
	double rtt = 12 - 0.8 * log(chance());

	for (unsigned way = 0; way < 2; way++) {
		if (load[way] < 0.9)
			continue;
		if (chance() < l->drop)
			return NAN;
		if (!l->no_delay)
			rtt += l->queue[way] * 8 / speed[way] * 1000 *
			       (0.8 + 0.2 * chance());
	}
	return rtt + (l->wifi > 0 && chance() < 0.5 ? l->wifi : 0);
}

/* N pings, one each 5 s, while the line carries so much of its speed. */
static int64_t
carry(
    struct bloat *b, const struct line *l, int64_t t, unsigned n, double in, double out)
{
	for (unsigned i = 0; i < n; i++, t += 5) {
		double load[2] = { in * (0.95 + 0.05 * chance()),
			out * (0.95 + 0.05 * chance()) };
		double rate[2] = { load[0] * speed[0], load[1] * speed[1] };

		bloat_add(b, t, ping(l, load), rate);
	}
	return t;
}

/* Some hours of a home: idle, some, a download, an upload. */
static int64_t
live(struct bloat *b, const struct line *l, int64_t t)
{
	for (unsigned i = 0; i < 4; i++) {
		t = carry(b, l, t, 40, 0.05, 0.02);
		t = carry(b, l, t, 20, 0.4, 0.05);
		t = carry(b, l, t, 20, 1, 0.1);
		t = carry(b, l, t, 20, 0.1, 1);
	}
	return carry(b, l, t, 30, 0.02, 0.02);
}

/* --- bloat ----------------------------------------------------------------------- */

static void
test_grades(void)
{
	static const struct {
		double ms;
		const char *grade;
	} want[] = { { 0, "A+" }, { 4.9, "A+" }, { 5, "A" }, { 29.9, "A" }, { 30, "B" },
		{ 60, "C" }, { 200, "D" }, { 400, "F" }, { 5000, "F" } };
	unsigned right = 0;

	for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
		right += strcmp(bloat_grade_word(bloat_grade(want[i].ms)),
			     want[i].grade) == 0;
	is_int(right, sizeof want / sizeof want[0], "grades by added delay");
	ok(bloat_grade(NAN) == BLOAT_UNKNOWN, "none without a figure");
}

/* A ping of RTT_MS while the line is full of an upload. */
static void
rate_at(struct bloat *b, int64_t t, double rtt_ms)
{
	double rate[2] = { 0.05 * speed[0], 0.99 * speed[1] };

	bloat_add(b, t, rtt_ms, rate);
}

static void
test_bloat(void)
{
	static struct bloat b;
	struct line l = { .queue = { 500e3, 225e3 } };
	struct bloat_result r;
	struct bloat_now now;

	memset(&b, 0, sizeof b);
	bloat_judge(&b, &r);
	ok(r.grade == BLOAT_UNKNOWN && isnan(r.rise_ms) && r.since == 0,
	    "of nothing, nothing is said");
	b.speed[0] = speed[0];
	b.speed[1] = speed[1];
	int64_t t = live(&b, &l, BEGIN);
	bloat_judge(&b, &r);
	printf("# idle %.1f ms of %u, in +%.0f ms of %u, out +%.0f ms of %u, %s\n",
	    r.idle_ms, r.idle, r.way[0].rise_ms, r.way[0].loaded, r.way[1].rise_ms,
	    r.way[1].loaded, bloat_grade_word(r.grade));
	is_close(r.idle_ms, 12.6, 0.4, "idle delay");
	is_close(r.way[0].rise_ms, 72, 6, "added by downloading: 500 kB at 50 Mbit/s");
	is_close(r.way[1].rise_ms, 162, 8, "added by uploading: 225 kB at 10 Mbit/s");
	is_str(bloat_grade_word(r.grade), "C", "the grade is of their mean");
	is_close(r.way[1].buffer, 220e3, 20e3, "what the queue holds");
	is_close(r.way[1].shaper, 8.7e6, 0.25e6, "a shaper below the line's rate");
	ok(r.way[1].shaper < speed[1], "always below it");
	ok(r.way[0].added_ms[4] < 3 || isnan(r.way[0].added_ms[4]),
	    "at half load nothing is added");
	ok(r.way[0].pairs[9] > 0 && r.way[0].added_ms[9] > 60,
	    "in the last tenth it is");
	bloat_now(&b, &r, t, &now);
	is_int(now.pairs, 0, "nothing is so now");
	int64_t began = t;
	t = carry(&b, &l, t, 6, 0.05, 1);
	bloat_now(&b, &r, t, &now);
	ok(now.pairs == 6 && now.since == began && now.way == 1, "six pings are late");
	ok(now.use > 0.9 && now.added_ms > 140 && now.correlation > 0.3,
	    "while uploading, by so much");
	bloat_now(&b, &r, t + BLOAT_STALE_S, &now);
	is_int(now.pairs, 0, "after ten minutes it is so no more");
	rate_at(&b, t, NAN);
	rate_at(&b, t + 5, NAN);
	bloat_now(&b, &r, t + 10, &now);
	ok(now.pairs == 6 && now.since == began, "lost ones are none, and end nothing");
	rate_at(&b, t + 10 + 2 * BLOAT_STALE_S, 180);
	bloat_now(&b, &r, t + 10 + 2 * BLOAT_STALE_S, &now);
	is_int(now.pairs, 1, "what was before a long silence does not count");
	t = carry(&b, &l, t + 15 + 2 * BLOAT_STALE_S, 1, 0.05, 0.05);
	bloat_now(&b, &r, t, &now);
	is_int(now.pairs, 0, "the first that is not late ends it");
	rate_at(&b, t, 180);
	for (unsigned i = 0; i < 5; i++)
		rate_at(&b, t + i, NAN);
	bloat_now(&b, &r, t + 5, &now);
	is_int(now.pairs, 1, "one that is late and five lost are one");
}

/* The speed is not known: Ethernet to a modem. */
static void
test_measured(void)
{
	static struct bloat b;
	struct line l = { .queue = { 500e3, 225e3 } };
	struct bloat_result r;
	struct bloat_now now;

	memset(&b, 0, sizeof b);
	int64_t t = live(&b, &l, BEGIN);
	bloat_judge(&b, &r);
	ok(r.way[1].measured && r.way[1].rate > 0.93 * speed[1] &&
		r.way[1].rate <= speed[1],
	    "the most that was seen stands for it");
	is_close(r.way[1].rise_ms, 162, 8, "the same added delay");
	(void)carry(&b, &l, t, 6, 0.05, 1);
	bloat_now(&b, &r, t, &now);
	is_int(now.pairs, 6, "load explains it");
	double rate[2] = { 1e9, 1e9 };
	double most = b.most[0];
	bloat_add(&b, t + 100, 12, rate);
	rate[0] = rate[1] = 1e4;
	bloat_add(&b, t + 105, 12, rate);
	ok(b.most[0] <= most, "a counter that jumps once raises nothing");
	rate[0] = NAN;
	bloat_add(&b, t + 110, 12, rate);
	rate[0] = -5;
	bloat_add(&b, t + 115, 12, rate);
	ok(b.most[0] > 0.9 * most, "what is no rate is passed over");

	/* Delay of another cause, on a line that carries little. */
	memset(&b, 0, sizeof b);
	l = (struct line){ .wifi = 80 };
	t = BEGIN;
	for (unsigned i = 0; i < 200; i++)
		t = carry(&b, &l, t, 1, 0.1 * chance(), 0.02 * chance());
	unsigned called = 0;
	for (unsigned i = 0; i < 500; i++) {
		t = carry(&b, &l, t, 1, 0.1 * chance(), 0.02 * chance());
		bloat_judge(&b, &r);
		bloat_now(&b, &r, t, &now);
		called += now.pairs >= 3;
	}
	is_int(called, 0, "a bad wifi is not its own traffic's");
}

/* --- counters --------------------------------------------------------------------- */

static struct lineload_minute
minute(double use, double packets, double discards, double errors)
{
	return (struct lineload_minute){ use, packets, discards, errors };
}

static void
minutes(struct lineload *l, int64_t *t, unsigned n, struct lineload_minute in,
    struct lineload_minute out)
{
	struct lineload_minute of[2] = { in, out };

	for (unsigned i = 0; i < n; i++, *t += 60)
		lineload_add(l, *t, of);
}

static void
test_lineload(void)
{
	static struct lineload l;
	struct lineload_is is;
	int64_t t = BEGIN / 60 * 60;
	struct lineload_minute idle = minute(0.1, 60000, 0, 0);

	lineload_judge(&l, 0, t, &is);
	ok(isnan(is.use) && is.full == 0 && isnan(is.discards) && isnan(is.marks),
	    "of nothing, nothing is known");
	minutes(&l, &t, 5, idle, minute(0.97, 60000, 100, 0));
	lineload_judge(&l, 1, t, &is);
	ok(is.full == 5 && is.busy == 5, "full for five minutes");
	is_close(is.discards, 100.0 / 60100, 1e-9, "share thrown away");
	ok(!is.bursts, "no bursts where it is full");
	minutes(&l, &t, 1, idle, minute(0.9, 60000, 0, 0));
	lineload_judge(&l, 1, t, &is);
	ok(is.full == 0 && is.busy == 5, "at 90 %% it is busy, and not full");
	t += 120;
	minutes(&l, &t, 1, idle, minute(0.97, 60000, 0, 0));
	lineload_judge(&l, 1, t, &is);
	is_int(is.full, 1, "missing minutes are not full ones");
	minutes(&l, &t, 1, idle, minute(0.3, 60000, 90, 0));
	lineload_judge(&l, 1, t, &is);
	ok(is.bursts, "thrown away at 30 %%: bursts");
	minutes(&l, &t, 5, minute(0.1, 60000, 0, 6), idle);
	lineload_judge(&l, 0, t, &is);
	ok(is.errors_n == 30 && is.errors > LINELOAD_ERRORS, "broken packets");
	lineload_judge(&l, 1, t, &is);
	ok(is.errors_n == 0, "of one way only");
	minutes(&l, &t, 1, minute(NAN, NAN, NAN, NAN), idle);
	lineload_judge(&l, 0, t, &is);
	ok(isnan(is.use) && isnan(is.discards), "what is not counted is not known");

	struct lineload_marks of[2] = { { 900, 950, 0, 50 }, { 10, 0, 50, 2 } };
	lineload_mark(&l, t, of);
	lineload_mark(&l, t, of);
	lineload_judge(&l, 0, t, &is);
	is_close(is.marks, 0.05, 1e-9, "share of marks, and a minute counts once");
	ok(is.marks_low > LINELOAD_MARKS && is.marks_high < 0.07 && !is.l4s,
	    "with its interval");
	lineload_judge(&l, 1, t, &is);
	ok(isnan(is.marks) && is.l4s, "of 52 packets nothing is said");
	lineload_judge(&l, 0, t + 2 * LINELOAD_STALE_S, &is);
	ok(isnan(is.use) && isnan(is.errors) && isnan(is.marks) && is.busy == 0,
	    "what is ten minutes old is not so now");
	int64_t late = t - 180, back = t - 86400;
	minutes(&l, &late, 1, minute(0.99, 1, 0, 0), minute(0.99, 1, 0, 0));
	lineload_judge(&l, 1, t, &is);
	ok(is.use < 0.5, "a late minute changes nothing");
	minutes(&l, &back, 1, minute(0.99, 1, 0, 0), minute(0.99, 1, 0, 0));
	lineload_judge(&l, 1, back, &is);
	ok(is.use > 0.9 && is.full == 1, "a clock set back by a day begins anew");
}

/* --- causes ----------------------------------------------------------------------- */

static struct infer_finding f;

static double
number(const char *name)
{
	for (unsigned i = 0; i < f.numbers; i++)
		if (strcmp(f.number[i].name, name) == 0)
			return f.number[i].value;
	return NAN;
}

static unsigned
count_of(const char *name)
{
	unsigned n = 0;

	for (unsigned i = 0; i < f.numbers; i++)
		n += strcmp(f.number[i].name, name) == 0;
	return n;
}

static void
test_own(void)
{
	static struct bloat b;
	static struct lineload load;
	struct line home = { .queue = { 500e3, 225e3 } };
	int64_t at;
	struct congestion_line l = { .subject = "192.168.1.1 interface 2",
		.name = "wan of the router",
		.probe = "Internet.Access",
		.bloat = &b,
		.load = &load,
		.speed = { 50 * MEGA, 10 * MEGA } };

	b.speed[0] = speed[0];
	b.speed[1] = speed[1];
	int64_t t = live(&b, &home, BEGIN);
	l.now = t;
	at = t / 60 * 60 - 300;
	minutes(&load, &at, 5, minute(0.02, 9000, 0, 0), minute(0.02, 9000, 0, 0));
	ok(congestion_line(&l, &f) == CONGESTION_NONE, "an idle line is none");
	t = carry(&b, &home, t, 12, 0.05, 1);
	minutes(&load, &at, 1, minute(0.05, 9000, 0, 0), minute(0.96, 60000, 0, 0));
	l.now = t;
	ok(congestion_line(&l, &f) == CONGESTION_OWN, "an upload fills it");
	printf("# %s\n", f.sentence);
	is_str(f.cause, "bufferbloat", "the cause has a word");
	ok(f.confidence == CONFIDENCE_SURE, "by probes and by counters: sure");
	ok(strstr(f.sentence, "uploading") != NULL &&
		strstr(f.sentence, "grade C") != NULL &&
		strstr(f.sentence, " kB") != NULL,
	    "the sentence says what, how bad, and what holds it");
	ok(number("added_delay") > 140 && number("buffer") > 190e3 &&
		number("shaper_rate") > 8e6 && number("idle_delay") < 14 &&
		number("added_delay_load_90") > 100,
	    "its numbers are there");
	ok(f.segment == SEGMENT_ACCESS && f.begin <= t && f.begin > t - 100,
	    "of the access line, since then");

	/* The same without a known speed: what was seen is no proof. */
	b.speed[0] = b.speed[1] = 0;
	l.speed[0] = l.speed[1] = 0;
	memset(&load, 0, sizeof load);
	at = t / 60 * 60 - 300;
	minutes(&load, &at, 6, minute(NAN, 9000, 0, 0), minute(NAN, 9000, 0, 0));
	ok(congestion_line(&l, &f) == CONGESTION_OWN &&
		f.confidence == CONFIDENCE_LIKELY &&
		strstr(f.sentence, "most that was seen") != NULL,
	    "where its rate is not known it is likely, and says so");
	char *text = finding_evidence(&f);
	json_t *j = json_loads(text, 0, NULL);
	ok(j != NULL && json_object_get(j, "numbers") != NULL, "the evidence is JSON");
	json_decref(j);
	free(text);
}

/* What a line with these counters is called; its probes see nothing. */
static enum congestion_cause
called(struct lineload_minute in, struct lineload_minute out, struct bloat *b)
{
	static struct lineload load;
	int64_t at = BEGIN / 60 * 60;
	struct congestion_line l = { .subject = "s",
		.name = "wan",
		.bloat = b,
		.load = &load,
		.speed = { 50 * MEGA, 10 * MEGA },
		.now = BEGIN + 300 };

	memset(&load, 0, sizeof load);
	minutes(&load, &at, 5, in, out);
	enum congestion_cause cause = congestion_line(&l, &f);
	if (cause != CONGESTION_NONE && cause != CONGESTION_MANAGED)
		printf("# %s (%s)\n", f.sentence, confidence_word(f.confidence));
	return cause;
}

static void
test_signatures(void)
{
	static struct bloat b;
	struct lineload_minute idle = minute(0.1, 60000, 0, 0);
	struct line l = { .no_delay = true, .drop = 0.08 };

	ok(called(idle, idle, NULL) == CONGESTION_NONE, "idle");
	ok(called(idle, minute(0.97, 60000, 0, 0), NULL) == CONGESTION_FULL &&
		f.confidence == CONFIDENCE_LIKELY,
	    "full by counters alone: likely");
	ok(called(minute(0.97, 60000, 500, 0), idle, NULL) == CONGESTION_DROPS &&
		f.confidence == CONFIDENCE_LIKELY,
	    "full and thrown away, and no probe: likely, whatever the score");
	ok(called(minute(0.2, 60000, 500, 0), idle, NULL) == CONGESTION_BURSTS,
	    "thrown away at 20 %%: bursts");
	ok(called(idle, minute(0.97, 60000, 0, 60), NULL) == CONGESTION_FAULT,
	    "broken packets are a fault, though the line is full");
	is_int(count_of("errors"), 1, "with one number of them");
	ok(called(minute(0.2, 60000, 0, 60), minute(0.97, 60000, 0, 0), NULL) ==
		    CONGESTION_FAULT &&
		number("errors") > LINELOAD_ERRORS && number("use") < 0.3,
	    "all numbers are of the way that it is about");
	ok(called(minute(NAN, 60000, 0, 60), minute(NAN, 60000, 0, 0), NULL) ==
		    CONGESTION_FAULT &&
		count_of("use") == 0,
	    "use that is not known is no number");
	ok(called(minute(0.2, 60000, 500, 0), minute(0.4, 60000, 0, 0), NULL) ==
		    CONGESTION_BURSTS &&
		number("discards") > LINELOAD_DISCARDS,
	    "nor are those of bursts the other way's");
	b.speed[0] = speed[0];
	b.speed[1] = speed[1];
	(void)live(&b, &l, BEGIN);
	ok(called(idle, minute(0.9, 60000, 0, 0), &b) == CONGESTION_POLICER &&
		f.confidence == CONFIDENCE_LIKELY,
	    "loss at the rate without delay: a policer");
	ok(called(idle, idle, &b) == CONGESTION_NONE, "and none while it is idle");

	static struct lineload load;
	struct lineload_marks of[2] = { { 500, 900, 0, 90 }, { 0, 0, 0, 0 } };
	struct congestion_line line = {
		.subject = "s", .name = "wan", .load = &load, .now = BEGIN
	};
	lineload_mark(&load, BEGIN / 60 * 60, of);
	ok(congestion_line(&line, &f) == CONGESTION_MANAGED,
	    "marks and no delay: a queue that is looked after, no incident");
}

/* --- links ------------------------------------------------------------------------ */

static void
test_links(void)
{
	struct tslp_result r = { .verdict = TSLP_CONGESTED,
		.days = 12,
		.congested = 9,
		.elevated = 9,
		.begin_min = 1215,
		.end_min = 1380,
		.rise_ms = 15,
		.near_ms = 0.3,
		.threshold_ms = 2,
		.behinds = 3,
		.behinds_slow = 3,
		.p = 1e-20,
		.p_loss = NAN,
		.p_loss_near = NAN };
	struct congestion_link l = { .subject = "Internet.Transit",
		.near = "10.0.0.1",
		.far = "10.0.1.1",
		.near_beyond_line = true,
		.now = BEGIN };

	ok(congestion_recurring(&l, &r, &f) && f.confidence == CONFIDENCE_LIKELY,
	    "a link of others is likely congested");
	printf("# %s\n", f.sentence);
	ok(strstr(f.sentence, "20:15 to 23:00") != NULL &&
		strstr(f.sentence, "likely at best") != NULL &&
		f.quality.note[0] != '\0',
	    "it says when, and why no more than likely");
	r.rise_ms = 3;
	ok(congestion_recurring(&l, &r, &f) && f.confidence == CONFIDENCE_HINT,
	    "3 ms are a hint");
	r.rise_ms = 15;
	r.behinds = r.behinds_slow = 0;
	ok(congestion_recurring(&l, &r, &f) && f.confidence == CONFIDENCE_HINT,
	    "and so is what has nothing behind it");
	r.p_loss = r.p_loss_near = 0.001;
	ok(congestion_recurring(&l, &r, &f) && f.confidence == CONFIDENCE_LIKELY,
	    "unless packets are lost, too");
	unsigned said = 0;
	for (int v = TSLP_FEW; v < TSLP_CONGESTED; v++) {
		r.verdict = (enum tslp_verdict)v;
		said += congestion_recurring(&l, &r, &f);
	}
	is_int(said, 0, "no other verdict is congestion");

	struct tslp_shift s = {
		.bins = 2, .begin = BEGIN, .rise_ms = 12, .near_ms = 0, .base_ms = 20
	};
	ok(congestion_shift(&l, &s, 3, 3, &f) && f.confidence == CONFIDENCE_LIKELY,
	    "half an hour of delay between two hops");
	ok(!congestion_shift(&l, &s, 3, 1, &f), "not where what is behind is not slow");
	s.near_ms = 8;
	ok(!congestion_shift(&l, &s, 3, 3, &f), "not where near is slow, too");
	s.near_ms = 0;
	s.step = true;
	ok(!congestion_shift(&l, &s, 3, 3, &f), "not where it is a step");
	s.step = false;
	s.bins = 1;
	ok(!congestion_shift(&l, &s, 3, 3, &f), "not after a quarter of an hour");
}

static void
test_shares(void)
{
	double x[] = { 1, 2, 3, 4, 5 }, y[] = { 2, 4, 6, 8, 9 }, same[] = { 1, 1, 1 };
	double low, high;

	is_close(rank_correlation(x, y, 5), 1, 1e-12, "in the same order");
	y[4] = 0;
	is_close(rank_correlation(x, y, 5), 0, 1e-12, "with the last as the first");
	ok(isnan(rank_correlation(same, x, 3)) && isnan(rank_correlation(x, y, 2)),
	    "nothing of what never changes, or of two");
	share_interval(10, 100, &low, &high);
	is_close(low, 0.0552, 1e-4, "Wilson's interval, low");
	is_close(high, 0.1744, 1e-4, "and high");
	share_interval(0, 0, &low, &high);
	ok(isnan(low) && isnan(high), "of nothing there is none");
	is_close(share_above(30, 100, 10, 100), 2.0e-4, 2e-4, "30 of 100 above 10");
	is_close(share_above(5, 100, 5, 100), 0.5, 1e-9, "the same share: a half");
}

int
main(void)
{
	test_shares();
	test_grades();
	test_bloat();
	test_measured();
	test_lineload();
	test_own();
	test_signatures();
	test_links();
	return tap_done();
}
