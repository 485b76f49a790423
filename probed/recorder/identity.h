/* What a target measures, apart from its name: host, probe, parameters. */
#ifndef RECORDER_IDENTITY_H
#define RECORDER_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "config/conf.h"

/* Does T have a file of its own? */
bool identity_has_file(const struct conf_target *t);

/* A number that stands for what T measures, also in later runs. How it does so (step,
 * pings, timeouts, spacing) is not in it. */
uint64_t identity_of(const struct conf *conf, const struct conf_target *t);
/* Likewise by its host alone. */
uint64_t identity_host(const struct conf_target *t);

#endif
