/* Minutes of traffic: everything that is offered is in rows or rests, whatever comes;
 * what a bounded table forgets stays below its bound; a packet counts once; and nothing
 * leaves that privacy keeps in. */
#include <netinet/in.h>

#include "base/mem.h"
#include "base/prefix.h"
#include "collector/exporter.h"
#include "collector/ifset.h"
#include "collector/tally.h"
#include "collector/toptable.h"
#include "collector/windows.h"
#include "t/tallied.h"
#include "t/tap.h"

/* --- no flow
 * -------------------------------------------------------------------------- */

static unsigned parts_given;
static int64_t begin_given;

static void
on_any(void *ctx, const struct minute_part *part, const struct minute_row *row)
{
	(void)ctx;
	(void)row;
	parts_given++;
	begin_given = part->begin_s;
}

static void
test_nothing(void)
{
	afresh("10.0.0.0/8");
	parts_given = 0;
	tally_tell(tally, T0, on_any, NULL);
	tally_tick(tally, T0, on_any, NULL);
	tally_close(tally, on_any, NULL);
	is_int(parts_given, 0, "where no flow ever came there is nothing to give");
	struct flow f = a_flow();
	tally_flow(tally, &f, T0);
	tally_close(tally, on_any, NULL);
	parts_given = 0;
	tally_tell(tally, T0, on_any, NULL);
	tally_close(tally, on_any, NULL);
	is_int(parts_given, 0, "nor when all minutes are closed");
}

/* A minute to which nothing came is told of, as long as anybody was heard. */
static void
test_quiet(void)
{
	afresh("10.0.0.0/8");
	struct flow f = a_flow();
	f.start_ms = f.end_ms = T0 - 3 * MINUTE_MS;
	tally_flow(tally, &f, T0 - 3 * MINUTE_MS);
	for (int m = -3; m < TALLY_OPEN; m++)
		tally_tick(tally, T0 + m * MINUTE_MS, on_part, NULL);
	ok(!of_minute(MINUTE_TOTAL, -4)->given, "before the first flow nothing was tallied");
	const struct table *t = of_minute(MINUTE_TOTAL, -1);
	ok(t->given && t->final && t->rows == 1, "a minute without flows is told of");
	is_int((long long)(minute_octets(&t->row[0].sum) + t->row[0].sum.flows), 0,
	    "as one of nothing");
	ok(!of_minute(MINUTE_TOTAL, 0)->given, "when it is over");
	is_int(bad_parts, 0, "in one part");
	for (int m = TALLY_OPEN; m < 200; m++)
		tally_tick(tally, T0 + m * MINUTE_MS, on_any, NULL);
	is_int((long long)begin_given,
	    T0 / 1000 + (TALLY_QUIET - 3) * MINUTE_S,
	    "an hour later nobody knows whether an exporter is alive");
}

/* --- one flow
 * ------------------------------------------------------------------------- */

static void
test_tables(void)
{
	struct flow f = a_flow();
	struct minute_key key;

	afresh("10.0.0.0/8");
	f = a_flow();
	tally_flow(tally, &f, T0 + 20000);
	f.in = 4;
	f.out = 3;
	f.src = ip4(10, 0, 0, 9);
	f.dst = ip4(203, 0, 113, 5);
	f.sport = 50000;
	f.dport = 443;
	f.octets = 200;
	f.packets = 2;
	f.src_as = 0;
	f.dst_as = 64500;
	tally_flow(tally, &f, T0 + 20000);
	tally_tell(tally, T0 + 21000, on_part, NULL);
	ok(!of_minute(MINUTE_TOTAL, 0)->final, "it is provisional while it is open");
	close_all();
	ok(of_minute(MINUTE_TOTAL, 0)->final, "and final when it is closed");

	struct minute_sum total = of_minute(MINUTE_TOTAL, 0)->row[0].sum;
	is_int((long long)total.octets[MINUTE_IN], 1500, "total: octets in");
	is_int((long long)total.octets[MINUTE_OUT], 200, "total: octets out");
	is_int((long long)total.packets[MINUTE_IN], 3, "total: packets in");
	is_int((long long)total.flows, 2, "total: records");

	key = host_key(ip4(10, 0, 0, 9));
	const struct minute_row *r = row_of(of_minute(MINUTE_HOST, 0), &key);
	is_int((long long)r->sum.octets[MINUTE_IN], 1500, "host: octets in");
	is_int((long long)r->sum.octets[MINUTE_OUT], 200, "host: octets out");
	is_int((long long)r->octets_error, 0, "host: exact");
	key = host_key(ip4(203, 0, 113, 5));
	r = row_of(of_minute(MINUTE_PEER, 0), &key);
	is_int((long long)r->sum.octets[MINUTE_IN], 1500, "peer: octets in");

	key = (struct minute_key){ .a = ip4(10, 0, 0, 1), .number = 3 };
	r = row_of(of_minute(MINUTE_INTERFACE, 0), &key);
	is_int((long long)r->sum.octets[MINUTE_IN], 1500, "interface 3: its own in");
	is_int((long long)r->sum.octets[MINUTE_OUT], 200, "interface 3: its own out");
	key = (struct minute_key){ .proto = IPPROTO_TCP, .dport = 443 };
	r = row_of(of_minute(MINUTE_PORT, 0), &key);
	is_int((long long)r->sum.octets[MINUTE_IN], 1500, "port: in, by the service's");
	is_int(
	    (long long)r->sum.octets[MINUTE_OUT], 200, "port: out, by the service's");
	key = (struct minute_key){ .proto = IPPROTO_TCP };
	r = row_of(of_minute(MINUTE_PROTOCOL, 0), &key);
	is_int((long long)minute_octets(&r->sum), 1700, "protocol");
	key = (struct minute_key){ .tos = 46 };
	r = row_of(of_minute(MINUTE_DSCP, 0), &key);
	is_int((long long)minute_octets(&r->sum), 1700, "DSCP");
	key = (struct minute_key){ .number = 64500 };
	r = row_of(of_minute(MINUTE_AS, 0), &key);
	is_int((long long)minute_octets(&r->sum), 1700, "AS of the end outside");
	key = (struct minute_key){ .a = ip4(203, 0, 113, 5),
		.b = ip4(10, 0, 0, 9),
		.proto = IPPROTO_TCP,
		.sport = 443,
		.dport = 50000 };
	r = row_of(of_minute(MINUTE_FLOW, 0), &key);
	is_int((long long)r->sum.octets[MINUTE_IN], 1500, "flow");
	is_int((long long)r->sum.flows, 1, "flow: one record");
	is_int(bad_parts, 0, "parts are in order");
}

