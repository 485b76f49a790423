/* The page of ways as a file: the ladder, the hops, and what changed. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "infer/pathtext.h"
#include "pathfile.h"
#include "web/figure.h"
#include "web/look.h"
#include "web/paper.h"
#include "web/path.h"
#include "web/request.h"
#include "web/row.h"
#include "web/state.h"
#include "web/timeaxis.h"
#include "web/viewfile.h"
#include "web/ways.h"

/* Units of the drawing. */
#define RUNG_HEIGHT 34.0
#define MARK 12.0
#define LETTER 12
#define SMALL 10.5
#define TEXT_MAX 400

static const char *const tables[] = { "anchors", "hops", "changes", NULL };
static const char *const titles[] = { "way out", "hops", "changes" };

struct asked {
	const struct conf_target *target; /* NULL: all */
	int64_t start, end;
	struct viewfile *f;
	const struct conf_target *of; /* whose records are read */
};

/* The addresses A, with commas between. */
static const char *
list_addresses(char buf[TEXT_MAX], const struct addr *a, unsigned count)
{
	char text[ADDR_TEXT];
	size_t len = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < count && len < TEXT_MAX - ADDR_TEXT - 3; i++)
		len += (size_t)snprintf(buf + len, TEXT_MAX - len, "%s%s",
		    i > 0 ? ", " : "", addr_text(&a[i], text));
	return buf;
}

/* --- the ladder ------------------------------------------------------------------- */

static const enum rung rungs[] = { RUNG_HOST, RUNG_BRIDGE, RUNG_TUNNEL, RUNG_GATEWAY,
	RUNG_ACCESS, RUNG_PROVIDER };
#define RUNG_COUNT (sizeof rungs / sizeof rungs[0])

static bool
is_shown(const struct ladder_anchor *a)
{
	return a->sight != LADDER_ABSENT && a->sight != LADDER_UNKNOWN;
}

static const struct live *
live_at(const struct ladder_anchor *a)
{
	const struct conf_target *t = ways_target_at(a);
	const struct live *live = t != NULL ? state_live(t->id) : NULL;

	return live != NULL && live->measured ? live : NULL;
}

static void
put_anchors(struct viewfile *f)
{
	static const struct viewfile_column column[] = {
		{ "family", NULL, VIEWFILE_TEXT }, { "rung", NULL, VIEWFILE_TEXT },
		{ "state", NULL, VIEWFILE_TEXT }, { "distance", NULL, VIEWFILE_NUMBER },
		{ "addresses", NULL, VIEWFILE_TEXT }, { "target", NULL, VIEWFILE_TEXT },
		{ "median", NULL, VIEWFILE_RTT }, { "loss_ratio", NULL, VIEWFILE_RATIO }
	};
	const struct ladder *l = ways_ladder();
	char text[TEXT_MAX];

	viewfile_table(
	    f, "anchors", "", column, sizeof column / sizeof column[0], false);
	for (unsigned v6 = 0; l != NULL && v6 < 2; v6++)
		for (size_t i = 0; i < RUNG_COUNT; i++) {
			const struct ladder_anchor *a =
			    ladder_anchor(l, v6 == 1, rungs[i]);
			const struct conf_target *t = ways_target_at(a);
			const struct live *live = live_at(a);
			viewfile_str(f, v6 ? "IPv6" : "IPv4");
			viewfile_str(f, rung_word(rungs[i]));
			viewfile_str(f, ladder_sight_word((enum ladder_sight)a->sight));
			viewfile_num(f, a->ttl > 0 ? a->ttl : NAN);
			viewfile_str(f, list_addresses(text, a->address, a->addresses));
			viewfile_str(f, t != NULL ? t->path : NULL);
			viewfile_num(f, live != NULL ? live->median : NAN);
			viewfile_num(f, live != NULL ? live->loss_ratio : NAN);
		}
}

/* Filled where it loses pings or does not answer, as on pages. */
static void
draw_mark(FILE *out, const struct conf_target *t, double y)
{
	char why[256];
	enum look look = t != NULL ? look_of(t, why, sizeof why) : LOOK_UNKNOWN;

	paper_box(out, look == LOOK_LOSS || look == LOOK_DOWN ? FORM_BOX : FORM_FRAME,
	    look == LOOK_FINE	? INK_GOOD
	    : look == LOOK_LOSS ? INK_WARN
	    : look == LOOK_DOWN ? INK_BAD
				: INK_REST,
	    2, y, MARK, MARK);
}

