/* Messages: what is put comes back, whatever is cut off, added or out of range does
 * not. */
#include "link/msg.h"
#include "link/msgdraw.h"
#include "link/msghere.h"
#include "link/msgflight.h"
#include "link/msghops.h"
#include "link/msgpath.h"
#include "link/msgverdict.h"
#include "link/msgwifi.h"

#include "tap.h"

static struct addr
address(const char *text, unsigned port)
{
	struct addr a;

	if (addr_parse(&a, text) != 0)
		abort();
	addr_set_port(&a, port);
	return a;
}

/* --- each kind: fill, put, get --------------------------------------------------- */

static void
put_round(struct msg_out *out)
{
	static struct round r = { .target = 0x1122334455667788,
		.row = 1700000000,
		.begin_ns = 1700000000000000001,
		.end_ns = 1700000009000000002,
		.step = 10,
		.count = 4,
		.state = ROUND_MEASURED,
		.duplicates = 1,
		.late = 2,
		.forged = 3,
		.wrong_source = 4,
		.truncated = 5,
		.suspect = true,
		.reordered = 6,
		.ttl_changes = 7,
		.ttl = 64,
		.extras = 2,
		.extra = { { EXTRA_TLS, 0.25 }, { EXTRA_STATUS, 404 } },
		.ping = { { 1234567, PING_ANSWERED, STAMP_KERNEL },
		    { -1, PING_TIMEOUT, 0 }, { 3000000000, PING_LATE, STAMP_USER },
		    { -1, PING_NOT_SENT, 0 } } };

	r.address = address("2001:db8::7", 53);
	msg_put_round(out, &r);
}

static int
get_round(struct msg_in *in, struct msg_out *again)
{
	static struct round r;
	int result = msg_get_round(in, &r);

	msg_put_round(again, &r);
	return result;
}

static void
put_target(struct msg_out *out)
{
	struct msg_target t = { 7, TARGET_STALE, address("192.0.2.1", 0),
		"name.example: no such name" };

	msg_put_target(out, &t);
}

static int
get_target(struct msg_in *in, struct msg_out *again)
{
	struct msg_target t;
	int result = msg_get_target(in, &t);

	msg_put_target(again, &t);
	return result;
}

static void
put_address(struct msg_out *out)
{
	struct addr a = address("2001:db8::1", 0);

	msg_put_address(out, 7, &a);
}

static int
get_address(struct msg_in *in, struct msg_out *again)
{
	struct addr a;
	uint64_t target;
	int result = msg_get_address(in, &target, &a);

	msg_put_address(again, target, &a);
	return result;
}

static void
put_counters(struct msg_out *out)
{
	struct msg_counters c = { .room = ROOM_FETCHER,
		.rounds_scheduled = 1,
		.rounds_measured = 2,
		.rounds_unknown = 3,
		.rounds_skipped = 4,
		.duplicates = 5,
		.forged = 6,
		.wrong_source = 7,
		.truncated = 8,
		.overflow = 9,
		.send_errors = 10,
		.dropped_rounds = 11,
		.late_closed = 15,
		.stamp_faults = 16,
		.new_ids = 17,
		.icmp_sockets = { 18, 19 },
		.icmp_buffer = { 20, 21 },
		.reordered = 22,
		.ttl_changes = 23,
		.reflected = 24,
		.refused = { 25, 26, 27, 28, 29 },
		.loop_ns = { 12, 13, 14 },
		.icmp4 = ICMP_RAW,
		.icmp4_why = "no datagram ICMP",
		.icmp6_why = "" };

	for (unsigned i = 0; i < PING_OUTCOMES; i++)
		c.ping[i] = 100 + i;
	for (unsigned i = 0; i < STAMP_KINDS; i++)
		c.stamp[i] = 200 + i;
	msg_put_counters(out, &c);
}

static int
get_counters(struct msg_in *in, struct msg_out *again)
{
	struct msg_counters c;
	int result = msg_get_counters(in, &c);

	msg_put_counters(again, &c);
	return result;
}

