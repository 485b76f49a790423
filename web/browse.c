/* Ways to a target: its path, SmokePing's addresses, the tree, a search. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "web/page.h"
#include "web/query.h"
#include "web/request.h"
#include "web/row.h"

#define FOUND_MAX 200 /* lines on a page of results */
#define INDENT_MAX 6  /* levels that the tree shows by indentation */

static void
show(struct request *r, const struct conf_target *t)
{
	if (t == state_conf()->targets)
		page_now(r);
	else if (t->kind == CONF_GROUP)
		page_section(r, t);
	else
		page_target(r, t);
}

/* --- by path
 * -------------------------------------------------------------------------- */

void
page_by_path(struct request *r)
{
	const char *rest = request_rest(r);
	char *path = mem_str(rest);
	size_t len = strlen(path);
	const struct conf_target *t = NULL;

	if (len > 0 && path[len - 1] == '/')
		path[--len] = '\0';
	/* A dot of the reader's is none of ours. */
	bool dotted = strchr(path, '.') != NULL;
	for (char *p = path; *p != '\0'; p++)
		if (*p == '/')
			*p = '.';
	if (len == 0)
		t = state_conf()->targets;
	else if (!dotted)
		t = conf_target_by_path(state_conf(), path);
	if (t == NULL)
		reply_error(r, 404, "There is no target %s.", rest);
	else
		show(r, t);
	free(path);
}

/* --- SmokePing's addresses
 * ------------------------------------------------------------ */

/* "imgcache/A/B_last_10800.png" and "imgcache/A/B_mini.png", as others have bookmarked
 * them: on to the graph. */
static bool
show_imgcache(struct request *r, const char *rest)
{
	const char *mini = strstr(rest, "_mini."), *last = strstr(rest, "_last_");
	const char *mark = mini != NULL ? mini : last;
	char *text, *name;
	size_t len;

	if (strncmp(rest, "imgcache/", 9) != 0 || mark == NULL)
		return false;
	const char *dot = strrchr(rest, '.');
	long seconds = mini != NULL ? 10 * 3600 : strtol(last + 6, NULL, 10);
	FILE *out = open_memstream(&text, &len);
	if (out == NULL)
		fatal("open_memstream");
	name = mem_strn(rest + 9, (size_t)(mark - rest - 9));
	fputs("/graph/", out);
	query_encode(out, name);
	free(name);
	query_encode(out, dot != NULL ? dot : ".png");
	fprintf(out, "?start=now-%lds%s", seconds > 0 ? seconds : 10800,
	    mini != NULL ? "&kind=overview" : "");
	fclose(out);
	reply_redirect(r, text);
	free(text);
	return true;
}

/* The target that hangs at PATH ("A.B") of hierarchy ID: its variable "parents" names
 * places like "ID:/A". EXACT: at this very place; else anywhere below. */
static bool
hangs_at(const struct conf_target *t, const char *id, const char *path, bool exact)
{
	const char *parents = conf_value(t->section, "parents", NULL);
	size_t id_len = strlen(id);

	for (const char *at = parents; at != NULL && *at != '\0';) {
		at += strspn(at, " \t");
		size_t len = strcspn(at, " \t");
		if (len > id_len && strncmp(at, id, id_len) == 0 && at[id_len] == ':') {
			char *place = mem_printf("%.*s/%s", (int)(len - id_len - 1),
			    at + id_len + 1, t->name);
			char *p = place;
			while (*p == '/')
				memmove(p, p + 1, strlen(p));
			for (; *p != '\0'; p++)
				if (*p == '/')
					*p = '.';
			size_t n = strlen(path);
			bool fits = strncmp(place, path, n) == 0 &&
				    (place[n] == '\0' ||
					(!exact && (n == 0 || place[n] == '.')));
			free(place);
			if (fits)
				return true;
		}
		at += len;
	}
	return false;
}