static void
test_ends(void)
{
	struct flow f;
	struct minute_key key;

	afresh("10.0.0.0/8 2001:db8::/32");
	f = a_flow();
	f.src = ip4(10, 0, 0, 8);
	tally_flow(tally, &f, T0 + 20000); /* internal */
	f.src = ip4(198, 51, 100, 1);
	f.dst = ip4(203, 0, 113, 5);
	tally_flow(tally, &f, T0 + 20000); /* transit */
	f.src = ip4(10, 0, 0, 8);
	f.dst = ip4(224, 0, 0, 251);
	tally_flow(tally, &f, T0 + 20000); /* to many */
	f.src = f.dst = (struct flow_ip){ 16, { 0x20, 1, 0xd, 0xb8 } };
	f.dst.bytes[15] = 7;
	f.src = (struct flow_ip){ 16, { 0x2a, 1 } };
	tally_flow(tally, &f, T0 + 20000); /* IPv6, in */
	close_all();
	struct minute_sum total = of_minute(MINUTE_TOTAL, 0)->row[0].sum;
	is_int((long long)total.octets[MINUTE_OTHER], 4500,
	    "internal, transit, to many: other ways");
	is_int((long long)total.octets[MINUTE_IN], 1500, "IPv6: in");
	key = host_key(ip4(10, 0, 0, 8));
	is_int((long long)row_of(of_minute(MINUTE_HOST, 0), &key)
		   ->sum.octets[MINUTE_OTHER],
	    3000, "a flow between two inside counts for one");
	key = host_key(ip4(10, 0, 0, 9));
	is_int((long long)row_of(of_minute(MINUTE_HOST, 0), &key)
		   ->sum.octets[MINUTE_OTHER],
	    1500, "and for the other");
	key = host_key(ip4(198, 51, 100, 1));
	is_int((long long)row_of(of_minute(MINUTE_PEER, 0), &key)
		   ->sum.octets[MINUTE_OTHER],
	    1500, "of transit both ends are peers");
	is_int(of_minute(MINUTE_PEER, 0)->rows, 3, "a multicast address is no peer");
	is_int(of_minute(MINUTE_HOST, 0)->rows, 3, "nor a host");
	is_int((long long)minute_octets(&of_minute(MINUTE_HOST, 0)->rest), 1500,
	    "what has no host is in the rest of the hosts");
}

/* --- spans
 * ---------------------------------------------------------------------------- */

static void
test_spread(void)
{
	struct flow f;
	uint64_t octets = 0, packets = 0;

	afresh("10.0.0.0/8");
	f = a_flow();
	f.start_ms = T0 - 2 * MINUTE_MS + 30000; /* 30 s, 60 s, 10 s */
	f.end_ms = T0 + 10000;
	f.octets = 1000001;
	f.packets = 1001;
	tally_flow(tally, &f, T0 + 20000);
	close_all();
	for (int m = -2; m <= 0; m++) {
		const struct minute_sum *sum = &of_minute(MINUTE_TOTAL, m)->row[0].sum;

		octets += minute_octets(sum);
		packets += minute_packets(sum);
		is_close((double)minute_octets(sum),
		    1000001.0 *
			(m == -2      ? 30
			    : m == -1 ? 60
				      : 10) /
			100,
		    1, "octets by the time in the minute");
		is_int((long long)sum->flows, m == 0, "a record counts where it ends");
	}
	is_int((long long)octets, 1000001, "no octet is lost by rounding");
	is_int((long long)packets, 1001, "no packet is");

	/* The tables of minutes that are not over are there, older ones are not. */
	afresh("10.0.0.0/8");
	f = a_flow();
	f.start_ms = f.end_ms = T0 - 6 * MINUTE_MS;
	tally_flow(tally, &f, T0 + 20000);
	f.start_ms = f.end_ms = 0; /* a clock of 1970 */
	tally_flow(tally, &f, T0 + 20000);
	f.start_ms = f.end_ms = T0 + 3600000LL;
	tally_flow(tally, &f, T0 + 20000);
	f.start_ms = f.end_ms = T0 + 20001;
	tally_flow(tally, &f, T0 + 20000);
	is_int((long long)tally_counts(tally)->late, 2, "late ones are counted");
	is_int((long long)tally_counts(tally)->early, 1, "early ones are counted");
	close_all();
	is_int((long long)minute_octets(&of_minute(MINUTE_TOTAL, -5)->row[0].sum), 3000,
	    "what is late goes to the oldest open minute");
	is_int((long long)minute_octets(&of_minute(MINUTE_TOTAL, 0)->row[0].sum), 3000,
	    "what is early to this one");

	/* A clock that is a day behind, and tells so. */
	afresh("10.0.0.0/8");
	f = a_flow();
	exporter_clock(exporter, T0 + 20000 - 86400000LL, T0 + 20000);
	f.start_ms = f.end_ms = T0 + 10000 - 86400000LL;
	tally_flow(tally, &f, T0 + 20000);
	close_all();
	is_int((long long)tally_counts(tally)->late, 0,
	    "a clock that is wrong is put right");
	is_int((long long)minute_octets(&of_minute(MINUTE_TOTAL, 0)->row[0].sum), 1500,
	    "so that flows are in their minute");
}

static long long
octets_in(int minute)
{
	const struct table *t = of_minute(MINUTE_TOTAL, minute);

	return t->rows == 0 ? 0 : (long long)minute_octets(&t->row[0].sum);
}

/* Octets of the oldest minute by a record of 5000 from 50 minutes before T0 to T0,
 * after what was told already; a tenth of that if it is believed. */
static long long
after_begins(struct flow f)
{
	f.sport = 1;
	f.start_ms = T0 - 50 * MINUTE_MS;
	f.end_ms = T0;
	f.octets = 5000;
	memset(table, 0, sizeof table);
	tally_flow(tally, &f, T0 + 1000);
	close_all();
	return octets_in(-5);
}

/* Exporters that say whenever they tell of a flow when it began, hours ago. */
static void
of_begins(void)
{
	struct flow f;

	afresh("10.0.0.0/8");
	f = a_flow();
	f.octets = 0;
	f.start_ms = T0 - 90 * MINUTE_MS;
	f.end_ms = T0 - MINUTE_MS;
	tally_flow(tally, &f, T0 + 1000);
	f.end_ms = T0;
	f.start_ms += 900; /* as the seconds of a header have it */
	tally_flow(tally, &f, T0 + 1000);
	is_int((long long)tally_counts(tally)->cut, 1,
	    "who tells the begin of a flow twice tells it always");
	is_int(after_begins(f), 1000, "and all that is long counts in five minutes");

	static const struct {
		int64_t start_ms, end_ms; /* later */
		const char *what;
	} no_sign[] = {
		{ 0, 0, "the same record twice is no sign of that" },
		{ 40, 5000, "nor is the same flow seen at two places" },
		{ 30 * MINUTE_MS, 30 * MINUTE_MS, "nor another by the same ports" },
	};
	for (unsigned i = 0; i < sizeof no_sign / sizeof *no_sign; i++) {
		afresh("10.0.0.0/8");
		f = a_flow();
		f.octets = 0;
		f.start_ms = T0 - 90 * MINUTE_MS;
		f.end_ms = T0 - 30 * MINUTE_MS;
		tally_flow(tally, &f, T0 + 1000);
		f.start_ms += no_sign[i].start_ms;
		f.end_ms += no_sign[i].end_ms;
		tally_flow(tally, &f, T0 + 1000);
		is_int(after_begins(f), 100, no_sign[i].what);
	}

	/* More flows than are kept, each told of once a minute. */
	afresh("10.0.0.0/8");
	f = a_flow();
	f.octets = 0;
	f.start_ms = T0 - 90 * MINUTE_MS;
	for (int m = -1; m <= 0; m++)
		for (unsigned i = 0; i < 5000; i++) {
			f.dport = (uint16_t)(1024 + i);
			f.end_ms = T0 + m * MINUTE_MS;
			tally_flow(tally, &f, T0 + 1000);
		}
	is_int(after_begins(f), 1000, "thousands of flows do not hide it");

	/* Another one's number. */
	afresh("10.0.0.0/8");
	f = a_flow();
	f.octets = 0;
	f.start_ms = T0 - 90 * MINUTE_MS;
	for (int m = -1; m <= 0; m++) {
		f.end_ms = T0 + m * MINUTE_MS;
		tally_flow(tally, &f, T0 + 1000);
	}
	exporter->serial++;
	is_int(after_begins(f), 100, "it is of one exporter");
}

