/* The file /etc/hosts (and localhost, which needs none), kept in memory: it is read
 * again when it changed, and thousands of names cost one reading. */
#ifndef PROBER_HOSTS_H
#define PROBER_HOSTS_H

#include <stdbool.h>

#include "base/addr.h"

struct hosts;

struct hosts *hosts_new(const char *path);
void hosts_free(struct hosts *h);

/* Read the file again if it changed. True when it did. */
bool hosts_refresh(struct hosts *h);

/* The address of NAME for FAMILY (AF_UNSPEC: v4 before v6) into ADDR; false when the
 * file has none. Case and a trailing dot do not matter. */
bool hosts_find(struct hosts *h, const char *name, int family, struct addr *addr);

#endif
