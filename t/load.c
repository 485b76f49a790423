/* What a load test says of a line: rates, waiting, grades. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "infer/load.h"
#include "recorder/loadtext.h"
#include "t/tap.h"

static bool
near(double a, double b, double share)
{
	return fabs(a - b) <= share * fabs(b);
}

/* A line that carries FIRST bit/s for TURN seconds, then LATER, seen four times a second
 * for SECONDS, after WAIT seconds of nothing. */
static struct load_rates
rates_of(double wait, double first, double turn, double later, double seconds)
{
	struct load_sample s[512];
	struct load_rates r;
	size_t n = 0;

	for (double t = 0; t <= wait + seconds + 1e-9; t += 0.25) {
		double x = t - wait, bytes = 0;

		if (x > 0)
			bytes = (x < turn ? x * first : turn * first + (x - turn) * later) / 8;
		s[n++] = (struct load_sample){ t, bytes };
	}
	load_rates(s, n, &r);
	return r;
}

static void
test_rates(void)
{
	struct load_rates r = rates_of(0, 20e6, 100, 0, 10);

	ok(near(r.burst_bps, 20e6, 1e-6) && near(r.sustained_bps, 20e6, 1e-6),
	    "a steady line: %g and %g", r.burst_bps, r.sustained_bps);
	r = rates_of(0, 50e6, 5, 10e6, 10);
	ok(near(r.burst_bps, 50e6, 1e-6) && near(r.sustained_bps, 10e6, 1e-6),
	    "five fast seconds do not count as sustained: %g and %g", r.burst_bps,
	    r.sustained_bps);
	r = rates_of(0, 50e6, 2, 10e6, 10);
	ok(near(r.burst_bps, 26e6, 1e-6) && near(r.sustained_bps, 10e6, 1e-6),
	    "nor do two: %g and %g", r.burst_bps, r.sustained_bps);
	r = rates_of(1.5, 20e6, 100, 0, 8);
	ok(near(r.burst_bps, 20e6, 1e-6) && near(r.seconds, 8, 1e-6),
	    "connecting does not count: %g in %g s", r.burst_bps, r.seconds);
	r = rates_of(0, 20e6, 100, 0, 5.5);
	ok(near(r.burst_bps, 20e6, 1e-6) && isnan(r.sustained_bps),
	    "half a second is not sustained");
	r = rates_of(3, 20e6, 100, 0, 0);
	ok(isnan(r.burst_bps) && r.seconds == 0, "nothing came");
	load_rates(NULL, 0, &r);
	ok(isnan(r.burst_bps), "nothing was seen");
}

static void
test_fresh(void)
{
	struct load_fresh f[100];

	for (int i = 0; i < 100; i++)
		f[i] = (struct load_fresh){ 0.02, 0.04, 0.06 };
	ok(near(load_rpm(f, 100), 60 / 0.04, 1e-9), "three steps: %g a minute",
	    load_rpm(f, 100));
	for (int i = 0; i < 100; i++)
		f[i].tls = NAN;
	ok(near(load_rpm(f, 100), 60 / 0.04, 1e-9), "two of them");
	for (int i = 0; i < 5; i++)
		f[i].http = 10;
	ok(near(load_rpm(f, 100), 60 / 0.04, 1e-9), "the slowest 5 %% do not count");
	f[5].http = 10;
	ok(load_rpm(f, 100) < 1200, "more of them do");
	f[6].tcp = 0.5;
	ok(near(load_rtt(f, 100, 0.5), 0.02, 1e-9), "the median handshake");
	ok(isnan(load_rpm(f, 0)) && isnan(load_rtt(f, 0, 0.5)), "of none, nothing");
}

static void
test_grades(void)
{
	static const struct {
		double ms;
		const char *grade;
	} is[] = { { 0, "A+" }, { 4.9, "A+" }, { 5, "A" }, { 29, "A" }, { 30, "B" },
		{ 59, "B" }, { 60, "C" }, { 199, "C" }, { 200, "D" }, { 399, "D" },
		{ 400, "F" }, { 5000, "F" } };

	for (size_t i = 0; i < sizeof is / sizeof *is; i++)
		ok(strcmp(load_grade(is[i].ms / 1000), is[i].grade) == 0, "%g ms: %s",
		    is[i].ms, is[i].grade);
	ok(*load_grade(NAN) == '\0', "no grade of nothing");
}

