/* TLS over a connected socket of our own, without waiting: the client's side. */
#ifndef PROBES_TLSLINE_H
#define PROBES_TLSLINE_H

#include <stdbool.h>
#include <sys/types.h>

#include <gnutls/gnutls.h>

struct tlsline;

enum tlsline_step {
	TLSLINE_DONE,
	TLSLINE_READ,  /* goes on when there is something to read */
	TLSLINE_WRITE, /* goes on when there is room to write */
	TLSLINE_BAD,   /* what came is no TLS, or the other end refuses */
	TLSLINE_CUT,   /* the connection ended */
};

#define TLSLINE_WHY 200

/* A session with the server NAME (a name or address) over FD, which stays the caller's
 * and outlives it. */
struct tlsline *tlsline_new(int fd, const char *name);
/* Ends TLS as is proper, if it was up, and never waits. */
void tlsline_free(struct tlsline *l);

/* Go on with the handshake. Errors leave words in WHY. */
enum tlsline_step tlsline_shake(struct tlsline *l, char why[TLSLINE_WHY]);
gnutls_session_t tlsline_session(const struct tlsline *l);

/* As recv(2) and send(2): EAGAIN when it would wait, EPROTO with words in WHY when what
 * came is no TLS. */
ssize_t tlsline_read(struct tlsline *l, void *buf, size_t size, char why[TLSLINE_WHY]);
ssize_t tlsline_write(
    struct tlsline *l, const void *buf, size_t size, char why[TLSLINE_WHY]);
/* Is there something that was taken from the socket and not read yet? */
bool tlsline_pending(const struct tlsline *l);

#endif