static void
put_store(struct msg_out *out)
{
	struct msg_store s = { 1, 2, 3, 4, 5, 6, 7, 0xffffffffffff };

	msg_put_store(out, &s);
}

static int
get_store(struct msg_in *in, struct msg_out *again)
{
	struct msg_store s;
	int result = msg_get_store(in, &s);

	msg_put_store(again, &s);
	return result;
}

static void
put_sink(struct msg_out *out)
{
	struct msg_sink s = { "vm", "http://192.0.2.1:8428", 1, 2, 3, 4, 1700000000, 0,
		"Connection refused" };

	msg_put_sink(out, &s);
}

static int
get_sink(struct msg_in *in, struct msg_out *again)
{
	struct msg_sink s;
	int result = msg_get_sink(in, &s);

	msg_put_sink(again, &s);
	return result;
}

static void
put_worker(struct msg_out *out)
{
	struct msg_worker w = { ROOM_RECORDER, WORKER_READY, 4711, 1000, 2, 3,
		1700000000, "landlock 4", "killed by signal 9" };

	msg_put_worker(out, &w);
}

static int
get_worker(struct msg_in *in, struct msg_out *again)
{
	struct msg_worker w;
	int result = msg_get_worker(in, &w);

	msg_put_worker(again, &w);
	return result;
}

static void
put_draw(struct msg_out *out)
{
	struct msg_draw d = { 9, 8, DRAW_DETAIL, DRAW_PNG, DRAW_DARK, 2, 1700000000,
		1700010800, 600, 200, 0.25, "Last 3 Hours", "far.example",
		"Asia/Kolkata", 2,
		{ { 1700001000, 1700001000, TONE_NOTE, 1, "a switch" },
		    { 1700002000, 1700003000, TONE_BAD, 300, "" } } };

	msg_put_draw(out, &d);
}

static int
get_draw(struct msg_in *in, struct msg_draw *d, struct msg_out *again)
{
	int result = msg_get_draw(in, d);

	msg_put_draw(again, d);
	return result;
}

static int
get_draw_again(struct msg_in *in, struct msg_out *again)
{
	struct msg_draw d;

	return get_draw(in, &d, again);
}

static void
put_picture(struct msg_out *out)
{
	struct msg_picture p = { 9, 3, 1, 70000, 697, 297, 67, 30, 600, 200, 0, 0.02,
		"" };

	msg_put_picture(out, &p);
}

static int
get_picture(struct msg_in *in, struct msg_out *again)
{
	struct msg_picture p;
	int result = msg_get_picture(in, &p);

	msg_put_picture(again, &p);
	return result;
}

/* Two hops, of which the second is two routers behind MPLS; the target is the last. */
static struct hops
some_hops(void)
{
	struct hops p = { .target = 0x1122334455667788,
		.address = address("2001:db8::9", 0),
		.method = HOPS_UDP,
		.reason = HOPS_BAD,
		.flags = HOPS_REACHED,
		.start_ns = 1700000000000000001,
		.end_ns = 1700000001000000002,
		.count = 3,
		.hop = { { .ttl = 1,
			     .flags = HOP_LIMITED,
			     .reply_ttl = 64,
			     .sent = 3,
			     .answered = 2,
			     .min_ns = 1,
			     .median_ns = 2,
			     .max_ns = 3,
			     .addresses = 1 },
		    { .ttl = 2,
			.sent = 1,
			.answered = 1,
			.min_ns = 5,
			.median_ns = 5,
			.max_ns = 5,
			.addresses = 2,
			.labels = 2,
			.label = { 16, 1048575 } },
		    { .ttl = 9,
			.flags = HOP_TARGET,
			.why = PING_PORT_UNREACHABLE,
			.sent = 2,
			.min_ns = -1,
			.median_ns = -1,
			.max_ns = -1 } } };

	p.hop[0].address[0] = address("fe80::1", 0);
	p.hop[0].address[0].v6.sin6_scope_id = 3;
	p.hop[1].address[0] = address("2001:db8::1", 0);
	p.hop[1].address[1] = address("2001:db8::2", 0);
	return p;
}

