#include "web/usage.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rrd.h>

#include "base/mem.h"
#include "store.h"
#include "web/csv.h"
#include "web/series.h"

/* Rows of one call of librrd. */
#define SLICE 8192

static const struct {
	unsigned step, rows;
} archives[] = { { 60, 2880 }, { 300, 20160 }, { 3600, 9600 } };
#define ARCHIVES (sizeof archives / sizeof *archives)

/* The archive for a span from START to END as of NOW, in POINTS rows or a little more:
 * what goes back that far. */
static unsigned
usage_step(int64_t start, int64_t end, int64_t now, unsigned points)
{
	unsigned best = archives[ARCHIVES - 1].step;
	int64_t want = points > 0 ? (end - start) / points : 0;

	/* The coarsest that is not coarser than wanted, of those that go back so far;
	 * else the finest that does. */
	for (unsigned i = ARCHIVES; i-- > 0;) {
		if (start < now - (int64_t)archives[i].step * archives[i].rows)
			continue;
		best = archives[i].step;
		if (archives[i].step <= want)
			break;
	}
	return best;
}

static int
scan_slice(const char *path, unsigned step, int64_t from, int64_t to, usage_row_fn row,
    void *ctx, struct err *err)
{
	time_t begin = (time_t)from, end = (time_t)to;
	unsigned long got = step, columns = 0;
	char **names = NULL;
	rrd_value_t *data = NULL;
	unsigned tries = 0;
	int status;

	rrd_clear_error();
	do {
		got = step;
		begin = (time_t)from;
		end = (time_t)to;
		status = rrd_fetch_r(
		    path, "AVERAGE", &begin, &end, &got, &columns, &names, &data);
	} while (status != 0 && series_locked(&tries));
	if (status != 0)
		return err_set(err, "%s: %s", path, rrd_get_error());
	const double *value = data;
	bool same = got == step && columns >= 1 && columns <= INTERFACE_DS;
	for (int64_t t = begin + step; same && t <= end; t += step, value += columns)
		if (t > from && t <= to)
			row(ctx, t, value, (unsigned)columns);
	for (unsigned long i = 0; i < columns; i++)
		rrd_freemem(names[i]);
	rrd_freemem(names);
	rrd_freemem(data);
	/* librrd takes another archive where this one does not go back so far. */
	return 0;
}

int
usage_scan(const struct if_key *key, bool flows, unsigned step, int64_t start,
    int64_t end, usage_row_fn row, void *ctx, struct err *err)
{
	char path[INTERFACE_PATH];

	if_path(key, flows, path);
	return usage_scan_file(path, step, start, end, row, ctx, err);
}

int
usage_scan_file(const char *path, unsigned step, int64_t start, int64_t end,
    usage_row_fn row, void *ctx, struct err *err)
{
	struct store_rrd rrd;
	int64_t first = 0;

	if (store_rrd_read(path, &rrd, err) < 0)
		return -1;
	int64_t last = rrd.last;
	bool ours = rrd.step == INTERFACE_STEP && rrd.ds_count <= INTERFACE_DS;
	store_rrd_free(&rrd);
	if (!ours)
		return err_set(err, "%s: no history by the minute", path);
	for (unsigned i = 0; i < ARCHIVES; i++)
		if (archives[i].step == step)
			first = last / step * step - (int64_t)step * archives[i].rows;
	start = start / step * step;
	if (start < first)
		start = first;
	if (end > last)
		end = last;
	for (int64_t from = start; from < end; from += (int64_t)SLICE * step) {
		int64_t to = from + (int64_t)SLICE * step;

		if (scan_slice(path, step, from, to < end ? to : end, row, ctx, err) <
		    0)
			return -1;
	}
	return 0;
}

/* --- into points ----------------------------------------------------------------- */

struct fold {
	struct usage *u;
	unsigned *known;
};

static void
fold_row(void *ctx, int64_t time, const double *value, unsigned columns)
{
	struct fold *f = ctx;
	int64_t k = (time - f->u->start - 1) / f->u->step;

	if (time <= f->u->start || (size_t)k >= f->u->count)
		return;
	for (unsigned c = 0; c < columns; c++) {
		size_t at = (size_t)k * INTERFACE_DS + c;

		if (isnan(value[c]))
			continue;
		f->u->value[at] += value[c];
		f->known[at]++;
	}
}

int
usage_read(struct usage *u, const struct if_key *key, bool flows, int64_t start,
    int64_t end, int64_t now, unsigned points, struct err *err)
{
	char path[INTERFACE_PATH];

	if_path(key, flows, path);
	return usage_read_file(u, path, start, end, now, points, err);
}

int
usage_read_file(struct usage *u, const char *path, int64_t start, int64_t end,
    int64_t now, unsigned points, struct err *err)
{
	unsigned step = usage_step(start, end, now, points), times = 1;

	*u = (struct usage){ 0 };
	while ((end - start) / ((int64_t)step * times) > points)
		times++;
	u->step = step * times;
	u->start = start / u->step * u->step;
	u->count = (size_t)((end - u->start) / u->step);
	u->value = mem_zero(u->count * INTERFACE_DS + 1, sizeof *u->value);
	struct fold f = { u, mem_zero(u->count * INTERFACE_DS + 1, sizeof *f.known) };
	int status = usage_scan_file(path, step, u->start, end, fold_row, &f, err);
	for (size_t i = 0; i < u->count * INTERFACE_DS; i++)
		u->value[i] = f.known[i] == 0 ? NAN : u->value[i] / f.known[i];
	free(f.known);
	if (status < 0)
		usage_free(u);
	return status;
}

void
usage_free(struct usage *u)
{
	free(u->value);
	*u = (struct usage){ 0 };
}

void
usage_put(struct json *j, const struct usage *u, unsigned columns,
    const char *(*name)(unsigned column, char buf[USAGE_NAME]))
{
	char buf[USAGE_NAME];

	jw_put_int(j, "start", u->start);
	jw_put_int(j, "step", u->step);
	jw_put_int(j, "count", (int64_t)u->count);
	jw_key(j, "columns");
	jw_object(j);
	for (unsigned c = 0; c < columns; c++) {
		jw_key(j, name(c, buf));
		jw_array(j);
		for (size_t k = 0; k < u->count; k++)
			jw_num(j, u->value[k * INTERFACE_DS + c]);
		jw_array_end(j);
	}
	jw_object_end(j);
}

void
usage_csv(FILE *out, const struct usage *u, unsigned columns,
    const char *(*name)(unsigned column, char buf[USAGE_NAME]))
{
	char buf[USAGE_NAME];

	fputs("time", out);
	for (unsigned c = 0; c < columns; c++)
		fprintf(out, ",%s", name(c, buf));
	fputs("\r\n", out);
	for (size_t k = 0; k < u->count; k++) {
		fprintf(out, "%" PRId64, u->start + (int64_t)(k + 1) * u->step);
		for (unsigned c = 0; c < columns; c++)
			csv_value(out, u->value[k * INTERFACE_DS + c]);
		fputs("\r\n", out);
	}
}
