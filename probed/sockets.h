/* Every socket that needs rights or a port, opened once by the parent and handed to
 * workers, again to each successor of a worker that died. */
#ifndef SOCKETS_H
#define SOCKETS_H

#include "config/conf.h"
#include "link/msg.h"

/* Where HTTP is served when nobody says: addresses as in the configuration. */
#define SOCKETS_LISTEN_ENV "PROBED_LISTEN"

/* Open the HTTP listeners: those of LISTEN (COUNT of them, from --listen), else of the
 * configuration, else of the environment, else [::]:8080; and those for HTTPS of the
 * configuration. 0, or -1 with ERR naming the address and what to do. */
int sockets_http(
    const struct conf *conf, const char *const *listen, size_t count, struct err *err);
/* Open ICMP sockets, and flow sockets as the configuration says, else on 6343, 2055 and
 * 4739. What cannot be had is told by sockets_note(). */
void sockets_measure(const struct conf *conf);
/* Open the sockets of the STAMP reflector that are not open yet. */
void sockets_reflector(const struct conf *conf);
/* Open the ICMP sockets that CONF needs and that are not open yet. None is ever closed:
 * the prober reads them. */
void sockets_icmp(const struct conf *conf);
/* Open the packet sockets of CONF's interfaces that are not open, and close those whose
 * interface is gone. Returns how many sockets of all kinds there were before the new
 * ones. */
unsigned sockets_packets(const struct conf *conf);
/* Take FD over as probectl's listening socket, in place of one before. */
void sockets_probectl(int fd);
/* Likewise FD of brokerfile.h; sockets_brokers() has it. */
void sockets_keep_brokers(int fd);
int sockets_brokers(void);

/* How many there are, of all kinds. */
unsigned sockets_count(void);
/* Call SEND for every socket that ROOM gets, from the one numbered FIRST (from 0) on.
 * FD is -1 for ICMP that cannot be. */
void sockets_for(enum room room, unsigned first,
    void (*send)(void *ctx, enum msg_socket kind, unsigned index, unsigned rung,
	const char *why, int fd),
    void *ctx);

/* Sentence I about a socket that could not be had ("" if none), or NULL at the end. */
const char *sockets_note(unsigned i);

#endif