static void
put_hops(struct msg_out *out)
{
	struct hops p = some_hops();

	msg_put_hops(out, &p);
}

static int
get_hops(struct msg_in *in, struct msg_out *again)
{
	struct hops p;
	int result = msg_get_hops(in, &p);

	msg_put_hops(again, &p);
	return result;
}

static void
put_trace(struct msg_out *out)
{
	struct msg_trace t = { 7, HOPS_ASKED };

	msg_put_trace(out, &t);
}

static int
get_trace(struct msg_in *in, struct msg_out *again)
{
	struct msg_trace t;
	int result = msg_get_trace(in, &t);

	msg_put_trace(again, &t);
	return result;
}

static void
put_here(struct msg_out *out)
{
	struct here h = { .gateway = { address("192.168.1.1", 0),
			      address("fe80::1", 0) },
		.link = { HERE_PLAIN, HERE_TUNNEL },
		.interface = { 2, 7 },
		.addresses = 2,
		.address = { { address("192.168.1.20", 0), 24 },
		    { address("2001:db8::20", 0), 64 } },
		.resolvers = 1,
		.resolver = { address("9.9.9.9", 0) } };

	msg_put_here(out, &h);
}

static int
get_here(struct msg_in *in, struct msg_out *again)
{
	struct here h;
	int result = msg_get_here(in, &h);

	msg_put_here(again, &h);
	return result;
}

static void
put_path(struct msg_out *out)
{
	struct msg_path p = { 1800000000, 1800000600, 3, some_hops() };

	msg_put_path(out, &p);
}

static int
get_path(struct msg_in *in, struct msg_out *again)
{
	struct msg_path p;
	int result = msg_get_path(in, &p);

	msg_put_path(again, &p);
	return result;
}

static void
put_verdict(struct msg_out *out)
{
	struct msg_verdict v = { .confidence = CONFIDENCE_SURE,
		.segment = SEGMENT_ACCESS,
		.begin = 1800000000,
		.incident = 7,
		.cause = "outage",
		.sentence = "Since 20:41 the line is dead." };

	for (unsigned i = 0; i < SEGMENTS; i++)
		v.level[i] = (uint8_t)(i % VERDICT_LEVELS);
	msg_put_verdict(out, &v);
}

static int
get_verdict(struct msg_in *in, struct msg_out *again)
{
	struct msg_verdict v;
	int result = msg_get_verdict(in, &v);

	msg_put_verdict(again, &v);
	return result;
}

static struct msg_wifi
some_wifi(void)
{
	return (struct msg_wifi){ .leads = true,
		.wifi = { .name = "wlan0",
		    .index = 3,
		    .linked = true,
		    .width = 80,
		    .span = { .minute = true,
			.begin_ms = 1800000000000,
			.known_ms = 50000,
			.count = { 600, 150, 6, 1 },
			.level = { -72, 5180, 433.3e6, NAN } } } };
}

static void
put_wifi(struct msg_out *out)
{
	struct msg_wifi m = some_wifi();

	msg_put_wifi(out, &m);
}

static int
get_wifi(struct msg_in *in, struct msg_out *again)
{
	struct msg_wifi m;
	int result = msg_get_wifi(in, &m);

	msg_put_wifi(again, &m);
	return result;
}

static void
put_paper(struct msg_out *out)
{
	msg_put_paper(
	    out, &(struct msg_paper){
		     .id = 7, .size = 4711, .format = DRAW_SVG, .theme = DRAW_DARK });
}

static void
put_flight(struct msg_out *out)
{
	static struct msg_flight f = { 0x1122334455667788, 1800000000123456789, 20, 4,
		{ 121234, FLIGHT_LOST, FLIGHT_UNKNOWN, FLIGHT_OPEN } };

	msg_put_flight(out, &f);
}

/* As many as there are, and one at least. */
static int
get_flight(struct msg_in *in, struct msg_out *again)
{
	static struct msg_flight f;
	int more, rounds = 0;

	while ((more = msg_get_flight(in, &f)) > 0) {
		msg_put_flight(again, &f);
		rounds++;
	}
	return rounds > 0 ? more : -1;
}

