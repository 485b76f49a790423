#include "web/sheet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <pango/pangocairo.h>

#include "base/mem.h"
#include "link/msgdraw.h"
#include "web/paper.h"

/* Points, of which an inch has 72. */
#define PAGE_WIDTH 595.28
#define PAGE_HEIGHT 841.89
#define MARGIN 48.0
#define BOTTOM (PAGE_HEIGHT - MARGIN - 18) /* the foot is below it */
#define WIDTH (PAGE_WIDTH - 2 * MARGIN)
#define GAP 10.0      /* between columns */
#define FEW_LINES 50.0 /* that stand with a heading, or a caption */
#define PAGES_MAX 100 /* what is behind them is left out, and said to be */
#define BYTES_MAX (16UL * 1024 * 1024)
/* A picture has one page, as long as it takes, and less of a margin around it. */
#define PICTURE_BOTTOM 4000.0
#define PICTURE_CROP 24.0
#define PICTURE_ZOOM 2 /* pixels a point */

struct image {
	struct msg_draw *ask;
	cairo_surface_t *surface; /* NULL: see why */
	double width, height;	  /* points on the page */
	char why[256];
};

struct sheet {
	struct paper_block *block;
	size_t blocks;
	struct image image[PAPER_GRAPHS];
	size_t images, drawn;
	char *text; /* that blocks are parts of */
	const char *foot, *title;
	uint8_t format; /* enum draw_format */
	bool dark;
	uint8_t theme; /* of graphs */

	/* The pass that is made: the first one only counts pages. */
	cairo_t *cr;
	cairo_surface_t *surface;
	bool counting;
	double y, bottom;
	unsigned page, pages;
	bool full;   /* PAGES_MAX are */
	size_t head; /* block that is the head of the table we are in; 0: none */
	double column[PAPER_CELLS];
	size_t columns;
	size_t at, shown; /* blocks and graphs of this pass that are done */
	struct graph bytes; /* the PDF, or the picture */
};

/* --- colours ---------------------------------------------------------------------- */

/* As the style sheets of pages have them. */
static const uint32_t inks[2][INKS] = {
	{ [INK_TEXT] = 0x1c2430,
	    [INK_PALE] = 0x5b6675,
	    [INK_RULE] = 0xe3e8ed,
	    [INK_GAP] = 0xe9edf1,
	    [INK_KEY] = 0x2f6fb4,
	    0xe08a1e,
	    0x2a9d8f,
	    0xa4588f,
	    0x8a7a2c,
	    [INK_REST] = 0xc3ccd6,
	    [INK_HEAT] = 0xf4f6f8,
	    0xfdeada,
	    0xfbcf9f,
	    0xf59a4a,
	    0xbd4a08,
	    0x6d2404,
	    [INK_ON_HEAT] = 0xffffff,
	    [INK_GOOD] = 0x18794a,
	    [INK_WARN] = 0xb54708,
	    [INK_BAD] = 0xb42318 },
	{ [INK_TEXT] = 0xe6ebf1,
	    [INK_PALE] = 0x93a0ae,
	    [INK_RULE] = 0x28313b,
	    [INK_GAP] = 0x202932,
	    [INK_KEY] = 0x5a9be0,
	    0xf0a848,
	    0x45c0ae,
	    0xc983b5,
	    0xc2b04e,
	    [INK_REST] = 0x465261,
	    [INK_HEAT] = 0x0f141a,
	    0x33261c,
	    0x5a3819,
	    0x96550f,
	    0xe39443,
	    0xffd9a6,
	    [INK_ON_HEAT] = 0x14100b,
	    [INK_GOOD] = 0x46c28a,
	    [INK_WARN] = 0xff9c55,
	    [INK_BAD] = 0xff7a6b },
};
#define CARD_LIGHT 0xffffff
#define CARD_DARK 0x181f26