static void
test_long(void)
{
	struct flow f;
	uint64_t late, all, octets = 0, packets = 0;

	/* Half an hour, as Cisco's default has it: no minute gets more than its share.
	 */
	afresh("10.0.0.0/8");
	f = a_flow();
	f.start_ms = T0 - 30 * MINUTE_MS;
	f.end_ms = T0;
	f.octets = 1ULL << 44;
	f.packets = 3001;
	tally_flow(tally, &f, T0 + 1000);
	close_all();
	for (int m = -5; m <= 0; m++) {
		const struct minute_sum *sum = &of_minute(MINUTE_TOTAL, m)->row[0].sum;

		is_close((double)minute_octets(sum), m == 0 ? 0 : 0x1p44 / 30, 1,
		    "a long flow: each open minute has its share");
		octets += minute_octets(sum);
		packets += minute_packets(sum);
	}
	all = tally_octets(tally, exporter, &late);
	is_int((long long)(octets + late), 1LL << 44,
	    "what belongs to closed ones is counted as late");
	ok(all == 1ULL << 44 && late == tally_counts(tally)->late_octets,
	    "of its exporter, too");
	is_int((long long)packets, 501, "packets likewise");
	ok(tally_counts(tally)->late == 1 && tally_counts(tally)->cut == 0 &&
		of_minute(MINUTE_TOTAL, 0)->row[0].sum.flows == 1,
	    "it is one record, and was not cut");

	/* It ended before what is open: no peak there either. */
	afresh("10.0.0.0/8");
	f = a_flow();
	f.start_ms = T0 - 30 * MINUTE_MS;
	f.end_ms = T0 - 10 * MINUTE_MS;
	f.octets = 30000;
	tally_flow(tally, &f, T0 + 1000);
	close_all();
	is_close((double)octets_in(-5), 30000.0 / 20, 2,
	    "what ended too long ago has the share of a minute in the oldest");

	/* Three hours, by one that tells of a flow when it is over: as long as it says.
	 */
	afresh("10.0.0.0/8");
	f = a_flow();
	f.start_ms = T0 - 180 * MINUTE_MS;
	f.end_ms = T0;
	f.octets = 180000;
	tally_flow(tally, &f, T0 + 1000);
	f.sport++;
	f.start_ms = T0 - 50 * MINUTE_MS;
	f.octets = 50000;
	tally_flow(tally, &f, T0 + 1000);
	close_all();
	is_int(octets_in(-5), 2000, "hours are hours, of this flow and of the next");
	ok(tally_counts(tally)->cut == 0 && tally_counts(tally)->late_octets == 220000,
	    "and what is long over is late");
	of_begins();
	afresh("10.0.0.0/8");
	f = a_flow();
	f.start_ms = 0;
	f.octets = 5000;
	f.end_ms = T0;
	tally_flow(tally, &f, T0 + 1000);
	close_all();
	is_int(octets_in(-5), 1000, "a begin in 1970 is none");

	afresh("10.0.0.0/8");
	f = a_flow();
	exporter->active_s = 60;
	f.start_ms = T0 - 50 * MINUTE_MS;
	f.end_ms = T0;
	f.octets = 5000;
	tally_flow(tally, &f, T0 + 1000);
	close_all();
	ok(tally_counts(tally)->cut == 1 && octets_in(-1) == 5000,
	    "where the exporter tells its timeout, that is how long it is");

	afresh("10.0.0.0/8");
	f = a_flow();
	exporter->active_s = 604800;
	f.start_ms = f.octets = 0;
	f.end_ms = T0 - MINUTE_MS;
	tally_flow(tally, &f, T0 + 1000);
	is_int(after_begins(f), 100, "by a timeout of days it is as long as it says");
	is_int((long long)tally_counts(tally)->cut, 1, "unless that has no begin");
}

static void
test_passing(void)
{
	struct flow f;

	afresh("10.0.0.0/8");
	f = a_flow();
	tally_flow(tally, &f, T0 + 20000);
	for (int m = 1; m < TALLY_OPEN; m++)
		tally_tick(tally, T0 + m * MINUTE_MS, on_part, NULL);
	ok(!of_minute(MINUTE_TOTAL, 0)->given, "open for %d minutes", TALLY_OPEN - 1);
	tally_tick(tally, T0 + TALLY_OPEN * MINUTE_MS, on_part, NULL);
	ok(of_minute(MINUTE_TOTAL, 0)->final, "then it is final");
	memset(table, 0, sizeof table);
	tally_tick(tally, T0 + TALLY_OPEN * MINUTE_MS + 1000, on_part, NULL);
	tally_tell(tally, T0 + TALLY_OPEN * MINUTE_MS + 1000, on_part, NULL);
	ok(!of_minute(MINUTE_TOTAL, 0)->given, "and is given once");

	/* Clocks step. */
	afresh("10.0.0.0/8");
	f = a_flow();
	tally_flow(tally, &f, T0 + 20000);
	tally_tick(tally, T0 - 86400000LL, on_part, NULL);
	ok(of_minute(MINUTE_TOTAL, 0)->final,
	    "when the clock is set back a day, what was open is final");
	f.start_ms = f.end_ms = T0 - 3 * MINUTE_MS;
	tally_flow(tally, &f, T0 - 3 * MINUTE_MS + 5000);
	close_all();
	is_int((long long)minute_octets(&of_minute(MINUTE_TOTAL, -3)->row[0].sum), 1500,
	    "and the time that it is now is tallied");
}

/* --- counting once
 * -------------------------------------------------------------------- */

static struct exporter *another(const char *address);

