#include "web/viewfile.h"

#include <config.h>

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/decimal.h"
#include "base/json.h"
#include "base/mem.h"
#include "link/msgdraw.h"
#include "web/csv.h"
#include "web/figure.h"
#include "web/html.h"
#include "web/paper.h"
#include "web/query.h"
#include "web/request.h"
#include "web/sheets.h"
#include "web/taste.h"
#include "web/trafficchart.h"
#include "web/trafficview.h"
#include "web/viewname.h"

#define COLUMNS 40
#define TABLES 12
#define DIGITS 10
#define PAPER_ROWS 300 /* of one table; a file of figures has all */

/* Behind the formats that are drawn. */
enum {
	AS_CSV = DRAW_FORMATS,
	AS_JSON,
	FORMATS
};
static const char *const suffixes[FORMATS] = { "png", "svg", "pdf", "csv", "json" };

struct cell {
	char *text; /* NULL: a number, or not known */
	double number;
};

struct table {
	const char *name, *title;
	struct viewfile_column column[COLUMNS];
	size_t columns;
	bool pictured;
	struct cell *cell;
	size_t cells, room;
};

struct viewfile {
	struct request *request;
	const char *const *names;
	const char *chosen;
	char *what;
	unsigned format;
	uint8_t theme;
	int64_t start, end;
	struct table table[TABLES];
	size_t tables;
	FILE *paper;
	char *text; /* of the paper */
	size_t len;
};

/* --- what is asked for ------------------------------------------------------------ */

static int
parse_format(struct request *r, struct viewfile *v)
{
	const char *rest = request_rest(r);

	while (v->format < FORMATS && strcmp(rest, suffixes[v->format]) != 0)
		v->format++;
	if (v->format < FORMATS)
		return 0;
	reply_error(r, 404,
	    "There is no file %s: expected .png, .svg, .pdf, .csv or .json.",
	    request_path(r));
	return -1;
}

static int
parse_theme(struct request *r, struct viewfile *v)
{
	static const char *const theme[DRAW_LOOKS] = { "light", "dark", "safe",
		"dark-safe" };
	const char *text = request_arg(r, "theme");

	while (text != NULL && *text != '\0' && v->theme < DRAW_LOOKS &&
	       strcmp(text, theme[v->theme]) != 0)
		v->theme++;
	if (v->theme < DRAW_LOOKS)
		return 0;
	reply_error(
	    r, 400, "parameter theme: expected one of light, dark, safe, dark-safe");
	return -1;
}

static int
parse_table(struct request *r, struct viewfile *v)
{
	const char *text = request_arg(r, "table");
	char *known, *more;

	v->chosen = v->names[0];
	if (text == NULL || *text == '\0')
		return 0;
	for (size_t i = 0; v->names[i] != NULL; i++)
		if (strcmp(text, v->names[i]) == 0) {
			v->chosen = v->names[i];
			return 0;
		}
	known = mem_str(v->names[0]);
	for (size_t i = 1; v->names[i] != NULL; i++) {
		more = mem_printf("%s, %s", known, v->names[i]);
		free(known);
		known = more;
	}
	reply_error(r, 400, "parameter table: expected one of %s", known);
	free(known);
	return -1;
}

const char *
viewfile_when(char buf[VIEWFILE_WHEN], int64_t when, bool with_zone)
{
	time_t at = (time_t)when;
	struct tm tm;

	if (localtime_r(&at, &tm) == NULL ||
	    strftime(buf, VIEWFILE_WHEN,
		with_zone ? "%Y-%m-%d %H:%M %Z" : "%Y-%m-%d %H:%M", &tm) == 0)
		snprintf(buf, VIEWFILE_WHEN, "%" PRId64, when);
	return buf;
}

struct viewfile *
viewfile_new(
    struct request *r, const char *what, const char *title, const char *const *tables)
{
	struct viewfile *v = mem_zero(1, sizeof *v);
	char when[VIEWFILE_WHEN];

	v->request = r;
	v->names = tables;
	v->what = mem_str(what);
	v->start = v->end = clock_wall_s();
	if (parse_format(r, v) != 0 || parse_theme(r, v) != 0 ||
	    parse_table(r, v) != 0) {
		viewfile_free(v);
		return NULL;
	}
	if (v->format >= DRAW_FORMATS)
		return v;
	v->paper = mem_stream(&v->text, &v->len);
	if (title == NULL)
		return v;
	paper_printf(v->paper, PAPER_FOOT, "smokebox %s, %s", PACKAGE_VERSION,
	    viewfile_when(when, v->end, true));
	paper_printf(v->paper, PAPER_TITLE, "%s", title);
	return v;
}

void
viewfile_span(struct viewfile *v, int64_t start, int64_t end)
{
	v->start = start;
	v->end = end;
}

FILE *
viewfile_paper(struct viewfile *v)
{
	return v->paper;
}

bool
viewfile_wants(const struct viewfile *v, const char *name)
{
	return v->format != AS_CSV || strcmp(v->chosen, name) == 0;
}

/* --- what is in it ---------------------------------------------------------------- */

