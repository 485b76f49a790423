/* The page /path: the ladder, the hops to each target, and what changed. */
#include "web/path.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "infer/pathtext.h"
#include "pathfile.h"
#include "web/figure.h"
#include "web/look.h"
#include "web/page.h"
#include "web/radios.h"
#include "web/request.h"
#include "web/row.h"
#include "web/ways.h"
#include "web/when.h"

#define SHOWN 20 /* of what changed, the newest */
/* Tables of hops on one page; behind so many targets they are shown one by one. */
#define OPEN_TABLES 6

static const char *
look_tone(enum look look)
{
	switch (look) {
	case LOOK_FINE:
		return "good";
	case LOOK_LOSS:
		return "warn";
	case LOOK_DOWN:
		return "bad";
	default:
		return "";
	}
}

/* In place of its time, where that is not the point. */
static const char *
look_brief(enum look look)
{
	switch (look) {
	case LOOK_FINE:
		return "";
	case LOOK_LOSS:
		return "loses pings";
	case LOOK_DOWN:
		return "no answer";
	case LOOK_WAITING:
		return "first round";
	default:
		return "not known";
	}
}

/* --- the strip -------------------------------------------------------------------- */

/* How T, which is measured there, is just now. */
static void
put_measured(struct html *item, const struct conf_target *t)
{
	const struct live *live = state_live(t->id);
	char why[256];
	enum look look = look_of(t, why, sizeof why);

	html_text(item, "s_tone", look_tone(look));
	html_text(item, "s_word", look_brief(look));
	html_text(item, "s_look", look == LOOK_FINE ? "" : why);
	row_href(item, "s_href", t);
	figure_rtt(item, "s_rtt", "s_rtt_unit",
	    live != NULL && live->measured ? live->median : NAN);
}

/* Those that are one place each, in the order of the way. */
static const enum rung rungs[] = { RUNG_HOST, RUNG_BRIDGE, RUNG_TUNNEL, RUNG_GATEWAY,
	RUNG_ACCESS, RUNG_PROVIDER };

static void
put_rung(struct html *ladder, const struct ladder *l, bool v6, enum rung rung)
{
	const struct ladder_anchor *a = ladder_anchor(l, v6, rung);
	const struct conf_target *t = ways_target_at(a);
	struct html *item;
	char text[ADDR_TEXT];

	if (a->sight == LADDER_ABSENT && rung != RUNG_PROVIDER && rung != RUNG_GATEWAY)
		return;
	item = html_item(ladder, "rung");
	html_text(item, "s_label", rung_label(rung));
	html_flag(item, "s_here", rung == RUNG_HOST);
	html_text(item, "s_segment", rung_segment(rung));
	html_text(item, "s_why", anchor_why(rung, a));
	html_flag(item, "s_hidden", a->sight != LADDER_SEEN);
	html_flag(item, "s_absent", a->sight == LADDER_ABSENT);
	html_text(item, "s_word",
	    a->sight == LADDER_UNKNOWN	     ? "not found yet"
	    : a->sight == LADDER_SILENT	     ? "never answers"
	    : a->sight == LADDER_HIDDEN	     ? "not seen from here"
	    : t == NULL && rung != RUNG_HOST ? "not measured"
					     : "");
	html_text(
	    item, "s_address", a->addresses > 0 ? addr_text(&a->address[0], text) : "");
	if (a->addresses > 1 && rung != RUNG_HOST)
		html_printf(item, "s_more", "shared by %u routers", a->addresses);
	if (a->ttl > 0)
		html_printf(item, "s_ttl", "hop %u", a->ttl);
	if (t != NULL)
		put_measured(item, t);
	else if (a->sight == LADDER_SEEN && rung != RUNG_HOST)
		html_text(item, "s_look", "no target measures it");
}

