/* The judge by hand: what is usual, windows, what is kept, what is explained. (That its
 * verdicts are right is t/scenarios.c's affair.) */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "infer/hourly.h"
#include "infer/odds.h"
#include "infer/verdict.h"
#include "t/tap.h"

#define DAY 86400
#define BEGIN (20000LL * DAY)

static struct infer_finding last;
static unsigned heard, closed;

static void
hear(void *ctx, const struct infer_finding *f, int64_t time, bool over)
{
	(void)ctx;
	(void)time;
	last = *f;
	heard++;
	closed += over;
}

static void
test_odds(void)
{
	/* Counts of the facts: 3 of 20, 4 of 60, 6 of 200 at 0.5 %. */
	is_close(odds_at_least(3, 20, 0.005), 1.3e-4, 1e-5, "3 of 20");
	is_close(odds_at_least(4, 60, 0.005), 2.4e-4, 3e-5, "4 of 60");
	is_close(odds_at_least(6, 200, 0.005), 5.6e-4, 3e-5, "6 of 200");
	is_close(
	    odds_at_most(5, 10, 0.5), 0.623046875, 1e-12, "5 or fewer of 10 coins");
	is_close(odds_at_least(0, 10, 0.5), 1, 0, "none or more");
	is_close(odds_at_most(10, 10, 0.5), 1, 0, "ten or fewer");
	is_close(odds_at_most(300, 400, 0.036), 1, 1e-12, "far above what is expected");
	is_close(odds_at_least(14, 400, 0.75), 1, 1e-12, "far below it");
	is_close(odds_at_most(14, 400, 0.75), 0, 1e-100, "which is no chance");
	double low, high;
	odds_interval(0, 20, &low, &high);
	ok(low == 0 && high > 0.16 && high < 0.17, "none of 20: at most 16 %%");
}

static void
test_baseline(void)
{
	static struct hourly b, read;
	struct hourly_usual u;
	uint8_t buf[HOURLY_BYTES];
	struct wire w;

	hourly_init(&b);
	ok(!hourly_usual(&b, BEGIN, &u), "nothing is usual at first");
	/* 10 ms by night, 30 ms from 20 to 24 h. */
	for (int64_t t = 0; t < 8LL * DAY; t += 300) {
		double median = t % DAY >= 20 * 3600 ? 0.030 : 0.010;
		hourly_add(&b, BEGIN + t, median, median + 0.002, false);
		if (t == DAY) {
			ok(hourly_usual(&b, BEGIN + t, &u) && !u.same_hour,
			    "after a day, by all since the start");
			is_close(u.median, 0.010, 1e-6, "the lower quarter of it");
		}
	}
	ok(hourly_usual(&b, BEGIN + 8 * DAY + 12 * 3600, &u) && u.same_hour,
	    "after a week, by the hour");
	is_close(u.median, 0.010, 1e-6, "what it is at noon");
	is_close(u.p90, 0.012, 1e-6, "and its 90th percentile");
	hourly_usual(&b, BEGIN + 8 * DAY + 21 * 3600, &u);
	is_close(u.median, 0.030, 1e-6, "and in the evening");
	hourly_usual(&b, BEGIN + 8 * DAY + 19 * 3600, &u);
	is_close(u.median, 0.030, 1e-6, "an hour early is still usual");
	hourly_usual(&b, BEGIN + 8 * DAY + 17 * 3600, &u);
	is_close(u.median, 0.010, 1e-6, "three are not");

	hourly_put(&b, buf);
	wire_init(&w, buf, sizeof buf);
	ok(hourly_get(&read, &w) == 0 && wire_left(&w) == 0,
	    "read again, to the end");
	hourly_usual(&read, BEGIN + 8 * DAY + 21 * 3600, &u);
	is_close(u.median, 0.030, 1e-6, "it is the same");
	wire_init(&w, buf, sizeof buf - 1);
	ok(hourly_get(&read, &w) < 0, "one cut short is not read");
	memset(buf + 16, 0xff, 4);
	wire_init(&w, buf, sizeof buf);
	ok(hourly_get(&read, &w) < 0,
	    "nor one with more values than there is room for");
}

/* --- a path ----------------------------------------------------------------------- */

enum {
	GATEWAY = 1,
	ACCESS,
	CORE,
	FAR,
	PATH = FAR + 4
};

static struct verdict *
path(uint32_t step, uint32_t pings)
{
	static const enum verdict_role roles[PATH] = { 0, VERDICT_GATEWAY,
		VERDICT_ACCESS, VERDICT_PROVIDER, VERDICT_FAR, VERDICT_FAR, VERDICT_FAR,
		VERDICT_FAR };
	static const char *const names[PATH] = { "", "Gw", "Access", "Core", "A", "B",
		"C", "D" };
	struct verdict *v = verdict_new(hear, NULL);

	heard = closed = 0;
	for (unsigned i = GATEWAY; i < PATH; i++)
		verdict_series(v, &(struct verdict_series){ .id = i,
				      .path = names[i],
				      .role = roles[i],
				      .network = i,
				      .step = step,
				      .pings = pings });
	return v;
}

/* A window ends at T, in which series FROM and behind answered nothing; WHY counts
 * where all is unknown. */
static void
window(struct verdict *v, int64_t t, unsigned from, bool unknown)
{
	for (unsigned i = GATEWAY; i < PATH; i++) {
		struct verdict_round r = { .id = i, .time = t - 1, .sent = 20 };
		r.median = r.p90 = i >= from || unknown ? NAN : 0.01 * i;
		r.lost = i >= from && !unknown ? 20 : 0;
		r.unknown = unknown ? 20 : 0;
		r.why = VERDICT_STALLED;
		verdict_round(v, &r);
	}
	verdict_tick(v, t + 7);
}

