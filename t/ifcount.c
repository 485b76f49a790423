/* Interface counters into minutes: against a plain computation of the same, over wraps,
 * reboots, gaps and agents that repeat themselves; and the 95th percentile. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "collector/exporter.h"
#include "collector/ifcount.h"
#include "t/tap.h"

#define T0 1700000040000LL /* a minute's begin */
#define MINUTE_MS 60000
#define MINUTES 64

static struct {
	struct msg_ifcounters minute[MINUTES], now;
	unsigned minutes, spans;
} got;

static void
on_span(void *ctx, const struct msg_ifcounters *m)
{
	(void)ctx;
	if (!m->span.minute) {
		got.now = *m;
		got.spans++;
	} else if (got.minutes < MINUTES) {
		got.minute[got.minutes++] = *m;
	}
}

static struct ifcount *
fresh(void)
{
	memset(&got, 0, sizeof got);
	return ifcount_new(on_span, NULL);
}

static struct flow_ip
ip_of(uint8_t last)
{
	return (struct flow_ip){ 4, { 192, 0, 2, last } };
}

static const struct if_names plain = { .name = "eth0",
	.speed = { 1000000000, 1000000000 } };

/* A sample at T of octets in and out, in counters of BITS, on a device up for T - BOOT.
 */
static struct ifcount_sample
sample(int64_t t, uint64_t in, uint64_t out, unsigned bits, int64_t boot)
{
	struct flow_ip ip = ip_of(1);
	struct ifcount_sample s = { .key = if_key(&ip, 3),
		.source = IF_SNMP,
		.time_ms = t,
		.has_uptime = boot != 0,
		.uptime = (uint32_t)((t - boot) / 10),
		.uptime_per_s = 100,
		.names = &plain };

	memset(s.raw, 0xff, sizeof s.raw);
	for (unsigned i = 0; i < RAWS; i++)
		s.bits[i] = 32;
	s.bits[RAW_OCTETS] = (uint8_t)bits;
	s.raw[RAW_OCTETS][IF_IN] = bits == 32 ? in & UINT32_MAX : in;
	s.raw[RAW_OCTETS][IF_OUT] = bits == 32 ? out & UINT32_MAX : out;
	return s;
}

static void
give(struct ifcount *t, int64_t at, uint64_t in, uint64_t out, unsigned bits,
    int64_t boot)
{
	struct ifcount_sample s = sample(at, in, out, bits, boot);

	ifcount_take(t, &s);
}

static struct msg_iftotals
totals(const struct ifcount *t)
{
	struct msg_iftotals m = { 0 };

	ifcount_totals(t, &m);
	return m;
}

/* Octets of a line whose rate changes at random times, sampled at others: each minute
 * against straight lines between the samples, summed up millisecond by millisecond. */
static void
test_spread(unsigned bits, uint64_t first)
{
	enum {
		SAMPLES = 60
	};
	static double truth[2][MINUTES * MINUTE_MS / 100];
	int64_t time[SAMPLES];
	uint64_t value[2][SAMPLES];
	struct ifcount *t = fresh();
	unsigned minutes = 0, wrong = 0, part = 0;

	srandom(7 + bits);
	memset(truth, 0, sizeof truth);
	time[0] = T0 + 1700;
	value[0][0] = first;
	value[1][0] = first / 2;
	for (unsigned i = 1; i < SAMPLES; i++) {
		/* Whole tenths of a second, so that the plain sum is exact. */
		time[i] = time[i - 1] + 100 * (100 + random() % 230);
		for (unsigned way = 0; way < 2; way++)
			value[way][i] =
			    value[way][i - 1] +
			    (uint64_t)random() % (way ? 20000000 : 900000000);
	}
	for (unsigned i = 1; i < SAMPLES; i++)
		for (int64_t at = time[i - 1]; at < time[i]; at += 100)
			for (unsigned way = 0; way < 2; way++)
				truth[way][(at - T0) / 100] =
				    (double)(value[way][i] - value[way][i - 1]) * 100 /
				    (double)(time[i] - time[i - 1]);
	for (unsigned i = 0; i < SAMPLES; i++)
		give(t, time[i], value[0][i], value[1][i], bits, T0 - 5000000);
	for (unsigned k = 0; k < got.minutes; k++) {
		const struct if_span *s = &got.minute[k].span;
		unsigned first_slot = (unsigned)((s->begin_ms - T0) / 100);

		for (unsigned way = 0; way < 2; way++) {
			double sum = 0;

			for (unsigned j = 0; j < MINUTE_MS / 100; j++)
				sum += truth[way][first_slot + j];
			wrong += fabs(sum - s->count[IF_OCTETS][way]) > 1e-6 * sum + 1;
		}
		part += s->known_ms != MINUTE_MS;
		minutes += s->begin_ms == T0 + (int64_t)k * MINUTE_MS;
	}
	is_int(minutes, (time[SAMPLES - 1] - T0) / MINUTE_MS,
	    "all minutes that are over, in their order");
	is_int(wrong, 0, "each holds what straight lines between the samples hold");
	is_int(part, 1, "only the first is not known as a whole");
	is_int(got.minute[0].span.known_ms, MINUTE_MS - 1700, "since its first sample");
	if (bits == 32)
		ok(totals(t).wraps > 3, "%llu times 32 bits ran over",
		    (unsigned long long)totals(t).wraps);
	is_int((long long)totals(t).resets + (long long)totals(t).doubts, 0,
	    "nothing was taken for a reset");
	ifcount_free(t);
}

