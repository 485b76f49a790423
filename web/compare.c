/* Several targets, or one and what it was like before, over one axis of time: their
 * smoke as pictures, their figures as a table; scripts lay the medians over each other.
 */
#include "web/compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "web/figure.h"
#include "web/headline.h"
#include "web/history.h"
#include "web/page.h"
#include "web/plot.h"
#include "web/query.h"
#include "web/request.h"
#include "web/row.h"
#include "web/target.h"
#include "web/timeaxis.h"
#include "web/vantage.h"
#include "web/window.h"

#define LISTED 500 /* targets to choose from */
#define TIMES 6	   /* on the axis; a telephone has room for them */
#define SLOTS 500  /* of a view up to now, which begins a new one as seldom */

static const struct compare_before {
	const char *word, *menu, *name;
	int days;
} befores[] = {
	{ "", "only these", "", 0 },
	{ "yesterday", "+ day before", "the day before", 1 },
	{ "last-week", "+ week before", "a week before", 7 },
};
#define BEFORES (sizeof befores / sizeof befores[0])

/* --- what is asked for ------------------------------------------------------------ */

/* From when on the wall, DAYS before, to AT: a day is an hour longer or shorter when
 * clocks are changed. */
static int64_t
shift_of(int64_t at, int days)
{
	time_t when = (time_t)at;
	struct tm tm;

	if (days == 0 || localtime_r(&when, &tm) == NULL)
		return 0;
	tm.tm_mday -= days;
	tm.tm_isdst = -1;
	return at - (int64_t)mktime(&tm);
}

static void
add_side(
    struct comparison *c, const struct conf_target *t, const char *slave, int64_t shift)
{
	if (c->count == COMPARE_SIDES) {
		c->more = true;
		return;
	}
	struct side *s = &c->side[c->count++];
	*s = (struct side){ .target = t, .shift = shift };
	snprintf(s->slave, sizeof s->slave, "%s", slave);
	s->color = 1 + (unsigned)c->targets % COMPARE_COLORS;
	s->dashed = shift != 0 || c->targets >= COMPARE_COLORS;
}

/* T as SLAVE sees it, once; all that is in a group, and what a multihost draws. */
static void
add_target(struct comparison *c, const struct conf_target *t, const char *slave)
{
	int64_t shift = shift_of(c->end, c->before->days);
	char other[VANTAGE_NAME];

	for (size_t i = 0; i < t->members; i++) {
		const struct conf_target *m =
		    vantage_parse(state_conf(), t->member[i], '.', other);
		if (m != NULL)
			add_target(c, m, other);
	}
	for (const struct conf_target *k = t->kind == CONF_GROUP ? t->first : NULL;
	     k != NULL; k = k->next)
		if (!k->hide && !c->more)
			add_target(c, k, "");
	if (t->kind == CONF_GROUP || t->kind == CONF_MULTIHOST)
		return;
	if (*slave == '\0')
		slave = vantage_first(state_conf(), t);
	for (size_t i = 0; i < c->count; i++)
		if (c->side[i].target == t && strcmp(c->side[i].slave, slave) == 0)
			return;
	add_side(c, t, slave, 0);
	if (shift != 0)
		add_side(c, t, slave, shift);
	c->targets++;
}

static int
parse_words(struct request *r, struct comparison *c)
{
	const char *with = request_arg(r, "with"), *scale = request_arg(r, "scale");

	c->before = &befores[0];
	for (size_t i = 0; i < BEFORES && with != NULL; i++)
		if (strcmp(with, befores[i].word) == 0)
			c->before = &befores[i];
	if (with != NULL && strcmp(with, c->before->word) != 0) {
		reply_error(r, 400, "parameter with: expected yesterday or last-week");
		return -1;
	}
	c->own_scale = scale != NULL && strcmp(scale, "own") == 0;
	if (scale != NULL && *scale != '\0' && !c->own_scale &&
	    strcmp(scale, "one") != 0) {
		reply_error(r, 400, "parameter scale: expected one or own");
		return -1;
	}
	return 0;
}

