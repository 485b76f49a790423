#include "web/csv.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "store.h"
#include "web/look.h"
#include "web/request.h"
#include "web/series.h"
#include "web/state.h"
#include "web/vantage.h"
#include "web/viewname.h"

#define POINTS_DEFAULT 2000
#define POINTS_MAX 20000
#define VALUES_MAX 1000000L /* of one table: some ten megabytes */

void
csv_value(FILE *out, double value)
{
	char text[DECIMAL_TEXT];

	fputc(',', out);
	if (isfinite(value))
		fwrite(text, 1, decimal_text(text, value, 10), out);
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
		csv_value(out, row[STORE_DS_MEDIAN]);
		csv_value(out, row[STORE_DS_LOSS]);
		csv_value(out, row[STORE_DS_LOSS] / s->pings);
		for (unsigned i = 0; i < s->pings; i++)
			csv_value(out, row[STORE_DS_PING + i]);
		fputs("\r\n", out);
	}
}

void
csv_answer(struct request *r, const struct conf_target *t, const char *slave)
{
	int64_t start, end, now = clock_wall_s();
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

/* --- targets ---------------------------------------------------------------------- */

/* A spreadsheet would compute what begins as a formula does. */
void
csv_text(FILE *out, const char *text)
{
	fputc('"', out);
	if (*text != '\0' && strchr("=+-@\t\r", *text) != NULL)
		fputc('\'', out);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

void
csv_targets_begin(FILE *out)
{
	fputs("path,title,probe,host,address,state,why,time,median,loss,loss_ratio,"
	      "jitter\r\n",
	    out);
}

void
csv_target(FILE *out, const struct conf_target *t)
{
	const struct live *live = state_live(t->id);
	char address[ADDR_TEXT] = "", why[256] = "";
	const char *state = look_word(look_of(t, why, sizeof why));
	const char *const text[] = { t->path, t->title,
		t->probe != NULL ? t->probe->name : "", t->host != NULL ? t->host : "",
		address, state, why };

	if (live != NULL)
		addr_text(&live->target.address, address);
	for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
		if (i > 0)
			fputc(',', out);
		csv_text(out, text[i]);
	}
	if (live != NULL && live->measured) {
		fprintf(out, ",%" PRId64, live->row);
		csv_value(out, live->median);
		csv_value(out, live->loss);
		csv_value(out, live->loss_ratio);
		csv_value(out, live->jitter);
	} else {
		fputs(",,,,,", out);
	}
	fputs("\r\n", out);
}