/* How many far ends look how; of all. */
static unsigned
count_far(const struct ladder *l, bool v6, unsigned looks[LOOKS])
{
	const struct conf *conf = state_conf();
	unsigned count = 0;
	char why[256];

	for (size_t i = 0; i < conf->target_count; i++) {
		const struct conf_target *t = conf->target[i];
		const struct ladder_role *role = ladder_role(l, t->id);

		if (role == NULL || role->rung != RUNG_FAR ||
		    (role->network & 0x80000000U) != (v6 ? 0x80000000U : 0))
			continue;
		looks[look_of(t, why, sizeof why)]++;
		count++;
	}
	return count;
}

/* The far ends together. One that is down shows, however many answer; a ping that one of
 * many lost does not: some do in every other round. */
static void
put_far(struct html *ladder, const struct ladder *l, bool v6)
{
	struct html *item = html_item(ladder, "rung");
	unsigned looks[LOOKS] = { 0 }, count = count_far(l, v6, looks);
	unsigned fine = looks[LOOK_FINE], down = looks[LOOK_DOWN],
		 lossy = looks[LOOK_LOSS];

	html_text(item, "s_label", count == 1 ? "far end" : "far ends");
	html_text(item, "s_segment", rung_segment(RUNG_FAR));
	html_flag(item, "s_hidden", count == 0);
	if (count == 0)
		html_text(item, "s_why", "No target beyond is measured by it.");
	else
		html_printf(item, "s_address", "%u in %u %s", count,
		    ladder_far_networks(l, v6),
		    ladder_far_networks(l, v6) == 1 ? "network" : "networks");
	html_text(item, "s_tone",
	    down * 2 > count			     ? "bad"
	    : down > 0 || (down + lossy) * 2 > count ? "warn"
	    : fine * 2 > count			     ? "good"
						     : "");
	if (down > 0)
		html_printf(item, "s_look", "%u down", down);
	else if (lossy > 0)
		html_printf(item, "s_look", "%u with loss", lossy);
	if (down + lossy > 0)
		html_printf(item, "s_word", "%u of %u %s", down > 0 ? down : lossy,
		    count, down > 0 ? "down" : "with loss");
	else if (looks[LOOK_WAITING] > 0)
		html_text(item, "s_word", look_brief(LOOK_WAITING));
	else if (count > 0)
		html_printf(item, "s_word", "%u of %u answer", fine, count);
	else
		html_text(item, "s_word", "not measured");
}

/* Is anything known of a way out by this family? */
static bool
is_known(const struct ladder *l, bool v6)
{
	const struct ladder_anchor *gateway = ladder_anchor(l, v6, RUNG_GATEWAY);
	const struct ladder_anchor *access = ladder_anchor(l, v6, RUNG_ACCESS);

	return access->sight != LADDER_UNKNOWN || gateway->sight == LADDER_SEEN ||
	       gateway->sight == LADDER_SILENT || ladder_far_networks(l, v6) > 0;
}

void
path_put_ladders(struct html *page)
{
	const struct ladder *l = ways_ladder();
	bool both = l != NULL && is_known(l, false) && is_known(l, true);

	for (unsigned v6 = 0; l != NULL && v6 < 2; v6++) {
		struct html *ladder;

		if (!is_known(l, v6 == 1))
			continue;
		ladder = html_item(page, "ladder");
		html_text(ladder, "l_family", v6 ? "IPv6" : "IPv4");
		html_flag(ladder, "l_both", both);
		for (size_t i = 0; i < sizeof rungs / sizeof rungs[0]; i++)
			put_rung(ladder, l, v6 == 1, rungs[i]);
		put_far(ladder, l, v6 == 1);
	}
}

bool
path_is_down(void)
{
	const struct ladder *l = ways_ladder();
	char why[256];

	for (unsigned v6 = 0; l != NULL && v6 < 2; v6++) {
		unsigned looks[LOOKS] = { 0 }, far = count_far(l, v6 == 1, looks);

		if (looks[LOOK_DOWN] * 2 > far)
			return true;
		for (size_t i = 0; i < sizeof rungs / sizeof rungs[0]; i++) {
			const struct conf_target *t =
			    ways_target_at(ladder_anchor(l, v6 == 1, rungs[i]));
			if (t != NULL && look_of(t, why, sizeof why) == LOOK_DOWN)
				return true;
		}
	}
	return false;
}

