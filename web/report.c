#include "web/report.h"

#include <config.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/zone.h"
#include "infer/lossrange.h"
#include "store.h"
#include "web/access.h"
#include "web/drawmarks.h"
#include "web/eventlog.h"
#include "web/figure.h"
#include "web/history.h"
#include "web/page.h"
#include "web/paper.h"
#include "web/query.h"
#include "web/request.h"
#include "web/row.h"
#include "web/series.h"
#include "web/vantage.h"
#include "web/veil.h"
#include "web/viewfile.h"
#include "web/ways.h"

#define TARGETS 8   /* of one report */
#define POINTS 4000 /* rows that are read of each */
#define SPAN_DEFAULT (30 * 86400)
#define SPAN_LEAST 900 /* in which a young box has rows of its step */
#define YOUNG 20 /* a report begins later by so much of it, or not */
#define SPAN_MAX (400LL * 86400)
#define AROUND_S (2 * 3600) /* read around an incident, at least */
#define LISTED 60	    /* incidents */
#define DAYS 62		    /* lines of a table by day */
#define PATHS 3		    /* targets whose way is told */

struct report {
	int64_t start, end;
	const struct conf_target *target[TARGETS];
	size_t targets;
	bool more;  /* targets than that */
	bool hosts; /* of the house are told */
	bool young; /* nothing was measured before START */
	/* Of one incident (id not 0), whose begin and end these are: */
	int64_t id, begin, over;
	bool open;
	char *kind, *subject, *confidence, *summary;
	FILE *out;
};

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

/* --- what is in it ---------------------------------------------------------------- */

static void
add_target(struct report *p, const struct conf_target *t)
{
	for (size_t i = 0; i < p->targets; i++)
		if (p->target[i] == t)
			return;
	if (p->targets == TARGETS)
		p->more = true;
	else
		p->target[p->targets++] = t;
}

/* T, or what is measured below it. */
static void
add_below(struct report *p, const struct conf_target *t)
{
	if (t->kind != CONF_GROUP && t->kind != CONF_MULTIHOST && t->note == NULL)
		add_target(p, t);
	for (const struct conf_target *c = t->first; c != NULL && !p->more; c = c->next)
		if (!c->hide)
			add_below(p, c);
}

/* The way out, rung by rung, which is what a provider can mend: what is fine on it is
 * evidence, too. */
static void
add_ladder(struct report *p)
{
	static const enum rung rungs[] = { RUNG_GATEWAY, RUNG_ACCESS, RUNG_PROVIDER,
		RUNG_FAR };
	const struct conf *conf = state_conf();
	const struct ladder *l = ways_ladder();

	for (size_t k = 0; l != NULL && k < sizeof rungs / sizeof rungs[0]; k++)
		for (size_t i = 0; i < conf->target_count; i++) {
			const struct conf_target *t = conf->target[i];
			const struct ladder_role *role = ladder_role(l, t->id);
			if (role != NULL && role->rung == rungs[k] && !row_hidden(t) &&
			    t->kind != CONF_MULTIHOST && p->targets < TARGETS)
				add_target(p, t);
		}
}

static void
take_incident(void *ctx, const struct eventlog_row *row)
{
	struct report *p = ctx;

	if (row->id != p->id || p->summary != NULL)
		return;
	p->begin = row->begin;
	p->open = row->end == 0;
	p->over = p->open ? clock_wall_s() : row->end;
	p->kind = mem_str(row->kind);
	p->subject = mem_str(row->subject);
	p->confidence = mem_str(row->confidence);
	p->summary = p->hosts ? mem_str(row->summary)
			      : veil_summary(row->summary, row->evidence);
}

static int
parse_incident(struct request *r, struct report *p, const char *text)
{
	struct eventlog_query q = { .limit = 1 };
	struct err err;

	if (strlen(text) > 18 || text[strspn(text, "0123456789")] != '\0' ||
	    (q.id = p->id = atoll(text)) == 0) {
		reply_error(
		    r, 400, "parameter incident: expected an incident's number");
		return -1;
	}
	if (eventlog_each(&q, take_incident, p, &err) < 0) {
		reply_error(r, 503, "incidents cannot be read: %s", err.text);
		return -1;
	}
	/* Of traffic, and so of hosts, this tells nothing. */
	if (p->summary == NULL || strcmp(p->kind, "attack") == 0 ||
	    strcmp(p->kind, "backscatter") == 0 || strcmp(p->kind, "note") == 0) {
		reply_error(
		    r, 404, "There is no incident %s that could be reported.", text);
		return -1;
	}
	int64_t around = (p->over - p->begin) / 2;
	if (around < AROUND_S)
		around = AROUND_S;
	p->start = p->begin - around;
	p->end = p->over + around;
	if (p->end > clock_wall_s())
		p->end = clock_wall_s();
	if (p->end - p->start > SPAN_MAX)
		p->start = p->end - SPAN_MAX;
	return 0;
}

