/* What is compared, as a file: medians over each other, and the figures. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "store.h"
#include "web/compare.h"
#include "web/figure.h"
#include "web/paper.h"
#include "web/request.h"
#include "web/series.h"
#include "web/timeaxis.h"
#include "web/viewfile.h"
#include "web/window.h"

#define POINTS 600 /* of each side */

/* Units of the drawing. */
#define LEFT 62
#define RIGHT 6
#define TOP 8
#define HEIGHT 260
#define BOTTOM 22
#define PLOT_WIDTH (PAPER_WIDTH - LEFT - RIGHT)
#define PLOT_HEIGHT (HEIGHT - TOP - BOTTOM)
#define GRID_LINES 5
#define TIMES 6
#define LETTER 11
#define KEY_LINE 18

static const char *const tables[] = { "figures", "rounds", NULL };
static const char *const titles[] = { "figures", "rounds" };

/* "A.B~slave". To be freed. */
static char *
path_of(const struct side *s)
{
	return mem_printf(
	    "%s%s%s", s->target->path, *s->slave != '\0' ? "~" : "", s->slave);
}

/* --- figures ---------------------------------------------------------------------- */

static void
put_figures(struct viewfile *f, const struct comparison *c)
{
	static const struct viewfile_column column[] = { { "target", NULL,
							     VIEWFILE_TEXT },
		{ "name", "target", VIEWFILE_TEXT }, { "shift", NULL, VIEWFILE_NUMBER },
		{ "start", NULL, VIEWFILE_TIME }, { "end", NULL, VIEWFILE_TIME },
		{ "median", "median", VIEWFILE_RTT }, { "p95", "p95", VIEWFILE_RTT },
		{ "p99", "p99", VIEWFILE_RTT }, { "jitter", "jitter", VIEWFILE_RTT },
		{ "loss_ratio", "loss", VIEWFILE_RATIO },
		{ "known", "measured", VIEWFILE_RATIO },
		{ "exact", NULL, VIEWFILE_NUMBER } };

	viewfile_table(
	    f, "figures", "Figures", column, sizeof column / sizeof column[0], true);
	for (size_t i = 0; i < c->count; i++) {
		const struct side *s = &c->side[i];
		char *path = path_of(s), *name = compare_name(c, s);
		struct window w;
		struct err err;

		if (window_read(&w, s->target, s->slave, c->start - s->shift,
			c->end - s->shift, &err) != 0)
			log_warnx("%s: %s", s->target->path, err.text);
		/* Of a view up to now, the last rows are still to come. */
		double rows = fmax(1, (double)w.rows - (c->live ? 2 : 0));
		viewfile_str(f, path);
		viewfile_str(f, name);
		viewfile_int(f, s->shift);
		viewfile_int(f, c->start - s->shift);
		viewfile_int(f, c->end - s->shift);
		viewfile_num(f, w.median);
		viewfile_num(f, w.p95);
		viewfile_num(f, w.p99);
		viewfile_num(f, w.jitter);
		viewfile_num(f, w.loss_ratio);
		viewfile_num(f, w.rows == 0 ? NAN : fmin(1, (double)w.known / rows));
		viewfile_int(f, w.rounds);
		free(path);
		free(name);
	}
}

/* --- rounds ----------------------------------------------------------------------- */

static void
read_side(struct series *s, const struct comparison *c, const struct side *side)
{
	char file[STORE_PATH];
	struct err err;

	*s = (struct series){ 0 };
	if (vantage_file(file, side->target, side->slave) == 0 &&
	    access(file, F_OK) == 0 &&
	    series_read(s, file, c->start - side->shift, c->end - side->shift, POINTS,
		&err) != 0)
		log_warnx("%s: %s", side->target->path, err.text);
}

/* When row I of S ends, as it is shown. */
static int64_t
time_of(const struct series *s, size_t i, const struct side *side)
{
	return s->start + (int64_t)(i + 1) * s->step + side->shift;
}

static void
put_rounds(struct viewfile *f, const struct comparison *c, const struct series *series)
{
	static const struct viewfile_column column[] = {
		{ "target", NULL, VIEWFILE_TEXT }, { "shift", NULL, VIEWFILE_NUMBER },
		{ "time", NULL, VIEWFILE_TIME }, { "median", NULL, VIEWFILE_RTT },
		{ "loss_ratio", NULL, VIEWFILE_RATIO }
	};

	viewfile_table(
	    f, "rounds", "", column, sizeof column / sizeof column[0], false);
	for (size_t k = 0; k < c->count; k++) {
		const struct series *s = &series[k];
		char *path = path_of(&c->side[k]);
		for (size_t i = 0; i < s->count; i++) {
			const double *row = s->value + i * s->columns;
			viewfile_str(f, path);
			viewfile_int(f, c->side[k].shift);
			viewfile_int(f, time_of(s, i, &c->side[k]));
			viewfile_num(f, row[STORE_DS_MEDIAN]);
			viewfile_num(f, row[STORE_DS_LOSS] / s->pings);
		}
		free(path);
	}
}

/* --- the drawing ------------------------------------------------------------------ */

struct drawing {
	FILE *out;
	const struct comparison *c;
	double top; /* seconds */
};

static double
x_of(const struct drawing *d, int64_t at)
{
	return LEFT + PLOT_WIDTH * (double)(at - d->c->start) /
			  (double)(d->c->end - d->c->start);
}

