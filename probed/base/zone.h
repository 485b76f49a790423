/* Local time of another zone than this machine's, for as long as somebody is answered.
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdbool.h>

#define ZONE_NAME 48 /* bytes of a name, with its end */

/* Can NAME be that of a zone ("Europe/Berlin")? Letters, digits, + - _ and slashes,
 * none at the beginning: it leads nowhere but down. */
bool zone_is_name(const char *name);
/* From now on local time of this process is that of the zone NAME, which
 * zone_is_name(); "" is what it was at first. Not for processes of several threads: it
 * changes the environment. */
void zone_use(const char *name);
/* The one in use. */
const char *zone_used(void);

#endif
