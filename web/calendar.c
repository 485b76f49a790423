/* What happened, by the day and by the hour of the week: a calendar shaded by how long
 * something was the matter, and a table of the hours shaded by trouble, loss or delay.
 * Days and hours are those of the clock on the wall. */
#include "web/calendar.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store.h"
#include "web/bill.h"
#include "web/figure.h"
#include "web/headline.h"
#include "web/page.h"
#include "web/query.h"
#include "web/request.h"
#include "web/row.h"
#include "web/series.h"
#include "web/trouble.h"
#include "web/vantage.h"
#include "web/week.h"
#include "web/when.h"

#define MONTHS 12    /* on the page of a year */
#define LISTED 500   /* targets to choose from */
#define YOUNG_S (3 * 86400) /* so old it needs no explanation */
#define WORST 3		    /* hours that are named */

const char *const calendar_weekday[WEEK_DAYS] = { "Monday", "Tuesday", "Wednesday",
	"Thursday", "Friday", "Saturday", "Sunday" };

static const struct {
	const char *word, *menu;
	double
	    above[CALENDAR_LEVELS - 1]; /* what is above each begins a darker shade */
} whats[CALENDAR_WHATS] = {
	[CALENDAR_INCIDENTS] = { "incidents", "minutes with an incident",
	    { 0, 1, 3, 10, 30 } },
	[CALENDAR_LOSS] = { "loss", "loss", { 0, 0.5, 1, 3, 10 } },
	[CALENDAR_DELAY] = { "delay", "delay", { 5, 20, 50, 100, 200 } },
};
static const long spans[] = { 7, 28, 91 };

/* --- what is asked for ------------------------------------------------------------ */

bool
calendar_is_all(const struct calendar *c)
{
	return c->target == state_conf()->targets;
}

/* Midnight of the day DAY of MONTH (from 0) of YEAR; all may be out of range. */
static int64_t
midnight(int year, int month, int day)
{
	struct tm tm = {
		.tm_year = year - 1900, .tm_mon = month, .tm_mday = day, .tm_isdst = -1
	};

	return (int64_t)mktime(&tm);
}

static int
parse_span(struct request *r, struct calendar *c)
{
	const char *month = request_arg(r, "month");
	time_t now = (time_t)c->now;
	struct tm tm;
	long year;

	if (request_int(r, "year", 0, 1971, 2200, &year) != 0)
		return -1;
	localtime_r(&now, &tm);
	if (month != NULL && *month != '\0') {
		if (bill_month_parse(month, &c->start, &c->end) != 0) {
			reply_error(r, 400, "parameter month: expected YYYY-MM");
			return -1;
		}
		c->month_end = c->end;
	} else if (year != 0) {
		c->start = midnight((int)year, 0, 1);
		c->end = midnight((int)year + 1, 0, 1);
	} else {
		c->recent = true;
		c->start = midnight(tm.tm_year + 1900, tm.tm_mon - MONTHS + 1, 1);
		c->end = midnight(tm.tm_year + 1900, tm.tm_mon + 1, 1);
	}
	return 0;
}

static int
parse(struct request *r, struct calendar *c)
{
	const char *path = request_arg(r, "target"), *what = request_arg(r, "what");

	c->now = clock_wall_s();
	c->target = state_conf()->targets;
	if (path != NULL && *path != '\0')
		c->target = conf_target_by_path(state_conf(), path);
	if (c->target == NULL) {
		reply_error(r, 404, "parameter target: no target is called %s", path);
		return -1;
	}
	while (what != NULL && *what != '\0' && c->what < CALENDAR_WHATS &&
	       strcmp(what, whats[c->what].word) != 0)
		c->what++;
	if (c->what == CALENDAR_WHATS) {
		reply_error(
		    r, 400, "parameter what: expected incidents, loss or delay");
		return -1;
	}
	if (request_int(r, "days", 28, 1, 400, &c->days) != 0)
		return -1;
	return parse_span(r, c);
}

/* Value NAME: this page with other arguments; NULL leaves one out. */
static void
put_link(struct html *h, const char *name, const struct calendar *c, const char *when,
    const char *anchor)
{
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	fprintf(out, "%s/calendar?what=%s&days=%ld", request_base(),
	    whats[c->what].word, c->days);
	if (!calendar_is_all(c)) {
		fputs("&target=", out);
		query_encode(out, c->target->path);
	}
	fprintf(out, "%s%s%s", *when != '\0' ? "&" : "", when, anchor);
	mem_stream_end(out);
	html_text(h, name, text);
	free(text);
}

