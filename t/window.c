/* When nothing is to be told: windows of the configuration, and an operator's silences. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "config/window.h"
#include "recorder/silence.h"
#include "store.h"
#include "t/tap.h"

static char dir[] = "/tmp/smokebox-window-XXXXXX";

/* A section of *** Silences *** with KEY = VALUE pairs, NULL behind the last key. */
static const struct conf_section *
section(const char *const (*pair)[2])
{
	static struct conf_var var[6];
	static struct conf_section s;

	s = (struct conf_section){ .name = "w", .var = var };
	for (unsigned line = 2; (*pair)[0] != NULL; pair++, line++)
		var[s.vars++] = (struct conf_var){
			.key = (*pair)[0], .value = (*pair)[1], .at = { "smokebox", line }
		};
	return &s;
}

#define SECTION(...) section((const char *const[][2]){ __VA_ARGS__, { NULL, NULL } })

/* 2026-03-02 was a Monday. */
static time_t
at(int day, int hour, int minute)
{
	struct tm tm = { .tm_year = 126,
		.tm_mon = 2,
		.tm_mday = day,
		.tm_hour = hour,
		.tm_min = minute,
		.tm_isdst = -1 };

	return mktime(&tm);
}

static bool
holds(const struct window *w, int day, int hour, int minute)
{
	time_t t = at(day, hour, minute);
	struct tm local;

	localtime_r(&t, &local);
	return window_holds(w, t, &local);
}

static void
windows(void)
{
	struct window w;
	struct place place;
	struct err err;

	ok(window_parse(&w, SECTION({ "time", "02:00-04:30" }), &place, &err) == 0,
	    "every night");
	ok(!holds(&w, 2, 1, 59) && holds(&w, 2, 2, 0) && holds(&w, 8, 4, 29) &&
		!holds(&w, 2, 4, 30),
	    "from its first minute to its last");
	ok(window_parse(&w,
	       SECTION({ "days", "mon-wed fri" }, { "time", "22:00 - 02:30" }), &place,
	       &err) == 0,
	    "over midnight, on some days");
	ok(holds(&w, 2, 22, 0) && holds(&w, 3, 2, 29) && !holds(&w, 3, 2, 30),
	    "it begins on its day and ends on the next");
	ok(!holds(&w, 2, 1, 0), "Sunday is none of them, so nothing lasts into Monday");
	ok(holds(&w, 5, 0, 30) && !holds(&w, 5, 22, 30) && holds(&w, 6, 23, 0) &&
		holds(&w, 7, 1, 0) && !holds(&w, 7, 23, 0),
	    "Wednesday lasts into Thursday, Friday into Saturday");
	ok(window_parse(&w, SECTION({ "days", "sat-mon" }), &place, &err) == 0,
	    "whole days, over the end of the week");
	ok(holds(&w, 2, 23, 59) && !holds(&w, 3, 0, 0) && holds(&w, 7, 0, 0) &&
		holds(&w, 8, 12, 0),
	    "all of them");
	ok(window_parse(&w,
	       SECTION({ "from", "2026-03-02 20:00" }, { "until", "2026-03-04" }), &place,
	       &err) == 0,
	    "once");
	ok(!holds(&w, 2, 19, 59) && holds(&w, 2, 20, 0) && holds(&w, 3, 23, 59) &&
		!holds(&w, 4, 0, 0),
	    "between two dates");
}

