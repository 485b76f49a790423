/* The recorder's book of interfaces: files, names over a restart, and whether flows and
 * counters say the same. */
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <rrd.h>

#include "recorder/crosscheck.h"
#include "recorder/exporterfiles.h"
#include "recorder/ifbook.h"
#include "recorder/ifdevice.h"
#include "recorder/trafficfile.h"
#include "store.h"
#include "t/tap.h"

#define T0 1700000040LL /* a minute's begin */
#define MONO 5000000	/* s: the machine is up for so long */

static struct msg_interface told;
static unsigned tellings, troubles;

static void
on_tell(void *ctx, const struct msg_interface *m)
{
	(void)ctx;
	told = *m;
	tellings++;
}

static void
on_trouble(void *ctx, const char *text)
{
	(void)ctx;
	printf("# %s\n", text);
	troubles++;
}

static struct flow_ip
ip_of(uint8_t last)
{
	return (struct flow_ip){ 4, { 192, 0, 2, last } };
}

/* --- the cross-check -------------------------------------------------------------- */

/* An hour in which counters count OCTETS a minute and flows say FLOWS of them, in
 * packets of 1000, sampled one in N. */
static struct crosscheck_result
hour_of(double octets, uint64_t flows, double n, bool frames)
{
	struct crosscheck c = { 0 };
	struct minute_sum sum = { .octets = { flows / 2, flows - flows / 2 },
		.packets = { flows / 2000, flows / 2000 } };

	sum.packets_var = n * n * ((double)flows / 1000 / n);
	sum.octets_var = sum.packets_var * 1e6;
	if (n <= 1)
		sum.packets_var = sum.octets_var = 0;
	for (int k = 0; k < 60; k++) {
		crosscheck_flows(&c, T0 + k * 60, &sum, frames);
		crosscheck_counters(&c, T0 + k * 60, octets);
	}
	return crosscheck_judge(&c, T0 + 3600);
}

static void
test_check(void)
{
	struct crosscheck_result r = hour_of(1.018e7, 10000000, 1, false);

	is_int(r.check, IF_CHECK_FINE, "flows of IP and counters of Ethernet agree");
	is_close(r.factor, 1, 1e-9, "to the byte, with 18 bytes a packet");
	is_int(r.minutes, 60, "an hour");
	r = hour_of(1e7, 10000000, 1, true);
	is_close(r.factor, 1, 1e-9, "sFlow counts whole frames: nothing is added");
	r = hour_of(2.036e7, 10000000, 1, false);
	is_int(r.check, IF_CHECK_FACTOR, "half of it is missing: that differs");
	is_close(r.factor, 2, 1e-9, "by a factor of two");
	r = hour_of(1.13e7, 10000000, 1, false);
	is_int(r.check, IF_CHECK_FINE, "11 % less: within 15 %");
	/* 1000 packets of 1000 octets a minute, one in 10000 sampled: 6 samples. */
	r = hour_of(2e6, 1000000, 10000, false);
	is_int(
	    r.check, IF_CHECK_FINE, "twice as much, but of six samples: no word of it");
	ok(r.error > 0.5, "the error says so: %.2f +- %.2f", r.factor, r.error);
	r = hour_of(2e6, 1000000, 10, false);
	is_int(r.check, IF_CHECK_FACTOR, "the same of 6000 samples differs");
	r = hour_of(5e6, 0, 1, false);
	is_int(r.check, IF_CHECK_FACTOR, "flows say that nothing passed");
	is_close(r.factor, NAN, 0, "there is no factor then");
	r = hour_of(1000, 500, 1, false);
	is_int(r.check, IF_CHECK_NONE, "too little passed to tell");

	struct crosscheck c = { 0 };
	struct minute_sum sum = { .octets = { 10000000 } };
	for (int k = 0; k < 29; k++) {
		crosscheck_flows(&c, T0 + k * 60, &sum, true);
		crosscheck_counters(&c, T0 + k * 60, 2e7);
	}
	is_int(crosscheck_judge(&c, T0 + 3600).check, IF_CHECK_NONE,
	    "29 minutes: too few");
	crosscheck_counters(&c, T0 + 29 * 60, 2e7);
	is_int(crosscheck_judge(&c, T0 + 3600).check, IF_CHECK_NONE,
	    "a minute of counters alone does not count");
	crosscheck_flows(&c, T0 + 29 * 60, &sum, true);
	is_int(crosscheck_judge(&c, T0 + 3600).check, IF_CHECK_FACTOR, "30 of both do");
	is_int(crosscheck_judge(&c, T0 + 7200).check, IF_CHECK_NONE,
	    "an hour later nothing is left of it");
}

