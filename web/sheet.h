/* A document (paper.h) laid out by pango: as PDF on A4, as picture on one long page.
 * Not for two threads. */
#ifndef WEB_SHEET_H
#define WEB_SHEET_H

#include <stdbool.h>

#include "base/log.h"
#include "config/conf.h"
#include "web/graph.h"

struct sheet;

/* The document TEXT, malloced and taken over, which ends with a NUL, in ASK's format
 * and theme. NULL with ERR. */
struct sheet *sheet_new(char *text, const struct msg_paper *ask, struct err *err);
/* A little more of it: a graph of one of CONF's targets, a block, a page; where a graph
 * cannot be drawn, a line says why. Little enough for a loop's other work to go on. */
enum sheet_step {
	SHEET_MORE,
	SHEET_DONE,
	SHEET_FAILED
};
enum sheet_step sheet_go_on(struct sheet *s, const struct conf *conf);
/* What came of it, once it is done: of the head only ok and size are set. S keeps it.
 */
struct graph *sheet_bytes(struct sheet *s);
void sheet_free(struct sheet *s); /* NULL allowed */

#endif
