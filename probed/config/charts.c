/* The charts of Presentation: a sorter is written as a call in Perl,
 * "Loss(entries=>10)". */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "config/view.h"

#define ENTRIES_DEFAULT 3
#define ENTRIES_MAX 10000

static const char *const sorters[CONF_SORTERS] = { "Loss", "Max", "Median", "StdDev" };

static const struct conf_chart built_in[] = {
	{ "loss", "Loss", "Most pings lost", NULL, CONF_BY_LOSS, 10 },
	{ "median", "Median", "Highest medians", NULL, CONF_BY_MEDIAN, 10 },
	{ "max", "Slowest", "Slowest single pings", NULL, CONF_BY_MAX, 10 },
	{ "stddev", "Deviation", "Most smoke: standard deviation", NULL, CONF_BY_STDDEV,
	    10 },
};

/* The figure behind "entries" in ARGS ("entries=>10", "'entries', 10"). */
static unsigned
entries(const char *args)
{
	const char *at = strstr(args, "entries");
	unsigned long n;

	if (at == NULL)
		return ENTRIES_DEFAULT;
	at += strlen("entries");
	at += strspn(at, " \t'\"=>,");
	n = isdigit((unsigned char)*at) ? strtoul(at, NULL, 10) : 0;
	return n == 0 ? ENTRIES_DEFAULT : n > ENTRIES_MAX ? ENTRIES_MAX : (unsigned)n;
}

static void
view_chart(struct view *v, struct conf_chart *c, const struct conf_section *s)
{
	const struct conf_var *sorter = conf_var(s, "sorter");
	const char *call = sorter != NULL ? sorter->value : "";
	size_t len = strcspn(call, "(");

	c->name = s->name;
	c->menu = conf_value(s, "menu", s->name);
	c->title = conf_value(s, "title", s->name);
	c->format = conf_value(s, "format", NULL);
	c->entries = entries(call + len);
	for (c->by = 0; c->by < CONF_SORTERS; c->by++)
		if (strlen(sorters[c->by]) == len &&
		    strncmp(sorters[c->by], call, len) == 0)
			return;
	if (!v->quiet && sorter != NULL)
		report_warning(v->report, sorter->at,
		    "there is no sorter %.*s, expected Loss, Max, Median or StdDev: "
		    "this chart stays empty",
		    (int)len, call);
}

void
charts_build(struct view *v)
{
	struct conf *conf = &v->tree->conf;
	const struct conf_section *top =
	    conf_child(conf_top(conf, "Presentation"), "charts");
	struct conf_chart *chart;
	size_t count = 0;

	for (const struct conf_section *s = top != NULL ? top->first : NULL; s != NULL;
	     s = s->next)
		count++;
	conf->chart = built_in;
	conf->charts = sizeof built_in / sizeof *built_in;
	if (count == 0)
		return;
	conf->chart = chart = arena_zero(&v->tree->arena, count * sizeof *chart);
	conf->charts = count;
	for (const struct conf_section *s = top->first; s != NULL; s = s->next)
		view_chart(v, chart++, s);
}
