/* The detail graph: smoke, median coloured by loss, backgrounds, legend. The order of
 * the elements is SmokePing's. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "web/draw.h"
#include "web/loss.h"

/* Distance between the dashed lines that hatch times without data, in pixels. */
#define HATCH_PX 4

/* The values, clipped so that what is above the graph reaches out of it. */
static void
values(struct draw *d, const struct draw_facts *f)
{
	struct args *a = &d->args;
	char name[16];

	for (unsigned i = 1; i <= d->pings; i++) {
		snprintf(name, sizeof name, "ping%u", i);
		draw_def(d, name, d->file, name, &f->file);
	}
	for (unsigned i = 1; i <= d->pings; i++)
		args_add(a, "CDEF:cp%u=ping%u,%.10g,LT,ping%u,INF,IF", i, i, d->top, i);
	draw_def(d, "loss", d->file, "loss", &f->file);
	draw_def(d, "median", d->file, "median", &f->file);
}

/* The colour that a configuration has set for times without data, or NULL. */
static const char *
nodata_color(const struct draw *d)
{
	return d->theme.dark ? NULL : draw_setting(d, "detail", "nodata_color", NULL);
}

/* Dashes over the whole height, shifted from line to line so that they read as a hatch
 * whatever the resolution: where VALUE is known, or over the whole width for NULL. */
static void
hatch(struct draw *d, const char *value)
{
	unsigned lines = d->ask->height / HATCH_PX;
	struct args *a = &d->args;

	for (unsigned i = 0; i < lines; i++) {
		double at = (i + 0.5) / lines;
		double y =
		    d->logarithmic ? d->low * pow(d->top / d->low, at) : d->top * at;
		char name[32];

		snprintf(name, sizeof name, "%.10g", y);
		if (value != NULL) {
			snprintf(name, sizeof name, "hatch%u", i);
			args_add(a, "CDEF:%s=%s,UN,UNKN,%.10g,IF", name, value, y);
		}
		args_add(a, "LINE1:%s#%06x::dashes=2,%u:dash-offset=%u", name,
		    d->theme.hatch, 2 * HATCH_PX - 2, i % 4 * 2);
	}
}

/* Nothing can be known from before the longest archive begins. No expression reaches
 * there, so all is made to look so and the rest is covered again. */
static void
before_history(struct draw *d, const struct draw_facts *f)
{
	const char *set = nodata_color(d);
	struct args *a = &d->args;

	if (series_begin(&f->file) <= d->ask->start)
		return;
	if (set != NULL) {
		args_add(a, "AREA:%.10g#%.6s", d->top * 2, set);
	} else {
		args_add(a, "AREA:%.10g#%06x", d->top * 2, d->theme.nodata);
		hatch(d, NULL);
	}
	args_add(a, "CDEF:history=loss,UN,INF,INF,IF");
	args_add(a, "AREA:history#%06x", d->theme.background);
}

/* Until when an unknown row is a gap: the last ones of a range that ends now are only
 * not there yet. */
static int64_t
gaps_until(const struct draw *d, const struct draw_facts *f)
{
	const struct msg_draw *ask = d->ask;
	int64_t slack = 2 * (ask->end - ask->start) / ask->width;

	if (slack < 2 * (int64_t)d->target->step)
		slack = 2 * (int64_t)d->target->step;
	return ask->end - slack > f->file.last_update ? ask->end - slack
						      : f->file.last_update;
}

/* Times of which nothing is known. */
static void
no_data(struct draw *d, const struct draw_facts *f)
{
	const char *set = nodata_color(d);
	struct args *a = &d->args;

	args_add(a, "CDEF:nodata=loss,UN,TIME,%lld,LE,*,INF,UNKN,IF",
	    (long long)gaps_until(d, f));
	if (set != NULL) {
		args_add(a, "AREA:nodata#%.6s", set);
		return;
	}
	args_add(a, "AREA:nodata#%06x", d->theme.nodata);
	hatch(d, "nodata");
}

/* Full-height backgrounds by loss, with PREFIX; or up to ping2 so that they show below
 * the smoke, too. */