static double
y_of(const struct drawing *d, double seconds)
{
	return TOP + PLOT_HEIGHT * (1 - seconds / d->top);
}

/* Above all medians, a little, in round steps of which STEP is one. */
static double
find_top(const struct comparison *c, const struct series *series, double *step)
{
	double top = 0;

	for (size_t k = 0; k < c->count; k++)
		for (size_t i = 0; i < series[k].count; i++) {
			double v =
			    series[k].value[i * series[k].columns + STORE_DS_MEDIAN];
			if (v > top)
				top = v;
		}
	if (top <= 0)
		top = 0.01;
	*step = pow(10, floor(log10(top / GRID_LINES)));
	for (unsigned i = 0; top / *step > GRID_LINES; i++)
		*step *= i % 3 == 1 ? 2.5 : 2;
	return ceil(top * 1.02 / *step) * *step;
}

static void
put_time(void *ctx, int64_t at, const char *text)
{
	const struct drawing *d = ctx;
	double x = x_of(d, at);
	const double line[] = { x, TOP, x, TOP + PLOT_HEIGHT };

	paper_line(d->out, FORM_LINE, INK_RULE, 1, line, 2);
	if (x > LEFT + 10 && x < PAPER_WIDTH - RIGHT - 18)
		paper_word(
		    d->out, INK_PALE, x, HEIGHT - 6, ANCHOR_MIDDLE, LETTER, text);
}

static void
put_grid(struct drawing *d, double step)
{
	char text[FIGURE_TEXT];

	timeaxis_each(d->c->start, d->c->end, TIMES, put_time, d);
	for (double v = 0; v <= d->top * 1.001; v += step) {
		double y = y_of(d, v);
		const double line[] = { LEFT, y, PAPER_WIDTH - RIGHT, y };
		paper_line(d->out, FORM_LINE, INK_RULE, 1, line, 2);
		paper_word(d->out, INK_PALE, LEFT - 8, y + 4, ANCHOR_RIGHT, LETTER,
		    v == 0 ? "0" : figure_rtt_text(text, v));
	}
}

static enum paper_ink
ink_of(const struct side *s)
{
	return INK_KEY + s->color - 1;
}

static void
put_line(const struct drawing *d, const struct side *side, const struct series *s)
{
	double *xy = mem_alloc((2 * s->count + 1) * sizeof *xy);

	for (size_t i = 0; i < s->count; i++) {
		double median = s->value[i * s->columns + STORE_DS_MEDIAN];
		xy[2 * i] = x_of(d, time_of(s, i, side) - s->step / 2);
		xy[2 * i + 1] = isnan(median) ? NAN : y_of(d, median);
		if (xy[2 * i] < LEFT || xy[2 * i] > PAPER_WIDTH - RIGHT)
			xy[2 * i] = NAN;
	}
	paper_line(d->out, side->dashed ? FORM_DASHED : FORM_LINE, ink_of(side), 1.6,
	    xy, s->count);
	free(xy);
}

static void
put_key(const struct drawing *d, size_t k)
{
	const struct side *s = &d->c->side[k];
	double x = LEFT + (k % 2) * PLOT_WIDTH / 2.0,
	       y = HEIGHT + 14 + (double)(k / 2) * KEY_LINE;
	const double line[] = { x, y - 4, x + 24, y - 4 };
	char *name = compare_name(d->c, s);

	paper_line(d->out, s->dashed ? FORM_DASHED : FORM_LINE, ink_of(s), 2, line, 2);
	paper_word(d->out, INK_TEXT, x + 32, y, ANCHOR_LEFT, LETTER, name);
	free(name);
}

static void
draw(FILE *out, const struct comparison *c, const struct series *series)
{
	struct drawing d = { .out = out, .c = c };
	char from[VIEWFILE_WHEN], to[VIEWFILE_WHEN];
	double step;

	d.top = find_top(c, series, &step);
	paper_printf(out, PAPER_TEXT, "%s – %s, medians",
	    viewfile_when(from, c->start, false), viewfile_when(to, c->end, true));
	put_grid(&d, step);
	for (size_t k = 0; k < c->count; k++)
		put_line(&d, &c->side[k], &series[k]);
	for (size_t k = 0; k < c->count; k++)
		put_key(&d, k);
	paper_drawing(
	    out, PAPER_WIDTH, HEIGHT + 6 + (double)((c->count + 1) / 2) * KEY_LINE, "");
}

/* --- the answer ------------------------------------------------------------------- */

void
comparefile_handle(struct request *r)
{
	struct viewfile *f = viewfile_new(r, "compare", "Compared", tables);
	struct comparison c = { .count = 0 };
	struct series series[COMPARE_SIDES];

	if (f == NULL)
		return;
	if (compare_parse(r, &c) != 0) {
		viewfile_free(f);
		return;
	}
	if (c.count == 0) {
		reply_error(
		    r, 400, "parameter t: is missing, expected a target's path");
		viewfile_free(f);
		return;
	}
	viewfile_span(f, c.start, c.end);
	for (size_t k = 0; k < c.count; k++)
		read_side(&series[k], &c, &c.side[k]);
	if (viewfile_paper(f) != NULL)
		draw(viewfile_paper(f), &c, series);
	put_figures(f, &c);
	put_rounds(f, &c, series);
	for (size_t k = 0; k < c.count; k++)
		series_free(&series[k]);
	viewfile_answer(f);
}

void
comparefile_links(struct html *page, const struct request *r)
{
	viewfile_links(page, r, "/compare", tables, titles, true);
}