int
compare_parse(struct request *r, struct comparison *c)
{
	int64_t now = clock_wall_s();
	const char *name;
	char slave[VANTAGE_NAME];

	if (parse_words(r, c) != 0 || request_range(r, now, &c->start, &c->end) != 0)
		return -1;
	c->live = c->end >= now - 60;
	if (c->live) {
		/* So that a picture serves for a while, that of yesterday as well. */
		int64_t span = c->end - c->start;
		int64_t slot = span / SLOTS > 10 ? span / SLOTS : 10;
		c->end = (c->end + slot - 1) / slot * slot;
		c->start = c->end - span;
	}
	for (size_t i = 0; (name = request_arg_nth(r, "t", i)) != NULL; i++) {
		if (*name == '\0')
			continue;
		const struct conf_target *t =
		    vantage_parse(state_conf(), name, '.', slave);
		if (t == NULL) {
			reply_error(
			    r, 404, "parameter t: no target is called %s", name);
			return -1;
		}
		add_target(c, t, slave);
	}
	return 0;
}

/* --- ways on ---------------------------------------------------------------------- */

/* Value NAME: the address of this page with what is compared, BEFORE, OWN scales, and
 * the range where RANGED; else it ends where one can be added. */
static void
put_link(struct html *h, const char *name, const struct request *r,
    const struct comparison *c, const struct compare_before *before, bool own,
    bool ranged)
{
	char *text;
	const char *t;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	fprintf(out, "%s/compare?", request_base());
	for (size_t i = 0; (t = request_arg_nth(r, "t", i)) != NULL; i++) {
		fputs("t=", out);
		query_encode(out, t);
		fputc('&', out);
	}
	if (*before->word != '\0')
		fprintf(out, "with=%s&", before->word);
	if (own)
		fputs("scale=own&", out);
	if (ranged && c->live)
		fprintf(out, "start=now-%" PRId64 "s&end=now", c->end - c->start);
	else if (ranged)
		fprintf(out, "start=%" PRId64 "&end=%" PRId64, c->start, c->end);
	mem_stream_end(out);
	html_text(h, name, text);
	free(text);
}

void
compare_link(struct html *h, const struct conf_target *t, const char *slave)
{
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	fprintf(out, "%s/compare?t=%s", request_base(), t->path);
	if (*slave != '\0') {
		fputc('~', out);
		query_encode(out, slave);
	}
	mem_stream_end(out);
	html_text(h, "compare", text);
	free(text);
}

static void
put_choices(struct html *page, const struct request *r, const struct comparison *c)
{
	for (size_t i = 0; i < BEFORES; i++) {
		struct html *item = html_item(page, "before");
		html_text(item, "word", befores[i].menu);
		html_flag(item, "chosen", c->before == &befores[i]);
		put_link(item, "b_href", r, c, &befores[i], c->own_scale, true);
	}
	for (int own = 0; own < 2; own++) {
		struct html *item = html_item(page, "scale");
		html_text(item, "word", own == 1 ? "own scales" : "one scale");
		html_flag(item, "chosen", c->own_scale == (own == 1));
		put_link(item, "b_href", r, c, c->before, own == 1, true);
	}
	put_link(page, "view", r, c, c->before, c->own_scale, false);
}

static bool
is_chosen(const struct request *r, const struct comparison *c, const char *path)
{
	const char *t;

	for (size_t i = 0; (t = request_arg_nth(r, "t", i)) != NULL; i++)
		if (strcmp(t, path) == 0)
			return true;
	for (size_t i = 0; i < c->count; i++)
		if (strcmp(c->side[i].target->path, path) == 0 &&
		    strcmp(c->side[i].slave,
			vantage_first(state_conf(), c->side[i].target)) == 0)
			return true;
	return false;
}

/* All that there is to choose from, as a form. */
static void
put_picker(struct html *page, const struct request *r, const struct comparison *c)
{
	const struct conf *conf = state_conf();
	size_t listed = 0;

	for (size_t i = 0; i < conf->target_count; i++) {
		const struct conf_target *t = conf->target[i];
		if (t->kind == CONF_GROUP || t->kind == CONF_MULTIHOST || row_hidden(t))
			continue;
		if (listed++ == LISTED)
			break;
		struct html *item = html_item(page, "option");
		char *trail = row_trail(t);
		html_text(item, "o_path", t->path);
		html_text(item, "o_name", trail);
		html_flag(item, "o_chosen", is_chosen(r, c, t->path));
		free(trail);
	}
	const char *t;
	for (size_t i = 0; (t = request_arg_nth(r, "t", i)) != NULL; i++)
		html_text(html_item(page, "t"), "t_path", t);
	html_flag(page, "o_more", listed > LISTED);
	html_flag(page, "o_open", c->targets + (c->before->days > 0) < 2);
	html_text(page, "o_with", c->before->word);
	html_text(page, "o_scale", c->own_scale ? "own" : "");
	html_text(page, "o_start", request_arg(r, "start"));
	html_text(page, "o_end", request_arg(r, "end"));
}

