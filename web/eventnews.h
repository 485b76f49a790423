/* What became of incidents since one looked last: those that are new, have changed or
 * are over. The file tells by a number whether anybody wrote to it at all. */
#ifndef WEB_EVENTNEWS_H
#define WEB_EVENTNEWS_H

#include "web/eventlog.h"

/* From now on: what there is already is no news. */
void eventnews_begin(void);
/* Call FN for each one since, once for all that happened to it: at most some hundred.
 */
void eventnews_look(eventlog_fn fn, void *ctx);

#endif