/* --- days ------------------------------------------------------------------------- */

static void
list_days(struct calendar *c)
{
	time_t at = (time_t)c->start;
	struct tm tm;

	localtime_r(&at, &tm);
	for (int i = 0; c->count < CALENDAR_DAYS; i++) {
		int64_t begin = midnight(tm.tm_year + 1900, tm.tm_mon, tm.tm_mday + i);
		if (begin >= c->end)
			break;
		c->day[c->count++] = (struct calendar_day){ .begin = begin,
			.end = midnight(
			    tm.tm_year + 1900, tm.tm_mon, tm.tm_mday + i + 1) };
	}
}

struct days_reading {
	struct calendar *c;
	size_t at;
	unsigned step, pings;
};

static void
on_day_row(void *ctx, int64_t time, const double *value)
{
	struct days_reading *r = ctx;
	struct calendar *c = r->c;
	int64_t mid = time - r->step / 2;

	while (r->at < c->count && c->day[r->at].end <= mid)
		r->at++;
	if (r->at == c->count || mid < c->day[r->at].begin)
		return;
	struct calendar_day *d = &c->day[r->at];
	d->rows++;
	if (isnan(value[STORE_DS_LOSS]))
		return;
	d->known++;
	d->loss += value[STORE_DS_LOSS] / r->pings;
}

/* Of one target, what its history says of each day. */
static void
read_days(struct calendar *c)
{
	const struct conf_target *t = c->target;
	struct days_reading r = { .c = c };
	char file[STORE_PATH];
	struct series_file sf;
	struct stat st;

	if (t->kind == CONF_GROUP || t->kind == CONF_MULTIHOST)
		return;
	c->measured = true;
	if (vantage_file(file, t, vantage_first(state_conf(), t)) != 0 ||
	    stat(file, &st) != 0 || series_look(file, &sf, NULL) != 0 || sf.pings == 0)
		return;
	int64_t start = c->start > 0 ? c->start : 0;
	r.step = series_choose(&sf, start, 7200);
	r.pings = sf.pings;
	series_scan(file, &sf, r.step, start, c->end < c->now ? c->end : c->now,
	    on_day_row, &r, NULL);
}

bool
calendar_known(const struct calendar *c, const struct calendar_day *d)
{
	int64_t end = d->end < c->now ? d->end : c->now;

	return (!c->measured || d->known > 0) &&
	       trouble_known(&c->trouble, d->begin, end);
}

/* "45 s", "12 min", "3.5 h". */
static void
calendar_length(char *buf, size_t size, int64_t s)
{
	if (s < 100)
		snprintf(buf, size, "%" PRId64 " s", s);
	else if (s < 100 * 60)
		snprintf(buf, size, "%" PRId64 " min", (s + 30) / 60);
	else
		snprintf(buf, size, "%.1f h", (double)s / 3600);
}

/* What a day was like, as words for it and for its cell. */
static void
put_day_words(struct html *item, const struct calendar *c, const struct calendar_day *d)
{
	int64_t down = trouble_within(&c->trouble, TROUBLE_DOWN, d->begin, d->end);
	int64_t any = trouble_within(&c->trouble, TROUBLE_ANY, d->begin, d->end);
	unsigned began = trouble_began(&c->trouble, d->begin, d->end);
	char down_text[32], any_text[32], *words;

	html_text(item, "d_down", "");
	html_text(item, "d_any", "");
	html_text(item, "d_began", "");
	html_text(item, "d_loss", "");
	if (any == 0 && began == 0) {
		words = mem_str("nothing happened");
	} else {
		calendar_length(down_text, sizeof down_text, down);
		calendar_length(any_text, sizeof any_text, any);
		words =
		    mem_printf("%s%s%s%s%s, %u incident%s", down > 0 ? "down for " : "",
			down > 0 ? down_text : "", down > 0 && any > down ? ", " : "",
			any > down ? "something the matter for " : "",
			any > down ? any_text : "", began, began == 1 ? "" : "s");
		if (down > 0)
			html_printf(item, "d_down", "down %s", down_text);
		else
			html_text(item, "d_any", any_text);
		if (began > 0)
			html_printf(item, "d_began", "%u incident%s", began,
			    began == 1 ? "" : "s");
	}
	if (c->measured && d->known > 0)
		figure_percent(item, "d_loss", d->loss / d->known);
	html_text(item, "d_words", *words == ',' ? words + 2 : words);
	html_printf(item, "d_level", "heat%u", trouble_level(any));
	free(words);
}

