/* Another text into a file, so that nobody ever reads half of it where that can be had.
 */
#ifndef EDIT_PLACE_H
#define EDIT_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* Put the LEN bytes of TEXT into the file at PATH, which was WAS and held the OLD_LEN
 * bytes of OLD (WAS NULL: there is none yet). A new file takes its name, with its owner
 * and mode; where that cannot be (a mount of a single file, a directory of another's,
 * hard links, access lists) it is written where it is, and gets OLD back if that fails.
 * 0, ESTALE when it is another file meanwhile, EROFS, or another errno. */
int place_text(const char *path, const struct stat *was, const char *old,
    size_t old_len, const char *text, size_t len);
/* Could that be done, as far as can be seen? 0, or the same. */
int place_check(const char *path, bool there);

#endif
