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

/* Have a child with the workers' rights do JOB in DATADIR: every name there is theirs
 * to write, so it may lead anywhere, and this process may be root. JOB gets FD and
 * returns 0 or an errno, as does this. */
int datadir_as_worker(
    int datadir, const struct rights *rights, int (*job)(int fd), int fd);
/* Write TEXT into STORE_TOLD, unless there is such a file. 0, or -1 with ERR. */
int datadir_told(
    int datadir, const struct rights *rights, const char *text, struct err *err);

/* Make the listening Unix socket of probectl, mode 0660. The descriptor, or -1 with
 * ERR.
 */
int datadir_probectl(int datadir, const struct rights *rights, struct err *err);

/* False when our state, the lock or a directory that a worker is locked into was
 * deleted meanwhile. What cannot be looked at is taken to be there. */
bool datadir_whole(int datadir);
/* Which of those that a worker is locked into were made anew: it can write into no
 * other than the one that it began with. */
struct datadir_anew {
	bool draft;   /* web's */
	bool courier; /* the courier's */
};
/* Make again what was deleted of .smokebox, and take its lock again. PATH is for
 * messages. 0 with ANEW, or -1 with ERR. */
int datadir_mend(int datadir, const char *path, const struct rights *rights,
    struct datadir_anew *anew, struct err *err);

#endif