static void
test_windows(void)
{
	struct verdict *v = path(60, 20);

	is_int(verdict_window(v), 60, "a window is a step");
	verdict_series(v, &(struct verdict_series){ .id = 99,
			      .path = "Slow",
			      .role = VERDICT_FAR,
			      .step = 3600,
			      .pings = 20 });
	is_int(verdict_window(v), VERDICT_WINDOW_S, "at most five minutes");
	verdict_forget(v, 99);
	is_int(verdict_window(v), 60, "and as before without that one");
	verdict_series(
	    v, &(struct verdict_series){ .id = 100, .path = "No", .step = 900 });
	is_int(verdict_window(v), 60, "a series without a place does not count");
	verdict_free(v);
	v = path(1, 5);
	is_int(verdict_window(v), 4, "as many short rounds as hold 20 pings");
	verdict_free(v);
}

static void
test_life(void)
{
	struct verdict *v = path(60, 20);
	struct infer_finding f;
	int64_t t = BEGIN;

	ok(!verdict_now(v, &f) && f.confidence == CONFIDENCE_NONE,
	    "at first nothing is said");
	for (int i = 0; i < 5; i++)
		window(v, t += 60, PATH, false);
	ok(verdict_now(v, &f), "then all is fine");
	ok(strstr(f.sentence, "Not measured from here: your wifi, resolver") != NULL,
	    "what is not measured is said: %s", f.sentence);
	int64_t begin = t;
	for (int i = 0; i < 3; i++)
		window(v, t += 60, ACCESS, false);
	is_int(heard, 0, "no verdict before all rounds are of after it began");
	window(v, t += 60, ACCESS, false);
	is_int(heard, 1, "two windows that say the same are one");
	is_str(last.subject, "access", "about the access line");
	is_str(last.cause, "outage", "which is dead");
	is_int(last.begin, begin, "since the first bad one");
	ok(verdict_level(v, SEGMENT_ACCESS) == VERDICT_BAD &&
		verdict_level(v, SEGMENT_ROUTER) == VERDICT_FINE &&
		verdict_level(v, SEGMENT_RESOLVER) == VERDICT_UNMEASURED &&
		verdict_level(v, SEGMENT_WIFI) == VERDICT_UNMEASURED,
	    "how the segments are");
	is_str(verdict_explains(v, FAR), "access", "a far end behind it is explained");
	ok(verdict_explains(v, GATEWAY) == NULL, "the gateway in front of it is not");
	/* Nobody's fault: what is open stays, what is good stays. */
	window(v, t += 60, ACCESS, true);
	window(v, t += 60, ACCESS, true);
	is_int(closed, 0, "own stalls end nothing");
	window(v, t += 60, PATH, false);
	window(v, t += 60, PATH, false);
	is_int(closed, 0, "two good windows end nothing");
	window(v, t += 60, PATH, false);
	is_int(closed, 1, "three do");
	ok(verdict_now(v, &f), "all is fine again");
	verdict_free(v);
}

/* A ping was lost by chance just before this box was suspended; when it is awake again
 * the line is dead. */
static void
test_suspend(void)
{
	struct verdict *v = path(60, 20);
	int64_t t = BEGIN;

	for (int i = 0; i < 5; i++)
		window(v, t += 60, PATH, false);
	for (unsigned i = ACCESS; i < PATH; i++)
		verdict_round(v, &(struct verdict_round){ .id = i,
				     .time = t + 30,
				     .sent = 20,
				     .lost = 1,
				     .median = 0.01,
				     .p90 = 0.01 });
	window(v, t += 60, PATH, false);
	t += 3600;
	window(v, t += 60, ACCESS, true);
	int64_t begin = t;
	for (int i = 0; i < 4; i++)
		window(v, t += 60, ACCESS, false);
	is_str(last.cause, "outage", "the line is dead after a suspend");
	is_int(last.begin, begin, "since what was first seen then");
	verdict_free(v);
}

/* What a user reads while nothing is told yet. */
static void
test_doubt(void)
{
	struct verdict *v = path(300, 20);
	struct infer_finding f;
	int64_t t = BEGIN;

	for (unsigned i = 0; i < 20; i++)
		window(v, t += 300, PATH, false);
	ok(verdict_now(v, &f), "all is fine");
	for (unsigned i = FAR; i < PATH; i++)
		verdict_round(v, &(struct verdict_round){ .id = i,
				     .time = t + 30,
				     .sent = 20,
				     .lost = 20,
				     .median = NAN,
				     .p90 = NAN });
	ok(!verdict_now(v, &f) && f.confidence == CONFIDENCE_NONE &&
		strstr(f.sentence, "something is the matter") != NULL,
	    "it is not once no far end answers, before a window shows it");
	window(v, t += 300, ACCESS, false);
	ok(!verdict_now(v, &f) && heard == 0 && f.begin == t - 300,
	    "nor after the first window, when nothing is told yet");
	window(v, t += 300, ACCESS, false);
	window(v, t += 300, ACCESS, false);
	ok(!verdict_now(v, &f) && heard == 0 && f.begin == t - 900,
	    "nor after the third");
	window(v, t += 300, ACCESS, false);
	ok(!verdict_now(v, &f) && f.segment == SEGMENT_ACCESS, "then it is told");
	for (unsigned i = 0; i < 4; i++)
		window(v, t += 300, PATH, false);
	ok(verdict_now(v, &f), "and fine again");
	verdict_free(v);
}

/* One far end after another, which is no fault of what they share. */
static void
test_one_by_one(void)
{
	struct verdict *v = path(60, 20);
	struct infer_finding f;
	int64_t t = BEGIN;

	for (unsigned k = 0; k < 40; k++, t += 60) {
		for (unsigned i = GATEWAY; i < PATH; i++) {
			bool dead = (i == FAR && k >= 20) || (i == FAR + 1 && k >= 23);
			verdict_round(v, &(struct verdict_round){ .id = i,
					     .time = t + 59,
					     .sent = 20,
					     .lost = dead ? 20 : 0,
					     .median = dead ? NAN : 0.01,
					     .p90 = dead ? NAN : 0.01 });
		}
		verdict_tick(v, t + 67);
		if (k == 23)
			ok(!verdict_now(v, &f), "one that is dead is not fine");
	}
	ok(!verdict_now(v, &f) && f.segment == SEGMENT_FAR,
	    "of two that died one by one both are told as ends");
	ok(!verdict_may_explain(v, FAR, t) && !verdict_may_explain(v, FAR + 1, t),
	    "each of its own, which nothing else may explain");
	verdict_free(v);
}

