/* A report as a file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "web/eventlog.h"
#include "web/report.h"
#include "web/reportparts.h"
#include "web/series.h"
#include "web/veil.h"
#include "web/viewfile.h"

static const char *const tables[] = { "targets", "incidents", "days", NULL };

/* Of all of a span, or of an incident: in which part of it. */
static const char *const parts[] = { "all", "before", "meanwhile" };

/* What FROM..TO of T was like, in the columns that tables of it have in common. */
static void
file_span(struct viewfile *f, const struct conf_target *t, const char *part,
    int64_t from, int64_t to)
{
	struct series s;
	struct report_sum u = { .rows = 0 };
	double low = NAN, high = NAN, loss = NAN;

	if (report_rows(&s, t, from, to)) {
		report_sum(&u, &s, from, to);
		loss = lossrange_get(&u.loss, u.pings, &low, &high);
	}
	viewfile_str(f, t->path);
	viewfile_str(f, part);
	viewfile_int(f, from);
	viewfile_int(f, to);
	viewfile_num(f, u.rows > 0 ? (double)u.known / (double)u.rows : NAN);
	viewfile_num(f, loss);
	viewfile_num(f, low);
	viewfile_num(f, high);
	viewfile_num(f, u.medians > 0 ? u.median[u.medians / 2] : NAN);
	viewfile_num(f,
	    u.medians > 0 ? u.median[(size_t)((double)(u.medians - 1) * 0.95)] : NAN);
	free(u.median);
	series_free(&s);
}

static const struct viewfile_column span_column[] = { { "target", NULL, VIEWFILE_TEXT },
	{ "part", NULL, VIEWFILE_TEXT }, { "start", NULL, VIEWFILE_TIME },
	{ "end", NULL, VIEWFILE_TIME }, { "known", NULL, VIEWFILE_RATIO },
	{ "loss_ratio", NULL, VIEWFILE_RATIO }, { "loss_low", NULL, VIEWFILE_RATIO },
	{ "loss_high", NULL, VIEWFILE_RATIO }, { "median", NULL, VIEWFILE_RTT },
	{ "median_p95", NULL, VIEWFILE_RTT } };
#define SPAN_COLUMNS (sizeof span_column / sizeof span_column[0])

static void
file_targets(struct viewfile *f, const struct report *p)
{
	viewfile_table(f, "targets", "", span_column, SPAN_COLUMNS, false);
	for (size_t i = 0; i < p->targets; i++) {
		if (p->id == 0) {
			file_span(f, p->target[i], parts[0], p->start, p->end);
			continue;
		}
		file_span(f, p->target[i], parts[1], p->start, p->begin);
		file_span(f, p->target[i], parts[2], p->begin, p->over);
	}
}

static void
file_days(struct viewfile *f, const struct report *p)
{
	viewfile_table(f, "days", "", span_column, SPAN_COLUMNS, false);
	for (size_t i = 0; i < p->targets && p->id == 0; i++) {
		int64_t day = p->start;
		for (unsigned n = 0; day < p->end && n < REPORT_DAYS; n++) {
			int64_t next = report_next_day(day);
			file_span(
			    f, p->target[i], "day", day, next < p->end ? next : p->end);
			day = next;
		}
	}
}

struct filing {
	struct viewfile *f;
	const struct report *p;
	const struct conf_target *t; /* NULL: verdicts */
};

static void
file_incident(void *ctx, const struct eventlog_row *row)
{
	const struct filing *g = ctx;
	struct viewfile *f = g->f;
	double loss = NAN, low, high;

	if (!report_tells(row->kind))
		return;
	if (g->t != NULL) {
		int64_t over = row->end != 0 ? row->end : clock_wall_s();
		struct series s;
		struct report_sum u;
		if (report_rows(&s, g->t, row->begin,
			over > row->begin ? over : row->begin + (int64_t)g->t->step)) {
			report_sum(&u, &s, row->begin, over);
			loss = lossrange_get(&u.loss, u.pings, &low, &high);
			free(u.median);
		}
		series_free(&s);
	}
	char *summary = g->p->hosts ? mem_str(row->summary)
				    : veil_summary(row->summary, row->evidence);
	viewfile_str(f, g->t != NULL ? g->t->path : NULL);
	viewfile_int(f, row->id);
	viewfile_str(f, row->kind);
	viewfile_int(f, row->begin);
	viewfile_int(f, row->end);
	viewfile_num(f, loss);
	viewfile_str(f, row->confidence);
	viewfile_str(f, summary);
	viewfile_num(f, row->suppressed_by != 0 ? (double)row->suppressed_by : NAN);
	free(summary);
}

static void
file_incidents(struct viewfile *f, const struct report *p)
{
	static const struct viewfile_column column[] = {
		{ "target", NULL, VIEWFILE_TEXT }, { "id", NULL, VIEWFILE_NUMBER },
		{ "kind", NULL, VIEWFILE_TEXT }, { "begin", NULL, VIEWFILE_TIME },
		{ "end", NULL, VIEWFILE_TIME }, { "loss_ratio", NULL, VIEWFILE_RATIO },
		{ "confidence", NULL, VIEWFILE_TEXT },
		{ "summary", NULL, VIEWFILE_TEXT },
		{ "suppressed_by", NULL, VIEWFILE_NUMBER }
	};
	struct filing g = { .f = f, .p = p };
	struct eventlog_query q = { .start = p->start, .end = p->end, .limit = 1000 };
	struct err err;

	viewfile_table(
	    f, "incidents", "", column, sizeof column / sizeof column[0], false);
	q.kind = "verdict";
	if (eventlog_each(&q, file_incident, &g, &err) < 0)
		log_warnx("%s", err.text);
	q.kind = NULL;
	q.with_all = true;
	for (size_t i = 0; i < p->targets && (p->id == 0 || i == 0); i++) {
		g.t = p->target[i];
		q.subject = g.t->path;
		if (eventlog_each(&q, file_incident, &g, &err) < 0)
			log_warnx("%s", err.text);
	}
}

void
report_file(struct request *r)
{
	struct report p = { 0 };
	struct viewfile *f = NULL;

	if (report_take(r, &p) == 0)
		f = viewfile_new(r,
		    p.id != 0 || p.targets > 1 ? "report" : p.target[0]->path, NULL,
		    tables);
	if (f != NULL) {
		viewfile_span(f, p.start, p.end);
		p.out = viewfile_paper(f);
		if (p.out != NULL) {
			report_write(&p);
		} else {
			file_targets(f, &p);
			file_incidents(f, &p);
			file_days(f, &p);
		}
		viewfile_answer(f);
	}
	report_free(&p);
}
