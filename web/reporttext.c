/* A report as a document: its sections. */
#include <config.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/zone.h"
#include "store.h"
#include "web/drawmarks.h"
#include "web/eventlog.h"
#include "web/figure.h"
#include "web/paper.h"
#include "web/report.h"
#include "web/reportparts.h"
#include "web/series.h"
#include "web/state.h"
#include "web/vantage.h"
#include "web/veil.h"

#define LISTED 60 /* incidents */
#define PATHS 3	  /* targets whose way is told */

#define TIME_TEXT 40
/* A function that writes a time as FORMAT has it, and returns BUF. */
#define TIME_AS(name, format)                                                          \
	static const char *name(char buf[TIME_TEXT], int64_t when)                     \
	{                                                                              \
		time_t at = (time_t)when;                                              \
		struct tm tm;                                                          \
                                                                                       \
		if (localtime_r(&at, &tm) == NULL ||                                   \
		    strftime(buf, TIME_TEXT, format, &tm) == 0)                        \
			snprintf(buf, TIME_TEXT, "%" PRId64, when);                    \
		return buf;                                                            \
	}
TIME_AS(second_text, "%Y-%m-%d %H:%M:%S")
TIME_AS(minute_text, "%Y-%m-%d %H:%M")
TIME_AS(stamp_text, "%Y-%m-%d %H:%M %Z")
TIME_AS(day_text, "%a %Y-%m-%d")
TIME_AS(zone_text, tm.tm_gmtoff == 0 ? "%Z" : "%Z (UTC%z)")

/* "2 h 5 min", exact to a hundredth. */
static void
length_text(char *buf, size_t size, int64_t s)
{
	if (s < 120)
		snprintf(buf, size, "%" PRId64 " s", s);
	else if (s < 3600)
		snprintf(buf, size, "%" PRId64 " min %" PRId64 " s", s / 60, s % 60);
	else if (s < 2 * 86400)
		snprintf(
		    buf, size, "%" PRId64 " h %" PRId64 " min", s / 3600, s / 60 % 60);
	else
		snprintf(
		    buf, size, "%" PRId64 " d %" PRId64 " h", s / 86400, s / 3600 % 24);
}

/* --- figures ---------------------------------------------------------------------- */

struct sum_text {
	char measured[FIGURE_TEXT], loss[FIGURE_TEXT], range[2 * FIGURE_TEXT + 8],
	    median[FIGURE_TEXT], high[FIGURE_TEXT];
};

/* U in words; nothing where nothing is known. */
static void
sum_text(struct sum_text *x, const struct report_sum *u)
{
	char a[FIGURE_TEXT], b[FIGURE_TEXT];
	double low, high, loss = lossrange_get(&u->loss, u->pings, &low, &high);

	figure_percent_text(
	    x->measured, u->rows > 0 ? (double)u->known / (double)u->rows : NAN);
	figure_percent_text(x->loss, loss);
	if (isnan(loss))
		snprintf(x->range, sizeof x->range, "not known");
	else
		snprintf(x->range, sizeof x->range, "%.*s–%s",
		    (int)strcspn(figure_percent_text(a, low), " "), a,
		    figure_percent_text(b, high));
	figure_rtt_text(x->median, u->medians > 0 ? u->median[u->medians / 2] : NAN);
	figure_rtt_text(x->high,
	    u->medians > 0 ? u->median[(size_t)((double)(u->medians - 1) * 0.95)]
			   : NAN);
}

#define SUM_HEADS "rmeasured", "rlost", "r95 % interval", "rmedian", "r95th percentile"

static void
put_sum(FILE *out, const char *name, const struct series *s, int64_t from, int64_t to)
{
	struct report_sum u;
	struct sum_text x;

	report_sum(&u, s, from, to);
	sum_text(&x, &u);
	paper_cells(out, PAPER_ROW,
	    (const char *const[]){
		name, x.measured, x.loss, x.range, x.median, x.high },
	    6);
	free(u.median);
}

/* The same of T, as exactly as is still known of just this span. */
static void
put_span(
    FILE *out, const char *name, const struct conf_target *t, int64_t from, int64_t to)
{
	struct series s;

	if (report_rows(&s, t, from, to))
		put_sum(out, name, &s, from, to);
	else
		paper_cells(out, PAPER_ROW,
		    (const char *const[]){ name, "", "", "no history" }, 4);
	series_free(&s);
}

/* --- sections --------------------------------------------------------------------- */

