/* The data directory: made, locked against a second probed, shown to be writable. */
#ifndef DATADIR_H
#define DATADIR_H

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

#endif
