/* A text that web has left for us. */
#ifndef EDIT_DRAFT_H
#define EDIT_DRAFT_H

#include <stddef.h>
#include <sys/types.h>

#include "base/log.h"

/* Open draft NUMBER below DATADIR (O_PATH). What lies there is web's to write, which
 * may be anybody's by now, and this process may be root: no link is followed, and only
 * a plain file of UID with at most MOST bytes and one name is opened. A descriptor, or
 * -1 with ERR. */
int draft_open(int datadir, uid_t uid, unsigned number, size_t most, struct err *err);

#endif
