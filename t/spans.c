/* Flows that last: over which minutes they are laid, and whose word of how long they
 * did is not believed. */
#include "t/tallied.h"
#include "t/tap.h"

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
	tally_tell(tally, on_part, NULL);
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

int
main(void)
{
	test_spread();
	test_long();
	test_passing();
	tally_free(tally);
	exporters_free(exporters);
	prefixes_free(&settings.local);
	prefixes_free(&settings.prefer);
	return tap_done();
}