static int
parse_span(struct request *r, struct report *p)
{
	int64_t now = clock_wall_s();

	if (request_time(r, "end", now, &p->end) != 0 ||
	    request_time(r, "start", p->end - SPAN_DEFAULT, &p->start) != 0)
		return -1;
	if (p->start > 315532800 && p->start < p->end && p->end - p->start <= SPAN_MAX)
		return 0;
	reply_error(
	    r, 400, "parameter start: expected a time before end, by at most 400 days");
	return -1;
}

static int
parse_targets(struct request *r, struct report *p)
{
	const char *path = request_arg(r, "target");
	const struct conf_target *t;

	if (path != NULL && *path != '\0') {
		t = conf_target_by_path(state_conf(), path);
		if (t == NULL) {
			reply_error(
			    r, 404, "parameter target: no target is called %s", path);
			return -1;
		}
		add_below(p, t);
	} else {
		const char *whose = p->subject != NULL ? p->subject : "";
		char *subject = mem_strn(whose, strcspn(whose, "~"));
		t = conf_target_by_path(state_conf(), subject);
		free(subject);
		if (t != NULL && t != state_conf()->targets)
			add_below(p, t);
		add_ladder(p);
	}
	if (p->targets == 0)
		add_below(p, state_conf()->targets);
	if (p->targets > 0)
		return 0;
	reply_error(r, 404, "Nothing is measured there that could be reported.");
	return -1;
}

/* When the first begins that is known of T within SPAN seconds before NOW; 0: nothing
 * is. Rows that cover a month are long, and a young box has none of them yet. */
static int64_t
first_known(const struct conf_target *t, int64_t now, int64_t span)
{
	for (; span > SPAN_LEAST; span /= 8) {
		const struct history *past =
		    history_of(t, now - span, now, HISTORY_LIST);
		if (past->first != 0)
			return past->first - past->step;
	}
	int64_t first = row_first(t, SPAN_LEAST);
	return first != 0 ? first - t->step : 0;
}

/* Where nobody says from when on, a young box tells of the time that it knows: of a
 * month it would have measured "0 %". */
static void
begin_with_history(struct report *p)
{
	int64_t first = p->end;

	for (size_t i = 0; i < p->targets; i++) {
		int64_t known = first_known(p->target[i], p->end, p->end - p->start);
		if (known != 0 && known < first)
			first = known;
	}
	if (first - p->start < (p->end - p->start) / YOUNG || first == p->end)
		return;
	p->start = first;
	p->young = true;
}

static int
parse(struct request *r, struct report *p)
{
	const char *incident = request_arg(r, "incident");
	const char *hosts = request_arg(r, "hosts");

	if (hosts != NULL && strcmp(hosts, "yes") == 0) {
		if (!access_hosts(r)) {
			reply_error(r, 403,
			    "parameter hosts: which hosts there are is told to who has "
			    "logged in");
			return -1;
		}
		p->hosts = true;
	} else if (hosts != NULL && *hosts != '\0' && strcmp(hosts, "no") != 0) {
		reply_error(r, 400, "parameter hosts: expected yes or no");
		return -1;
	}
	if (incident != NULL && *incident != '\0') {
		if (parse_incident(r, p, incident) != 0)
			return -1;
	} else if (parse_span(r, p) != 0) {
		return -1;
	}
	if (parse_targets(r, p) != 0)
		return -1;
	if (p->id == 0 && request_arg(r, "start") == NULL &&
	    request_arg(r, "end") == NULL)
		begin_with_history(p);
	return 0;
}

/* --- figures ---------------------------------------------------------------------- */

/* The rows of T as it is measured here, over START..END. False: there are none. */
static bool
read_rows(struct series *s, const struct conf_target *t, int64_t start, int64_t end)
{
	char file[STORE_PATH];
	struct err err;

	*s = (struct series){ 0 };
	return start < end &&
	       vantage_file(file, t, vantage_first(state_conf(), t)) == 0 &&
	       access(file, F_OK) == 0 &&
	       series_read(s, file, start, end, POINTS, &err) == 0;
}

