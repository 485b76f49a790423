/* The loss scale: default buckets for any number of pings, configured ones, pastels. */
#include "web/loss.h"

#include <math.h>
#include <stdint.h>

#include "tap.h"

/* "bound color legend | ..." of SCALE, as the tables below are written. */
static const char *
render(const struct loss_scale *scale)
{
	static char text[1024];
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < scale->count; i++)
		at += (size_t)snprintf(text + at, sizeof text - at, "%s%g %06x %s",
		    i ? " | " : "", scale->bucket[i].upto, scale->bucket[i].color,
		    scale->bucket[i].legend);
	return text;
}

static void
test_defaults(void)
{
	static const struct {
		unsigned pings;
		const char *want;
	} table[] = {
		{ 1, "0 26ff00 0 | 1 a00000 1/1" },
		{ 2, "0 26ff00 0 | 1 ff0000 1 | 2 a00000 2/2" },
		{ 3, "0 26ff00 0 | 1 00b8ff 1 | 2 ff0000 2 | 3 a00000 3/3" },
		{ 4, "0 26ff00 0 | 1 00b8ff 1 | 2 0059ff 2 | 3 ff0000 3 | "
		     "4 a00000 4/4" },
		{ 5, "0 26ff00 0 | 1 00b8ff 1 | 2 0059ff 2 | 3 7e00ff 3 | "
		     "4 ff0000 4 | 5 a00000 5/5" },
		{ 10, "0 26ff00 0 | 1 00b8ff 1 | 2 0059ff 2 | 3 7e00ff 3 | "
		      "4 ff00ff 4 | 5 ff5500 5 | 9 ff0000 6-9 | 10 a00000 10/10" },
		{ 20, "0 26ff00 0 | 1 00b8ff 1 | 2 0059ff 2 | 3 7e00ff 3 | "
		      "5 ff00ff 4-5 | 10 ff5500 6-10 | 19 ff0000 11-19 | "
		      "20 a00000 20/20" },
		{ 50, "0 26ff00 0 | 1 00b8ff 1 | 2 0059ff 2 | 5 7e00ff 3-5 | "
		      "12 ff00ff 6-12 | 25 ff5500 13-25 | 49 ff0000 26-49 | "
		      "50 a00000 50/50" },
		{ 100, "0 26ff00 0 | 1 00b8ff 1 | 5 0059ff 2-5 | 10 7e00ff 6-10 | "
		       "25 ff00ff 11-25 | 50 ff5500 26-50 | 99 ff0000 51-99 | "
		       "100 a00000 100/100" },
		{ 1000, "0 26ff00 0 | 10 00b8ff 1-10 | 50 0059ff 11-50 | "
			"100 7e00ff 51-100 | 250 ff00ff 101-250 | 500 ff5500 251-500 | "
			"999 ff0000 501-999 | 1000 a00000 1000/1000" },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct loss_scale scale;
		char what[40];

		loss_scale(&scale, table[i].pings, NULL, 0);
		snprintf(
		    what, sizeof what, "default scale of %u pings", table[i].pings);
		is_str(render(&scale), table[i].want, what);
	}
}

static void
test_configured(void)
{
	static const struct conf_loss_color table[] = {
		{ 10, "ff0000", "bad" },
		{ 0, "00ff00", "fine" },
		{ 2.5, "0000ff", "some" },
		{ 10, "aa0000", "worse" },
		{ 1000, "000000", "catch all" },
		{ -1, "123456", "never" },
	};
	struct loss_scale scale;

	loss_scale(&scale, 20, table, sizeof table / sizeof table[0]);
	is_str(render(&scale), "0 00ff00 fine | 2.5 0000ff some | 10 aa0000 worse",
	    "configured rows are sorted, the later of equals wins, too high ones go");
	ok(loss_bucket(&scale, 10.5) == NULL, "nothing above the last bound");

	struct conf_loss_color many[LOSS_BUCKETS + 10];
	for (size_t i = 0; i < sizeof many / sizeof many[0]; i++)
		many[i] =
		    (struct conf_loss_color){ (double)(i * 7 % 74), "abcdef", "row" };
	loss_scale(&scale, 100, many, sizeof many / sizeof many[0]);
	is_int(
	    (long long)scale.count, LOSS_BUCKETS, "a long table is cut, not run over");
	is_close(scale.bucket[LOSS_BUCKETS - 1].upto, LOSS_BUCKETS - 1, 0,
	    "and it is the highest rows that go");
}

static void
test_bucket(void)
{
	static const struct {
		double lost;
		uint32_t color;
	} table[] = {
		{ 0, 0x26ff00 },
		{ 0.01, 0x00b8ff },
		{ 1, 0x00b8ff },
		{ 1.5, 0x0059ff },
		{ 4, 0xff00ff },
		{ 5, 0xff00ff },
		{ 10, 0xff5500 },
		{ 18.99, 0xff0000 },
		{ 19.5, 0xa00000 },
		{ 20, 0xa00000 },
	};
	struct loss_scale scale;

	loss_scale(&scale, 20, NULL, 0);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		const struct loss_bucket *b = loss_bucket(&scale, table[i].lost);

		ok(b != NULL && b->color == table[i].color, "%g of 20 lost is %06x",
		    table[i].lost, table[i].color);
	}
	ok(loss_bucket(&scale, NAN) == NULL, "unknown loss has no colour");
	ok(loss_bucket(&scale, 20.5) == NULL, "nor has more than everything");
}

