#include "config/window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/view.h"

#define DAY 1440
#define BLANKS " \t,"

static const char days[7][4] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

static int
day_of(const char *word)
{
	for (int i = 0; i < 7; i++)
		if (strncmp(word, days[i], 3) == 0)
			return i;
	return -1;
}

/* "mon-fri sun": the checks of the schema have been here. */
static unsigned
parse_days(const char *text)
{
	unsigned bits = 0;

	while (*(text += strspn(text, BLANKS)) != '\0') {
		int first = day_of(text), last = text[3] == '-' ? day_of(text + 4) : first;

		if (first < 0 || last < 0)
			return 0;
		for (int d = first;; d = (d + 1) % 7) {
			bits |= 1U << d;
			if (d == last)
				break;
		}
		text += strcspn(text, BLANKS);
	}
	return bits;
}

/* "02:00-04:30" */
static int
parse_time(struct window *w, const char *text)
{
	unsigned h, m, h2, m2;
	char rest;

	if (sscanf(text, "%2u:%2u - %2u:%2u%c", &h, &m, &h2, &m2, &rest) != 4 || h > 24 ||
	    m > 59 || h2 > 24 || m2 > 59 || h * 60 + m >= DAY || h2 * 60 + m2 > DAY ||
	    (h == h2 && m == m2))
		return -1;
	w->begin = h * 60 + m;
	w->end = h2 * 60 + m2;
	if (w->end <= w->begin)
		w->end += DAY;
	return 0;
}

/* "2026-03-01 20:00", local. 0 when it is none. */
static int64_t
parse_date(const char *text)
{
	struct tm tm = { .tm_isdst = -1 };
	int y, mo, d, h = 0, mi = 0;
	char rest;
	int n = sscanf(text, "%4d-%2d-%2d %2d:%2d%c", &y, &mo, &d, &h, &mi, &rest);

	if ((n != 3 && n != 5) || y < 1980 || y > 2200 || mo < 1 || mo > 12 || d < 1 ||
	    d > 31 || h < 0 || h > 24 || mi < 0 || mi > 59)
		return 0;
	tm.tm_year = y - 1900;
	tm.tm_mon = mo - 1;
	tm.tm_mday = d;
	tm.tm_hour = h;
	tm.tm_min = mi;
	time_t t = mktime(&tm);
	/* No 31st of February. */
	return t <= 0 || (h < 24 && tm.tm_mday != d) ? 0 : (int64_t)t;
}

#define DATE_TEXT "expected a local time such as 2026-03-01 20:00"

static int
parse_dates(struct window *w, const struct conf_section *s, struct place *at,
    struct err *err)
{
	const struct conf_var *from = conf_var(s, "from"), *until = conf_var(s, "until");

	if (from == NULL || until == NULL) {
		*at = (from != NULL ? from : until)->at;
		return err_set(err, "silence %s has %s and no %s, expected both", s->name,
		    from != NULL ? "from" : "until", from != NULL ? "until" : "from");
	}
	w->from = parse_date(from->value);
	*at = from->at;
	if (w->from == 0)
		return err_set(err, "from = %s: " DATE_TEXT, from->value);
	w->until = parse_date(until->value);
	*at = until->at;
	if (w->until == 0)
		return err_set(err, "until = %s: " DATE_TEXT, until->value);
	if (w->until <= w->from)
		return err_set(
		    err, "until = %s is not behind from, expected a later time",
		    until->value);
	return 0;
}

int
window_parse(struct window *w, const struct conf_section *s, struct place *at,
    struct err *err)
{
	const struct conf_var *time_of = conf_var(s, "time");
	const struct conf_var *days_of = conf_var(s, "days");
	const struct conf_var *from = conf_var(s, "from"), *until = conf_var(s, "until");

