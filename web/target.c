/* One target: what it is, how it is now, its history in pictures and figures. */
#include "web/target.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "web/figure.h"
#include "web/flight.h"
#include "web/history.h"
#include "web/incidents.h"
#include "web/look.h"
#include "web/more.h"
#include "web/page.h"
#include "web/path.h"
#include "web/plot.h"
#include "web/request.h"
#include "web/row.h"
#include "web/session.h"
#include "web/share.h"
#include "web/vantage.h"
#include "web/wanted.h"
#include "web/when.h"
#include "web/window.h"

#define BELOW_MAX 100 /* lines of what stands below a target */
#define YOUNG 0.6     /* of the first range unknown: its history is young */
#define YOUNG_MIN 120 /* seconds of the range that is shown then, at least */

static const struct conf_period default_periods[] = { { "Last 3 hours", 3 * 3600 },
	{ "Last 30 hours", 30 * 3600 }, { "Last 10 days", 10 * 86400 },
	{ "Last 400 days", 400 * 86400 } };

const struct conf_period *
target_periods(size_t *count)
{
	const struct conf *conf = state_conf();

	*count = conf->periods;
	if (conf->periods > 0)
		return conf->period;
	*count = sizeof default_periods / sizeof default_periods[0];
	return default_periods;
}

void
target_short_span(struct html *h, const char *name, int64_t seconds)
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
seen_by(struct seen *s, const struct conf_target *t, const char *slave)
{
	const struct conf *conf = state_conf();

	*s = (struct seen){ .target = t };
	s->chosen = *slave != '\0' && vantage_find(conf, slave, &s->by[0]);
	s->count = s->chosen ? 1 : vantage_list(conf, t, s->by, VANTAGES);
}

/* One range, ending now, as a card; of the I-th that see it. */
static void
add_range(struct html *page, const struct seen *s, size_t i, const char *label,
    int64_t seconds)
{
	const struct conf_target *t = s->target;
	const char *slave = i < s->count ? s->by[i].slave : "";
	struct html *item = html_item(page, "range");
	int64_t now = clock_wall_s();

	html_text(item, "label", label);
	/* Of one that was chosen, the head of the page tells. */
	html_text(item, "from",
	    !s->chosen && (s->count > 1 || *slave != '\0') ? s->by[i].display : "");
	row_links(item, t, slave);
	html_printf(
	    item, "id", "%" PRId64 "%s%s", seconds, *slave != '\0' ? "-" : "", slave);
	target_short_span(item, "short", seconds);
	html_printf(item, "start", "now-%" PRId64 "s", seconds);
	html_text(item, "end", "now");
	html_printf(item, "seconds", "%" PRId64, seconds);
	if (t->kind == CONF_MULTIHOST) {
		html_flag(item, "known", false);
		return;
	}
	window_put(item, window_kept(t, slave, now - seconds, now), true);
	/* Nobody tells of a slave's rounds; its file does. */
	if (*slave != '\0')
		html_printf(item, "row", "%" PRId64,
		    history_from(t, slave, now - seconds, now, HISTORY_PAGE)->last);
}

/* End of the first row known within SPAN, of those that see it; 0: none. */
static int64_t
first_known(const struct seen *s, int64_t span)
{
	int64_t now = clock_wall_s(), first = 0;

	for (size_t i = 0; i < s->count; i++) {
		const char *slave = s->by[i].slave;
		int64_t here = *slave == '\0' ? row_first(s->target, span)
					      : history_from(s->target, slave,
						    now - span, now, HISTORY_LIST)
						    ->first;
		if (here != 0 && (first == 0 || here < first))
			first = here;
	}
	return first;
}

/* While most of the first range is empty: the span that is not; else 0. */
static int64_t
young_span(const struct seen *s, int64_t first_range)
{
	int64_t now = clock_wall_s(), first = first_known(s, first_range);

	if (first == 0 || first < now - (int64_t)((double)first_range * (1 - YOUNG)))
		return 0;
	int64_t span = now - first + (int64_t)s->target->step;
	if (span < YOUNG_MIN)
		span = YOUNG_MIN;
	/* In steps of a minute, so that a picture serves for a while. */
	return (span + 59) / 60 * 60;
}

/* Then begin with what there is. */
static void
add_young_range(struct html *page, const struct seen *s, int64_t first_range)
{
	int64_t span = young_span(s, first_range);
	char text[32], label[64];

	if (span == 0)
		return;
	figure_span(text, sizeof text, span);
	if (strncmp(text, "1 ", 2) == 0)
		memmove(text, text + 2, strlen(text + 2) + 1);
	snprintf(label, sizeof label, "Last %s", text);
	for (size_t i = 0; i < s->count; i++)
		add_range(page, s, i, label, span);
}

/* When the last round of the I-th that see it was: more may have been heard
 * than PAST shows yet. 0: none is known. */