/* Of two samples 30 s apart: the octets in that are known, or NAN. */
static double
added(uint64_t a, uint64_t b, uint64_t out_a, uint64_t out_b, unsigned bits,
    int64_t boot_a, int64_t boot_b)
{
	struct ifcount *t = fresh();
	double v;

	give(t, T0, a, out_a, bits, boot_a);
	give(t, T0 + 30000, b, out_b, bits, boot_b);
	v = got.spans == 0 ? NAN : got.now.span.count[IF_OCTETS][IF_IN];
	ifcount_free(t);
	return v;
}

static void
test_resets(void)
{
	const int64_t old = T0 - 86400000, wrapped = T0 + 10000 - 42949672960LL;

	is_close(added(1000, 4000, 0, 0, 64, old, old), 3000, 0, "on and on");
	is_close(added(4294967000, 704, 0, 10, 32, old, old), 1000, 0,
	    "32 bits run over: followed");
	is_close(added(4294967000, 704, 0, 10, 64, old, old), 1000, 0,
	    "64 bits filled from 32 that run over: followed where the uptime goes on");
	is_close(added(4294967000, 704, 0, 10, 64, 0, 0), NAN, 0,
	    "and else not: the counter may have begun anew");
	is_close(added(UINT64_MAX - 99, 900, 0, 10, 64, old, old), 1000, 0,
	    "64 bits run over");
	is_close(added(9000000000, 5000, 0, 10, 64, old, old), NAN, 0,
	    "64 bits never fall: begun anew");
	is_close(added(1000, 90000, 0, 10, 64, old, T0 + 20000), NAN, 0,
	    "a reboot between two samples, though the counter is greater: not known");
	is_close(added(1000, 4000, 0, 0, 64, wrapped, wrapped), 3000, 0,
	    "the uptime itself ran over: nothing happened");
	is_close(added(3000000000, 5000, 2000000000, 700, 32, old, old), NAN, 0,
	    "both directions fell at once: somebody cleared the counters");
	is_close(added(3000000000, 2000000000, 0, 10, 32, old, old), 3294967296, 0,
	    "32 bits nearly around, at 879 Mbit/s of 1000: followed");
	is_close(added(0, 1ULL << 62, 0, 10, 64, old, old), NAN, 0,
	    "a jump that no line carries is not believed");

	struct ifcount *t = fresh();
	struct ifcount_sample s = sample(T0, 1000, 1000, 64, old);
	ifcount_take(t, &s);
	s = sample(T0 + 30000, 5000, 5000, 64, old);
	s.discontinuity = 77;
	ifcount_take(t, &s);
	is_int(got.spans, 0, "the device says that it began anew: not known");
	is_int((long long)totals(t).resets, 1, "and counted");
	s.time_ms += 30000;
	s.uptime += 3000;
	s.raw[RAW_OCTETS][IF_IN] += 600;
	ifcount_take(t, &s);
	is_close(got.now.span.count[IF_OCTETS][IF_IN], 600, 0, "from there it goes on");
	is_int(got.minutes, 1, "the minute is given out");
	is_int(got.minute[0].span.known_ms, 30000, "as half known");
	is_close(if_rate(&got.minute[0].span, IF_OCTETS, IF_IN), 20, 1e-9,
	    "its rate is that of what is known");
	ifcount_free(t);
}