static int
get_paper(struct msg_in *in, struct msg_out *again)
{
	struct msg_paper m;
	int result = msg_get_paper(in, &m);

	msg_put_paper(again, &m);
	return result;
}

static const struct {
	const char *name;
	enum msg_type type;
	void (*put)(struct msg_out *out);
	int (*get)(struct msg_in *in, struct msg_out *again);
} kinds[] = {
	{ "round", MSG_ROUND, put_round, get_round },
	{ "target", MSG_TARGET, put_target, get_target },
	{ "address", MSG_ADDRESS, put_address, get_address },
	{ "counters", MSG_COUNTERS, put_counters, get_counters },
	{ "store", MSG_STORE, put_store, get_store },
	{ "sink", MSG_SINK, put_sink, get_sink },
	{ "worker", MSG_WORKER, put_worker, get_worker },
	{ "draw", MSG_DRAW, put_draw, get_draw_again },
	{ "picture", MSG_PICTURE, put_picture, get_picture },
	{ "paper", MSG_PAPER, put_paper, get_paper },
	{ "flight", MSG_FLIGHT, put_flight, get_flight },
	{ "hops", MSG_HOPS, put_hops, get_hops },
	{ "trace", MSG_TRACE, put_trace, get_trace },
	{ "here", MSG_HERE, put_here, get_here },
	{ "path", MSG_PATH, put_path, get_path },
	{ "verdict", MSG_VERDICT, put_verdict, get_verdict },
	{ "wifi", MSG_WIFI, put_wifi, get_wifi },
};
#define KINDS (sizeof kinds / sizeof kinds[0])

static struct msg_out out, again;

/* Read LEN bytes of kind K. */
static int
read_back(size_t k, const uint8_t *data, size_t len)
{
	struct msg_in in;

	if (msg_parse(&in, data, len, -1) != 0)
		return -1;
	msg_begin(&again, kinds[k].type);
	return in.type == kinds[k].type ? kinds[k].get(&in, &again) : -1;
}

static void
round_trips(void)
{
	for (size_t k = 0; k < KINDS; k++) {
		msg_begin(&out, kinds[k].type);
		kinds[k].put(&out);
		size_t len = msg_end(&out);
		ok(len > 2 && read_back(k, out.data, len) == 0 &&
			msg_end(&again) == len &&
			memcmp(out.data, again.data, len) == 0,
		    "a %s comes back as it was, %zu bytes", kinds[k].name, len);
	}
}

static void
wrong_lengths(void)
{
	for (size_t k = 0; k < KINDS; k++) {
		unsigned believed = 0;
		msg_begin(&out, kinds[k].type);
		kinds[k].put(&out);
		size_t len = msg_end(&out);
		for (size_t cut = 0; cut < len; cut++) {
			/* A copy of its own size, so that a sanitizer sees an
			 * overrun. */
			uint8_t *copy = malloc(cut + 1);
			memcpy(copy, out.data, cut);
			believed += read_back(k, copy, cut) == 0;
			free(copy);
		}
		is_int(believed, 0, kinds[k].name);
		out.data[len] = 0;
		ok(read_back(k, out.data, len + 1) == -1, "%s with a byte too many",
		    kinds[k].name);
	}
}

static void
frames(void)
{
	static const uint8_t zero[2] = { 0, 0 }, beyond[2] = { 0, MSG_TYPES },
			     stop[2] = { 0, MSG_STOP }, one[1] = { 0 };
	struct msg_in in;

	ok(msg_parse(&in, one, 0, -1) == -1, "nothing is no message");
	ok(msg_parse(&in, one, 1, -1) == -1, "one byte is no message");
	ok(msg_parse(&in, zero, 2, -1) == -1, "type 0 is no message");
	ok(msg_parse(&in, beyond, 2, -1) == -1, "nor is a type beyond the last");
	ok(msg_parse(&in, stop, 2, 7) == 0 && in.type == MSG_STOP && in.fd == 7 &&
		msg_done(&in) == 0,
	    "a message may be its type alone");
}