static void
put_day(struct html *week, const struct calendar *c, const struct calendar_day *d)
{
	struct html *item = html_item(week, "day");
	time_t when = (time_t)d->begin;
	char *text, date[40];
	struct tm tm;
	size_t len;

	localtime_r(&when, &tm);
	html_flag(item, "d_here", true);
	html_printf(item, "d_number", "%d", tm.tm_mday);
	strftime(date, sizeof date, "%A, %d %B %Y", &tm);
	html_text(item, "d_date", date);
	html_text(item, "d_href", "");
	html_flag(item, "d_today", c->now >= d->begin && c->now < d->end);
	if (d->begin > c->now) {
		html_text(item, "d_level", "to-come");
		html_text(item, "d_words", "to come");
		return;
	}
	FILE *out = mem_stream(&text, &len);
	fprintf(out, "%s/incidents?start=%" PRId64 "&end=%" PRId64, request_base(),
	    d->begin, d->end - 1);
	if (!calendar_is_all(c)) {
		fputs("&subject=", out);
		query_encode(out, c->target->path);
	}
	mem_stream_end(out);
	html_text(item, "d_href", text);
	free(text);
	if (calendar_known(c, d)) {
		put_day_words(item, c, d);
	} else {
		html_text(item, "d_level", "heat-none");
		html_text(item, "d_words", "not known");
		html_text(item, "d_any", "not known");
	}
}

static void
put_blanks(struct html *week, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		html_flag(html_item(week, "day"), "d_here", false);
}

/* Days FROM up to END, which are of one month. */
static void
put_month(struct html *page, const struct calendar *c, size_t from, size_t end)
{
	struct html *month = html_item(page, "month"), *week = NULL;
	unsigned place = 0;
	char text[32];

	for (size_t i = from; i < end; i++) {
		const struct calendar_day *d = &c->day[i];
		time_t when = (time_t)d->begin;
		struct tm tm;

		localtime_r(&when, &tm);
		place = (unsigned)(tm.tm_wday + 6) % 7;
		if (i == from) {
			strftime(text, sizeof text, "%B %Y", &tm);
			html_text(month, "m_name", text);
			strftime(text, sizeof text, "month=%Y-%m", &tm);
			put_link(month, "m_href", c, text, "");
		}
		if (week == NULL || place == 0) {
			week = html_item(month, "week");
			put_blanks(week, place);
		}
		put_day(week, c, d);
	}
	/* The rest of its last week, so that the table has its corners. */
	put_blanks(week, 6 - place);
}

/* Where the month of day I begins. */
static size_t
month_begin(const struct calendar *c, size_t i)
{
	for (; i > 0; i--) {
		time_t when = (time_t)c->day[i].begin;
		struct tm tm;

		localtime_r(&when, &tm);
		if (tm.tm_mday == 1)
			break;
	}
	return i;
}

/* The last months newest first, since that is what is looked for and a phone shows one
 * at a time; a year that is over as calendars have it. */
static void
put_months(struct html *page, const struct calendar *c)
{
	size_t begin[CALENDAR_DAYS / 28 + 1], months = 0;

	for (size_t end = c->count; end > 0 && months < CALENDAR_DAYS / 28; months++)
		end = begin[months] = month_begin(c, end - 1);
	for (size_t i = 0; i < months; i++) {
		size_t m = c->recent ? i : months - 1 - i;

		put_month(page, c, begin[m], m == 0 ? c->count : begin[m - 1]);
	}
}

void
calendar_name(const struct calendar *c, char *buf, size_t size)
{
	time_t start = (time_t)c->start, last = (time_t)c->end - 1;
	struct tm tm, end;

	localtime_r(&start, &tm);
	localtime_r(&last, &end);
	if (c->month_end != 0)
		strftime(buf, size, "%B %Y", &tm);
	else if (c->recent)
		snprintf(buf, size, "The last %d months", MONTHS);
	else if (tm.tm_mon == 0)
		snprintf(buf, size, "%d", tm.tm_year + 1900);
	else
		snprintf(buf, size, "%d and %d", tm.tm_year + 1900, end.tm_year + 1900);
}

