/* This box as a slave: what the command line says of its master. */
#ifndef SLAVEMODE_H
#define SLAVEMODE_H

#include "config/conf.h"
#include "options.h"
#include "rights.h"

/* Fill MASTER from OPT: reads the secret, takes the host's name where none is given and
 * the proxy from the environment. What it points to lives as long as the process. 0, or
 * -1 with ERR. */
int slavemode_master(
    const struct options *opt, struct conf_master *master, struct err *err);
/* Can whoever RIGHTS makes of the workers read CA, a path or ""? 0, or -1 with ERR. */
int slavemode_check_ca(const char *ca, const struct rights *rights, struct err *err);
/* The configuration, to be freed, of a slave with the cache directory DIR that its
 * master has not told anything yet. */
char *slavemode_first(const char *dir);

#endif
