/* The graphs on a user's page, as SmokePing arranges them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "web/figure.h"
#include "web/html.h"
#include "web/page.h"
#include "web/query.h"
#include "web/rank.h"
#include "web/request.h"
#include "web/row.h"
#include "web/skin.h"
#include "web/state.h"

#define OVERVIEW_MAX 200 /* small graphs on one page */
#define CHART_SPAN 3600

static void
put_safe(FILE *out, const char *text)
{
	char *safe = html_safe(text);

	fputs(safe, out);
	free(safe);
}

static bool
titles_outside(void)
{
	const struct conf_section *s = conf_top(state_conf(), "Presentation");

	return strcmp(conf_value(s, "htmltitle", "no"), "yes") == 0;
}

/* A panel with HEADING, unless that is NULL. */
static void
open_panel(FILE *out, const char *heading)
{
	bool plain = strcmp(conf_value(conf_top(state_conf(), "Presentation"),
				"graphborders", "yes"),
			 "no") == 0;

	fprintf(out, "<div class=\"panel%s\">", plain ? " panel-no-border" : "");
	if (heading != NULL) {
		fprintf(out, "<div class=\"panel-heading%s\"><h2>",
		    plain ? " panel-heading-no-border" : "");
		put_safe(out, heading);
		fputs("</h2></div>", out);
	}
	fputs("<div class=\"panel-body\">", out);
}

static void
close_panel(FILE *out)
{
	fputs("</div></div>\n", out);
}

/* The picture of T as SLAVE ("" is this box) sees it; MORE are further arguments,
 * encoded for an attribute. */
static void
put_picture(FILE *out, const struct conf_target *t, const char *slave,
    const char *attributes, const char *more, const char *label)
{
	const struct live *live = state_live(t->id);
	char *path = mem_str(t->path);

	for (char *p = path; *p != '\0'; p++)
		if (*p == '.')
			*p = '/';
	fprintf(out, "<img %s alt=\"", attributes);
	html_escape(out, label);
	fprintf(out, "\" loading=\"lazy\" src=\"%s/graph/%s%s%s.png?%s", request_base(),
	    path, *slave != '\0' ? "~" : "", slave, more);
	if (!titles_outside()) {
		fputs("&amp;label=", out);
		query_encode(out, label);
	}
	fprintf(out, "&amp;v=%" PRId64 "\">", live != NULL ? live->row : 0);
	free(path);
}

/* --- what is below ---------------------------------------------------------------- */

static void
put_small(
    FILE *out, const struct skin_view *v, const struct conf_target *t, const char *path)
{
	const struct conf_section *s =
	    conf_child(conf_top(state_conf(), "Presentation"), "overview");
	char more[96];

	open_panel(out, titles_outside() ? t->title : NULL);
	fputs("<a href=\"", out);
	skin_link(out, v, path);
	fputs("\">", out);
	snprintf(more, sizeof more, "kind=overview%s",
	    conf_value(s, "range", NULL) == NULL ? "&amp;start=now-10h" : "");
	put_picture(out, t, "", "", more, t->menu);
	fputs("</a>", out);
	close_panel(out);
}

static void
put_below(FILE *out, struct request *r, const struct skin_view *v)
{
	size_t n = 0, left = 0;

	(void)r;
	if (v->place != NULL) {
		for (const struct spot *p = v->place->first; p != NULL; p = p->next)
			if (p->target != NULL && row_listed(p->target)) {
				if (n++ < OVERVIEW_MAX)
					put_small(out, v, p->target, p->path);
				else
					left++;
			}
	} else {
		for (const struct conf_target *t = v->target->first; t != NULL;
		     t = t->next)
			if (row_listed(t)) {
				if (n++ < OVERVIEW_MAX)
					put_small(out, v, t, t->path);
				else
					left++;
			}
	}
	if (left > 0)
		fprintf(out, "<p>%zu more are in the menu.</p>\n", left);
}

/* --- charts ----------------------------------------------------------------------- */

