/* SmokePing at work on the same data directory: two writers spoil each other's history.
 */
#ifndef RIVAL_H
#define RIVAL_H

#include "config/conf.h"

/* Is a SmokePing running that writes to DATADIR? Its process number and in WHO (SIZE
 * bytes) what is known of it, or 0. CONF is ours. Sees what /proc shows. */
long rival_find(const struct conf *conf, const char *datadir, char *who, size_t size);

#endif