/* IPv6 alone dies behind its router. */
static void
test_families(void)
{
	static const struct verdict_series series[] = {
		{ 1, "Gw", VERDICT_GATEWAY, 1, 4, 60, 20 },
		{ 2, "Access", VERDICT_ACCESS, 2, 4, 60, 20 },
		{ 3, "A", VERDICT_FAR, 3, 4, 60, 20 },
		{ 4, "B", VERDICT_FAR, 4, 4, 60, 20 },
		{ 5, "C", VERDICT_FAR, 5, 4, 60, 20 },
		{ 6, "Gw6", VERDICT_GATEWAY, 6, 6, 60, 20 },
		{ 7, "Access6", VERDICT_ACCESS, 7, 6, 60, 20 },
		{ 8, "A6", VERDICT_FAR, 8, 6, 60, 20 },
		{ 9, "B6", VERDICT_FAR, 9, 6, 60, 20 },
	};
	struct verdict *v = verdict_new(hear, NULL);
	int64_t t = BEGIN;

	heard = 0;
	for (unsigned i = 0; i < 9; i++)
		verdict_series(v, &series[i]);
	for (unsigned k = 0; k < 30; k++, t += 60) {
		for (unsigned i = 0; i < 9; i++) {
			bool dead = k >= 20 && i >= 6;
			verdict_round(v, &(struct verdict_round){ .id = 1 + i,
					     .time = t + 59,
					     .sent = 20,
					     .lost = dead ? 20 : 0,
					     .median = dead ? NAN : 0.01,
					     .p90 = dead ? NAN : 0.01 });
		}
		verdict_tick(v, t + 67);
	}
	ok(last.segment == SEGMENT_ACCESS, "one family alone: blamed is its line");
	ok(strstr(last.sentence, "by IPv6 alone, your provider's access line is dead. "
				 "By IPv4 all is fine.") != NULL,
	    "and it is said that the other is fine: %s", last.sentence);
	is_str(finding_fact_of(&last, "family"), "IPv6", "the family is a fact");
	is_str(verdict_explains(v, 8), "access", "an end of it is explained by that");
	ok(verdict_explains(v, 3) == NULL, "none of the other is");
	verdict_free(v);
}

static void
congested(struct infer_finding *f, unsigned i, const char *hours)
{
	char subject[32];

	snprintf(subject, sizeof subject, "Link.%u", i);
	finding_init(f, "congestion", subject, "recurring");
	finding_cause(f, "upstream congestion");
	finding_sentence(f, "a link is full");
	finding_fact(f, "hours", "%s", hours);
	f->segment = SEGMENT_TRANSIT;
	f->confidence = CONFIDENCE_LIKELY;
}

/* IPv6 is dead; by IPv4 nothing is the matter, or (SLOW) all has become slower. */
static void
dead_sixth(bool slow)
{
	struct verdict *v = verdict_new(hear, NULL);
	int64_t t = BEGIN;
	char name[8];

	for (unsigned i = 0; i < 8; i++) {
		snprintf(name, sizeof name, "S%u", i);
		verdict_series(v, &(struct verdict_series){ .id = 1 + i,
				      .path = name,
				      .role = i < 2   ? VERDICT_GATEWAY
					      : i < 4 ? VERDICT_ACCESS
						      : VERDICT_FAR,
				      .network = i,
				      .family = i % 2 == 0 ? 4 : 6,
				      .step = 60,
				      .pings = 20 });
	}
	for (unsigned k = 0; k < 46; k++, t += 60) {
		for (unsigned i = 0; i < 8; i++) {
			bool is = k >= 40 && i % 2 == 1 && i >= 2;
			double rtt = 0.01 * i + (slow && k >= 40 && i >= 2 ? 0.1 : 0);
			verdict_round(v, &(struct verdict_round){ .id = 1 + i,
					     .time = t + 59,
					     .sent = 20,
					     .lost = is ? 20 : 0,
					     .median = is ? NAN : rtt,
					     .p90 = is ? NAN : rtt });
		}
		verdict_tick(v, t + 67);
	}
	is_str(finding_fact_of(&last, "family"), "IPv6", "it is IPv6 alone");
	verdict_free(v);
}

static void
test_other_family(void)
{
	dead_sixth(false);
	ok(strstr(last.sentence, "By IPv4 all is fine.") != NULL,
	    "what is fine is said: %s", last.sentence);
	dead_sixth(true);
	ok(strstr(last.sentence, "all is fine") == NULL,
	    "and not said where it is not: %s", last.sentence);
}

/* The line loses a fifth, and half of the far ends lose more. */
static void
test_size(void)
{
	struct verdict *v = path(60, 20);
	int64_t t = BEGIN;

	for (unsigned k = 0; k < 40; k++, t += 60) {
		for (unsigned i = GATEWAY; i < PATH; i++)
			verdict_round(v, &(struct verdict_round){ .id = i,
					     .time = t + 59,
					     .sent = 20,
					     .lost = k < 20 || i < ACCESS ? 0
						     : i < FAR + 2	  ? 4
									  : 10,
					     .median = 0.01 * i,
					     .p90 = 0.01 * i });
		verdict_tick(v, t + 67);
	}
	is_str(last.subject, "access", "the access line loses");
	is_close(last.worst, 20, 1, "what it does itself, not what far ends do");
	is_int(closed, 0, "of which none is told besides");
	verdict_free(v);
}

/* A line that dies in the hours in which a link is congested. */
static void
test_congested_hours(void)
{
	static struct infer_finding f;
	struct verdict *v = path(60, 20);
	int64_t t = BEGIN; /* midnight */

	congested(&f, 0, "23:30-01:00");
	verdict_neighbour(v, &f, false);
	for (unsigned i = 0; i < 30; i++)
		window(v, t += 60, PATH, false);
	ok(!verdict_now(v, &f) && strcmp(f.subject, "Link.0") == 0,
	    "what is congested at this hour is told");
	window(v, t += 60, ACCESS, false);
	window(v, t += 60, ACCESS, false);
	ok(!verdict_now(v, &f) && strstr(f.sentence, "something is the matter") != NULL,
	    "what is not decided yet is no congestion: %s", f.sentence);
	verdict_free(v);
}