static void
put_charted(FILE *out, const struct skin_view *v, const struct conf_target *t)
{
	char more[64];

	fputs("<a href=\"", out);
	skin_link(out, v, t->path);
	fputs("\">", out);
	snprintf(more, sizeof more, "kind=navigator&amp;start=now-%ds", CHART_SPAN);
	put_picture(out, t, "", "", more, t->title);
	fputs("</a>", out);
}

static void
put_chart(FILE *out, const struct skin_view *v, const struct conf_chart *c, bool whole)
{
	size_t count;
	struct rank *rank = rank_targets(c->by, 0,
	    !whole			? 1
	    : c->entries > OVERVIEW_MAX ? OVERVIEW_MAX
					: c->entries,
	    &count, NULL);

	if (!whole)
		open_panel(out, c->title);
	if (count == 0)
		fputs("<p>No targets returned by the sorter.</p>", out);
	for (size_t i = 0; i < count; i++) {
		if (whole) {
			char *heading, *said;
			size_t len;
			FILE *text = mem_stream(&said, &len);
			if (c->format != NULL)
				figure_as(text, c->format, rank[i].value);
			mem_stream_end(text);
			heading = mem_printf("%zu. %s", i + 1, said);
			open_panel(out, heading);
			free(heading);
			free(said);
		}
		put_charted(out, v, rank[i].target);
		if (whole)
			close_panel(out);
	}
	if (!whole)
		close_panel(out);
	free(rank);
}

static void
put_charts(FILE *out, const struct skin_view *v)
{
	const struct conf *conf = state_conf();
	const struct conf_section *top =
	    conf_child(conf_top(conf, "Presentation"), "charts");

	if (*v->chart == '\0') {
		fputs("<h1>", out);
		put_safe(out, conf_value(top, "title", "Charts"));
		fputs("</h1>\n", out);
	}
	for (size_t i = 0; i < conf->charts; i++) {
		const struct conf_chart *c = &conf->chart[i];
		if (*v->chart == '\0') {
			put_chart(out, v, c, false);
		} else if (strcmp(c->name, v->chart) == 0) {
			fputs("<h1>", out);
			put_safe(out, c->title);
			fputs("</h1>\n", out);
			put_chart(out, v, c, true);
		}
	}
}

/* What our script looks for: how often to look again, and the part that it exchanges.
 */
static void
begin_live(FILE *out, const struct skin_view *v, const char *id)
{
	unsigned step = v->target != NULL && v->target->step > 0 ? v->target->step
								 : state_conf()->step;

	fprintf(out, "<div id=\"%s\" data-step=\"%u\" data-live>\n", id, step);
}

void
skin_overview(FILE *out, struct request *r, const struct skin_view *v)
{
	const char *mode = request_arg(r, "displaymode");

	if (mode != NULL && *mode == 'n')
		return;
	begin_live(out, v, "smokebox-overview");
	if (v->chart != NULL)
		put_charts(out, v);
	else if (v->place != NULL || v->target != NULL)
		put_below(out, r, v);
	fputs("</div>\n", out);
}

/* --- itself ----------------------------------------------------------------------- */

/* Where V's target is, as SLAVE ("" for all) sees it. */
static void
put_link(FILE *out, const struct skin_view *v, const char *slave)
{
	skin_link(out, v, v->place != NULL ? v->place->path : v->target->path);
	if (*slave != '\0')
		fprintf(out, "~%s", slave);
	fputs("&amp;displaymode=n", out);
}

/* The graph of one range; FROM is who measured, NULL where many are drawn together. */
static void
put_period(FILE *out, const struct skin_view *v, const struct conf_period *p,
    const struct vantage *from)
{
	const char *slave = from != NULL ? from->slave : "";
	char *heading = from != NULL ? mem_printf("%s from %s", p->label, from->display)
				     : mem_str(p->label);
	char more[64];

	open_panel(out, titles_outside() ? heading : NULL);
	fputs("<a class=\"zoom\" data-zoom=\"", out);
	put_link(out, v, slave);
	fputs("\" href=\"", out);
	put_link(out, v, slave);
	fprintf(out, "&amp;start=now-%us&amp;end=now\">", p->seconds);
	snprintf(more, sizeof more, "start=now-%us&amp;end=now", p->seconds);
	put_picture(out, v->target, slave, "", more, p->label);
	fputs("</a>", out);
	close_panel(out);
	free(heading);
}

