/* A document as a page. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "web/html.h"
#include "web/paper.h"
#include "web/query.h"
#include "web/reportparts.h"
#include "web/row.h"
#include "web/state.h"

static struct html *
new_block(struct html *page, const char *kind, const char *text)
{
	static const char *const names[] = { "b_heading", "b_text", "b_small",
		"b_table", "b_graph" };
	struct html *item = html_item(page, "block");

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		html_text(item, names[i], strcmp(kind, names[i]) == 0 ? text : "");
	return item;
}

static void
put_graph(struct html *page, const struct paper_block *b)
{
	struct msg_draw *d = mem_zero(1, sizeof *d);

	if (paper_draw(b, d)) {
		const struct conf_target *t =
		    conf_target_by_id(state_conf(), d->target);
		struct html *item = new_block(page, "b_graph", "yes");
		if (t != NULL)
			row_links(item, t, d->slave);
		html_text(item, "b_caption", b->cell[b->cells - 1]);
		html_printf(item, "b_start", "%" PRId64, d->start);
		html_printf(item, "b_end", "%" PRId64, d->end);
		html_printf(item, "b_width", "%u", d->width);
		html_printf(item, "b_height", "%u", d->height);
		char *label;
		size_t len;
		FILE *out = mem_stream(&label, &len);
		query_encode(out, d->label);
		mem_stream_end(out);
		html_text(item, "b_label", label);
		free(label);
	}
	free(d);
}

/* The cells of B; those of a table's head say at which side they stand, also for the
 * rows below. */
static void
put_cells(struct html *row, const struct paper_block *b, char *sides, bool head)
{
	for (size_t i = 0; i < b->cells; i++) {
		struct html *cell = html_item(row, "cell");
		if (head)
			sides[i] = b->cell[i][0];
		html_text(cell, "c_side",
		    sides[i] == 'r'   ? "num"
		    : sides[i] == 'n' ? "when"
				      : "");
		html_text(cell, "c_text",
		    b->cell[i] + (head && b->cell[i][0] != '\0' ? 1 : 0));
	}
}

void
report_show(struct html *page, char *text)
{
	struct paper_block b;
	struct html *table = NULL;
	const char *above = "Table"; /* the nearest heading */
	char sides[PAPER_CELLS] = "";

	while (paper_next(&text, &b)) {
		if (b.kind != PAPER_ROW)
			table = NULL;
		switch (b.kind) {
		case PAPER_TITLE:
			html_text(page, "heading", b.cell[0]);
			break;
		case PAPER_HEADING:
			new_block(page, "b_heading", b.cell[0]);
			above = b.cell[0];
			break;
		case PAPER_TEXT:
			new_block(page, "b_text", b.cell[0]);
			break;
		case PAPER_SMALL:
			new_block(page, "b_small", b.cell[0]);
			break;
		case PAPER_COLUMNS:
			table = new_block(page, "b_table", "yes");
			html_text(table, "b_name", above);
			put_cells(html_item(table, "head"), &b, sides, true);
			break;
		case PAPER_ROW:
			if (table != NULL)
				put_cells(html_item(table, "line"), &b, sides, false);
			break;
		case PAPER_GRAPH:
			put_graph(page, &b);
			break;
		case PAPER_FOOT:
			html_text(page, "foot", b.cell[0]);
			break;
		default:
			break;
		}
	}
}