static void
bad(void)
{
	static const struct {
		const char *pair[3][2];
		const char *why;
		unsigned line;
	} cases[] = {
		{ { { NULL, NULL } }, "does not say when", 0 },
		{ { { "targets", "A" }, { NULL, NULL } }, "does not say when", 0 },
		{ { { "from", "2026-03-02" }, { NULL, NULL } }, "has from and no until", 2 },
		{ { { "until", "2026-03-02" }, { NULL, NULL } }, "has until and no from", 2 },
		{ { { "from", "2026-02-31" }, { "until", "2026-03-02" } },
		    "expected a local time", 2 },
		{ { { "from", "2026-02-03" }, { "until", "tomorrow" } },
		    "expected a local time", 3 },
		{ { { "from", "2026-02-03" }, { "until", "2026-02-03 00:00" } },
		    "not behind from", 3 },
		{ { { "from", "2026-02-03" }, { "time", "02:00-03:00" } },
		    "dated and repeated", 0 },
		{ { { "time", "02:00-02:00" }, { NULL, NULL } }, "two times", 2 },
		{ { { "time", "25:00-02:00" }, { NULL, NULL } }, "two times", 2 },
		{ { { "time", "02:00-03:60" }, { NULL, NULL } }, "two times", 2 },
		{ { { "days", "someday" }, { NULL, NULL } }, "expected days", 2 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct window w;
		struct place place = { NULL, 0 };
		struct err err = { "" };
		const char *pair[3][2] = { { NULL } };
		memcpy(pair, cases[i].pair, 2 * sizeof pair[0]);
		if (!ok(window_parse(&w, section((const char *const(*)[2])pair), &place,
			    &err) != 0 &&
			    strstr(err.text, cases[i].why) != NULL &&
			    place.line == cases[i].line,
			"%s", cases[i].why))
			printf("# line %u: %s\n", place.line, err.text);
	}
}

static void
subjects(void)
{
	struct window w = { .targets = "A.B  C,D.E" };

	ok(window_covers(&w, "A.B") && window_covers(&w, "A.B.x") &&
		window_covers(&w, "A.B~slave") && window_covers(&w, "C.x") &&
		window_covers(&w, "D.E"),
	    "targets, and what is below them");
	ok(!window_covers(&w, "A") && !window_covers(&w, "A.Bx") &&
		!window_covers(&w, "D") && !window_covers(&w, ""),
	    "and nothing else");
	w.targets = "";
	ok(window_covers(&w, "x") && window_covers(&w, ""), "none is all");
}

/* --- an operator's ---------------------------------------------------------------- */

static void
trouble(void *ctx, const char *text)
{
	(void)ctx;
	printf("# %s\n", text);
}

static void
asked(void)
{
	static const struct events_ops ops = { trouble };
	struct conf_section root = { .name = "" };
	struct conf conf = { .root = &root };
	int64_t now = clock_wall_ns() / CLOCK_NS_PER_S;
	struct err err;

	struct events *ev = events_open(&ops, NULL, EVENTS_QUEUE_MAX);
	struct silences *s = silences_new(ev);
	silences_configure(s, &conf);
	ok(!silences_cover(s, "A.B", now), "nothing is silent");
	ok(silences_add(s, now, now + 60, "A", "work", &err) == 0, "a silence");
	ok(silences_cover(s, "A.B", now) && silences_cover(s, "A.B", now + 59) &&
		!silences_cover(s, "A.B", now + 60) && !silences_cover(s, "AB", now),
	    "for its time and its targets");
	ok(silences_add(s, now + 60, now + 50, "A", "", &err) < 0 &&
		silences_add(s, now - 60, now - 50, "A", "", &err) < 0 &&
		silences_add(s, now, now + 400 * 86400, "A", "", &err) < 0,
	    "none that is over, backward or endless");
	while (events_work(ev, CLOCK_NS_PER_MS) >= 0)
		;
	silences_free(s);
	s = silences_new(ev);
	ok(silences_cover(s, "A.B", now + 1), "it outlives a restart");
	int n = 1;
	while (n < 2 * SILENCES_MAX && silences_add(s, now, now + 60, "x", "", &err) == 0)
		n++;
	is_int(n, SILENCES_MAX, "there is a bound");
	silences_free(s);
	events_close(ev);
}

int
main(void)
{
	if (mkdtemp(dir) == NULL || chdir(dir) < 0)
		tap_skip_all("no temporary directory");
	setenv("TZ", "Europe/Vienna", 1);
	tzset();
	windows();
	bad();
	subjects();
	asked();
	unlink(STORE_EVENTS);
	unlink(STORE_EVENTS "-wal");
	unlink(STORE_EVENTS "-shm");
	rmdir(STORE_DIR);
	if (chdir("/") == 0)
		rmdir(dir);
	return tap_done();
}
