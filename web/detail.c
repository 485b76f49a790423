/* The detail graph: smoke, median coloured by loss, backgrounds, legend. The order of
 * the elements is SmokePing's. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "web/draw.h"
#include "web/loss.h"
#include "web/uptime.h"

#define LEGEND_MARKS 4 /* of what happened: so many have a line of the legend */

/* Distance between the dashed lines that hatch times without data, in pixels. Closer
 * ones cost as much time as all else that is drawn. */
#define HATCH_PX 8

/* The values, clipped so that what is above the graph reaches out of it. A lost ping
 * does so, too, where a graph is SmokePing's: the outer smoke of a round with one lost
 * goes up to the top. On a strip that would be most of what is seen. */
static void
values(struct draw *d, const struct draw_facts *f)
{
	bool strip = d->ask->kind == DRAW_STRIP;
	struct args *a = &d->args;
	char name[16], over[64] = "INF";

	for (unsigned i = 1; i <= d->pings; i++) {
		snprintf(name, sizeof name, "ping%u", i);
		draw_def(d, name, d->file, name, &f->file);
	}
	for (unsigned i = 1; i <= d->pings; i++) {
		if (strip)
			snprintf(over, sizeof over, "ping%u,UN,UNKN,INF,IF", i);
		args_add(
		    a, "CDEF:cp%u=ping%u,%.10g,LT,ping%u,%s,IF", i, i, d->top, i, over);
	}
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
		args_add(a, "LINE1:%s#%06x::dashes=%u,%u:dash-offset=%u", name,
		    d->theme.hatch, HATCH_PX / 2, 3 * HATCH_PX / 2,
		    i % 4 * HATCH_PX / 2);
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

/* What happened, as bands behind all that is drawn. A row belongs to a band that
 * touches it: the shortest one is still seen. */
static void
mark_bands(struct draw *d)
{
	const struct msg_draw *ask = d->ask;
	int64_t row = (ask->end - ask->start) / ask->width;

	if (row < (int64_t)d->target->step)
		row = d->target->step;
	for (unsigned i = 0; i < ask->marks; i++) {
		const struct draw_mark *m = &ask->mark[i];
		if (m->tone == TONE_NOTE)
			continue;
		args_add(&d->args,
		    "CDEF:band%u=loss,POP,TIME,%lld,GT,TIME,%lld,LT,*,INF,UNKN,IF", i,
		    (long long)m->begin, (long long)(m->end + row));
		args_add(&d->args, "AREA:band%u#%08x", i, d->theme.mark[m->tone]);
	}
}

/* TEXT in at most MAX characters. To be freed. */
static char *
shortened(const char *text, size_t max)
{
	size_t len = 0, n = 0;

	for (; text[len] != '\0'; len++) {
		if (((unsigned char)text[len] & 0xc0) == 0x80)
			continue;
		if (n++ == max)
			break;
	}
	if (text[len] == '\0')
		return mem_str(text);
	return mem_printf("%.*s...", (int)len, text);
}

/* The newest marks in the legend: librrd has no other place for their words. */
static void
mark_legend(struct draw *d)
{
	const struct msg_draw *ask = d->ask;
	unsigned shown = ask->marks < LEGEND_MARKS ? ask->marks : LEGEND_MARKS,
		 rest = 0;
	size_t room = ask->width / 7u > 40 ? ask->width / 7u - 20 : 20;

	if (shown == 0 || ask->mark[0].label[0] == '\0')
		return;
	args_add(&d->args, "CDEF:nomark=loss,POP,UNKN");
	for (unsigned i = 0; i < ask->marks; i++) {
		const struct draw_mark *m = &ask->mark[i];
		char when[32] = "", *text;
		time_t begin = (time_t)m->begin;
		struct tm tm;

		rest += i < shown ? (m->count > 1 ? m->count - 1u : 0) : m->count;
		if (i >= shown)
			continue;
		if (localtime_r(&begin, &tm) != NULL)
			strftime(when, sizeof when, "%m-%d %H:%M", &tm);
		text = shortened(m->label, room);
		args_add(&d->args, "AREA:nomark#%06x:%s  %s\\l",
		    d->theme.mark[m->tone] >> 8, args_text(when), args_text(text));
		free(text);
	}
	if (rest > 0)
		args_add(&d->args, "COMMENT:and %u more\\l", rest);
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
	args_add(&d->args, "AREA:dead#%06x%02x", d->theme.total,
	    d->theme.total_pct * 255 / 100);
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
	theme_scale(&d->theme, scale, d->pings, d->conf);
}

void
detail_args(struct draw *d, const struct draw_facts *f)
{
	bool background = draw_is_yes(d, "detail", "loss_background", "no");
	struct loss_scale scale;
	struct uptime uptime = { 0 };

	scale_of(d, &scale);
	values(d, f);
	before_history(d, f);
	mark_bands(d);
	if (!background)
		uptime_begin(&uptime, d);
	if (background)
		loss_background(d, &scale, "lossbg", "INF");
	smoke(d);
	uptime_below_smoke(&uptime, d);
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
	draw_notes(d);
	mark_legend(d);
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
