#include "web/uptime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Put a bucket where it belongs. */
static void
put(struct uptime *u, double upto, uint32_t color, const char *legend)
{
	size_t at = 0;

	while (at < u->count && u->bucket[at].upto < upto)
		at++;
	struct uptime_bucket *b = &u->bucket[at];
	if (at == u->count || b->upto > upto) {
		if (u->count == UPTIME_BUCKETS)
			return;
		memmove(b + 1, b, (u->count - at) * sizeof *b);
		u->count++;
	}
	b->upto = upto;
	b->color = color;
	snprintf(b->legend, sizeof b->legend, "%s", legend);
}

static void
put_default(struct uptime *u)
{
	static const struct {
		double upto;
		uint32_t color;
		const char *legend;
	} table[] = {
		{ 3600, 0xffd3d3, "<1h" },
		{ 7200, 0xffe4c7, "<2h" },
		{ 21600, 0xfff9ba, "<6h" },
		{ 43200, 0xf3ffc0, "<12h" },
		{ 86400, 0xe1ffcc, "<1d" },
		{ 604800, 0xbbffcb, "<1w" },
		{ 2592000, 0xbafff5, "<1m" },
		{ 1e100, 0xdaecff, ">1m" },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		put(u, table[i].upto, table[i].color, table[i].legend);
}

void
uptime_colors(struct uptime *u, const struct conf *conf)
{
	const struct conf_section *detail =
	    conf_child(conf_top(conf, "Presentation"), "detail");
	const struct conf_section *own = conf_child(detail, "uptime_colors");

	u->count = 0;
	for (size_t i = 0; own != NULL && i < own->rows; i++)
		if (own->row[i].cells >= 3)
			put(u, strtod(own->row[i].cell[0], NULL),
			    (uint32_t)strtoul(own->row[i].cell[1], NULL, 16),
			    own->row[i].cell[2]);
	if (u->count == 0)
		put_default(u);
}

static void
background(const struct uptime *u, struct draw *d, const char *prefix,
    const char *height, bool legend)
{
	struct args *a = &d->args;
	double last = 0;

	for (size_t i = 0; i < u->count; i++) {
		const struct uptime_bucket *b = &u->bucket[i];

		args_add(a, "CDEF:%s%zu=uptime,%g,GE,uptime,%g,LE,*,%s,UNKN,IF", prefix,
		    i, last, b->upto, height);
		/* On a dark canvas they are tints; black text needs no paper there. */
		args_add(a, "AREA:%s%zu#%06x%s%s%s", prefix, i, b->color,
		    d->theme.dark ? "30" : "", legend ? ":" : "",
		    legend ? args_text(b->legend) : "");
		last = b->upto;
	}
}

void
uptime_begin(struct uptime *u, struct draw *d)
{
	struct args *a = &d->args;
	struct series_file sf;
	char file[STORE_PATH];

	u->count = 0;
	if (d->target->kind != CONF_DYNAMIC || vantage_file(file, d->target, "") < 0 ||
	    series_look(file, &sf, NULL) < 0)
		return;
	uptime_colors(u, d->conf);
	args_add(a, "COMMENT:Link Up\\:     ");
	draw_def(d, "uptime", file, "uptime", &sf);
	args_add(a, "CDEF:duptime=uptime,86400,/");
	args_add(a, "GPRINT:duptime:LAST: %%0.1lf days  (");
	background(u, d, "up", "INF", true);
	args_add(a, "COMMENT:)\\l");
}

void
uptime_below_smoke(const struct uptime *u, struct draw *d)
{
	background(u, d, "ups", "cp2", false);
}
