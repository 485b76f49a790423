/* Dated copies of the configurations that were in force, each with all files that it
 * was read from, so that the one before a mistake can be had back. */
#ifndef COPIES_H
#define COPIES_H

#include "config/conf.h"

#define COPIES_MAX 20 /* of which the oldest go */

/* Copy the files of CONF into DATADIR (O_PATH) in a child, unless the newest copy says
 * the same. Keys in files of their own are left where they are. */
void copies_keep(int datadir, const struct conf *conf);
/* A child has ended: if it was ours, say what went wrong. CONF is in force now. */
void copies_reap(const struct conf *conf);

#endif
