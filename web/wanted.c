/* Which picture a request wants: target, kind, size, theme and range. */
#include "web/wanted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/zone.h"
#include "link/msgdraw.h"
#include "web/api.h"
#include "web/csv.h"
#include "web/drawmarks.h"
#include "web/imgcache.h"
#include "web/picture.h"
#include "web/request.h"
#include "web/state.h"

#define PIXELS_MAX (4000L * 2000)
#define TOP_MAX_US 86400000000 /* microseconds that a graph is high, at most */

/* Behind the formats that are drawn. */
#define WANTED_CSV DRAW_FORMATS
#define WANTED_JSON (DRAW_FORMATS + 1)

/* "A/B/C~slave.png": the target, who measured it, and the format. */
static int
parse_name(struct request *r, struct wanted *w)
{
	static const char *const suffix[] = { ".png", ".svg", ".pdf", ".csv", ".json" };
	const unsigned formats = sizeof suffix / sizeof suffix[0];
	const char *rest = request_rest(r), *dot = strrchr(rest, '.');
	unsigned f = 0;

	while (f < formats && (dot == NULL || strcmp(dot, suffix[f]) != 0))
		f++;
	if (f == formats) {
		reply_error(r, 404,
		    "There is no graph %s: expected .png, .svg, .pdf, .csv or .json.",
		    rest);
		return -1;
	}
	char *name = mem_strn(rest, (size_t)(dot - rest));
	w->target = vantage_parse(state_conf(), name, '/', w->slave);
	w->format = (uint8_t)f;
	if (w->target == NULL || w->target == state_conf()->targets)
		reply_error(r, 404, "There is no target %s.", name);
	else if (w->target->kind == CONF_GROUP)
		reply_error(r, 404, "%s is a group, only its targets have graphs.",
		    w->target->path);
	free(name);
	return w->target == NULL || w->target->kind == CONF_GROUP ? -1 : 0;
}

/* Argument NAME as one of WORDS, which together fit into a line. */
static int
parse_word(struct request *r, const char *name, const char *const *words,
    unsigned count, uint8_t fallback, uint8_t *out)
{
	const char *text = request_arg(r, name);
	char known[64];
	size_t at = 0;

	*out = fallback;
	if (text == NULL || *text == '\0')
		return 0;
	for (unsigned i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0) {
			*out = (uint8_t)i;
			return 0;
		}
	for (unsigned i = 0; i < count; i++)
		at += (size_t)snprintf(known + at, sizeof known - at, "%s%s",
		    i == 0 ? "" : ", ", words[i]);
	reply_error(r, 400, "parameter %s: expected one of %s", name, known);
	return -1;
}

/* A size as the configuration has it: it accepts 10 and more. */
static long
setting(const char *part, const char *key, long fallback, long high)
{
	const struct conf_section *s =
	    conf_child(conf_top(state_conf(), "Presentation"), part);
	const char *text = conf_value(s, key, NULL);
	long v = text != NULL ? atol(text) : 0;

	return v >= 10 && v <= high ? v : fallback;
}

static int
parse_size(struct request *r, struct msg_draw *d)
{
	const char *part =
	    d->kind == DRAW_OVERVIEW || d->kind == DRAW_STRIP ? "overview" : "detail";
	long width, height, zoom, top;

	long usual_width = setting(part, "width", 600, 4000);
	long usual_height = setting(part, "height", 200, 2000);

	if (request_int(r, "width", usual_width, 20, 4000, &width) != 0 ||
	    request_int(r, "height", usual_height, 10, 2000, &height) != 0 ||
	    request_int(r, "zoom", 1, 1, 2, &zoom) != 0 ||
	    request_int(r, "top", 0, 0, TOP_MAX_US, &top) != 0)
		return -1;
	/* Four bytes each, and as much again to pack them, in several processes at
	 * once. */
	if (width * height * zoom * zoom > PIXELS_MAX)
		zoom = 1;
	d->top = (double)top / 1e6;
	d->width = (uint16_t)width;
	d->height = (uint16_t)height;
	d->zoom = (uint8_t)zoom;
	return 0;
}

/* When the last round of T from SLAVE was stored, 0: none is known. */
static int64_t
last_round(const struct conf_target *t, const char *slave)
{
	const struct live *live = state_live(vantage_id(t, slave));

	if (live != NULL && live->measured)
		return live->row;
	return *slave != '\0' ? vantage_last(t, slave) : 0;
}

/* The same of all that W shows. */
static int64_t
last_shown(const struct wanted *w)
{
	const struct conf_target *t = w->target;
	struct vantage list[VANTAGES];
	char slave[VANTAGE_NAME];
	int64_t last = 0, other;

	if (t->kind != CONF_MULTIHOST && w->kind != DRAW_OVERVIEW)
		return last_round(t, w->slave);
	size_t count = vantage_list(state_conf(), t, list, VANTAGES);
	for (size_t i = 0; i < count; i++)
		if ((other = last_round(t, list[i].slave)) > last)
			last = other;
	for (size_t i = 0; i < t->members; i++) {
		const struct conf_target *m =
		    vantage_parse(state_conf(), t->member[i], '.', slave);
		if (m != NULL && (other = last_round(m, slave)) > last)
			last = other;
	}
	return last;
}

