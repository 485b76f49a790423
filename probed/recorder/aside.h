/* Files that make room for others: kept under a dated name. When one is added, older
 * ones of the same path go once they are old and not among the newest. */
#ifndef RECORDER_ASIDE_H
#define RECORDER_ASIDE_H

#include <stddef.h>

#define ASIDE_KEEP 5
#define ASIDE_KEEP_S (90 * 86400LL)

/* Make the directories that PATH lies in. 0, or -1 with errno. */
int aside_parents(const char *path);

/* Find a dated name for PATH that is free and give it to the file: instead of its own
 * (aside_move) or besides (aside_link; a copy where the file system has no links). NAME
 * gets it. 0, or -1 with errno. */
int aside_move(const char *path, char *name, size_t size);
int aside_link(const char *path, char *name, size_t size);

/* Copy FROM to TO, which is made. 0, or -1 with errno; TO is not there then. */
int aside_copy(const char *from, const char *to);

#endif
