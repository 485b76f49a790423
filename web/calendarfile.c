/* Days and hours as a file. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "store.h"
#include "web/calendar.h"
#include "web/paper.h"
#include "web/request.h"
#include "web/row.h"
#include "web/viewfile.h"

/* Units of drawings. */
#define MONTHS_A_LINE 3
#define MONTH_WIDTH (PAPER_WIDTH / MONTHS_A_LINE)
#define DAY_WIDTH 29.0
#define DAY_HEIGHT 22.0
#define MONTH_HEIGHT (3 * 16 + 6 * DAY_HEIGHT)
#define HOUR_WIDTH 84.0
#define HOUR_HEIGHT 17.0
#define HOUR_LEFT 48.0
#define GAP 2.0
#define LETTER 11
#define SMALL 9.5

static const char *const tables[] = { "days", "hours", NULL };
static const char *const titles[] = { "days", "hours" };

/* --- days ------------------------------------------------------------------------- */

static void
put_days(struct viewfile *f, const struct calendar *c)
{
	static const struct viewfile_column column[] = {
		{ "date", "day", VIEWFILE_TEXT }, { "begin", NULL, VIEWFILE_TIME },
		{ "end", NULL, VIEWFILE_TIME }, { "down", "down", VIEWFILE_LENGTH },
		{ "any", "something the matter", VIEWFILE_LENGTH },
		{ "incidents", "incidents", VIEWFILE_NUMBER },
		{ "loss_ratio", "loss", VIEWFILE_RATIO }
	};

	viewfile_table(f, "days", "Days on which something was the matter", column,
	    sizeof column / sizeof column[0], false);
	for (size_t i = 0; i < c->count && c->day[i].begin <= c->now; i++) {
		const struct calendar_day *d = &c->day[i];
		bool known = calendar_known(c, d);
		/* On paper, the others are in the drawing. */
		if (viewfile_paper(f) != NULL &&
		    (!known || trouble_within(
				   &c->trouble, TROUBLE_ANY, d->begin, d->end) == 0))
			continue;
		time_t when = (time_t)d->begin;
		char date[32] = "";
		struct tm tm;

		if (localtime_r(&when, &tm) != NULL)
			strftime(date, sizeof date, "%Y-%m-%d", &tm);
		viewfile_str(f, date);
		viewfile_int(f, d->begin);
		viewfile_int(f, d->end);
		viewfile_num(f, known ? (double)trouble_within(
					    &c->trouble, TROUBLE_DOWN, d->begin, d->end)
				      : NAN);
		viewfile_num(f, known ? (double)trouble_within(
					    &c->trouble, TROUBLE_ANY, d->begin, d->end)
				      : NAN);
		viewfile_num(
		    f, known ? trouble_began(&c->trouble, d->begin, d->end) : NAN);
		viewfile_num(f, c->measured && d->known > 0 ? d->loss / d->known : NAN);
	}
}

/* A field of LEVEL; NAN is not known. */
static void
put_field(FILE *out, double x, double y, double width, double height, int level)
{
	if (level < 0)
		paper_box(out, FORM_HATCH, INK_GAP, x, y, width, height);
	else
		paper_box(
		    out, FORM_BOX, INK_HEAT + (unsigned)level, x, y, width, height);
}

static enum paper_ink
ink_on(int level)
{
	return level >= 4 ? INK_ON_HEAT : level < 1 ? INK_PALE : INK_TEXT;
}

static void
draw_day(FILE *out, const struct calendar *c, const struct calendar_day *d,
    const struct tm *tm, double x, double y)
{
	int64_t any = trouble_within(&c->trouble, TROUBLE_ANY, d->begin, d->end);
	int level = calendar_known(c, d) ? (int)trouble_level(any) : -1;
	char text[8];

	if (d->begin <= c->now)
		put_field(out, x, y, DAY_WIDTH - GAP, DAY_HEIGHT - GAP, level);
	snprintf(text, sizeof text, "%d", tm->tm_mday);
	paper_word(out, ink_on(d->begin <= c->now ? level : -1),
	    x + (DAY_WIDTH - GAP) / 2, y + 14, ANCHOR_MIDDLE, SMALL, text);
}

/* The names of weekdays above a month. */
static void
draw_weekdays(FILE *out, double x, double y, double width)
{
	char text[8];

	for (unsigned i = 0; i < WEEK_DAYS; i++) {
		snprintf(text, sizeof text, "%.3s", calendar_weekday[i]);
		paper_word(out, INK_PALE, x + (i + 0.5) * width - GAP / 2, y,
		    ANCHOR_MIDDLE, SMALL, text);
	}
}

/* What the shades of days stand for. */
static void
draw_key(FILE *out, double y)
{
	static const char *const words[] = { "nothing", "up to 5 min", "30 min", "2 h",
		"8 h", "more", "not known" };
	double x = 0;

	for (int i = 0; i < 7; i++) {
		put_field(out, x, y, 16, 11, i < CALENDAR_LEVELS ? i : -1);
		paper_word(
		    out, INK_PALE, x + 21, y + 9.5, ANCHOR_LEFT, SMALL, words[i]);
		x += i == 1 || i == 0 ? 104 : 82;
	}
}