static void
set_color(struct sheet *s, uint32_t rgb)
{
	cairo_set_source_rgb(s->cr, (rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0,
	    (rgb & 255) / 255.0);
}

/* GREY on white, or what that is on a dark page. */
static void
set_grey(struct sheet *s, double grey)
{
	if (s->dark)
		set_color(s, inks[1][grey > 0.5 ? INK_RULE
				     : grey > 0 ? INK_PALE
						: INK_TEXT]);
	else
		cairo_set_source_rgb(s->cr, grey, grey, grey);
}

/* --- text ------------------------------------------------------------------------- */

struct style {
	const char *font;
	double grey; /* 0 is black */
};

static const struct style title = { "sans-serif bold 17", 0 },
			  heading = { "sans-serif bold 11.5", 0 },
			  plain = { "sans-serif 9.5", 0 },
			  small = { "sans-serif 8", 0.3 }, cell = { "sans-serif 8", 0 },
			  head = { "sans-serif bold 8", 0.3 };

static PangoLayout *
layout_of(struct sheet *s, const struct style *style, const char *text, double width)
{
	PangoLayout *l = pango_cairo_create_layout(s->cr);
	PangoFontDescription *font = pango_font_description_from_string(style->font);

	pango_layout_set_font_description(l, font);
	pango_font_description_free(font);
	pango_layout_set_text(l, text, -1);
	if (width > 0) {
		pango_layout_set_width(l, (int)(width * PANGO_SCALE));
		pango_layout_set_wrap(l, PANGO_WRAP_WORD_CHAR);
	}
	pango_layout_set_spacing(l, (int)(1.5 * PANGO_SCALE));
	return l;
}

static void
size_of(PangoLayout *l, double *width, double *height)
{
	int w, h;

	pango_layout_get_size(l, &w, &h);
	*width = (double)w / PANGO_SCALE;
	*height = (double)h / PANGO_SCALE;
}

static void
show(struct sheet *s, PangoLayout *l, const struct style *style, double x, double y)
{
	if (s->counting)
		return;
	set_grey(s, style->grey);
	cairo_move_to(s->cr, x, y);
	pango_cairo_show_layout(s->cr, l);
}

static void
rule(struct sheet *s, double y, double grey)
{
	if (s->counting)
		return;
	set_grey(s, grey);
	cairo_set_line_width(s->cr, 0.5);
	cairo_move_to(s->cr, MARGIN, y);
	cairo_line_to(s->cr, MARGIN + WIDTH, y);
	cairo_stroke(s->cr);
}

/* --- pages ------------------------------------------------------------------------ */

/* Below all of a picture. */
static void
put_picture_foot(struct sheet *s)
{
	char *text = mem_printf("%s%s", s->foot,
	    s->full ? "; what follows is left out, PDF has all of it" : "");
	PangoLayout *l = layout_of(s, &small, text, WIDTH);
	double w, h;

	free(text);
	size_of(l, &w, &h);
	if (s->y > s->bottom)
		s->y = s->bottom;
	s->y += 8;
	show(s, l, &small, MARGIN, s->y);
	s->y += h;
	g_object_unref(l);
}

static void
put_foot(struct sheet *s)
{
	char text[48];
	double w, h;

	if (s->format != DRAW_PDF) {
		put_picture_foot(s);
		return;
	}
	if (s->counting)
		return;
	snprintf(text, sizeof text, "page %u of %u", s->page, s->pages);
	PangoLayout *l = layout_of(s, &small, text, 0);
	size_of(l, &w, &h);
	show(s, l, &small, MARGIN + WIDTH - w, PAGE_HEIGHT - MARGIN);
	g_object_unref(l);
	l = layout_of(s, &small, s->foot, WIDTH - w - GAP);
	pango_layout_set_height(l, 0);
	pango_layout_set_ellipsize(l, PANGO_ELLIPSIZE_END);
	show(s, l, &small, MARGIN, PAGE_HEIGHT - MARGIN);
	g_object_unref(l);
}

static void
end_page(struct sheet *s)
{
	put_foot(s);
	if (!s->counting)
		cairo_show_page(s->cr);
}

static void
new_page(struct sheet *s)
{
	if (s->page >= (s->format == DRAW_PDF ? PAGES_MAX : 1)) {
		s->full = true;
		return;
	}
	if (s->page > 0)
		end_page(s);
	s->page++;
	s->y = MARGIN;
}

/* Room for HEIGHT on this page, or on a fresh one. False when that is one more. */
static bool
has_room(struct sheet *s, double height)
{
	if (s->y + height <= s->bottom || s->y <= MARGIN)
		return true;
	new_page(s);
	return false;
}

/* --- blocks ----------------------------------------------------------------------- */

static void
put_text(struct sheet *s, const struct style *style, const char *text, double before,
    double keep)
{
	PangoLayout *l = layout_of(s, style, text, WIDTH);
	double w, h;

	size_of(l, &w, &h);
	if (has_room(s, before + h + keep) && s->y > MARGIN)
		s->y += before;
	/* A paragraph longer than a page is cut: none of ours is. */
	if (!s->full)
		show(s, l, style, MARGIN, s->y);
	s->y += h;
	g_object_unref(l);
}

static double
natural_width(struct sheet *s, const struct style *style, const char *text)
{
	PangoLayout *l = layout_of(s, style, text, 0);
	double w, h;

	size_of(l, &w, &h);
	g_object_unref(l);
	return w;
}

/* The widths of the columns of the table whose head is block AT: figures as wide as
 * they are, and texts what is left, in proportion. */
static void
fit_columns(struct sheet *s, size_t at)
{
	const struct paper_block *h = &s->block[at];
	double fixed = 0, loose = 0, room;

	s->columns = h->cells;
	for (size_t c = 0; c < h->cells; c++)
		s->column[c] = natural_width(
		    s, &head, h->cell[c][0] != '\0' ? h->cell[c] + 1 : "");
	for (size_t i = at + 1; i < s->blocks && s->block[i].kind == PAPER_ROW; i++)
		for (size_t c = 0; c < s->block[i].cells && c < s->columns; c++) {
			double w = natural_width(s, &cell, s->block[i].cell[c]);
			if (w > s->column[c])
				s->column[c] = w;
		}
	for (size_t c = 0; c < s->columns; c++) {
		s->column[c] += 1; /* of rounding */
		if (h->cell[c][0] != 'l')
			fixed += s->column[c];
		else
			loose += s->column[c];
	}
	room = WIDTH - GAP * (double)(s->columns - 1);
	if (fixed > room * 0.8) { /* then they have to share it, too */
		for (size_t c = 0; c < s->columns; c++)
			s->column[c] *= room / (fixed + loose);
		return;
	}
	for (size_t c = 0; c < s->columns && loose > 0; c++)
		if (h->cell[c][0] == 'l')
			s->column[c] *= (room - fixed) / loose;
}

/* One row of the table; DRAWN false: only how high it would be. */
static double
put_cells(struct sheet *s, const struct paper_block *b, const struct style *style,
    size_t skip, bool drawn)
{
	const struct paper_block *h = &s->block[s->head];
	double x = MARGIN, most = 0;

	for (size_t c = 0; c < s->columns; c++) {
		const char *text = c < b->cells ? b->cell[c] : "";
		if (strlen(text) >= skip)
			text += skip;
		PangoLayout *l = layout_of(s, style, text, s->column[c]);
		double w, height;
		if (h->cell[c][0] == 'r')
			pango_layout_set_alignment(l, PANGO_ALIGN_RIGHT);
		size_of(l, &w, &height);
		if (drawn)
			show(s, l, style, x, s->y);
		if (height > most)
			most = height;
		g_object_unref(l);
		x += s->column[c] + GAP;
	}
	return most;
}

static void
put_table_head(struct sheet *s)
{
	s->y += put_cells(s, &s->block[s->head], &head, 1, true) + 3;
	rule(s, s->y, 0.4);
	s->y += 3;
}

static void
put_columns(struct sheet *s, size_t at)
{
	s->head = at;
	fit_columns(s, at);
	s->y += 4;
	has_room(s, 60);
	put_table_head(s);
}

static void
put_row(struct sheet *s, const struct paper_block *b)
{
	double height = put_cells(s, b, &cell, 0, false);

	if (!has_room(s, height + 6)) {
		if (s->full)
			return;
		put_table_head(s);
	}
	put_cells(s, b, &cell, 0, true);
	s->y += height + 3;
	rule(s, s->y, 0.85);
	s->y += 3;
}

static void
put_graph(struct sheet *s, const struct image *i, const char *caption)
{
	if (*caption != '\0')
		put_text(
		    s, &plain, caption, 8, i->surface != NULL ? i->height + 4 : 14);
	if (i->surface == NULL) {
		put_text(s, &small, i->why, 2, 0);
		return;
	}
	s->y += 4;
	has_room(s, i->height);
	if (!s->counting && !s->full) {
		cairo_save(s->cr);
		cairo_translate(s->cr, MARGIN, s->y);
		cairo_scale(s->cr, i->width / cairo_image_surface_get_width(i->surface),
		    i->height / cairo_image_surface_get_height(i->surface));
		cairo_set_source_surface(s->cr, i->surface, 0, 0);
		cairo_paint(s->cr);
		cairo_restore(s->cr);
	}
	s->y += i->height + 4;
}

/* --- drawings --------------------------------------------------------------------- */

static void
put_hatch(struct sheet *s, const struct paper_shape *u)
{
	double step = 5, far = u->a + u->b;

	cairo_save(s->cr);
	cairo_rectangle(s->cr, u->x, u->y, u->a, u->b);
	cairo_clip(s->cr);
	cairo_set_line_width(s->cr, 2.2);
	for (double at = step / 2; at < far; at += step) {
		cairo_move_to(s->cr, u->x + at, u->y);
		cairo_line_to(s->cr, u->x + at - u->b, u->y + u->b);
	}
	cairo_stroke(s->cr);
	cairo_restore(s->cr);
}

static void
put_line(struct sheet *s, const struct paper_shape *u)
{
	static const double dash[] = { 5, 4 };
	const char *at = u->text;
	bool first = true, again;
	double x, y;

	cairo_set_dash(s->cr, dash, u->form == FORM_DASHED ? 2 : 0, 0);
	cairo_set_line_width(s->cr, u->a);
	cairo_set_line_join(s->cr, CAIRO_LINE_JOIN_ROUND);
	while (paper_point(&at, &x, &y, &again)) {
		if (first || again)
			cairo_move_to(s->cr, x, y);
		else
			cairo_line_to(s->cr, x, y);
		first = false;
	}
	cairo_stroke(s->cr);
	cairo_set_dash(s->cr, NULL, 0, 0);
}

static void
put_word(struct sheet *s, const struct paper_shape *u)
{
	PangoLayout *l = layout_of(s, &plain, u->text, 0);
	PangoFontDescription *font = pango_font_description_from_string("sans-serif");
	double w, h;

	pango_font_description_set_absolute_size(font, u->b * PANGO_SCALE);
	pango_layout_set_font_description(l, font);
	pango_font_description_free(font);
	size_of(l, &w, &h);
	cairo_move_to(s->cr, u->x - w * u->a / 2,
	    u->y - (double)pango_layout_get_baseline(l) / PANGO_SCALE);
	pango_cairo_show_layout(s->cr, l);
	g_object_unref(l);
}

static void
put_shape(struct sheet *s, const struct paper_block *b)
{
	struct paper_shape u;

	if (!paper_shape(b, &u))
		return;
	set_color(s, inks[s->dark][u.ink]);
	switch (u.form) {
	case FORM_BOX:
		cairo_rectangle(s->cr, u.x, u.y, u.a, u.b);
		cairo_fill(s->cr);
		break;
	case FORM_FRAME:
		cairo_set_line_width(s->cr, 1.5);
		cairo_rectangle(s->cr, u.x, u.y, u.a, u.b);
		cairo_stroke(s->cr);
		break;
	case FORM_HATCH:
		put_hatch(s, &u);
		break;
	case FORM_LINE:
	case FORM_DASHED:
		put_line(s, &u);
		break;
	default:
		put_word(s, &u);
		break;
	}
}

/* The drawing that block AT ends, whose shapes stand before it. */
static void
put_drawing(struct sheet *s, size_t at)
{
	const struct paper_block *b = &s->block[at];
	const char *caption = b->cell[b->cells - 1];
	double width, height, scale = WIDTH / PAPER_WIDTH;
	size_t first = at;

	if (!paper_size(b, &width, &height))
		return;
	if (height * scale > s->bottom - MARGIN - 40)
		scale = (s->bottom - MARGIN - 40) / height;
	if (width * scale > WIDTH)
		scale = WIDTH / width;
	if (*caption != '\0')
		put_text(s, &plain, caption, 8, height * scale + 4);
	s->y += 4;
	has_room(s, height * scale);
	while (first > 0 && s->block[first - 1].kind == PAPER_SHAPE)
		first--;
	if (!s->counting && !s->full) {
		cairo_save(s->cr);
		cairo_translate(s->cr, MARGIN, s->y);
		cairo_scale(s->cr, scale, scale);
		for (size_t i = first; i < at; i++)
			put_shape(s, &s->block[i]);
		cairo_restore(s->cr);
	}
	s->y += height * scale + 4;
}

static double
text_height(struct sheet *s, const struct style *style, const char *text)
{
	PangoLayout *l = layout_of(s, style, text, WIDTH);
	double w, h;

	size_of(l, &w, &h);
	g_object_unref(l);
	return h;
}

/* The height of what stands with the heading at AT: the texts behind it with the graph
 * that they are about, IMAGE; else a few lines. */
static double
kept_with(struct sheet *s, size_t at, size_t image)
{
	double keep = 0;

	for (at++; at < s->blocks; at++) {
		const struct paper_block *b = &s->block[at];

		if (b->kind == PAPER_GRAPH && s->image[image].surface != NULL)
			return keep + FEW_LINES + s->image[image].height;
		if (b->kind == PAPER_MARK)
			continue; /* of the graph */
		if (b->kind == PAPER_SMALL)
			keep += text_height(s, &small, b->cell[0]);
		else
			break;
	}
	return FEW_LINES;
}

static void
put_heading(struct sheet *s, const char *text, double keep)
{
	put_text(s, &heading, text, 14, keep);
	if (!s->counting && !s->full && s->format == DRAW_PDF)
		cairo_pdf_surface_add_outline(s->surface, CAIRO_PDF_OUTLINE_ROOT, text,
		    "", CAIRO_PDF_OUTLINE_FLAG_OPEN);
	s->y += 3;
}

static void
put_block(struct sheet *s, size_t at, size_t *image)
{
	const struct paper_block *b = &s->block[at];

	switch (b->kind) {
	case PAPER_TITLE:
		put_text(s, &title, b->cell[0], 0, 0);
		s->y += 4;
		break;
	case PAPER_HEADING:
		put_heading(s, b->cell[0], kept_with(s, at, *image));
		break;
	case PAPER_TEXT:
		put_text(s, &plain, b->cell[0], 6, 0);
		break;
	case PAPER_SMALL:
		put_text(s, &small, b->cell[0], 3, 0);
		break;
	case PAPER_COLUMNS:
		put_columns(s, at);
		break;
	case PAPER_ROW:
		if (s->head != SIZE_MAX)
			put_row(s, b);
		break;
	case PAPER_GRAPH:
		put_graph(s, &s->image[(*image)++], b->cell[b->cells - 1]);
		break;
	case PAPER_DRAWING:
		put_drawing(s, at);
		break;
	default:
		break;
	}
}

/* A pass over all blocks begins, onto SURFACE, which is taken over. */
static void
begin_pass(struct sheet *s, cairo_surface_t *surface, bool counting)
{
	s->surface = surface;
	s->cr = cairo_create(surface);
	s->counting = counting;
	s->bottom = s->format == DRAW_PDF ? BOTTOM : PICTURE_BOTTOM;
	if (s->format != DRAW_PDF && !counting) {
		double zoom = s->format == DRAW_PNG ? PICTURE_ZOOM : 1;
		cairo_scale(s->cr, zoom, zoom);
		set_color(s, s->dark ? CARD_DARK : CARD_LIGHT);
		cairo_paint(s->cr);
		cairo_translate(s->cr, -PICTURE_CROP, -PICTURE_CROP);
	}
	s->page = 0;
	s->full = false;
	s->head = SIZE_MAX;
	s->at = s->shown = 0;
	new_page(s);
}

/* The next block of it. False when that was the last one: the pass is over then. */
static bool
go_on(struct sheet *s)
{
	if (s->at < s->blocks && !s->full) {
		put_block(s, s->at++, &s->shown);
		return true;
	}
	end_page(s);
	s->pages = s->page;
	cairo_destroy(s->cr);
	s->cr = NULL;
	return false;
}

/* --- graphs ----------------------------------------------------------------------- */

struct bytes {
	const uint8_t *data;
	size_t size, at;
};

static cairo_status_t
read_bytes(void *ctx, unsigned char *data, unsigned length)
{
	struct bytes *b = ctx;

	if (length > b->size - b->at)
		return CAIRO_STATUS_READ_ERROR;
	memcpy(data, b->data + b->at, length);
	b->at += length;
	return CAIRO_STATUS_SUCCESS;
}

static void
draw_image(struct image *i, const struct conf *conf, const struct msg_draw *d)
{
	struct graph g;
	struct err err;

	if (graph_draw(&g, conf, d, &err) < 0) {
		snprintf(i->why, sizeof i->why, "This graph cannot be drawn: %.200s",
		    err.text);
		return;
	}
	struct bytes b = { g.data, g.size, 0 };
	i->surface = cairo_image_surface_create_from_png_stream(read_bytes, &b);
	graph_free(&g);
	if (cairo_surface_status(i->surface) != CAIRO_STATUS_SUCCESS ||
	    cairo_image_surface_get_width(i->surface) < 1) {
		cairo_surface_destroy(i->surface);
		i->surface = NULL;
		snprintf(i->why, sizeof i->why, "This graph cannot be drawn.");
		return;
	}
	i->width = WIDTH;
	i->height = WIDTH * cairo_image_surface_get_height(i->surface) /
		    cairo_image_surface_get_width(i->surface);
	if (i->height > BOTTOM - MARGIN - 40) {
		i->width *= (BOTTOM - MARGIN - 40) / i->height;
		i->height = BOTTOM - MARGIN - 40;
	}
}

/* --- all of it -------------------------------------------------------------------- */

/* Take TEXT apart. Each block is one that put_block() can do something with. */
static int
take(struct sheet *s, struct err *err)
{
	struct paper_block b;
	struct msg_draw *d = mem_zero(1, sizeof *d);
	size_t room = 0;
	char *at = s->text;
	bool good = true;

	while (good && paper_next(&at, &b)) {
		if (b.kind == PAPER_MARK) {
			good = paper_mark(&b, d);
		} else if (b.kind == PAPER_GRAPH) {
			good = s->images < PAPER_GRAPHS && paper_draw(&b, d);
			if (good) {
				d->theme = s->theme;
				s->image[s->images].ask = mem_alloc(sizeof *d);
				*s->image[s->images++].ask = *d;
			}
			memset(d, 0, sizeof *d);
		} else if (b.kind == PAPER_SHAPE) {
			struct paper_shape shape;
			good = paper_shape(&b, &shape);
		} else if (b.kind == PAPER_DRAWING) {
			double width, height;
			good = paper_size(&b, &width, &height);
		} else if (b.kind == PAPER_FOOT) {
			s->foot = b.cell[0];
		} else if (b.kind == PAPER_TITLE) {
			s->title = b.cell[0];
		}
		if (s->blocks == room) {
			room = room == 0 ? 64 : room * 2;
			s->block = mem_grow(s->block, room, sizeof *s->block);
		}
		s->block[s->blocks++] = b;
	}
	free(d);
	return good && *at == '\0' ? 0 : err_set(err, "what was sent is no document");
}

struct sheet *
sheet_new(char *text, const struct msg_paper *ask, struct err *err)
{
	struct sheet *s = mem_zero(1, sizeof *s);

	s->text = text;
	s->format = ask->format;
	s->theme = ask->theme;
	s->dark = ask->theme % DRAW_SAFE == DRAW_DARK && ask->format != DRAW_PDF;
	if (ask->format == DRAW_PDF)
		s->theme = ask->theme >= DRAW_SAFE ? DRAW_SAFE : DRAW_LIGHT;
	s->foot = s->title = "";
	if (take(s, err) == 0)
		return s;
	sheet_free(s);
	return NULL;
}

void
sheet_free(struct sheet *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->images; i++) {
		if (s->image[i].surface != NULL)
			cairo_surface_destroy(s->image[i].surface);
		free(s->image[i].ask);
	}
	if (s->cr != NULL)
		cairo_destroy(s->cr);
	if (s->surface != NULL)
		cairo_surface_destroy(s->surface);
	graph_free(&s->bytes);
	free(s->block);
	free(s->text);
	free(s);
}