/* --- the book --------------------------------------------------------------------- */

static struct msg_ifcounters
minute_of(uint32_t index, int64_t begin_s, uint32_t known_ms, double in, double out)
{
	struct flow_ip ip = ip_of(1);
	struct msg_ifcounters m = { .key = if_key(&ip, index),
		.source = IF_SNMP,
		.bits = 64,
		.names = { "router", "eth\t0", "uplink", { 1000, 2000 } },
		.span = { .minute = true,
		    .begin_ms = begin_s * 1000,
		    .known_ms = known_ms } };

	for (unsigned i = 0; i < IF_COUNTS; i++)
		m.span.count[i][IF_IN] = m.span.count[i][IF_OUT] = NAN;
	m.span.count[IF_OCTETS][IF_IN] = in;
	m.span.count[IF_OCTETS][IF_OUT] = out;
	return m;
}

static void
give(struct ifbook *t, uint32_t index, int64_t begin_s, uint32_t known_ms, double in,
    double out)
{
	struct msg_ifcounters m = minute_of(index, begin_s, known_ms, in, out);

	ifbook_counters(t, &m);
}

static void
give_flows_at(struct ifbook *t, int64_t begin_s, uint32_t index, uint64_t in,
    uint64_t out, int64_t now_s)
{
	struct minute_part part = { .begin_s = begin_s,
		.final = true,
		.by = MINUTE_INTERFACE,
		.parts = 1,
		.rows = 1 };
	struct minute_row row = { .key = { .a = ip_of(1), .number = index },
		.sum = {
		    .octets = { in, out }, .packets = { in / 1000, out / 1000 } } };

	ifbook_minute(t, &part, &row, now_s);
}

static void
give_flows(struct ifbook *t, int64_t begin_s, uint32_t index, uint64_t in, uint64_t out)
{
	give_flows_at(t, begin_s, index, in, out, begin_s + MINUTES_GROWING * MINUTE_S);
}

/* The value of data source DS in the row of PATH that ends at TIME, of the archive with
 * STEP seconds. */
static double
value_at(const char *path, int64_t time, unsigned step, unsigned ds)
{
	time_t begin = (time_t)(time - step), end = (time_t)time;
	unsigned long got = step, columns = 0;
	char **names = NULL;
	rrd_value_t *data = NULL;
	double v = NAN;

	rrd_clear_error();
	if (rrd_fetch_r(path, "AVERAGE", &begin, &end, &got, &columns, &names, &data) !=
	    0) {
		printf("# %s\n", rrd_get_error());
		return -1;
	}
	for (time_t t = begin + (time_t)got, k = 0; t <= end; t += (time_t)got, k++)
		if (t == time && got == step)
			v = data[(unsigned long)k * columns + ds];
	for (unsigned long i = 0; i < columns; i++)
		rrd_freemem(names[i]);
	rrd_freemem(names);
	rrd_freemem(data);
	return v;
}

static bool
is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

#define COUNTED STORE_TRAFFIC "/192.0.2.1/3.rrd"
#define BY_FLOWS STORE_TRAFFIC "/192.0.2.1/3.flows.rrd"

