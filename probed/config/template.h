/* The page that a user wrote for SmokePing: Presentation's variable "template". */
#ifndef CONFIG_TEMPLATE_H
#define CONFIG_TEMPLATE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "config/tree.h"

#define TEMPLATE_MAX (256 * 1024) /* bytes of one */

/* Read the template that Presentation of TREE names, and put it there as variable
 * "template_text", in one line (a \ and two hexadecimal digits for what a line cannot
 * hold), unless it is SmokePing's own page.
 * Relative names begin in DIR ("" or with a slash at its end), where also one is looked
 * for that is not where it should be. What cannot be read is a warning, but for
 * SmokePing's own. NOTE is told of the file. */
void template_read(struct conf_tree *tree, struct conf_report *report, const char *dir,
    void (*note)(void *ctx, const char *path, const struct stat *st), void *ctx);

/* Is TEXT SmokePing's own page, of whichever version: nothing is seen or loaded that is
 * not of those? */
bool template_is_stock(const char *text);

#endif