/* Each target in one line; of an incident: before it and meanwhile. */
static void
put_summary(struct report *p)
{
	paper_printf(
	    p->out, PAPER_HEADING, p->id != 0 ? "Before and meanwhile" : "In short");
	paper_cells(
	    p->out, PAPER_COLUMNS, (const char *const[]){ "ltarget", SUM_HEADS }, 6);
	for (size_t i = 0; i < p->targets; i++) {
		const struct conf_target *t = p->target[i];
		char *title = html_strip(t->title);

		if (p->id == 0) {
			put_span(p->out, title, t, p->start, p->end);
		} else {
			char *name = mem_printf("%s, before", title);
			put_span(p->out, name, t, p->start, p->begin);
			free(name);
			name = mem_printf("%s, meanwhile", title);
			put_span(p->out, name, t, p->begin, p->over);
			free(name);
		}
		if (i + 1 == p->targets && p->more)
			paper_cells(p->out, PAPER_ROW,
			    (const char *const[]){ "… and more, which are left out" },
			    1);
		free(title);
	}
}

struct listing {
	struct report *p;
	const struct conf_target *t; /* NULL: verdicts, on the connection as a whole */
	unsigned shown;
	bool more;
};

/* What T lost in FROM..UNTIL, as it is still known. */
static void
put_lost(struct sum_text *x, const struct conf_target *t, int64_t from, int64_t until)
{
	struct series s;
	struct report_sum u;

	if (report_rows(&s, t, from, until)) {
		report_sum(&u, &s, from, until);
		sum_text(x, &u);
		free(u.median);
	}
	series_free(&s);
}

static void
put_incident_heads(FILE *out, bool verdicts)
{
	if (verdicts) {
		paper_printf(out, PAPER_HEADING, "Whose fault it was");
		paper_cells(out, PAPER_COLUMNS,
		    (const char *const[]){ "nincident", "nbegin", "nend", "rduration",
			"lwhat, and how sure" },
		    5);
	} else {
		paper_cells(out, PAPER_COLUMNS,
		    (const char *const[]){ "nbegin", "nend", "rduration", "rlost",
			"rinterval", "lwhat, and how sure" },
		    6);
	}
}

static void
list_row(void *ctx, const struct eventlog_row *row)
{
	struct listing *l = ctx;
	FILE *out = l->p->out;
	char number[24], begin[TIME_TEXT], end[TIME_TEXT] = "goes on", length[32];
	int64_t over = row->end != 0 ? row->end : clock_wall_s();
	struct sum_text x = { .loss = "", .range = "" };

	if (!report_tells(row->kind))
		return;
	if (l->shown == LISTED) {
		l->more = true;
		return;
	}
	if (l->shown++ == 0)
		put_incident_heads(out, l->t == NULL);
	second_text(begin, row->begin);
	if (row->end != 0) {
		second_text(end, row->end);
		if (strncmp(begin, end, 10) == 0) /* the same day */
			memmove(end, end + 11, strlen(end + 11) + 1);
	}
	length_text(length, sizeof length, over - row->begin);
	char *summary = l->p->hosts ? mem_str(row->summary)
				    : veil_summary(row->summary, row->evidence);
	char *said = row->suppressed_by == 0
			 ? mem_printf("%s (%s)", summary, row->confidence)
			 : mem_printf("%s (%s), explained by incident %" PRId64,
			       summary, row->confidence, row->suppressed_by);
	if (l->t == NULL) {
		snprintf(number, sizeof number, "%" PRId64, row->id);
		paper_cells(out, PAPER_ROW,
		    (const char *const[]){ number, begin, end, length, said }, 5);
	} else {
		put_lost(&x, l->t, row->begin,
		    over > row->begin ? over : row->begin + (int64_t)l->t->step);
		paper_cells(out, PAPER_ROW,
		    (const char *const[]){ begin, end, length, x.loss, x.range, said },
		    6);
	}
	free(said);
	free(summary);
}

/* Whose fault what was, as it was told. Those of T are explained by these. */
static void
put_verdicts(struct report *p)
{
	struct listing l = { .p = p };
	struct eventlog_query q = {
		.start = p->start, .end = p->end, .kind = "verdict", .limit = LISTED + 1
	};
	struct err err;

	if (eventlog_each(&q, list_row, &l, &err) < 0)
		paper_printf(
		    p->out, PAPER_TEXT, "Incidents cannot be read: %s", err.text);
	if (l.more)
		paper_printf(
		    p->out, PAPER_SMALL, "There are more than these %d.", LISTED);
}

/* What was before the first incident of all, nobody looked for: a history that was
 * taken over reaches further back. */
