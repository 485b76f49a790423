#include "web/plot.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/json.h"
#include "base/mem.h"
#include "web/asset.h"
#include "web/loss.h"
#include "web/request.h"
#include "web/state.h"
#include "web/talkers.h"
#include "web/target.h"
#include "web/taste.h"
#include "web/theme.h"

#define LIBRARY "uPlot.iife.min.js"
#define ZONE_DAYS 1900 /* of which the time of day is told */

static void
put_color(struct json *j, const char *key, uint32_t rgb)
{
	char text[16];

	snprintf(text, sizeof text, "#%06x", rgb & 0xffffff);
	if (key != NULL)
		jw_key(j, key);
	jw_str(j, text);
}

static void
put_rgba(struct json *j, const char *key, uint32_t rgba)
{
	char text[16];

	snprintf(text, sizeof text, "#%08x", rgba);
	if (key != NULL)
		jw_key(j, key);
	jw_str(j, text);
}

/* The colours of the drawn graphs. */
static void
put_theme(struct json *j, const char *key, uint8_t which, unsigned pings)
{
	const struct conf *conf = state_conf();
	struct loss_scale scale;
	struct theme theme;

	theme_choose(&theme, which, conf);
	theme_scale(&theme, &scale, pings, conf);
	jw_key(j, key);
	jw_object(j);
	put_color(j, "text", theme.text);
	put_color(j, "median", theme.median);
	put_color(j, "hatch", theme.hatch);
	put_color(j, "nodata", theme.nodata);
	put_color(j, "total", theme.total);
	jw_put_num(j, "total_opacity", theme.total_pct / 100.0);
	jw_key(j, "marks");
	jw_array(j);
	for (unsigned i = 0; i < TONES; i++)
		put_rgba(j, NULL, theme.mark[i]);
	jw_array_end(j);
	jw_key(j, "smoke");
	jw_array(j);
	for (unsigned low = 1, high = pings; pings >= 3 && low < high; low++, high--)
		put_color(j, NULL, theme_smoke(&theme, low, pings));
	jw_array_end(j);
	jw_key(j, "loss");
	jw_array(j);
	for (size_t i = 0; i < scale.count; i++) {
		jw_object(j);
		jw_put_num(j, "upto", scale.bucket[i].upto);
		put_color(j, "color", theme_loss(&theme, scale.bucket[i].color));
		jw_put_str(j, "legend", scale.bucket[i].legend);
		jw_object_end(j);
	}
	jw_array_end(j);
	jw_object_end(j);
}

static long
offset_at(int64_t at)
{
	time_t then = (time_t)at;
	struct tm tm;

	return localtime_r(&then, &tm) != NULL ? tm.tm_gmtoff : 0;
}

static void
put_offset(struct json *j, int64_t since, long offset)
{
	jw_array(j);
	jw_int(j, since);
	jw_int(j, offset);
	jw_array_end(j);
}

/* Since when which difference to UTC is in force here: browsers have no say in it, and
 * one in another zone is to show the times that the pages do. */
void
plot_zone(struct json *j, int64_t now)
{
	int64_t begin = now - ZONE_DAYS * 86400;
	long offset = offset_at(begin);

	jw_key(j, "zone");
	jw_array(j);
	put_offset(j, begin, offset);
	for (int64_t day = begin; day <= now; day += 86400) {
		int64_t before = day, after = day + 86400;
		if (offset_at(after) == offset)
			continue;
		/* The second of the change. */
		while (after - before > 1) {
			int64_t middle = before + (after - before) / 2;
			if (offset_at(middle) == offset)
				before = middle;
			else
				after = middle;
		}
		offset = offset_at(after);
		put_offset(j, after, offset);
	}
	jw_array_end(j);
}

static void
put_presets(struct json *j)
{
	size_t count;
	const struct conf_period *period = target_periods(&count);

	jw_key(j, "presets");
	jw_array(j);
	for (size_t i = 0; i < count; i++) {
		jw_object(j);
		jw_put_int(j, "seconds", period[i].seconds);
		jw_put_str(j, "label", period[i].label);
		jw_object_end(j);
	}
	jw_array_end(j);
}

bool
plot_scripts(struct html *page, const char *script)
{
	if (asset_find(LIBRARY) == NULL)
		return false;
	html_printf(page, "plot_js", "%s%s", request_base(), asset_url(script));
	html_printf(page, "chart_js", "%s%s", request_base(), asset_url("chart.js"));
	html_printf(page, "uplot_js", "%s%s", request_base(), asset_url(LIBRARY));
	html_printf(
	    page, "uplot_css", "%s%s", request_base(), asset_url("uPlot.min.css"));
	return true;
}

void
plot_put(struct html *page, const struct conf_target *t, const char *slave,
    int64_t start, int64_t end, bool live)
{
	struct json j;
	char *text;
	size_t len;
	FILE *out;

	if (t->kind == CONF_MULTIHOST || asset_find(LIBRARY) == NULL)
		return;
	out = mem_stream(&text, &len);
	jw_init(&j, out);
	jw_object(&j);
	char *name = mem_printf("%s%s%s", t->path, *slave != '\0' ? "~" : "", slave);
	jw_put_str(&j, "target", name);
	jw_put_str(&j, "base", request_base());
	jw_put_int(&j, "step", t->step);
	jw_put_int(&j, "pings", t->pings);
	jw_put_int(&j, "start", start);
	jw_put_int(&j, "end", end);
	jw_put_bool(&j, "live", live);
	jw_put_bool(&j, "talked", talkers_known());
	plot_zone(&j, end);
	put_presets(&j);
	put_theme(&j, "light", taste_theme(false), t->pings);
	put_theme(&j, "dark", taste_theme(true), t->pings);
	jw_object_end(&j);
	mem_stream_end(out);
	html_text(page, "plot", text);
	plot_scripts(page, "plot.js");
	free(name);
	free(text);
}
