/* The probed that is at work on a data directory, for --reload and --restart. */
#ifndef RUNNING_H
#define RUNNING_H

#include "base/log.h"

/* Have it look at its configuration: 0, or -1 with ERR: also where there is none. */
int running_reload(const char *datadir, struct err *err);
/* End it and wait until it is gone; none is fine, too. 0, or -1 with ERR. */
int running_end(const char *datadir, struct err *err);

#endif