static void
loss_background(struct draw *d, const struct loss_scale *scale, const char *prefix,
    const char *height)
{
	double last = -1;

	for (size_t i = 0; i < scale->count; i++) {
		const struct loss_bucket *b = &scale->bucket[i];

		if (b->upto > 0) {
			args_add(&d->args,
			    "CDEF:%s%zu=loss,%g,GT,loss,%g,LE,*,%s,UNKN,IF", prefix, i,
			    last, b->upto, height);
			args_add(&d->args, "AREA:%s%zu#%06x", prefix, i,
			    theme_pastel(&d->theme, b->color));
		}
		last = b->upto;
	}
}

/* A dynamic host's time since it last called, as a background. */
static void
uptime_background(struct draw *d, const char *prefix, const char *height, bool legend)
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
	struct args *a = &d->args;
	double last = 0;

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		args_add(a, "CDEF:%s%zu=uptime,%g,GE,uptime,%g,LE,*,%s,UNKN,IF", prefix,
		    i, last, table[i].upto, height);
		/* On a dark canvas they are tints; black text needs no paper there. */
		args_add(a, "AREA:%s%zu#%06x%s%s%s", prefix, i, table[i].color,
		    d->theme.dark ? "30" : "", legend ? ":" : "",
		    legend ? table[i].legend : "");
		last = table[i].upto;
	}
}

static void
uptime_legend(struct draw *d, const struct draw_facts *f)
{
	struct args *a = &d->args;

	args_add(a, "COMMENT:Link Up\\:     ");
	draw_def(d, "uptime", d->file, "uptime", &f->file);
	args_add(a, "CDEF:duptime=uptime,86400,/");
	args_add(a, "GPRINT:duptime:LAST: %%0.1lf days  (");
	uptime_background(d, "up", "INF", true);
	args_add(a, "COMMENT:)\\l");
}

/* Grey bands between the i-th ping from below and from above, the outermost first. */
static void
smoke(struct draw *d)
{
	struct args *a = &d->args;

	if (d->pings < 3) {
		if (d->ask->kind != DRAW_STRIP)
			args_add(a, "COMMENT:(Not enough pings to draw any smoke.)\\l");
		return;
	}
	for (unsigned low = 1, high = d->pings; low < high; low++, high--) {
		args_add(
		    a, "CDEF:smoke%u=cp%u,UN,UNKN,cp%u,cp%u,-,IF", low, low, high, low);
		args_add(a, "AREA:cp%u", low);
		args_add(a, "AREA:smoke%u#%06x::STACK", low,
		    theme_smoke(&d->theme, low, d->pings));
	}
}

/* A column of the darkest red where every ping was lost: there is no median that could
 * carry a colour. */
static void
total_loss(struct draw *d)
{
	args_add(&d->args, "CDEF:dead=loss,%g,GT,INF,UNKN,IF", d->pings - 1 + 0.001);
	args_add(
	    &d->args, "AREA:dead#%06x%02x", LOSS_TOTAL, d->theme.total_pct * 255 / 100);
}

/* The median's band by loss: two pixels high, in the colour of the bucket. */
static void
median_bands(struct draw *d, const struct loss_scale *scale, bool legend)
{
	struct args *a = &d->args;
	double last = -1;

	for (size_t i = 0; i < scale->count; i++) {
		const struct loss_bucket *b = &scale->bucket[i];

		args_add(a, "CDEF:me%zu=loss,%g,GT,loss,%g,LE,*,1,UNKN,IF,median,*", i,
		    last, b->upto);
		if (d->logarithmic) {
			/* Two pixels are a ratio there, not a difference. */
			double ratio = pow(d->top / d->low, 1.0 / d->ask->height);
			args_add(a, "CDEF:meL%zu=me%zu,%.10g,/", i, i, ratio);
			args_add(
			    a, "CDEF:meH%zu=me%zu,%.10g,*,meL%zu,-", i, i, ratio, i);
		} else {
			double width = d->top / d->ask->height;
			args_add(a, "CDEF:meL%zu=me%zu,%.10g,-", i, i, width);
			args_add(a, "CDEF:meH%zu=me%zu,0,*,%.10g,2,*,+", i, i, width);
		}
		args_add(a, "AREA:meL%zu", i);
		args_add(a, "AREA:meH%zu#%06x:%s:STACK", i,
		    theme_loss(&d->theme, b->color),
		    legend ? args_text(b->legend) : "");
		last = b->upto;
	}
}

