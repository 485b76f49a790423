/* How high a graph is: SmokePing's rules for static pages and for the navigator. */
#include "web/draw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store.h"

/* Medians of rows, averaged over steps of the graph. */
struct highs {
	int64_t begin, end; /* of the rows that librrd would have */
	int64_t step, now;  /* a point; when the one being summed up ends */
	double sum, top;    /* NAN: none yet */
	unsigned known;
};

static void
end_point(struct highs *h)
{
	double mean = h->sum / h->known;

	/* Points that are not whole do not count. */
	if (h->known > 0 && h->now - h->step >= h->begin && h->now <= h->end &&
	    !(mean <= h->top))
		h->top = mean;
	h->sum = 0;
	h->known = 0;
}

static void
add_row(void *ctx, int64_t time, const double *value)
{
	struct highs *h = ctx;
	int64_t point = (time + h->step - 1) / h->step * h->step;

	if (point != h->now)
		end_point(h);
	h->now = point;
	if (isnan(value[STORE_DS_MEDIAN]))
		return;
	h->sum += value[STORE_DS_MEDIAN];
	h->known++;
}

/* The archive that librrd takes for START and points of STEP seconds: of those that go
 * back as far, the one whose rows are nearest to that; else that which goes back
 * furthest, and of equals the nearest. Its seconds a row. */
static unsigned
archive_for(const struct series_file *sf, int64_t start, int64_t step)
{
	unsigned full = 0, part = 0;
	int64_t full_off = 0, part_off = 0, furthest = 0;

	for (unsigned k = 0; k < sf->archives; k++) {
		unsigned row = sf->archive[k].step;
		int64_t off = llabs(step - row), begin = series_archive_begin(sf, k);

		if (begin <= start) {
			if (full == 0 || off < full_off) {
				full = row;
				full_off = off;
			}
		} else if (part == 0 || begin < furthest ||
			   (begin == furthest && off < part_off)) {
			part = row;
			part_off = off;
			furthest = begin;
		}
	}
	return full != 0 ? full : part;
}

double
top_highest(const char *file, const struct series_file *sf, int64_t start, int64_t end,
    unsigned width)
{
	int64_t step = (end - start) / width, least = 10 * (step + sf->step);
	int64_t begin = series_begin(sf), last = sf->last_update + least;
	struct highs h = { .top = NAN };
	char text[32];

	if (begin >= end || last <= start)
		return NAN;
	if (begin > end - least)
		begin = end - least;
	if (begin < start)
		begin = start;
	if (last < start + least)
		last = start + least;
	if (last > end)
		last = end;
	unsigned row = archive_for(sf, begin, step);
	h.begin = begin / row * row;
	h.end = last / row * row + row;
	h.step = step <= row ? row : (step + row - 1) / row * row;
	if (series_scan(file, sf, row, h.begin, h.end, add_row, &h, NULL) != 0)
		return NAN;
	end_point(&h);
	/* SmokePing has it as it is printed. */
	snprintf(text, sizeof text, "%e", h.top);
	return strtod(text, NULL);
}

/* SmokePing sorts the maxima as it printed them, by mantissa first. */
static int
by_text(const void *a, const void *b)
{
	char left[32], right[32];

	snprintf(left, sizeof left, "%e", *(const double *)a);
	snprintf(right, sizeof right, "%e", *(const double *)b);
	return strcmp(left, right);
}

/* The maximum that the periods within TOLERANCE of MED share, of those in MAX. */
static double
shared(const double *max, size_t n, double med, double tolerance)
{
	double top = 1e-6;

	for (size_t i = 0; i < n; i++)
		if (max[i] <= med * tolerance && max[i] >= med / tolerance)
			top = fmax(top, max[i]);
	return top;
}

/* The height of a static page's graph: periods of much the same height share one. */
static double
unison(const struct draw *d, const char *file, const struct series_file *sf)
{
	const struct conf *conf = d->conf;
	size_t n = conf->periods, own = n;
	double *max = mem_zero(n + 1, sizeof *max);
	unsigned over = (unsigned)atoi(draw_setting(d, "overview", "width", "600"));
	unsigned width = (unsigned)atoi(draw_setting(d, "detail", "width", "600"));
	const char *set = draw_setting(d, "detail", "unison_tolerance", NULL);
	double tolerance = set != NULL ? atof(set) : 1;
	int64_t span = d->ask->end - d->ask->start;

	for (size_t i = 0; i < n; i++) {
		int64_t seconds = conf->period[i].seconds;

		if (seconds == span)
			own = i;
		max[i] = top_highest(file, sf, d->ask->end - seconds,
		    d->ask->end - seconds / (width ? width : 600), over ? over : 600);
		/* SmokePing leaves the youngest point out. Of a history that is younger
		 * than that, it is all there is. */
		if (isnan(max[i]))
			max[i] = top_highest(file, sf, d->ask->end - seconds,
			    d->ask->end, over ? over : 600);
		if (isnan(max[i]))
			max[i] = 0;
	}
	if (own == n) { /* a range of its own takes part, too */
		max[n] = top_highest(
		    file, sf, d->ask->start, d->ask->end, over ? over : 600);
		if (isnan(max[n]))
			max[n] = 0;
	}
	double mine = max[own], top = mine;
	if (mine <= 0) {
		/* A history of less than a row of this range's archive: its one pixel
		 * is as high as in the ranges that have it. */
		for (size_t i = 0; i < n; i++)
			top = fmax(top, max[i]);
	} else if (set == NULL && own < n) {
		for (size_t i = 0; i < n; i++)
			top = fmax(top, max[i]);
	} else if (set != NULL && n > 0) {
		qsort(max, n, sizeof *max, by_text);
		double med = max[(n - 1) / 2];
		if (mine <= med * tolerance && mine >= med / tolerance)
			top = fmax(mine, shared(max, n, med, tolerance));
	}
	free(max);
	return top;
}

double
top_of(const struct draw *d, const char *file, const struct series_file *sf,
    double empty)
{
	double top;

	if (d->ask->kind == DRAW_DETAIL) {
		double most = atof(draw_setting(d, "detail", "max_rtt", "0"));

		top = unison(d, file, sf) * 1.2;
		if (most > 0 && top > most)
			top = most;
	} else {
		top = top_highest(file, sf, d->ask->start, d->ask->end, 400);
		top = isnan(top) ? empty : top * 1.5;
	}
	return top > 0 ? top : 1.2e-6;
}
