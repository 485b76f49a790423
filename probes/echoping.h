/* What the EchoPing family has in common. */
#ifndef PROBES_ECHOPING_H
#define PROBES_ECHOPING_H

#include <stddef.h>

#include "config/conf.h"

/* Variables for the program echoping itself, which is not used: refuse what would
 * change what is measured. 0, or -1 with ERR. */
int echoping_check(
    const struct conf *conf, const struct conf_target *t, struct err *err);

/* The name of PLUGIN, which may be written as the path of a file, into NAME. */
void echoping_plugin(const char *plugin, char *name, size_t size);

#endif
