/* Who may see what of the house. */
#ifndef WEB_ACCESS_H
#define WEB_ACCESS_H

#include <stdbool.h>

#include "minute.h"

struct request;

/* May the reader of R see which hosts, peers and services there are in the traffic?
 * Whoever came over probectl's socket may. Else, as long as no password is set,
 * everybody may who reaches us by a name of ours; once one is, who has logged in. */
bool access_hosts(const struct request *r);
/* Does a table of traffic tell of hosts, peers or services? Protocols, classes,
 * interfaces and sums do not. */
bool access_is_private(enum minute_by by);

#endif
