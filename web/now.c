/* The front page and the pages of a group and of a place in a hierarchy: a sentence,
 * then every target as a line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "link/msgdraw.h"
#include "web/access.h"
#include "web/browsers.h"
#include "web/glance.h"
#include "web/headline.h"
#include "web/verdictshow.h"
#include "web/hierarchy.h"
#include "web/page.h"
#include "web/path.h"
#include "web/query.h"
#include "web/request.h"
#include "web/row.h"
#include "web/target.h"
#include "web/taste.h"
#include "web/vantage.h"
#include "web/warm.h"

#define PAGE_ROWS 100 /* lines on one page */

/* The targets of a page, in the order of its tree. Those with the same group share a
 * card: PLACE in a hierarchy, else they have the same parent. */
struct line {
	const struct conf_target *target;
	const struct spot *place;
};

struct lines {
	struct line *line;
	size_t count, room;
};

static void
line_add(struct lines *l, const struct conf_target *t, const struct spot *place)
{
	if (l->count == l->room) {
		l->room = l->room * 2 + 64;
		l->line = mem_grow(l->line, l->room, sizeof *l->line);
	}
	l->line[l->count++] = (struct line){ t, place };
}

static void
lines_below(struct lines *l, const struct conf_target *group)
{
	for (const struct conf_target *t = group->first; t != NULL; t = t->next) {
		if (t->hide)
			continue;
		if (row_listed(t))
			line_add(l, t, NULL);
		lines_below(l, t);
	}
}

static void
lines_at(struct lines *l, const struct spot *place)
{
	for (const struct spot *p = place->first; p != NULL; p = p->next) {
		if (p->target != NULL && p->target->hide)
			continue;
		if (p->target != NULL && row_listed(p->target))
			line_add(l, p->target, place);
		lines_at(l, p);
	}
}

/* "A › B" of a hierarchy. */
static char *
place_trail(const struct spot *p)
{
	if (p == NULL || p->parent == NULL)
		return mem_str("");
	char *outer = place_trail(p->parent), *own = html_strip(spot_menu(p));
	char *trail = mem_printf("%s%s%s", outer, *outer != '\0' ? " › " : "", own);
	free(outer);
	free(own);
	return trail;
}

/* The address of P in hierarchy ID as value NAME. */
static void
place_href(struct html *h, const char *name, const char *id, const struct spot *p)
{
	char *prefix = mem_printf("/h/%s%s", id, *p->path != '\0' ? "/" : "");

	row_path(h, name, prefix, p->path);
	free(prefix);
}

/* A card for the targets beside L; HERE is the group or place of the page. */
static struct html *
card_new(struct html *page, const struct line *l, const void *here, const char *id)
{
	struct html *card = html_item(page, "card");
	const struct conf_target *parent = l->target->parent;
	char *trail =
	    l->place != NULL ? place_trail(l->place) : row_trail(l->target->parent);

	html_text(card, "trail", *trail != '\0' ? trail : "Targets");
	if (l->place != NULL && l->place->parent != NULL && l->place != here)
		place_href(card, "group_href", id, l->place);
	else if (l->place == NULL && parent->parent != NULL && parent != here)
		row_href(card, "group_href", parent);
	free(trail);
	/* Places of a hierarchy are none of the configuration's groups. */
	html_text(card, "compare", "");
	if (l->place == NULL && parent->parent != NULL)
		compare_link(card, parent, "");
	return card;
}

/* Are the histories for lines FIRST and following of L read first? Then the page comes
 * later. */
static bool
wait_for(struct request *r, const struct lines *l, size_t first)
{
	const struct conf_target *target[PAGE_ROWS];
	size_t n = 0;

	for (size_t i = first; i < l->count && n < PAGE_ROWS; i++)
		target[n++] = l->line[i].target;
	return warm_begin(r, target, n, row_span());
}

/* Lines FIRST and following of L, and the sentence about all of them. In the tree's
 * order those of a group stand together, except behind a group of their own. */
