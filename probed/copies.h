/* Dated copies of the configurations that were in force, each with all files that it
 * was read from, so that the one before a mistake can be had back. */
#ifndef COPIES_H
#define COPIES_H

#include <sys/types.h>

#include "config/conf.h"

#define COPIES_MAX 20 /* of which the oldest go */

/* The directory that holds them, made where it is missing: nobody but us may open what
 * is in it. A descriptor, or -1 with errno. Of the names in it, those that begin with a
 * digit are copies. */
int copies_directory(int datadir);

/* Call EACH for the versions of the file at PATH in DATADIR, newest first, until it
 * returns false: with a number that stays that version's, when it came into force or
 * was replaced (epoch seconds) and FD, open on it, which is closed then. 0, or an
 * errno. */
int copies_versions(int datadir, const char *path,
    bool (*each)(void *ctx, uint32_t number, int64_t when, int fd), void *ctx);
/* Keep TEXT, which the file at PATH holds and is about to lose, unless the newest
 * version says the same. 0, or an errno. For a child: it goes to another working
 * directory and back. */
int copies_keep_text(
    int datadir, const char *path, const char *text, size_t len, mode_t mode);

/* Copy the files of CONF into DATADIR (O_PATH) in a child, unless the newest copy says
 * the same. Keys in files of their own are left where they are. */
void copies_keep(int datadir, const struct conf *conf);
/* A child has ended: if it was ours, say what went wrong. CONF is in force now. */
void copies_reap(const struct conf *conf);

#endif
