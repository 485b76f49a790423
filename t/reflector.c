/* Whom the reflector answers, how, and whom not. */
#include "probes/reflector.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "probes/stampwire.h"
#include "t/tap.h"

#define S CLOCK_NS_PER_S
#define MS CLOCK_NS_PER_MS
#define WALL (1700000000 * S)

static const struct stamp_key plain;
static const struct stamp_key key = { 13, "correct-horse" };
static struct msg_counters counters;
static struct conf *conf;

/* Go over to a configuration with these LINES in the section Reflector. */
static void
configure(const char *lines)
{
	struct conf_report report = { 0 };
	char text[1024];

	snprintf(text, sizeof text, "#@ checked 1\n*** Reflector ***\n%s", lines);
	struct conf *next = conf_parse_checked(text, strlen(text), &report);
	if (next == NULL) {
		conf_report_print(&report, stdout);
		exit(1);
	}
	reflector_configure(next);
	conf_free(conf);
	conf = next;
}

static uint8_t buf[STAMP_MAX];

/* Ask as FROM:PORT with number SEQ of session SSID; the answer in A. */
static bool
ask_as(const char *from, unsigned port, uint32_t seq, uint16_t ssid, size_t size,
    const struct stamp_key *k, struct stamp_answer *a)
{
	struct stamp_question q = { seq, stamp_from_ns(clock_wall_ns() - MS), 0x1601,
		ssid };
	struct reflector_came came = {
		.port = 8620, .ttl = 61, .wall_ns = clock_wall_ns() - 20000
	};
	size_t len = stamp_write_question(buf, size, &q, k);

	(void)addr_parse(&came.from, from);
	addr_set_port(&came.from, port);
	if (!reflector_answer(buf, len, &came))
		return false;
	return stamp_read_answer(a, buf, len, k) == STAMP_GOOD && a->asked.seq == seq &&
	       a->ssid == ssid && a->asked.sent == q.sent && a->ttl == 61 &&
	       stamp_to_ns(a->received, a->error, WALL) == came.wall_ns &&
	       stamp_to_ns(a->sent, a->error, WALL) == clock_wall_ns();
}

static bool
ask(uint32_t seq, struct stamp_answer *a)
{
	clock_fake_advance(10 * MS);
	return ask_as("192.0.2.7", 40000, seq, 5, 0, &plain, a);
}

static void
whom(void)
{
	struct stamp_answer a;

	ok(!ask(0, &a), "without its section it answers nobody");
	is_int((long long)counters.refused[REFUSED_PREFIX], 1, "which is counted");
	configure("listen = :8620\nallow = 192.0.2.0/24, 2001:db8::/32\n");
	ok(ask(0, &a), "who is allowed is answered");
	ok(ask_as("::ffff:192.0.2.9", 40000, 1, 5, 0, &plain, &a),
	    "by IPv4 on a socket of both");
	ok(ask_as("2001:db8::1", 40000, 1, 5, 0, &plain, &a), "and by IPv6");
	is_int((long long)counters.reflected, 3, "three answers");
	ok(!ask_as("192.0.3.7", 40000, 1, 5, 0, &plain, &a), "others are not");
	is_int((long long)counters.refused[REFUSED_PREFIX], 2, "counted again");
	ok(!ask_as("192.0.2.7", 862, 1, 5, 0, &plain, &a) &&
		!ask_as("192.0.2.7", 8620, 1, 5, 0, &plain, &a),
	    "nor what comes from a reflector's port");
	is_int(
	    (long long)counters.refused[REFUSED_PACKET], 2, "counted as no question");
	ok(ask(1, &a), "an answer");
	struct reflector_came came = { .port = 8620, .wall_ns = clock_wall_ns() };
	(void)addr_parse(&came.from, "192.0.2.7");
	addr_set_port(&came.from, 8621);
	ok(!reflector_answer(buf, STAMP_PLAIN, &came), "is not answered");
	memset(buf, 0x5a, sizeof buf);
	ok(reflector_answer(buf, STAMP_PLAIN, &came),
	    "though what is padded with anything is");
	ok(!reflector_answer(buf, STAMP_PLAIN - 1, &came), "too short");
	ok(!reflector_answer(buf, STAMP_MAX + 1, &came), "too long");
	is_int((long long)counters.refused[REFUSED_PACKET], 5, "no questions");
}

