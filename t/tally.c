/* Minutes of traffic: everything that is offered is in rows or rests, whatever comes;
 * what a bounded table forgets stays below its bound; and nothing leaves that privacy
 * keeps in. */
#include <netinet/in.h>

#include "base/mem.h"
#include "base/prefix.h"
#include "collector/exporter.h"
#include "collector/ifset.h"
#include "collector/tally.h"
#include "collector/toptable.h"
#include "t/tallied.h"
#include "t/tap.h"

/* --- no flow ---------------------------------------------------------------------- */

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
	tally_tell(tally, on_any, NULL);
	tally_tick(tally, T0, on_any, NULL);
	tally_close(tally, on_any, NULL);
	is_int(parts_given, 0, "where no flow ever came there is nothing to give");
	struct flow f = a_flow();
	tally_flow(tally, &f, T0);
	tally_close(tally, on_any, NULL);
	parts_given = 0;
	tally_tell(tally, on_any, NULL);
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

/* --- one flow --------------------------------------------------------------------- */

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
	tally_tell(tally, on_part, NULL);
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

/* --- sampling --------------------------------------------------------------------- */

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

/* --- sets of interfaces ----------------------------------------------------------- */

/* All up to so many, wherever they lie. */
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

/* --- what is absurd --------------------------------------------------------------- */

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

/* --- privacy ---------------------------------------------------------------------- */

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

/* --- conservation ----------------------------------------------------------------- */

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
		f.in = 1 + (s >> 48 & 1023);
		f.out = 1 + (s >> 52 & 1023);
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

	afresh("10.0.0.0/8");
	f = a_flow();
	f.in = 0;
	tally_flow(tally, &f, T0 + 20000);
	f.out = 0;
	tally_flow(tally, &f, T0 + 20000);
	close_all();
	got = all_of(of_minute(MINUTE_INTERFACE, 0));
	ok(got.octets[MINUTE_IN] == 0 && got.octets[MINUTE_OUT] == f.octets &&
		got.flows == 1,
	    "what names no interface is not in the rest of interfaces");
}

/* --- the bound of a table --------------------------------------------------------- */

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
	test_sampling();
	test_variance();
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