static void
test_gaps(void)
{
	const int64_t old = T0 - 86400000;
	struct ifcount *t = fresh();

	give(t, T0, 0, 0, 64, old);
	give(t, T0 + 300000, 300000, 600000, 64, old);
	is_int(got.minutes, 5, "asked every five minutes: five minutes at once");
	is_close(got.minute[4].span.count[IF_OCTETS][IF_OUT], 120000, 1e-6, "evenly");
	give(t, T0 + 300000 + IFCOUNT_GAP_MS + 1, 400000, 700000, 64, old);
	is_int(got.minutes, 5, "longer than the gap: not known");
	is_int((long long)totals(t).gaps, 1, "and counted");
	give(t, T0 + 960001, 500000, 800000, 64, old);
	is_int(got.spans, 2, "then it goes on");
	is_int(got.minutes, 6, "a minute is over");
	is_int(got.minute[5].span.begin_ms, T0 + 900000, "the one of now");
	is_int(got.minute[5].span.known_ms, 59999, "known since the gap");
	give(t, T0 + 960002, 500001, 800001, 64, old);
	is_int(got.spans, 2, "told twice: once is enough");
	give(t, T0 + 970000, 510000, 800001, 64, old);
	is_int(got.minutes, 6, "a minute that is not over");
	ifcount_sweep(t, T0 + 970000 + IFCOUNT_GAP_MS + 1);
	is_int(got.minutes, 7, "is given out when nothing more can come to it");
	is_int(got.minute[6].span.known_ms, 10000, "with what is known");
	ifcount_sweep(t, T0 + 970000 + IFCOUNT_KEEP_MS + 1);
	is_int(
	    totals(t).interfaces, 0, "and the interface is forgotten some time later");
	ifcount_free(t);

	t = fresh();
	give(t, T0, 0, 0, 32, old);
	give(t, T0 + 60000, 300000, 600000, 32, old);
	is_int(
	    got.spans, 0, "32 bits, a minute, 1 Gbit/s: they may have run over twice");
	is_int((long long)totals(t).doubts, 1, "a doubt");
	ifcount_free(t);
}

/* Packets are three counters, each of 32 bits; what is not counted is unknown. */
static void
test_parts(void)
{
	const int64_t old = T0 - 86400000;
	struct ifcount *t = fresh();
	struct ifcount_sample s = sample(T0, 0, 0, 64, old);

	s.raw[RAW_UNICAST][IF_IN] = 4294967290;
	s.raw[RAW_MULTICAST][IF_IN] = 7;
	s.raw[RAW_ERRORS][IF_OUT] = 1;
	ifcount_take(t, &s);
	s.time_ms += 30000;
	s.uptime += 3000;
	s.raw[RAW_UNICAST][IF_IN] = 4;
	s.raw[RAW_MULTICAST][IF_IN] = 9;
	s.raw[RAW_ERRORS][IF_OUT] = 4;
	ifcount_take(t, &s);
	is_close(got.now.span.count[IF_PACKETS][IF_IN], 12, 0,
	    "unicast ran over, broadcast is not counted: 10 and 2");
	is_close(
	    got.now.span.count[IF_PACKETS][IF_OUT], NAN, 0, "not counted: unknown");
	is_close(got.now.span.count[IF_ERRORS][IF_OUT], 3, 0, "errors");
	is_close(got.now.span.count[IF_DISCARDS][IF_OUT], NAN, 0, "no discards told");
	ifcount_free(t);
}

static void
test_bounds(void)
{
	struct ifcount *t = fresh();
	struct flow_ip ip = ip_of(1);

	for (unsigned d = 1; d <= 6; d++)
		for (unsigned i = 1; i <= IFCOUNT_DEVICE_MAX + 10; i++) {
			struct ifcount_sample s = sample(T0, 0, 0, 64, 0);

			ip = ip_of((uint8_t)d);
			s.key = if_key(&ip, i);
			ifcount_take(t, &s);
		}
	is_int(totals(t).interfaces, IFCOUNT_MAX, "so many interfaces and no more");
	is_int((long long)totals(t).no_room,
	    6LL * (IFCOUNT_DEVICE_MAX + 10) - IFCOUNT_MAX, "the others are counted");
	ip = ip_of(1);
	struct ifcount_sample s = sample(T0 + 30000, 3000, 0, 64, 0);
	s.key = if_key(&ip, 1);
	ifcount_take(t, &s);
	is_close(got.now.span.count[IF_OCTETS][IF_IN], 3000, 0,
	    "who was there before is still served");
	ifcount_free(t);
}

