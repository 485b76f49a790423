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
/* A little more of it: a graph of one of CONF's targets, a block, a page; where a graph
 * cannot be drawn, a line says why. Little enough for a loop's other work to go on. */
enum sheet_step {
	SHEET_MORE,
	SHEET_DONE,
	SHEET_FAILED
};
enum sheet_step sheet_go_on(struct sheet *s, const struct conf *conf);
/* The PDF, once it is done: of the head only ok and size are set. S keeps it. */
struct graph *sheet_pdf(struct sheet *s);
void sheet_free(struct sheet *s); /* NULL allowed */

#endif
