/* The course of a verdict: it becomes worse, comes again, changes, and is over. */
#include "t/verdictpath.h"

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
	test_worse();
	test_again();
	test_phases();
	test_reboot();
	test_last_words();
	test_runs();
	test_both();
	return tap_done();
}
