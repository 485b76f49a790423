/* Requests taken apart: paths, arguments, times, names of this server. */
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "t/tap.h"
#include "web/host.h"
#include "web/query.h"

static void
test_parse(void)
{
	static const struct {
		const char *target, *path, *name, *value, *error;
	} table[] = {
		{ "/", "/", "x", NULL, NULL },
		{ "/t/A/B?x=1&y=2", "/t/A/B", "y", "2", NULL },
		{ "/cgi?target=A.B;start=now-1d;end=now", "/cgi", "start", "now-1d",
		    NULL },
		{ "/a?x=1;y=2&z=3", "/a", "z", "3", NULL },
		{ "/a?x=1&x=2", "/a", "x", "1", NULL },
		{ "/a?x", "/a", "x", "", NULL },
		{ "/a?x=", "/a", "x", "", NULL },
		{ "/a?&;&x=1", "/a", "x", "1", NULL },
		{ "/a?x=a=b", "/a", "x", "a=b", NULL },
		{ "/a?x=2026-01-31+18%3A00", "/a", "x", "2026-01-31 18:00", NULL },
		{ "/a+b?x=c", "/a+b", "x", "c", NULL },
		{ "/%41%2fb?%78=%26%3b", "/A/b", "x", "&;", NULL },
		{ "/caf%c3%a9", "/caf\xc3\xa9", "x", NULL, NULL },
		{ "http://host:80/t?x=1", "/t", "x", "1", NULL },
		{ "http://host", "/", "x", NULL, NULL },
		{ "/a?x=1#y=2", "/a", "x", "1", NULL },
		{ "/../../etc/passwd", "/../../etc/passwd", "x", NULL, NULL },
		{ "", NULL, NULL, NULL, "bad path, expected it to begin with /" },
		{ "*", NULL, NULL, NULL, "bad path, expected it to begin with /" },
		{ "/%", NULL, NULL, NULL,
		    "broken escape, expected % and two hexadecimal digits" },
		{ "/%4", NULL, NULL, NULL,
		    "broken escape, expected % and two hexadecimal digits" },
		{ "/a?x=%zz", NULL, NULL, NULL,
		    "broken escape, expected % and two hexadecimal digits" },
		{ "/%00", NULL, NULL, NULL, "control character, expected text" },
		{ "/a?x=%0d%0aSet-Cookie", NULL, NULL, NULL,
		    "control character, expected text" },
		{ "/%ff", NULL, NULL, NULL, "broken UTF-8, expected text in UTF-8" },
		{ "/%c0%af", NULL, NULL, NULL, "broken UTF-8, expected text in UTF-8" },
		{ "/%ed%a0%80", NULL, NULL, NULL,
		    "broken UTF-8, expected text in UTF-8" },
		{ "/a?%ff=1", NULL, NULL, NULL,
		    "broken UTF-8, expected text in UTF-8" },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct query q;
		struct err err;
		int r = query_parse(&q, table[i].target, &err);

		if (table[i].error != NULL) {
			ok(r != 0 && strcmp(err.text, table[i].error) == 0, "%s: %s",
			    table[i].target, table[i].error);
		} else if (ok(r == 0, "%s is fine", table[i].target)) {
			is_str(q.path, table[i].path, "  its path");
			is_str(query_arg(&q, table[i].name), table[i].value,
			    "  its argument");
		}
		if (r == 0)
			query_free(&q);
	}
}

static void
test_limits(void)
{
	char *target = malloc(QUERY_MAX + 2);
	struct query q;
	struct err err;

	memset(target, 'a', QUERY_MAX + 1);
	target[0] = '/';
	target[QUERY_MAX + 1] = '\0';
	ok(query_parse(&q, target, &err) != 0, "too long a target is refused");
	strcpy(target, "/?");
	for (unsigned i = 0; i < QUERY_ARGS_MAX; i++)
		strcat(target, "a&");
	ok(query_parse(&q, target, &err) == 0, "as many arguments as are allowed");
	is_int((long long)q.args, QUERY_ARGS_MAX, "  all of them");
	query_free(&q);
	strcat(target, "b");
	ok(query_parse(&q, target, &err) != 0, "one more is refused");
	free(target);
}