static int64_t
last_row(const struct seen *s, size_t i, const struct history *past)
{
	const struct live *live = state_live(vantage_id(s->target, s->by[i].slave));

	if (live != NULL && live->measured && live->row > past->last)
		return live->row;
	return past->last;
}

/* Several that see the same: all in one graph, and a line for each. */
static void
put_vantages(struct html *page, const struct seen *s, int64_t seconds)
{
	int64_t now = clock_wall_s(), last = 0;

	if (s->count < 2)
		return;
	html_flag(page, "together", true);
	html_printf(page, "t_start", "now-%" PRId64 "s", seconds);
	target_short_span(page, "t_short", seconds);
	for (size_t i = 0; i < s->count; i++) {
		struct html *item = html_item(page, "vantage");
		const struct history *past = history_from(
		    s->target, s->by[i].slave, now - seconds, now, HISTORY_PAGE);
		char when[32] = "";

		row_links(item, s->target, s->by[i].slave);
		html_text(item, "v_name", s->by[i].display);
		html_text(item, "v_where",
		    s->by[i].location != NULL ? s->by[i].location : "");
		figure_rtt(item, "v_median", "v_median_unit", past->median);
		figure_percent(item, "v_loss", past->loss_ratio);
		html_flag(item, "v_lossy", past->loss_ratio > 0);
		int64_t row = last_row(s, i, past);
		if (row != 0)
			when_text(when, sizeof when, row, false);
		html_text(item, "v_when", when);
		if (row > last)
			last = row;
	}
	html_printf(page, "t_row", "%" PRId64, last);
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

/* The targets that a multihost draws together, each once. */
static void
put_members(struct html *page, const struct conf_target *t)
{
	char slave[VANTAGE_NAME];

	if (t->members == 0)
		return;
	int64_t span = row_begin(page);
	html_text(page, "members", "Drawn together here");
	for (size_t i = 0; i < t->members; i++) {
		const struct conf_target *m =
		    vantage_parse(state_conf(), t->member[i], '.', slave);
		bool before = false;
		for (size_t k = 0; k < i && m != NULL; k++)
			before |=
			    vantage_parse(state_conf(), t->member[k], '.', slave) == m;
		if (m != NULL && !before)
			row_add(page, "target", m, span);
	}
}

/* What stands below a target that is a group as well. */
static void
put_below(struct html *page, const struct conf_target *t)
{
	int64_t span = 0;
	unsigned rows = 0;

	for (const struct conf_target *c = t->first; c != NULL; c = c->next) {
		if (!row_listed(c) || rows++ >= BELOW_MAX)
			continue;
		if (rows == 1)
			span = row_begin(page);
		html_text(page, "members", "Below it");
		row_add(page, "target", c, span);
	}
}

/* The size of the plot: what a configuration asks for, but not what every one has. */
static void
put_size(struct html *page)
{
	const struct conf_section *detail =
	    conf_child(conf_top(state_conf(), "Presentation"), "detail");
	int width = atoi(conf_value(detail, "width", "600"));
	int height = atoi(conf_value(detail, "height", "200"));
	bool usual = (width == 600 && height == 200) || width < 100 || width > 2000 ||
		     height < 50 || height > 1000;

	html_flag(page, "sized", !usual);
	html_printf(page, "plot_width", "%d", usual ? 960 : width);
	html_printf(page, "plot_height", "%d", usual ? 240 : height);
}

/* What one slave sees is its own, and so is how it is now. */
static void
put_slave(struct html *page, const struct seen *s)
{
	const struct vantage *v = &s->by[0];

	row_href(page, "all", s->target);
	row_links(page, s->target, v->slave);
	html_text(page, "seen", v->display);
	html_text(page, "seen_where", v->location != NULL ? v->location : "");
	html_printf(page, "path", "%s~%s", s->target->path, v->slave);
	row_seen(page, s->target, v->slave);
}

/* Lists call T by its menu: where its TITLE is another one, both stand on its page. */
static void
put_name(struct html *page, const struct conf_target *t, const char *title)
{
	char *menu = html_strip(t->menu);

	html_text(page, "crumb_here", strcmp(menu, title) != 0 ? menu : "");
	free(menu);
}

/* By when there is a first result. */
static void
put_beginning(struct html *page, const struct conf_target *t)
{
	char when[WHEN_TEXT] = "";
	int64_t expected = look_expected(t);

	if (expected != 0)
		when_text(when, sizeof when, expected, true);
	html_text(page, "beginning_here", when);
}

struct html *
target_page(struct request *r, const struct seen *s)
{
	const struct conf_target *t = s->target;
	char *title = html_strip(t->title), *safe = html_safe(t->title);
	struct html *page = page_new(r, title, "targets");
	const struct live *live = state_live(t->id);

	html_printf(page, "step", "%u", t->step > 0 ? t->step : state_conf()->step);
	html_markup(page, "heading", safe);
	page_trail(page, t->parent);
	row_present(page, t);
	put_name(page, t, title);
	html_text(page, "path", t->path);
	put_beginning(page, t);
	html_flag(page, "present", t->kind != CONF_MULTIHOST);
	compare_link(page, t, s->chosen ? s->by[0].slave : "");
	put_size(page);
	put_probe(page, t);
	put_members(page, t);
	put_below(page, t);
	if (s->chosen)
		put_slave(page, s);
	else
		more_present(page, t, live);
	if (t->kind != CONF_MULTIHOST)
		html_printf(page, "stream", "%s%s%s", t->path, s->chosen ? "~" : "",
		    s->chosen ? s->by[0].slave : "");
	if (!s->chosen && live != NULL && live->target.state == TARGET_STALE)
		html_text(page, "stale",
		    live->target.text[0] != '\0'
			? live->target.text
			: "The name does not resolve now; its last address is used.");
	/* Who has logged in may note what was changed. */
	char token[SESSION_TOKEN];
	if (session_token(r, token)) {
		html_text(page, "note_token", token);
		html_text(page, "note_target", t->path);
	}
	if (t->remark != NULL) {
		char *remark = html_safe(t->remark);
		html_markup(page, "remark", remark);
		free(remark);
	}
	free(title);
	free(safe);
	return page;
}

/* Has the I-th that see it told anything yet? That it has not is said once. */
static bool
has_file(const struct seen *s, size_t i)
{
	int64_t now = clock_wall_s();

	return s->count < 2 || history_from(s->target, s->by[i].slave, now - ROW_SPAN,
				   now, HISTORY_LIST)
				   ->file;
}

/* What scripts draw, from the first range on; where that is mostly empty yet, from the
 * first round on. */
static void
put_plot(struct html *page, const struct seen *s, int64_t span)
{
	const char *slave = s->count > 0 ? s->by[0].slave : "";
	int64_t now = clock_wall_s(), young = young_span(s, span);

	row_links(page, s->target, slave);
	plot_put(page, s->target, slave, now - (young != 0 ? young : span), now, true);
}

static void
page_ranges(struct request *r, const struct seen *s)
{
	struct html *page = target_page(r, s);
	size_t count;
	const struct conf_period *period = target_periods(&count);
	bool several = s->target->kind == CONF_MULTIHOST, drawn = several;

	for (size_t i = 0; i < count && !drawn; i++)
		drawn = first_known(s, period[i].seconds) != 0;
	html_flag(page, "drawn", drawn);
	if (drawn && count > 0) {
		put_vantages(page, s, period[0].seconds);
		if (s->count < 2)
			put_plot(page, s, period[0].seconds);
		if (!several)
			add_young_range(page, s, period[0].seconds);
		for (size_t i = 0; i < count; i++)
			for (size_t k = 0; k < (several ? 1 : s->count); k++)
				if (i == 0 || several || has_file(s, k))
					add_range(page, s, k, period[i].label,
					    period[i].seconds);
	}
	if (drawn && count > 0) {
		char from[24];
		snprintf(from, sizeof from, "now-%us", period[0].seconds);
		share_put(page, r, s->target, s->count > 0 ? s->by[0].slave : "", from,
		    "now");
	}
	incidents_of(page, s->target, 0, 0);
	if (!s->chosen)
		path_put_way(page, s->target);
	page_send(r, page, 200, "target.html");
}

/* --- which page ------------------------------------------------------------------- */

/* The picture alone, as SmokePing's script asks for it while it zooms. */
static void
answer_picture(struct request *r, const struct seen *s)
{
	struct wanted w = { .target = s->target, .kind = DRAW_NAVIGATOR };
	const char *title = request_arg(r, "title");
	bool chosen = s->chosen;

	if (chosen)
		snprintf(w.slave, sizeof w.slave, "%s", s->by[0].slave);
	if (title != NULL && *title != '\0')
		snprintf(w.label, sizeof w.label, "%s", title);
	else
		snprintf(w.label, sizeof w.label, "Navigator Graph%s%.64s",
		    chosen ? " as seen from " : "", chosen ? s->by[0].display : "");
	wanted_answer(r, &w);
}

void
page_target(struct request *r, const struct conf_target *t, const char *slave)
{
	const char *mode = request_arg(r, "displaymode");
	bool ranged = request_arg(r, "start") != NULL || request_arg(r, "end") != NULL;
	struct seen s;

	seen_by(&s, t, slave);
	/* SmokePing's static page ignores a range. */
	if (mode != NULL && *mode == 'a')
		answer_picture(r, &s);
	else if (mode != NULL ? *mode == 'n' : ranged)
		page_navigator(r, &s);
	else
		page_ranges(r, &s);
}
