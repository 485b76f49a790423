#include "web/paper.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/zone.h"
#include "web/query.h"

#define GRAPH_CELLS 10
#define MARK_CELLS 5
#define SHAPE_CELLS 7
#define TENTHS (10 * PAPER_UNITS)
#define TIME_MAX (INT64_MAX / 1000000000 - 1) /* as messages have it */

/* --- writing ---------------------------------------------------------------------- */

static void
put_cell(FILE *out, const char *s)
{
	while (*s != '\0') {
		size_t n = query_utf8(s);

		if (n == 0)
			fputs("\xef\xbf\xbd", out);
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			fputc(' ', out);
		else
			fwrite(s, 1, n, out);
		s += n > 0 ? n : 1;
	}
}

void
paper_cells(FILE *out, enum paper_kind kind, const char *const *cell, size_t count)
{
	fputc((int)kind, out);
	for (size_t i = 0; i < count && i < PAPER_CELLS; i++) {
		if (i > 0)
			fputc('\t', out);
		put_cell(out, cell[i]);
	}
	fputc('\n', out);
}

void
paper_printf(FILE *out, enum paper_kind kind, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	int n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		fatal("memory for a paragraph");
	paper_cells(out, kind, (const char *const[]){ text }, 1);
	free(text);
}

void
paper_graph(FILE *out, const struct msg_draw *d, const char *caption)
{
	for (unsigned i = 0; i < d->marks; i++) {
		const struct draw_mark *m = &d->mark[i];

		fprintf(out, "%c%" PRId64 "\t%" PRId64 "\t%u\t%u\t", PAPER_MARK,
		    m->begin, m->end, m->tone, m->count);
		put_cell(out, m->label);
		fputc('\n', out);
	}
	fprintf(out, "%c%" PRIu64 "\t", PAPER_GRAPH, d->target);
	put_cell(out, d->slave);
	fprintf(out, "\t%" PRId64 "\t%" PRId64 "\t%u\t%u\t%u\t", d->start, d->end,
	    d->width, d->height, d->kind);
	put_cell(out, d->label);
	fputc('\t', out);
	put_cell(out, d->zone);
	fputc('\t', out);
	put_cell(out, caption);
	fputc('\n', out);
}

/* Tenths of units. */
static long
tenths(double v)
{
	return isnan(v) || v <= 0 ? 0 : v >= PAPER_UNITS ? TENTHS : lround(10 * v);
}

static void
put_shape(FILE *out, enum paper_form form, enum paper_ink ink, double x, double y,
    double a, double b)
{
	fprintf(out, "%c%u\t%u\t%ld\t%ld\t%ld\t%ld\t", PAPER_SHAPE, form, ink,
	    tenths(x), tenths(y), tenths(a), tenths(b));
}

void
paper_box(FILE *out, enum paper_form form, enum paper_ink ink, double x, double y,
    double width, double height)
{
	put_shape(out, form, ink, x, y, width, height);
	fputc('\n', out);
}

void
paper_line(FILE *out, enum paper_form form, enum paper_ink ink, double thick,
    const double *xy, size_t count)
{
	bool again = false, first = true;

	put_shape(out, form, ink, 0, 0, thick, 0);
	for (size_t i = 0; i < count; i++) {
		if (isnan(xy[2 * i]) || isnan(xy[2 * i + 1])) {
			again = !first;
			continue;
		}
		fprintf(out, "%s%ld %ld",
		    again   ? ";"
		    : first ? ""
			    : " ",
		    tenths(xy[2 * i]), tenths(xy[2 * i + 1]));
		again = first = false;
	}
	fputc('\n', out);
}

void
paper_word(FILE *out, enum paper_ink ink, double x, double y, enum paper_anchor anchor,
    double size, const char *text)
{
	put_shape(out, FORM_WORD, ink, x, y, anchor / 10.0, size);
	put_cell(out, text);
	fputc('\n', out);
}

void
paper_drawing(FILE *out, double width, double height, const char *caption)
{
	fprintf(out, "%c%ld\t%ld\t", PAPER_DRAWING, tenths(width), tenths(height));
	put_cell(out, caption);
	fputc('\n', out);
}

/* --- reading ---------------------------------------------------------------------- */

/* Is S, of LEN bytes, text that can be shown? */
static bool
is_text(const char *s, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t n = query_utf8(s + at);
		unsigned char c = (unsigned char)s[at];

		if (n == 0 || (c < 0x20 && c != '\t') || c == 0x7f)
			return false;
		at += n;
	}
	return true;
}

bool
paper_next(char **at, struct paper_block *b)
{
	char *line = *at, *end = strchr(line, '\n');

	b->cells = 0;
	if (end == NULL || end == line || strchr("THPSCRGMFDU", *line) == NULL ||
	    !is_text(line, (size_t)(end - line)))
		return false;
	*end = '\0';
	b->kind = (enum paper_kind) * line;
	for (char *cell = line + 1; cell != NULL;) {
		if (b->cells == PAPER_CELLS)
			return false;
		b->cell[b->cells++] = cell;
		cell = strchr(cell, '\t');
		if (cell != NULL)
			*cell++ = '\0';
	}
	*at = end + 1;
	return true;
}

