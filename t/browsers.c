/* What browsers tell of their way: whose minutes are kept, and how many of them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include "link/msgbrowser.h"
#include "recorder/browsers.h"
#include "store.h"
#include "t/tap.h"

#define T0 1700000040LL /* a minute's begin */

static struct msg_browser
minute_of(const char *client, unsigned count, unsigned lost)
{
	struct msg_browser m = { .count = (uint16_t)count, .lost = (uint16_t)lost,
		.median = count > 0 ? 0.0012 : NAN, .p95 = count > 0 ? 0.0345 : NAN };

	if (addr_parse(&m.client, client) != 0)
		printf("# %s is no address\n", client);
	return m;
}

/* --- on the way ------------------------------------------------------------------- */

static void
pass(const char *client, unsigned count, unsigned lost)
{
	static struct msg_out out;
	struct msg_browser m = minute_of(client, count, lost), got;
	struct msg_in in;

	msg_begin(&out, MSG_BROWSER);
	msg_put_browser(&out, &m);
	size_t len = msg_end(&out);
	ok(msg_parse(&in, out.data, len, -1) == 0 && msg_get_browser(&in, &got) == 0 &&
		addr_same_host(&m.client, &got.client) && got.count == count &&
		got.lost == lost,
	    "%s with %u answers comes over", client, count);
	if (count > 0)
		ok(fabs(got.median - 0.0012) < 1e-9 && fabs(got.p95 - 0.0345) < 1e-9,
		    "with its figures");
	else
		ok(isnan(got.median) && isnan(got.p95), "without figures");
	for (size_t n = 2; n < len; n++)
		if (msg_parse(&in, out.data, n, -1) == 0 &&
		    msg_get_browser(&in, &got) == 0)
			ok(false, "%zu bytes of it are believed", n);
}

static void
refuse(const char *what, struct msg_browser m)
{
	ok(!msg_browser_fits(&m), "%s is not believed", what);
}

static void
test_ranges(void)
{
	struct msg_browser m = minute_of("192.0.2.1", 30, 0);

	ok(msg_browser_fits(&m), "a minute is believed");
	m.median = 0.04;
	refuse("a median above the 95th percentile", m);
	m.median = -0.001;
	refuse("a median before the request", m);
	m.median = NAN;
	refuse("no median", m);
	m = minute_of("192.0.2.1", 30, 0);
	m.p95 = 5.1;
	refuse("an answer after the patience's end", m);
	refuse("more than can be asked", minute_of("192.0.2.1", 100, 21));
	refuse("nothing", minute_of("192.0.2.1", 0, 0));
}

/* --- the book --------------------------------------------------------------------- */

static int
take(struct browsers *b, const char *client, int64_t now)
{
	struct msg_browser m = minute_of(client, 27, 3);
	struct err err = { "" };
	int status = browsers_take(b, &m, now, &err);

	if (status < 0)
		printf("# %s\n", err.text);
	return status;
}

static void
test_book(void)
{
	struct browsers *b = browsers_new();
	struct store_rrd rrd = { 0 };
	struct err err = { "" };
	char client[ADDR_TEXT];
	unsigned kept = 0;
	struct stat st;

	ok(take(b, "192.0.2.1", T0 + 7) == 0, "a minute is kept");
	ok(store_rrd_read(STORE_BROWSERS "/192.0.2.1.rrd", &rrd, &err) == 0,
	    "in a file of its address (%s)", err.text);
	ok(rrd.last == T0 && rrd.step == 60 && rrd.ds_count == 3,
	    "as the minute that ended last");
	store_rrd_free(&rrd);
	ok(take(b, "192.0.2.1", T0 + 50) == 0, "a second one is passed over");
	store_rrd_read(STORE_BROWSERS "/192.0.2.1.rrd", &rrd, &err);
	ok(rrd.last == T0, "and changes nothing");
	store_rrd_free(&rrd);

	for (unsigned i = 1; i <= 40; i++) {
		snprintf(client, sizeof client, "2001:db8:0:%x::%x", i % 256, i);
		kept += take(b, client, T0 + 100) == 0;
	}
	ok(kept == BROWSERS_SITE_MAX, "of one IPv6 /56 sixteen are kept (%u)", kept);
	kept = 0;
	for (unsigned i = 1; i <= 40; i++) {
		snprintf(client, sizeof client, "203.0.114.%u", i);
		kept += take(b, client, T0 + 150) == 0;
	}
	ok(kept == BROWSERS_SITE_MAX, "of one IPv4 /24, too (%u)", kept);
	ok(take(b, "2001:db8:0:101::1", T0 + 150) == 0, "the next network has its own");
	kept += BROWSERS_SITE_MAX + 2;
	for (unsigned i = 2; i <= 100; i++) {
		snprintf(client, sizeof client, "198.51.%u.2", i);
		kept += take(b, client, T0 + 200) == 0;
	}
	ok(kept == STORE_BROWSERS_MAX, "in all, 64 (%u)", kept);
	ok(take(b, "192.0.2.1", T0 + 300) == 0, "who has a place keeps it");
	ok(take(b, "203.0.113.1", T0 + 100 + BROWSERS_IDLE_S) == 0,
	    "after a day the one that was silent makes room");
	ok(stat(STORE_BROWSERS "/2001:db8:0:1::1.rrd", &st) < 0, "with its file");
	ok(take(b, "203.0.113.2", T0 + 90 + BROWSERS_IDLE_S) == 1,
	    "the others do not yet");
	browsers_free(b);

	struct utimbuf old = { T0, T0 };
	utime(STORE_BROWSERS "/198.51.20.2.rrd", &old);
	b = browsers_new();
	ok(take(b, "203.0.113.3", T0 + 2 * BROWSERS_IDLE_S) == 0 &&
		stat(STORE_BROWSERS "/198.51.20.2.rrd", &st) < 0,
	    "a restart knows of them");
	browsers_free(b);
}

int
main(void)
{
	char dir[] = "/tmp/browsers.XXXXXX", command[64];

	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return 1;
	pass("192.0.2.1", 30, 1);
	pass("2001:db8::1", 1, 0);
	pass("fe80::1", 0, 4);
	test_ranges();
	test_book();
	snprintf(command, sizeof command, "rm -rf %s", dir);
	if (chdir("/") != 0 || system(command) != 0)
		return 1;
	return tap_done();
}
