/* Bounded reading and writing: what fits comes back, what does not is remembered. */
#include "base/wire.h"

#include "tap.h"

static void
round_trip(void)
{
	uint8_t buf[64];
	struct pack p;
	struct wire w;

	pack_init(&p, buf, sizeof buf);
	pack_u8(&p, 0xab);
	pack_u16(&p, 0x1234);
	pack_u32(&p, 0xdeadbeef);
	pack_u64(&p, 0x0102030405060708ULL);
	pack_i64(&p, -5);
	pack_f64(&p, 0.1);
	pack_bytes(&p, "abc", 3);
	ok(pack_ok(&p), "everything fits");
	is_int((long long)pack_len(&p), 34, "bytes written");
	ok(memcmp(buf, "\xab\x12\x34\xde\xad\xbe\xef\x01", 8) == 0, "big-endian");

	wire_init(&w, buf, pack_len(&p));
	is_int(wire_u8(&w), 0xab, "u8");
	is_int(wire_u16(&w), 0x1234, "u16");
	is_int(wire_u32(&w), 0xdeadbeef, "u32");
	ok(wire_u64(&w) == 0x0102030405060708ULL, "u64");
	is_int(wire_i64(&w), -5, "i64");
	is_close(wire_f64(&w), 0.1, 0, "f64");
	is_int((long long)wire_offset(&w), 31, "offset");
	ok(memcmp(wire_bytes(&w, 3), "abc", 3) == 0, "bytes");
	ok(wire_ok(&w) && wire_left(&w) == 0, "nothing left, nothing missing");
}

/* Each reader at every length that is too short. */
static void
short_reads(void)
{
	static const uint8_t data[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	static const size_t width[] = { 1, 2, 4, 8 };

	for (size_t i = 0; i < sizeof width / sizeof *width; i++)
		for (size_t len = 0; len < width[i]; len++) {
			struct wire w;
			uint64_t v = 0;
			wire_init(&w, data, len);
			switch (width[i]) {
			case 1:
				v = wire_u8(&w);
				break;
			case 2:
				v = wire_u16(&w);
				break;
			case 4:
				v = wire_u32(&w);
				break;
			case 8:
				v = wire_u64(&w);
				break;
			}
			ok(v == 0 && !wire_ok(&w) && wire_left(&w) == 0,
			    "%zu of %zu bytes read as 0 and bad", len, width[i]);
		}
}

static void
stays_bad(void)
{
	static const uint8_t data[4] = { 1, 2, 3, 4 };
	struct wire w;

	wire_init(&w, data, sizeof data);
	wire_skip(&w, 5);
	ok(!wire_ok(&w), "a skip beyond the end is bad");
	is_int(wire_u8(&w), 0, "later reads give 0 although bytes were there");
	ok(wire_bytes(&w, 0) == NULL, "and no bytes at all");

	wire_init(&w, data, sizeof data);
	struct wire sub = wire_sub(&w, 2);
	is_int(wire_u16(&sub), 0x0102, "a window reads its own bytes");
	is_int(wire_u8(&sub), 0, "but not those behind it");
	ok(!wire_ok(&sub) && wire_ok(&w), "its fault is not its parent's");
	is_int(wire_u16(&w), 0x0304, "which goes on behind the window");
	sub = wire_sub(&w, 1);
	ok(!wire_ok(&sub) && !wire_ok(&w), "a window beyond the end is bad, both");
}

static void
short_writes(void)
{
	uint8_t buf[4] = { 9, 9, 9, 9 };
	struct pack p;

	pack_init(&p, buf, 3);
	pack_u16(&p, 0x0102);
	pack_u16(&p, 0x0304);
	ok(!pack_ok(&p) && pack_len(&p) == 2, "what does not fit is not begun");
	pack_u8(&p, 7);
	ok(!pack_ok(&p) && pack_len(&p) == 2 && buf[2] == 9, "nor what comes after it");
}

int
main(void)
{
	round_trip();
	short_reads();
	stays_bad();
	short_writes();
	return tap_done();
}