static void
draw_rung(FILE *out, const struct ladder_anchor *a, enum rung rung, double y)
{
	const struct conf_target *t = ways_target_at(a);
	const struct live *live = live_at(a);
	char text[TEXT_MAX], rtt[FIGURE_TEXT], loss[FIGURE_TEXT], *words;

	draw_mark(out, t, y + 2);
	paper_word(out, INK_TEXT, 28, y + 12, ANCHOR_LEFT, LETTER, rung_label(rung));
	if (a->addresses > 0)
		paper_word(out, INK_PALE, 200, y + 12, ANCHOR_LEFT, SMALL,
		    list_addresses(
			text, a->address, a->addresses > 2 ? 2 : a->addresses));
	else
		paper_word(out, INK_PALE, 200, y + 12, ANCHOR_LEFT, SMALL,
		    a->sight == LADDER_SILENT ? "never answers" : "not seen from here");
	if (live == NULL)
		return;
	words = mem_printf("%s, loss %s", figure_rtt_text(rtt, live->median),
	    figure_percent_text(loss, live->loss_ratio));
	paper_word(out, INK_TEXT, PAPER_WIDTH, y + 12, ANCHOR_RIGHT, LETTER, words);
	free(words);
}

static void
draw_ladder(FILE *out, const struct ladder *l, bool v6)
{
	double y = 0;

	for (size_t i = 0; i < RUNG_COUNT; i++) {
		const struct ladder_anchor *a = ladder_anchor(l, v6, rungs[i]);
		if (!is_shown(a))
			continue;
		if (y > 0) {
			const double line[] = { 2 + MARK / 2,
				y - RUNG_HEIGHT + MARK + 5, 2 + MARK / 2, y };
			paper_line(out, FORM_LINE, INK_REST, 2, line, 2);
			paper_word(out, INK_PALE, 28, y - 5, ANCHOR_LEFT, SMALL,
			    rung_segment(rungs[i]));
		}
		draw_rung(out, a, rungs[i], y);
		y += RUNG_HEIGHT;
	}
	paper_drawing(out, PAPER_WIDTH, y, "");
}

static void
draw_ladders(FILE *out)
{
	const struct ladder *l = ways_ladder();
	bool any = false;

	for (unsigned v6 = 0; l != NULL && v6 < 2; v6++) {
		const struct ladder_anchor *a = ladder_anchor(l, v6 == 1, RUNG_GATEWAY);
		const struct ladder_anchor *b = ladder_anchor(l, v6 == 1, RUNG_ACCESS);
		if (!is_shown(a) && !is_shown(b))
			continue;
		any = true;
		paper_printf(out, PAPER_HEADING, "%s: from here to the provider",
		    v6 ? "IPv6" : "IPv4");
		draw_ladder(out, l, v6 == 1);
	}
	if (!any)
		paper_printf(out, PAPER_TEXT,
		    "Nothing is known yet of what lies between this host and the far "
		    "ends.");
}

/* --- ways ------------------------------------------------------------------------- */

static void
put_hop(struct viewfile *f, const struct conf_target *t, const struct hop *h)
{
	const struct hop *of = ways_figures(h);
	const struct ladder *l = ways_ladder();
	bool odd =
	    (of->flags & (HOP_LIMITED | HOP_SILENT)) != 0 && !(h->flags & HOP_TARGET);
	char text[TEXT_MAX];

	viewfile_str(f, t->path);
	viewfile_int(f, h->ttl);
	enum rung rung = l == NULL || h->addresses == 0 ? RUNG_NONE
			 : h->flags & HOP_TARGET	? RUNG_FAR
						 : ladder_rung_of(l, &h->address[0]);
	bool people = viewfile_paper(f) != NULL;

	viewfile_str(f, people && h->addresses == 0
			    ? "never answers"
			    : list_addresses(text, h->address, h->addresses));
	viewfile_str(f, rung == RUNG_NONE ? NULL
			: people	  ? rung_label(rung)
					  : rung_word(rung));
	viewfile_int(f, of->sent);
	viewfile_int(f, of->answered);
	/* Of a router that answers seldom and passes all on, this would be no loss. */
	viewfile_num(
	    f, of->sent > 0 && !odd ? 1 - (double)of->answered / of->sent : NAN);
	viewfile_num(f, of->min_ns >= 0 ? (double)of->min_ns / 1e9 : NAN);
	viewfile_num(f, of->median_ns >= 0 ? (double)of->median_ns / 1e9 : NAN);
	viewfile_num(f, of->max_ns >= 0 ? (double)of->max_ns / 1e9 : NAN);
}

