/* The charts: on one page the worst targets of each, on a page of its own every entry
 * of one with its graph of the last hour. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "web/figure.h"
#include "web/headline.h"
#include "web/page.h"
#include "web/rank.h"
#include "web/request.h"
#include "web/row.h"
#include "web/viewfile.h"

#define PREVIEW_MAX 5 /* entries of each chart on the page of all */
#define PAGE_ENTRIES 50
#define CHART_SPAN 3600 /* seconds of smoke beside an entry */

static const struct conf_chart *
chart_named(const char *name)
{
	const struct conf *conf = state_conf();

	for (size_t i = 0; i < conf->charts; i++)
		if (strcmp(conf->chart[i].name, name) == 0)
			return &conf->chart[i];
	return NULL;
}

/* The links to the charts; HERE is marked. */
static void
put_links(struct html *page, const struct conf_chart *here)
{
	const struct conf *conf = state_conf();
	struct html *all = html_item(page, "tab");

	html_printf(all, "href", "%s/charts", request_base());
	html_text(all, "word", "All");
	html_flag(all, "current", here == NULL);
	for (size_t i = 0; i < conf->charts; i++) {
		struct html *item = html_item(page, "tab");
		html_printf(
		    item, "href", "%s/charts/%s", request_base(), conf->chart[i].name);
		html_plain(item, "word", conf->chart[i].menu);
		html_flag(item, "current", here == &conf->chart[i]);
	}
}

static void
put_value(struct html *h, const struct conf_chart *c, const struct rank *r)
{
	char *text;
	size_t len;

	if (c->by == CONF_BY_LOSS) {
		bool whole = r->value == (double)(long)r->value;
		html_printf(h, "value", "%.*f", whole ? 0 : 1, r->value);
		html_printf(h, "value_unit", "of %u", r->target->pings);
		html_flag(h, "value_wrong", true);
	} else {
		figure_rtt(h, "value", "value_unit", r->value);
		html_flag(h, "value_wrong", false);
	}
	FILE *out = mem_stream(&text, &len);
	if (c->format != NULL)
		figure_as(out, c->format, r->value);
	mem_stream_end(out);
	html_text(h, "said", text);
	free(text);
}

/* Entries SKIP to SKIP + MOST of C into LIST "entry" of H. Returns how many there are.
 */
static size_t
put_entries(struct html *h, const struct conf_chart *c, size_t skip, size_t most)
{
	size_t count, all;
	struct rank *rank = rank_targets(c->by, skip, most, &count, &all);

	for (size_t i = 0; i < count; i++) {
		struct html *item = html_item(h, "entry");
		char *trail = row_trail(rank[i].target->parent);

		row_present(item, rank[i].target);
		html_printf(item, "place", "%zu", skip + i + 1);
		html_text(item, "trail", trail);
		put_value(item, c, &rank[i]);
		free(trail);
	}
	free(rank);
	return all < c->entries ? all : c->entries;
}

/* What is said of a chart without entries. */
static const char *
empty_text(const struct conf_chart *c)
{
	const struct conf *conf = state_conf();

	if (c->by == CONF_SORTERS)
		return "This chart's sorter is none that is known here.";
	for (size_t i = 0; i < conf->target_count; i++) {
		const struct live *l = state_live(conf->target[i]->id);
		if (l != NULL && l->measured)
			return c->by == CONF_BY_LOSS
				   ? "No target lost a ping in its last round."
				   : "No target answered in its last round.";
	}
	return headline_beginning_text();
}

/* --- as a file -------------------------------------------------------------------- */

static const char *const tables[] = { "loss", "max", "median", "stddev", NULL };
static const char *const titles[] = { "loss", "max", "median", "stddev" };