/* --- what is shown ---------------------------------------------------------------- */

char *
compare_name(const struct comparison *c, const struct side *s)
{
	char *menu = html_strip(s->target->menu);
	struct vantage v;
	bool named = *s->slave != '\0' && vantage_find(state_conf(), s->slave, &v);
	char *name = mem_printf("%s%s%s%s%s", menu, named ? " from " : "",
	    named ? v.display : "", s->shift != 0 ? ", " : "",
	    s->shift != 0 ? c->before->name : "");

	free(menu);
	return name;
}

/* Two digits of microseconds, rounded up. */
static int64_t
round_top(double seconds)
{
	double us = seconds * 1e6;

	if (us < 1)
		return 0;
	double unit = pow(10, floor(log10(us)) - 1);
	unit = unit < 1 ? 1 : unit;
	return (int64_t)(ceil(us / unit) * unit);
}

struct axis {
	const struct comparison *c;
	FILE *out;
	bool words;
};

static void
put_mark(void *ctx, int64_t at, const char *text)
{
	const struct axis *a = ctx;
	double x = 100 * (double)(at - a->c->start) / (double)(a->c->end - a->c->start);

	if (a->words && x > 3 && x < 97)
		fprintf(a->out,
		    "<text class=\"g-text\" x=\"%.2f%%\" y=\"14\" text-anchor=\"middle\">%s</text>",
		    x, text);
	else if (!a->words)
		fprintf(a->out,
		    "<line class=\"g-line\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"100%%\"/>",
		    x, x);
}

/* The axis of time, as WORDS below or as lines over a picture. */
static void
put_axis(struct html *h, const char *name, const struct comparison *c, bool words)
{
	struct axis a = { .c = c, .words = words };
	char *text;
	size_t len;

	a.out = mem_stream(&text, &len);
	timeaxis_each(c->start, c->end, TIMES, put_mark, &a);
	mem_stream_end(a.out);
	html_markup(h, name, text);
	free(text);
}

static void
put_figures(struct html *item, const struct comparison *c, struct side *s)
{
	struct window w;
	struct err err;
	const struct history *past = history_from(
	    s->target, s->slave, c->start - s->shift, c->end - s->shift, HISTORY_PAGE);
	double high = past->high;

	if (window_read(&w, s->target, s->slave, c->start - s->shift, c->end - s->shift,
		&err) != 0)
		log_warnx("%s: %s", s->target->path, err.text);
	/* The medians whole, of the smoke all but its tips. */
	s->top = fmax(isnan(high) ? 0 : high * 1.2, isnan(w.p95) ? 0 : w.p95 * 1.2);
	s->known = w.known > 0;
	figure_rtt(item, "median", "median_unit", w.median);
	figure_rtt(item, "p95", "p95_unit", w.p95);
	figure_rtt(item, "p99", "p99_unit", w.p99);
	figure_rtt(item, "jitter", "jitter_unit", w.jitter);
	figure_percent(item, "loss", w.loss_ratio);
	html_flag(item, "lossy", w.loss_ratio > 0);
	/* Of a view up to now, the last rows are still to come. */
	double rows = (double)w.rows - (c->live ? 2 : 0);
	figure_percent(item, "known",
	    w.rows == 0 ? NAN : fmin(1, (double)w.known / fmax(1, rows)));
	html_text(item, "about", w.rounds ? "" : "≈ ");
	html_text(item, "about_jitter", w.jitter_measured ? "" : "≈ ");
	if (!w.rounds && w.known > 0)
		html_flag(item, "estimated", true);
}