static void
test_book(void)
{
	struct ifbook *t = ifbook_new(on_tell, on_trouble, NULL);
	struct minute_part growing = {
		.begin_s = T0, .by = MINUTE_INTERFACE, .parts = 1, .rows = 1
	};
	struct minute_row row = { .key = { .a = ip_of(9), .number = 7 },
		.sum = { .octets = { 6000 } } };

	ifbook_begin(t);
	ifbook_minute(t, &growing, &row, T0 + 20);
	ifbook_minute(t, &growing, &row, T0 + 40);
	is_int(tellings, 1, "a minute that grows has an interface that is new");
	ok(told.key.index == 7 && told.by_flow.known_ms == 0 && !told.flows,
	    "of which nothing else is told");
	give(t, 3, T0, 60000, 0, 0);
	ok(!is_there(COUNTED), "an interface that carries nothing has no file");
	give(t, 3, T0 + 60, 60000, 6000, 12000);
	ok(is_there(COUNTED), "one that does has");
	give(t, 3, T0 + 120, 30000, 6000, 12000);
	give(t, 3, T0 + 180, 29999, 6000, 12000);
	give(t, 3, T0 + 360, 60000, 600, 1200);
	give(t, 3, T0 + 300, 60000, 9e9, 9e9);
	is_close(value_at(COUNTED, T0 + 120, 60, 0), 100, 1e-6,
	    "a minute: octets a second in");
	is_close(value_at(COUNTED, T0 + 120, 60, 1), 200, 1e-6, "and out");
	is_close(
	    value_at(COUNTED, T0 + 120, 60, 2), NAN, 0, "packets that nobody counts");
	is_close(
	    value_at(COUNTED, T0 + 180, 60, 0), 200, 1e-6, "half of it known will do");
	is_close(value_at(COUNTED, T0 + 240, 60, 0), NAN, 0, "less is unknown");
	is_close(value_at(COUNTED, T0 + 360, 60, 0), NAN, 0, "so is what was not told");
	is_close(value_at(COUNTED, T0 + 420, 60, 0), 10, 1e-6,
	    "what comes behind a gap, and what comes too late is left out");
	is_str(told.names.name, "eth\t0", "web is told");
	ok(told.counted && !told.flows, "which files there are");

	/* A weaker source is not believed while the better one tells. */
	struct msg_ifcounters m = minute_of(3, T0 + 420, 60000, 7, 7);
	m.source = IF_SFLOW;
	ifbook_counters(t, &m);
	is_int(told.source, IF_SNMP, "SNMP goes before sFlow");
	m.span.begin_ms += 1200000;
	ifbook_counters(t, &m);
	is_int(told.source, IF_SFLOW, "but not when it is silent");
	struct msg_ifcounters nameless = m;
	nameless.names.name[0] = '\0';
	ifbook_counters(t, &nameless);
	ok(told.names.name[0] != '\0', "who has no name takes none away");

	give_flows(t, T0 + 60, 3, 6000, 60000);
	is_close(value_at(BY_FLOWS, T0 + 120, 60, 1), 1000, 1e-6,
	    "flows have a file of their own");
	is_close(value_at(BY_FLOWS, T0 + 120, 60, 3), 1, 1e-6, "with packets");
	ok(told.flows, "and web is told");
	give_flows(t, T0 + 120, 4, 6000, 60000);
	is_close(value_at(BY_FLOWS, T0 + 180, 60, 1), 0, 0,
	    "nothing passed in a minute in which its exporter tells of others");

	/* A collector leaves at 9:10 and is there again at 10:10. */
	ifbook_halves(t, T0 + 550, T0 + 550);
	ifbook_halves(t, T0 + 550, T0 + 610);
	for (int64_t at = 180; at <= 660; at += 60)
		give_flows(t, T0 + at, 3, 6000, 60000);
	is_close(value_at(BY_FLOWS, T0 + 240, 60, 1), 1000, 1e-6,
	    "what was over when a collector left is known");
	unsigned unknown = 0;
	for (int64_t at = 240; at <= 600; at += 60)
		unknown += isnan(value_at(BY_FLOWS, T0 + at + 60, 60, 1));
	is_int(unknown, 7, "of minutes that grew then, neither traffic nor none");
	is_close(value_at(BY_FLOWS, T0 + 720, 60, 1), 1000, 1e-6, "then all again");
	/* It leaves again before all of those were told. */
	ifbook_halves(t, T0 + 1270, T0 + 1330);
	ifbook_halves(t, T0 + 1450, T0 + 1510);
	for (int64_t at = 900; at <= 1560; at += 60)
		give_flows(t, T0 + at, 3, 6000, 60000);
	unknown = 0;
	for (int64_t at = 900; at <= 1560; at += 60)
		unknown += isnan(value_at(BY_FLOWS, T0 + at + 60, 60, 1));
	is_int(unknown, 10, "twice in a row");
	/* It ends, and gives all it has before its time. */
	give_flows_at(t, T0 + 1620, 3, 6000, 60000, T0 + 1620 + 359);
	give_flows(t, T0 + 1680, 3, 6000, 60000);
	is_close(value_at(BY_FLOWS, T0 + 1680, 60, 1), NAN, 0,
	    "a minute that is over before its time is not whole");
	give_flows(t, T0 + 1800, 3, 600, 60000);
	is_close(value_at(BY_FLOWS, T0 + 1800, 60, 1), NAN, 0,
	    "a minute that nobody told is unknown, not nothing");

	struct msg_exporter x = {
		.address = "192.0.2.1", .protocol = FLOW_NETFLOW9, .domain = 7
	};
	ifbook_exporter(t, &x, T0 + 30);
	x.records = 600;
	ifbook_exporter(t, &x, T0 + 61);
	x.records = 1200;
	x.datagrams = 60;
	ifbook_exporter(t, &x, T0 + 122);
	is_close(value_at(STORE_TRAFFIC "/exporters/192.0.2.1-netflow9-7-0.rrd",
		     T0 + 120, 60, 1),
	    10, 1e-6, "an exporter's records a second");
	snprintf(x.address, sizeof x.address, "../../etc/x");
	ifbook_exporter(t, &x, T0 + 182);
	ok(!is_there(STORE_TRAFFIC "/exporters/../../etc"), "no name leads elsewhere");
	ifbook_sweep(t, T0 + 200, 0);
	ifbook_free(t);

	tellings = 0;
	t = ifbook_new(on_tell, on_trouble, NULL);
	ifbook_begin(t);
	ifbook_tell(t);
	is_int(tellings, 2, "after a restart both are known that have a history");
	is_str(
	    told.key.index == 3 ? told.names.name : "eth 0", "eth 0", "by their names");
	is_int(troubles, 0, "nothing was wrong");
	ifbook_free(t);

	int fd = open(STORE_TRAFFIC "/index", O_WRONLY | O_APPEND);
	static const char bad[] =
	    "nonsense\n1.2.3.4\t5\t2\n1.2.3.4\t5\t1\t1\t9\t64\t1\t1\ta\tb\tc\n";
	ok(fd >= 0 && write(fd, bad, sizeof bad - 1) == (ssize_t)sizeof bad - 1,
	    "bad lines");
	close(fd);
	tellings = 0;
	t = ifbook_new(on_tell, on_trouble, NULL);
	ifbook_begin(t);
	ifbook_tell(t);
	is_int(tellings, 2, "are left out, the others stay");

	ok(truncate(COUNTED, 3000) == 0, "a file that was cut off");
	give(t, 3, T0 + 6000, 60000, 6000, 12000);
	is_close(value_at(COUNTED, T0 + 6060, 60, 0), 100, 1e-6,
	    "is moved away, a new one begins");
	ifbook_free(t);
}

