/* The course of traffic as a picture in the page itself, or as a drawing of a document:
 * what came in above the line, what went out below it, stacked by the greatest hosts.
 * Its colours are the style sheet's, so that dark, light and print are those of the
 * page. */
#include "web/trafficchart.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "web/paper.h"
#include "web/timeaxis.h"

#define HEIGHT 260
#define LEFT 74
#define RIGHT 8
#define TOP 18
#define BOTTOM 24
#define PLOT_HEIGHT (HEIGHT - TOP - BOTTOM)
#define LETTER 11    /* units that one is high in a document */
#define WORDS 40     /* pixels that "out" takes among the times */
#define KEYS_A_LINE 3
#define KEY_LINE 18
#define GRID_LINES 3 /* on the larger side at most */

const char *
traffic_rate(char *buf, size_t size, double bits)
{
	static const char *const unit[] = { "bit/s", "kbit/s", "Mbit/s", "Gbit/s",
		"Tbit/s", "Pbit/s" };
	unsigned u = 0;

	while (bits >= 999.5 && u < 5) {
		bits /= 1000;
		u++;
	}
	snprintf(buf, size, "%.*f %s",
	    bits >= 99.5 || u == 0 ? 0
	    : bits >= 9.95	   ? 1
				   : 2,
	    bits, unit[u]);
	return buf;
}

/* Bits a second of OCTETS in a slot. */
static double
rate(const struct talkers_slot *s, uint64_t octets)
{
	return s->seconds > 0 ? (double)octets * 8 / s->seconds : 0;
}

struct chart {
	FILE *out;
	bool paper; /* it is a document's, not a page's */
	const struct talkers_course *c;
	unsigned count; /* of keys */
	int width, plot;
	double top[2]; /* the greatest rate on each side */
	double scale;  /* pixels for a bit a second */
	double zero;   /* where neither in nor out is */
};

/* --- the pen ---------------------------------------------------------------------- */

static void
pen_rule(const struct chart *g, double y)
{
	const double xy[] = { LEFT, y, g->width - RIGHT, y };

	if (g->paper)
		paper_line(g->out, FORM_LINE, INK_RULE, 1, xy, 2);
	else
		fprintf(g->out,
		    "<line class=\"g-line\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>",
		    LEFT, g->width - RIGHT, y, y);
}

static void
pen_word(const struct chart *g, double x, double y, enum paper_anchor anchor,
    const char *text)
{
	static const char *const attribute[] = { "", " text-anchor=\"middle\"",
		" text-anchor=\"end\"" };

	if (g->paper)
		paper_word(g->out, INK_PALE, x, y, anchor, LETTER, text);
	else
		fprintf(g->out,
		    "<text class=\"g-text\" x=\"%.1f\" y=\"%.1f\"%s>%s</text>\n", x, y,
		    attribute[anchor], text);
}

/* --- what is drawn ---------------------------------------------------------------- */

static void
find_tops(struct chart *g)
{
	for (unsigned i = 0; i < g->c->slots; i++)
		for (unsigned way = 0; way < 2; way++) {
			const struct talkers_slot *s = &g->c->slot[i];
			double all = rate(s, s->all[way]), stacked = 0;
			for (unsigned k = 0; k < g->count; k++)
				stacked += rate(s, s->key[k][way]);
			all = stacked > all ? stacked : all;
			g->top[way] = all > g->top[way] ? all : g->top[way];
		}
	/* A side that hardly counts still has room for a line. */
	double most = g->top[0] > g->top[1] ? g->top[0] : g->top[1];
	for (unsigned way = 0; way < 2; way++)
		g->top[way] = g->top[way] < most / 12 ? most / 12 : g->top[way];
	if (most == 0)
		g->top[0] = g->top[1] = 1000;
	g->scale = PLOT_HEIGHT / (g->top[0] + g->top[1]);
	g->zero = TOP + g->top[0] * g->scale;
}

static double
x_of(const struct chart *g, double slot)
{
	return LEFT + slot * g->plot / g->c->slots;
}

/* The greatest round number (1, 2, 5 times a power of ten) of which there fit
 * GRID_LINES at most. */
static double
grid_step(double top)
{
	double step = pow(10, floor(log10(top / GRID_LINES)));

	for (unsigned i = 0; top / step > GRID_LINES && i < 8; i++)
		step *= i % 3 == 1 ? 2.5 : 2;
	return step;
}

static void
put_line(const struct chart *g, double y, double value)
{
	char text[32], label[48];

	/* "20 Mbit/s": what is behind the point of a round number is left out. */
	traffic_rate(text, sizeof text, value);
	snprintf(label, sizeof label, "%g%s", strtod(text, NULL),
	    value > 0 ? strchr(text, ' ') : "");
	pen_rule(g, y);
	pen_word(g, LEFT - 8, y + 4, ANCHOR_RIGHT, label);
}

static void
put_grid(const struct chart *g)
{
	double step = grid_step(g->top[0] > g->top[1] ? g->top[0] : g->top[1]);

	put_line(g, g->zero, 0);
	for (double v = step; v <= g->top[0] * 1.001; v += step)
		put_line(g, g->zero - v * g->scale, v);
	for (double v = step; v <= g->top[1] * 1.001; v += step)
		put_line(g, g->zero + v * g->scale, v);
	pen_word(g, LEFT, TOP - 6, ANCHOR_LEFT, "in");
	pen_word(g, LEFT, HEIGHT - 6, ANCHOR_LEFT, "out");
}

