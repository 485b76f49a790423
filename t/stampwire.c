/* STAMP's packets, octet by octet (RFC 8762 figures 2, 4, 5, 6; RFC 8972 section 3). */
#include "probes/stampwire.h"

#include "base/clock.h"
#include "t/tap.h"

static const struct stamp_key plain;
static const struct stamp_key key = { 13, "correct-horse" };
static const struct stamp_key other = { 13, "correct-house" };

static const struct stamp_question asked = {
	.seq = 7, .sent = 0x0123456789abcdef, .error = 0x9601, .ssid = 0xbeef
};
static const struct stamp_answer answered = { .seq = 3,
	.sent = 0x1122334455667788,
	.received = 0x1122334455000000,
	.error = 0x1601,
	.ssid = 0xbeef,
	.asked = { 7, 0x0123456789abcdef, 0x9601, 0 },
	.ttl = 61 };

static char *
hex(const uint8_t *p, size_t len)
{
	static char text[2 * STAMP_MAX + 1];

	for (size_t i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", p[i]);
	return text;
}

static bool
same(const struct stamp_question *q)
{
	return q->seq == asked.seq && q->sent == asked.sent &&
	       q->error == asked.error && q->ssid == asked.ssid;
}

static void
stamps(void)
{
	static const int64_t now = 1700000000 * CLOCK_NS_PER_S;
	bool same = true;

	for (int64_t ns = 0; ns < CLOCK_NS_PER_S; ns += 999983)
		same = same &&
		       stamp_to_ns(stamp_from_ns(now + ns), 0x1601, now) == now + ns;
	ok(same, "a nanosecond goes to NTP's form and back");
	ok(stamp_from_ns(0) == (uint64_t)2208988800 << 32, "1970 by NTP");
	is_int(stamp_to_ns(0x6553f1003b9ac9ffULL, STAMP_PTP, now), now + 999999999,
	    "PTP's form");
	/* 2036-02-07 06:28:16 */
	static const int64_t wrap = 2085978496 * CLOCK_NS_PER_S;
	is_int(
	    stamp_to_ns(0, 0, wrap - CLOCK_NS_PER_S), wrap, "NTP's era ends in 2036");
	is_int(
	    stamp_to_ns(stamp_from_ns(wrap + 5), 0, wrap), wrap + 5, "and times go on");
	is_int(stamp_to_ns(stamp_from_ns(wrap - 5), 0, wrap), wrap - 5,
	    "on both sides of it");
}

static void
in_plain(void)
{
	uint8_t buf[STAMP_MAX];
	struct stamp_question q;
	struct stamp_answer a;
	size_t len = stamp_write_question(buf, 0, &asked, &plain);

	is_int(len, 44, "a plain question has 44 octets");
	is_str(hex(buf, len),
	    "00000007"
	    "0123456789abcdef"
	    "9601"
	    "beef"
	    "00000000000000000000000000000000000000000000000000000000",
	    "which are these");
	ok(stamp_read_question(&q, buf, len, &plain) == STAMP_GOOD && same(&q),
	    "and are read as they were meant");
	ok(stamp_read_question(&q, buf, 43, &plain) == STAMP_SHORT, "43 are too few");
	stamp_write_answer(buf, len, &answered, &plain);
	is_str(hex(buf, len),
	    "00000003"
	    "1122334455667788"
	    "1601"
	    "beef"
	    "1122334455000000"
	    "00000007"
	    "0123456789abcdef"
	    "9601"
	    "0000"
	    "3d"
	    "000000",
	    "a plain answer");
	ok(stamp_read_answer(&a, buf, len, &plain) == STAMP_GOOD && a.seq == 3 &&
		a.asked.seq == 7 && a.asked.sent == asked.sent &&
		a.received == answered.received && a.sent == answered.sent &&
		a.ssid == 0xbeef && a.ttl == 61 && a.asked.error == 0x9601,
	    "is read as it was meant");
	ok(stamp_read_answer(&a, buf, 43, &plain) == STAMP_SHORT, "43 are too few");
}

static void
sealed(void)
{
	uint8_t buf[STAMP_MAX];
	struct stamp_question q;
	struct stamp_answer a;
	size_t len = stamp_write_question(buf, 0, &asked, &key);
	bool noticed = true;

	is_int(len, 112, "a sealed question has 112 octets");
	is_str(hex(buf, 28),
	    "00000007"
	    "000000000000000000000000"
	    "0123456789abcdef"
	    "9601"
	    "beef",
	    "whose fields stand elsewhere");
	is_str(hex(buf + 96, 16), "7572f0dbd27dbe5e6dfde9c72f1d7f2b",
	    "and end with half an HMAC-SHA-256");
	ok(stamp_read_question(&q, buf, len, &key) == STAMP_GOOD && same(&q),
	    "read as it was meant");
	ok(stamp_read_question(&q, buf, len, &other) == STAMP_FORGED,
	    "but not with another key");
	ok(stamp_read_question(&q, buf, 111, &key) == STAMP_SHORT, "111 are too few");
	for (unsigned i = 0; i < 112; i++) {
		buf[i] ^= 0x10;
		noticed =
		    noticed && stamp_read_question(&q, buf, len, &key) == STAMP_FORGED;
		buf[i] ^= 0x10;
	}
	ok(noticed, "every bit of it counts");
	stamp_write_answer(buf, len, &answered, &key);
	is_str(hex(buf, 96),
	    "00000003"
	    "000000000000000000000000"
	    "1122334455667788"
	    "1601"
	    "beef"
	    "00000000"
	    "1122334455000000"
	    "0000000000000000"
	    "00000007"
	    "000000000000000000000000"
	    "0123456789abcdef"
	    "9601"
	    "000000000000"
	    "3d"
	    "000000000000000000000000000000",
	    "a sealed answer");
	is_str(hex(buf + 96, 16), "e1c01b9d2d18026e6e4ba719feb49671", "and its HMAC");
	ok(stamp_read_answer(&a, buf, len, &key) == STAMP_GOOD && a.seq == 3 &&
		a.asked.seq == 7 && a.received == answered.received && a.ttl == 61,
	    "is read as it was meant");
	ok(stamp_read_answer(&a, buf, len, &other) == STAMP_FORGED,
	    "but not with another key");
	ok(stamp_read_answer(&a, buf, 44, &key) == STAMP_SHORT,
	    "nor is a plain one taken for it");
}

static void
longer(void)
{
	uint8_t buf[STAMP_MAX];
	struct stamp_question q;
	struct stamp_answer a;
	size_t len = stamp_write_question(buf, 172, &asked, &plain);

	is_int(len, 172, "a longer question");
	is_str(hex(buf + 44, 8), "0001007c00000000", "is padded as RFC 8972 has it");
	ok(stamp_read_question(&q, buf, len, &plain) == STAMP_GOOD, "and good");
	stamp_write_answer(buf, len, &answered, &plain);
	is_str(hex(buf + 44, 4), "0001007c", "padding comes back as it was");
	ok(stamp_read_answer(&a, buf, len, &plain) == STAMP_GOOD, "as long as it came");
	is_int(stamp_write_question(buf, 46, &asked, &plain), 44,
	    "where no padding fits there is none");
	is_int(stamp_write_question(buf, 9000, &asked, &key), STAMP_MAX,
	    "nothing is longer than a frame");
	/* location (2), 4 octets; padding, 1; one that says it goes on behind the end
	 */
	static const uint8_t more[] = { 0, 2, 0, 4, 1, 2, 3, 4, 0x80, 1, 0, 1, 9, 0, 9,
		0, 200, 1 };
	len = stamp_write_question(buf, 0, &asked, &plain);
	memcpy(buf + len, more, sizeof more);
	len += sizeof more;
	stamp_write_answer(buf, len, &answered, &plain);
	is_str(hex(buf + 44, sizeof more),
	    "80020004"
	    "01020304"
	    "0001000109"
	    "400900c801",
	    "what is not understood is marked, what is malformed too");
}

int
main(void)
{
	stamps();
	in_plain();
	sealed();
	longer();
	return tap_done();
}
