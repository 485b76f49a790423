/* Writing all of something, or saying why not. */
#ifndef BASE_WHOLE_H
#define BASE_WHOLE_H

#include <stddef.h>
#include <sys/types.h>

/* All LEN bytes of DATA to FD, however many calls it takes; FD blocks. 0, or -1 with
 * errno, when a part of them may have been written: EIO where the kernel takes nothing
 * without a reason. */
int write_whole(int fd, const void *data, size_t len);
/* The same from AT on in the file FD, whose own place stays as it is. */
int write_whole_at(int fd, const void *data, size_t len, off_t at);

#endif