/* TEXT as a number of LOW..HIGH into V. */
static bool
take_number(const char *text, int64_t low, int64_t high, int64_t *v)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*v = strtoll(text, &end, 10);
	return errno == 0 && *end == '\0' && *v >= low && *v <= high;
}

static bool
take_text(const char *text, char *buf, size_t size)
{
	size_t len = strlen(text);

	if (len >= size)
		return false;
	memcpy(buf, text, len + 1);
	return true;
}

/* The same of words, which may be cut. */
static void
take_words(const char *text, char *buf, size_t size)
{
	size_t len = 0, n;

	while ((n = query_utf8(text + len)) != 0 && len + n < size)
		len += n;
	memcpy(buf, text, len);
	buf[len] = '\0';
}

bool
paper_mark(const struct paper_block *b, struct msg_draw *d)
{
	int64_t tone, count;

	if (b->kind != PAPER_MARK || b->cells != MARK_CELLS || d->marks >= DRAW_MARKS)
		return false;
	struct draw_mark *m = &d->mark[d->marks];
	if (!take_number(b->cell[0], 0, TIME_MAX, &m->begin) ||
	    !take_number(b->cell[1], m->begin, TIME_MAX, &m->end) ||
	    !take_number(b->cell[2], 0, TONES - 1, &tone) ||
	    !take_number(b->cell[3], 0, UINT16_MAX, &count))
		return false;
	take_words(b->cell[4], m->label, sizeof m->label);
	m->tone = (uint8_t)tone;
	m->count = (uint16_t)count;
	d->marks++;
	return true;
}

bool
paper_draw(const struct paper_block *b, struct msg_draw *d)
{
	int64_t width, height, kind;
	char *end;

	if (b->kind != PAPER_GRAPH || b->cells != GRAPH_CELLS)
		return false;
	errno = 0;
	d->target = strtoull(b->cell[0], &end, 10);
	if (errno != 0 || *end != '\0' || b->cell[0][0] < '0' || b->cell[0][0] > '9' ||
	    !take_text(b->cell[1], d->slave, sizeof d->slave) ||
	    !take_number(b->cell[2], 0, TIME_MAX, &d->start) ||
	    !take_number(b->cell[3], d->start + 1, TIME_MAX, &d->end) ||
	    !take_number(b->cell[4], 100, 1000, &width) ||
	    !take_number(b->cell[5], 50, 500, &height) ||
	    !take_number(b->cell[6], 0, DRAW_KINDS - 1, &kind) ||
	    !take_text(b->cell[8], d->zone, sizeof d->zone) ||
	    (d->zone[0] != '\0' && !zone_is_name(d->zone)))
		return false;
	take_words(b->cell[7], d->label, sizeof d->label);
	d->width = (uint16_t)width;
	d->height = (uint16_t)height;
	d->kind = (uint8_t)kind;
	d->format = DRAW_PNG;
	d->theme = DRAW_LIGHT;
	d->zoom = 2;
	return true;
}

bool
paper_shape(const struct paper_block *b, struct paper_shape *s)
{
	int64_t form, ink, v[4];

	if (b->kind != PAPER_SHAPE || b->cells != SHAPE_CELLS ||
	    !take_number(b->cell[0], 0, FORMS - 1, &form) ||
	    !take_number(b->cell[1], 0, INKS - 1, &ink))
		return false;
	for (size_t i = 0; i < 4; i++)
		if (!take_number(b->cell[2 + i], 0, TENTHS, &v[i]))
			return false;
	*s = (struct paper_shape){ .form = (enum paper_form)form,
		.ink = (enum paper_ink)ink,
		.x = (double)v[0] / 10,
		.y = (double)v[1] / 10,
		.a = (double)v[2] / 10,
		.b = (double)v[3] / 10,
		.text = b->cell[6] };
	if (form == FORM_WORD)
		s->a = (double)v[2];
	return true;
}

/* A number of tenths at *AT. */
static bool
take_tenths(const char **at, double *v)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	long tenth = strtol(*at, &end, 10);
	*at = end;
	*v = (double)tenth / 10;
	return tenth <= TENTHS;
}

bool
paper_point(const char **at, double *x, double *y, bool *again)
{
	*again = **at == ';';
	if (**at == ';' || **at == ' ')
		++*at;
	if (!take_tenths(at, x) || **at != ' ')
		return false;
	++*at;
	return take_tenths(at, y);
}

bool
paper_size(const struct paper_block *b, double *width, double *height)
{
	int64_t w, h;

	if (b->kind != PAPER_DRAWING || b->cells != 3 ||
	    !take_number(b->cell[0], 10, TENTHS, &w) ||
	    !take_number(b->cell[1], 10, TENTHS, &h))
		return false;
	*width = (double)w / 10;
	*height = (double)h / 10;
	return true;
}
