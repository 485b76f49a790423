/* The loss scale: default buckets for any number of pings, configured ones, pastels. */
#include "web/loss.h"

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

int
main(void)
{
	test_defaults();
	test_configured();
	test_bucket();
	test_colours();
	return tap_done();
}