static void
put_side(struct html *page, const struct comparison *c, struct side *s)
{
	struct html *item = html_item(page, "side");
	const struct live *live = state_live(vantage_id(s->target, s->slave));
	char *name = compare_name(c, s), *trail = row_trail(s->target->parent);

	row_links(item, s->target, s->slave);
	html_text(item, "name", name);
	html_text(item, "trail", trail);
	html_text(item, "host", s->target->host);
	html_printf(item, "color", "%u", s->color);
	html_flag(item, "dashed", s->dashed);
	html_printf(item, "start", "%" PRId64, c->start - s->shift);
	html_printf(item, "end", "%" PRId64, c->end - s->shift);
	html_printf(
	    item, "row", "%" PRId64, live != NULL && s->shift == 0 ? live->row : 0);
	put_figures(item, c, s);
	free(name);
	free(trail);
}

/* The pictures, when it is known how high they are. */
static void
put_pictures(struct html *page, const struct comparison *c)
{
	double top = 0;

	for (size_t i = 0; i < c->count; i++)
		top = fmax(top, c->side[i].top);
	for (size_t i = 0; i < c->count; i++) {
		const struct side *s = &c->side[i];
		struct html *item = html_item(page, "picture");
		const struct live *live = state_live(vantage_id(s->target, s->slave));
		int64_t mine = round_top(c->own_scale ? s->top : top);
		char *name = compare_name(c, s);

		row_links(item, s->target, s->slave);
		html_text(item, "name", name);
		html_printf(item, "color", "%u", s->color);
		html_flag(item, "dashed", s->dashed);
		html_printf(item, "start", "%" PRId64, c->start - s->shift);
		html_printf(item, "end", "%" PRId64, c->end - s->shift);
		html_printf(item, "row", "%" PRId64,
		    live != NULL && s->shift == 0 ? live->row : 0);
		html_flag(item, "drawn", s->known);
		html_printf(item, "top", "%" PRId64, mine);
		figure_rtt(
		    item, "top_text", "top_unit", mine > 0 ? (double)mine / 1e6 : NAN);
		put_axis(item, "grid", c, false);
		free(name);
	}
	put_axis(page, "times", c, true);
}

/* What static/compare.js draws. */
static void
put_overlay(struct html *page, const struct comparison *c)
{
	struct json j;
	char *text;
	size_t len;

	if (!plot_scripts(page, "compare.js"))
		return;
	FILE *out = mem_stream(&text, &len);
	jw_init(&j, out);
	jw_object(&j);
	jw_put_str(&j, "base", request_base());
	jw_put_int(&j, "start", c->start);
	jw_put_int(&j, "end", c->end);
	jw_put_bool(&j, "live", c->live);
	plot_zone(&j, c->end);
	jw_key(&j, "sides");
	jw_array(&j);
	for (size_t i = 0; i < c->count; i++) {
		const struct side *s = &c->side[i];
		char *name = compare_name(c, s);
		char *target = mem_printf(
		    "%s%s%s", s->target->path, *s->slave != '\0' ? "~" : "", s->slave);
		jw_object(&j);
		jw_put_str(&j, "target", target);
		jw_put_str(&j, "name", name);
		jw_put_int(&j, "shift", s->shift);
		jw_put_int(&j, "color", s->color);
		jw_put_bool(&j, "dashed", s->dashed);
		jw_object_end(&j);
		free(name);
		free(target);
	}
	jw_array_end(&j);
	jw_object_end(&j);
	mem_stream_end(out);
	html_text(page, "overlay", text);
	free(text);
}

void
page_compare(struct request *r)
{
	struct comparison c = { .count = 0 };
	char span[32];

	if (compare_parse(r, &c) != 0)
		return;
	struct html *page = page_new(r, "Compare", "compare");
	html_flag(page, "some", c.count > 0);
	html_flag(page, "more", c.more);
	html_printf(page, "most", "%d", COMPARE_SIDES);
	put_picker(page, r, &c);
	if (c.count > 0) {
		headline_beginning(page);
		navigator_put(page, r, c.start, c.end);
		put_choices(page, r, &c);
		figure_span(span, sizeof span, c.end - c.start);
		html_text(page, "label", span);
		for (size_t i = 0; i < c.count; i++)
			put_side(page, &c, &c.side[i]);
		put_pictures(page, &c);
		put_overlay(page, &c);
		comparefile_links(page, r);
	} else {
		html_text(page, "refresh", "");
	}
	page_send(r, page, 200, "compare.html");
}