static void
test_once(void)
{
	struct flow f;
	struct err err;

	afresh("10.0.0.0/8");
	f = a_flow();
	f.has |= FLOW_HAS_EGRESS;
	f.egress = true;
	tally_flow(tally, &f, T0 + 20000);
	is_int((long long)tally_counts(tally)->twice, 0,
	    "what leaves counts while nothing says what comes in");
	f.egress = false;
	tally_flow(tally, &f, T0 + 20000);
	f.egress = true;
	tally_flow(tally, &f, T0 + 20000);
	is_int((long long)tally_counts(tally)->twice, 1, "and not when it was told");
	f.in = 9;
	tally_flow(tally, &f, T0 + 20000);
	is_int((long long)tally_counts(tally)->twice, 1,
	    "an interface that does not tell of what comes in does not hide what leaves");
	f.in = 0;
	tally_flow(tally, &f, T0 + 20000);
	is_int((long long)tally_counts(tally)->twice, 2,
	    "where it came in is not known: it was told");
	f.in = 3;
	tally_flow(tally, &f, T0 + 2 * 3600000LL + 3600000LL);
	is_int((long long)tally_counts(tally)->twice, 2,
	    "who has not told for an hour is not waited for");

	/* softflowd: answers are egress, of no interface or of the one that there is.
	 */
	for (uint32_t interface = 0; interface < 6; interface += 5) {
		afresh("10.0.0.0/8");
		f = a_flow();
		f.has |= FLOW_HAS_EGRESS;
		f.in = f.out = interface;
		for (unsigned i = 0; i < 2; i++) {
			f.egress = i == 1;
			tally_flow(tally, &f, T0 + 20000);
		}
		is_int((long long)tally_counts(tally)->twice, 0,
		    "both ways of one interface are not the same twice");
	}

	afresh("10.0.0.0/8");
	settings.port[0] = 2055;
	settings.ports = 1;
	tally_configure(tally, &settings);
	f = a_flow();
	f.proto = IPPROTO_UDP;
	f.src = ip4(10, 0, 0, 1);
	f.dport = 2055;
	tally_flow(tally, &f, T0 + 20000);
	f.src = ip4(10, 0, 0, 2);
	tally_flow(tally, &f, T0 + 20000);
	is_int((long long)tally_counts(tally)->own, 1,
	    "an exporter's own datagrams to us are not traffic");
	is_int((long long)tally_counts(tally)->flows, 1, "another's are");
	if (prefixes_parse(&settings.self, "10.0.0.9", &err) != 0)
		ok(false, "%s", err.text);
	tally_configure(tally, &settings);
	tally_flow(tally, &f, T0 + 20000);
	is_int((long long)tally_counts(tally)->own, 1,
	    "and what comes to our port from who is no exporter: it may be a flood");
	/* 10.0.0.2 is one, by its agent 10.0.0.3, and so is a guest. */
	struct flow theirs = a_flow();
	struct exporter *sender = another("10.0.0.2");
	sender->agent = ip4(10, 0, 0, 3);
	theirs.exporter = sender;
	tally_flow(tally, &theirs, T0 + 20000);
	theirs.exporter = a_guest(4);
	tally_flow(tally, &theirs, T0 + 20000);
	tally_flow(tally, &f, T0 + 20000);
	is_int((long long)tally_counts(tally)->own, 2,
	    "what exporters send to us is none");
	f.src = ip4(10, 0, 0, 3);
	tally_flow(tally, &f, T0 + 20000);
	f.src = ip4(10, 0, 1, 4);
	tally_flow(tally, &f, T0 + 20000);
	is_int((long long)tally_counts(tally)->own, 4, "from each of their addresses");
	f.dst = ip4(10, 0, 0, 8);
	tally_flow(tally, &f, T0 + 20000);
	is_int((long long)tally_counts(tally)->own, 4, "but what they send to others");
	f.exporter = another("10.0.0.2");
	f.src = ip4(10, 0, 0, 2);
	tally_flow(tally, &f, T0 + 20000);
	is_int((long long)tally_counts(tally)->own, 5,
	    "unless they tell of it themselves");
	prefixes_free(&settings.self);

	/* As many exporters as there can be. */
	for (unsigned i = 0; i < EXPORTERS_MAX; i++) {
		char text[32];

		snprintf(text, sizeof text, "10.2.%u.%u", i >> 8, i & 255);
		if (exporters->count < EXPORTERS_MAX) {
			sender = another(text);
			sender->agent = ip4(10, 3, i >> 8, i & 255);
			theirs.exporter = sender;
			tally_flow(tally, &theirs, T0 + 20000);
		}
	}
	f.dst = ip4(10, 0, 0, 9);
	f.src = ip4(10, 9, 9, 9);
	tally_flow(tally, &f, T0 + 20000);
	is_int((long long)tally_counts(tally)->own, 5,
	    "a stranger among a thousand is none");
	f.src = ip4(10, 3, 1, 1);
	tally_flow(tally, &f, T0 + 20000);
	is_int((long long)tally_counts(tally)->own, 6, "and each of them is one");
	settings.ports = 0;
}

static void
test_biflow(void)
{
	struct flow f;
	struct minute_key key;

	afresh("10.0.0.0/8");
	f = a_flow();
	f.has |= FLOW_HAS_REVERSE;
	f.reverse_octets = 90;
	f.reverse_packets = 1;
	tally_flow(tally, &f, T0 + 20000);
	close_all();
	struct minute_sum total = of_minute(MINUTE_TOTAL, 0)->row[0].sum;
	is_int((long long)total.octets[MINUTE_IN], 1500, "biflow: there");
	is_int((long long)total.octets[MINUTE_OUT], 90, "biflow: and back");
	key = (struct minute_key){ .a = ip4(10, 0, 0, 1), .number = 4 };
	const struct minute_row *r = row_of(of_minute(MINUTE_INTERFACE, 0), &key);
	is_int((long long)r->sum.octets[MINUTE_IN], 90,
	    "answers come in where the flow left");
	key = (struct minute_key){ .b = ip4(203, 0, 113, 5),
		.a = ip4(10, 0, 0, 9),
		.proto = IPPROTO_TCP,
		.dport = 443,
		.sport = 50000 };
	is_int(
	    (long long)row_of(of_minute(MINUTE_FLOW, 0), &key)->sum.octets[MINUTE_OUT],
	    90, "and are a flow of their own");
}

/* --- sampling
 * ------------------------------------------------------------------------- */

static uint64_t random_state;