/* Many links are congested, and the radio loses its access point. */
static void
test_crowd(void)
{
	static struct infer_finding f;
	struct verdict *v = path(60, 20);
	int64_t t = BEGIN; /* midnight */

	verdict_medium(v, VERDICT_WIRELESS);
	for (unsigned i = 0; i < 100; i++) {
		congested(&f, i, i == 0 ? "23:30-01:00" : "18:15-22:00");
		verdict_neighbour(v, &f, false);
	}
	for (unsigned i = 0; i < 30; i++)
		window(v, t += 60, PATH, false);
	ok(!verdict_now(v, &f) && strcmp(f.subject, "Link.0") == 0,
	    "what is congested at this hour is told, past midnight, too");
	verdict_neighbour(v, &f, true);
	ok(verdict_now(v, &f), "what is at other hours is not");
	congested(&f, 0, "00:00-02:00");
	finding_fact(&f, "also", "%s", "Far.CC, C, A.C");
	f.confidence = CONFIDENCE_HINT; /* stands on no page by itself */
	verdict_neighbour(v, &f, false);
	for (unsigned i = 0; i < 8; i++, t += 60) {
		for (unsigned k = GATEWAY; k < PATH; k++)
			verdict_round(v, &(struct verdict_round){ .id = k,
					     .time = t + 59,
					     .sent = 20,
					     .lost = k >= FAR + 2 ? 8 : 0,
					     .median = 0.01 * k,
					     .p90 = 0.01 * k });
		verdict_tick(v, t + 67);
	}
	is_str(last.cause, "congestion", "one that is about several is why of each");
	for (unsigned i = 0; i < 4; i++)
		window(v, t += 60, PATH, false);
	finding_init(&f, "wifi", "wlan0", "radio");
	finding_cause(&f, "unlinked");
	f.confidence = CONFIDENCE_LIKELY;
	verdict_neighbour(v, &f, false);
	for (unsigned i = 0; i < 3; i++)
		window(v, t += 60, GATEWAY, false);
	is_str(last.cause, "unlinked", "of a hundred others the radio is heard");
	verdict_free(v);
}

/* The wall clock goes back: what is the matter goes on, and ends. */
static void
test_set_back(void)
{
	struct verdict *v = path(60, 20);
	struct infer_finding f;
	int64_t t = BEGIN;

	for (int i = 0; i < 5; i++)
		window(v, t += 60, PATH, false);
	for (int i = 0; i < 6; i++)
		window(v, t += 60, ACCESS, false);
	is_str(last.cause, "outage", "the line is dead");
	int64_t begin = last.begin;
	t -= 7200;
	for (int i = 0; i < 6; i++)
		window(v, t += 60, ACCESS, false);
	is_int(closed, 0, "nothing ends as the clock is set back");
	ok(llabs(last.begin - (begin - 7200)) <= 60,
	    "it began by the clock as it is now, give or take a window");
	for (int i = 0; i < 4; i++)
		window(v, t += 60, PATH, false);
	is_int(closed, 1, "nor goes it on for two hours");
	ok(verdict_now(v, &f), "all is fine");
	ok(strstr(f.sentence, "the clock was set back") != NULL,
	    "and what was is said: %s", f.sentence);
	verdict_free(v);
}

/* A router and an access hop alone, whose far ends are not known yet. */
static void
test_alone(void)
{
	struct verdict *v = path(60, 20);
	int64_t t = BEGIN;

	for (unsigned i = CORE; i < PATH; i++)
		verdict_forget(v, i);
	for (unsigned k = 0; k < 60; k++, t += 60) {
		for (unsigned i = GATEWAY; i <= ACCESS; i++)
			verdict_round(
			    v, &(struct verdict_round){ .id = i,
				   .time = t + 59,
				   .sent = 20,
				   .lost = i == GATEWAY ? (k < 40 ? 0 : 20)
					   : k < 40	? 9 + k % 3
							: 20,
				   .median = i == GATEWAY && k >= 40 ? NAN : 0.01,
				   .p90 = i == GATEWAY && k >= 40 ? NAN : 0.01 });
		verdict_tick(v, t + 67);
		if (k == 39)
			ok(heard == 0,
			    "a hop that limits its answers from the start is not blamed");
	}
	ok(heard > 0 && last.segment == SEGMENT_HOME,
	    "one that answered, and does not any more, is");
	verdict_free(v);
}

static void
test_artefact(void)
{
	struct verdict *v = path(60, 20);
	int64_t t = BEGIN;

	for (int k = 0; k < 20; k++) {
		t += 60;
		for (unsigned i = GATEWAY; i < PATH; i++)
			verdict_round(v, &(struct verdict_round){ .id = i,
					     .time = t - 1,
					     .sent = 20,
					     .lost = i == ACCESS ? 20 : 0,
					     .median = i == ACCESS ? NAN : 0.01,
					     .p90 = i == ACCESS ? NAN : 0.01 });
		verdict_tick(v, t + 7);
	}
	is_int(heard, 0, "a hop that is silent while ends behind it answer");
	verdict_free(v);
}

/* --- where ways part -------------------------------------------------------------- */

static struct {
	unsigned times;
	uint64_t bad, good; /* bits by id */
} asked;
static bool nowhere; /* do ways part */

static unsigned
cut(void *ctx, const uint64_t *bad, size_t bads, const uint64_t *good, size_t goods,
    char hop[VERDICT_HOP])
{
	(void)ctx;
	asked.times++;
	asked.bad = asked.good = 0;
	for (size_t i = 0; i < bads; i++)
		asked.bad |= UINT64_C(1) << bad[i];
	for (size_t i = 0; i < goods; i++)
		asked.good |= UINT64_C(1) << good[i];
	strcpy(hop, "203.0.113.9");
	return nowhere ? 0 : 7;
}

