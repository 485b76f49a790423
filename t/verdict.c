/* The judge by hand: windows, what is kept, what is explained, where ways part. (That
 * its verdicts are right is t/scenarios.c's affair.) */
#include "t/verdictpath.h"

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
	ok(verdict_level(v, SEGMENT_PROVIDER) != VERDICT_FINE &&
		verdict_level(v, SEGMENT_FAR) != VERDICT_FINE,
	    "what lies behind it is not fine");
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
	verdict_gap(v, t - 3, t, "a restart");
	ok(verdict_now(v, &f) &&
		strstr(f.sentence, " Not measured for 3 s at ") != NULL &&
		strstr(f.sentence, ": a restart.") != NULL,
	    "but for some seconds: %s", f.sentence);
	verdict_gap(v, t - 180, t, "a suspend");
	ok(verdict_now(v, &f) && strstr(f.sentence, " Not measured from ") != NULL,
	    "or for longer: %s", f.sentence);
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

/* A window that ends at T, in which series I lost LOST[I] of 20. */
static void
counted(struct verdict *v, int64_t t, const unsigned lost[PATH])
{
	for (unsigned i = GATEWAY; i < PATH; i++) {
		double rtt = lost[i] < 20 ? 0.01 * i : NAN;
		verdict_round(v, &(struct verdict_round){ .id = i,
				     .time = t - 1,
				     .sent = 20,
				     .lost = lost[i],
				     .median = rtt,
				     .p90 = rtt });
	}
	verdict_tick(v, t + 7);
}

/* A ping to one far end was lost by chance a window before all is dead, behind a router
 * that never answers: that this end answered in the window in which it began proves
 * nothing. */
static void
test_chance_before(void)
{
	static const unsigned fine[PATH] = { [GATEWAY] = 20 },
			      chance[PATH] = { [GATEWAY] = 20, [FAR] = 1 },
			      begins[PATH] = { 0, 20, 9, 12, 7, 9, 11, 9 },
			      dead[PATH] = { 0, 20, 20, 20, 20, 20, 20, 20 };
	struct verdict *v = path(30, 10);
	int64_t t = BEGIN;

	for (int i = 0; i < 40; i++)
		counted(v, t += 60, fine);
	counted(v, t += 60, chance);
	counted(v, t += 60, begins);
	for (int i = 0; i < 3; i++)
		counted(v, t += 60, dead);
	is_str(last.subject, "beyond", "nothing tells where it is dead");
	is_int(closed, 0, "and nothing else was told before");
	verdict_free(v);
}

/* A router lost packets in the window in which it began alone, far ends in the next
 * ones, too: what the router loses since then is nothing, which nobody is told of. */
static void
test_nothing_left(void)
{
	static const unsigned fine[PATH] = { 0 },
			      begins[PATH] = { 0, 10, 10, 10, 10, 10, 10, 10 },
			      rest[PATH] = { 0, 0, 0, 0, 6, 6, 6, 6 };
	struct verdict *v = path(60, 20);
	int64_t t = BEGIN;
	unsigned n = 0;

	for (int i = 0; i < 40; i++)
		counted(v, t += 60, fine);
	counted(v, t += 60, begins);
	for (int i = 0; i < 4; i++) {
		counted(v, t += 60, rest);
		n += heard > 0 && strstr(last.sentence, " 0.0 %") != NULL;
	}
	is_int(n, 0, "no segment loses 0.0 % of all packets");
	verdict_free(v);
}

/* N windows of a minute from T on, in which so many of 20 pings could not be sent, and
 * of the others series FROM and behind lost all. */
static int64_t
not_sent(struct verdict *v, int64_t t, unsigned n, unsigned unsent, unsigned from)
{
	for (; n > 0; n--, t += 60) {
		for (unsigned i = GATEWAY; i < PATH; i++) {
			bool answered = i < from && unsent < 20;
			verdict_round(v, &(struct verdict_round){ .id = i,
					     .time = t + 59,
					     .sent = 20,
					     .lost = i < from ? 0 : 20 - unsent,
					     .unknown = unsent,
					     .why = VERDICT_NOT_SENT,
					     .median = answered ? 0.01 * i : NAN,
					     .p90 = answered ? 0.01 * i : NAN });
		}
		verdict_tick(v, t + 67);
	}
	return t;
}

/* What this box cannot send once is over when it is; now and then, it is told of. */
static void
test_unsent(void)
{
	struct verdict *v = path(60, 20);
	struct infer_finding f;
	int64_t t = not_sent(v, BEGIN, 5, 0, PATH);

	t = not_sent(v, t, 1, 8, PATH);
	t = not_sent(v, t, 3, 20, PATH);
	t = not_sent(v, t, 1, 8, PATH);
	is_str(last.cause, "not_sent", "nothing can be sent");
	t = not_sent(v, t, 4, 0, PATH);
	is_int(closed, 1, "and once it can, that is over");
	ok(verdict_now(v, &f), "and all is fine");
	t = not_sent(v, t, 30, 0, PATH);
	for (int i = 0; i < 3; i++) {
		t = not_sent(v, t, 1, 12, PATH);
		t = not_sent(v, t, 4, 0, PATH);
	}
	ok(!verdict_now(v, &f) && strcmp(f.cause, "unsent") == 0 &&
		f.segment == SEGMENT_HOST,
	    "what cannot be sent for the third time is: %s", f.sentence);
	is_int(f.begin, t - 15 * 60, "since the first time");
	t = not_sent(v, t, 5, 0, ACCESS);
	ok(!verdict_now(v, &f) && f.segment == SEGMENT_ACCESS,
	    "a line that is dead meanwhile is told");
	is_str(verdict_explains(v, FAR), "access", "and explains what is behind it");
	not_sent(v, t, 30, 0, PATH);
	is_int(closed, 3, "in the end both are over");
	ok(verdict_now(v, &f), "and all is fine again");
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

int
main(void)
{
	setenv("TZ", "UTC", 1); /* by which hours of a day are named */
	test_windows();
	test_life();
	test_suspend();
	test_chance_before();
	test_nothing_left();
	test_unsent();
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
	return tap_done();
}