	*w = (struct window){ .name = s->name,
		.reason = conf_value(s, "reason", ""),
		.targets = conf_value(s, "targets", ""),
		.days = 0x7f,
		.end = DAY };
	*at = s->at;
	if (from != NULL || until != NULL) {
		if (time_of == NULL && days_of == NULL)
			return parse_dates(w, s, at, err);
		return err_set(err,
		    "silence %s is dated and repeated, expected from and until, or time "
		    "and days",
		    s->name);
	}
	if (time_of == NULL && days_of == NULL)
		return err_set(err,
		    "silence %s does not say when, expected time = 02:00-04:00, days = "
		    "sat sun, or from and until with dates",
		    s->name);
	if (days_of != NULL && (w->days = parse_days(days_of->value)) == 0) {
		*at = days_of->at;
		return err_set(
		    err, "days = %s: expected days such as mon-fri sun", days_of->value);
	}
	if (time_of != NULL && parse_time(w, time_of->value) != 0) {
		*at = time_of->at;
		return err_set(
		    err, "time = %s: expected two times such as 22:00-02:30",
		    time_of->value);
	}
	return 0;
}

bool
window_holds(const struct window *w, int64_t now, const struct tm *local)
{
	if (w->until != 0)
		return now >= w->from && now < w->until;
	unsigned minute = (unsigned)(local->tm_hour * 60 + local->tm_min);
	unsigned today = (unsigned)local->tm_wday, yesterday = (today + 6) % 7;

	if (w->days >> today & 1 && minute >= w->begin && minute < w->end)
		return true;
	/* What began yesterday may last until today. */
	return w->days >> yesterday & 1 && minute + DAY < w->end;
}

bool
window_below(const char *subject, const char *prefix, size_t len)
{
	return len == 0 ||
	       (strncmp(subject, prefix, len) == 0 &&
		   (subject[len] == '\0' || subject[len] == '.' || subject[len] == '~'));
}

bool
window_covers(const struct window *w, const char *subject)
{
	const char *at = w->targets + strspn(w->targets, BLANKS);

	if (*at == '\0')
		return true;
	while (*at != '\0') {
		size_t len = strcspn(at, BLANKS);
		if (window_below(subject, at, len))
			return true;
		at += len;
		at += strspn(at, BLANKS);
	}
	return false;
}

/* --- checks ----------------------------------------------------------------------- */

/* Do the targets of S exist? */
static void
check_targets(struct view *v, const struct conf_section *s)
{
	const struct conf_var *var = conf_var(s, "targets");
	char path[1024];

	if (var == NULL || v->quiet)
		return;
	const char *at = var->value;
	while (*(at += strspn(at, BLANKS)) != '\0') {
		size_t len = strcspn(at, BLANKS);
		snprintf(path, sizeof path, "%.*s", (int)len, at);
		if (conf_target_by_path(&v->tree->conf, path) == NULL)
			report_warning(v->report, var->at,
			    "there is no target or group %s for silence %s, expected a "
			    "path such as Group.Host",
			    path, s->name);
		at += len;
	}
}

void
windows_check(struct view *v)
{
	const struct conf_section *top = conf_top(&v->tree->conf, "Silences");
	const struct conf_section *s = top != NULL ? top->first : NULL;
	struct window w;
	struct place at;
	struct err err;

	for (; s != NULL; s = s->next) {
		check_targets(v, s);
		if (window_parse(&w, s, &at, &err) != 0)
			report_error(v->report, at, "%s", err.text);
	}
}

/* Does T lie behind others that are measured? If not, it is measured all the same. What
 * holds for all below a group is looked at once. */
void
behind_check(struct view *v, const struct conf_target *t)
{
	const struct conf_var *var = conf_var(conf_target_override(t), "behind");
	char path[1024];

	if (var == NULL)
		var = conf_var(t->section, "behind");
	if (var == NULL || var->inherited || v->quiet)
		return;
	const char *at = var->value;
	while (*(at += strspn(at, BLANKS)) != '\0') {
		size_t len = strcspn(at, BLANKS);
		snprintf(path, sizeof path, "%.*s", (int)len, at);
		const struct conf_target *up = conf_target_by_path(&v->tree->conf, path);
		if (up == NULL || !conf_target_is_pinged(up))
			report_warning(v->report, var->at,
			    "%s lies behind %s, which is not measured: expected the path "
			    "of a target such as Home.Gateway",
			    t->path, path);
		at += len;
	}
}