static void
put_time(void *ctx, int64_t at, const char *text)
{
	const struct chart *g = ctx;
	double x = x_of(g, (double)(at - g->c->start) / (double)g->c->step);

	if (x < LEFT + WORDS || x > g->width - RIGHT - 18)
		return;
	pen_word(g, x, HEIGHT - 6, ANCHOR_MIDDLE, text);
}

static void
put_times(struct chart *g)
{
	timeaxis_each(g->c->start, g->c->start + g->c->slots * g->c->step,
	    (unsigned)g->width / 110, put_time, g);
}

/* One colour's part of all slots on both sides, as one path. KEY is its number, or
 * COUNT for all that is no key's. */
static void
put_layer(const struct chart *g, unsigned key)
{
	enum paper_ink ink = key < g->count ? INK_KEY + key : INK_REST;

	if (!g->paper)
		fprintf(g->out, "<path class=\"g-%s%.0u\" d=\"",
		    key < g->count ? "k" : "rest", key < g->count ? key + 1 : 0);
	for (unsigned i = 0; i < g->c->slots; i++) {
		const struct talkers_slot *s = &g->c->slot[i];
		double x = x_of(g, i), width = x_of(g, i + 1) - x;
		/* A little air between columns, where there is room for it. */
		width -= width > 5 ? 1 : 0;
		for (unsigned way = 0; way < 2; way++) {
			double below = 0, mine = 0, all = rate(s, s->all[way]);
			for (unsigned k = 0; k < g->count && k <= key; k++) {
				double v = rate(s, s->key[k][way]);
				if (k == key)
					mine = v;
				else
					below += v;
			}
			if (key == g->count)
				mine = all > below ? all - below : 0;
			double height = mine * g->scale;
			if (height < 0.05)
				continue;
			double y = way == 0 ? g->zero - below * g->scale - height
					    : g->zero + below * g->scale;
			if (g->paper)
				paper_box(g->out, FORM_BOX, ink, x, y, width, height);
			else
				fprintf(g->out, "M%.1f %.1fh%.1fv%.1fh-%.1fz", x, y,
				    width, height, width);
		}
	}
	if (!g->paper)
		fputs("\"/>\n", g->out);
}

/* Where nothing is known there is no zero. */
static void
put_gaps(const struct chart *g, int64_t now)
{
	for (unsigned i = 0; i < g->c->slots; i++) {
		unsigned end = i;
		while (end < g->c->slots && !g->c->slot[end].known &&
		       g->c->start + (end + 1) * g->c->step <= now)
			end++;
		if (end == i)
			continue;
		double x = x_of(g, i), width = x_of(g, end) - x;
		if (g->paper)
			paper_box(
			    g->out, FORM_BOX, INK_GAP, x, TOP, width, PLOT_HEIGHT);
		else
			fprintf(g->out,
			    "<rect class=\"g-gap\" x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\">"
			    "<title>not known</title></rect>\n",
			    x, TOP, width, PLOT_HEIGHT);
		i = end;
	}
}

static void
put_all(struct chart *g, int64_t now)
{
	g->plot = g->width - LEFT - RIGHT;
	find_tops(g);
	put_gaps(g, now);
	put_grid(g);
	for (unsigned key = 0; key <= g->count; key++)
		put_layer(g, key);
	put_times(g);
}

char *
traffic_chart(const struct talkers_course *c, unsigned count, int64_t now, int width,
    const char *label)
{
	struct chart g = { .c = c, .count = count, .width = width };
	char *text;
	size_t len;

	g.out = mem_stream(&text, &len);
	fprintf(g.out,
	    "<svg class=\"course\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n",
	    width, HEIGHT, label);
	put_all(&g, now);
	fputs("</svg>\n", g.out);
	mem_stream_end(g.out);
	return text;
}

/* Below it, what its colours stand for. */
static void
put_key(const struct chart *g, unsigned k, const char *name)
{
	double x = LEFT + (k % KEYS_A_LINE) * (double)g->plot / KEYS_A_LINE;
	double y = HEIGHT + 14 + k / KEYS_A_LINE * KEY_LINE;

	paper_box(
	    g->out, FORM_BOX, k < g->count ? INK_KEY + k : INK_REST, x, y - 8, 9, 9);
	paper_word(g->out, INK_TEXT, x + 14, y, ANCHOR_LEFT, LETTER, name);
}

void
traffic_drawing(FILE *paper, const struct talkers_course *c, unsigned count,
    int64_t now, const char *const *names)
{
	struct chart g = { .out = paper,
		.paper = true,
		.c = c,
		.count = count,
		.width = PAPER_WIDTH };

	put_all(&g, now);
	for (unsigned k = 0; k < count; k++)
		put_key(&g, k, names[k]);
	put_key(&g, count, count > 0 ? "others" : "all");
	paper_drawing(
	    paper, PAPER_WIDTH, HEIGHT + 8 + (count / KEYS_A_LINE + 1) * KEY_LINE, "");
}