static void
put_ways(struct html *page, const struct calendar *c)
{
	time_t start = (time_t)c->start, last = (time_t)c->end - 1;
	char when[32], text[64];
	struct tm tm, end;

	localtime_r(&start, &tm);
	localtime_r(&last, &end);
	calendar_name(c, text, sizeof text);
	html_text(page, "c_name", text);
	if (c->month_end != 0) {
		for (int by = -1; by <= 1; by += 2) {
			time_t at =
			    (time_t)midnight(tm.tm_year + 1900, tm.tm_mon + by, 1);
			struct tm other;
			localtime_r(&at, &other);
			strftime(when, sizeof when, "month=%Y-%m", &other);
			if (by < 0 || (int64_t)at <= c->now)
				put_link(
				    page, by < 0 ? "c_before" : "c_after", c, when, "");
		}
		snprintf(when, sizeof when, "year=%d", tm.tm_year + 1900);
		put_link(page, "c_year", c, when, "");
		return;
	}
	snprintf(when, sizeof when, "year=%d", end.tm_year + 1900 - 1);
	put_link(page, "c_before", c, when, "");
	if (c->end <= c->now) {
		snprintf(when, sizeof when, "year=%d", end.tm_year + 1900 + 1);
		put_link(page, "c_after", c, when, "");
	}
}

/* Most of it is empty where measuring has just begun: say so. */
static void
put_young(struct html *page, const struct calendar *c)
{
	char when[WHEN_TEXT];

	headline_beginning(page);
	if (c->trouble.first == 0 || c->trouble.first < c->now - YOUNG_S ||
	    c->trouble.first < c->start)
		return;
	when_text(when, sizeof when, c->trouble.first, false);
	html_text(page, "young", when);
}

/* --- hours ------------------------------------------------------------------------ */

/* What is measured in T, at most MOST. */
static size_t
list_targets(const struct conf_target *t, const struct conf_target **list, size_t most)
{
	size_t n = 0;

	if (t->kind != CONF_GROUP && t->kind != CONF_MULTIHOST && !row_hidden(t) &&
	    most > 0)
		list[n++] = t;
	for (const struct conf_target *k = t->first; k != NULL && n < most; k = k->next)
		n += list_targets(k, list + n, most - n);
	return n;
}

/* Means over the targets: of loss in percent; of delay in milliseconds for one, else by
 * how much it was above what is usual for each. */
static void
measured_hours(struct calendar_hours *h, const struct calendar *c)
{
	const struct conf_target *const *list = c->list;
	size_t count = c->listed;

	double sum[WEEK_DAYS][WEEK_HOURS] = { { 0 } },
	       over[WEEK_DAYS][WEEK_HOURS] = { { 0 } };
	unsigned n[WEEK_DAYS][WEEK_HOURS] = { { 0 } };

	for (size_t i = 0; i < count; i++) {
		const struct week *w = week_of(list[i], c->days * 86400);
		h->coarse |= w->step == 0;
		h->of += w->begin != 0;
		for (unsigned d = 0; d < WEEK_DAYS; d++)
			for (unsigned t = 0; t < WEEK_HOURS; t++) {
				const struct week_cell *cell = &w->cell[d][t];
				bool delay = c->what == CALENDAR_DELAY;
				unsigned rows = delay ? cell->answered : cell->known;
				if (rows == 0)
					continue;
				double mean =
				    (delay ? cell->median : cell->loss) / rows;
				sum[d][t] += mean;
				over[d][t] += delay ? mean / w->usual - 1 : mean;
				n[d][t]++;
			}
	}
	for (unsigned d = 0; d < WEEK_DAYS; d++)
		for (unsigned t = 0; t < WEEK_HOURS; t++) {
			bool one = c->what == CALENDAR_DELAY && count == 1;
			if (n[d][t] == 0) {
				h->value[d][t] = h->shade[d][t] = NAN;
				continue;
			}
			h->shade[d][t] = 100 * over[d][t] / n[d][t];
			h->value[d][t] = one ? sum[d][t] * 1000 : h->shade[d][t];
		}
}

