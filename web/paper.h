/* A document to be printed, as text: what a report says, before anybody has laid it
 * out. Web writes it, shows it as a page, and sends it to the painter, who makes a PDF.
 *
 * One block a line, its cells with tabs between them; the first letter says which kind.
 */
#ifndef WEB_PAPER_H
#define WEB_PAPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "link/msg.h"

enum paper_kind {
	PAPER_TITLE = 'T',   /* one cell: the title of all */
	PAPER_HEADING = 'H', /* one cell */
	PAPER_TEXT = 'P',    /* one cell: a paragraph */
	PAPER_SMALL = 'S',   /* one cell: the same, smaller */
	PAPER_COLUMNS = 'C', /* a table begins: heads, each behind a letter for its
			      * column: l for texts, n for short ones that are not to
			      * be broken, r for figures, which stand at the right */
	PAPER_ROW = 'R',     /* of that table */
	PAPER_GRAPH = 'G',   /* paper_draw(); the last cell is its caption */
	PAPER_MARK = 'M',    /* of the next graph */
	PAPER_FOOT = 'F'     /* one cell: at the foot of every page */
};

#define PAPER_CELLS 12		/* of one block */
#define PAPER_GRAPHS 16		/* of one document */
#define PAPER_MAX (256L * 1024) /* bytes of one document */

/* Write a block of KIND with its one cell by FMT. Tabs and control characters of what
 * is inserted become spaces. */
void paper_printf(FILE *out, enum paper_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Write a block of COUNT cells, at most PAPER_CELLS. */
void paper_cells(
    FILE *out, enum paper_kind kind, const char *const *cell, size_t count);
/* Write the graph that D asks for. */
void paper_graph(FILE *out, const struct msg_draw *d, const char *caption);

struct paper_block {
	enum paper_kind kind;
	size_t cells;
	char *cell[PAPER_CELLS]; /* parts of the text that is read */
};

/* The block at *AT, whose line is taken apart in place, into B; *AT is behind it then.
 * False at the end, and where something is no block. The text, which ends with a NUL,
 * comes from another process: any byte may be in it, but what is taken is UTF-8. */
bool paper_next(char **at, struct paper_block *b);
/* The marks are gathered in D, which the caller has zeroed before the first block and
 * after every graph. */
bool paper_mark(const struct paper_block *b, struct msg_draw *d);
/* What B, a graph, asks for: D, by the bounds of msg_get_draw(). False when it is none.
 */
bool paper_draw(const struct paper_block *b, struct msg_draw *d);

#endif