static void
put_reach(struct report *p, bool some)
{
	int64_t first = eventlog_first();
	char since[TIME_TEXT];

	bool all = first <= p->start || first >= p->end;
	if (all && !some)
		paper_printf(p->out, PAPER_TEXT, "None in this time.");
	else if (!all)
		paper_printf(p->out, some ? PAPER_SMALL : PAPER_TEXT,
		    "%s since %s, when smokebox began to record them. Loss before that is "
		    "in the figures and graphs.",
		    some ? "They are known" : "None", minute_text(since, first));
}

/* What opened and closed at T. */
static void
put_outages(struct report *p, const struct conf_target *t)
{
	struct listing l = { .p = p, .t = t };
	struct eventlog_query q = { .start = p->start,
		.end = p->end,
		.subject = t->path,
		.with_all = true,
		.limit = 1000 };
	struct err err;
	char *title = html_strip(t->title);

	paper_printf(p->out, PAPER_HEADING, "Incidents: %s", title);
	free(title);
	int n = eventlog_each(&q, list_row, &l, &err);
	if (n < 0)
		paper_printf(
		    p->out, PAPER_TEXT, "Incidents cannot be read: %s", err.text);
	else
		put_reach(p, l.shown > 0);
	if (l.more)
		paper_printf(
		    p->out, PAPER_SMALL, "There are more than these %d.", LISTED);
}

/* The begin of the day, START or later, in which S knows something first. */
static int64_t
day_of_first(const struct series *s, int64_t start)
{
	size_t i = 0;

	while (i < s->count && isnan(s->value[i * s->columns + STORE_DS_LOSS]))
		i++;
	int64_t first = s->start + (int64_t)i * s->step, day = start;
	for (int64_t next = report_next_day(day); next <= first;
	     next = report_next_day(day))
		day = next;
	return day;
}

static void
put_days(struct report *p, const struct conf_target *t)
{
	struct series s;
	char *title = html_strip(t->title);

	if (p->end - p->start >= 2 * 86400 &&
	    p->end - p->start <= REPORT_DAYS * 86400LL &&
	    report_rows(&s, t, p->start, p->end)) {
		paper_printf(p->out, PAPER_HEADING, "Day by day: %s", title);
		paper_cells(p->out, PAPER_COLUMNS,
		    (const char *const[]){ "nday", SUM_HEADS }, 6);
		char text[TIME_TEXT];
		int64_t day = day_of_first(&s, p->start);
		if (day > p->start) {
			char *name = mem_printf("before %s", day_text(text, day));
			put_sum(p->out, name, &s, p->start, day);
			free(name);
		}
		while (day < p->end) {
			int64_t next = report_next_day(day);
			put_sum(p->out, day_text(text, day), &s, day,
			    next < p->end ? next : p->end);
			day = next;
		}
		series_free(&s);
	}
	free(title);
}

static void
put_graph(struct report *p, const struct conf_target *t, int64_t start, int64_t end)
{
	struct msg_draw *d = mem_zero(1, sizeof *d);
	char *title = html_strip(t->title), from[TIME_TEXT], to[TIME_TEXT];

	d->target = t->id;
	snprintf(d->zone, sizeof d->zone, "%s", zone_used());
	snprintf(d->slave, sizeof d->slave, "%s", vantage_first(state_conf(), t));
	d->start = start;
	d->end = end;
	d->width = 620;
	d->height = 150;
	d->kind = DRAW_DETAIL;
	drawmarks_put(d, t);
	char *caption = mem_printf(
	    "%s, %s to %s", title, minute_text(from, start), minute_text(to, end));
	paper_graph(p->out, d, caption);
	free(caption);
	free(title);
	free(d);
}

static void
put_graphs(struct report *p)
{
	int64_t now = clock_wall_s(),
		far = p->over + 86400 < now ? p->over + 86400 : now;

	paper_printf(p->out, PAPER_HEADING, "Graphs");
	paper_printf(p->out, PAPER_SMALL,
	    "The line is the median of each round, its colour says how many pings were "
	    "lost; the grey around it is the spread of the pings.");
	for (size_t i = 0; i < p->targets; i++)
		put_graph(p, p->target[i], p->start, p->end);
	if (p->id != 0)
		put_graph(p, p->target[0], p->begin - 2 * 86400, far);
}

