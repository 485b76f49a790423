/* A minute of traffic through its bytes and back, and what is no minute. */
#include <stdlib.h>
#include <string.h>

#include "link/msgminute.h"
#include "t/tap.h"

static struct msg_out out;

static struct minute_sum
sum_of(uint64_t n)
{
	return (struct minute_sum){ .octets = { n, n + 1, UINT64_MAX - n },
		.packets = { n + 2, n + 3, n + 4 },
		.flows = n + 5,
		.octets_var = (double)n * 1e12,
		.packets_var = 0.25,
		.unknown_octets = n + 6 };
}

static struct flow_ip
ip_of(uint8_t len, uint8_t last)
{
	struct flow_ip ip = { .len = len };

	if (len != 0)
		ip.bytes[len - 1] = last;
	return ip;
}

/* The widest row of each table. */
static struct minute_row
row_of(enum minute_by by, uint8_t n)
{
	struct minute_row row;

	memset(&row, 0, sizeof row);
	row.sum = sum_of(n);
	row.octets_error = n;
	switch (by) {
	case MINUTE_INTERFACE:
		row.key.a = ip_of(16, n);
		row.key.number = UINT32_MAX - n;
		break;
	case MINUTE_HOST:
	case MINUTE_PEER:
		row.key.a = ip_of(n % 2 ? 16 : 4, n);
		break;
	case MINUTE_PORT:
		row.key.proto = 6;
		row.key.dport = (uint16_t)(65535 - n);
		break;
	case MINUTE_PROTOCOL:
		row.key.proto = n;
		break;
	case MINUTE_AS:
		row.key.number = 4200000000u + n;
		break;
	case MINUTE_DSCP:
		row.key.tos = n % 64;
		break;
	case MINUTE_FLOW:
		row.key.a = ip_of(16, n);
		row.key.b = ip_of(16, (uint8_t)(n + 1));
		row.key.proto = 17;
		row.key.sport = 53;
		row.key.dport = n;
		break;
	case MINUTE_TOTAL:
	case MINUTE_BYS:
		break;
	}
	return row;
}

/* What out holds, read: 0 when it is believed. */
static int
read_back(size_t len, struct minute_part *part, struct minute_row *rows)
{
	struct msg_in in;

	if (msg_parse(&in, out.data, len, -1) != 0 || in.type != MSG_MINUTE)
		return -2;
	return msg_get_minute(&in, part, rows);
}

static void
there_and_back(enum minute_by by)
{
	static struct minute_row rows[MSG_MINUTE_ROWS], got[MSG_MINUTE_ROWS];
	struct minute_part part = { .begin_s = 1700000040,
		.final = by % 2,
		.by = by,
		.part = 1,
		.parts = 3,
		.rest = sum_of(9),
		.rest_rows = 77,
		.rows = MSG_MINUTE_ROWS },
			   back;

	for (unsigned i = 0; i < MSG_MINUTE_ROWS; i++)
		rows[i] = row_of(by, (uint8_t)i);
	msg_begin(&out, MSG_MINUTE);
	msg_put_minute(&out, &part, rows);
	size_t len = msg_end(&out);

	ok(len > 0, "%s: as many rows as may be fit", minute_by_word(by));
	is_int(read_back(len, &back, got), 0, "and are read");
	ok(memcmp(got, rows, sizeof rows) == 0, "as they were");
	ok(back.begin_s == part.begin_s && back.final == part.final && back.by == by &&
		back.part == 1 && back.parts == 3 && back.rest_rows == 77 &&
		back.rest.octets[MINUTE_OUT] == 10,
	    "with what stands before them");
	is_int(minute_by_of(minute_by_word(by)), by, "by its word");
}

/* Every one of its bytes cut off, and fields that cannot be. */
static void
refused(void)
{
	static struct minute_row got[MSG_MINUTE_ROWS];
	struct minute_row row = row_of(MINUTE_FLOW, 3);
	struct minute_part part = { .begin_s = 1700000040,
		.by = MINUTE_FLOW,
		.parts = 1,
		.rows = 1 },
			   back;
	size_t len, taken = 0;

	msg_begin(&out, MSG_MINUTE);
	msg_put_minute(&out, &part, &row);
	len = msg_end(&out);
	for (size_t i = 2; i < len; i++)
		taken += read_back(i, &back, got) == 0;
	is_int((long long)taken, 0, "none that is cut short is believed");

	struct {
		const char *what;
		struct minute_part part;
	} bad[] = {
		{ "refused: a minute between two",
		    { .begin_s = 1700000041, .parts = 1 } },
		{ "refused: one before all time", { .begin_s = -60, .parts = 1 } },
		{ "refused: a part behind the last",
		    { .begin_s = 0, .part = 1, .parts = 1 } },
		{ "refused: no table", { .begin_s = 0, .by = MINUTE_BYS, .parts = 1 } },
		{ "refused: a variance below nothing",
		    { .begin_s = 0, .parts = 1, .rest = { .octets_var = -1 } } },
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		msg_begin(&out, MSG_MINUTE);
		msg_put_minute(&out, &bad[i].part, NULL);
		is_int(read_back(msg_end(&out), &back, got), -1, bad[i].what);
	}
	row = row_of(MINUTE_HOST, 1);
	row.key.a.len = 5;
	part.by = MINUTE_HOST;
	msg_begin(&out, MSG_MINUTE);
	msg_put_minute(&out, &part, &row);
	is_int(
	    read_back(msg_end(&out), &back, got), -1, "refused: an address of 5 bytes");
}

int
main(void)
{
	for (unsigned by = 0; by < MINUTE_BYS; by++)
		there_and_back((enum minute_by)by);
	refused();
	is_int(minute_by_of("mood"), MINUTE_BYS, "no table by that name");
	return tap_done();
}