/* --- ranges ---------------------------------------------------------------------- */

/* Put R, read it: is it believed? */
static bool
believed(const struct round *r)
{
	struct msg_in in;
	static struct round back;

	msg_begin(&out, MSG_ROUND);
	msg_put_round(&out, r);
	return msg_parse(&in, out.data, msg_end(&out), -1) == 0 &&
	       msg_get_round(&in, &back) == 0;
}

static void
round_ranges(void)
{
	static struct round r, good = { .row = 10,
		.step = 10,
		.count = 2,
		.ping = { { 5, PING_ANSWERED, STAMP_USER }, { -1, PING_TIMEOUT, 0 } } };

#define REFUSED(change, what)                                                          \
	do {                                                                           \
		r = good;                                                              \
		change;                                                                \
		ok(!believed(&r), "refused: %s", what);                                \
	} while (0)

	ok(believed(&good), "a small round is believed");
	REFUSED(r.row = -1, "a row before the epoch");
	REFUSED(r.row = INT64_MAX, "a row at the end of time");
	REFUSED(r.begin_ns = -1, "a beginning before the epoch");
	REFUSED(r.step = 0, "no step");
	REFUSED(r.step = UINT32_MAX, "a step of 136 years");
	REFUSED(r.count = 0, "no pings");
	REFUSED(r.count = ROUND_MAX_PINGS + 1, "too many pings");
	REFUSED(r.state = ROUND_UNKNOWN + 1, "an unknown state");
	REFUSED(r.cause = PING_OPEN, "open as cause");
	REFUSED(r.ping[0].outcome = PING_OPEN, "an open ping");
	REFUSED(r.ping[0].outcome = PING_OUTCOMES, "an unknown outcome");
	REFUSED(r.ping[0].stamp = STAMP_KINDS, "an unknown stamp");
	REFUSED(r.ping[0].rtt_ns = -1, "an answer without time");
	REFUSED(r.ping[1].rtt_ns = 5, "a timeout with a time");
	REFUSED(r.extras = 1; r.extra[0].kind = EXTRAS, "an unknown figure");
	REFUSED(r.extras = 1; r.extra[0].value = NAN, "a figure that is no number");
	r = good;
	r.count = ROUND_MAX_PINGS;
	for (unsigned i = 0; i < ROUND_MAX_PINGS; i++)
		r.ping[i] = good.ping[0];
	r.extras = ROUND_MAX_EXTRAS;
	ok(believed(&r), "the greatest round fits");
}

/* What three workers count is told as one sum. */
static void
counters_add(void)
{
	struct msg_counters sum = { 0 };
	struct msg_counters prober = { .room = ROOM_PROBER,
		.rounds_measured = 1,
		.icmp4 = ICMP_RAW,
		.loop_ns = { 1, 5, 9 } };
	struct msg_counters fetcher = {
		.room = ROOM_FETCHER, .rounds_measured = 2, .loop_ns = { 2, 4, 8 }
	};

	prober.ping[PING_LATE] = 3;
	fetcher.ping[PING_LATE] = 4;
	msg_add_counters(&sum, &prober);
	msg_add_counters(&sum, &fetcher);
	is_int((long long)sum.rounds_measured, 3, "counters add up");
	is_int((long long)sum.ping[PING_LATE], 7, "pings too");
	is_int(sum.icmp4, ICMP_RAW, "ICMP is the prober's");
	is_int((long long)(sum.loop_ns[0] * 100 + sum.loop_ns[1] * 10 + sum.loop_ns[2]),
	    259, "of loops the slowest counts");
	ok(room_measures(ROOM_FETCHER) && !room_measures(ROOM_WEB), "who measures");
}

