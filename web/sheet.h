/* A document (paper.h) as a PDF, laid out by pango on A4. Not for two threads. */
#ifndef WEB_SHEET_H
#define WEB_SHEET_H

#include <stdbool.h>

#include "base/log.h"
#include "config/conf.h"
#include "web/graph.h"

struct sheet;

/* The document TEXT, malloced and taken over, which ends with a NUL. NULL with ERR. */
struct sheet *sheet_new(char *text, struct err *err);
/* Draw the next of its graphs, of a target of CONF; where that cannot be, a line will
 * say why. False when there is none left. */
bool sheet_draw(struct sheet *s, const struct conf *conf);
/* Lay it out once all is drawn: 0 with the PDF in G (of whose head only ok and size are
 * set; graph_free()), or -1 with ERR. */
int sheet_print(struct sheet *s, struct graph *g, struct err *err);
void sheet_free(struct sheet *s); /* NULL allowed */

#endif
