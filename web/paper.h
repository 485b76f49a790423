/* A document to be printed, as text: what a report or another view says, before anybody
 * has laid it out. Web writes it, shows it as a page, and sends it to the painter, who
 * makes a PDF or a picture.
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
	PAPER_DRAWING = 'D', /* paper_drawing(); the last cell is its caption */
	PAPER_SHAPE = 'U',   /* of the next drawing */
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

/* A drawing of our own is put together of shapes, and drawn when all are there. Colours
 * go by what they stand for: dark pictures have others of the same names. */
enum paper_ink {
	INK_TEXT,
	INK_PALE,
	INK_RULE, /* thin lines, such as a grid */
	INK_GAP,  /* what is not known */
	INK_KEY,  /* INK_KEY to INK_KEY + 4: one of several */
	INK_REST = INK_KEY + 5,
	INK_HEAT,		    /* INK_HEAT to INK_HEAT + 5: from nothing to bad */
	INK_ON_HEAT = INK_HEAT + 6, /* words on the upper two of them */
	INK_GOOD,
	INK_WARN,
	INK_BAD,
	INKS
};
enum paper_form {
	FORM_BOX,   /* filled */
	FORM_HATCH, /* the same, hatched: not known */
	FORM_FRAME, /* only its edge */
	FORM_LINE,  /* through points */
	FORM_DASHED,
	FORM_WORD,
	FORMS
};
enum paper_anchor {
	ANCHOR_LEFT,
	ANCHOR_MIDDLE,
	ANCHOR_RIGHT
};
#define PAPER_UNITS 6000 /* of a drawing, each way, at most; less than 0 becomes 0 */

/* A box, hatch or frame. */
void paper_box(FILE *out, enum paper_form form, enum paper_ink ink, double x, double y,
    double width, double height);
/* A line, or a dashed one, THICK units, through COUNT points, x and y in turn; where x
 * is NAN it is interrupted. */
void paper_line(FILE *out, enum paper_form form, enum paper_ink ink, double thick,
    const double *xy, size_t count);
/* TEXT in one line, whose letters are SIZE units high, anchored at X; Y is where it
 * stands on. */
void paper_word(FILE *out, enum paper_ink ink, double x, double y,
    enum paper_anchor anchor, double size, const char *text);
/* What was put since the last drawing, in a field of WIDTH and HEIGHT units, of which
 * 680 make a page's width. */
#define PAPER_WIDTH 680
void paper_drawing(FILE *out, double width, double height, const char *caption);

struct paper_shape {
	enum paper_form form;
	enum paper_ink ink;
	double x, y;	  /* of a line: unused */
	double a, b;	  /* width and height; of a line: how thick, 0; of a word:
			   * enum paper_anchor, size */
	const char *text; /* of a word; of a line: paper_point() */
};

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
/* B, a shape, into S, whose text is B's. False when it is none. */
bool paper_shape(const struct paper_block *b, struct paper_shape *s);
/* The next point of a line at *AT, which is behind it then. False at its end, and where
 * something is no point. AGAIN: the line begins anew there. */
bool paper_point(const char **at, double *x, double *y, bool *again);
/* The size of B, a drawing. False when it is none. */
bool paper_size(const struct paper_block *b, double *width, double *height);

#endif
