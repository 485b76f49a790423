#include "web/loss.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Put a bucket where it belongs; of equal bounds the later one wins. */
static void
put(struct loss_scale *scale, double upto, uint32_t color, const char *legend)
{
	size_t at = 0;

	while (at < scale->count && scale->bucket[at].upto < upto)
		at++;
	struct loss_bucket *b = &scale->bucket[at];
	if (at == scale->count || b->upto > upto) {
		if (scale->count == LOSS_BUCKETS) {
			if (at == LOSS_BUCKETS)
				return;
			scale->count--;
		}
		memmove(b + 1, b, (scale->count - at) * sizeof *b);
		scale->count++;
	}
	b->upto = upto;
	b->color = color;
	snprintf(b->legend, sizeof b->legend, "%s", legend);
}

static unsigned
at_least(unsigned v, unsigned low)
{
	return v > low ? v : low;
}

/* "2-5", or one number where the range holds no more than one. */
static void
put_range(struct loss_scale *scale, unsigned low, unsigned high, uint32_t color)
{
	char legend[48];

	if (high > scale->pings)
		return;
	if (high <= low)
		snprintf(legend, sizeof legend, "%u", high);
	else
		snprintf(legend, sizeof legend, "%u-%u", low, high);
	put(scale, high, color, legend);
}

/* The default: bounds at 1, 5, 10, 25 and 50 per cent, but at least one ping apart. */
static void
put_default(struct loss_scale *scale)
{
	unsigned p = scale->pings;
	char all[48];
	const struct {
		unsigned upto;
		uint32_t color;
	} step[] = {
		{ at_least(p / 100, 1), 0x00b8ff },
		{ at_least(p / 20, 2), 0x0059ff },
		{ at_least(p / 10, 3), 0x7e00ff },
		{ at_least(p / 4, 4), 0xff00ff },
		{ at_least(p / 2, 5), 0xff5500 },
	};
	unsigned low = 1;

	put(scale, 0, 0x26ff00, "0");
	for (size_t i = 0; i < sizeof step / sizeof step[0]; i++) {
		put_range(scale, low, step[i].upto, step[i].color);
		low = step[i].upto + 1;
	}
	if (p > 1)
		put_range(scale, low, p - 1, 0xff0000);
	snprintf(all, sizeof all, "%u/%u", p, p);
	put(scale, p, LOSS_TOTAL, all);
}

void
loss_scale(struct loss_scale *scale, unsigned pings,
    const struct conf_loss_color *table, size_t rows)
{
	scale->pings = pings;
	scale->count = 0;
	if (rows == 0) {
		put_default(scale);
		return;
	}
	for (size_t i = 0; i < rows; i++) {
		if (!(table[i].upto >= 0 && table[i].upto <= pings))
			continue;
		put(scale, table[i].upto, (uint32_t)strtoul(table[i].color, NULL, 16),
		    table[i].legend);
	}
}

/* The safe colours, on paper and on a dark card. */
#define SAFE 8
static const uint32_t safe[SAFE] = { 0x6fb7ee, 0x2f86d0, 0x12509a, 0x0b2a52, 0xdda000,
	0xc4620c, 0x8a3606, LOSS_SAFE_TOTAL };
static const uint32_t safe_on_dark[SAFE] = { 0xa6d8ff, 0x5fabee, 0x3a78d0, 0xffe08a,
	0xffae3d, 0xe0741c, 0xad4a12, 0xffffff };

void
loss_safe(struct loss_scale *scale)
{
	for (size_t i = 0; i < scale->count; i++) {
		size_t last = scale->count > 1 ? scale->count - 1 : 1;
		scale->bucket[i].color = safe[(i * (SAFE - 1) + last / 2) / last];
	}
}

const struct loss_bucket *
loss_bucket(const struct loss_scale *scale, double lost)
{
	if (isnan(lost))
		return NULL;
	for (size_t i = 0; i < scale->count; i++)
		if (lost <= scale->bucket[i].upto)
			return &scale->bucket[i];
	return NULL;
}

struct hsl {
	double h, s, l; /* each 0..1 */
};

static struct hsl
to_hsl(uint32_t rgb)
{
	double r = (double)(rgb >> 16 & 255) / 255, g = (double)(rgb >> 8 & 255) / 255;
	double b = (double)(rgb & 255) / 255;
	double high = fmax(r, fmax(g, b)), low = fmin(r, fmin(g, b));
	double span = high - low;
	struct hsl c = { .l = (high + low) / 2 };

	if (span <= 0)
		return c;
	c.s = c.l < 0.5 ? span / (high + low) : span / (2 - high - low);
	/* The textbook form, kept as it is for the sake of its last bit: SmokePing's
	 * pastels are truncated to bytes. */
	double dr = ((high - r) / 6 + span / 2) / span;
	double dg = ((high - g) / 6 + span / 2) / span;
	double db = ((high - b) / 6 + span / 2) / span;
	if (high == r)
		c.h = db - dg;
	else if (high == g)
		c.h = 1.0 / 3 + dr - db;
	else
		c.h = 2.0 / 3 + dg - dr;
	if (c.h < 0)
		c.h += 1;
	return c;
}

/* One channel of a colour: HUE turned by a third for red and blue. */
static double
channel(double p, double q, double hue)
{
	hue -= floor(hue);
	if (hue < 1.0 / 6)
		return p + (q - p) * 6 * hue;
	if (hue < 0.5)
		return q;
	if (hue < 2.0 / 3)
		return p + (q - p) * (2.0 / 3 - hue) * 6;
	return p;
}

/* Truncated, as SmokePing prints its colours. */
static uint32_t
from_hsl(struct hsl c)
{
	double q = c.l < 0.5 ? c.l * (1 + c.s) : c.l + c.s - c.l * c.s;
	double p = 2 * c.l - q;
	uint32_t r = (uint32_t)(channel(p, q, c.h + 1.0 / 3) * 255);
	uint32_t g = (uint32_t)(channel(p, q, c.h) * 255);
	uint32_t b = (uint32_t)(channel(p, q, c.h - 1.0 / 3) * 255);

	return r << 16 | g << 8 | b;
}

uint32_t
loss_pastel(uint32_t color)
{
	struct hsl c = to_hsl(color);

	c.l = (1 - c.l) * (2.0 / 3) + c.l;
	return from_hsl(c);
}

uint32_t
loss_on_dark(uint32_t color)
{
	static const struct {
		uint32_t light, dark;
	} pair[] = {
		{ 0x26ff00, 0x3ddc62 },
		{ 0x00b8ff, 0x38c6ff },
		{ 0x0059ff, 0x5b8cff },
		{ 0x7e00ff, 0xa67bff },
		{ 0xff00ff, 0xff6bf2 },
		{ 0xff5500, 0xff8c42 },
		{ 0xff0000, 0xff4d4d },
	};

	for (size_t i = 0; i < sizeof pair / sizeof pair[0]; i++)
		if (pair[i].light == color)
			return pair[i].dark;
	for (size_t i = 0; i < SAFE; i++)
		if (safe[i] == color)
			return safe_on_dark[i];
	/* The total loss keeps its red: it is a column, not a line. */
	if (color == LOSS_TOTAL)
		return 0xc22a2a;
	struct hsl c = to_hsl(color);
	if (c.l < 0.55)
		c.l = 0.55;
	return from_hsl(c);
}
