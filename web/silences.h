/* When nobody is told: what an operator asked for, and windows of the configuration. */
#ifndef WEB_SILENCES_H
#define WEB_SILENCES_H

#include "web/html.h"
#include "web/request.h"

/* /api/v1/silences: GET lists them, POST asks for one. */
void silences_handle(struct request *r);
/* /api/v1/silences/end: POST ends one. */
void silences_end_handle(struct request *r);
/* Those that last or are to come, and windows that hold now, into PAGE's list silence.
 */
void silences_put(struct html *page);

#endif