static void
draw_days(FILE *out, const struct calendar *c)
{
	int month = -1, place = -1;
	unsigned week = 0;
	double left = 0, top = 0;

	for (size_t i = 0; i < c->count; i++) {
		time_t when = (time_t)c->day[i].begin;
		char name[32];
		struct tm tm;

		if (localtime_r(&when, &tm) == NULL)
			continue;
		int weekday = (tm.tm_wday + 6) % 7;
		if (tm.tm_mon != month) {
			month = tm.tm_mon;
			place++;
			week = 0;
			left = place % MONTHS_A_LINE * MONTH_WIDTH;
			top = place / MONTHS_A_LINE * MONTH_HEIGHT;
			strftime(name, sizeof name, "%B %Y", &tm);
			paper_word(
			    out, INK_TEXT, left, top + 14, ANCHOR_LEFT, LETTER, name);
			draw_weekdays(out, left, top + 30, DAY_WIDTH);
		} else if (weekday == 0) {
			week++;
		}
		draw_day(out, c, &c->day[i], &tm, left + weekday * DAY_WIDTH,
		    top + 36 + week * DAY_HEIGHT);
	}
	double height = (place / MONTHS_A_LINE + 1) * MONTH_HEIGHT;
	draw_key(out, height);
	paper_drawing(out, PAPER_WIDTH, height + 16, "");
}

/* --- hours ------------------------------------------------------------------------ */

static void
put_hours(struct viewfile *f, const struct calendar *c, const struct calendar_hours *h)
{
	static const struct viewfile_column column[] = { { "weekday", NULL,
							     VIEWFILE_NUMBER },
		{ "name", NULL, VIEWFILE_TEXT }, { "hour", NULL, VIEWFILE_NUMBER },
		{ "value", NULL, VIEWFILE_NUMBER }, { "unit", NULL, VIEWFILE_TEXT } };

	viewfile_table(
	    f, "hours", "Hours", column, sizeof column / sizeof column[0], false);
	for (unsigned d = 0; d < WEEK_DAYS; d++)
		for (unsigned t = 0; t < WEEK_HOURS; t++) {
			viewfile_int(f, d + 1);
			viewfile_str(f, calendar_weekday[d]);
			viewfile_int(f, t);
			viewfile_num(f, h->value[d][t]);
			viewfile_str(f, calendar_unit(c));
		}
}

static void
draw_hours(FILE *out, const struct calendar *c, const struct calendar_hours *h)
{
	char text[32];

	draw_weekdays(out, HOUR_LEFT, 12, HOUR_WIDTH);
	for (unsigned t = 0; t < WEEK_HOURS; t++) {
		double y = 18 + t * HOUR_HEIGHT;
		snprintf(text, sizeof text, "%u:00", t);
		paper_word(
		    out, INK_PALE, HOUR_LEFT - 8, y + 11.5, ANCHOR_RIGHT, SMALL, text);
		for (unsigned d = 0; d < WEEK_DAYS; d++) {
			double x = HOUR_LEFT + d * HOUR_WIDTH, v = h->value[d][t];
			int level =
			    isnan(v) ? -1 : (int)calendar_level(c, h->shade[d][t]);
			put_field(
			    out, x, y, HOUR_WIDTH - GAP, HOUR_HEIGHT - GAP, level);
			if (isnan(v))
				continue;
			calendar_value(c, v, text, sizeof text);
			paper_word(out, ink_on(level), x + (HOUR_WIDTH - GAP) / 2,
			    y + 11.5, ANCHOR_MIDDLE, SMALL, text);
		}
	}
	paper_drawing(out, PAPER_WIDTH, 18 + WEEK_HOURS * HOUR_HEIGHT, "");
}

/* --- the answer ------------------------------------------------------------------- */

static void
draw_all(FILE *out, const struct calendar *c, const struct calendar_hours *h)
{
	char name[64];

	if (!calendar_is_all(c)) {
		char *trail = row_trail(c->target);
		paper_printf(out, PAPER_TEXT, "Of %s.", trail);
		free(trail);
	}
	calendar_name(c, name, sizeof name);
	paper_printf(
	    out, PAPER_HEADING, "%s: how long something was the matter, a day", name);
	draw_days(out, c);
	paper_printf(out, PAPER_HEADING, "Hours of the week: %s in %s, last %ld days",
	    calendar_what(c), calendar_unit(c), c->days);
	draw_hours(out, c, h);
}

void
calendarfile_handle(struct request *r)
{
	struct viewfile *f =
	    viewfile_new(r, "calendar", "Incidents by day and hour", tables);
	struct calendar *c = f != NULL ? calendar_read(r) : NULL;
	struct calendar_hours h;

	if (c == NULL) {
		if (f != NULL)
			viewfile_free(f);
		return;
	}
	viewfile_span(f, c->start, c->end < c->now ? c->end : c->now);
	calendar_hours(&h, c);
	if (viewfile_paper(f) != NULL)
		draw_all(viewfile_paper(f), c, &h);
	put_days(f, c);
	put_hours(f, c, &h);
	calendar_free(c);
	viewfile_answer(f);
}

void
calendarfile_links(struct html *page, const struct request *r)
{
	viewfile_links(page, r, "/calendar", tables, titles, true);
}
