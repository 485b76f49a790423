/* Packets of an interface, from a socket of the parent's: into flows of our own, for
 * people whose switch can mirror a port but exports nothing. */
#ifndef COLLECTOR_MIRROR_H
#define COLLECTOR_MIRROR_H

#include <stdint.h>

struct event_base;
struct exporters;
struct flow_sink;
struct mirrors;

/* Flows are told to SINK; EXPORTERS gets an exporter for each interface. Both are
 * borrowed. */
struct mirrors *mirrors_new(
    struct event_base *base, struct exporters *exporters, const struct flow_sink *sink);
/* Take FD over: an AF_PACKET socket that is bound and has its ring. 0, or -1 when it
 * cannot be read; FD is then closed. */
int mirrors_add(struct mirrors *m, int fd);
/* Let flows go whose time is over, count what the kernel has dropped. */
void mirrors_sweep(struct mirrors *m, int64_t now_ms);
/* Let all go: we end. */
void mirrors_flush(struct mirrors *m, int64_t now_ms);

#endif