static void
draw_ranges(void)
{
	struct msg_draw d,
	    good = { .zoom = 1, .start = 1, .end = 2, .width = 1, .height = 1 };
	struct msg_in in;

#define DRAW(change, want, what)                                                       \
	do {                                                                           \
		d = good;                                                              \
		change;                                                                \
		msg_begin(&out, MSG_DRAW);                                             \
		msg_put_draw(&out, &d);                                                \
		ok((msg_parse(&in, out.data, msg_end(&out), -1) == 0 &&                \
		       msg_get_draw(&in, &d) == 0) == want,                            \
		    "draw: %s", what);                                                 \
	} while (0)

	DRAW((void)0, true, "the smallest");
	DRAW(d.zoom = 0, false, "no pixels");
	DRAW(d.zoom = 3, false, "too many pixels");
	DRAW(d.end = 1, false, "an empty range");
	DRAW(d.end = 0, false, "a backward range");
	DRAW(d.start = -5, false, "before the epoch");
	DRAW(d.width = 0, false, "no width");
	DRAW(d.top = -1, false, "a negative top");
	DRAW(d.top = NAN, false, "a top that is no number");
	DRAW(d.top = INFINITY, false, "an infinite top");
	DRAW(d.kind = DRAW_KINDS, false, "an unknown kind");
	DRAW(d.format = DRAW_FORMATS, false, "an unknown format");
	DRAW(d.theme = DRAW_LOOKS, false, "an unknown theme");
	DRAW(strcpy(d.zone, "America/North_Dakota/New_Salem"), true, "a long zone");
	DRAW(strcpy(d.zone, "../../etc/passwd"), false, "a zone that leads elsewhere");
	DRAW(strcpy(d.zone, "/etc/localtime"), false, "a zone that begins at the root");
	DRAW(strcpy(d.zone, ":UTC"), false, "a zone that is none");
	DRAW(d.marks = DRAW_MARKS, true, "many marks");
	DRAW(d.marks = 1;
	     d.mark[0].begin = 5, false, "a mark that ends before it begins");
	DRAW(d.marks = 1; d.mark[0].tone = TONES, false, "a mark of no tone");
}

static void
flight_ranges(void)
{
	static struct msg_flight f, back,
	    good = { .begin_ns = 1, .count = 3, .sent = 2 };
	struct msg_in in;
	unsigned put = 0, got = 0;

#define FLIGHT(change, want, what)                                                     \
	do {                                                                           \
		f = good;                                                              \
		change;                                                                \
		msg_begin(&out, MSG_FLIGHT);                                           \
		msg_put_flight(&out, &f);                                              \
		ok((msg_parse(&in, out.data, msg_end(&out), -1) == 0 &&                \
		       msg_get_flight(&in, &back) == 1 &&                              \
		       msg_get_flight(&in, &back) == 0) == want,                       \
		    "flight: %s", what);                                               \
	} while (0)

	FLIGHT((void)0, true, "as it is");
	FLIGHT(f.sent = 3, true, "all sent");
	FLIGHT(f.count = f.sent = ROUND_MAX_PINGS, true, "the longest");
	FLIGHT(f.sent = 4, false, "more than there are");
	FLIGHT(f.sent = 0, false, "none");
	FLIGHT(f.count = ROUND_MAX_PINGS + 1, false, "more than a round may have");
	FLIGHT(f.begin_ns = -1, false, "before the epoch");
	msg_begin(&out, MSG_FLIGHT);
	for (f = good; msg_put_flight(&out, &f); f.target++)
		put++;
	ok(msg_end(&out) <= MSG_MAX && put > 1000, "a message is filled: %u", put);
	msg_parse(&in, out.data, msg_end(&out), -1);
	while (msg_get_flight(&in, &back) == 1)
		got++;
	is_int(got, put, "and all come back");
}