/* Half an hour in which counters count frames of 118 octets, and flows tell of the 100 in
 * each that are IP; FRAMES: by sFlow, of 118. The router exports NetFlow, and samples by
 * sFlow, but only what TELLS says counts for its interfaces. */
static void
check_of(enum flow_protocol tells, const char *text)
{
	static uint32_t index = 20;
	bool frames = tells == FLOW_SFLOW5;
	struct ifbook *t = ifbook_new(on_tell, on_trouble, NULL);

	index++;
	for (unsigned p = FLOW_SFLOW5; p <= FLOW_NETFLOW9; p++) {
		struct msg_exporter x = { .address = "192.0.2.1",
			.protocol = (uint8_t)p,
			.tells = p == tells };
		ifbook_exporter(t, &x, T0);
	}
	for (int k = 0; k < 40; k++) {
		struct minute_part part = { .begin_s = T0 + k * 60,
			.final = true,
			.by = MINUTE_INTERFACE,
			.parts = 1,
			.rows = 1 };
		struct minute_row row = { .key = { .a = ip_of(1), .number = index },
			.sum = { .octets = { frames ? 118000 : 100000 },
			    .packets = { 1000 } } };

		ifbook_minute(t, &part, &row, part.begin_s + MINUTES_GROWING * MINUTE_S);
		give(t, index, T0 + k * 60, 60000, 118000, 0);
	}
	is_close(told.factor, 1, 1e-9, text);
	ifbook_free(t);
}

