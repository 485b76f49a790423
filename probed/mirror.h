/* AF_PACKET sockets: what *** Collector *** packets asks for, opened by the parent,
 * which has the right to, and never read by it. */
#ifndef MIRROR_H
#define MIRROR_H

#include <stdbool.h>
#include <stdio.h>

#include "config/conf.h"

#define MIRRORS_MAX 16

/* A socket that sees the headers of INTERFACE's packets that FILTER (of tcpdump's
 * language; "" all) lets pass, with a ring as base/ring.h has it. Nothing has come to
 * it from elsewhere or past the filter before. -1 with ERR saying what to do. */
int mirror_open(
    const char *interface, const char *filter, bool promiscuous, struct err *err);

/* Is FD, which mirror_open() gave for INTERFACE, still bound to what has that name? */
bool mirror_alive(int fd, const char *interface);

/* Call EACH for every interface that CONF wants packets of, with the place where it
 * says so. */
void mirror_each(const struct conf *conf,
    void (*each)(void *ctx, const char *interface, const char *filter, bool promiscuous,
	struct place at),
    void *ctx);
/* Can CONF's filter be read? 0, or -1 with ERR and where it stands, in AT. */
int mirror_filter(const struct conf *conf, struct place *at, struct err *err);
/* Are the interfaces of CONF, whose filter can be read, there? What is wrong goes to
 * OUT, a line each. */
bool mirror_check(const struct conf *conf, FILE *out);

#endif
