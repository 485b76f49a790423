/* One target: what it is, how it is now, its history in pictures and figures. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "web/figure.h"
#include "web/history.h"
#include "web/page.h"
#include "web/request.h"
#include "web/row.h"
#include "web/when.h"

#define YOUNG 0.6     /* of the first range unknown: its history is young */
#define YOUNG_MIN 120 /* seconds of the range that is shown then, at least */

static const struct conf_period default_periods[] = { { "Last 3 hours", 3 * 3600 },
	{ "Last 30 hours", 30 * 3600 }, { "Last 10 days", 10 * 86400 },
	{ "Last 400 days", 400 * 86400 } };

static int64_t
now_s(void)
{
	return clock_wall_ns() / CLOCK_NS_PER_S;
}

static const struct conf_period *
periods(size_t *count)
{
	const struct conf *conf = state_conf();

	*count = conf->periods;
	if (conf->periods > 0)
		return conf->period;
	*count = sizeof default_periods / sizeof default_periods[0];
	return default_periods;
}

/* "3h", "30h", "10d": a range in one word. */
static void
put_short_span(struct html *h, const char *name, int64_t seconds)
{
	if (seconds % 86400 == 0 && seconds > 86400)
		html_printf(h, name, "%" PRId64 "d", seconds / 86400);
	else if (seconds % 3600 == 0)
		html_printf(h, name, "%" PRId64 "h", seconds / 3600);
	else if (seconds % 60 == 0)
		html_printf(h, name, "%" PRId64 "min", seconds / 60);
	else
		html_printf(h, name, "%" PRId64 "s", seconds);
}

static void
put_history(struct html *h, const struct conf_target *t, const struct history *past)
{
	html_flag(h, "known", past->first != 0);
	figure_rtt(h, "h_median", "h_median_unit", past->median);
	figure_rtt(h, "h_low", "h_low_unit", past->low);
	figure_rtt(h, "h_high", "h_high_unit", past->high);
	figure_percent(h, "h_loss", past->loss_ratio);
	html_flag(h, "h_lossy", past->loss_ratio > 0);
	figure_percent(h, "h_known", past->known);
	/* Of rows that are averages already, these are only estimates. */
	html_text(h, "about", past->step > t->step ? "≈ " : "");
}

/* One range of T, ending now, as a card. */
static void
add_range(
    struct html *page, const struct conf_target *t, const char *label, int64_t seconds)
{
	struct html *item = html_item(page, "range");
	int64_t now = now_s();

	html_text(item, "label", label);
	put_short_span(item, "short", seconds);
	html_printf(item, "start", "now-%" PRId64 "s", seconds);
	html_text(item, "end", "now");
	html_printf(item, "seconds", "%" PRId64, seconds);
	if (t->kind == CONF_MULTIHOST)
		html_flag(item, "known", false);
	else
		put_history(item, t, history_of(t, now - seconds, now, HISTORY_PAGE));
}

/* While most of the first range is empty, begin with what there is. */
static void
add_young_range(struct html *page, const struct conf_target *t, int64_t first_range)
{
	int64_t now = now_s();
	int64_t first = t->kind == CONF_MULTIHOST ? 0 : row_first(t, first_range);
	char text[32], label[64];

	if (first == 0 || first < now - (int64_t)((double)first_range * (1 - YOUNG)))
		return;
	int64_t span = now - first + (int64_t)t->step;
	if (span < YOUNG_MIN)
		span = YOUNG_MIN;
	/* In steps of a minute, so that a picture serves for a while. */
	span = (span + 59) / 60 * 60;
	figure_span(text, sizeof text, span);
	if (strncmp(text, "1 ", 2) == 0)
		memmove(text, text + 2, strlen(text + 2) + 1);
	snprintf(label, sizeof label, "Last %s", text);
	add_range(page, t, label, span);
}

static void
put_probe(struct html *page, const struct conf_target *t)
{
	char step[32];

	if (t->kind == CONF_MULTIHOST)
		return;
	figure_span(step, sizeof step, t->step);
	if (strncmp(step, "1 ", 2) == 0)
		memmove(step, step + 2, strlen(step + 2) + 1);
	html_printf(page, "pace", "%u %s every %s", t->pings,
	    t->pings == 1 ? "ping" : "pings", step);
}

/* The targets that a multihost draws together. */
static void
put_members(struct html *page, const struct conf_target *t)
{
	if (t->members == 0)
		return;
	int64_t span = row_begin(page);
	html_flag(page, "members", true);
	for (size_t i = 0; i < t->members; i++) {
		const struct conf_target *m =
		    conf_target_by_path(state_conf(), t->member[i]);
		if (m != NULL)
			row_add(page, "target", m, span);
	}
}