static void
test_frames(void)
{
	check_of(FLOW_NETFLOW9, "NetFlow beside sFlow: 18 octets of each packet are added");
	check_of(FLOW_SFLOW5, "sFlow beside NetFlow of no interface: none are");
}

/* --- who has how much ------------------------------------------------------------- */

/* The device of such a NUMBER. */
static struct flow_ip
device_of(unsigned number)
{
	return (struct flow_ip){ 4,
		{ 10, 0, (uint8_t)(number >> 8), (uint8_t)number } };
}

/* Counters of COUNT interfaces of a device, none of which carried anything. */
static void
fill(struct ifbook *t, unsigned number, unsigned count)
{
	struct flow_ip ip = device_of(number);

	for (unsigned i = 1; i <= count; i++) {
		struct msg_ifcounters m = minute_of(i, T0, 60000, 0, 0);

		m.source = IF_SFLOW;
		m.key = if_key(&ip, i);
		ifbook_counters(t, &m);
	}
}

static unsigned
known(struct ifbook *t)
{
	tellings = 0;
	ifbook_tell(t);
	return tellings;
}

static void
hear(struct ifbook *t, unsigned number, bool guest)
{
	struct msg_exporter x = { .protocol = FLOW_SFLOW5, .guest = guest };
	struct flow_ip ip = device_of(number);

	flow_ip_text(&ip, x.address);
	ifbook_exporter(t, &x, T0);
}

static void
test_shares(void)
{
	struct ifbook *t = ifbook_new(on_tell, on_trouble, NULL);

	hear(t, 1, true);
	fill(t, 1, IFDEVICE_GUEST_INTERFACES + 10);
	is_int(known(t), IFDEVICE_GUEST_INTERFACES, "a guest has a small share");
	for (unsigned d = 2; d <= 20; d++)
		fill(t, d, IFDEVICE_GUEST_INTERFACES);
	is_int(known(t), IFDEVICE_GUESTS_INTERFACES, "and all guests one together");
	hear(t, 1, false);
	fill(t, 1, IFDEVICE_INTERFACES + 10);
	is_int(known(t),
	    IFDEVICE_GUESTS_INTERFACES - IFDEVICE_GUEST_INTERFACES + IFDEVICE_INTERFACES,
	    "who is named has more");
	for (unsigned d = 101; d <= 103; d++) {
		hear(t, d, false);
		fill(t, d, IFDEVICE_INTERFACES);
	}
	is_int(known(t), IFBOOK_INTERFACES, "there is an end of that, too");
	/* The machine has been up for long. */
	ifbook_sweep(t, T0, MONO);
	ifbook_sweep(t, T0 + 10 * IFBOOK_KEEP_S, MONO + 120);
	is_int(known(t), IFBOOK_INTERFACES, "though the clock jumps, they are known");
	ifbook_sweep(t, T0 + IFBOOK_KEEP_S, MONO + IFBOOK_KEEP_S);
	is_int(known(t), IFBOOK_INTERFACES, "for a day");
	ifbook_sweep(t, T0, MONO + IFBOOK_KEEP_S + 120);
	ok(told.gone, "then web is told that they are gone");
	is_int(known(t), 0, "and they are forgotten");
	fill(t, 2, 1);
	is_int(known(t), 1, "which makes room for others");
	ifbook_sweep(t, T0, MONO);
	ifbook_free(t);
}