static void
put_lines(struct request *r, struct html *page, const struct lines *l, size_t first,
    const void *here, const char *id)
{
	struct headline *sum = headline_new();
	struct html *card = NULL;
	const struct line *before = NULL;
	int64_t span = row_begin(page);

	for (size_t i = 0; i < l->count; i++) {
		const struct line *line = &l->line[i];
		headline_add(sum, line->target);
		if (i < first || i >= first + PAGE_ROWS)
			continue;
		if (before == NULL || line->place != before->place ||
		    (line->place == NULL &&
			line->target->parent != before->target->parent))
			card = card_new(page, line, here, id);
		before = line;
		row_add(card, "target", line->target, span);
	}
	page_turns(r, page, first, PAGE_ROWS, l->count);
	bool wrong = headline_put(page, sum);
	if (here == state_conf()->targets)
		verdictshow_line(page, access_hosts(r), wrong);
}

static void
put_remark(struct html *page, const struct conf_target *t)
{
	if (t == NULL || t->remark == NULL)
		return;
	char *remark = html_safe(t->remark);
	html_markup(page, "remark", remark);
	free(remark);
}

/* ADDRESS as what the page is called WORD as a file, with ARGS behind it. */
static void
put_file(
    struct html *page, const char *word, const char *address, const char *const args[3])
{
	static const char *const names[3] = { "hierarchy", "below", "theme" };
	char *text, sign = strchr(address, '?') != NULL ? '&' : '?';
	size_t len;
	FILE *out = mem_stream(&text, &len);

	fprintf(out, "%s%s", request_base(), address);
	for (size_t i = 0; i < 3; i++) {
		if (args[i] == NULL || args[i][0] == '\0')
			continue;
		fprintf(out, "%c%s=", sign, names[i]);
		query_encode(out, args[i]);
		sign = '&';
	}
	mem_stream_end(out);
	struct html *item = html_item(page, "file");
	html_text(item, "x_word", word);
	html_text(item, "x_href", text);
	free(text);
}

/* Where the same is as a file: what is BELOW ("" of all), of HIERARCHY where it is no
 * group (else NULL). The tables of groups are the API's, which tells more of each
 * target. */
static void
put_list(struct html *page, const char *hierarchy, const char *below)
{
	const char *theme = taste_theme(false) >= DRAW_SAFE ? "safe" : NULL;
	const char *const drawn[3] = { hierarchy, below, theme };
	const char *const told[3] = { hierarchy, below, NULL };
	bool api = hierarchy == NULL;

	html_flag(page, "list", true);
	put_file(page, "PNG", "/overview.png", drawn);
	put_file(page, "SVG", "/overview.svg", drawn);
	put_file(page, "PDF", "/overview.pdf", drawn);
	put_file(
	    page, "CSV", api ? "/api/v1/targets?format=csv" : "/overview.csv", told);
	put_file(
	    page, "JSON", api ? "/api/v1/targets?format=json" : "/overview.json", told);
}

void
page_now(struct request *r)
{
	const struct conf_target *root = state_conf()->targets;
	struct lines lines = { 0 };
	size_t first;

	if (page_first(r, PAGE_ROWS, &first) != 0)
		return;
	lines_below(&lines, root);
	if (!wait_for(r, &lines, first)) {
		struct html *page = page_new(r, "Now", "now");
		put_lines(r, page, &lines, first, root, NULL);
		browsers_put(page);
		path_put_ladders(page);
		if (first == 0)
			glance_put(page, access_hosts(r));
		put_list(page, NULL, "");
		put_remark(page, root);
		page_send(r, page, 200, "now.html");
	}
	free(lines.line);
}

/* A link to a group inside. */
static struct html *
subgroup(struct html *page, const char *menu)
{
	struct html *item = html_item(page, "subgroup");
	html_plain(item, "menu", menu);
	html_flag(page, "subgroups", true);
	return item;
}

