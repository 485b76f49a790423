/* What happened, as marks on a graph. */
#ifndef WEB_DRAWMARKS_H
#define WEB_DRAWMARKS_H

#include "link/msg.h"

struct conf_target;

/* Put into D what is to be marked on its graph of T: what D's slave ("": this box) sees
 * of T from D's start to its end, which lies behind it, in pixels of D's width, the
 * newest first. Of what was asked lately the answer is kept as long as nobody writes to
 * events.db. */
void drawmarks_put(struct msg_draw *d, const struct conf_target *t);

#endif