/* When flows of interface 2 of device NUMBER were last told of. */
static int64_t flows_told[4];
static bool named_told[4];

static void
note_flows(void *ctx, const struct msg_interface *m)
{
	unsigned number = m->key.device.bytes[3];

	(void)ctx;
	if (number < 4 && m->key.index == 2)
		flows_told[number] = m->by_flow.begin_ms / 1000;
	if (number < sizeof named_told / sizeof *named_told)
		named_told[number] = m->named;
}

/* Minute K has COUNT interfaces of guest 2 behind interface 1 of device 1. */
static void
give_guests(struct ifbook *t, int k, unsigned count, bool second)
{
	static struct minute_row row[MINUTE_GUEST_INTERFACES + 2];
	struct minute_part part = { .begin_s = T0 + k * 60,
		.final = true,
		.by = MINUTE_INTERFACE,
		.parts = 1 };

	memset(row, 0, sizeof row);
	row[part.rows++].key =
	    (struct minute_key){ .a = device_of(1), .number = second ? 2 : 1 };
	for (unsigned i = 0; i < count; i++)
		row[part.rows++].key = (struct minute_key){ .a = device_of(2),
			.number = i == 1 && !second ? 1000 : i + 1 };
	for (unsigned i = 0; i < part.rows; i++)
		row[i].sum.octets[MINUTE_IN] = 1000;
	ifbook_minute(t, &part, row, part.begin_s + MINUTES_GROWING * MINUTE_S);
}

/* A guest that fills its rows of a minute may have had traffic of others. */
static void
test_guest_silence(void)
{
	struct ifbook *t = ifbook_new(note_flows, on_trouble, NULL);

	hear(t, 1, false);
	hear(t, 2, true);
	give_guests(t, 0, 2, true);
	ok(flows_told[1] == T0 && flows_told[2] == T0, "both have had traffic");
	give_guests(t, 1, 1, false);
	ok(flows_told[1] == T0 + 60 && flows_told[2] == T0 + 60,
	    "an interface that is not listed carried nothing");
	give_guests(t, 2, MINUTE_GUEST_INTERFACES, false);
	is_int(flows_told[2], T0 + 60,
	    "of a guest that has no more rows that is not known");
	is_int(flows_told[1], T0 + 120, "which is nothing to who is named");
	ok(named_told[1] && !named_told[2], "web hears who that is");
	give_guests(t, 3, MINUTE_GUEST_INTERFACES - 1, false);
	is_int(flows_told[2], T0 + 180, "until it has rows to spare");
	ifbook_free(t);
}

/* Guests take no place of who is named. */
static void
test_many(void)
{
	struct ifbook *t = ifbook_new(on_tell, on_trouble, NULL);
	struct flow_ip asked = ip_of(1);

	for (unsigned d = 1000; d < 1000 + IFDEVICES_MAX / 2; d++)
		hear(t, d, true);
	hear(t, 5000, true);
	fill(t, 5000, 1);
	is_int(known(t), 0, "there are as many guests as may be, and no more");
	hear(t, 5001, false);
	fill(t, 5001, IFDEVICE_GUEST_INTERFACES + 10);
	is_int(known(t), IFDEVICE_GUEST_INTERFACES + 10,
	    "one that is named has all its room");
	give(t, 3, T0, 60000, 0, 0);
	is_int(known(t), IFDEVICE_GUEST_INTERFACES + 11, "so has one that is asked");
	is_int(memcmp(&told.key.device, &asked, sizeof asked), 0, "which is told");
	hear(t, 5002, false);
	hear(t, 1000, false);
	hear(t, 5000, true);
	fill(t, 5000, 1);
	is_int(known(t), IFDEVICE_GUEST_INTERFACES + 12,
	    "a guest that is named makes room for another");
	ifbook_free(t);
}

/* --- exporters -------------------------------------------------------------------- */