static bool
is_asked(const struct asked *a, const struct conf_target *t)
{
	return (a->target == NULL || a->target == t) && !row_hidden(t);
}

static void
put_hops(const struct asked *a)
{
	static const struct viewfile_column column[] = { { "target", "way to",
							     VIEWFILE_TEXT },
		{ "hop", "hop", VIEWFILE_NUMBER },
		{ "addresses", "router", VIEWFILE_TEXT }, { "rung", "", VIEWFILE_TEXT },
		{ "sent", NULL, VIEWFILE_NUMBER },
		{ "answered", NULL, VIEWFILE_NUMBER },
		{ "loss_ratio", "loss", VIEWFILE_RATIO },
		{ "min", "from", VIEWFILE_RTT }, { "median", "median", VIEWFILE_RTT },
		{ "max", "to", VIEWFILE_RTT } };
	const struct conf *conf = state_conf();

	viewfile_table(
	    a->f, "hops", "Hops", column, sizeof column / sizeof column[0], true);
	for (size_t i = 0; i < conf->target_count; i++) {
		const struct msg_path *p = ways_get(conf->target[i]->id);
		for (unsigned k = 0;
		     p != NULL && is_asked(a, conf->target[i]) && k < p->way.count; k++)
			put_hop(a->f, conf->target[i], &p->way.hop[k]);
	}
}

static void
put_change(void *ctx, const struct path_record *p)
{
	const struct asked *a = ctx;
	char text[PATHTEXT_CHANGE], from[ADDR_TEXT], to[ADDR_TEXT];
	struct viewfile *f = a->f;

	if (p->kind == PATH_NOW || p->time < a->start || p->time > a->end)
		return;
	addr_text(&p->from, from);
	addr_text(&p->to, to);
	viewfile_int(f, p->time);
	viewfile_str(f, a->of->path);
	viewfile_str(f, path_kind_word((enum path_kind)p->kind));
	viewfile_num(f, p->ttl > 0 ? p->ttl : NAN);
	viewfile_str(f, *from != '\0' ? from : NULL);
	viewfile_str(f, *to != '\0' ? to : NULL);
	viewfile_str(f, p->kind == PATH_CHANGE
			    ? change_text(p->ttl, &p->from, &p->to, text)
			    : break_text(p->elsewhere, p->ttl, &p->from, &p->to, text));
}

static void
put_changes(struct asked *a)
{
	static const struct viewfile_column column[] = { { "time", "when",
							     VIEWFILE_TIME },
		{ "target", "way to", VIEWFILE_TEXT }, { "kind", NULL, VIEWFILE_TEXT },
		{ "hop", NULL, VIEWFILE_NUMBER }, { "from", NULL, VIEWFILE_TEXT },
		{ "to", NULL, VIEWFILE_TEXT }, { "summary", "what", VIEWFILE_TEXT } };
	const struct conf *conf = state_conf();

	viewfile_table(a->f, "changes", "What changed", column,
	    sizeof column / sizeof column[0], true);
	for (size_t i = 0; i < conf->target_count; i++) {
		a->of = conf->target[i];
		if (is_asked(a, a->of) && ways_get(a->of->id) != NULL)
			pathfile_read(a->of->id, put_change, a);
	}
}

/* --- over time -------------------------------------------------------------------- */

#define LANE_LEFT 190.0
#define LANE_HEIGHT 26.0
#define LANES 30
#define TIMES 6
#define SPAN_SHOWN (7 * 86400) /* where no start is asked for */

/* Ways as lanes along time: a mark where one changed, a box where it was broken. */
struct lanes {
	FILE *out;
	int64_t start, end;
	double y;
	unsigned count;
};

