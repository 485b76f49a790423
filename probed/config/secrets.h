/* The file of the slaves' secrets. */
#ifndef CONFIG_SECRETS_H
#define CONFIG_SECRETS_H

#include <sys/stat.h>

#include "config/tree.h"

/* Give every slave of TREE that has no variable "secret" of its own the one that stands
 * behind its name in the file that Slaves calls "secrets" ("NAME:SECRET" lines, as
 * SmokePing has it). Relative names begin in DIR ("" or with a slash at its end). A
 * file that cannot be read, or that everybody may read, is a warning, and so is a slave
 * without a secret. NOTE is told of the file. */
void secrets_read(struct conf_tree *tree, struct conf_report *report, const char *dir,
    void (*note)(void *ctx, const char *path, const struct stat *st), void *ctx);

/* Is this a file that others than its owner and group may read or write? */
bool secrets_open_to_all(const struct stat *st);

#endif