/* --- hops ------------------------------------------------------------------------- */

static void
put_hop(struct html *way, const struct hop *h, const struct ladder *l)
{
	struct html *item = html_item(way, "hop");
	char text[ADDR_TEXT];
	const struct hop *f = ways_figures(h);
	bool odd =
	    (f->flags & (HOP_LIMITED | HOP_SILENT)) != 0 && !(h->flags & HOP_TARGET);

	html_printf(item, "h_ttl", "%u", h->ttl);
	for (unsigned i = 0; i < h->addresses; i++)
		html_text(html_item(item, "h_address"), "h_text",
		    addr_text(&h->address[i], text));
	html_flag(item, "h_silent", h->addresses == 0);
	if (l != NULL && h->addresses > 0) {
		enum rung rung = (h->flags & HOP_TARGET)
				     ? RUNG_FAR
				     : ladder_rung_of(l, &h->address[0]);
		html_text(item, "h_rung",
		    (h->flags & HOP_TARGET) ? "the target"
		    : rung != RUNG_NONE	    ? rung_label(rung)
					    : "");
	}
	figure_percent(item, "h_loss",
	    f->sent > 0 && !odd ? 1 - (double)f->answered / f->sent : NAN);
	html_printf(item, "h_sent", "%u", f->sent);
	html_flag(item, "h_counted", f->sent > 0 && !odd);
	html_flag(item, "h_lossy", !odd && f->answered < f->sent);
	html_text(item, "h_odd",
	    h->addresses > 0 && odd ? "answers seldom, and passes all on" : "");
	figure_rtt(item, "h_rtt", "h_rtt_unit",
	    f->median_ns >= 0 ? (double)f->median_ns / 1e9 : NAN);
	figure_rtt(item, "h_min", "h_min_unit",
	    f->min_ns >= 0 ? (double)f->min_ns / 1e9 : NAN);
	figure_rtt(item, "h_max", "h_max_unit",
	    f->max_ns >= 0 ? (double)f->max_ns / 1e9 : NAN);
	if (h->labels > 0)
		html_printf(item, "h_label", "MPLS %u", h->label[0]);
}

static void
put_hops(struct html *item, const struct hops *way)
{
	const struct ladder *l = ways_ladder();

	html_flag(item, "hops", way->count > 0);
	for (unsigned i = 0; i < way->count; i++)
		put_hop(item, &way->hop[i], l);
	html_flag(item, "w_blind", (way->flags & HOPS_BLIND) != 0);
	html_flag(item, "w_unreached", (way->flags & HOPS_REACHED) == 0);
}

/* --- what changed ----------------------------------------------------------------- */

/* The newest SHOWN of a file's records. */
struct newest {
	struct path_record record[SHOWN];
	unsigned count; /* ever */
};

static void
keep(void *ctx, const struct path_record *p)
{
	struct newest *n = ctx;

	if (p->kind != PATH_NOW)
		n->record[n->count++ % SHOWN] = *p;
}

static void
put_history(struct html *item, uint64_t id)
{
	struct newest *n = mem_zero(1, sizeof *n);
	unsigned shown;

	pathfile_read(id, keep, n);
	shown = n->count < SHOWN ? n->count : SHOWN;
	html_flag(item, "w_history", shown > 0);
	for (unsigned i = 0; i < shown; i++) {
		const struct path_record *p = &n->record[(n->count - 1 - i) % SHOWN];
		struct html *line = html_item(item, "past");
		char when[WHEN_TEXT], text[PATHTEXT_CHANGE];

		when_text(when, sizeof when, p->time, false);
		html_text(line, "p_when", when);
		html_flag(line, "p_bad", p->kind == PATH_BAD);
		if (p->kind == PATH_CHANGE)
			html_printf(line, "p_text", "It %s.",
			    change_text(p->ttl, &p->from, &p->to, text));
		else
			html_printf(line, "p_text", "When %s: the way %s.",
			    reason_label((enum hops_reason)p->way.reason),
			    break_text(p->elsewhere, p->ttl, &p->from, &p->to, text));
	}
	free(n);
}

