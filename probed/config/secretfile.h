/* Secrets of receivers, sinks and devices that stand in files of their own, or in the
 * environment. */
#ifndef CONFIG_SECRETFILE_H
#define CONFIG_SECRETFILE_H

#include <sys/stat.h>

#include "config/tree.h"

#define SECRETFILE_MAX 4096 /* bytes of a secret */

/* Give every section inside *** Actions ***, *** Sinks *** and *** Collector *** in TREE
 * that has a variable NAME_file or NAME_env a variable NAME with what stands in that file
 * (its one line) or variable of our environment. Relative file names begin in DIR ("" or
 * with a slash at its end). What cannot be read is a warning, and NAME is empty; so is
 * what others than its owner may read, for the devices of *** Collector ***. NOTE is told
 * of each file. */
void secretfile_read_all(struct conf_tree *tree, struct conf_report *report,
    const char *dir, void (*note)(void *ctx, const char *path, const struct stat *st),
    void *ctx);

#endif
