/* The judge of a line that is full: by whom, and what of it is the box's own doing. */
#include "t/verdictpath.h"

static double
talker(void *ctx, int64_t begin, int64_t end, bool out, char text[VERDICT_TALKER])
{
	(void)ctx;
	snprintf(text, VERDICT_TALKER, "%s",
	    out && begin < end ? "192.168.1.30, port 443" : "");
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
		strstr(f.sentence, "A load test of your own fills the line since ") !=
		    NULL,
	    "a load test of one's own is called that");
	verdict_own_load(v, 0);
	ok(verdict_now(v, &f) && strstr(f.sentence, "load test") == NULL,
	    "as long as it runs");
	verdict_free(v);
}

int
main(void)
{
	setenv("TZ", "UTC", 1); /* by which hours of a day are named */
	test_worth();
	test_full_line();
	test_late_counters();
	test_own_load();
	return tap_done();
}