static cairo_status_t
write_bytes(void *ctx, const unsigned char *data, unsigned length)
{
	struct graph *g = ctx;

	if (length > BYTES_MAX - g->size)
		return CAIRO_STATUS_WRITE_ERROR;
	g->data = mem_grow(g->data, g->size + length, 1);
	memcpy(g->data + g->size, data, length);
	g->size += length;
	return CAIRO_STATUS_SUCCESS;
}

static cairo_status_t
write_nothing(void *ctx, const unsigned char *data, unsigned length)
{
	(void)ctx;
	(void)data;
	(void)length;
	return CAIRO_STATUS_SUCCESS;
}

/* What S is drawn upon: pages, or a picture of WIDTH and HEIGHT points. */
static cairo_surface_t *
surface_of(struct sheet *s, double width, double height)
{
	cairo_surface_t *surface;

	if (s->format == DRAW_PNG)
		return cairo_image_surface_create(CAIRO_FORMAT_ARGB32,
		    (int)(PICTURE_ZOOM * width), (int)(PICTURE_ZOOM * height));
	if (s->format == DRAW_SVG)
		return cairo_svg_surface_create_for_stream(
		    write_bytes, &s->bytes, width, height);
	surface = cairo_pdf_surface_create_for_stream(
	    write_bytes, &s->bytes, PAGE_WIDTH, PAGE_HEIGHT);
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, s->title);
	cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "smokebox");
	return surface;
}