/* What is written about the medians; on a narrow graph in two lines. */
static void
median_text(struct draw *d, const struct draw_facts *f)
{
	struct args *a = &d->args;
	args_add(a, "VDEF:avmed=median,AVERAGE");
	if (f->known != DRAW_ANSWERED) {
		args_add(a, "COMMENT:median rtt\\:  %s\\l", draw_known_text(f->known));
		return;
	}
	args_add(a, "GPRINT:avmed:median rtt\\:  %%.1lf %%ss avg");
	args_add(a, "GPRINT:median:MAX:%%.1lf %%ss max%s", d->narrow ? "\\l" : "");
	args_add(
	    a, "GPRINT:median:MIN:%s%%.1lf %%ss min", d->narrow ? "             " : "");
	args_add(a, "GPRINT:median:LAST:%%.1lf %%ss now%s", d->narrow ? "\\l" : "");
	if (d->narrow)
		return;
	if (f->deviation <= 0) {
		args_add(a, "COMMENT:0.0 ms sd\\l");
		return;
	}
	args_add(a, "COMMENT:%.1f ms sd", f->deviation * 1000);
	args_add(a, "CDEF:mesd=median,POP,avmed,%.10g,/", f->deviation);
	args_add(a, "GPRINT:mesd:AVERAGE:%%.1lf %%s am/s\\l");
}

static void
loss_text(struct draw *d, const struct draw_facts *f)
{
	struct args *a = &d->args;

	if (f->known == DRAW_NOTHING || f->known == DRAW_SHORT) {
		args_add(a, "COMMENT:packet loss\\: not known\\l");
		args_add(a, "COMMENT:loss color\\:");
		return;
	}
	args_add(a, "CDEF:ploss=loss,%u,/,100,*", d->pings);
	args_add(a, "GPRINT:ploss:AVERAGE:packet loss\\: %%.2lf %%%% avg");
	args_add(a, "GPRINT:ploss:MAX:%%.2lf %%%% max%s", d->narrow ? "\\l" : "");
	args_add(
	    a, "GPRINT:ploss:MIN:%s%%.2lf %%%% min", d->narrow ? "             " : "");
	args_add(a, "GPRINT:ploss:LAST:%%.2lf %%%% now\\l");
	args_add(a, "COMMENT:loss color\\:");
}

static void
footer(struct draw *d)
{
	char desc[128], date[128];

	draw_probe_desc(d->conf, d->target, desc, sizeof desc);
	draw_date(d, "detail", date, sizeof date);
	args_add(&d->args, "COMMENT:probe\\:       %u %s every %us%s", d->pings,
	    args_text(desc), d->target->step, d->narrow ? "\\l" : "");
	args_add(&d->args, "COMMENT:end\\: %s%s", args_text(date),
	    d->narrow ? "\\l" : "\\j");
}

static void
scale_of(const struct draw *d, struct loss_scale *scale)
{
	loss_scale(scale, d->pings, d->conf->loss_color, d->conf->loss_colors);
}

void
detail_args(struct draw *d, const struct draw_facts *f)
{
	bool background = draw_is_yes(d, "detail", "loss_background", "no");
	bool uptime = d->target->kind == CONF_DYNAMIC && !background;
	struct loss_scale scale;

	scale_of(d, &scale);
	values(d, f);
	before_history(d, f);
	if (uptime)
		uptime_legend(d, f);
	if (background)
		loss_background(d, &scale, "lossbg", "INF");
	smoke(d);
	if (uptime)
		uptime_background(d, "ups", "cp2", false);
	if (background)
		loss_background(d, &scale, "lossbgs", "cp2");
	else
		total_loss(d);
	median_text(d, f);
	args_add(&d->args, "LINE1:median#%06x", d->theme.median);
	loss_text(d, f);
	median_bands(d, &scale, true);
	args_add(&d->args, "COMMENT: \\l");
	if (f->gaps)
		no_data(d, f);
	args_add(&d->args, "HRULE:0#%06x", d->theme.zero);
	footer(d);
}

void
detail_strip_args(struct draw *d, const struct draw_facts *f)
{
	struct loss_scale scale;

	scale_of(d, &scale);
	values(d, f);
	before_history(d, f);
	smoke(d);
	total_loss(d);
	args_add(&d->args, "LINE1:median#%06x", d->theme.median);
	median_bands(d, &scale, false);
	if (f->gaps)
		no_data(d, f);
}