/* Every range, as each sees it who measures; or as the one who was chosen. */
static void
put_periods(FILE *out, const struct skin_view *v)
{
	const struct conf *conf = state_conf();
	struct vantage list[VANTAGES];
	size_t count = vantage_list(conf, v->target, list, VANTAGES);

	for (size_t i = 0; i < conf->periods; i++) {
		if (v->target->kind == CONF_MULTIHOST)
			put_period(out, v, &conf->period[i], NULL);
		for (size_t k = 0; k < count; k++)
			if (v->slave[0] == '\0' || strcmp(v->slave, list[k].slave) == 0)
				put_period(out, v, &conf->period[i], &list[k]);
	}
}

static void
put_field(FILE *out, const char *type, const char *name, const char *value)
{
	fprintf(out, "<input type=\"%s\" name=\"%s\"%s%s%s value=\"", type, name,
	    *type == 'h' ? " id=\"" : "", *type == 'h' ? name : "",
	    *type == 'h' ? "\"" : "");
	html_escape(out, value);
	fputs("\">", out);
}

static int
put_navigator(FILE *out, struct request *r, const struct skin_view *v)
{
	int64_t now = clock_wall_s(), start, end;
	const char *from = request_arg(r, "start"), *to = request_arg(r, "end");
	const char *title = request_arg(r, "title");
	char more[96], text[24];

	if (request_range(r, now, &start, &end) != 0)
		return -1;
	open_panel(out, titles_outside() ? "Navigator Graph" : NULL);
	fputs("<div class=\"zoom\" data-zoom=\"", out);
	put_link(out, v, v->slave);
	fputs("\">", out);
	snprintf(more, sizeof more,
	    "kind=navigator&amp;start=%" PRId64 "&amp;end=%" PRId64, start, end);
	put_picture(out, v->target, v->slave, "id=\"zoom\"", more,
	    title != NULL && *title != '\0' ? title : "Navigator Graph");
	fputs(
	    "</div>\n<form method=\"get\" action=\"\" id=\"range_form\"><p>Time range: ",
	    out);
	snprintf(text, sizeof text, "%" PRId64, start);
	put_field(out, "hidden", "epoch_start", text);
	put_field(out, "hidden", "hierarchy", v->hierarchy != NULL ? v->hierarchy : "");
	snprintf(text, sizeof text, "%" PRId64, end);
	put_field(out, "hidden", "epoch_end", text);
	char *target =
	    mem_printf("%s%s%s", v->place != NULL ? v->place->path : v->target->path,
		v->slave[0] != '\0' ? "~" : "", v->slave);
	put_field(out, "hidden", "target", target);
	free(target);
	put_field(out, "hidden", "displaymode", "n");
	put_field(
	    out, "text", "start", from != NULL && *from != '\0' ? from : "now-3h");
	fputs("&nbsp;&nbsp;to&nbsp;&nbsp;", out);
	put_field(out, "text", "end", to != NULL && *to != '\0' ? to : "now");
	fputs("&nbsp;<input type=\"submit\" value=\"Generate!\"></p></form>", out);
	close_panel(out);
	return 0;
}

int
skin_body(FILE *out, struct request *r, const struct skin_view *v)
{
	const char *mode = request_arg(r, "displaymode");
	int status = 0;

	if (v->chart != NULL || v->target == NULL || v->target->host == NULL)
		return 0;
	if (mode != NULL && *mode == 'n') {
		fputs("<div class=\"smokebox\">\n", out);
		status = put_navigator(out, r, v);
	} else {
		begin_live(out, v, "smokebox-body");
		put_periods(out, v);
	}
	fputs("</div>\n", out);
	return status;
}