static void
test_colours(void)
{
	static const struct {
		uint32_t color, pastel;
	} table[] = {
		{ 0x00b8ff, 0xa9e7ff },
		{ 0x0059ff, 0xa9c7ff },
		{ 0x7e00ff, 0xd3a9ff },
		{ 0xff00ff, 0xffa9fe },
		{ 0xff5500, 0xffc6a9 },
		{ 0xff0000, 0xffa9a9 },
		{ 0xa00000, 0xff8a8a },
		{ 0x000000, 0xaaaaaa },
		{ 0xffffff, 0xffffff },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		ok(loss_pastel(table[i].color) == table[i].pastel,
		    "pastel of %06x is %06x (got %06x)", table[i].color,
		    table[i].pastel, loss_pastel(table[i].color));
	ok(loss_on_dark(0x000080) != 0x000080, "a dark configured colour is lifted");
	ok(loss_on_dark(0xffffcc) == 0xffffcc || (loss_on_dark(0xffffcc) >> 16) > 0xf0,
	    "a light one stays");
}

/* Machado, Oliveira, Fernandes 2009: linear RGB as who lacks one kind of cones sees it.
 */
static const double vision[4][3][3] = {
	{ { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } },
	{ { 0.152286, 1.052583, -0.204868 }, { 0.114503, 0.786281, 0.099216 },
	    { -0.003882, -0.048116, 1.051998 } },
	{ { 0.367322, 0.860646, -0.227968 }, { 0.280085, 0.672501, 0.047413 },
	    { -0.011820, 0.042940, 0.968881 } },
	{ { 1.255528, -0.076749, -0.178779 }, { -0.078411, 0.930809, 0.147602 },
	    { 0.004733, 0.691367, 0.303900 } },
};

static double
cube(double t)
{
	return t > 0.008856 ? cbrt(t) : 7.787 * t + 16.0 / 116;
}

/* RGB as CIE L*a*b* (D65), seen so. */
static void
seen(double lab[3], uint32_t rgb, const double sight[3][3])
{
	double in[3], out[3];

	for (int i = 0; i < 3; i++) {
		double c = (double)(rgb >> (16 - 8 * i) & 255) / 255;
		in[i] = c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
	}
	for (int i = 0; i < 3; i++) {
		out[i] = 0;
		for (int k = 0; k < 3; k++)
			out[i] += sight[i][k] * in[k];
		out[i] = fmin(1, fmax(0, out[i]));
	}
	double x = cube((0.4124 * out[0] + 0.3576 * out[1] + 0.1805 * out[2]) / 0.9505);
	double y = cube(0.2126 * out[0] + 0.7152 * out[1] + 0.0722 * out[2]);
	double z = cube((0.0193 * out[0] + 0.1192 * out[1] + 0.9505 * out[2]) / 1.089);
	lab[0] = 116 * y - 16;
	lab[1] = 500 * (x - y);
	lab[2] = 200 * (y - z);
}

/* How far the two of SCALE are apart that are most alike, to whoever sees worst. */
static double
least_apart(const struct loss_scale *scale, bool dark)
{
	double least = INFINITY;

	for (int v = 0; v < 4; v++)
		for (size_t i = 0; i < scale->count; i++)
			for (size_t k = 0; k < i; k++) {
				uint32_t a = scale->bucket[i].color,
					 b = scale->bucket[k].color;
				double x[3], y[3];
				seen(x, dark ? loss_on_dark(a) : a, vision[v]);
				seen(y, dark ? loss_on_dark(b) : b, vision[v]);
				least =
				    fmin(least, hypot(hypot(x[0] - y[0], x[1] - y[1]),
						    x[2] - y[2]));
			}
	return least;
}

static void
test_safe(void)
{
	struct loss_scale scale;

	loss_scale(&scale, 20, NULL, 0);
	ok(least_apart(&scale, false) < 5,
	    "of the usual colours some look alike to some");
	loss_safe(&scale);
	is_int(scale.count, 8, "safe ones are as many");
	is_int(scale.bucket[7].color, LOSS_SAFE_TOTAL, "up to the total loss");
	ok(least_apart(&scale, false) > 15, "everybody tells them apart (%.1f)",
	    least_apart(&scale, false));
	ok(least_apart(&scale, true) > 15, "in the dark, too (%.1f)",
	    least_apart(&scale, true));
	unsigned alike = 0;
	for (unsigned pings = 1; pings < 20; pings++) {
		loss_scale(&scale, pings, NULL, 0);
		loss_safe(&scale);
		alike += least_apart(&scale, false) < 15;
	}
	is_int(alike, 0, "however few pings a round has");
	static const struct conf_loss_color one[] = { { 20, "00ff00", "any" } };
	loss_scale(&scale, 20, one, 1);
	loss_safe(&scale);
	is_int(scale.count, 1, "a table of one bucket has one colour");
}

int
main(void)
{
	test_defaults();
	test_configured();
	test_bucket();
	test_colours();
	test_safe();
	return tap_done();
}
