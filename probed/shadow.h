/* --shadow: a trial beside an installation that goes on. Its history is copied, never
 * written to. */
#ifndef SHADOW_H
#define SHADOW_H

#include "config/conf.h"
#include "rights.h"

/* Copy what the targets of CONF have below OLD and do not have yet below the data
 * directory DATADIR (a descriptor), as the workers. 0, or -1 with ERR. */
int shadow_copy(const char *old, int datadir, const struct conf *conf,
    const struct rights *rights, struct err *err);

#endif
