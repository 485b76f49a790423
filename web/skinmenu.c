/* The menu of a user's page, as SmokePing writes it: forms, then lists in lists. */
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/mem.h"
#include "web/html.h"
#include "web/page.h"
#include "web/query.h"
#include "web/request.h"
#include "web/row.h"
#include "web/search.h"
#include "web/skin.h"
#include "web/state.h"

void
skin_link(FILE *out, const struct skin_view *v, const char *path)
{
	putc('?', out);
	if (v->hierarchy != NULL) {
		fputs("hierarchy=", out);
		query_encode(out, v->hierarchy);
		fputs("&amp;", out);
	}
	if (v->filter != NULL) {
		fputs("filter=", out);
		query_encode(out, v->filter);
		fputs("&amp;", out);
	}
	fputs("target=", out);
	query_encode(out, path);
}

static void
put_safe(FILE *out, const char *text)
{
	char *safe = html_safe(text);

	fputs(safe, out);
	free(safe);
}

/* --- entries ---------------------------------------------------------------------- */

/* How an entry stands to the page: not on its way, above it, or the page itself. */
enum on {
	OFF,
	ABOVE,
	HERE
};

static void
put_entry(FILE *out, const struct skin_view *v, const char *path, const char *menu,
    enum on on)
{
	static const char *const item[] = { "menuitem", "menuopen", "menuactive" };

	fprintf(out, "<li class=\"%s\"><a class=\"menulink%s\" href=\"", item[on],
	    on == HERE ? "active" : "");
	skin_link(out, v, path);
	fputs("\">", out);
	put_safe(out, menu);
	fputs("</a>", out);
}

static enum on
target_on(const struct skin_view *v, const struct conf_target *t)
{
	const struct conf_target *at = v->chart == NULL ? v->target : NULL;

	if (at == t)
		return HERE;
	for (; at != NULL; at = at->parent)
		if (at == t)
			return ABOVE;
	return OFF;
}

static void
put_targets(FILE *out, const struct skin_view *v, const struct conf_target *group)
{
	for (const struct conf_target *t = group->first; t != NULL; t = t->next) {
		enum on on = target_on(v, t);
		if (t->hide)
			continue;
		put_entry(out, v, t->path, t->menu, on);
		char *extra = row_extra(t, on == HERE ? "menulinkactive" : "menulink");
		if (extra != NULL)
			fprintf(out, "&nbsp;%s", extra);
		free(extra);
		if (on != OFF && t->first != NULL) {
			fputs("\n<ul class=\"menu\">\n", out);
			put_targets(out, v, t);
			fputs("</ul>\n", out);
		}
		fputs("</li>\n", out);
	}
}

static void
put_places(FILE *out, const struct skin_view *v, const struct spot *group)
{
	for (const struct spot *p = group->first; p != NULL; p = p->next) {
		enum on on = p == v->place ? HERE : OFF;
		if (p->target != NULL && p->target->hide)
			continue;
		for (const struct spot *at = v->place; at != NULL && on == OFF;
		     at = at->parent)
			on = at == p ? ABOVE : OFF;
		put_entry(out, v, p->path, spot_menu(p), on);
		if (on != OFF && p->first != NULL) {
			fputs("\n<ul class=\"menu\">\n", out);
			put_places(out, v, p);
			fputs("</ul>\n", out);
		}
		fputs("</li>\n", out);
	}
}

static void
put_charts(FILE *out, const struct skin_view *v)
{
	const struct conf *conf = state_conf();
	const struct conf_section *top =
	    conf_child(conf_top(conf, "Presentation"), "charts");
	char path[512];

	if (top == NULL)
		return;
	put_entry(out, v, "_charts", conf_value(top, "menu", "Charts"),
	    v->chart == NULL	? OFF
	    : *v->chart == '\0' ? HERE
				: ABOVE);
	if (v->chart != NULL) {
		fputs("\n<ul class=\"menu\">\n", out);
		for (size_t i = 0; i < conf->charts; i++) {
			snprintf(path, sizeof path, "_charts.%s", conf->chart[i].name);
			put_entry(out, v, path, conf->chart[i].menu,
			    strcmp(v->chart, conf->chart[i].name) == 0 ? HERE : OFF);
			fputs("</li>\n", out);
		}
		fputs("</ul>\n", out);
	}
	fputs("</li>\n", out);
}

/* --- forms ------------------------------------------------------------------------ */

static void
put_hierarchies(FILE *out, const struct skin_view *v)
{
	size_t count;
	const struct conf_section **all = hierarchy_list(&count);

	if (count == 0) {
		free(all);
		return;
	}
	fputs("<div class=\"hierarchy\"><label for=\"hierarchy\" "
	      "class=\"hierarchy-label\">Hierarchy:</label><div "
	      "class=\"hierarchy-popup\"><select name=\"hierarchy\" id=\"hierarchy\" "
	      "data-submit>\n<option value=\"0\">Default Hierarchy</option>\n",
	    out);
	for (size_t i = 0; i < count; i++) {
		const struct conf_section *s = all[i];
		char *title = html_strip(page_hierarchy_title(s->name));
		bool here = v->hierarchy != NULL && strcmp(v->hierarchy, s->name) == 0;
		fprintf(
		    out, "<option value=\"%s\"%s>", s->name, here ? " selected" : "");
		html_escape(out, title);
		fputs("</option>\n", out);
		free(title);
	}
	free(all);
	/* Without scripts, there has to be something to press. */
	fputs("</select><noscript><input type=\"submit\" value=\"Show\"></noscript>"
	      "</div></div>",
	    out);
}

int
skin_menu(FILE *out, struct request *r, const struct skin_view *v)
{
	fputs("<form method=\"get\" action=\"\" name=\"hswitch\">", out);
	put_hierarchies(out, v);
	fputs(
	    "<div class=\"filter\"><label for=\"filter\" class=\"filter-label\">Filter:"
	    "</label><div class=\"filter-text\"><input type=\"text\" name=\"filter\" "
	    "value=\"",
	    out);
	html_escape(out, v->filter != NULL ? v->filter : "");
	fputs("\" size=\"15\" id=\"filter\" placeholder=\"Filter menu...\" data-submit>"
	      "</div></div></form>\n<ul class=\"menu\">\n",
	    out);
	if (v->filter != NULL) {
		const struct conf_target **found;
		size_t count;
		if (search_targets(r, &found, &count) != 0)
			return -1;
		for (size_t i = 0; i < count; i++) {
			put_entry(out, v, found[i]->path, found[i]->menu,
			    target_on(v, found[i]) == HERE ? HERE : OFF);
			fputs("</li>\n", out);
		}
		free(found);
	} else if (v->hierarchy != NULL) {
		put_places(out, v, v->root);
	} else {
		put_charts(out, v);
		put_targets(out, v, state_conf()->targets);
	}
	fputs("</ul>\n", out);
	return 0;
}
