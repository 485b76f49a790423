/* How high a graph is: SmokePing's rules for static pages and for the navigator. */
#include "web/draw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rrd.h>

#include "base/mem.h"
#include "web/librrd.h"

/* What the only PRINT of I printed, or NAN. */
static double
printed(const rrd_info_t *i)
{
	for (; i != NULL; i = i->next)
		if (strcmp(i->key, "print[0]") == 0)
			return strtod(i->value.u_str, NULL);
	return NAN;
}

/* The highest median of FILE that a graph of WIDTH points over START..END shows; NAN
 * when there is none. */
static double
highest(const char *file, const struct series_file *sf, int64_t start, int64_t end,
    unsigned width)
{
	struct args a = { 0 };

	int64_t least = 10 * ((end - start) / width + sf->step);
	int64_t begin = series_begin(sf), last = sf->last_update + least;

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
	args_add(&a, "top");
	args_add(&a, "-");
	args_add(&a, "--start");
	args_add(&a, "%lld", (long long)start);
	args_add(&a, "--end");
	args_add(&a, "%lld", (long long)end);
	args_add(&a, "--width");
	args_add(&a, "%u", width);
	args_add(&a, "DEF:top=%s:median:AVERAGE:start=%lld:end=%lld", file,
	    (long long)begin, (long long)last);
	args_add(&a, "PRINT:top:MAX:%%le");
	rrd_info_t *info = librrd_graph(&a);
	double top = printed(info);
	rrd_info_free(info);
	args_free(&a);
	return top;
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
		max[i] = highest(file, sf, d->ask->end - seconds,
		    d->ask->end - seconds / (width ? width : 600), over ? over : 600);
		/* SmokePing leaves the youngest point out. Of a history that is younger
		 * than that, it is all there is. */
		if (isnan(max[i]))
			max[i] = highest(file, sf, d->ask->end - seconds, d->ask->end,
			    over ? over : 600);
		if (isnan(max[i]))
			max[i] = 0;
	}
	if (own == n) { /* a range of its own takes part, too */
		max[n] =
		    highest(file, sf, d->ask->start, d->ask->end, over ? over : 600);
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
		top = highest(file, sf, d->ask->start, d->ask->end, 400);
		top = isnan(top) ? empty : top * 1.5;
	}
	return top > 0 ? top : 1.2e-6;
}