/* Of the series only those from FROM to TO answer nothing, until it is told. */
static struct verdict *
dead(unsigned from, unsigned to)
{
	struct verdict *v = path(60, 20);
	int64_t t = BEGIN;

	memset(&asked, 0, sizeof asked);
	verdict_cuts(v, cut, NULL);
	for (int k = 0; k < 24; k++) {
		t += 60;
		for (unsigned i = GATEWAY; i < PATH; i++) {
			bool is = k >= 20 && i >= from && i <= to;
			struct verdict_round r = { .id = i, .time = t - 1, .sent = 20 };
			r.median = r.p90 = is ? NAN : 0.01 * i;
			r.lost = is ? 20 : 0;
			verdict_round(v, &r);
		}
		verdict_tick(v, t + 7);
	}
	return v;
}

static void
test_cut(void)
{
	struct verdict *v = dead(FAR, FAR + 1);

	is_str(segment_word(last.segment), "transit", "two of four ends are dead");
	ok(asked.bad == (3 << FAR) && asked.good == (0xc << FAR | 0xe),
	    "where their ways part is asked for, from those of all others");
	is_str(finding_fact_of(&last, "cut"), "203.0.113.9", "the hop is a fact");
	const struct finding_number *n = finding_find(&last, "cut");
	is_close(n != NULL ? n->value : NAN, 7, 0, "its distance a number");
	ok(strstr(last.sentence,
	       "nothing through to 2 of 4 far networks; their ways part from the others "
	       "at hop 7 (203.0.113.9). Router, access line") != NULL,
	    "and the sentence has both");
	is_int(last.confidence, CONFIDENCE_SURE, "that is sure");
	verdict_free(v);
	nowhere = true;
	v = dead(FAR, FAR + 1);
	nowhere = false;
	is_str(segment_word(last.segment), "transit", "two that share no hop");
	is_int(last.confidence, CONFIDENCE_LIKELY, "may be dead by chance");
	verdict_free(v);
	v = dead(FAR, PATH - 1);
	is_str(
	    segment_word(last.segment), "transit", "all ends are dead, not the core");
	ok(asked.bad == (0xf << FAR) && asked.good == 0xe,
	    "their ways part from those to the hops");
	verdict_free(v);
	v = dead(ACCESS, PATH - 1);
	ok(last.segment == SEGMENT_ACCESS && asked.times == 0 &&
		finding_fact_of(&last, "cut")[0] == '\0',
	    "where the line is dead nothing parts");
	verdict_free(v);
}

static void
test_bytes(void)
{
	struct verdict *v = path(60, 20), *other;
	int64_t t = BEGIN;
	size_t len, len2;

	ok(verdict_save(v, &len) == NULL, "nothing to keep");
	for (int i = 0; i < 100; i++)
		window(v, t += 60, PATH, false);
	uint8_t *buf = verdict_save(v, &len);
	other = verdict_new(hear, NULL);
	is_int(verdict_load(other, buf, len), 0, "what is usual is read");
	uint8_t *again = verdict_save(other, &len2);
	ok(again != NULL && len2 == len, "and kept for series that come later");
	free(again);
	verdict_free(other);
	other = path(60, 20);
	verdict_load(other, buf, len);
	again = verdict_save(other, &len2);
	ok(again != NULL && len2 == len, "or are there");
	free(again);
	unsigned taken = 0;
	for (size_t i = 0; i < len; i += 97) {
		buf[i] ^= 0x10;
		taken += verdict_load(other, buf, len) == 0;
		buf[i] ^= 0x10;
		taken += verdict_load(other, buf, i) == 0;
	}
	is_int(taken, 0, "one that is broken or cut anywhere is not read");
	free(buf);
	verdict_free(other);
	verdict_free(v);
}

/* --- a full line ------------------------------------------------------------------ */

static double
talker(void *ctx, int64_t begin, int64_t end, bool out, char text[VERDICT_TALKER])
{
	(void)ctx;
	snprintf(text, VERDICT_TALKER, "%s", out && begin < end ? "192.168.1.30, port 443" : "");
	return out ? 0.9 : 0;
}

/* A window ends at T, in which the line delays everything by MORE, and carries so much
 * of 50 and 10 Mbit/s. */
static void
line_window(struct verdict *v, int64_t t, double more, double in, double out)
{
	for (unsigned i = GATEWAY; i < PATH; i++) {
		struct verdict_round r = { .id = i, .time = t - 1, .sent = 20 };
		r.median = r.p90 = 0.01 * i + (i >= ACCESS ? more : 0);
		verdict_round(v, &r);
	}
	verdict_use(v, &(struct verdict_use){ .time = t,
			   .in = in,
			   .out = out,
			   .in_bps = in * 50e6,
			   .out_bps = out * 10e6,
			   .in_line = 50e6,
			   .out_line = 10e6,
			   .out_holds = 225e3 });
	verdict_tick(v, t + 7);
}

/* The same after a quiet time, until it is told; what F says comes before (NULL:
 * nothing). */
static struct verdict *
full_line(double in, double out, const struct infer_finding *f)
{
	struct verdict *v = path(60, 20);
	int64_t t = BEGIN;

	verdict_talkers(v, talker, NULL);
	for (int i = 0; i < 120; i++)
		line_window(v, t += 60, 0, 0.05, 0.05);
	if (f != NULL)
		verdict_neighbour(v, f, false);
	for (int i = 0; i < 4; i++)
		line_window(v, t += 60, 0.18, in, out);
	return v;
}

static void
has(const char *words, const char *what)
{
	if (!ok(strstr(last.sentence, words) != NULL, "%s", what))
		printf("# %s\n", last.sentence);
}