/* Minutes of each hour in which something was the matter, on the average. */
static void
trouble_hours(struct calendar_hours *h, const struct calendar *c)
{
	double seconds[WEEK_DAYS][WEEK_HOURS] = { { 0 } };
	double known[WEEK_DAYS][WEEK_HOURS] = { { 0 } };
	int64_t start = c->now - c->days * 86400, next;
	struct trouble t;
	struct err err;

	if (trouble_read(&t, calendar_is_all(c) ? NULL : c->target->path, start, c->now,
		&err) != 0) {
		log_warnx("%s", err.text);
		t = (struct trouble){ 0 };
	}
	for (int64_t at = start; at < c->now; at = next) {
		unsigned day, hour;
		week_place(at, &day, &hour, &next);
		int64_t end = next < c->now ? next : c->now;
		if (t.first == 0 || end <= t.first)
			continue;
		seconds[day][hour] += (double)trouble_within(&t, TROUBLE_ANY, at, end);
		known[day][hour] += (double)(end - at) -
				    (double)trouble_within(&t, TROUBLE_GAP, at, end);
	}
	trouble_free(&t);
	for (unsigned d = 0; d < WEEK_DAYS; d++)
		for (unsigned k = 0; k < WEEK_HOURS; k++)
			h->value[d][k] = h->shade[d][k] =
			    known[d][k] > 0 ? fmin(60, 60 * seconds[d][k] / known[d][k])
					    : NAN;
}

unsigned
calendar_level(const struct calendar *c, double shade)
{
	unsigned level = 0;

	while (level < CALENDAR_LEVELS - 1 && shade > whats[c->what].above[level])
		level++;
	return level;
}

/* Delay of one target is told as it is; of several, by how much it was above what is
 * usual for each. */
static bool
is_one(const struct calendar *c)
{
	return c->listed == 1;
}

void
calendar_hours(struct calendar_hours *h, const struct calendar *c)
{
	*h = (struct calendar_hours){ .coarse = false };
	if (c->what == CALENDAR_INCIDENTS)
		trouble_hours(h, c);
	else
		measured_hours(h, c);
}

const char *
calendar_what(const struct calendar *c)
{
	return whats[c->what].menu;
}

const char *
calendar_unit(const struct calendar *c)
{
	return c->what == CALENDAR_INCIDENTS		? "min"
	       : c->what == CALENDAR_DELAY && is_one(c) ? "ms"
							: "%";
}

void
calendar_value(const struct calendar *c, double v, char *buf, size_t size)
{
	bool above = c->what == CALENDAR_DELAY && !is_one(c);
	const char *sign = above && v >= 0.5 ? "+" : "";

	if (v != 0 && fabs(v) < 0.05)
		snprintf(buf, size, "%s", above ? "0" : "<0.1");
	else if (fabs(v) < 9.95 && !above)
		snprintf(buf, size, "%.*f", v == 0 ? 0 : 1, v);
	else
		snprintf(buf, size, "%s%.0f", sign, v == 0 ? 0.0 : v);
}

/* The worst hours by name, in one sentence. */
static void
put_worst(struct html *page, const struct calendar *c, const struct calendar_hours *h)
{
	bool named[WEEK_DAYS][WEEK_HOURS] = { { false } };
	char value[32], *text = NULL;
	bool any = false;

	for (unsigned i = 0; i < WORST; i++) {
		int day = -1, hour = -1;
		for (int d = 0; d < WEEK_DAYS; d++)
			for (int t = 0; t < WEEK_HOURS; t++) {
				double v = h->shade[d][t];
				any |= !isnan(v);
				if (isnan(v) || named[d][t] ||
				    calendar_level(c, v) == 0)
					continue;
				if (day < 0 || v > h->shade[day][hour]) {
					day = d;
					hour = t;
				}
			}
		if (day < 0)
			break;
		named[day][hour] = true;
		calendar_value(c, h->value[day][hour], value, sizeof value);
		char *more = mem_printf("%s%s%s %d:00 (%s %s)",
		    text != NULL ? text : "", text != NULL ? ", " : "",
		    calendar_weekday[day], hour, value, calendar_unit(c));
		free(text);
		text = more;
	}
	if (text != NULL)
		html_printf(page, "h_worst", "Worst: %s.", text);
	else
		html_text(page, "h_worst",
		    any ? "No hour of the week stands out." : "Nothing is known yet.");
	free(text);
}