static double
x_of(const struct lanes *d, int64_t at)
{
	return LANE_LEFT + (PAPER_WIDTH - 8 - LANE_LEFT) * (double)(at - d->start) /
			       (double)(d->end - d->start);
}

static void
draw_change(void *ctx, const struct path_record *p)
{
	const struct lanes *d = ctx;

	if (p->kind == PATH_NOW || p->time < d->start || p->time > d->end)
		return;
	double x = x_of(d, p->time);
	const double line[] = { x, d->y + 3, x, d->y + 19 };
	if (p->kind == PATH_BAD)
		paper_box(d->out, FORM_BOX, INK_BAD, x - 3, d->y + 6, 6, 10);
	else
		paper_line(d->out, FORM_LINE, INK_KEY, 3, line, 2);
}

static void
draw_lane(struct lanes *d, const struct conf_target *t)
{
	const double line[] = { x_of(d, d->start), d->y + 11, x_of(d, d->end),
		d->y + 11 };
	char *menu = html_strip(t->menu);

	paper_word(d->out, INK_TEXT, 0, d->y + 15, ANCHOR_LEFT, LETTER, menu);
	paper_line(d->out, FORM_LINE, INK_REST, 2, line, 2);
	pathfile_read(t->id, draw_change, d);
	d->y += LANE_HEIGHT;
	d->count++;
	free(menu);
}

static void
draw_time(void *ctx, int64_t at, const char *text)
{
	const struct lanes *d = ctx;
	double x = x_of(d, at);

	if (x < PAPER_WIDTH - 24)
		paper_word(d->out, INK_PALE, x, d->y + 14, ANCHOR_MIDDLE, SMALL, text);
}

static unsigned
count_ways(const struct asked *a)
{
	const struct conf *conf = state_conf();
	unsigned count = 0;

	for (size_t i = 0; i < conf->target_count; i++)
		count += ways_get(conf->target[i]->id) != NULL &&
			 is_asked(a, conf->target[i]);
	return count;
}

static void
draw_lanes(FILE *out, const struct asked *a)
{
	const struct conf *conf = state_conf();
	struct lanes d = { .out = out, .start = a->start, .end = a->end };

	if (d.start == 0)
		d.start = d.end - SPAN_SHOWN;
	if (d.end - d.start < 60 || count_ways(a) == 0)
		return;
	paper_printf(out, PAPER_HEADING, "Ways over time");
	paper_printf(out, PAPER_SMALL,
	    "A stroke where a way changed, a box where it was broken while a round was "
	    "bad.");
	for (size_t i = 0; i < conf->target_count && d.count < LANES; i++) {
		if (ways_get(conf->target[i]->id) != NULL &&
		    is_asked(a, conf->target[i]))
			draw_lane(&d, conf->target[i]);
	}
	timeaxis_each(d.start, d.end, TIMES, draw_time, &d);
	paper_drawing(out, PAPER_WIDTH, d.y + 22, "");
}

/* --- the answer ------------------------------------------------------------------- */

static int
parse(struct request *r, struct asked *a)
{
	const char *path = request_arg(r, "target");
	int64_t now = clock_wall_s();

	if (path != NULL && *path != '\0' &&
	    (a->target = conf_target_by_path(state_conf(), path)) == NULL) {
		reply_error(r, 404, "parameter target: no target is called %s", path);
		return -1;
	}
	if (request_time(r, "start", 0, &a->start) < 0 ||
	    request_time(r, "end", now, &a->end) < 0)
		return -1;
	if (a->start <= a->end)
		return 0;
	reply_error(r, 400, "parameter start: expected a time before end");
	return -1;
}

static void
draw_all(const struct asked *a)
{
	FILE *out = viewfile_paper(a->f);

	draw_ladders(out);
	draw_lanes(out, a);
}

void
wayfile_handle(struct request *r)
{
	struct asked a = { .f = viewfile_new(r, "path", "Path", tables) };

	if (a.f == NULL)
		return;
	if (parse(r, &a) < 0) {
		viewfile_free(a.f);
		return;
	}
	if (viewfile_paper(a.f) != NULL)
		draw_all(&a);
	put_anchors(a.f);
	put_hops(&a);
	put_changes(&a);
	viewfile_answer(a.f);
}

void
wayfile_links(struct html *page, const struct request *r)
{
	viewfile_links(page, r, "/path", tables, titles, true);
}