static void
hops_ranges(void)
{
	static struct hops p, back;
	struct msg_trace t;
	struct msg_in in;

#define HOPS(change, want, what)                                                       \
	do {                                                                           \
		p = some_hops();                                                       \
		change;                                                                \
		msg_begin(&out, MSG_HOPS);                                             \
		msg_put_hops(&out, &p);                                                \
		ok((msg_parse(&in, out.data, msg_end(&out), -1) == 0 &&                \
		       msg_get_hops(&in, &back) == 0) == want,                         \
		    "hops: %s", what);                                                 \
	} while (0)

	HOPS((void)0, true, "as they are");
	HOPS(p.count = 0, true, "none");
	HOPS(p.address = (struct addr){ 0 }, false, "to nowhere");
	HOPS(addr_set_port(&p.address, 1), false, "to a port");
	HOPS(p.method = HOPS_METHODS, false, "of no method");
	HOPS(p.reason = HOPS_REASONS, false, "for no reason");
	HOPS(p.flags = HOPS_FLAGS, false, "an unknown flag");
	HOPS(p.start_ns = -1, false, "before the epoch");
	HOPS(p.end_ns = p.start_ns - 1, false, "over before it began");
	HOPS(p.hop[0].ttl = 0, false, "a hop nowhere");
	HOPS(p.hop[1].ttl = 1, false, "two at one distance");
	HOPS(p.hop[0].flags = HOP_FLAGS, false, "a hop's unknown flag");
	HOPS(p.hop[0].why = PING_OPEN, false, "a hop that is in flight");
	HOPS(p.hop[0].why = PING_OUTCOMES, false, "no known reason");
	HOPS(p.hop[0].answered = 4, false, "more answers than probes");
	HOPS(p.hop[0].min_ns = 3, false, "a least time above the middle");
	HOPS(p.hop[0].max_ns = 1, false, "a greatest one below");
	HOPS(p.hop[0].min_ns = -1, false, "answers that took no time");
	HOPS(p.hop[2].median_ns = 1, false, "a time of no answer");
	HOPS(p.hop[0].addresses = 0, false, "answers from nobody");
	HOPS(p.hop[0].address[0] = address("192.0.2.1", 0), false, "another family");
	HOPS(addr_set_port(&p.hop[0].address[0], 9), false, "a hop with a port");
	HOPS(p.hop[1].label[0] = 1u << 20, false, "a label of 21 bits");
	p = some_hops();
	p.count = HOPS_MAX;
	for (unsigned i = 0; i < HOPS_MAX; i++) {
		p.hop[i] = p.hop[1];
		p.hop[i].ttl = (uint8_t)(i + 1);
		p.hop[i].addresses = HOP_ADDRESSES;
		p.hop[i].labels = HOP_LABELS;
		for (unsigned k = 2; k < HOP_ADDRESSES; k++)
			p.hop[i].address[k] = p.hop[i].address[0];
	}
	msg_begin(&out, MSG_HOPS);
	msg_put_hops(&out, &p);
	ok(msg_parse(&in, out.data, msg_end(&out), -1) == 0 &&
		msg_get_hops(&in, &back) == 0,
	    "the longest way fits");
	for (unsigned reason = 0; reason <= HOPS_REASONS; reason++) {
		t = (struct msg_trace){ 1, (uint8_t)reason };
		msg_begin(&out, MSG_TRACE);
		msg_put_trace(&out, &t);
		bool want = reason == HOPS_BAD || reason == HOPS_ASKED;
		ok((msg_parse(&in, out.data, msg_end(&out), -1) == 0 &&
		       msg_get_trace(&in, &t) == 0) == want,
		    "trace: reason %u is %s", reason, want ? "believed" : "refused");
	}
}

/* Is a host of these believed? */
static bool
here_holds(const struct here *h)
{
	static struct here back;
	struct msg_in in;

	msg_begin(&out, MSG_HERE);
	msg_put_here(&out, h);
	return msg_parse(&in, out.data, msg_end(&out), -1) == 0 &&
	       msg_get_here(&in, &back) == 0;
}

static bool
wifi_holds(const struct msg_wifi *m)
{
	static struct msg_wifi back;
	struct msg_in in;

	msg_begin(&out, MSG_WIFI);
	msg_put_wifi(&out, m);
	return msg_parse(&in, out.data, msg_end(&out), -1) == 0 &&
	       msg_get_wifi(&in, &back) == 0;
}