/* Interfaces of device D, from FIRST on. */
static void
fill(struct ifcount *t, unsigned d, unsigned first, unsigned count, bool guest)
{
	struct flow_ip ip = ip_of((uint8_t)d);

	for (unsigned i = first; i < first + count; i++) {
		struct ifcount_sample s = sample(T0, 0, 0, 64, 0);

		s.key = if_key(&ip, i);
		s.guest = guest;
		ifcount_take(t, &s);
	}
}

static void
test_guests(void)
{
	struct ifcount *t = fresh();

	fill(t, 1, 1, IFCOUNT_GUEST_MAX + 10, true);
	is_int(totals(t).interfaces, IFCOUNT_GUEST_MAX, "a guest has a small share");
	for (unsigned d = 2; d <= 20; d++)
		fill(t, d, 1, IFCOUNT_GUEST_MAX, true);
	is_int(totals(t).interfaces, IFCOUNT_GUESTS_MAX, "and all guests one together");
	for (unsigned d = 101; d <= 102; d++)
		fill(t, d, 1, IFCOUNT_DEVICE_MAX, false);
	is_int(totals(t).interfaces, IFCOUNT_MAX, "who is named has room beside them");
	ifcount_free(t);

	t = fresh();
	fill(t, 1, 1, IFCOUNT_GUEST_MAX, true);
	fill(t, 1, 1, IFCOUNT_GUEST_MAX + 10, false);
	for (unsigned d = 2; d <= 20; d++)
		fill(t, d, 1, IFCOUNT_GUEST_MAX, true);
	is_int(totals(t).interfaces, IFCOUNT_GUEST_MAX + 10 + IFCOUNT_GUESTS_MAX,
	    "a guest that is named by now takes of the guests' share no more");
	ifcount_free(t);
}

static void
test_sflow(void)
{
	struct ifcount *t = fresh();
	struct exporter *x = calloc(1, sizeof *x);
	struct flow_counters c = { .exporter = x,
		.time_ms = T0,
		.of_interface = true,
		.interface = 9,
		.speed = 100000000,
		.in_octets = 1000,
		.out_octets = UINT64_MAX,
		.in_unicast = 5,
		.in_multicast = UINT64_MAX,
		.in_broadcast = UINT64_MAX };

	addr_parse(&x->address, "198.51.100.7");
	x->numbering.clock = 5000000;
	ifcount_sflow(t, &c);
	c.time_ms += 20000;
	x->numbering.clock += 20000;
	c.in_octets += 2500;
	c.in_unicast += 4;
	ifcount_sflow(t, &c);
	is_close(
	    if_rate(&got.now.span, IF_OCTETS, IF_IN), 125, 0, "sFlow: octets a second");
	is_close(
	    got.now.span.count[IF_OCTETS][IF_OUT], NAN, 0, "all ones: not counted");
	is_close(got.now.span.count[IF_PACKETS][IF_IN], 4, 0, "packets");
	is_int(got.now.key.index, 9, "of that interface");
	is_int(got.now.key.device.bytes[0], 198, "of the sender, which has no agent");
	is_int((long long)got.now.names.speed[IF_IN], 100000000, "its speed");
	ifcount_name(t, &got.now.key, "uplink");
	is_str(
	    got.now.names.name, "uplink", "a name that options tell goes on at once");
	is_int(got.now.span.known_ms, 0, "without any count");
	c.time_ms += 20000;
	x->numbering.clock += 20000;
	ifcount_sflow(t, &c);
	is_str(got.now.names.name, "uplink", "and is that of the counters");
	x->agent = ip_of(33);
	ifcount_sflow(t, &c);
	is_int(totals(t).interfaces, 2, "an agent is another device");
	x->guest = true;
	ifcount_sflow(t, &c);
	is_int(totals(t).interfaces, 2, "but a guest's is what it says: it is its sender");
	is_int(got.now.key.device.bytes[0], 198, "by its address");
	c.of_interface = false;
	c.interface = 99;
	ifcount_sflow(t, &c);
	is_int(totals(t).interfaces, 2, "counters of no interface are passed over");
	c.of_interface = true;
	c.interface = 0x3fffffff;
	ifcount_sflow(t, &c);
	c.time_ms += 20000;
	x->numbering.clock += 20000;
	ifcount_sflow(t, &c);
	is_str(got.now.names.name, "this device itself", "the device has a name");
	free(x);
	ifcount_free(t);
}

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* By the rule's words: as long as more than 5 % of the values were not dropped, drop
 * the greatest. */