/* --- a target's way --------------------------------------------------------------- */

/* A few words on the way to T, as values of ITEM. */
static void
put_summary(struct html *item, const struct conf_target *t, const struct msg_path *p)
{
	const struct ladder *l = ways_ladder();
	const struct ladder_role *role = l != NULL ? ladder_role(l, t->id) : NULL;
	char when[WHEN_TEXT];

	html_text(item, "w_rung",
	    role != NULL && role->rung != RUNG_NONE ? rung_label((enum rung)role->rung)
						    : "");
	if (role != NULL && role->ttl > 0)
		html_printf(
		    item, "w_ttl", "%u %s", role->ttl, role->ttl == 1 ? "hop" : "hops");
	else
		html_text(item, "w_ttl", "");
	when_text(when, sizeof when, p->since, false);
	html_text(item, "w_since", when);
	if (p->changes > 0)
		html_printf(item, "w_changes", "%u %s", p->changes,
		    p->changes == 1 ? "change" : "changes");
	else
		html_text(item, "w_changes", "");
}

void
path_put_way(struct html *page, const struct conf_target *t)
{
	const struct msg_path *p = ways_get(t->id);

	html_flag(page, "way", p != NULL);
	if (p == NULL)
		return;
	put_summary(page, t, p);
	put_hops(page, &p->way);
	put_history(page, t->id);
}

static void
put_target(struct html *page, const struct conf_target *t, bool open)
{
	const struct msg_path *p = ways_get(t->id);
	struct html *item;
	char *menu;

	if (p == NULL || row_hidden(t))
		return;
	item = html_item(page, open ? "target" : "line");
	menu = html_strip(t->menu);
	html_text(item, "w_name", menu);
	free(menu);
	html_text(item, "w_path", t->path);
	row_href(item, "w_href", t);
	html_text(item, "w_host", t->host != NULL ? t->host : "");
	put_summary(item, t, p);
	if (open) {
		put_hops(item, &p->way);
		put_history(item, t->id);
	}
}

static unsigned
count_known(const struct conf *conf)
{
	unsigned count = 0;

	for (size_t i = 0; i < conf->target_count; i++)
		count += ways_get(conf->target[i]->id) != NULL;
	return count;
}

/* A few ways with their hops, or more of them in a line each. */
static void
put_targets(struct html *page)
{
	const struct conf *conf = state_conf();
	unsigned known = count_known(conf);

	html_flag(page, "known", known > 0);
	html_flag(page, "lines", known > OPEN_TABLES);
	for (size_t i = 0; i < conf->target_count; i++)
		put_target(page, conf->target[i], known <= OPEN_TABLES);
}

void
page_path(struct request *r)
{
	const char *path = request_arg(r, "target");
	const struct conf_target *t = NULL;
	struct html *page;
	char *suggestion;

	if (path != NULL && *path != '\0' &&
	    (t = conf_target_by_path(state_conf(), path)) == NULL) {
		reply_error(r, 404, "there is no target %s", path);
		return;
	}
	page = page_new(r, "Path", "path");
	radios_page(page);
	path_put_ladders(page);
	if (t != NULL) {
		put_target(page, t, true);
		html_flag(page, "known", true);
		html_flag(page, "one", true);
		html_flag(page, "unknown", ways_get(t->id) == NULL);
	} else {
		put_targets(page);
		suggestion = ways_suggest();
		html_text(page, "suggestion", suggestion);
		free(suggestion);
	}
	wayfile_links(page, r);
	page_send(r, page, 200, "path.html");
}
