/* Who filled the line while something was wrong, and just before. */
#ifndef WEB_CULPRITS_H
#define WEB_CULPRITS_H

#include "base/json.h"
#include "web/eventlog.h"

/* Do the incidents of ROW's kind want to be explained by traffic? */
bool culprits_wanted(const struct eventlog_row *row);
/* {"during":{...},"before":{...}}: the greatest hosts of ROW's span, as of NOW, and of a
 * span as long before it, a quarter of an hour at least and a day at most. HOSTS: the
 * reader may see which they are. */
void culprits_put(
    struct json *j, const struct eventlog_row *row, int64_t now, bool hosts);

#endif