static double
naive_95(double *v, size_t n)
{
	size_t left = n;

	while (left > 1 && (n - left + 1) * 100 <= 5 * n) {
		size_t most = 0;

		for (size_t i = 1; i < left; i++)
			if (v[i] > v[most])
				most = i;
		v[most] = v[--left];
	}
	qsort(v, left, sizeof *v, ascending);
	return left == 0 ? NAN : v[left - 1];
}

static void
test_percentile(void)
{
	static double v[9000], copy[9000];
	unsigned wrong = 0;

	for (size_t n = 0; n < 400; n++) {
		for (size_t i = 0; i < n; i++)
			copy[i] = v[i] = (double)(random() % 1000);
		qsort(v, n, sizeof *v, ascending);
		double want = naive_95(copy, n), is = if_percentile_95(v, n);
		wrong += !(isnan(want) && isnan(is)) && want != is;
	}
	is_int(
	    wrong, 0, "the 95th percentile of 0 to 399 values as by the rule's words");
	for (size_t i = 0; i < 8640; i++)
		v[i] = (double)i;
	is_close(
	    if_percentile_95(v, 8640), 8207, 0, "30 days: 432 of 8640 are dropped");
	is_close(if_percentile_95(v, 20), 18, 0, "of twenty one is dropped");
	is_close(if_percentile_95(v, 19), 18, 0, "of nineteen none");
}

/* Through messages and back. */
static void
test_messages(void)
{
	static struct msg_out out;
	struct msg_in in;
	struct flow_ip ip = ip_of(4);
	struct msg_interface a = { .key = if_key(&ip, 4),
		.counted = true,
		.named = true,
		.source = IF_SNMP,
		.bits = 64,
		.names = { "router", "eth0", "to the provider", { 1000, 200 } },
		.now = { .begin_ms = T0, .known_ms = 30000, .count = { { 5, NAN } } },
		.factor = 1.5,
		.factor_error = NAN },
			     b;

	msg_begin(&out, MSG_INTERFACE);
	msg_put_interface(&out, &a);
	size_t len = msg_end(&out);
	ok(msg_parse(&in, out.data, len, -1) == 0 && msg_get_interface(&in, &b) == 0 &&
		strcmp(b.names.alias, "to the provider") == 0 && b.named && !b.flows &&
		b.names.speed[1] == 200 && isnan(b.now.count[IF_OCTETS][IF_OUT]) &&
		b.now.known_ms == 30000,
	    "an interface comes through a message as it was");
	ok(msg_parse(&in, out.data, len - 1, -1) == 0 &&
		msg_get_interface(&in, &b) != 0,
	    "cut off it is refused");
	a.now.count[IF_ERRORS][IF_IN] = -1;
	msg_begin(&out, MSG_INTERFACE);
	msg_put_interface(&out, &a);
	len = msg_end(&out);
	ok(msg_parse(&in, out.data, len, -1) == 0 && msg_get_interface(&in, &b) != 0,
	    "nothing is counted backwards");
}

static void
test_text(void)
{
	char text[INTERFACE_TEXT];
	uint8_t long_one[2 * INTERFACE_TEXT];

	if_text(text, (const uint8_t *)"eth0\0\0\0x", 8);
	is_str(text, "eth0", "a name ends where its padding begins");
	if_text(text, (const uint8_t *)"a\r\nBcc: b\033[31m \n", 17);
	is_str(text, "a  Bcc: b [31m",
	    "it is one line, and no terminal does what it says");
	if_text(text, NULL, 0);
	is_str(text, "", "or is none");
	memset(long_one, 'x', sizeof long_one);
	if_text(text, long_one, sizeof long_one);
	is_int((long long)strlen(text), INTERFACE_TEXT - 1,
	    "and is cut where it is too long");
}

int
main(void)
{
	test_text();
	test_spread(64, 0);
	test_spread(32, 4000000000);
	test_resets();
	test_gaps();
	test_parts();
	test_bounds();
	test_guests();
	test_sflow();
	test_percentile();
	test_messages();
	return tap_done();
}