/* What the numbers of a finding are worth. */
static void
test_worth(void)
{
	struct verdict *v = path(60, 20);
	struct infer_finding f;
	int64_t t = BEGIN;

	for (int i = 0; i < 120; i++)
		line_window(v, t += 60, 0, 0.05, 0.05);
	for (int i = 0; i < 8; i++)
		line_window(v, t += 60, i % 2 == 0 ? 0.18 : 0.2, 0.1, 0.96);
	ok(!verdict_now(v, &f), "a line that delays");
	const struct finding_number *n = NULL;
	for (unsigned i = 0; i < f.numbers; i++)
		if (strcmp(f.number[i].name, "added_delay") == 0 &&
		    strcmp(f.number[i].of, "A") == 0)
			n = &f.number[i];
	/* 3.182 of the deviation of four windows, by the root of four. */
	is_close(n != NULL ? n->value : NAN, 0.19, 1e-6, "its delay");
	is_close(n != NULL ? n->low : NAN, 0.19 - 0.018372, 1e-5, "and from where");
	is_close(n != NULL ? n->high : NAN, 0.19 + 0.018372, 1e-5, "to where");
	is_close(f.quality.unknown, 0, 0, "all is known");
	verdict_free(v);

	v = path(60, 20);
	verdict_left_out(v, 7);
	for (int i = 0; i < 40; i++, t += 60) {
		for (unsigned k = GATEWAY; k < PATH; k++) {
			bool dead = i >= 30 && k >= ACCESS;
			verdict_round(
			    v, &(struct verdict_round){ .id = k,
				   .time = t + 59,
				   .sent = 20,
				   .lost = dead ? 15 : 0,
				   /* One window in two is not even counted. */
				   .unknown = i >= 30 && i % 2 == 0 ? 5 : 0,
				   .why = VERDICT_STALLED,
				   .median = 0.01,
				   .p90 = 0.01 });
			if (i == 38)
				verdict_round(v, &(struct verdict_round){ .id = k,
						     .time = t + 59,
						     .sent = 80,
						     .unknown = 80,
						     .why = VERDICT_CANNOT,
						     .median = NAN,
						     .p90 = NAN });
		}
		verdict_tick(v, t + 67);
	}
	ok(!verdict_now(v, &f) && f.segment == SEGMENT_ACCESS, "a line that loses");
	/* Of each target ten windows: five whole ones, four with 5 unknown of 20, and
	 * one with 85 of 100, of which nothing else is counted. */
	is_close(f.quality.unknown, 105. / (5 * 20 + 4 * 20 + 85), 1e-6,
	    "the share that is not known");
	ok(strstr(f.quality.note, "7 targets are not judged") != NULL,
	    "and who is not judged");
	verdict_free(v);
}

static void
test_full_line(void)
{
	struct infer_finding f;
	struct verdict *v = full_line(0.1, 0.96, NULL);

	is_str(last.cause, "bufferbloat", "an upload that delays is bufferbloat");
	has("your provider's access line delays everything by 180 ms while uploading at "
	    "9.6 of 10 Mbit/s (192.168.1.30, port 443): your modem holds about 225 kB.",
	    "the sentence says how much of how much, who, and what waits");
	is_str(finding_fact_of(&last, "talker"), "192.168.1.30, port 443",
	    "the talker is a fact");
	const struct finding_number *n = finding_find(&last, "line_rate");
	is_close(n != NULL ? n->value : NAN, 10e6, 1, "the line's rate a number");
	n = finding_find(&last, "buffer");
	is_close(n != NULL ? n->value : NAN, 225e3, 1, "its queue, too");
	verdict_free(v);

	v = full_line(0.98, 0.1, NULL);
	has("while downloading at 49 of 50 Mbit/s: the queue at your provider's end holds "
	    "about 1.1 MB.",
	    "a download waits elsewhere; who is not known is not named");
	verdict_free(v);

	finding_init(&f, "attack", "192.168.1.7", "flows");
	finding_number(&f, "bits", "bit/s", 48e6);
	finding_fact(&f, "attacked", "192.168.1.7");
	finding_fact(&f, "vector", "UDP flood");
	finding_fact(&f, "direction", "incoming");
	v = full_line(0.98, 0.1, &f);
	is_str(last.cause, "attack", "an attack that fills the line is why");
	has("an attack (UDP flood of 48 Mbit/s) on 192.168.1.7 fills your access line, "
	    "which delays everything by 180 ms",
	    "the sentence says so");
	struct infer_finding other = f;
	snprintf(other.subject, sizeof other.subject, "192.168.1.8");
	snprintf(other.fact[0].text, sizeof other.fact[0].text, "192.168.1.8");
	other.number[0].value = 20e6;
	verdict_neighbour(v, &other, false);
	line_window(v, BEGIN + 125 * 60, 0.18, 0.98, 0.1);
	has("on 192.168.1.7, and 1 more, fills your", "a second one is not left out");
	unsigned were = closed;
	verdict_neighbour(v, &f, true);
	verdict_neighbour(v, &other, true);
	line_window(v, BEGIN + 126 * 60, 0.18, 0.1, 0.1);
	line_window(v, BEGIN + 127 * 60, 0, 0.1, 0.1);
	line_window(v, BEGIN + 128 * 60, 0, 0.1, 0.1);
	line_window(v, BEGIN + 129 * 60, 0, 0.1, 0.1);
	is_int(closed, were + 1, "it is over a while after the attack is");
	has("an attack (UDP flood of 48 Mbit/s) on 192.168.1.7 fills your access line",
	    "and its last words still tell which one");
	verdict_free(v);
	v = full_line(0.1, 0.96, &f);
	is_str(last.cause, "bufferbloat", "not where the other way is full");
	verdict_free(v);

	f.number[0].value = 1e6;
	v = full_line(0.98, 0.1, &f);
	is_str(last.cause, "bufferbloat", "one that is small is not");
	verdict_free(v);
	f.number[0].value = 5e6;
	snprintf(f.fact[2].text, sizeof f.fact[2].text, "outgoing");
	v = full_line(0.1, 0.96, &f);
	is_str(last.cause, "attack", "what goes out is held against what goes out");
	has("an attack (UDP flood of 5 Mbit/s) by 192.168.1.7 fills",
	    "and said to be by it");
	verdict_free(v);
}