static void
finish(struct sheet *s)
{
	if (s->format == DRAW_PNG &&
	    cairo_surface_write_to_png_stream(s->surface, write_bytes, &s->bytes) !=
		CAIRO_STATUS_SUCCESS)
		s->bytes.size = 0;
	cairo_surface_finish(s->surface);
}

enum sheet_step
sheet_go_on(struct sheet *s, const struct conf *conf)
{
	if (s->drawn < s->images) {
		draw_image(&s->image[s->drawn], conf, s->image[s->drawn].ask);
		s->drawn++;
		return SHEET_MORE;
	}
	if (s->surface == NULL) {
		begin_pass(s,
		    cairo_pdf_surface_create_for_stream(
			write_nothing, NULL, PAGE_WIDTH, PAGE_HEIGHT),
		    true);
		return SHEET_MORE;
	}
	if (go_on(s))
		return SHEET_MORE;
	if (s->counting) {
		double width = PAGE_WIDTH - 2 * PICTURE_CROP,
		       height = s->y + MARGIN - 2 * PICTURE_CROP;
		cairo_surface_destroy(s->surface);
		begin_pass(s, surface_of(s, width, height), false);
		return SHEET_MORE;
	}
	finish(s);
	if (cairo_surface_status(s->surface) != CAIRO_STATUS_SUCCESS ||
	    s->bytes.size == 0)
		return SHEET_FAILED;
	s->bytes.head.ok = 1;
	s->bytes.head.size = (uint32_t)s->bytes.size;
	return SHEET_DONE;
}

struct graph *
sheet_bytes(struct sheet *s)
{
	return &s->bytes;
}
