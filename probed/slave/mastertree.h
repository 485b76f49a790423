/* What a master tells one of its slaves: the part of the configuration that is its. */
#ifndef SLAVE_MASTERTREE_H
#define SLAVE_MASTERTREE_H

#include <stdint.h>

#include "config/conf.h"
#include "slave/data.h"

/* As SmokePing's master has it: the sections Database, General, Probes and Targets with
 * the targets that SLAVE measures, its overrides put in. OWN: our own variables as well,
 * for another smokebox. NULL when it measures none. */
struct data *mastertree_make(
    const struct conf *conf, const struct conf_slave *slave, bool own);

/* Give TREE the number by which a slave tells which one it has (__last), and return it:
 * made of all that stands in it, so it changes when that does, and only then. For a
 * SmokePing it lies before any time of a file, so that another master's configuration
 * is newer. */
uint32_t mastertree_stamp(struct data *tree);

#endif