static uint64_t
next_random(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static void
test_sampling(void)
{
	struct flow f;

	afresh("10.0.0.0/8");
	f = a_flow();
	f.rate = 100;
	f.packets = 1;
	f.octets = 1000;
	tally_flow(tally, &f, T0 + 20000);
	f.rate = 1;
	f.rate_from = SAMPLING_UNKNOWN;
	f.octets = 77;
	tally_flow(tally, &f, T0 + 20000);
	close_all();
	struct minute_sum total = of_minute(MINUTE_TOTAL, 0)->row[0].sum;
	is_int((long long)minute_octets(&total), 100077, "octets are scaled up");
	is_int((long long)minute_packets(&total), 101, "packets are");
	is_int((long long)total.flows, 2, "records are not");
	is_int((long long)total.unknown_octets, 77,
	    "of an unknown rate they count as they are, and are told apart");
	is_close(total.packets_var, 1e4, 1e-6, "variance of packets");
	is_close(total.octets_var, 1e10, 1, "variance of octets");
}

/* Packets of sizes of two kinds, one in RATE of which is sampled; every PER of the
 * samples make a record. Is the truth within Z deviations of the estimate? */
static bool
sampled_run(uint64_t seed, unsigned rate, unsigned per, double z)
{
	uint64_t octets = 0, packets = 20000;
	struct flow f;
	unsigned n = 0;
	uint64_t sum = 0;

	afresh("10.0.0.0/8");
	random_state = seed;
	f = a_flow();
	f.rate = rate;
	for (unsigned i = 0; i < packets; i++) {
		unsigned size = next_random() % 3 == 0 ? 1500 : 40 + next_random() % 60;

		octets += size;
		if (next_random() % rate != 0)
			continue;
		sum += size;
		if (++n < per)
			continue;
		f.octets = sum;
		f.packets = n;
		tally_flow(tally, &f, T0 + 20000);
		n = 0;
		sum = 0;
	}
	if (n > 0) {
		f.octets = sum;
		f.packets = n;
		tally_flow(tally, &f, T0 + 20000);
	}
	close_all();
	struct minute_sum total = of_minute(MINUTE_TOTAL, 0)->row[0].sum;
	return fabs((double)minute_octets(&total) - (double)octets) <=
		   z * sqrt(total.octets_var) &&
	       fabs((double)minute_packets(&total) - (double)packets) <=
		   z * sqrt(total.packets_var);
}

static void
test_variance(void)
{
	/* 99.9 % of a normal distribution lie within 3.29 deviations. */
	for (unsigned per = 1; per <= 16; per *= 4) {
		unsigned inside = 0;

		for (uint64_t seed = 1; seed <= 200; seed++)
			inside += sampled_run(seed, 50, per, 3.29);
		ok(inside == 200,
		    "sampled, %u to a record: the truth is in its interval (%u of 200)",
		    per, inside);
	}
}

/* --- two that see the same
 * ------------------------------------------------------------ */

static struct exporter *
another(const char *address)
{
	struct addr from;

	addr_parse(&from, address);
	struct exporter_key key = exporter_key(&from, FLOW_NETFLOW9, NULL, 0);
	struct exporter *x = exporters_get(exporters, &key, false, T0);
	x->address = from;
	return x;
}

/* The same flow from the router and, behind it, the switch, and one between own hosts
 * that the switch alone sees. */
static struct minute_sum
both_tell(const char *prefer, bool all)
{
	struct err err;

	afresh("10.0.0.0/8");
	if (prefixes_parse(&settings.prefer, prefer, &err) != 0)
		ok(false, "%s", err.text);
	settings.count_all = all;
	tally_configure(tally, &settings);
	struct exporter *other = another("10.0.0.2");
	struct flow f = a_flow();
	/* That there are two is known from here on. */
	struct flow lan = f;
	lan.exporter = other;
	lan.src = ip4(10, 0, 0, 8);
	tally_flow(tally, &lan, T0 + 20000);
	for (unsigned i = 0; i < 10; i++) {
		f.sport = (uint16_t)(1000 + i);
		f.exporter = exporter;
		f.octets = 1500;
		tally_flow(tally, &f, T0 + 20000);
		f.exporter = other;
		f.octets = 1600; /* whole frames */
		tally_flow(tally, &f, T0 + 20000);
	}
	close_all();
	return of_minute(MINUTE_TOTAL, 0)->row[0].sum;
}

static uint64_t
interface_in(struct flow_ip ip)
{
	struct minute_key key = { .a = ip, .number = 3 };

	return row_of(of_minute(MINUTE_INTERFACE, 0), &key)->sum.octets[MINUTE_IN];
}

static void
test_two(void)
{
	struct minute_sum sum = both_tell(NULL, false);

	is_int((long long)sum.octets[MINUTE_IN], 15000, "two tell: it counts once");
	is_int((long long)sum.octets[MINUTE_OTHER], 1500, "what one tells alone, too");
	is_int((long long)tally_counts(tally)->others, 10, "the other's are counted");
	struct minute_key key = host_key(ip4(10, 0, 0, 9));
	is_int((long long)row_of(of_minute(MINUTE_HOST, 0), &key)->sum.octets[MINUTE_IN],
	    15000, "the host has it once");
	is_int((long long)interface_in(ip4(10, 0, 0, 1)), 15000,
	    "the router's interface has what it told");
	is_int((long long)interface_in(ip4(10, 0, 0, 2)), 17500, "so has the switch's");
	sum = all_of(of_minute(MINUTE_INTERFACE, 0));
	is_int((long long)minute_octets(&sum), 2 * (15000 + 17500),
	    "rows and rest of interfaces are all that was told, in and out");
	sum = all_of(of_minute(MINUTE_FLOW, 0));
	is_int((long long)minute_octets(&sum), 16500, "those of flows what counts");
	sum = both_tell("10.0.0.2", false);
	is_int((long long)sum.octets[MINUTE_IN], 17500,
	    "the one that is preferred, from its first word on");
	sum = both_tell(NULL, true);
	is_int((long long)sum.octets[MINUTE_IN], 31000, "or all, where that is wanted");
	settings.count_all = false;
	prefixes_parse(&settings.prefer, NULL, &(struct err){ { 0 } });
}

/* Octets of all minutes: in all, and into interface 3. */
static uint64_t in_all, into_3;

static void
on_sum(void *ctx, const struct minute_part *part, const struct minute_row *row)
{
	(void)ctx;
	if (!part->final)
		return;
	for (unsigned i = 0; i < part->rows; i++) {
		if (part->by == MINUTE_TOTAL)
			in_all += minute_octets(&row[i].sum);
		if (part->by == MINUTE_INTERFACE && row[i].key.number == 3)
			into_3 += minute_octets(&row[i].sum);
	}
}

/* For 20 minutes the router samples, 1600 octets a minute by whole frames; in the first
 * FLOWS of them it exports flows of the same packets, too, 1500 octets. */
static void
flows_and_samples(int flows)
{
	struct addr from;
	struct flow_ip agent = ip4(10, 0, 0, 1);

	afresh("10.0.0.0/8");
	addr_parse(&from, "10.0.0.1");
	struct exporter_key key = exporter_key(&from, FLOW_SFLOW5, &agent, 0);
	struct exporter *sampler = exporters_get(exporters, &key, false, T0);
	sampler->address = from;
	sampler->agent = agent;
	sampler->protocol = FLOW_SFLOW5;
	in_all = into_3 = 0;
	for (int m = 0; m < 20; m++) {
		int64_t now = T0 + m * MINUTE_MS + 20000;
		struct flow f = a_flow();

		tally_tick(tally, now, on_sum, NULL);
		f.start_ms = f.end_ms = now - 10000;
		if (m < flows)
			tally_flow(tally, &f, now);
		f.exporter = sampler;
		f.octets = 1600;
		tally_flow(tally, &f, now);
		tally_tick(tally, now, on_sum, NULL);
	}
	ok(tally_tells(tally, sampler) == (flows < 10) &&
		tally_tells(tally, exporter) == (flows > 10),
	    "flows for %d minutes: it is known who tells of interfaces", flows);
	tally_close(tally, on_sum, NULL);
}

static void
test_flows_and_samples(void)
{
	flows_and_samples(20);
	is_int((long long)into_3, 20 * 1500,
	    "a device that tells of flows and of samples: the flows count");
	is_int((long long)in_all, 1500 + 20 * 1600,
	    "for hosts one counts, as soon as it is known that there are two");
	flows_and_samples(0);
	is_int((long long)into_3, 20 * 1600, "the samples of one that tells of no flows");
	flows_and_samples(5);
	is_int((long long)into_3, 5 * 1500 + 6 * 1600,
	    "and of one that does no more, ten minutes later");
}

/* The router tells 1500 octets a minute, a guest that says to be the router's agent a
 * million. */
static void
test_guest(void)
{
	struct addr from;
	struct flow_ip agent = ip4(10, 0, 0, 1);
	struct flow f;

	afresh("10.0.0.0/8");
	addr_parse(&from, "10.0.0.3");
	struct exporter_key key = exporter_key(&from, FLOW_SFLOW5, &agent, 0);
	struct exporter *guest = exporters_get(exporters, &key, true, T0);
	guest->address = from;
	guest->agent = agent;
	/* That there are two is known from here on. */
	f = a_flow();
	f.exporter = guest;
	f.src = ip4(10, 0, 0, 8);
	tally_flow(tally, &f, T0 + 20000);
	for (int m = 0; m < 12; m++) {
		int64_t now = T0 + m * MINUTE_MS + 20000;

		tally_tick(tally, now, on_part, NULL);
		f = a_flow();
		f.start_ms = f.end_ms = now - 10000;
		tally_flow(tally, &f, now);
		tally_tick(tally, now, on_part, NULL);
		f.exporter = guest;
		f.octets = 1000000;
		tally_flow(tally, &f, now);
		tally_tick(tally, now, on_part, NULL);
	}
	is_int((long long)tally_counts(tally)->others, 12,
	    "a guest does not count where one that is named tells");
	is_int((long long)interface_in(agent), 1500, "nor for its interfaces");
	is_int((long long)interface_in(ip4(10, 0, 0, 3)), 1001500,
	    "but for those of its own address");
}

/* A firewall has told of a part already, an aggregator has put flows together. */
static void
test_told(void)
{
	struct flow f;

	afresh("10.0.0.0/8");
	f = a_flow();
	f.octets = 5000;
	f.packets = 50;
	f.told_octets = 4000;
	f.told_packets = 40;
	f.has |= FLOW_HAS_REVERSE;
	f.reverse_octets = f.told_reverse_octets = 300;
	f.more = true;
	tally_flow(tally, &f, T0 + 20000);
	f = a_flow();
	f.merged = 6;
	f.start_ms -= MINUTE_MS;
	tally_flow(tally, &f, T0 + 20000);
	close_all();
	struct minute_sum sum = all_of(of_minute(MINUTE_FLOW, 0));
	minute_add(&sum, &of_minute(MINUTE_FLOW, -1)->rest);
	for (unsigned i = 0; i < of_minute(MINUTE_FLOW, -1)->rows; i++)
		minute_add(&sum, &of_minute(MINUTE_FLOW, -1)->row[i].sum);
	is_int((long long)sum.octets[MINUTE_IN], 1000 + 1500,
	    "of what was told before the rest counts");
	is_int((long long)sum.packets[MINUTE_IN], 10 + 3, "of packets too");
	is_int((long long)minute_octets(&sum), 2500, "and of the answers");
	is_int(
	    (long long)sum.flows, 7, "a record counts as many flows as it stands for");
}

/* Both have told of a host; then the clock is set back, and the one that was believed is
 * silent. */
static void
test_back(void)
{
	struct flow f;

	afresh("10.0.0.0/8");
	struct exporter *other = another("10.0.0.2");
	f = a_flow();
	tally_flow(tally, &f, T0 + 20000);
	tally_tick(tally, T0 + 20000, on_any, NULL);
	f.exporter = other;
	tally_flow(tally, &f, T0 + 20000);
	tally_tick(tally, T0 + 20000, on_any, NULL);
	f.exporter = exporter;
	tally_flow(tally, &f, T0 + 20000);
	tally_tick(tally, T0 - 86400000LL, on_any, NULL);
	is_int((long long)tally_counts(tally)->others, 1, "one of two counts");
	f.start_ms = f.end_ms = T0 - 86400000LL;
	tally_flow(tally, &f, f.end_ms + 1000);
	close_all();
	is_int((long long)tally_counts(tally)->others, 1,
	    "it is not waited for when the clock was set back a day");
}

/* --- what is watched
 * ------------------------------------------------------------------ */

static double of_host, of_all; /* packets per second that were suspicious at most */

static void
on_suspicion(void *ctx, const struct msg_suspicion *s)
{
	double *of = s->host.len == 0 ? &of_all : &of_host;

	(void)ctx;
	if (s->packets.value > *of)
		*of = s->packets.value;
}

/* For a minute one exporter, which is believed, tells SOME packets a second, the other
 * MORE. */
static void
watched_minute(uint64_t some, uint64_t more, bool all)
{
	static const struct windows_thresholds thresholds = { 2000, 1e12, 1e6 };
	struct windows *w = windows_new(99);
	struct flow f;

	afresh("10.0.0.0/8");
	settings.count_all = all;
	tally_configure(tally, &settings);
	windows_configure(w, &thresholds);
	tally_watch(tally, w);
	of_host = of_all = 0;
	struct exporter *other = another("10.0.0.2");
	/* That there are two is known from here on. */
	f = a_flow();
	f.src = ip4(10, 0, 0, 8);
	tally_flow(tally, &f, T0);
	for (int64_t now = T0; now < T0 + MINUTE_MS; now += 1000) {
		f = a_flow();
		f.start_ms = f.end_ms = now;
		f.exporter = other;
		f.packets = some;
		f.octets = 2 * more * 100;
		tally_flow(tally, &f, now);
		tally_tick(tally, now, on_part, NULL);
		f.exporter = exporter;
		f.packets = more;
		f.octets = more * 100;
		tally_flow(tally, &f, now);
		tally_tick(tally, now, on_part, NULL);
		windows_tick(w, now, on_suspicion, NULL);
	}
	settings.count_all = false;
	tally_watch(tally, NULL);
	windows_free(w);
	close_all();
}

static void
test_watched(void)
{
	watched_minute(10, 10000, false);
	is_int((long long)tally_counts(tally)->others, 60,
	    "who came second does not count");
	ok(fabs(of_host - 10000) < 1, "what it tells of a host is watched (%.0f)",
	    of_host);
	ok(fabs(of_all - 10000) < 1, "and of the network as a whole (%.0f)", of_all);
	watched_minute(1500, 1500, false);
	ok(of_host == 0 && of_all == 0, "what both tell is not added up");
	watched_minute(1500, 1500, true);
	ok(fabs(of_host - 3000) < 1 && fabs(of_all - 3000) < 1,
	    "unless the operator says that it is not the same");
}

/* Of no own host: nobody knows what is the same. */
static void
test_foreign(void)
{
	struct flow f;

	afresh("192.168.0.0/16");
	f = a_flow();
	tally_flow(tally, &f, T0 + 20000);
	f.exporter = another("10.0.0.2");
	f.octets = 700;
	tally_flow(tally, &f, T0 + 20000);
	close_all();
	is_int((long long)minute_octets(&of_minute(MINUTE_TOTAL, 0)->row[0].sum), 2200,
	    "of traffic between others each exporter counts");
}

/* Interfaces in a set: all up to so many, wherever they lie. */
static void
test_set(void)
{
	struct ifset a = { 0 }, b = { 0 };
	unsigned missing = 0;

	for (uint32_t n = 1; n <= IFSET_MAX + 100; n++) {
		ifset_add(&a, n << 16 | n, 0x0123456789abcdefULL);
		ifset_add(&b, n << 16 | n, 0xfedcba9876543210ULL);
	}
	for (uint32_t n = 1; n <= IFSET_MAX; n++)
		missing += !ifset_has(&a, n << 16 | n, 0x0123456789abcdefULL) ||
			   !ifset_has(&b, n << 16 | n, 0xfedcba9876543210ULL);
	is_int(missing, 0, "a set has what was added");
	ok(!ifset_has(&a, 5, 0x0123456789abcdefULL), "and nothing else");
	is_int(a.count, IFSET_MAX, "up to its bound");
	ok(memcmp(a.slot, b.slot, a.slots * sizeof *a.slot) != 0,
	    "the secret says where");
	ifset_clear(&a);
	ifset_clear(&b);
}

/* --- what is absurd
 * ------------------------------------------------------------------- */

static void
test_absurd(void)
{
	struct flow f;

	afresh("10.0.0.0/8");
	f = a_flow();
	tally_flow(tally, &f, T0 + 20000);
	f.octets = UINT64_MAX;
	f.rate = UINT32_MAX;
	tally_flow(tally, &f, T0 + 20000);
	f.octets = 1;
	f.packets = UINT64_MAX / 2;
	tally_flow(tally, &f, T0 + 20000);
	f.packets = 1ULL << 45;
	f.rate = 1;
	for (unsigned i = 0; i < 70000; i++)
		tally_flow(tally, &f, T0 + 20000);
	close_all();
	struct minute_sum total = of_minute(MINUTE_TOTAL, 0)->row[0].sum;
	ok(tally_counts(tally)->absurd > 2, "absurd records are counted");
	ok(minute_packets(&total) <= 1ULL << 61, "and no sum runs over");
	ok(minute_octets(&total) >= 1500, "what was sound stays");

	/* One tells as much as it can, of others' traffic; then come the others. */
	for (unsigned guest = 0; guest < 2; guest++) {
		afresh("10.0.0.0/8");
		struct exporter *liar = guest ? a_guest(9) : another("10.0.0.2");
		f = a_flow();
		f.exporter = liar;
		f.src = f.dst = ip4(203, 0, 113, 6);
		for (int bit = 45; bit >= 0; bit--)
			for (unsigned i = 0; i < 70000u; i++) {
				f.octets = f.packets = 1ULL << bit;
				uint64_t before = tally_counts(tally)->absurd;
				tally_flow(tally, &f, T0 + 20000);
				if (tally_counts(tally)->absurd != before)
					break;
			}
		uint64_t absurd = tally_counts(tally)->absurd;
		f = a_flow();
		tally_flow(tally, &f, T0 + 20000);
		f.exporter = a_guest(8);
		f.dst = ip4(10, 0, 0, 10);
		tally_flow(tally, &f, T0 + 20000);
		ok(absurd > 0 && tally_counts(tally)->absurd == absurd,
		    "%s that fills its minute leaves the others theirs",
		    guest ? "a guest" : "an exporter");
		for (int m = 1; m <= TALLY_OPEN; m++)
			tally_tick(tally, T0 + m * MINUTE_MS, on_part, NULL);
		total = of_minute(MINUTE_TOTAL, 0)->row[0].sum;
		is_int((long long)total.octets[MINUTE_IN], 3000, "whose sum is right");
		ok(minute_octets(&total) <= (guest ? 1ULL << 45 : 1ULL << 51) + 3000,
		    "and it has its share");
		f.exporter = liar;
		f.start_ms = f.end_ms = T0 + TALLY_OPEN * MINUTE_MS + 1000;
		tally_flow(tally, &f, T0 + TALLY_OPEN * MINUTE_MS + 1000);
		is_int((long long)(tally_counts(tally)->absurd - absurd), 0,
		    "with the next minute it has room again");
	}
}

/* --- privacy
 * -------------------------------------------------------------------------- */

static void
with_talkers(enum tally_talkers talkers, bool cut)
{
	struct flow f;

	afresh("10.0.0.0/8 2001:db8::/32");
	settings.talkers = talkers;
	settings.cut_remote = cut;
	tally_configure(tally, &settings);
	f = a_flow();
	tally_flow(tally, &f, T0 + 20000);
	f.src = (struct flow_ip){ 16, { 0x2a, 1, 2, 3, 4, 5, 6, 7, 8 } };
	f.dst = (struct flow_ip){ 16, { 0x20, 1, 0xd, 0xb8, [15] = 1 } };
	tally_flow(tally, &f, T0 + 20000);
	close_all();
}

static void
test_privacy(void)
{
	with_talkers(TALLY_OFF, false);
	ok(!of_minute(MINUTE_HOST, 0)->given && !of_minute(MINUTE_PEER, 0)->given &&
		!of_minute(MINUTE_FLOW, 0)->given,
	    "talkers = off: no hosts, no peers, no flows");
	is_int(of_minute(MINUTE_PORT, 0)->rows, 1, "but ports");
	with_talkers(TALLY_TOTALS, false);
	ok(of_minute(MINUTE_HOST, 0)->rows == 2 && !of_minute(MINUTE_PEER, 0)->given &&
		!of_minute(MINUTE_FLOW, 0)->given,
	    "talkers = totals: hosts, no peers, no flows");
	with_talkers(TALLY_FULL, true);
	struct minute_key key = host_key(ip4(203, 0, 113, 0));
	is_int((long long)row_of(of_minute(MINUTE_PEER, 0), &key)->sum.flows, 1,
	    "cut_remote: IPv4 to /24");
	key = host_key((struct flow_ip){ 16, { 0x2a, 1, 2, 3, 4, 5 } });
	is_int((long long)row_of(of_minute(MINUTE_PEER, 0), &key)->sum.flows, 1,
	    "cut_remote: IPv6 to /48");
	key = (struct minute_key){ .a = ip4(203, 0, 113, 0),
		.b = ip4(10, 0, 0, 9),
		.proto = IPPROTO_TCP,
		.sport = 443,
		.dport = 50000 };
	is_int((long long)row_of(of_minute(MINUTE_FLOW, 0), &key)->sum.flows, 1,
	    "in flows the remote end only");
}

/* --- conservation
 * --------------------------------------------------------------------- */

/* Many flows of many keys over several minutes: what was offered, and what was given.
 */
static void
test_conservation(void)
{
	struct minute_sum want[8] = { 0 }, internal[8] = { 0 }, got;
	struct flow f;
	bool same = true, same_packets = true, same_hosts = true;
	uint64_t offered = 0, given = 0;

	afresh("10.0.0.0/8");
	random_state = 42;
	for (unsigned i = 0; i < 150000; i++) {
		uint64_t r = next_random(), s = next_random();

		f = a_flow();
		f.src =
		    ip4(r & 1 ? 10 : 198, r >> 8 & 255, r >> 16 & 255, r >> 24 & 255);
		f.dst =
		    ip4(r & 2 ? 10 : 203, r >> 32 & 255, r >> 40 & 255, r >> 48 & 255);
		f.sport = (uint16_t)s;
		f.dport = (uint16_t)(s >> 16);
		f.proto = (uint8_t)(s >> 32);
		f.tos = (uint8_t)(s >> 40);
		f.in = s >> 48 & 1023;
		f.out = s >> 52 & 1023;
		f.src_as = (uint32_t)(r >> 4 & 0xffff);
		f.octets = next_random() % 1000000;
		f.packets = f.octets / 500;
		f.end_ms = T0 + 50000 - (int64_t)(next_random() % 100000);
		f.start_ms = f.end_ms - (int64_t)(next_random() % 150000);
		offered += f.octets;
		tally_flow(tally, &f, T0 + 55000);
		int m = (int)((f.end_ms - T0 + 7 * MINUTE_MS) / MINUTE_MS);
		want[m].flows++;
		if ((r & 3) == 3)
			internal[m].flows++;
	}
	close_all();
	for (int m = -7; m < 1; m++) {
		struct minute_sum total = all_of(of_minute(MINUTE_TOTAL, m));

		given += minute_octets(&total);
		same = same && total.flows == want[m + 7].flows;
		for (unsigned by = 0; by < MINUTE_BYS; by++) {
			got = all_of(of_minute(by, m));
			if (by == MINUTE_HOST) {
				same_hosts =
				    same_hosts &&
				    got.octets[MINUTE_IN] == total.octets[MINUTE_IN] &&
				    got.octets[MINUTE_OUT] ==
					total.octets[MINUTE_OUT] &&
				    got.flows == total.flows + internal[m + 7].flows;
				continue;
			}
			if (by == MINUTE_PEER) {
				same_hosts = same_hosts && got.octets[MINUTE_IN] ==
							       total.octets[MINUTE_IN];
				continue;
			}
			if (by == MINUTE_AS)
				continue;
			if (by == MINUTE_INTERFACE) {
				same_packets =
				    same_packets &&
				    got.octets[MINUTE_IN] == minute_octets(&total) &&
				    got.octets[MINUTE_OUT] == minute_octets(&total);
				continue;
			}
			same_packets =
			    same_packets &&
			    memcmp(got.octets, total.octets, sizeof got.octets) == 0 &&
			    memcmp(got.packets, total.packets, sizeof got.packets) == 0;
		}
	}
	ok(given == offered, "every octet is in some minute");
	ok(same, "every record is in the minute of its end");
	ok(same_packets, "rows and rest of each table are all of it");
	ok(same_hosts,
	    "of hosts and peers too, where flows between two count for both");
	is_int(bad_parts, 0, "parts are in order");
}

/* --- the bound of a table
 * ------------------------------------------------------------- */

#define KEYS 5000
#define ROWS 256

/* A stream of STEPS pairs by KIND; every row and every missing key is held against the
 * exact truth. */
static void
bound(const char *what, unsigned steps, uint64_t (*pair)(unsigned, unsigned *))
{
	static uint64_t truth[KEYS];
	struct toptable t;
	uint64_t all = 0;
	bool holds = true, missing = true;

	memset(truth, 0, sizeof truth);
	toptable_init(&t, ROWS);
	random_state = 7;
	for (unsigned i = 0; i < steps; i++) {
		unsigned k = 0;
		uint64_t octets = pair(i, &k);
		struct top_key key = { { k } };
		struct minute_sum sum = { .octets = { octets }, .flows = 1 };

		truth[k] += octets;
		all += octets;
		toptable_add(&t, &key, k * 0x9e3779b97f4a7c15ULL >> 20, &sum);
	}
	for (unsigned k = 0; k < KEYS; k++) {
		struct top_key key = { { k } };
		const struct top_row *r =
		    toptable_find(&t, &key, k * 0x9e3779b97f4a7c15ULL >> 20);

		if (r == NULL) {
			missing = missing && truth[k] <= t.error;
			continue;
		}
		holds = holds && minute_octets(&r->sum) <= truth[k] &&
			truth[k] <= minute_octets(&r->sum) + r->error;
	}
	ok(holds, "%s: each row has what its key had, but for its error", what);
	ok(missing, "%s: a key without a row had no more than the bound", what);
	ok(t.error <= 2 * all / ROWS, "%s: the bound is as stated (%g of %g)", what,
	    (double)t.error, 2.0 * (double)all / ROWS);
	ok(t.count <= ROWS, "%s: no more rows than there is room for", what);
	toptable_free(&t);
}

static uint64_t
pair_equal(unsigned i, unsigned *k)
{
	*k = i % KEYS;
	return 1000;
}

static uint64_t
pair_rising(unsigned i, unsigned *k)
{
	*k = i % KEYS;
	return i;
}

static uint64_t
pair_heavy(unsigned i, unsigned *k)
{
	uint64_t r = next_random();

	*k = i % 3 == 0 ? (unsigned)(r % 20) : (unsigned)(r % KEYS);
	return i % 3 == 0 ? 1500 : 1 + r % 100;
}

/* A great one comes only when the table is about to be halved, with what was built up
 * by small ones before. */
static uint64_t
pair_saw(unsigned i, unsigned *k)
{
	unsigned at = i % (ROWS + 1);

	*k = at == ROWS ? 0 : 1 + (i / (ROWS + 1) * 131 + at) % (KEYS - 1);
	return at == ROWS ? 90000 : 10 * at;
}

static uint64_t
pair_zero(unsigned i, unsigned *k)
{
	*k = (unsigned)(next_random() % KEYS);
	return i % 2 == 0 ? 0 : 5;
}

static void
test_bound(void)
{
	bound("equal", 60000, pair_equal);
	bound("rising", 60000, pair_rising);
	bound("a few great ones", 60000, pair_heavy);
	bound("a saw", 60000, pair_saw);
	bound("nothing in many", 60000, pair_zero);
}

int
main(void)
{
	test_nothing();
	test_quiet();
	test_tables();
	test_ends();
	test_spread();
	test_long();
	test_passing();
	test_once();
	test_biflow();
	test_sampling();
	test_variance();
	test_two();
	test_flows_and_samples();
	test_guest();
	test_told();
	test_back();
	test_watched();
	test_foreign();
	test_set();
	test_absurd();
	test_privacy();
	test_conservation();
	test_bound();
	tally_free(tally);
	exporters_free(exporters);
	prefixes_free(&settings.local);
	prefixes_free(&settings.prefer);
	return tap_done();
}