/* The other judge is quicker than counters are. */
static void
test_late_counters(void)
{
	struct infer_finding f;
	int64_t t = BEGIN + 124 * 60;

	finding_init(&f, "congestion", "192.168.1.1/2", "line");
	f.segment = SEGMENT_ACCESS;
	snprintf(f.cause, sizeof f.cause, "bufferbloat");
	struct verdict *v = full_line(0.05, 0.3, &f);
	is_str(last.cause, "congestion", "what is found first is congestion");
	for (int i = 0; i < 3; i++)
		line_window(v, t += 60, 0.18, 0.1, 0.96);
	is_str(last.cause, "bufferbloat", "which the line's counters explain");
	has("while uploading at 9.6 of 10 Mbit/s (192.168.1.30, port 443): your modem holds "
	    "about 225 kB.",
	    "by how much and whom");
	verdict_neighbour(v, &f, true);
	line_window(v, t += 60, 0.18, 0.1, 0.3);
	is_str(last.cause, "bufferbloat", "and that stays the cause");
	verdict_free(v);
}

static void
test_own_load(void)
{
	struct verdict *v = path(60, 20);
	struct infer_finding f;
	int64_t t = BEGIN;

	for (int i = 0; i < 20; i++)
		line_window(v, t += 60, 0, 0.05, 0.05);
	verdict_own_load(v, t);
	ok(verdict_now(v, &f) &&
		strstr(f.sentence, "A load test of your own fills the line since ") != NULL,
	    "a load test of one's own is called that");
	verdict_own_load(v, 0);
	ok(verdict_now(v, &f) && strstr(f.sentence, "load test") == NULL,
	    "as long as it runs");
	verdict_free(v);
}

static int64_t
windows(struct verdict *v, int64_t t, unsigned n, unsigned from)
{
	for (unsigned i = 0; i < n; i++)
		window(v, t += 60, from, false);
	return t;
}

/* Something worse later, which hides what was told. */
static void
test_worse(void)
{
	struct verdict *v = path(60, 20);
	struct infer_finding f;
	int64_t t = windows(v, BEGIN, 12, PATH), first = t;

	t = windows(v, t, 30, FAR + 2);
	ok(!verdict_now(v, &f) && f.segment == SEGMENT_TRANSIT && f.begin == first,
	    "two far ends are dead: %s", f.sentence);
	int64_t second = t;
	t = windows(v, t, 4, ACCESS);
	ok(!verdict_now(v, &f) && f.segment == SEGMENT_ACCESS && f.begin == second,
	    "the line dies as well, and is told since it did: %s", f.sentence);
	is_int(closed, 0, "which ends nothing");
	ok(verdict_level(v, SEGMENT_TRANSIT) == VERDICT_BAD, "the other is still bad");
	t = windows(v, t, 10, FAR + 2);
	ok(!verdict_now(v, &f) && f.segment == SEGMENT_TRANSIT && f.begin == first,
	    "when it is back, the first is told again: %s", f.sentence);
	is_int(closed, 1, "only the line's is over");
	is_str(last.subject, "transit", "and goes on");
	windows(v, t, 10, PATH);
	ok(verdict_now(v, &f) && closed == 2, "until it is over, too");
	verdict_free(v);

	v = path(60, 20);
	t = windows(v, BEGIN, 12, PATH);
	second = windows(v, t, 30, ACCESS);
	windows(v, second, 10, FAR + 2);
	ok(!verdict_now(v, &f) && f.segment == SEGMENT_TRANSIT && f.begin >= second &&
		f.begin <= second + 60,
	    "what shows when the line is back began then: %s", f.sentence);
	verdict_free(v);
}

static void
test_again(void)
{
	struct verdict *v = path(60, 20);
	struct infer_finding f;
	int64_t t = windows(v, BEGIN, 12, PATH), first = t;

	for (unsigned i = 0; i < 3; i++) {
		t = windows(v, t, 5, ACCESS);
		ok(!verdict_now(v, &f) && f.segment == SEGMENT_ACCESS &&
			f.begin == first,
		    "dead: %s", f.sentence);
		t = windows(v, t, 7, PATH);
	}
	is_int(closed, 1, "what comes for the third time was over once");
	ok(!verdict_now(v, &f) && strstr(f.sentence, "(3 times, not since ") != NULL,
	    "and is told to be gone: %s", f.sentence);
	ok(verdict_explains(v, FAR) == NULL, "it explains nothing then");
	t = windows(v, t, 20, PATH);
	ok(verdict_now(v, &f) && closed == 2, "after twenty windows it is over");
	t = windows(v, t, 5, ACCESS);
	ok(!verdict_now(v, &f) && strstr(f.sentence, "time and again") == NULL,
	    "and the next is another one: %s", f.sentence);
	verdict_free(v);
}

/* N windows from T on in which series FROM and behind lose LOST of 20, and SLOW and
 * behind take MORE seconds longer. */
static int64_t
both(struct verdict *v, int64_t t, unsigned n, unsigned from, unsigned lost,
    unsigned slow, double more)
{
	for (unsigned k = 0; k < n; k++, t += 60) {
		for (unsigned i = GATEWAY; i < PATH; i++) {
			bool is = i >= from;
			double rtt =
			    is && lost == 20 ? NAN : 0.01 * i + (i >= slow ? more : 0);
			verdict_round(v, &(struct verdict_round){ .id = i,
					     .time = t + 59,
					     .sent = 20,
					     .lost = is ? lost : 0,
					     .median = rtt,
					     .p90 = rtt });
		}
		verdict_tick(v, t + 67);
	}
	return t;
}

static int64_t
lossy(struct verdict *v, int64_t t, unsigned n, unsigned from, unsigned lost)
{
	return both(v, t, n, from, lost, PATH, 0);
}

static double
number(const char *name, const char *of)
{
	for (unsigned i = 0; i < last.numbers; i++)
		if (strcmp(last.number[i].name, name) == 0 &&
		    strcmp(last.number[i].of, of) == 0)
			return last.number[i].value;
	return NAN;
}