void
viewfile_table(struct viewfile *v, const char *name, const char *title,
    const struct viewfile_column *column, size_t count, bool pictured)
{
	struct table *t = &v->table[v->tables < TABLES ? v->tables++ : TABLES - 1];

	t->name = name;
	t->title = title;
	t->columns = count < COLUMNS ? count : COLUMNS;
	t->pictured = pictured;
	memcpy(t->column, column, t->columns * sizeof *column);
}

static void
put_cell(struct viewfile *v, const char *text, double number)
{
	struct table *t = &v->table[v->tables - 1];

	if (t->cells == t->room) {
		t->room = t->room == 0 ? 256 : 2 * t->room;
		t->cell = mem_grow(t->cell, t->room, sizeof *t->cell);
	}
	t->cell[t->cells++] =
	    (struct cell){ text != NULL ? mem_str(text) : NULL, number };
}

void
viewfile_str(struct viewfile *v, const char *text)
{
	put_cell(v, text, NAN);
}

void
viewfile_num(struct viewfile *v, double value)
{
	put_cell(v, NULL, value);
}

void
viewfile_int(struct viewfile *v, int64_t value)
{
	put_cell(v, NULL, (double)value);
}

/* --- for programs ----------------------------------------------------------------- */

/* Nothing was at no time. */
static bool
is_known(const struct cell *c, enum viewfile_kind kind)
{
	return c->text != NULL ||
	       (isfinite(c->number) && (kind != VIEWFILE_TIME || c->number != 0));
}

static void
put_csv_cell(FILE *out, const struct cell *c, enum viewfile_kind kind)
{
	char text[DECIMAL_TEXT];

	if (!is_known(c, kind))
		return;
	if (c->text != NULL)
		csv_text(out, c->text);
	else if (c->number == rint(c->number) && fabs(c->number) < 9e15)
		fprintf(out, "%" PRId64, (int64_t)c->number);
	else
		fwrite(text, 1, decimal_text(text, c->number, DIGITS), out);
}

static void
put_csv(FILE *out, const struct table *t)
{
	for (size_t c = 0; c < t->columns; c++)
		fprintf(out, "%s%s", c > 0 ? "," : "", t->column[c].name);
	fputs("\r\n", out);
	for (size_t i = 0; i + t->columns <= t->cells; i += t->columns) {
		for (size_t c = 0; c < t->columns; c++) {
			if (c > 0)
				fputc(',', out);
			put_csv_cell(out, &t->cell[i + c], t->column[c].kind);
		}
		fputs("\r\n", out);
	}
}

static void
put_json_cell(struct json *j, const struct cell *c, enum viewfile_kind kind)
{
	if (!is_known(c, kind))
		jw_null(j);
	else if (c->text != NULL)
		jw_str(j, c->text);
	else if (c->number == rint(c->number) && fabs(c->number) < 9e15)
		jw_int(j, (int64_t)c->number);
	else
		jw_rounded(j, c->number, DIGITS);
}

static void
put_json_table(struct json *j, const struct table *t)
{
	size_t rows = t->columns > 0 ? t->cells / t->columns : 0;

	jw_object(j);
	jw_put_int(j, "count", (int64_t)rows);
	jw_key(j, "columns");
	jw_object(j);
	for (size_t c = 0; c < t->columns; c++) {
		jw_key(j, t->column[c].name);
		jw_array(j);
		for (size_t i = 0; i < rows; i++)
			put_json_cell(
			    j, &t->cell[i * t->columns + c], t->column[c].kind);
		jw_array_end(j);
	}
	jw_object_end(j);
	jw_object_end(j);
}

static void
answer_figures(struct viewfile *v)
{
	struct request *r = v->request;
	FILE *out = request_out(r);
	struct json j;

	viewname_set(r, VIEW_KEPT, v->what, v->start, v->end, suffixes[v->format]);
	request_set_header(r, "Cache-Control", "no-store");
	if (v->format == AS_CSV) {
		for (size_t i = 0; i < v->tables; i++)
			if (strcmp(v->table[i].name, v->chosen) == 0)
				put_csv(out, &v->table[i]);
		reply(r, 200, "text/csv; charset=utf-8; header=present");
		return;
	}
	jw_init(&j, out);
	jw_object(&j);
	jw_put_str(&j, "view", v->what);
	jw_put_int(&j, "start", v->start);
	jw_put_int(&j, "end", v->end);
	jw_key(&j, "tables");
	jw_object(&j);
	for (size_t i = 0; i < v->tables; i++) {
		jw_key(&j, v->table[i].name);
		put_json_table(&j, &v->table[i]);
	}
	jw_object_end(&j);
	jw_object_end(&j);
	fputc('\n', out);
	reply(r, 200, "application/json");
}

/* --- for people ------------------------------------------------------------------- */

#define CELL_TEXT 400

