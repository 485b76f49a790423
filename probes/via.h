/* By which way a probe's packets leave this host: variables that every probe with
 * sockets of its own understands. */
#ifndef PROBES_VIA_H
#define PROBES_VIA_H

#include <net/if.h>

#include "prober/probe.h"

struct via {
	struct addr source;	     /* AF_UNSPEC: the kernel's choice */
	char interface[IF_NAMESIZE]; /* "": any */
	int tos, ttl, priority;	     /* -1: the kernel's choice */
};

/* Read sourceaddress, interface, tos, ttl and priority in force at T. A source address
 * narrows *FAMILY to its own. 0, or -1 with ERR. */
int via_read(struct via *v, const struct conf *conf, const struct conf_target *t,
    int *family, struct err *err);
/* Set FD, a socket of FAMILY, up for V, all but the source. 0, or -1 with errno. */
int via_apply(const struct via *v, int fd, int family);
/* Bind FD to V's source, if it has one, and to PORT; 0: a port is chosen when it
 * connects, with regard to where to. 0, or -1 with errno. */
int via_bind(const struct via *v, int fd, int family, unsigned port);

#endif