#define EXPORTERS STORE_TRAFFIC "/exporters/"

/* X tells of a minute, and of the next. */
static void
tell_twice(struct ifbook *t, struct msg_exporter *x, int64_t begin_s)
{
	ifbook_exporter(t, x, begin_s);
	x->datagrams += 60;
	ifbook_exporter(t, x, begin_s + 60);
}

static void
test_exporters(void)
{
	struct msg_exporter guest = { .address = "192.0.2.66",
		.agent = "192.0.2.77",
		.protocol = FLOW_SFLOW5,
		.guest = true };
	struct msg_exporter named = guest;
	struct ifbook *t = ifbook_new(on_tell, on_trouble, NULL);
	char path[200];

	named.guest = false;
	snprintf(named.address, sizeof named.address, "192.0.2.77");
	ifbook_sweep(t, T0, MONO);
	tell_twice(t, &guest, T0);
	ok(is_there(EXPORTERS "192.0.2.66-sflow5-0-0.rrd") &&
		!is_there(EXPORTERS "192.0.2.77-sflow5-0-0.rrd"),
	    "a guest has a file by its address, whoever it says to be");
	tell_twice(t, &named, T0);
	ok(is_there(EXPORTERS "192.0.2.77-sflow5-0-0.rrd"),
	    "who is named by its agent's");
	for (unsigned i = 0; i < EXPORTERFILES_MAX / 2; i++) {
		snprintf(path, sizeof path, EXPORTERS "198.51.100.%u-sflow5-0-0.rrd", i);
		close(open(path, O_WRONLY | O_CREAT, 0600));
	}
	ifbook_free(t);

	/* The recorder is started again. */
	int64_t now = time(NULL);
	t = ifbook_new(on_tell, on_trouble, NULL);
	ifbook_begin(t);
	ifbook_sweep(t, now, MONO);
	snprintf(guest.address, sizeof guest.address, "192.0.2.67");
	tell_twice(t, &guest, T0 + 600);
	ok(!is_there(EXPORTERS "192.0.2.67-sflow5-0-0.rrd"),
	    "guests' files of earlier runs are counted");
	snprintf(named.agent, sizeof named.agent, "192.0.2.78");
	tell_twice(t, &named, T0 + 600);
	ok(is_there(EXPORTERS "192.0.2.78-sflow5-0-0.rrd"),
	    "and take none of who is named");
	ifbook_sweep(t, now + 2 * EXPORTERFILES_KEEP_S, MONO + 120);
	ok(is_there(path), "a clock that jumps takes no file away");
	ifbook_sweep(t, now, MONO + 2 * EXPORTERFILES_SILENT_S);
	ok(is_there(path), "nor do a few silent days");
	named.datagrams += 60;
	ifbook_exporter(t, &named, T0 + 720);
	ifbook_sweep(t, now + EXPORTERFILES_KEEP_S + 7200,
	    MONO + 2 * EXPORTERFILES_SILENT_S + 120);
	ok(!is_there(path), "both do");
	ok(is_there(EXPORTERS "192.0.2.78-sflow5-0-0.rrd"), "but not of who is heard of");
	tell_twice(t, &guest, T0 + 900);
	ok(is_there(EXPORTERS "192.0.2.67-sflow5-0-0.rrd"), "there is room again");
	ifbook_free(t);
}

static void
fill_files(struct ifbook *t, unsigned number, unsigned first, unsigned count)
{
	struct flow_ip ip = device_of(number);

	for (unsigned i = first; i < first + count; i++) {
		struct msg_ifcounters m = minute_of(i, T0, 60000, 1000, 0);

		m.source = IF_SFLOW;
		m.key = if_key(&ip, i);
		ifbook_counters(t, &m);
	}
}

static unsigned
filed(unsigned number)
{
	struct flow_ip ip = device_of(number);
	char path[INTERFACE_PATH];
	unsigned n = 0;

	for (unsigned i = 1; i <= IFDEVICE_GUEST_FILED + 10; i++) {
		struct if_key key = if_key(&ip, i);

		if_path(&key, false, path);
		n += is_there(path);
	}
	return n;
}