/* A line that loses, is dead, and loses again. */
static void
test_phases(void)
{
	struct verdict *v = path(60, 20);
	int64_t t = lossy(v, BEGIN, 30, PATH, 0), begin = t;
	char text[80];

	t = lossy(v, t, 30, ACCESS, 6);
	ok(last.begin == begin && finding_fact_of(&last, "phase")[0] == '\0',
	    "a line loses: %s", last.sentence);
	int64_t dead = t;
	t = lossy(v, t, 30, ACCESS, 20);
	is_str(last.cause, "outage", "then it is dead");
	is_int(last.begin, begin, "which is the same incident, and has its begin");
	has("Since 01:00 your provider's access line is dead; something is the matter "
	    "there since 00:30.",
	    "the sentence has both");
	snprintf(
	    text, sizeof text, "%lld to %lld: outage", (long long)dead, (long long)t);
	is_str(finding_fact_of(&last, "phase"), text, "and so has the record");
	int64_t back = t;
	t = lossy(v, t, 30, ACCESS, 6);
	is_str(last.cause, "loss", "then it loses again");
	is_int(last.begin, begin, "since it did first");
	has("Since 01:30 your provider's access line loses 30 % of all packets; from 01:00 "
	    "to 01:30 nothing got through; something is the matter there since 00:30.",
	    "and that it was dead is not forgotten");
	snprintf(text, sizeof text, "%lld to %lld: nothing got through",
	    (long long)dead, (long long)back);
	is_str(finding_fact_of(&last, "outage"), text, "nor in the record");
	lossy(v, t, 10, PATH, 0);
	is_int(closed, 1, "all of which is one incident");
	has("from 01:00 to 01:30 nothing got through", "by its last words, too");
	verdict_free(v);

	v = path(60, 20);
	t = lossy(v, BEGIN, 30, PATH, 0);
	t = lossy(v, t, 30, ACCESS, 20);
	lossy(v, t, 30, ACCESS, 6);
	has("Since 01:00 your provider's access line loses 30 % of all packets; from 00:30 "
	    "to 01:00 nothing got through. ",
	    "one that was dead from the start began with that");
	verdict_free(v);
}

/* A router that starts anew, and answers before its line is there. */
static void
test_reboot(void)
{
	struct verdict *v = path(60, 20);
	int64_t t = lossy(v, BEGIN, 30, PATH, 0);

	t = lossy(v, t, 5, GATEWAY, 20);
	is_str(segment_word(last.segment), "home", "a router is dead");
	int64_t back = t;
	lossy(v, t, 6, ACCESS, 20);
	is_str(segment_word(last.segment), "access", "then its line is");
	is_int(last.begin, back, "since the router answers again");
	verdict_free(v);
}

/* What passes becomes smaller before it is over. */
static void
test_last_words(void)
{
	struct verdict *v = path(60, 20);
	int64_t t = lossy(v, BEGIN, 30, PATH, 0);

	t = lossy(v, t, 60, ACCESS, 8);
	t = lossy(v, t, 10, ACCESS, 4);
	lossy(v, t, 12, PATH, 0);
	is_int(closed, 1, "what lost 40 %% at first, and less in the end, is over");
	has("loses 40 % of all packets", "the last words have the size of most of it");
	is_close(number("size", "access"), 0.4, 0.005, "so has the record");
	is_close(number("loss", "Access"), 96 / 340., 0.001,
	    "of the windows that are kept, and none in which it was over");
	verdict_free(v);

	v = path(60, 20);
	t = lossy(v, BEGIN, 120, PATH, 0);
	t = both(v, t, 20, PATH, 0, ACCESS, 0.1);
	t = both(v, t, 3, PATH, 0, ACCESS, 0.02);
	lossy(v, t, 12, PATH, 0);
	is_int(closed, 1, "what delayed by 100 ms, and by less in the end, is over");
	has("delays everything by 100 ms", "the same of delay");
	verdict_free(v);
}

/* One window in four is dead: what is sure at first is not, once runs are seen. */
static void
test_runs(void)
{
	struct verdict *v = path(60, 20);
	int64_t t = lossy(v, BEGIN, 30, PATH, 0);

	t = lossy(v, t, 6, ACCESS, 6);
	is_int(last.confidence, CONFIDENCE_SURE, "a line that loses, for sure");
	for (unsigned i = 0; i < 8; i++) {
		t = lossy(v, t, 1, ACCESS, 16);
		t = lossy(v, t, 1, ACCESS, 2);
	}
	has("Pings are lost in runs", "it turns out to lose them in runs");
	is_int(last.confidence, CONFIDENCE_LIKELY, "of which nothing is sure any more");
	t = lossy(v, t, 25, ACCESS, 6);
	is_int(
	    last.confidence, CONFIDENCE_LIKELY, "nor is it right after they are over");
	lossy(v, t, 30, ACCESS, 6);
	is_int(last.confidence, CONFIDENCE_SURE, "but long after");
	verdict_free(v);
}

/* A line that loses, and delays as well. */
static void
test_both(void)
{
	struct verdict *v = path(60, 20);
	int64_t t = lossy(v, BEGIN, 120, PATH, 0);

	t = both(v, t, 10, ACCESS, 6, ACCESS, 0.08);
	has("your provider's access line loses 30 % of all packets; what gets through takes "
	    "80 ms longer (likely). Router is fine.",
	    "both are told");
	is_close(number("added_delay", "access"), 0.08, 1e-3, "both are numbers");
	t = lossy(v, t, 10, ACCESS, 6);
	ok(strstr(last.sentence, "longer") == NULL, "delay that is over is not told");
	both(v, t, 10, ACCESS, 6, CORE, 0.08);
	has("; your provider's network delays everything by 80 ms (likely).",
	    "what another segment does is told by its name");
	verdict_free(v);
}

int
main(void)
{
	setenv("TZ", "UTC", 1); /* by which hours of a day are named */
	test_odds();
	test_baseline();
	test_windows();
	test_life();
	test_suspend();
	test_doubt();
	test_one_by_one();
	test_families();
	test_other_family();
	test_size();
	test_congested_hours();
	test_crowd();
	test_set_back();
	test_alone();
	test_artefact();
	test_cut();
	test_bytes();
	test_worth();
	test_full_line();
	test_late_counters();
	test_own_load();
	test_worse();
	test_again();
	test_phases();
	test_reboot();
	test_last_words();
	test_runs();
	test_both();
	return tap_done();
}
