/* Who filled the line while something was wrong, and just before. */
#ifndef WEB_CULPRITS_H
#define WEB_CULPRITS_H

#include "base/json.h"
#include "web/eventlog.h"

/* Do the incidents of ROW's kind want to be explained by traffic? */
bool culprits_wanted(const struct eventlog_row *row);
/* As a member "talkers" of an object, {"during":{...},"before":{...}}: the greatest hosts
 * of ROW's span, as of NOW, and of a span as long before it, a quarter of an hour at
 * least and a day at most. Where the ring does not know that time any more, as the
 * recorder kept it in ROW; nothing where nobody does. HOSTS: the reader may see which
 * they are. */
void culprits_put(
    struct json *j, const struct eventlog_row *row, int64_t now, bool hosts);

#endif