static void
test_files(void)
{
	struct ifbook *t = ifbook_new(on_tell, on_trouble, NULL);

	troubles = 0;
	ifbook_sweep(t, T0, MONO);
	hear(t, 1, true);
	fill_files(t, 1, 1, IFDEVICE_GUEST_FILED + 10);
	is_int(filed(1), IFDEVICE_GUEST_FILED, "a guest has few files");
	is_int(troubles, 1, "which is said, once");
	hear(t, 1, false);
	fill_files(t, 1, 1, IFDEVICE_GUEST_FILED + 10);
	is_int(filed(1), IFDEVICE_GUEST_FILED + 10, "and more when it is named");
	int64_t now = time(NULL), end = now + IFBOOK_FILED_KEEP_S + 7200;
	ifbook_sweep(t, end, MONO + 120);
	is_int(filed(1), IFDEVICE_GUEST_FILED + 10,
	    "they are there though the clock jumps forward");
	ifbook_sweep(t, now + IFBOOK_FILED_KEEP_S - 7200, MONO + 2 * IFBOOK_KEEP_S);
	is_int(filed(1), IFDEVICE_GUEST_FILED + 10, "while they say anything");
	ifbook_sweep(t, end, MONO + 2 * IFBOOK_KEEP_S + 120);
	is_int(filed(1), 0, "and go with the last row that is known");
	ifbook_free(t);
}

/* Rows of five minutes are there for two whole months and more. */
static void
test_size(void)
{
	struct store_rrd rrd;
	struct err err;
	bool bill = false;

	if (!ok(store_rrd_read(COUNTED, &rrd, &err) == 0, "the file is sound")) {
		printf("# %s\n", err.text);
		return;
	}
	for (unsigned long i = 0; i < rrd.rra_count; i++)
		bill |= rrd.rra[i].steps * rrd.step == INTERFACE_BILL_STEP &&
			rrd.rra[i].rows * INTERFACE_BILL_STEP >= 62 * 86400;
	ok(bill, "five minutes are kept for 62 days and more");
	ok(rrd.size < 2300000, "in %ld bytes", (long)rrd.size);
	store_rrd_free(&rrd);
}

/* By one interface that is looked at, nobody knows which way some went. */
static void
test_wayless(void)
{
	struct ifbook *t = ifbook_new(on_tell, on_trouble, NULL);
	struct minute_part part = { .begin_s = T0 + 180,
		.final = true,
		.by = MINUTE_INTERFACE,
		.parts = 1,
		.rows = 1 };
	struct minute_row row = { .key = { .a = ip_of(77), .number = 5 },
		.sum.octets = { 6000, 600, 800 } };
	ifbook_minute(t, &part, &row, T0 + 600);
	ok(told.key.index == 5 && isnan(told.by_flow.count[IF_OCTETS][IF_IN]) &&
		isnan(told.by_flow.count[IF_OCTETS][IF_OUT]),
	    "where of much nobody knows which way, neither is known");
	part.begin_s = T0 + 240;
	row.sum.octets[MINUTE_OTHER] = 700;
	ifbook_minute(t, &part, &row, T0 + 660);
	is_close(told.by_flow.count[IF_OCTETS][IF_IN], 6000, 0, "of little: both are");
	ifbook_sweep(t, T0 + 700, 0);
	ifbook_free(t);
}

int
main(void)
{
	char dir[] = "/tmp/smokebox-ifbook.XXXXXX";
	char rm[64];

	if (mkdtemp(dir) == NULL || chdir(dir) != 0) {
		ok(false, "a directory of our own");
		return tap_done();
	}
	test_check();
	test_book();
	test_frames();
	test_size();
	test_shares();
	test_many();
	test_guest_silence();
	test_exporters();
	test_files();
	test_wayless();
	snprintf(rm, sizeof rm, "rm -rf %s", dir);
	if (chdir("/") != 0 || system(rm) != 0)
		printf("# %s stays\n", dir);
	return tap_done();
}
