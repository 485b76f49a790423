/* Ways to a target: its path, SmokePing's addresses, the tree. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "web/look.h"
#include "web/page.h"
#include "web/query.h"
#include "web/request.h"
#include "web/row.h"
#include "web/skin.h"
#include "web/vantage.h"
#include "web/wanted.h"

#define INDENT_MAX 6 /* levels that the tree shows by indentation */
#define TREE_MAX 400 /* nodes of a tree that is shown with all its targets */

/* T as SLAVE sees it, "" for all that measure it. */
static void
show(struct request *r, const struct conf_target *t, const char *slave)
{
	if (t == state_conf()->targets)
		page_now(r);
	else if (t->kind == CONF_GROUP)
		page_section(r, t);
	else
		page_target(r, t, slave);
}

/* --- by path ---------------------------------------------------------------------- */

void
page_by_path(struct request *r)
{
	const char *rest = request_rest(r);
	char *path = mem_str(rest), slave[VANTAGE_NAME];
	size_t len = strlen(path);

	if (len > 0 && path[len - 1] == '/')
		path[--len] = '\0';
	const struct conf_target *t = vantage_parse(state_conf(), path, '/', slave);
	if (t == NULL)
		reply_error(r, 404, "There is no target %s.", rest);
	else
		show(r, t, slave);
	free(path);
}

/* --- SmokePing's addresses -------------------------------------------------------- */

/* Is REST what a server in front calls SmokePing's program: "smokeping.cgi",
 * "smokeping.fcgi", "sm.cgi"? */
static bool
is_program(const char *rest)
{
	static const char *const suffix[] = { ".cgi", ".fcgi", ".fcgi.pl" };
	size_t len = strlen(rest);

	if (strchr(rest, '/') != NULL)
		return false;
	for (size_t i = 0; i < sizeof suffix / sizeof suffix[0]; i++) {
		size_t n = strlen(suffix[i]);
		if (len > n && strcmp(rest + len - n, suffix[i]) == 0)
			return true;
	}
	return false;
}

/* The page at PATH of a hierarchy, or of all targets, or a chart, in the user's own
 * page. */
static void
show_skin(struct request *r, const char *path, const char *hierarchy)
{
	const char *filter = request_arg(r, "filter");
	struct skin_view v = { .filter =
				   filter != NULL && *filter != '\0' ? filter : NULL };

	if (strcmp(path, "_charts") == 0 || strncmp(path, "_charts.", 8) == 0) {
		v.chart = path[7] == '.' ? path + 8 : "";
	} else if (hierarchy != NULL) {
		v.hierarchy = hierarchy;
		v.root = hierarchy_root(hierarchy);
		v.place =
		    v.root != NULL ? hierarchy_parse(v.root, path, v.slave) : NULL;
		v.target = v.place != NULL ? v.place->target : NULL;
	} else {
		v.target = vantage_parse(state_conf(), path, '.', v.slave);
	}
	if (hierarchy != NULL && v.chart == NULL && v.root == NULL)
		reply_error(r, 404, "There is no hierarchy %s.", hierarchy);
	else if (v.chart == NULL && v.place == NULL && v.target == NULL)
		reply_error(r, 404, "There is no target %s.", path);
	else
		skin_answer(r, &v);
}

void
page_smokeping(struct request *r)
{
	const char *path = request_arg(r, "target"), *filter = request_arg(r, "filter");
	const char *hierarchy = request_arg(r, "hierarchy"), *rest = request_rest(r);
	char slave[VANTAGE_NAME];

	if (wanted_by_name(r))
		return;
	if (*rest != '\0' && strcmp(rest, "/") != 0 && !is_program(rest)) {
		if (skin_file(r, rest))
			return;
		reply_error(r, 404, "There is nothing at %s.", request_path(r));
		return;
	}
	const char *mode = request_arg(r, "displaymode");
	if (path == NULL)
		path = "";
	if (hierarchy != NULL && (*hierarchy == '\0' || strcmp(hierarchy, "0") == 0))
		hierarchy = NULL;
	if (skin_is_set() && (mode == NULL || *mode != 'a')) {
		show_skin(r, path, hierarchy);
		return;
	}
	if (strcmp(path, "_charts") == 0 || strncmp(path, "_charts.", 8) == 0) {
		page_chart(r, path[7] == '.' ? path + 8 : "");
		return;
	}
	/* SmokePing's links keep the filter of the menu beside the target. */
	if (filter != NULL && *filter != '\0' && *path == '\0') {
		page_search(r);
		return;
	}
	if (hierarchy != NULL) {
		page_hierarchy(r, hierarchy, path);
		return;
	}
	const struct conf_target *t = vantage_parse(state_conf(), path, '.', slave);
	if (t == NULL)
		reply_error(r, 404, "There is no target %s.", path);
	else
		show(r, t, slave);
}