static void
show_hierarchy(struct request *r, const char *id, const char *path)
{
	const struct conf *conf = state_conf();
	struct html *page, *card = NULL;

	if (conf_child(conf_child(conf_top(conf, "Presentation"), "hierarchies"), id) ==
	    NULL) {
		reply_error(r, 404, "There is no hierarchy %s.", id);
		return;
	}
	for (size_t i = 0; *path != '\0' && i < conf->target_count; i++)
		if (hangs_at(conf->target[i], id, path, true)) {
			show(r, conf->target[i]);
			return;
		}
	page = page_new(r, id, "targets");
	html_text(page, "heading", id);
	int64_t span = row_begin(page);
	for (size_t i = 0, n = 0; i < conf->target_count; i++) {
		if (!hangs_at(conf->target[i], id, path, false) || n++ >= FOUND_MAX)
			continue;
		if (card == NULL) {
			card = html_item(page, "card");
			html_text(card, "trail", *path != '\0' ? path : id);
		}
		row_add(card, "target", conf->target[i], span);
	}
	html_flag(page, "nothing", card == NULL);
	page_send(r, page, 200, "found.html");
}

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

void
page_smokeping(struct request *r)
{
	const char *path = request_arg(r, "target"), *filter = request_arg(r, "filter");
	const char *hierarchy = request_arg(r, "hierarchy"), *rest = request_rest(r);

	if (show_imgcache(r, rest))
		return;
	if (*rest != '\0' && strcmp(rest, "/") != 0 && !is_program(rest)) {
		reply_error(r, 404, "There is nothing at %s.", request_path(r));
		return;
	}
	/* SmokePing's own pages (_charts) are not there: the overview. */
	if (path == NULL || *path == '_')
		path = "";
	if (filter != NULL && *filter != '\0') {
		page_search(r);
		return;
	}
	if (hierarchy != NULL && *hierarchy != '\0' && strcmp(hierarchy, "0") != 0) {
		show_hierarchy(r, hierarchy, path);
		return;
	}
	const struct conf_target *t = *path == '\0'
					  ? state_conf()->targets
					  : conf_target_by_path(state_conf(), path);
	if (t == NULL)
		reply_error(r, 404, "There is no target %s.", path);
	else
		show(r, t);
}

/* --- searching
 * ------------------------------------------------------------------------ */

static bool
holds(const char *text, const char *wanted)
{
	return text != NULL && strcasestr(text, wanted) != NULL;
}

static bool
is_found(const struct conf_target *t, const char *wanted)
{
	const struct live *live = state_live(t->id);
	char address[ADDR_TEXT] = "";

	if (live != NULL)
		addr_text(&live->target.address, address);
	return holds(t->menu, wanted) || holds(t->title, wanted) ||
	       holds(t->host, wanted) || holds(t->path, wanted) ||
	       holds(address, wanted);
}

void
page_search(struct request *r)
{
	const struct conf *conf = state_conf();
	const char *wanted = request_arg(r, "q");
	struct html *page, *card = NULL;
	size_t found = 0;

	if (wanted == NULL)
		wanted = request_arg(r, "filter");
	if (wanted == NULL || *wanted == '\0') {
		page_targets(r);
		return;
	}
	page = page_new(r, "Search", "targets");
	html_text(page, "query", wanted);
	html_text(page, "wanted", wanted);
	int64_t span = row_begin(page);
	for (size_t i = 0; i < conf->target_count; i++) {
		const struct conf_target *t = conf->target[i];
		if (!row_listed(t) || !is_found(t, wanted))
			continue;
		if (card == NULL)
			card = html_item(page, "card");
		if (++found <= FOUND_MAX)
			row_add(card, "target", t, span);
	}
	if (card != NULL)
		html_printf(card, "trail", "%zu found", found);
	if (found > FOUND_MAX)
		html_printf(page, "left_out", "%zu", found - FOUND_MAX);
	html_flag(page, "nothing", card == NULL);
	page_send(r, page, 200, "found.html");
}

/* --- the tree
 * ------------------------------------------------------------------------- */

static void
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
		html_text(node, "look", look_word(state_look(t, why, sizeof why)));
		html_text(node, "host", t->host);
		html_text(node, "why", why);
	}
}

static void
put_tree(struct html *page, const struct conf_target *group, unsigned depth)
{
	for (const struct conf_target *t = group->first; t != NULL; t = t->next) {
		if (t->hide)
			continue;
		put_node(page, t, depth);
		put_tree(page, t, depth + 1);
	}
}

void
page_targets(struct request *r)
{
	struct html *page = page_new(r, "Targets", "targets");

	put_tree(page, state_conf()->targets, 0);
	page_send(r, page, 200, "targets.html");
}
