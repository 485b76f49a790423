#include "web/badge.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fnv.h"
#include "base/mem.h"
#include "web/figure.h"
#include "web/html.h"
#include "web/look.h"
#include "web/query.h"
#include "web/request.h"
#include "web/row.h"
#include "web/state.h"
#include "web/vantage.h"

#define NAME_MAX_CHARS 40
#define GROUP_MAX 1000 /* targets below a group that are looked at */
#define AGE_MIN 5      /* seconds that a badge may be kept */
#define AGE_MAX 300

/* Told apart by shape and word; the colours (blue, orange, dark red, grey) differ in
 * lightness too, and white on them is readable. */
enum shade {
	SHADE_GOOD,
	SHADE_LOSSY,
	SHADE_BAD,
	SHADE_NOT_KNOWN
};
static const struct {
	const char *color, *shape;
} shades[] = {
	[SHADE_GOOD] = { "#1b66b1", "M2 6.5 5 9.5 10.5 3" },
	[SHADE_LOSSY] = { "#b04a00", "M6 1.5 11 10.5H1zM6 5v2.6M6 9v.2" },
	[SHADE_BAD] = { "#7d1420", "M2.5 2.5l7 7M9.5 2.5l-7 7" },
	[SHADE_NOT_KNOWN] = { "#5b6675",
	    "M3.5 4.2a2.5 2.5 0 1 1 3.6 2.2Q6 7 6 8M6 10v.2" },
};

struct badge {
	char *name;    /* of what it is of */
	char says[96]; /* "12 ms · 0 % loss" */
	enum shade shade;
	long step; /* seconds */
};

/* --- what it says ----------------------------------------------------------------- */

/* Of T as SLAVE ("" is this box) sees it. What is not known is never loss. */
static void
look_at(struct badge *b, const struct conf_target *t, const char *slave)
{
	const struct live *live = state_live(vantage_id(t, slave));
	char why[256], rtt[FIGURE_TEXT], loss[FIGURE_TEXT];
	enum look look = look_from(t, slave, why, sizeof why);

	b->shade = SHADE_NOT_KNOWN;
	switch (look) {
	case LOOK_FINE:
	case LOOK_LOSS:
		b->shade = look == LOOK_FINE ? SHADE_GOOD : SHADE_LOSSY;
		break;
	case LOOK_DOWN:
		b->shade = SHADE_BAD;
		snprintf(b->says, sizeof b->says, "no answer · 100 %% loss");
		return;
	case LOOK_WAITING:
		snprintf(b->says, sizeof b->says, "no round yet");
		return;
	case LOOK_CANNOT:
		snprintf(b->says, sizeof b->says, "cannot be measured");
		return;
	case LOOK_FILTERED:
		snprintf(b->says, sizeof b->says, "not measured");
		return;
	default:
		snprintf(b->says, sizeof b->says, "unknown");
		return;
	}
	if (live == NULL) {
		b->shade = SHADE_NOT_KNOWN;
		snprintf(b->says, sizeof b->says, "unknown");
		return;
	}
	snprintf(b->says, sizeof b->says, "%s · %s loss",
	    figure_rtt_text(rtt, live->median),
	    figure_percent_text(loss, live->loss_ratio));
}

struct census {
	unsigned all, down, lossy, fine;
};

/* Count what is measured below GROUP. False when that is too much. */
static bool
count_below(struct census *c, const struct conf_target *group)
{
	char why[256];

	for (const struct conf_target *t = group->first; t != NULL; t = t->next) {
		if (t->hide)
			continue;
		if (t->kind != CONF_GROUP && t->kind != CONF_MULTIHOST) {
			enum look look = look_from(
			    t, vantage_first(state_conf(), t), why, sizeof why);
			c->all++;
			c->down += look == LOOK_DOWN;
			c->lossy += look == LOOK_LOSS;
			c->fine += look == LOOK_FINE;
		}
		if (c->all > GROUP_MAX || !count_below(c, t))
			return false;
	}
	return true;
}

/* Of all below GROUP: the worst that is true of any of them. */
static bool
look_below(struct badge *b, const struct conf_target *group)
{
	struct census c = { 0 };

	if (!count_below(&c, group))
		return false;
	unsigned unknown = c.all - c.down - c.lossy - c.fine;
	b->shade = c.down > 0		       ? SHADE_BAD
		   : c.lossy > 0	       ? SHADE_LOSSY
		   : unknown > 0 || c.all == 0 ? SHADE_NOT_KNOWN
					       : SHADE_GOOD;
	if (c.all == 0)
		snprintf(b->says, sizeof b->says, "nothing measured");
	else if (b->shade == SHADE_GOOD)
		snprintf(b->says, sizeof b->says, "%u of %u fine", c.fine, c.all);
	else
		snprintf(b->says, sizeof b->says, "%u of %u %s",
		    c.down > 0	  ? c.down
		    : c.lossy > 0 ? c.lossy
				  : unknown,
		    c.all,
		    c.down > 0	  ? "down"
		    : c.lossy > 0 ? "with loss"
				  : "unknown");
	return true;
}

/* --- as a picture ----------------------------------------------------------------- */

#define FONT_PX 11

/* Widths of ' ' to '~' in hundredths of DejaVu Sans' size; Verdana's are much the same.
 */
