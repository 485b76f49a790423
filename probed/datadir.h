/* The data directory: made, locked against a second probed, shown to be writable. */
#ifndef DATADIR_H
#define DATADIR_H

#include <stdbool.h>

#include "base/log.h"
#include "rights.h"

/* Make PATH if it is missing, open it, take its lock, choose RIGHTS (see rights.h),
 * make .smokebox and what belongs below it. Returns an O_PATH descriptor, or -1 with
 * ERR saying what to do. */
int datadir_open(
    const char *path, const char *user, struct rights *rights, struct err *err);

/* Make the listening Unix socket of probectl, mode 0660. The descriptor, or -1 with
 * ERR.
 */
int datadir_probectl(int datadir, const struct rights *rights, struct err *err);

/* False when our state or the lock was deleted meanwhile. What cannot be looked at is
 * taken to be there. */
bool datadir_whole(int datadir);
/* Make again what was deleted of .smokebox, and take its lock again. PATH is for
 * messages. 0, or -1 with ERR. */
int datadir_mend(
    int datadir, const char *path, const struct rights *rights, struct err *err);

#endif