static void
put_method(struct report *p)
{
	char zone[TIME_TEXT];

	paper_printf(p->out, PAPER_HEADING, "How this was measured");
	paper_cells(p->out, PAPER_COLUMNS,
	    (const char *const[]){
		"ltarget", "lhost", "lprobe", "rpings a round", "revery", "rbytes" },
	    6);
	for (size_t i = 0; i < p->targets; i++) {
		const struct conf_target *t = p->target[i];
		char pings[16], step[32], *title = html_strip(t->title);
		const char *address = t->host != NULL ? t->host : "";
		const char *bytes =
		    conf_target_value(state_conf(), t, "packetsize", NULL);

		if (!p->hosts && report_is_private(address))
			address = "a private address";
		snprintf(pings, sizeof pings, "%u", t->pings);
		figure_span(step, sizeof step, t->step);
		paper_cells(p->out, PAPER_ROW,
		    (const char *const[]){ title, address,
			t->probe != NULL ? t->probe->module : "", pings, step,
			bytes != NULL ? bytes : "" },
		    6);
		free(title);
	}
	paper_printf(p->out, PAPER_TEXT,
	    "smokebox %s sends the pings of a round spread over its step, and takes their "
	    "times from the kernel where it has them. A ping is lost when no answer came "
	    "within its timeout, or an answer said that it cannot be delivered. A round "
	    "in which nothing could be measured (a restart, a pause of this machine, a "
	    "step of its clock, a name that did not resolve) is not known: it is neither "
	    "counted as loss nor as fine, and \"measured\" says how much was known.",
	    PACKAGE_VERSION);
	paper_printf(p->out, PAPER_TEXT,
	    "Intervals hold the share of lost pings that is behind those counted with a "
	    "probability of 95 %% (Wilson's, wider where losses come in bursts). "
	    "Incidents and sentences are sure, likely or hints: right in at least 99, 90 "
	    "and 60 of 100 cases.");
	zone_text(zone, p->end);
	if (*zone_used() != '\0')
		paper_printf(p->out, PAPER_TEXT,
		    "Times are told in the time zone %s, %s at the end of this report; "
		    "sentences that were written when something happened tell those of "
		    "this machine's clock.",
		    zone_used(), zone);
	else
		paper_printf(p->out, PAPER_TEXT,
		    "Times are those of this machine's clock, %s.", zone);
}

static void
put_head(struct report *p)
{
	char from[TIME_TEXT], to[TIME_TEXT], now[TIME_TEXT], length[32];
	const char *owner =
	    conf_value(conf_top(state_conf(), "General"), "owner", NULL);
	char *title = html_strip(p->target[0]->title);

	paper_printf(p->out, PAPER_FOOT, "smokebox %s, written %s", PACKAGE_VERSION,
	    stamp_text(now, clock_wall_s()));
	if (p->id != 0) {
		paper_printf(p->out, PAPER_TITLE, "Report on incident %" PRId64 "%s%s",
		    p->id, p->named ? ": " : "", p->named ? title : "");
		paper_printf(p->out, PAPER_TEXT, "%s (%s)", p->summary, p->confidence);
		length_text(length, sizeof length, p->over - p->begin);
		paper_printf(p->out, PAPER_TEXT, "Begin %s, %s%s, %s%s.",
		    second_text(from, p->begin), p->open ? "" : "end ",
		    p->open ? "goes on" : second_text(to, p->over), length,
		    p->open ? " until now" : "");
	} else {
		paper_printf(p->out, PAPER_TITLE, "Report on %s",
		    p->targets > 1 ? "the connection" : title);
		length_text(length, sizeof length, p->end - p->start);
		paper_printf(p->out, PAPER_TEXT, "From %s%s to %s, %s.",
		    minute_text(from, p->start),
		    p->young ? ", when measuring began," : "", minute_text(to, p->end),
		    length);
	}
	if (owner != NULL)
		paper_printf(p->out, PAPER_SMALL, "Measured for %s.", owner);
	free(title);
}

void
report_write(struct report *p)
{
	put_head(p);
	put_summary(p);
	put_verdicts(p);
	for (size_t i = 0; i < p->targets && (p->id == 0 || i == 0); i++)
		put_outages(p, p->target[i]);
	put_graphs(p);
	for (size_t i = 0; i < p->targets && i < PATHS; i++)
		if (p->id != 0)
			report_path(
			    p->out, p->target[i], p->begin, p->over, true, p->hosts);
		else
			report_path(
			    p->out, p->target[i], p->start, p->end, false, p->hosts);
	if (p->id == 0)
		for (size_t i = 0; i < p->targets && i < 2; i++)
			put_days(p, p->target[i]);
	put_method(p);
}
