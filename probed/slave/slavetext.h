/* What a slave makes of what its master tells. */
#ifndef SLAVE_SLAVETEXT_H
#define SLAVE_SLAVETEXT_H

#include <stdio.h>

#include "base/log.h"
#include "slave/data.h"

/* Write TREE, as a master told it (mastertree.h), as the text of a configuration whose
 * history lies in DATADIR. Only what our grammar knows goes into it; of what a master
 * has no business with on this machine (files, programs elsewhere than in the system's
 * own directories) a comment says that it was left out. The text is to be loaded and
 * checked as any other. 0, or -1 with ERR when it cannot be one. */
int slavetext_write(
    const struct data *tree, const char *datadir, FILE *out, struct err *err);
/* The text of a slave that has heard of no target yet. */
void slavetext_write_empty(const char *datadir, FILE *out);

#endif