static struct html *
target_page(struct request *r, const struct conf_target *t)
{
	char *title = html_strip(t->title), *safe = html_safe(t->title);
	struct html *page = page_new(r, title, "targets");
	const struct live *live = state_live(t->id);

	html_printf(page, "step", "%u", t->step > 0 ? t->step : state_conf()->step);
	html_markup(page, "heading", safe);
	page_trail(page, t->parent);
	row_present(page, t);
	html_text(page, "path", t->path);
	html_flag(page, "present", t->kind != CONF_MULTIHOST);
	put_probe(page, t);
	put_members(page, t);
	if (live != NULL && live->target.state == TARGET_STALE)
		html_text(page, "stale",
		    live->target.text[0] != '\0'
			? live->target.text
			: "The name does not resolve now; its last address is used.");
	if (t->remark != NULL) {
		char *remark = html_safe(t->remark);
		html_markup(page, "remark", remark);
		free(remark);
	}
	free(title);
	free(safe);
	return page;
}

static void
page_ranges(struct request *r, const struct conf_target *t)
{
	struct html *page = target_page(r, t);
	size_t count;
	const struct conf_period *period = periods(&count);
	bool drawn = t->kind == CONF_MULTIHOST;

	for (size_t i = 0; i < count && !drawn; i++)
		drawn = row_first(t, period[i].seconds) != 0;
	html_flag(page, "drawn", drawn);
	if (drawn && count > 0) {
		add_young_range(page, t, period[0].seconds);
		for (size_t i = 0; i < count; i++)
			add_range(page, t, period[i].label, period[i].seconds);
	}
	page_send(r, page, 200, "target.html");
}

/* --- one range of the reader's choice
 * ------------------------------------------------- */

static void
put_move(
    struct html *page, const char *word, const char *hint, int64_t start, int64_t end)
{
	struct html *item = html_item(page, "move");
	int64_t now = now_s();

	if (start < 0 || end - start < 10)
		return;
	/* Beyond now there is nothing to see. */
	if (end > now) {
		start -= end - now;
		end = now;
	}
	html_text(item, "word", word);
	html_text(item, "hint", hint);
	html_printf(item, "m_start", "%" PRId64, start);
	html_printf(item, "m_end", "%" PRId64, end);
}

static void
put_moves(struct html *page, int64_t start, int64_t end)
{
	int64_t span = end - start, half = span / 2;

	put_move(page, "←", "Earlier", start - half, end - half);
	put_move(page, "−", "Zoom out", start - half, end + half);
	put_move(page, "+", "Zoom in", start + span / 4, end - span / 4);
	put_move(page, "→", "Later", start + half, end + half);
}

static void
format_time(char *buf, size_t size, int64_t when)
{
	time_t at = (time_t)when;
	struct tm tm;

	localtime_r(&at, &tm);
	strftime(buf, size, "%Y-%m-%d %H:%M:%S", &tm);
}

/* What stands in a field of the form: what the reader wrote, but nobody reads seconds
 * since 1970. */
static const char *
field_text(const char *written, const char *meant, const char *fallback)
{
	if (written == NULL || *written == '\0')
		return fallback;
	return written[strspn(written, "0123456789")] == '\0' ? meant : written;
}

static void
put_form(struct html *page, const struct request *r, int64_t start, int64_t end)
{
	char from[40], to[40];

	format_time(from, sizeof from, start);
	format_time(to, sizeof to, end);
	html_text(page, "from_text", from);
	html_text(page, "to_text", to);
	html_text(page, "from", field_text(request_arg(r, "start"), from, "now-3h"));
	html_text(page, "to", field_text(request_arg(r, "end"), to, "now"));
}

static void
page_navigator(struct request *r, const struct conf_target *t)
{
	int64_t now = now_s(), start, end;
	char span[32];

	if (request_range(r, now, &start, &end) != 0)
		return;
	struct html *page = target_page(r, t);
	size_t count;
	const struct conf_period *period = periods(&count);
	for (size_t i = 0; i < count; i++) {
		struct html *item = html_item(page, "preset");
		put_short_span(item, "short", period[i].seconds);
		html_printf(item, "p_start", "now-%us", period[i].seconds);
		html_flag(item, "chosen",
		    end >= now - 60 && end - start == period[i].seconds);
	}
	put_form(page, r, start, end);
	put_moves(page, start, end);
	figure_span(span, sizeof span, end - start);
	html_text(page, "label", span);
	html_printf(page, "start", "%" PRId64, start);
	html_printf(page, "end", "%" PRId64, end);
	html_flag(page, "live", end >= now - 60);
	/* What is over does not change, and a zoom is not to be thrown away. */
	if (end < now - 60)
		html_text(page, "refresh", "");
	if (t->kind != CONF_MULTIHOST)
		put_history(page, t, history_of(t, start, end, HISTORY_PAGE));
	page_send(r, page, 200, "navigator.html");
}

void
page_target(struct request *r, const struct conf_target *t)
{
	const char *mode = request_arg(r, "displaymode");
	bool chosen = request_arg(r, "start") != NULL || request_arg(r, "end") != NULL;

	/* SmokePing's static page ignores a range. */
	if (mode != NULL ? *mode == 'n' || *mode == 'a' : chosen)
		page_navigator(r, t);
	else
		page_ranges(r, t);
}