static void
wifi_ranges(void)
{
	struct msg_wifi m = { .sight = WIFI_NO_RADIO };

	ok(wifi_holds(&m), "wifi: none to be seen");
	m.sight = WIFI_SIGHTS;
	ok(!wifi_holds(&m), "wifi: a sight that nobody knows");
	m = some_wifi();
	strcpy(m.wifi.name, "../a");
	ok(!wifi_holds(&m), "wifi: a name that leads elsewhere");
	m = some_wifi();
	m.wifi.span.begin_ms++;
	ok(!wifi_holds(&m), "wifi: a minute off the clock's");
	m = some_wifi();
	m.wifi.span.count[WIFI_RETRIES] = -1;
	ok(!wifi_holds(&m), "wifi: fewer than no retries");
	m = some_wifi();
	m.wifi.span.level[WIFI_SEND_RATE] = INFINITY;
	ok(!wifi_holds(&m), "wifi: a rate without end");
}

static void
here_ranges(void)
{
	struct here h = { .addresses = 1,
		.address = { { address("192.168.1.20", 0), 32 } } };

	ok(here_holds(&h), "here: a host without a way out");
	h.address[0].bits = 33;
	ok(!here_holds(&h), "here: a prefix longer than its address");
	h.address[0].address = address("2001:db8::1", 0);
	ok(here_holds(&h), "here: one of IPv6");
	h.address[0].address = address("2001:db8::1", 7);
	ok(!here_holds(&h), "here: a port");
	h.addresses = 0;
	h.gateway[0] = address("2001:db8::1", 0);
	ok(!here_holds(&h), "here: a gateway of the other family");
	h.gateway[0] = (struct addr){ .sa.sa_family = AF_UNSPEC };
	h.link[1] = HERE_LINKS;
	ok(!here_holds(&h), "here: a link of an unknown kind");
	h.link[1] = HERE_NONE;
	h.resolvers = 1;
	ok(!here_holds(&h), "here: a resolver without address");
}

static void
path_ranges(void)
{
	struct msg_path p = { 200, 100, 0, some_hops() };
	struct msg_in in;

	msg_begin(&out, MSG_PATH);
	msg_put_path(&out, &p);
	ok(msg_parse(&in, out.data, msg_end(&out), -1) == 0 &&
		msg_get_path(&in, &p) != 0,
	    "path: seen before it began");
}

/* --- strings --------------------------------------------------------------------- */

static const char *
through(const char *s, size_t size)
{
	static char buf[128];
	struct msg_in in;

	msg_begin(&out, MSG_READY);
	msg_str(&out, s);
	if (msg_parse(&in, out.data, msg_end(&out), -1) != 0)
		return "unparsed";
	msg_get_str(&in, buf, size);
	return msg_done(&in) == 0 ? buf : "bad";
}

static void
strings(void)
{
	static const uint8_t nul[] = { 0, MSG_READY, 0, 3, 'a', 0, 'b' };
	static char huge[70000];
	char buf[8];
	struct msg_in in;

	is_str(through("grüezi", 128), "grüezi", "a string comes back");
	is_str(through("", 1), "", "an empty one fits one byte");
	is_str(through(NULL, 8), "", "none is an empty one");
	is_str(through("1234567", 8), "1234567", "it may fill the buffer");
	is_str(through("12345678", 8), "bad", "one more is refused");
	ok(msg_parse(&in, nul, sizeof nul, -1) == 0 &&
		(msg_get_str(&in, buf, sizeof buf), msg_done(&in) == -1),
	    "a NUL inside is refused");
	memset(huge, 'x', sizeof huge - 1);
	msg_begin(&out, MSG_READY);
	msg_str(&out, huge);
	is_int((long long)msg_end(&out), 0, "what does not fit is not a message");
	huge[MSG_MAX - 4] = '\0';
	msg_begin(&out, MSG_READY);
	msg_str(&out, huge);
	is_int((long long)msg_end(&out), MSG_MAX, "the last byte may be used");
}

int
main(void)
{
	round_trips();
	wrong_lengths();
	frames();
	round_ranges();
	counters_add();
	draw_ranges();
	flight_ranges();
	hops_ranges();
	here_ranges();
	wifi_ranges();
	path_ranges();
	strings();
	return tap_done();
}
