/* A packet counts once: of one exporter that tells of it twice, and of several that
 * tell of the same host, whom to believe. */
#include "collector/windows.h"
#include "t/tallied.h"
#include "t/tap.h"

/* --- one that tells twice --------------------------------------------------------- */

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

/* --- two that see the same -------------------------------------------------------- */

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
	is_int(
	    (long long)row_of(of_minute(MINUTE_HOST, 0), &key)->sum.octets[MINUTE_IN],
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
	is_int(
	    (long long)into_3, 20 * 1600, "the samples of one that tells of no flows");
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

/* Both have told of a host; then the clock is set back, and the one that was believed
 * is silent. */
static void
test_back(void)
{
	struct flow f;

	afresh("10.0.0.0/8");
	struct exporter *other = another("10.0.0.2");
	f = a_flow();
	tally_flow(tally, &f, T0 + 20000);
	tally_tick(tally, T0 + 20000, on_part, NULL);
	f.exporter = other;
	tally_flow(tally, &f, T0 + 20000);
	tally_tick(tally, T0 + 20000, on_part, NULL);
	f.exporter = exporter;
	tally_flow(tally, &f, T0 + 20000);
	tally_tick(tally, T0 - 86400000LL, on_part, NULL);
	is_int((long long)tally_counts(tally)->others, 1, "one of two counts");
	f.start_ms = f.end_ms = T0 - 86400000LL;
	tally_flow(tally, &f, f.end_ms + 1000);
	close_all();
	is_int((long long)tally_counts(tally)->others, 1,
	    "it is not waited for when the clock was set back a day");
}

/* --- what is watched -------------------------------------------------------------- */

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

/* --- one interface that is looked at ---------------------------------------------- */

static void
is_way(struct flow_ip src, struct flow_ip dst, enum minute_way want, const char *what)
{
	struct minute_key key = { .a = ip4(10, 0, 0, 1), .number = 5 };
	uint64_t sum[MINUTE_WAYS] = { 0 };
	struct flow f;

	afresh("10.0.0.0/8");
	f = a_flow();
	f.in = f.out = 5;
	f.src = src;
	f.dst = dst;
	tally_flow(tally, &f, T0 + 20000);
	close_all();
	const struct minute_row *r = row_of(of_minute(MINUTE_INTERFACE, 0), &key);
	memcpy(sum, r->sum.octets, sizeof sum);
	ok(sum[want] == 1500 && minute_octets(&r->sum) == 1500, "%s", what);
}

/* softflowd: it came in and left by the one interface that it listens on. */
static void
test_only_interface(void)
{
	struct flow_ip router = ip4(10, 0, 0, 1), host = ip4(10, 0, 0, 9),
		       remote = ip4(203, 0, 113, 5);
	struct minute_key key = { .a = router, .number = 5 };
	struct flow f;
	struct err err;

	is_way(remote, host, MINUTE_OUT, "to an own host: out by the interface, once");
	is_way(host, remote, MINUTE_IN, "from one: in");
	is_way(host, router, MINUTE_IN, "to the device itself: in");
	is_way(router, host, MINUTE_OUT, "from it: out");
	is_way(remote, router, MINUTE_IN, "to it from elsewhere: in");
	is_way(router, remote, MINUTE_OUT, "and to elsewhere: out");
	is_way(host, ip4(10, 0, 0, 8), MINUTE_OTHER, "between own hosts: nobody knows");
	is_way(remote, ip4(203, 0, 113, 6), MINUTE_OTHER, "nor between others");

	/* This host itself sends its flows by loopback. */
	afresh("10.0.0.0/8");
	prefixes_free(&settings.self);
	if (prefixes_parse(&settings.self, "10.0.0.9", &err) != 0)
		ok(false, "%s", err.text);
	tally_configure(tally, &settings);
	f = a_flow();
	f.exporter = another("127.0.0.1");
	f.in = f.out = 5;
	tally_flow(tally, &f, T0 + 20000);
	close_all();
	key.a = ip4(127, 0, 0, 1);
	is_int((long long)row_of(of_minute(MINUTE_INTERFACE, 0), &key)
		   ->sum.octets[MINUTE_IN],
	    1500, "to this host, which tells of itself: in");

	/* Or from one of its addresses to another one, of whatever kind. */
	afresh("10.0.0.0/8 2001:db8::/32");
	prefixes_free(&settings.self);
	if (prefixes_parse(&settings.self, "10.0.0.9 2001:db8::9", &err) != 0)
		ok(false, "%s", err.text);
	tally_configure(tally, &settings);
	f = a_flow();
	f.exporter = another("10.0.0.9");
	f.in = f.out = 5;
	f.src = (struct flow_ip){ .len = 16, .bytes = { 0x20, 1, 5 } };
	f.dst =
	    (struct flow_ip){ .len = 16, .bytes = { 0x20, 1, 0xd, 0xb8, [15] = 9 } };
	tally_flow(tally, &f, T0 + 20000);
	close_all();
	key.a = ip4(10, 0, 0, 9);
	is_int((long long)row_of(of_minute(MINUTE_INTERFACE, 0), &key)
		   ->sum.octets[MINUTE_IN],
	    1500, "to another address of it: in");
	prefixes_free(&settings.self);
	key.a = router;

	/* A router that has several. */
	afresh("10.0.0.0/8");
	f = a_flow();
	tally_flow(tally, &f, T0 + 20000);
	f.in = f.out = 5;
	tally_flow(tally, &f, T0 + 20000);
	close_all();
	key.a = router;
	const struct minute_row *r = row_of(of_minute(MINUTE_INTERFACE, 0), &key);
	ok(r->sum.octets[MINUTE_IN] == 1500 && r->sum.octets[MINUTE_OUT] == 1500,
	    "what a router sends back by the same interface passed it twice");
}

int
main(void)
{
	test_only_interface();
	test_once();
	test_biflow();
	test_two();
	test_flows_and_samples();
	test_guest();
	test_told();
	test_back();
	test_watched();
	test_foreign();
	tally_free(tally);
	exporters_free(exporters);
	prefixes_free(&settings.local);
	prefixes_free(&settings.prefer);
	return tap_done();
}
