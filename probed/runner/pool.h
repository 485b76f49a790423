/* Pools by the names of probes: as many programs of one probe at once as its variable
 * forks says. */
#ifndef RUNNER_POOL_H
#define RUNNER_POOL_H

#include "config/conf.h"

struct exec_pool;

/* The pool of the probe in force at T, with its bound as it is now. Each call wants a
 * pool_drop(). NULL with ERR where forks is no number. */
struct exec_pool *pool_take(
    const struct conf *conf, const struct conf_target *t, struct err *err);
void pool_drop(struct exec_pool *pool);

#endif
