/* Where the bytes of configuration files come from: the disk, or, in a process that
 * checks a draft and may read none of them itself, what was opened for it before. */
#ifndef CONFIG_SOURCE_H
#define CONFIG_SOURCE_H

#include <stdbool.h>

struct stat;

/* From now on PATH is what FD is open on, which stays open; -1: there is no such file.
 */
void source_hold(const char *path, int fd);
/* From now on there are no other files: EACCES. */
void source_close(void);
/* As open(2) and stat(2). */
int source_open(const char *path, int flags);
int source_stat(const char *path, struct stat *st);

#endif