/* --- on the way, and in words ----------------------------------------------------- */

static struct msg_loadresult
result(void)
{
	struct msg_loadresult r = { .id = 7,
		.idle = { 10, 0, 0.020, 0.025, 2800 },
		.way = { { true, false, 1000000, 1010000, 12500000, 10e6, 8e6, 10,
			     { 80, 1, 0.120, 0.180, 480 } },
		    { true, true, 1013000, 1020000, 4000000, 2e6, NAN, 3.5,
			{ 50, 0, 0.330, 0.4, 180 } } } };

	return r;
}

static int
pass(const struct msg_loadresult *r, struct msg_loadresult *got)
{
	static struct msg_out out;
	struct msg_in in;

	msg_begin(&out, MSG_LOADRESULT);
	msg_put_loadresult(&out, r);
	size_t len = msg_end(&out);
	return msg_parse(&in, out.data, len, -1) != 0 ? -1
						      : msg_get_loadresult(&in, got);
}

static void
test_message(void)
{
	struct msg_loadresult r = result(), got;

	ok(pass(&r, &got) == 0 && got.id == 7 && got.way[LOAD_DOWN].sustained_bps == 8e6 &&
		isnan(got.way[LOAD_UP].sustained_bps) && got.way[LOAD_UP].full &&
		got.way[LOAD_DOWN].fresh.made == 80,
	    "a result comes over");
	r.way[LOAD_UP].burst_bps = -5;
	ok(pass(&r, &got) < 0, "no rate is negative");
	r = result();
	r.idle.rtt = INFINITY;
	ok(pass(&r, &got) < 0, "no time is endless");
	r = result();
	r.way[LOAD_DOWN].end_ms = 5;
	ok(pass(&r, &got) < 0, "no end is before the begin");
}

static void
test_words(void)
{
	struct loadtext t = { .begin_s = 1000, .end_s = 1021, .over = true,
		.result = result(),
		.pings = { { "World.far", 0.021, 0.119, 9 }, { "", NAN, NAN, 0 } } };
	char *s = loadtext_summary(&t), *e = loadtext_evidence(&t);

	ok(strcmp(s, "Own load test: download 8 Mbit/s (10 Mbit/s in the first 5 s), "
		     "upload 2 Mbit/s (in 3.5 s, too short to last); others wait 100 ms "
		     "longer during the download and 310 ms longer during the upload: "
		     "grade D, 180 round trips a minute (2800 at rest).") == 0,
	    "in words: %s", s);
	ok(strstr(e, "\"upload_added\":0.31") != NULL && strstr(e, "\"grade\":\"D\"") != NULL &&
		strstr(e, "\"download_pings_target\":\"World.far\"") != NULL &&
		strstr(e, "\"upload_ended_by\":\"bytes\"") != NULL &&
		strstr(e, "\"line\":null") != NULL && strstr(e, LOAD_RPM_FORM) != NULL,
	    "in figures: %s", e);
	free(s);
	free(e);
	t.result.failed = true;
	t.result.way[LOAD_UP].tried = false;
	strcpy(t.result.text, "upload: the server answers with 404");
	s = loadtext_summary(&t);
	ok(strstr(s, "Own load test, not complete: upload: the server answers with 404; "
		     "download 8 Mbit/s") == s,
	    "a half one: %s", s);
	free(s);
	t = (struct loadtext){ .begin_s = 1000 };
	s = loadtext_summary(&t);
	ok(strcmp(s, "Own load test is running.") == 0 && isnan(loadtext_added(&t)),
	    "one under way");
	free(s);
}

int
main(void)
{
	test_rates();
	test_fresh();
	test_grades();
	test_message();
	test_words();
	return tap_done();
}
