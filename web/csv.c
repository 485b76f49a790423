#include "web/csv.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "store.h"
#include "web/request.h"
#include "web/series.h"
#include "web/vantage.h"
#include "web/viewname.h"

#define POINTS_DEFAULT 2000
#define POINTS_MAX 20000
#define VALUES_MAX 1000000L /* of one table: some ten megabytes */

static void
put_value(FILE *out, double value)
{
	if (isnan(value))
		fputc(',', out);
	else
		fprintf(out, ",%.10g", value);
}

static void
put_rows(FILE *out, const struct series *s)
{
	fputs("time,median,loss,loss_ratio", out);
	for (unsigned i = 1; i <= s->pings; i++)
		fprintf(out, ",ping%u", i);
	fputs("\r\n", out);
	for (size_t k = 0; k < s->count; k++) {
		const double *row = s->value + k * s->columns;

		fprintf(out, "%" PRId64, s->start + (int64_t)(k + 1) * s->step);
		put_value(out, row[STORE_DS_MEDIAN]);
		put_value(out, row[STORE_DS_LOSS]);
		put_value(out, row[STORE_DS_LOSS] / s->pings);
		for (unsigned i = 0; i < s->pings; i++)
			put_value(out, row[STORE_DS_PING + i]);
		fputs("\r\n", out);
	}
}

void
csv_answer(struct request *r, const struct conf_target *t, const char *slave)
{
	int64_t start, end, now = clock_wall_ns() / CLOCK_NS_PER_S;
	char file[STORE_PATH], what[STORE_PATH];
	struct series s = { .pings = t->pings };
	struct err err;
	long points, most = VALUES_MAX / (t->pings + STORE_DS_PING);

	if (t->kind == CONF_MULTIHOST || vantage_file(file, t, slave) < 0) {
		reply_error(r, 404, "%s has no rounds of its own.", t->path);
		return;
	}
	if (request_range(r, now, &start, &end) != 0 ||
	    request_int(r, "points", POINTS_DEFAULT, 1, POINTS_MAX, &points) != 0)
		return;
	if (points > most)
		points = most;
	/* A target that has no file yet has no rows. */
	if (access(file, F_OK) == 0 &&
	    series_read(&s, file, start, end, (unsigned)points, &err) < 0) {
		reply_error(r, 500, "the history cannot be read: %s", err.text);
		return;
	}
	snprintf(
	    what, sizeof what, "%s%s%s", t->path, *slave != '\0' ? "~" : "", slave);
	viewname_set(r, VIEW_KEPT, what, start, end, "csv");
	request_set_header(r, "Cache-Control", "no-cache");
	put_rows(request_out(r), &s);
	series_free(&s);
	reply(r, 200, "text/csv; charset=utf-8; header=present");
}