static void
counts(void)
{
	struct stamp_answer a;
	bool right = true;

	for (uint32_t i = 0; i < 10; i++) {
		clock_fake_advance(20 * MS);
		right = right &&
			ask_as("192.0.2.7", 40001, i * 3, 7, 172, &plain, &a) &&
			a.seq == i;
	}
	ok(right, "answers of a session are numbered, whatever the questions are");
	ok(ask_as("192.0.2.7", 40001, 0, 8, 0, &plain, &a) && a.seq == 0,
	    "another session id is another session");
	ok(ask_as("192.0.2.7", 40002, 0, 7, 0, &plain, &a) && a.seq == 0,
	    "and so is another port");
	configure("listen = :8620\nallow = 192.0.2.0/24\n");
	ok(ask_as("192.0.2.7", 40001, 99, 7, 0, &plain, &a) && a.seq == 10,
	    "a reload leaves sessions as they are");
	ok(!ask_as("2001:db8::1", 40000, 1, 5, 0, &plain, &a),
	    "but who is allowed no more is not answered");
	configure("listen = :8620\nallow = 192.0.2.0/24\nmode = stateless\n"
		  "synchronised = yes\n");
	ok(ask_as("192.0.2.7", 40001, 99, 7, 0, &plain, &a) && a.seq == 99,
	    "stateless: the sender's own number");
	ok((a.error & STAMP_SYNCED) != 0, "a clock that is said to be right says so");
}

static void
keys(void)
{
	uint64_t before = counters.refused[REFUSED_KEY];
	struct stamp_answer a;

	configure("listen = :8620\nallow = 192.0.2.0/24\nkeyfile = k\n"
		  "key = correct-horse\n");
	ok(ask_as("192.0.2.7", 40001, 0, 9, 0, &key, &a), "with the key");
	struct stamp_key other = { 3, "abc" };
	ok(!ask_as("192.0.2.7", 40001, 0, 9, 0, &other, &a), "not with another one");
	is_int((long long)(counters.refused[REFUSED_KEY] - before), 1, "counted");
	ok(!ask_as("192.0.2.7", 40001, 0, 9, 0, &plain, &a), "nor without");
	configure("listen = :8620\nallow = 192.0.2.0/24\nkeyfile = k\nkey =\n");
	ok(!ask_as("192.0.2.7", 40001, 0, 9, 0, &plain, &a),
	    "a key that cannot be read opens no door");
	configure("listen =\nallow = 192.0.2.0/24\n");
	ok(!ask(0, &a), "nor does a list of nothing to listen to");
	configure("listen = :8620\nallow = 0.0.0.0/0\n");
}

static void
bounds(void)
{
	struct stamp_answer a;
	unsigned answered = 0, over = 0;

	clock_fake_advance(5 * S);
	for (unsigned i = 0; i < 3000; i++)
		answered += ask_as("192.0.2.8", 50000, i, 1, 0, &plain, &a);
	ok(answered >= REFLECTOR_RATE && answered <= REFLECTOR_RATE + 2,
	    "one session has its burst (%u)", answered);
	answered = 0;
	for (unsigned i = 0; i < 2000; i++) {
		clock_fake_advance(5 * MS);
		answered += ask_as("192.0.2.8", 50000, i, 1, 0, &plain, &a);
		over += ask_as("192.0.2.8", 50000, i, 1, 0, &plain, &a);
	}
	ok(answered + over >= 4000 && over <= 2000 + 2,
	    "200 a second are below its rate, and 400 too");
	clock_fake_advance(5 * S);
	answered = 0;
	for (unsigned i = 0; i < 3000; i++)
		answered += ask_as("192.0.2.9", 1024 + i, i, 1, 0, &plain, &a);
	ok(answered >= 1000 && answered <= 1002, "all together have one, too (%u)",
	    answered);

	/* More sessions than there is room for. */
	uint64_t full = counters.refused[REFUSED_SESSIONS];
	for (unsigned i = 0; i < REFLECTOR_SESSIONS + 500; i++) {
		clock_fake_advance(MS);
		(void)ask_as("192.0.2.10", 10000 + i, 0, 1, 0, &plain, &a);
	}
	ok(counters.refused[REFUSED_SESSIONS] - full >= 400,
	    "those who are heard of keep their place (%u refused)",
	    (unsigned)(counters.refused[REFUSED_SESSIONS] - full));
	clock_fake_advance((REFLECTOR_SILENT_S + 1) * S);
	ok(ask_as("192.0.2.11", 1, 0, 1, 0, &plain, &a),
	    "who is silent gives way to a new one");
	clock_fake_advance((REFLECTOR_FORGET_S + 1) * S);
	ok(ask_as("192.0.2.11", 1, 5, 1, 0, &plain, &a) && a.seq == 1,
	    "a session is looked up before it is forgotten");
}

int
main(void)
{
	clock_fake(100 * S, WALL, 100 * S);
	reflector_open(&counters);
	whom();
	counts();
	keys();
	bounds();
	reflector_close();
	conf_free(conf);
	return tap_done();
}