static const unsigned char widths[] = {
	/* clang-format off */
	32, 40, 46, 84, 64, 95, 78, 28, 39, 39, 50, 84, 32, 36, 32, 34,
	64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84, 84, 84, 53,
	100, 68, 69, 70, 77, 63, 58, 78, 75, 30, 30, 66, 56, 86, 75, 79,
	60, 79, 70, 64, 61, 73, 68, 99, 68, 61, 68, 39, 34, 39, 84, 50,
	50, 61, 64, 55, 64, 62, 35, 64, 63, 28, 28, 58, 28, 97, 63, 61,
	64, 64, 41, 52, 39, 63, 59, 82, 59, 59, 52, 64, 34, 64, 84,
	/* clang-format on */
};

/* Pixels that S takes; the picture makes it fit. */
static unsigned
width_of(const char *s)
{
	unsigned width = 0;

	while (*s != '\0') {
		size_t n = query_utf8(s);
		unsigned char c = (unsigned char)*s;

		if (c >= ' ' && c <= '~')
			width += widths[c - ' '];
		else if (strncmp(s, "·", 2) == 0)
			width += 32;
		else
			width += n > 2 ? 100 : 63;
		s += n > 0 ? n : 1;
	}
	return (width * FONT_PX + 99) / 100;
}

static void
put_text(FILE *out, unsigned x, unsigned width, const char *s)
{
	fprintf(out, "<text x=\"%u\" y=\"14\" textLength=\"%u\">", x, width);
	html_escape(out, s);
	fputs("</text>", out);
}

static void
draw_badge(FILE *out, const struct badge *b)
{
	unsigned name = width_of(b->name), says = width_of(b->says);
	unsigned left = name + 12, all = left + 20 + says + 6;

	fprintf(out,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"20\" "
	    "viewBox=\"0 0 %u 20\" role=\"img\" aria-labelledby=\"t\"><title id=\"t\">",
	    all, all);
	html_escape(out, b->name);
	fputs(": ", out);
	html_escape(out, b->says);
	fprintf(out,
	    "</title><clipPath id=\"c\"><rect width=\"%u\" height=\"20\" rx=\"4\"/>"
	    "</clipPath><g clip-path=\"url(#c)\"><path fill=\"#39424e\" d=\"M0 0h%uv20H0z\"/>"
	    "<path fill=\"%s\" d=\"M%u 0h%uv20H%uz\"/></g>",
	    all, left, shades[b->shade].color, left, all - left, left);
	fprintf(out,
	    "<path transform=\"translate(%u 4)\" d=\"%s\" fill=\"none\" stroke=\"#fff\" "
	    "stroke-width=\"1.8\" stroke-linecap=\"round\" stroke-linejoin=\"round\"/>",
	    left + 5, shades[b->shade].shape);
	fprintf(out,
	    "<g fill=\"#fff\" font-size=\"%d\" "
	    "font-family=\"Verdana,'DejaVu Sans',sans-serif\" aria-hidden=\"true\">",
	    FONT_PX);
	put_text(out, 6, name, b->name);
	put_text(out, left + 20, says, b->says);
	fputs("</g></svg>\n", out);
}

/* --- the answer ------------------------------------------------------------------- */

/* S shortened to NAME_MAX_CHARS characters; to be freed. */
static char *
shortened(const char *s)
{
	size_t at = 0, chars = 0, n;

	while (chars < NAME_MAX_CHARS && s[at] != '\0') {
		n = query_utf8(s + at);
		at += n > 0 ? n : 1;
		chars++;
	}
	return s[at] == '\0' ? mem_str(s) : mem_printf("%.*s…", (int)at, s);
}

static void
answer(struct request *r, const struct badge *b)
{
	uint64_t tag;
	long age = b->step < AGE_MIN ? AGE_MIN : b->step > AGE_MAX ? AGE_MAX : b->step;
	char text[64], *body;
	size_t len;
	FILE *out = mem_stream(&body, &len);

	draw_badge(out, b);
	mem_stream_end(out);
	tag = fnv(FNV_BEGIN, body, len);
	snprintf(text, sizeof text, "max-age=%ld", age);
	request_set_header(r, "Cache-Control", text);
	request_set_header(
	    r, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'self'");
	request_set_embeddable(r);
	snprintf(text, sizeof text, "\"%016" PRIx64 "\"", tag);
	if (!reply_not_modified(r, text))
		reply_bytes(r, 200, "image/svg+xml", body, len);
	free(body);
}

void
badge_handle(struct request *r)
{
	const char *rest = request_rest(r), *dot = strrchr(rest, '.');
	struct badge b = { .step = state_conf()->step };
	char slave[VANTAGE_NAME];

	if (dot == NULL || strcmp(dot, ".svg") != 0) {
		reply_error(
		    r, 404, "There is no badge %s: expected a path and .svg.", rest);
		return;
	}
	char *path = mem_strn(rest, (size_t)(dot - rest));
	const struct conf_target *t = vantage_parse(state_conf(), path, '/', slave);

	if (t == state_conf()->targets)
		t = NULL;
	if (t == NULL || t->kind == CONF_MULTIHOST) {
		reply_error(r, 404,
		    t == NULL ? "There is no target %s."
			      : "%s draws others together, which have badges of their "
				"own.",
		    path);
		free(path);
		return;
	}
	free(path);
	if (slave[0] == '\0' && t->kind != CONF_GROUP)
		snprintf(slave, sizeof slave, "%s", vantage_first(state_conf(), t));
	if (t->step > 0)
		b.step = t->step;
	char *menu = html_strip(t->menu);
	b.name = shortened(menu);
	free(menu);
	if (t->kind != CONF_GROUP)
		look_at(&b, t, slave);
	if (t->kind != CONF_GROUP || look_below(&b, t))
		answer(r, &b);
	else
		reply_error(r, 404, "%s has too many targets for one badge.", t->path);
	free(b.name);
}
