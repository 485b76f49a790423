/* Local ports of TCP connections. Firewalls and some hosts stumble over a pair of ports
 * that they saw a moment ago, which looks like a second of delay, so each endpoint is
 * connected to from all ports there are, one after the other. */
#ifndef PROBES_PORTS_H
#define PROBES_PORTS_H

#include <stdbool.h>

#include "probes/via.h"

/* Look up which ports there are: before the lock. Called by every kind of measurement
 * that connects; only the first call does anything. */
void ports_open(void);
/* Can this kernel (6.3 or later) be told a port for connect() alone, so that it may
 * serve other endpoints at the same time? Else ports are bound. */
bool ports_by_range(void);
/* For tests: have ports bound even so. */
void ports_bind_them(void);
/* connect() FD, a fresh socket, to TO from V's source and the port that was not used to
 * TO for the longest time. As connect(2). */
int ports_connect(int fd, const struct via *v, const struct addr *to);

#endif