static void
page_all(struct request *r)
{
	const struct conf *conf = state_conf();
	const struct conf_section *top =
	    conf_child(conf_top(conf, "Presentation"), "charts");
	struct html *page = page_new(r, "Charts", "charts");
	headline_beginning(page);
	html_plain(page, "heading", conf_value(top, "title", "Charts"));
	/* The last hour, or less where that is all there is. */
	if (row_begin(page) > CHART_SPAN) {
		html_printf(page, "span", "%d", CHART_SPAN);
		html_text(page, "span_text", "hour");
	}
	put_links(page, NULL);
	for (size_t i = 0; i < conf->charts; i++) {
		const struct conf_chart *c = &conf->chart[i];
		struct html *item = html_item(page, "chart");
		size_t shown = c->entries < PREVIEW_MAX ? c->entries : PREVIEW_MAX;

		html_printf(item, "href", "%s/charts/%s", request_base(), c->name);
		html_plain(item, "chart_title", c->title);
		html_plain(item, "chart_menu", c->menu);
		size_t entries = put_entries(item, c, 0, shown);
		html_text(item, "empty", entries == 0 ? empty_text(c) : "");
		html_text(item, "more", "");
		if (entries > shown)
			html_printf(item, "more", "%zu", entries - shown);
	}
	viewfile_links(page, r, "/charts", tables, titles, true);
	page_send(r, page, 200, "charts.html");
}

static void
page_one(struct request *r, const struct conf_chart *c)
{
	char *title = html_strip(c->title);
	struct html *page = page_new(r, title, "charts");
	size_t first;

	html_text(page, "heading", title);
	free(title);
	put_links(page, c);
	if (page_first(r, PAGE_ENTRIES, &first) != 0) {
		html_free(page);
		return;
	}
	size_t most = first >= c->entries ? 0 : c->entries - first;
	size_t entries =
	    put_entries(page, c, first, most < PAGE_ENTRIES ? most : PAGE_ENTRIES);
	html_text(page, "empty", entries == 0 ? empty_text(c) : "");
	html_text(page, "label", "last hour");
	html_text(page, "start", "now-1h");
	html_text(page, "end", "now");
	html_text(page, "plot_width", "960");
	html_text(page, "plot_height", "240");
	page_turns(r, page, first, PAGE_ENTRIES, entries);
	if (c->by < CONF_SORTERS)
		viewfile_links(page, r, "/charts",
		    (const char *const[]){ rank_word(c->by), NULL }, titles, true);
	page_send(r, page, 200, "chart.html");
}

void
page_chart(struct request *r, const char *name)
{
	const struct conf_chart *c;

	if (*name == '\0') {
		page_all(r);
	} else if ((c = chart_named(name)) != NULL) {
		page_one(r, c);
	} else {
		reply_error(r, 404, "There is no chart %s.", name);
	}
}

void
page_charts(struct request *r)
{
	const char *rest = request_rest(r);

	page_chart(r, rest + (*rest == '/'));
}

#define FILE_ROWS 10000
#define FILE_SHOWN 20 /* of one chart, for people */

static void
file_chart(struct viewfile *f, const char *word, const char *title)
{
	bool loss = strcmp(word, "loss") == 0;
	const struct viewfile_column column[] = { { "rank", "", VIEWFILE_NUMBER },
		{ "target", NULL, VIEWFILE_TEXT }, { "name", "target", VIEWFILE_TEXT },
		{ "value", loss ? "lost pings" : word,
		    loss ? VIEWFILE_NUMBER : VIEWFILE_RTT },
		{ "loss_ratio", "loss", VIEWFILE_RATIO },
		{ "time", "round of", VIEWFILE_TIME } };
	size_t count;
	struct rank *rank = rank_targets(rank_by_word(word), 0,
	    viewfile_paper(f) != NULL ? FILE_SHOWN : FILE_ROWS, &count, NULL);

	viewfile_table(f, word, title, column, sizeof column / sizeof column[0], true);
	for (size_t i = 0; i < count; i++) {
		char *trail = row_trail(rank[i].target);
		viewfile_int(f, (int64_t)i + 1);
		viewfile_str(f, rank[i].target->path);
		viewfile_str(f, trail);
		viewfile_num(f, rank[i].value);
		viewfile_num(f, rank[i].ratio);
		viewfile_int(f, rank[i].row);
		free(trail);
	}
	free(rank);
}

void
charts_file(struct request *r)
{
	static const char *const heads[] = { "Loss", "Longest round trip", "Median",
		"Standard deviation" };
	struct viewfile *f = viewfile_new(r, "charts", "The worst just now", tables);

	if (f == NULL)
		return;
	for (size_t i = 0; tables[i] != NULL; i++)
		if (viewfile_wants(f, tables[i]))
			file_chart(f, tables[i], heads[i]);
	viewfile_answer(f);
}