/* The top, where a proxy may show SmokePing's program. */
void
page_top(struct request *r)
{
	static const char *const arg[] = { "target", "filter", "hierarchy",
		"displaymode" };

	for (size_t i = 0; i < sizeof arg / sizeof arg[0]; i++)
		if (request_arg(r, arg[i]) != NULL) {
			page_smokeping(r);
			return;
		}
	page_now(r);
}

/* --- the tree --------------------------------------------------------------------- */

static struct html *
put_node(struct html *page, const struct conf_target *t, unsigned depth)
{
	struct html *node = html_item(page, "node");
	char why[512], *menu = html_strip(t->menu);

	html_printf(node, "depth", "%u", depth < INDENT_MAX ? depth : INDENT_MAX);
	html_text(node, "menu", menu);
	free(menu);
	row_href(node, "href", t);
	html_flag(node, "group", t->kind == CONF_GROUP);
	if (t->kind == CONF_MEASURED || t->kind == CONF_DYNAMIC) {
		enum look look = look_of(t, why, sizeof why);
		html_text(node, "look", look_word(look));
		html_text(node, "said", look_said(look));
		html_text(node, "host", t->host);
		html_text(node, "why", why);
	}
	char *extra = row_extra(t, "menulink");
	html_markup(node, "extra", extra);
	free(extra);
	return node;
}

/* A group whose targets are not shown one by one: how many there are, and the worst. */
static size_t
put_count(struct html *node, const struct conf_target *group)
{
	static const enum look order[] = { LOOK_DOWN, LOOK_LOSS, LOOK_CANNOT,
		LOOK_UNKNOWN, LOOK_FILTERED };
	size_t count = 0, seen[LOOKS] = { 0 };
	char why[512];

	for (const struct conf_target *t = group->first; t != NULL; t = t->next)
		if (row_listed(t)) {
			count++;
			seen[look_of(t, why, sizeof why)]++;
		}
	if (count == 0)
		return 0;
	html_printf(node, "count", "%zu target%s", count, count == 1 ? "" : "s");
	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
		if (seen[order[i]] > 0) {
			struct html *item = html_item(node, "state");
			html_text(item, "look", look_word(order[i]));
			html_text(item, "said", look_said(order[i]));
			html_printf(item, "number", "%zu", seen[order[i]]);
		}
	return count;
}

/* WHOLE: with every target; else of groups how many there are. */
static void
put_tree(struct html *page, const struct conf_target *group, unsigned depth, bool whole)
{
	for (const struct conf_target *t = group->first; t != NULL; t = t->next) {
		if (t->hide ||
		    (!whole && t->first == NULL && t->parent->parent != NULL))
			continue;
		struct html *node = put_node(page, t, depth);
		if (!whole)
			put_count(node, t);
		put_tree(page, t, depth + 1, whole);
	}
}

static void
put_hierarchies(struct html *page)
{
	size_t count;
	const struct conf_section **all = hierarchy_list(&count);
	struct html *item;

	if (count == 0) {
		free(all);
		return;
	}
	item = html_item(page, "tab");
	html_text(item, "word", "Targets");
	html_printf(item, "href", "%s/targets", request_base());
	html_flag(item, "current", true);
	for (size_t i = 0; i < count; i++) {
		const struct conf_section *s = all[i];
		char *title = html_strip(page_hierarchy_title(s->name));
		item = html_item(page, "tab");
		html_text(item, "word", title);
		html_printf(item, "href", "%s/h/%s", request_base(), s->name);
		html_flag(item, "current", false);
		free(title);
	}
	free(all);
	html_flag(page, "tabs", true);
}

void
page_targets(struct request *r)
{
	struct html *page = page_new(r, "Targets", "targets");

	put_hierarchies(page);
	put_tree(
	    page, state_conf()->targets, 0, state_conf()->target_count <= TREE_MAX);
	page_send(r, page, 200, "targets.html");
}