/* A range that ends now is rounded up to the next pixel or step, so that everybody who
 * asks meanwhile gets the same picture; it lasts until a round came that shows. Only
 * one whose last round is stored lasts for good. */
static void
align(struct picture_key *key, const struct wanted *w, int64_t now)
{
	struct msg_draw *d = &key->draw;
	int64_t step = w->target->step > 0 ? w->target->step : state_conf()->step;
	int64_t slot = (d->end - d->start) / d->width;
	int64_t last = last_shown(w);

	slot = slot < step ? step : (slot + step - 1) / step * step;
	if (d->end >= now - slot && d->end <= now + slot) {
		int64_t span = d->end - d->start;
		d->end = (now + slot - 1) / slot * slot;
		d->start = d->end - span;
		key->row = 1 + last / slot;
	} else if (d->end > now || (last != 0 && last < d->end)) {
		key->row = 1 + (last != 0 ? last : now) / slot;
	}
}

static int
parse_range(struct request *r, struct picture_key *key, const struct wanted *w)
{
	int64_t now = clock_wall_s(), span = w->span;
	struct msg_draw *d = &key->draw;

	if (span == 0 && w->kind == DRAW_OVERVIEW && request_arg(r, "start") == NULL &&
	    request_arg(r, "end") == NULL)
		span = state_conf()->overview_range;
	if (span > 0) {
		d->end = now;
		d->start = now - span;
	} else if (request_range(r, now, &d->start, &d->end) != 0) {
		return -1;
	}
	align(key, w, now);
	return 0;
}

void
wanted_answer(struct request *r, struct wanted *w)
{
	static const char *const theme[] = { "light", "dark", "safe", "dark-safe" };
	struct picture_key key;
	struct msg_draw *d = &key.draw;

	/* An overview shows all, another picture one of them. */
	if (w->slave[0] == '\0' && w->kind != DRAW_OVERVIEW)
		snprintf(w->slave, sizeof w->slave, "%s",
		    vantage_first(state_conf(), w->target));
	/* The key is compared as bytes, holes included. */
	memset(&key, 0, sizeof key);
	d->kind = w->kind;
	d->format = w->format;
	d->target = w->target->id;
	/* Both are zero already behind their ends. */
	memcpy(d->slave, w->slave, strlen(w->slave));
	memcpy(d->label, w->label, strlen(w->label));
	/* A picture without times is the same in all zones. */
	if (w->kind != DRAW_STRIP)
		memcpy(d->zone, zone_used(), strlen(zone_used()));
	if (parse_word(r, "theme", theme, DRAW_LOOKS, DRAW_LIGHT, &d->theme) == 0 &&
	    parse_size(r, d) == 0 && parse_range(r, &key, w) == 0) {
		/* Where a picture is large enough for what happened. */
		if (d->kind == DRAW_DETAIL || d->kind == DRAW_NAVIGATOR)
			drawmarks_put(d, w->target);
		picture_answer(r, &key);
	}
}

static void
handle_graph(struct request *r)
{
	static const char *const kind[] = { "detail", "overview", "navigator",
		"strip" };
	const char *label = request_arg(r, "label");
	struct wanted w = { 0 };

	if (parse_name(r, &w) != 0 ||
	    parse_word(r, "kind", kind, DRAW_KINDS, DRAW_DETAIL, &w.kind) != 0)
		return;
	if (w.format >= DRAW_FORMATS) {
		if (w.slave[0] == '\0')
			snprintf(w.slave, sizeof w.slave, "%s",
			    vantage_first(state_conf(), w.target));
		if (w.format == WANTED_CSV)
			csv_answer(r, w.target, w.slave);
		else
			api_rounds(r, w.target, w.slave);
		return;
	}
	if (label != NULL)
		snprintf(w.label, sizeof w.label, "%s", label);
	wanted_answer(r, &w);
}

/* The name of a program, where a page has its logo. */
static void
answer_logo(struct request *r, const char *word)
{
	fprintf(request_out(r),
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"100\" height=\"32\">"
	    "<text x=\"50\" y=\"21\" text-anchor=\"middle\" font-size=\"16\" "
	    "font-family=\"sans-serif\" fill=\"#808890\">%s</text></svg>\n",
	    word);
	request_set_header(r, "Cache-Control", "public, max-age=3600");
	reply(r, 200, "image/svg+xml");
}

bool
wanted_by_name(struct request *r)
{
	const char *logo = imgcache_logo(state_conf(), request_path(r));
	struct wanted w;

	if (logo != NULL) {
		answer_logo(r, logo);
		return true;
	}
	if (!imgcache_parse(state_conf(), request_path(r), &w))
		return false;
	wanted_answer(r, &w);
	return true;
}

/* What no other route fits: perhaps a picture of SmokePing's. */
static void
handle_rest(struct request *r)
{
	if (!wanted_by_name(r))
		reply_error(r, 404, "There is nothing at %s.", request_path(r));
}

const struct route picture_routes[] = {
	{ "/graph/", false, false, handle_graph },
	{ "/", false, false, handle_rest },
	{ 0 },
};
