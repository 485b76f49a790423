#include "web/series.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rrd.h>

#include "base/mem.h"
#include "round.h"
#include "store.h"

/* Values that one slice of a scan may hold: 512 kB. */
#define SLICE_VALUES (64 * 1024)

/* How often a file that the recorder is writing is tried again, a millisecond apart. */
#define LOCK_TRIES 50

/* Wait a moment; false where that was done often enough. */
static bool
wait_for_writer(unsigned *tries)
{
	static const struct timespec pause = { 0, 1000000 };

	if (++*tries > LOCK_TRIES)
		return false;
	nanosleep(&pause, NULL);
	return true;
}

bool
series_locked(unsigned *tries)
{
	if (strstr(rrd_get_error(), "lock") == NULL || !wait_for_writer(tries))
		return false;
	rrd_clear_error();
	return true;
}

/* The bytes are those of a sound RRD; is it one of ours? */
static int
check_layout(
    const char *file, const struct series_file *sf, bool series, struct err *err)
{
	if (!series || sf->pings == 0 || sf->pings > ROUND_MAX_PINGS)
		return err_set(err,
		    "%s: data sources are not SmokePing's, expected uptime, loss, "
		    "median, ping1, ping2, ...",
		    file);
	if (sf->archives == 0 || sf->step == 0)
		return err_set(
		    err, "%s: has no archive of averages, expected one or more", file);
	return 0;
}

/* The header is read without librrd, which would make a list of thousands of words from
 * it: a page looks into hundreds of files. */
int
series_look(const char *file, struct series_file *sf, struct err *err)
{
	struct store_rrd rrd;

	*sf = (struct series_file){ 0 };
	if (store_rrd_read(file, &rrd, err) < 0)
		return -1;
	sf->step = (unsigned)rrd.step;
	sf->last_update = rrd.last;
	sf->columns = (unsigned)rrd.ds_count;
	sf->pings = rrd.pings;
	for (unsigned long k = 0; k < rrd.rra_count && k < SERIES_ARCHIVES; k++) {
		unsigned long seconds = rrd.rra[k].steps * rrd.step;
		if (strcmp(rrd.rra[k].cf, "AVERAGE") != 0 || seconds > INT32_MAX)
			continue;
		sf->archive[sf->archives].step = (unsigned)seconds;
		sf->archive[sf->archives++].rows = (unsigned)rrd.rra[k].rows;
	}
	bool series = rrd.series;
	store_rrd_free(&rrd);
	return check_layout(file, sf, series, err);
}

int64_t
series_archive_begin(const struct series_file *sf, unsigned k)
{
	int64_t step = sf->archive[k].step;

	return sf->last_update / step * step - step * sf->archive[k].rows;
}

int64_t
series_begin(const struct series_file *sf)
{
	int64_t begin = INT64_MAX;

	for (unsigned k = 0; k < sf->archives; k++)
		if (series_archive_begin(sf, k) < begin)
			begin = series_archive_begin(sf, k);
	return begin;
}

unsigned
series_choose(const struct series_file *sf, int64_t start, unsigned want)
{
	unsigned coarse = 0, fine = 0, furthest = 0;
	int64_t begin = INT64_MAX;

	for (unsigned k = 0; k < sf->archives; k++) {
		unsigned step = sf->archive[k].step;
		int64_t here = series_archive_begin(sf, k);

		if (here < begin || (here == begin && step < furthest)) {
			begin = here;
			furthest = step;
		}
		if (here > start)
			continue;
		if (step <= want && step > coarse)
			coarse = step;
		if (fine == 0 || step < fine)
			fine = step;
	}
	return coarse ? coarse : fine ? fine : furthest;
}

