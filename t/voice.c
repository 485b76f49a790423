/* Variation, runs of loss and grades of voice, by check values of the standards. */
#include "prober/voice.h"

#include "t/tap.h"

#define LOST INFINITY

static void
e_model(void)
{
	static const struct {
		enum train_codec codec;
		double delay, loss, r, mos;
	} check[] = {
		{ TRAIN_G711_PLC, 20, 0, 92.7, 4.40 },
		{ TRAIN_G711_PLC, 50, 1, 88.4, 4.30 },
		{ TRAIN_G711_PLC, 150, 1, 86.0, 4.23 },
		{ TRAIN_G711_PLC, 150, 3, 79.5, 4.00 },
		{ TRAIN_G711_PLC, 250, 1, 75.6, 3.85 },
		{ TRAIN_G711_PLC, 400, 1, 55.5, 2.86 },
		{ TRAIN_G711_PLC, 50, 5, 76.2, 3.87 },
		{ TRAIN_G711, 50, 1, 74.1, 3.78 },
		{ TRAIN_G711, 150, 3, 50.6, 2.60 },
		{ TRAIN_G729, 150, 1, 74.4, 3.80 },
	};

	for (unsigned i = 0; i < sizeof check / sizeof *check; i++) {
		double r = voice_r(check[i].codec, check[i].delay, check[i].loss, 1);
		char what[80];

		snprintf(what, sizeof what, "codec %d, %g ms, %g %%: R",
		    (int)check[i].codec, check[i].delay, check[i].loss);
		is_close(r, check[i].r, 0.05001, what);
		is_close(voice_mos(r), check[i].mos, 0.00501, "and MOS");
	}
	is_close(voice_mos(0), 1, 0, "MOS of R 0");
	is_close(voice_mos(-3), 1, 0, "or less");
	is_close(voice_mos(3), 1, 0, "is the least");
	is_close(voice_mos(100), 4.5, 1e-9, "and of R 100 the most");
	ok(voice_r(TRAIN_G711_PLC, 50, 3, 2) < voice_r(TRAIN_G711_PLC, 50, 3, 1),
	    "losses in bursts are worse");
	is_close(voice_r(TRAIN_G711_PLC, 50, 3, 0.9), voice_r(TRAIN_G711_PLC, 50, 3, 1),
	    0, "and those further apart than at random no better");
}

static void
shortcut(void)
{
	static const double check[][5] = { { 20, 2, 0, 92.35, 4.39 },
		{ 80, 10, 1, 87.95, 4.29 }, { 200, 20, 2, 75.2, 3.83 },
		{ 300, 40, 5, 53.7, 2.77 } };

	for (unsigned i = 0; i < sizeof check / sizeof *check; i++) {
		const double *c = check[i];
		double r = voice_simple_r(c[0], c[1], c[2]);

		is_close(r, c[3], 1e-9, "the shortcut's R");
		is_close(voice_mos(r), c[4], 0.00501, "and MOS");
	}
	is_close(voice_simple_r(100, 0, 100), 0, 0, "never below 0");
}

static void
variation(void)
{
	static const double d[] = { 0.020, 0.024, 0.020, LOST, 0.030, 0.030, NAN,
		0.022 };
	struct voice v;

	voice_measure(&v, d, 8, 0.02);
	is_int(v.count, 7, "what is not known is left out");
	is_int(v.lost, 1, "what is lost counts");
	/* |4|, |4|, |0| ms; across a gap there is no pair */
	is_close(v.jitter, 0.008 / 3, 1e-12, "mean variation");
	is_close(v.ipdv_p95, 0.004, 1e-12, "IPDV, 95 %");
	/* above the least: 0 0 2 4 10 10 ms */
	is_close(v.pdv_p95, 0.010, 1e-12, "PDV, 95 %");
	is_close(v.pdv_p99, 0.010, 1e-12, "PDV, 99 %");
	is_close(v.rtt, 0.024, 1e-12, "median");
	is_close(v.buffer, 0.020, 1e-12, "a buffer of twice that, 20 ms at least");
	/* In order of arrival: 20 24 20 30 30 22, differences 4 4 10 0 8. */
	double j = 0;
	static const double step[] = { 0.004, 0.004, 0.010, 0, 0.008 };
	for (unsigned i = 0; i < 5; i++)
		j += (step[i] - j) / 16;
	is_close(v.rtp_jitter, j, 1e-12, "RTP jitter");
	is_close(v.too_late, 0, 0, "nothing too late");
}

