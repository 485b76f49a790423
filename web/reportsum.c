/* What rows of a series say of a span of a report. */
#include <math.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "store.h"
#include "web/reportparts.h"
#include "web/series.h"
#include "web/state.h"
#include "web/vantage.h"

#define POINTS 4000 /* rows that are read of a target */

bool
report_rows(struct series *s, const struct conf_target *t, int64_t start, int64_t end)
{
	char file[STORE_PATH];
	struct err err;

	*s = (struct series){ 0 };
	return start < end &&
	       vantage_file(file, t, vantage_first(state_conf(), t)) == 0 &&
	       access(file, F_OK) == 0 &&
	       series_read(s, file, start, end, POINTS, &err) == 0;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void
report_sum(struct report_sum *u, const struct series *s, int64_t from, int64_t to)
{
	*u = (struct report_sum){ .pings = (double)s->pings };
	if (s->file.step > 0 && s->step > s->file.step)
		u->pings *= (double)s->step / s->file.step;
	u->median = mem_alloc((s->count + 1) * sizeof *u->median);
	for (size_t i = 0; i < s->count; i++) {
		const double *row = s->value + i * s->columns;
		int64_t time = s->start + (int64_t)(i + 1) * s->step;

		if (time <= from || time - s->step >= to)
			continue;
		u->rows++;
		if (isnan(row[STORE_DS_LOSS]))
			continue;
		u->known++;
		lossrange_add(&u->loss, row[STORE_DS_LOSS] / s->pings);
		if (!isnan(row[STORE_DS_MEDIAN]))
			u->median[u->medians++] = row[STORE_DS_MEDIAN];
	}
	qsort(u->median, u->medians, sizeof *u->median, by_size);
}

int64_t
report_next_day(int64_t when)
{
	time_t at = (time_t)when;
	struct tm tm;

	if (localtime_r(&at, &tm) == NULL)
		return when + 86400;
	tm.tm_mday++;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	int64_t next = (int64_t)mktime(&tm);
	return next > when ? next : when + 86400;
}