static void
test_times(void)
{
	int64_t now = time(NULL), t;
	struct err err;
	static const struct {
		const char *text;
		int64_t want; /* below 0: before now; -1 in the table's end */
		bool relative, wrong;
	} table[] = {
		{ "1700000000", 1700000000, false, false },
		{ "0", 0, false, false },
		{ "now", 0, true, false },
		{ "now-3h", -10800, true, false },
		{ "now-10800s", -10800, true, false },
		{ "-3h", -10800, true, false },
		{ "-1d", -86400, true, false },
		{ "end-1h", -3600 - 500, true, false },
		{ "99999999999999", 0, true, false },
		{ "2026-01-31 18:00", 1769882400, false, false },
		{ "2026-01-31T18:00", 1769882400, false, false },
		{ "2026-01-31 18:00:05", 1769882405, false, false },
		{ "2026-01-31", 1769817600, false, false },
		{ "20260131", 1769817600, false, false },
		{ "2026-13-31", 0, false, true },
		{ "2026-01-31 25:00", 0, false, true },
		{ "2026-01-31 18:00:05:06", 0, false, true },
		{ "2026-01-31x", 0, false, true },
		{ "yesterdayish", 0, false, true },
		{ "now-3parsecs", 0, false, true },
		{ "now-999999999999999h", 0, false, true },
		{ "now-200y", 0, false, true },
		{ "$(reboot)", 0, false, true },
		{ "`id`", 0, false, true },
		{ "1e9", 0, false, true },
		{ "", 0, false, true },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		int r = query_time(table[i].text, now, now - 500, &t, &err);
		if (table[i].wrong) {
			ok(r != 0, "time \"%s\" is refused", table[i].text);
			continue;
		}
		int64_t want = table[i].want + (table[i].relative ? now : 0);
		if (!ok(r == 0 && llabs(t - want) <= 2, "time \"%s\"", table[i].text))
			printf("# %s: got %lld, expected %lld\n",
			    r == 0 ? "" : err.text, (long long)t, (long long)want);
	}
	static const struct {
		const char *text;
		int day;
		int64_t more;
	} days[] = { { "today", 0, 0 }, { "yesterday", -1, 0 },
		{ "yesterday+90min", -1, 5400 }, { "Yesterday", -1, 0 },
		{ "tomorrow", 1, 0 }, { "12:00 yesterday", -1, 43200 } };
	for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
		time_t then = time(NULL);
		struct tm tm;
		localtime_r(&then, &tm);
		tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
		tm.tm_mday += days[i].day;
		ok(query_time(days[i].text, now, now, &t, &err) == 0 &&
			t == mktime(&tm) + days[i].more,
		    "time \"%s\" is from a day's begin on", days[i].text);
	}
	ok(query_time(
	       "this is far more than sixty-four characters of a time, so it is none",
	       now, now, &t, &err) != 0,
	    "a long time is refused");
}

static void
test_hosts(void)
{
	static const struct {
		const char *header;
		bool allowed;
	} table[] = {
		{ "127.0.0.1", true },
		{ "192.0.2.7:8080", true },
		{ "[::1]:8080", true },
		{ "[2001:db8::1]", true },
		{ "localhost", true },
		{ "LOCALHOST:80", true },
		{ "box", true },
		{ "box.example.net:8080", true },
		{ "printer.lan", true },
		{ "a.local.", true },
		{ "a.b.home.arpa", true },
		{ "x.internal", true },
		{ "smoke.example.org", true },
		{ "deep.wild.example.com", true },
		{ "wild.example.com", false },
		{ "evil.example", false },
		{ "boxing.example.net", false },
		{ "local", false },
		{ "127.0.0.1.evil.example", false },
		{ "localhost.evil.example", false },
		{ "evil.example:80:80", false },
		{ "127.0.0.1:80", true },
		{ "127.0.0.1:", true },
		{ "127.0.0.1:8080@evil.example", false },
		{ "localhost:80:80", false },
		{ "[::1]:80", true },
		{ "[::1]:x", false },
		{ "[::1", false },
		{ "[::1]x", false },
		{ "a b", false },
		{ "", false },
		{ ":80", false },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		ok(host_allowed(table[i].header, "box.home",
		       "smoke.example.org, *.wild.example.com") == table[i].allowed,
		    "Host \"%s\" is %s", table[i].header,
		    table[i].allowed ? "ours" : "refused");
	ok(!host_allowed("evil.example", "box", NULL), "no list, no more names");
}

static void
test_encode(void)
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	query_encode(out, "/A/b c&d?\"<\xc3\xa9~");
	fclose(out);
	is_str(text, "/A/b%20c%26d%3F%22%3C%C3%A9~", "encoded for a path");
	free(text);
}

int
main(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
	test_parse();
	test_limits();
	test_times();
	test_hosts();
	test_encode();
	return tap_done();
}
