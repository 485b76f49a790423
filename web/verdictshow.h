/* Whose fault it is, as the recorder's judge says (infer/verdict.h): in the headline,
 * in the status, in the metrics. */
#ifndef WEB_VERDICTSHOW_H
#define WEB_VERDICTSHOW_H

#include <stdio.h>

#include "base/json.h"
#include "link/msgverdict.h"
#include "web/html.h"

/* MSG_VERDICT. 0, or -1 when it is not to be believed. */
int verdictshow_message(struct msg_in *in);
/* What it says now; NULL while nothing can be said. */
const struct msg_verdict *verdictshow(void);
/* "verdict": {...} or null, into the object J. HOSTS: the reader may see which there
 * are. */
void verdictshow_put(struct json *j, bool hosts);
/* The line on top of PAGE. Where a target is WRONG while the verdict is that the way is
 * fine, it is "verdict_below" of what is wrong, not "verdict"; and while the way out
 * looks down, that it is not known yet whose fault that is. */
void verdictshow_line(struct html *page, bool hosts, bool wrong);

#endif
