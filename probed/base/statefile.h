/* Files of our own below .smokebox: small, read as a whole at the start and written as
 * a whole, so that after a crash there is the old one or the new one. */
#ifndef BASE_STATEFILE_H
#define BASE_STATEFILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/log.h"

/* The file NAME (relative to DATADIR) of at most MAX bytes into *DATA, which the caller
 * frees; its length, 0 where there is none. -1 with ERR when it cannot be read, is
 * longer, or others may write to it. */
ssize_t statefile_read(const char *name, size_t max, void **data, struct err *err);
/* LEN bytes of DATA as the file NAME. 0, or -1 with ERR. */
int statefile_write(const char *name, const void *data, size_t len, struct err *err);

#endif
