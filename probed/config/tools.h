/* The external programs that probe modules need: where they are, and where one gets
 * them. */
#ifndef CONFIG_TOOLS_H
#define CONFIG_TOOLS_H

#include "config/conf.h"

#define TOOLS_PATH 4096

/* Find PROGRAM, which is searched for where system programs are if it has no slash.
 * 0 with its PATH (TOOLS_PATH bytes), or -1 with ERR saying what is missing and, where
 * we know, which Debian package has it. */
int tools_find(const char *program, char *path, struct err *err);

/* The Nth program (from 0) that targets of P need: what its section says or what is
 * usual. NULL behind the last, and where P needs none. */
const char *tools_of(const struct conf_probe *p, unsigned n);

#endif