/* What FROM..TO of S was like. */
struct sums {
	struct lossrange loss;
	size_t rows, known, medians;
	double *median; /* of those, in order after sums_of() */
	double pings;	/* a row */
};

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
sums_of(struct sums *u, const struct series *s, int64_t from, int64_t to)
{
	*u = (struct sums){ .pings = (double)s->pings };
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

#define SUM_CELLS 5
struct sum_text {
	char measured[FIGURE_TEXT], loss[FIGURE_TEXT], range[2 * FIGURE_TEXT + 8],
	    median[FIGURE_TEXT], high[FIGURE_TEXT];
};

/* U in words; nothing where nothing is known. */
static void
sum_text(struct sum_text *x, const struct sums *u)
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
	struct sums u;
	struct sum_text x;

	sums_of(&u, s, from, to);
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

	if (read_rows(&s, t, from, to))
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

bool
report_tells(const char *kind)
{
	static const char *const kinds[] = { "loss", "alert", "congestion", "verdict" };

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	return false;
}

/* What T lost in FROM..UNTIL, as it is still known. */
static void
put_lost(struct sum_text *x, const struct conf_target *t, int64_t from, int64_t until)
{
	struct series s;
	struct sums u;

	if (read_rows(&s, t, from, until)) {
		sums_of(&u, &s, from, until);
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
	else if (l.shown == 0)
		paper_printf(p->out, PAPER_TEXT, "None in this time.");
	if (l.more)
		paper_printf(
		    p->out, PAPER_SMALL, "There are more than these %d.", LISTED);
}

/* The first midnight behind WHEN, by the clock of the house. */
static int64_t
next_day(int64_t when)
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

/* The begin of the day, START or later, in which S knows something first. */
static int64_t
day_of_first(const struct series *s, int64_t start)
{
	size_t i = 0;

	while (i < s->count && isnan(s->value[i * s->columns + STORE_DS_LOSS]))
		i++;
	int64_t first = s->start + (int64_t)i * s->step, day = start;
	for (int64_t next = next_day(day); next <= first; next = next_day(day))
		day = next;
	return day;
}

static void
put_days(struct report *p, const struct conf_target *t)
{
	struct series s;
	char *title = html_strip(t->title);

	if (p->end - p->start >= 2 * 86400 && p->end - p->start <= DAYS * 86400LL &&
	    read_rows(&s, t, p->start, p->end)) {
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
			int64_t next = next_day(day);
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
		paper_printf(p->out, PAPER_TITLE, "Report on incident %" PRId64, p->id);
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

static void
write_report(struct report *p)
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

/* --- the answer ------------------------------------------------------------------- */

/* "/report.pdf?..." with the arguments of R, NAME of which is VALUE. */
static void
put_link(struct html *page, const char *value_name, const struct request *r,
    const char *path, const char *name, const char *value)
{
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	fprintf(out, "%s%s", request_base(), path);
	request_link(r, out, name, value);
	mem_stream_end(out);
	html_text(page, value_name, text);
	free(text);
}

static void
show_page(struct request *r, const struct report *p, char *text)
{
	struct html *page = page_new(r, "Report", NULL);

	html_text(page, "refresh", "");
	report_show(page, text);
	static const char *const suffix[] = { "pdf", "png", "svg", "csv", "json" };
	for (size_t i = 0; i < sizeof suffix / sizeof suffix[0]; i++) {
		char *path = mem_printf("/report.%s", suffix[i]);
		put_link(page, suffix[i], r, path, "hosts", p->hosts ? "yes" : "no");
		free(path);
	}
	if (p->hosts || access_hosts(r)) {
		put_link(page, "other_hosts", r, "/report", "hosts",
		    p->hosts ? "no" : "yes");
		html_text(page, "other_word",
		    p->hosts ? "without addresses of the house"
			     : "with addresses of the house");
	}
	page_send(r, page, 200, "report.html");
}

static void
report_free(struct report *p)
{
	free(p->kind);
	free(p->subject);
	free(p->confidence);
	free(p->summary);
}

void
report_handle(struct request *r)
{
	struct report p = { 0 };
	char *text = NULL;
	size_t len;

	if (parse(r, &p) == 0) {
		p.out = mem_stream(&text, &len);
		write_report(&p);
		mem_stream_end(p.out);
		show_page(r, &p, text);
	}
	free(text);
	report_free(&p);
}

/* --- as a file -------------------------------------------------------------------- */

static const char *const tables[] = { "targets", "incidents", "days", NULL };

/* Of all of a span, or of an incident: in which part of it. */
static const char *const parts[] = { "all", "before", "meanwhile" };

/* What FROM..TO of T was like, in the columns that tables of it have in common. */
static void
file_span(struct viewfile *f, const struct conf_target *t, const char *part,
    int64_t from, int64_t to)
{
	struct series s;
	struct sums u = { .rows = 0 };
	double low = NAN, high = NAN, loss = NAN;

	if (read_rows(&s, t, from, to)) {
		sums_of(&u, &s, from, to);
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
		for (unsigned n = 0; day < p->end && n < DAYS; n++) {
			int64_t next = next_day(day);
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
		struct sums u;
		if (read_rows(&s, g->t, row->begin,
			over > row->begin ? over : row->begin + (int64_t)g->t->step)) {
			sums_of(&u, &s, row->begin, over);
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

	if (parse(r, &p) == 0)
		f = viewfile_new(r,
		    p.id != 0 || p.targets > 1 ? "report" : p.target[0]->path, NULL,
		    tables);
	if (f != NULL) {
		viewfile_span(f, p.start, p.end);
		p.out = viewfile_paper(f);
		if (p.out != NULL) {
			write_report(&p);
		} else {
			file_targets(f, &p);
			file_incidents(f, &p);
			file_days(f, &p);
		}
		viewfile_answer(f);
	}
	report_free(&p);
}