static void
put_hours(struct html *page, const struct calendar *c)
{
	struct calendar_hours h;
	bool above = c->what == CALENDAR_DELAY && !is_one(c);
	char text[32];

	calendar_hours(&h, c);
	for (unsigned d = 0; d < WEEK_DAYS; d++) {
		struct html *head = html_item(page, "weekday");
		html_text(head, "w_name", calendar_weekday[d]);
		html_printf(head, "w_short", "%.3s", calendar_weekday[d]);
	}
	for (unsigned t = 0; t < WEEK_HOURS; t++) {
		struct html *row = html_item(page, "hour");
		html_printf(row, "o_hour", "%u:00", t);
		for (unsigned d = 0; d < WEEK_DAYS; d++) {
			struct html *cell = html_item(row, "cell");
			double v = h.value[d][t];
			if (isnan(v)) {
				html_text(cell, "o_level", "heat-none");
				html_text(cell, "o_value", "");
				continue;
			}
			calendar_value(c, v, text, sizeof text);
			html_printf(cell, "o_level", "heat%u",
			    calendar_level(c, h.shade[d][t]));
			html_text(cell, "o_value", text);
		}
	}
	html_text(page, "h_unit", calendar_unit(c));
	html_flag(page, "h_coarse", h.coarse);
	html_flag(page, "h_over", above);
	html_flag(page, "h_trouble", c->what == CALENDAR_INCIDENTS);
	put_worst(page, c, &h);
}

/* --- the page --------------------------------------------------------------------- */

static void
put_form(struct html *page, const struct request *r, const struct calendar *c)
{
	const struct conf *conf = state_conf();
	size_t listed = 0;

	for (size_t i = 0; i < CALENDAR_WHATS; i++) {
		struct html *item = html_item(page, "what");
		html_text(item, "v", whats[i].word);
		html_text(item, "word", whats[i].menu);
		html_flag(item, "chosen", c->what == (enum calendar_what)i);
	}
	for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
		struct html *item = html_item(page, "days");
		html_printf(item, "v", "%ld", spans[i]);
		html_printf(item, "word", "%ld days", spans[i]);
		html_flag(item, "chosen", c->days == spans[i]);
	}
	for (size_t i = 0; i < conf->target_count && listed < LISTED; i++) {
		const struct conf_target *t = conf->target[i];
		if (t->kind == CONF_MULTIHOST || row_hidden(t) || t->parent == NULL)
			continue;
		listed++;
		struct html *item = html_item(page, "option");
		char *trail = row_trail(t);
		html_text(item, "v", t->path);
		html_text(item, "word", trail);
		html_flag(item, "chosen", t == c->target);
		free(trail);
	}
	html_text(page, "f_month", request_arg(r, "month"));
	html_text(page, "f_year", request_arg(r, "year"));
}

void
calendar_free(struct calendar *c)
{
	trouble_free(&c->trouble);
	free(c);
}

struct calendar *
calendar_read(struct request *r)
{
	struct calendar *c = mem_zero(1, sizeof *c);
	struct err err;

	if (parse(r, c) != 0)
		goto out;
	c->listed = list_targets(c->target, c->list, CALENDAR_TARGETS);
	if (c->what != CALENDAR_INCIDENTS &&
	    warm_of(r, &week_warm, c->list, c->listed, c->days * 86400))
		goto out;
	list_days(c);
	read_days(c);
	if (trouble_read(&c->trouble, calendar_is_all(c) ? NULL : c->target->path,
		c->start, c->end < c->now ? c->end : c->now, &err) == 0)
		return c;
	reply_error(r, 503, "incidents cannot be read: %s", err.text);
out:
	free(c);
	return NULL;
}

void
page_calendar(struct request *r)
{
	struct calendar *c = calendar_read(r);

	if (c == NULL)
		return;
	struct html *page = page_new(r, "Calendar", "incidents");
	if (!calendar_is_all(c)) {
		char *trail = row_trail(c->target);
		html_text(page, "of", trail);
		free(trail);
	}
	html_printf(page, "h_days", "%ld", c->days);
	html_text(page, "h_what", calendar_what(c));
	html_flag(page, "one_month", c->month_end != 0);
	put_form(page, r, c);
	put_ways(page, c);
	put_young(page, c);
	put_months(page, c);
	put_hours(page, c);
	calendarfile_links(page, r);
	calendar_free(c);
	page_send(r, page, 200, "calendar.html");
}
