/* What was different after a note, of a target (infer/effect.h): for its page and for
 * programs. */
#ifndef WEB_EFFECTS_H
#define WEB_EFFECTS_H

#include "config/conf.h"
#include "web/eventlog.h"
#include "web/html.h"
#include "web/request.h"

#define EFFECTS_SPAN_S (6 * 3600) /* of each side, at most, ... */
#define EFFECTS_ROUNDS 600	  /* ... and so many rounds */

/* Put it into ITEM, where ROW is a note before and after which T was measured. */
void effects_put(
    struct html *item, const struct conf_target *t, const struct eventlog_row *row);
/* GET /api/v1/effect?id=NOTE&target=PATH */
void effects_handle(struct request *r);
/* GET /effect.csv and the like, the same arguments */
void effects_file(struct request *r);

#endif