/* Read COUNT rows, the first of which ends a STEP behind FROM. 0, or -1. */
static int
scan_slice(const char *file, const struct series_file *sf, unsigned step, int64_t from,
    size_t count, series_row_fn row, void *ctx, struct err *err)
{
	double *value = mem_alloc(count * sf->columns * sizeof *value);
	unsigned tries = 0;
	int status;

	do
		status = store_rrd_rows(
		    file, step, from + step, count, sf->columns, value, err);
	while (status < 0 && errno == EAGAIN && wait_for_writer(&tries));
	for (size_t i = 0; status == 0 && i < count; i++)
		row(ctx, from + (int64_t)(i + 1) * step, value + i * sf->columns);
	free(value);
	return status;
}

int
series_scan(const char *file, const struct series_file *sf, unsigned step,
    int64_t start, int64_t end, series_row_fn row, void *ctx, struct err *err)
{
	int64_t rows = SLICE_VALUES / sf->columns + 1, first = INT64_MAX;
	int64_t count;

	/* Nothing is older than the archive; rows younger than it are unknown anyway.
	 */
	for (unsigned k = 0; k < sf->archives; k++)
		if (sf->archive[k].step == step && series_archive_begin(sf, k) < first)
			first = series_archive_begin(sf, k);
	start = start / step * step;
	if (start < first)
		start = first;
	if (end > sf->last_update)
		end = sf->last_update;
	for (int64_t from = start; (count = (end - from) / step) > 0;
	     from += rows * step)
		if (scan_slice(file, sf, step, from,
			(size_t)(count < rows ? count : rows), row, ctx, err) < 0)
			return -1;
	return 0;
}

/* Rows being averaged into points. */
struct reduce {
	struct series *s;
	int64_t start; /* of the first point */
	unsigned fold; /* rows a point */
	unsigned *known;
};

static void
reduce_row(void *ctx, int64_t time, const double *value)
{
	struct reduce *r = ctx;
	struct series *s = r->s;
	int64_t k = (time - r->start - 1) / s->step;

	if (time <= r->start || (size_t)k >= s->count)
		return;
	for (unsigned c = 0; c < s->columns; c++) {
		size_t at = (size_t)k * s->columns + c;

		if (isnan(value[c]))
			continue;
		s->value[at] = r->known[at]++ == 0 ? value[c] : s->value[at] + value[c];
	}
}

static void
reduce_end(const struct reduce *r)
{
	const struct series *s = r->s;

	for (size_t i = 0; i < s->count * s->columns; i++)
		if (r->known[i] * 2 < r->fold || r->known[i] == 0)
			s->value[i] = NAN;
		else
			s->value[i] /= r->known[i];
}

int
series_read(struct series *s, const char *file, int64_t start, int64_t end,
    unsigned points, struct err *err)
{
	struct series_file sf;

	*s = (struct series){ 0 };
	if (points == 0 || end <= start)
		return err_set(
		    err, "the span is empty, expected an end after the start");
	if (series_look(file, &sf, err) < 0)
		return -1;
	int64_t want = (end - start + points - 1) / points;
	unsigned step =
	    series_choose(&sf, start, want > UINT32_MAX ? UINT32_MAX : want);
	struct reduce r = { .s = s };
	if ((end - start) / step > UINT32_MAX / SERIES_ARCHIVES)
		return err_set(err, "the span is too long, expected years at most");
	/* Folded rows begin at multiples of their length, so that a later look at the
	 * same hour shows the same points. */
	for (r.fold = (unsigned)((end - start) / step / points);; r.fold++) {
		if (r.fold == 0)
			continue;
		s->step = step * r.fold;
		s->start = r.start = start / s->step * s->step;
		s->count = (size_t)((end - s->start) / s->step);
		if (s->count <= points)
			break;
	}
	s->file = sf;
	s->pings = sf.pings;
	s->columns = sf.columns;
	s->value = mem_zero(s->count * s->columns + 1, sizeof *s->value);
	r.known = mem_zero(s->count * s->columns + 1, sizeof *r.known);
	int status = series_scan(file, &sf, step, s->start,
	    s->start + (int64_t)s->count * s->step, reduce_row, &r, err);
	reduce_end(&r);
	free(r.known);
	if (status < 0)
		series_free(s);
	return status;
}

void
series_free(struct series *s)
{
	free(s->value);
	*s = (struct series){ 0 };
}
