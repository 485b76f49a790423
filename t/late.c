/* How much of what an exporter tells is too late, of late. */
#include "t/tallied.h"
#include "t/tap.h"

#define OCTETS 1800000u /* of half an hour: so many that each minute has some */

/* At minute NOW a flow of MINUTES is told of that has just ended. */
static void
tell(int now, int minutes)
{
	struct flow f = a_flow();

	f.end_ms = T0 + now * MINUTE_MS + 30000;
	f.start_ms = f.end_ms - minutes * MINUTE_MS;
	f.octets = OCTETS;
	tally_tick(tally, f.end_ms, on_part, NULL);
	tally_flow(tally, &f, f.end_ms);
}

static double
share(void)
{
	uint64_t late, octets = tally_hour(tally, exporter, &late);

	return octets == 0 ? NAN : (double)late / (double)octets;
}

static void
test_hour(void)
{
	uint64_t late;

	afresh("10.0.0.0/8");
	is_close(share(), NAN, 0, "nothing was told");
	/* T0 is the end of a part of ten minutes and 30 s. */
	tell(0, 30);
	is_close(share(), 24.5 / 30, 0.01, "a flow of half an hour: most of it");
	/* It is told of in time from now on. */
	for (int m = 1; m <= 49; m++)
		tell(m, 1);
	is_close(share(), 24.5 / 30 / 50, 0.001, "a share of all that came since");
	for (int m = 50; m <= 60; m++)
		tell(m, 1);
	is_close(share(), 0, 0, "and after an hour none of it");
	uint64_t octets = tally_hour(tally, exporter, &late);
	ok(octets >= 50 * (uint64_t)OCTETS && octets <= 60 * (uint64_t)OCTETS &&
		late == 0,
	    "when all that was told is that of an hour");
	octets = tally_octets(tally, exporter, &late);
	ok(octets == 61 * (uint64_t)OCTETS && late > 0,
	    "while that since its start stays");

	/* It falls silent, and is named. */
	tell(61, 30);
	ok(share() > 0.01, "late again");
	exporter->guest = true;
	tell(62, 1);
	ok(share() > 0.01, "and still when its name changes");
	for (int m = 63; m < 125; m++)
		tally_tick(tally, T0 + m * MINUTE_MS, on_part, NULL);
	is_close(share(), NAN, 0, "an hour of silence has nothing");

	/* Another one takes its number. */
	tell(126, 30);
	exporter->serial++;
	is_close(share(), NAN, 0, "nor has another exporter");
}

int
main(void)
{
	test_hour();
	tally_free(tally);
	exporters_free(exporters);
	prefixes_free(&settings.local);
	return tap_done();
}
