/* Which targets a search finds. */
#ifndef WEB_SEARCH_H
#define WEB_SEARCH_H

#include <stddef.h>

#include "config/conf.h"

struct request;

/* What the argument "q" of R, letters to be found anywhere, or else "filter",
 * SmokePing's, finds of targets and groups that are not hidden: FOUND, an array to be
 * freed, with COUNT entries. 0, or -1 after having answered. */
int search_targets(struct request *r, const struct conf_target ***found, size_t *count);

#endif
