#include "web/theme.h"

#include <string.h>

#include "link/msgdraw.h"

#define SAFE_TOTAL_ON_DARK 0xe8dccf /* paler than any smoke: no line, a column */

static const struct theme themes[] = {
	[DRAW_LIGHT] = {
		.background = 0xffffff,
		.text = 0x1f2933,
		.median = 0x202020,
		.zero = 0x000000,
		.hatch = 0xc3c9d1,
		.nodata = 0xf1f3f5,
		.mark = { 0x1d4f91c0, 0x5b667524, 0xb5470826, 0xb4231826 },
		.total = LOSS_TOTAL,
		.total_pct = 62,
	},
	[DRAW_DARK] = {
		.dark = true,
		.background = 0x181f26,
		.text = 0xa3adb8,
		.median = 0xdfe5ec,
		.zero = 0x46525e,
		.hatch = 0x3a4652,
		.nodata = 0x1d252d,
		.mark = { 0x8ab8f5c0, 0x93a0ae28, 0xff9c5530, 0xff7a6b30 },
		.total = LOSS_TOTAL,
		.total_pct = 72,
	},
};

void
theme_choose(struct theme *t, uint8_t which, const struct conf *conf)
{
	const struct conf_section *s = conf_top(conf, "Presentation");

	*t = themes[which % DRAW_SAFE];
	t->safe = which >= DRAW_SAFE;
	if (t->safe)
		t->total = t->dark ? SAFE_TOTAL_ON_DARK : LOSS_SAFE_TOTAL;
	t->borders =
	    !t->dark && strcmp(conf_value(s, "graphborders", "no"), "yes") == 0;
}

/* One of the three colours that SmokePing lets one set, for librrd's NAME. */
static void
configured(const struct conf *conf, const char *key, const char *name, struct args *a)
{
	const char *v = conf_value(conf_top(conf, "Presentation"), key, NULL);

	if (v == NULL)
		return;
	args_add(a, "--color");
	args_add(a, "%s#%.6s", name, v);
}

void
theme_args(const struct theme *t, const struct conf *conf, struct args *a)
{
	static const char *const chrome[2][6] = {
		{ "GRID#1f293318", "MGRID#1f293338", "AXIS#1f293360", "FRAME#1f293300",
		    "ARROW#1f293300", NULL },
		{ "GRID#ffffff10", "MGRID#ffffff22", "AXIS#ffffff30", "FRAME#ffffff00",
		    "ARROW#ffffff00", NULL },
	};

	if (!t->borders) {
		args_add(a, "--border");
		args_add(a, "0");
		args_add(a, "--color");
		args_add(a, "BACK#%06x", t->background);
		args_add(a, "--color");
		args_add(a, "CANVAS#%06x", t->background);
		args_add(a, "--color");
		args_add(a, "FONT#%06x", t->text);
		/* Every other pixel, as librrd has it, takes four times as long. */
		args_add(a, "--grid-dash");
		args_add(a, "2:6");
		for (const char *const *c = chrome[t->dark]; *c != NULL; c++) {
			args_add(a, "--color");
			args_add(a, "%s", *c);
		}
	}
	if (t->dark)
		return;
	configured(conf, "colortext", "FONT", a);
	configured(conf, "colorborder", "FRAME", a);
	configured(conf, "colorbackground", "SHADEA", a);
	configured(conf, "colorbackground", "SHADEB", a);
	configured(conf, "colorbackground", "BACK", a);
	configured(conf, "colorbackground", "CANVAS", a);
}

uint32_t
theme_smoke(const struct theme *t, unsigned pair, unsigned pings)
{
	double half = pings / 2.0;
	unsigned grey = (unsigned)(190 / half * (half - pair)) + 50;

	if (!t->dark)
		return grey << 16 | grey << 8 | grey;
	/* Where paper goes from 221 down to 50, the dark canvas brightens from its own
	 * colour towards a cool white. */
	double ink = (240 - (double)grey) / 190;
	uint32_t color = 0;
	static const double low[3] = { 40, 49, 58 }, high[3] = { 186, 197, 209 };
	for (int c = 0; c < 3; c++)
		color = color << 8 | (uint32_t)(low[c] + (high[c] - low[c]) * ink);
	return color;
}

void
theme_scale(const struct theme *t, struct loss_scale *scale, unsigned pings,
    const struct conf *conf)
{
	loss_scale(scale, pings, conf->loss_color, conf->loss_colors);
	if (t->safe)
		loss_safe(scale);
}

uint32_t
theme_loss(const struct theme *t, uint32_t color)
{
	return t->dark ? loss_on_dark(color) : color;
}

uint32_t
theme_pastel(const struct theme *t, uint32_t color)
{
	if (!t->dark)
		return loss_pastel(color);
	/* A fifth of the colour over the canvas. */
	uint32_t out = 0, over = loss_on_dark(color);
	for (int shift = 16; shift >= 0; shift -= 8) {
		uint32_t b = t->background >> shift & 255, c = over >> shift & 255;

		out |= (b * 4 + c) / 5 << shift;
	}
	return out;
}
