/* Every socket that needs rights or a port, opened once by the parent and handed to
 * workers, again to each successor of a worker that died. */
#ifndef SOCKETS_H
#define SOCKETS_H

#include "config/conf.h"
#include "link/msg.h"

/* Open the HTTP listeners: those of LISTEN (COUNT of them, from --listen), else of the
 * configuration, else [::]:8080. 0, or -1 with ERR naming the address and what to do.
 */
int sockets_http(
    const struct conf *conf, const char *const *listen, size_t count, struct err *err);
/* Open ICMP sockets, and flow sockets as the configuration says, else on 6343, 2055 and
 * 4739. What cannot be had is told by sockets_note(). */
void sockets_measure(const struct conf *conf);
/* Take FD over as probectl's listening socket, in place of one before. */
void sockets_probectl(int fd);

/* Call SEND for every socket that ROOM gets. FD is -1 for ICMP that cannot be. */
void sockets_for(enum room room,
    void (*send)(void *ctx, enum msg_socket kind, unsigned index, unsigned rung,
	const char *why, int fd),
    void *ctx);

/* Sentence I about a socket that could not be had ("" if none), or NULL at the end. */
const char *sockets_note(unsigned i);

#endif