static void
order(void)
{
	/* The second is overtaken: they arrive as first, third, second. */
	static const double d[] = { 0.010, 0.060, 0.010 };
	struct voice v;

	voice_measure(&v, d, 3, 0.02);
	is_close(v.rtp_jitter, 0.050 / 16, 1e-12,
	    "RTP jitter takes packets in the order of arrival");
	is_close(v.jitter, 0.050, 1e-12, "IPDV in that of sending");
}

static void
runs(void)
{
	double d[100];
	struct voice v;

	for (unsigned i = 0; i < 100; i++)
		d[i] = 0.05;
	voice_measure(&v, d, 100, 0.02);
	is_int(v.longest, 0, "no loss, no run");
	is_close(v.burst, 1, 0, "and no bursts");
	is_close(voice_grade(&v, TRAIN_G711_PLC), voice_r(TRAIN_G711_PLC, 70, 0, 1),
	    1e-9, "25 ms there, 20 of buffer, 25 of codec");
	for (unsigned i = 40; i < 50; i++)
		d[i] = LOST;
	voice_measure(&v, d, 100, 0.02);
	is_int(v.longest, 10, "ten in a row");
	is_close(v.burst, 10 * 0.9, 1e-9, "nine times as long as at random");
	is_close(voice_grade(&v, TRAIN_G711_PLC), voice_r(TRAIN_G711_PLC, 70, 10, 9),
	    1e-9, "which the grade takes into account");
	d[60] = d[80] = LOST;
	voice_measure(&v, d, 100, 0.02);
	is_close(v.burst, 4 * 0.88, 1e-9, "mean over all runs");
	d[45] = NAN;
	voice_measure(&v, d, 100, 0.02);
	is_int(v.longest, 5, "an unknown one ends a run");
	is_int(v.count, 99, "and is no packet");
}

/* A few packets come behind the buffer: they are as good as lost. */
static void
too_late(void)
{
	double d[100];
	struct voice v;

	for (unsigned i = 0; i < 100; i++)
		d[i] = i % 50 == 7 ? 0.1 : 0.01;
	voice_measure(&v, d, 100, 0.02);
	is_close(v.buffer, 0.02, 1e-12, "two stragglers make no larger buffer");
	is_close(v.too_late, 0.02, 1e-12, "they come too late");
	is_int(v.lost, 0, "though the path lost nothing");
	is_close(voice_grade(&v, TRAIN_G711_PLC), voice_r(TRAIN_G711_PLC, 50, 2, 1),
	    0.2, "and the grade counts them");
	for (unsigned i = 0; i < 100; i++)
		d[i] = i % 2 ? 0.08 : 0.01;
	voice_measure(&v, d, 100, 0.02);
	is_close(v.buffer, 0.14, 1e-12, "a path that varies wants a larger buffer");
	is_close(v.too_late, 0, 0, "for which nothing is too late");
}

static void
edges(void)
{
	static const double lost[] = { LOST, LOST, LOST }, nothing[] = { NAN, NAN };
	static const double one[] = { 0.01 };
	struct voice v;

	voice_measure(&v, lost, 3, 0.02);
	is_int(v.longest, 3, "all lost");
	is_close(v.ipdv_p95, NAN, 0, "has no variation");
	is_close(v.rtp_jitter, NAN, 0, "nor jitter");
	is_close(voice_grade(&v, TRAIN_G711), 0, 0, "and cannot be graded lower");
	voice_measure(&v, nothing, 2, 0.02);
	is_int(v.count, 0, "nothing known");
	voice_measure(&v, one, 1, 0.02);
	is_close(v.pdv_p95, 0, 0, "one packet is the least itself");
	is_close(v.jitter, NAN, 0, "and has no neighbour");
}

int
main(void)
{
	e_model();
	shortcut();
	variation();
	order();
	runs();
	too_late();
	edges();
	return tap_done();
}
