/* Which picture a request wants: target, kind, size, theme and range. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "web/picture.h"
#include "web/request.h"
#include "web/state.h"

/* "A/B/C.png": the target and the format. */
static const struct conf_target *
parse_name(struct request *r, uint8_t *format)
{
	static const char *const suffix[] = { ".png", ".svg", ".pdf" };
	const char *rest = request_rest(r), *dot = strrchr(rest, '.');
	const struct conf_target *t = NULL;
	unsigned f = 0;

	while (f < DRAW_FORMATS && (dot == NULL || strcmp(dot, suffix[f]) != 0))
		f++;
	if (f == DRAW_FORMATS) {
		reply_error(
		    r, 404, "There is no graph %s: expected .png, .svg or .pdf.", rest);
		return NULL;
	}
	char *path = mem_strn(rest, (size_t)(dot - rest));
	for (char *p = path; *p != '\0'; p++)
		if (*p == '/')
			*p = '.';
	/* A dot of the reader's is none of ours. */
	if (memchr(rest, '.', (size_t)(dot - rest)) == NULL)
		t = conf_target_by_path(state_conf(), path);
	free(path);
	*format = (uint8_t)f;
	if (t == NULL || t == state_conf()->targets)
		reply_error(
		    r, 404, "There is no target %.*s.", (int)(dot - rest), rest);
	else if (t->kind == CONF_GROUP)
		reply_error(
		    r, 404, "%s is a group, only its targets have graphs.", t->path);
	else
		return t;
	return NULL;
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

static long
setting(const char *part, const char *key, long fallback)
{
	const struct conf_section *s =
	    conf_child(conf_top(state_conf(), "Presentation"), part);
	const char *text = conf_value(s, key, NULL);
	long v = text != NULL ? atol(text) : 0;

	return v >= 20 && v <= 4000 ? v : fallback;
}

static int
parse_size(struct request *r, struct msg_draw *d)
{
	const char *part =
	    d->kind == DRAW_OVERVIEW || d->kind == DRAW_STRIP ? "overview" : "detail";
	long width, height, zoom;

	if (request_int(r, "width", setting(part, "width", 600), 20, 4000, &width) !=
		0 ||
	    request_int(r, "height", setting(part, "height", 200), 10, 2000, &height) !=
		0 ||
	    request_int(r, "zoom", 1, 1, 2, &zoom) != 0)
		return -1;
	d->width = (uint16_t)width;
	d->height = (uint16_t)height;
	d->zoom = (uint8_t)zoom;
	return 0;
}

/* A range that ends now is rounded up to the next pixel or step, so that everybody who
 * asks meanwhile gets the same picture; it lasts until a round came that shows. Only
 * one whose last round is stored lasts for good. */
static void
align(struct picture_key *key, const struct conf_target *t, int64_t now)
{
	struct msg_draw *d = &key->draw;
	const struct live *live = state_live(t->id);
	int64_t step = t->step > 0 ? t->step : state_conf()->step;
	int64_t slot = (d->end - d->start) / d->width;
	int64_t last = live != NULL && live->measured ? live->row : 0;

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
parse_range(struct request *r, struct picture_key *key, const struct conf_target *t)
{
	int64_t now = clock_wall_ns() / CLOCK_NS_PER_S;

	if (request_range(r, now, &key->draw.start, &key->draw.end) != 0)
		return -1;
	align(key, t, now);
	return 0;
}

static int
parse_key(struct request *r, struct picture_key *key)
{
	static const char *const kind[] = { "detail", "overview", "navigator",
		"strip" };
	static const char *const theme[] = { "light", "dark" };
	struct msg_draw *d = &key->draw;
	const struct conf_target *t = parse_name(r, &d->format);
	const char *label = request_arg(r, "label");

	if (t == NULL ||
	    parse_word(r, "kind", kind, DRAW_KINDS, DRAW_DETAIL, &d->kind) ||
	    parse_word(r, "theme", theme, DRAW_THEMES, DRAW_LIGHT, &d->theme) ||
	    parse_size(r, d) || parse_range(r, key, t))
		return -1;
	d->target = t->id;
	if (label != NULL)
		snprintf(d->label, sizeof d->label, "%s", label);
	return 0;
}

static void
handle_graph(struct request *r)
{
	struct picture_key key;

	/* The key is compared as bytes, holes included. */
	memset(&key, 0, sizeof key);
	if (parse_key(r, &key) == 0)
		picture_answer(r, &key);
}

const struct route picture_routes[] = {
	{ "/graph/", false, false, handle_graph },
	{ 0 },
};