static const char *
cell_text(char buf[CELL_TEXT], const struct cell *c, enum viewfile_kind kind)
{
	char text[FIGURE_TEXT], when[VIEWFILE_WHEN];

	if (!is_known(c, kind))
		return "";
	if (c->text != NULL)
		return c->text;
	switch (kind) {
	case VIEWFILE_TIME:
		snprintf(buf, CELL_TEXT, "%s",
		    viewfile_when(when, (int64_t)c->number, false));
		break;
	case VIEWFILE_RTT:
		snprintf(buf, CELL_TEXT, "%s", figure_rtt_text(text, c->number));
		break;
	case VIEWFILE_LENGTH:
		figure_age(buf, CELL_TEXT, (int64_t)c->number);
		break;
	case VIEWFILE_RATIO:
		snprintf(buf, CELL_TEXT, "%s", figure_percent_text(text, c->number));
		break;
	case VIEWFILE_OCTETS:
		traffic_bytes(buf, CELL_TEXT, c->number);
		break;
	case VIEWFILE_RATE:
		traffic_rate(buf, CELL_TEXT, c->number);
		break;
	default:
		snprintf(buf, CELL_TEXT, "%.6g", c->number);
		break;
	}
	return buf;
}

static void
put_paper_table(FILE *out, const struct table *t)
{
	const char *cell[PAPER_CELLS];
	char head[PAPER_CELLS][80], text[PAPER_CELLS][CELL_TEXT];
	size_t shown[PAPER_CELLS], count = 0, rows = 0;

	for (size_t c = 0; c < t->columns && count < PAPER_CELLS; c++) {
		if (t->column[c].head == NULL)
			continue;
		enum viewfile_kind kind = t->column[c].kind;
		snprintf(head[count], sizeof head[count], "%c%.78s",
		    kind == VIEWFILE_TEXT			     ? 'l'
		    : kind == VIEWFILE_TIME || kind == VIEWFILE_WORD ? 'n'
								     : 'r',
		    t->column[c].head);
		cell[count] = head[count];
		shown[count++] = c;
	}
	if (count == 0 || t->cells == 0)
		return;
	paper_printf(out, PAPER_HEADING, "%s", t->title);
	paper_cells(out, PAPER_COLUMNS, cell, count);
	for (size_t i = 0; i + t->columns <= t->cells; i += t->columns) {
		if (rows++ == PAPER_ROWS) {
			paper_printf(out, PAPER_SMALL,
			    "More rows than these %d are in the files of figures.",
			    PAPER_ROWS);
			break;
		}
		for (size_t c = 0; c < count; c++)
			cell[c] = cell_text(
			    text[c], &t->cell[i + shown[c]], t->column[shown[c]].kind);
		paper_cells(out, PAPER_ROW, cell, count);
	}
}

static void
answer_document(struct viewfile *v)
{
	struct sheets_form form = { (uint8_t)v->format, v->theme };

	for (size_t i = 0; i < v->tables; i++)
		if (v->format == DRAW_PDF || v->table[i].pictured)
			put_paper_table(v->paper, &v->table[i]);
	mem_stream_end(v->paper);
	v->paper = NULL;
	sheets_answer(v->request, v->text, v->len, &form, v->what, v->start, v->end);
}

void
viewfile_answer(struct viewfile *v)
{
	if (v->format < DRAW_FORMATS)
		answer_document(v);
	else
		answer_figures(v);
	viewfile_free(v);
}

void
viewfile_free(struct viewfile *v)
{
	if (v->paper != NULL)
		mem_stream_end(v->paper);
	for (size_t i = 0; i < v->tables; i++) {
		for (size_t k = 0; k < v->table[i].cells; k++)
			free(v->table[i].cell[k].text);
		free(v->table[i].cell);
	}
	free(v->text);
	free(v->what);
	free(v);
}

/* --- ways there ------------------------------------------------------------------- */

/* The file of PATH and SUFFIX, with argument NAME. */
static void
put_link(struct html *page, const struct request *r, const char *path,
    const char *suffix, const char *name, const char *value, const char *word)
{
	struct html *item = html_item(page, "file");
	char *text;
	size_t len;
	FILE *out = mem_stream(&text, &len);

	fprintf(out, "%s%s.%s", request_base(), path, suffix);
	request_link(r, out, name, value);
	mem_stream_end(out);
	html_text(item, "x_href", text);
	html_text(item, "x_word", word);
	free(text);
}

void
viewfile_links(struct html *page, const struct request *r, const char *path,
    const char *const *tables, const char *const *titles, bool pictures)
{
	static const char *const words[DRAW_FORMATS] = { "PNG", "SVG", "PDF" };

	for (unsigned f = 0; f < DRAW_FORMATS; f++)
		if (pictures || f == DRAW_PDF)
			put_link(page, r, path, suffixes[f], "theme",
			    taste_theme(false) >= DRAW_SAFE ? "safe" : NULL, words[f]);
	for (size_t i = 0; tables[i] != NULL; i++) {
		char *word = tables[1] == NULL ? mem_str("CSV")
					       : mem_printf("CSV: %s", titles[i]);
		put_link(page, r, path, "csv", "table",
		    i == 0 && tables[1] != NULL ? NULL : tables[i], word);
		free(word);
	}
	put_link(page, r, path, "json", "table", NULL, "JSON");
}