void
page_section(struct request *r, const struct conf_target *group)
{
	char *title = html_strip(group->title), *safe = html_safe(group->title);
	struct lines lines = { 0 };
	size_t first;

	lines_below(&lines, group);
	if (page_first(r, PAGE_ROWS, &first) == 0 && !wait_for(r, &lines, first)) {
		struct html *page = page_new(r, title, "targets");
		html_markup(page, "heading", safe);
		page_trail(page, group->parent);
		put_lines(r, page, &lines, first, group, NULL);
		for (const struct conf_target *t = group->first; t != NULL; t = t->next)
			if (t->kind == CONF_GROUP && !t->hide)
				row_href(subgroup(page, t->menu), "href", t);
		put_list(page, NULL, group->path);
		put_remark(page, group);
		page_send(r, page, 200, "now.html");
	}
	free(lines.line);
	free(title);
	free(safe);
}

/* --- in a hierarchy --------------------------------------------------------------- */

static void
put_place_trail(struct html *page, const char *id, const struct spot *p)
{
	if (p == NULL)
		return;
	put_place_trail(page, id, p->parent);
	struct html *item = html_item(page, "crumb");
	char *menu = p->parent != NULL ? html_strip(spot_menu(p))
				       : html_strip(page_hierarchy_title(id));
	html_text(item, "menu", menu);
	place_href(item, "href", id, p);
	free(menu);
}

static void
page_place(struct request *r, const char *id, const struct spot *place)
{
	const char *name = place->target != NULL   ? place->target->title
			   : place->parent != NULL ? place->name
						   : page_hierarchy_title(id);
	char *title = html_strip(name), *safe = html_safe(name);
	struct lines lines = { 0 };
	size_t first;

	/* What is measured itself stands before what hangs below it. */
	if (place->target != NULL && place->target->host != NULL)
		line_add(&lines, place->target, place);
	lines_at(&lines, place);
	if (page_first(r, PAGE_ROWS, &first) == 0 && !wait_for(r, &lines, first)) {
		struct html *page = page_new(r, title, "targets");
		html_markup(page, "heading", safe);
		put_place_trail(page, id, place->parent);
		put_lines(r, page, &lines, first, place, id);
		for (const struct spot *p = place->first; p != NULL; p = p->next)
			if (p->first != NULL && (p->target == NULL || !p->target->hide))
				place_href(subgroup(page, spot_menu(p)), "href", id, p);
		put_list(page, id, place->path);
		put_remark(page, place->target);
		page_send(r, page, 200, "now.html");
	}
	free(lines.line);
	free(title);
	free(safe);
}

const char *
page_hierarchy_title(const char *id)
{
	const struct conf_section *all =
	    conf_child(conf_top(state_conf(), "Presentation"), "hierarchies");

	return conf_value(conf_child(all, id), "title", id);
}

void
page_hierarchy(struct request *r, const char *id, const char *path)
{
	const struct spot *root = hierarchy_root(id), *p;
	const char *mode = request_arg(r, "displaymode");
	char slave[VANTAGE_NAME];

	if (root == NULL)
		reply_error(r, 404, "There is no hierarchy %s.", id);
	else if ((p = hierarchy_parse(root, path, slave)) == NULL)
		reply_error(r, 404, "There is no %s in hierarchy %s.", path, id);
	else if (p->target != NULL && p->target->host != NULL &&
		 (p->first == NULL || *slave != '\0' ||
		     (mode != NULL && (*mode == 'n' || *mode == 'a'))))
		page_target(r, p->target, slave);
	else
		page_place(r, id, p);
}

/* "/h/ID/A/B" */
void
page_by_place(struct request *r)
{
	char *id = mem_str(request_rest(r)), *path = strchr(id, '/');

	if (path != NULL)
		*path++ = '\0';
	for (char *p = path; p != NULL && *p != '\0'; p++)
		if (*p == '/')
			*p = '.';
	page_hierarchy(r, id, path != NULL ? path : "");
	free(id);
}
