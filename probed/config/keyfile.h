/* Keys that stand in files of their own. */
#ifndef CONFIG_KEYFILE_H
#define CONFIG_KEYFILE_H

#include <sys/stat.h>

#include "config/tree.h"

#define KEYFILE_MAX 256 /* letters of a key */

/* Give every section of TREE that has a variable "keyfile" of its own a variable "key"
 * with what stands in that file: a line of letters without blanks. Relative names begin
 * in DIR ("" or with a slash at its end). What cannot be read is a warning, and the key
 * is empty. NOTE is told of each file. */
void keyfile_read_all(struct conf_tree *tree, struct conf_report *report,
    const char *dir, void (*note)(void *ctx, const char *path, const struct stat *st),
    void *ctx);

#endif
