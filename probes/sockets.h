/* The sockets that probes may have at a time, all kinds together, and how a connection
 * is ended in peace. */
#ifndef PROBES_SOCKETS_H
#define PROBES_SOCKETS_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

/* What a down network keeps busy: 800 pings a second for 5 s. */
#define SOCKETS_MAX 4000

/* One socket's place; part of what its owner keeps about it. */
struct socket_place {
	int64_t spare_at; /* monotonic: from then on it may be taken away */
	void (*drop)(struct socket_place *place);
	TAILQ_ENTRY(socket_place) link;
};

/* Take a place; from SPARE_AT on, when its ping is decided anyway, DROP may be called
 * in favour of another one: it closes the socket and gives the place back. False when
 * there is none. */
bool sockets_take(struct socket_place *place, int64_t spare_at,
    void (*drop)(struct socket_place *place));
void sockets_give(struct socket_place *place);
unsigned sockets_used(void);

/* Reset the connection of FD and close it: nothing of it stays at either end. */
void sockets_reset(int fd);
/* Close FD as polite programs do: say that we are done, wait for the other end to say
 * so, at most 2 s, after which it is reset. */
void sockets_part(struct event_base *base, int fd);
/* End what sockets_part() waits for. */
void sockets_close(void);

#endif
