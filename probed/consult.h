/* For --check: those that measure are asked what they think of their targets. */
#ifndef CONSULT_H
#define CONSULT_H

#include "config/conf.h"

/* Let every worker that would measure a target of CONF, which was read from PATH, say
 * on standard error what it could not measure (prober/checkup.h). False when one did,
 * or could not be asked. */
bool consult_workers(const char *path, const struct conf *conf);

#endif
