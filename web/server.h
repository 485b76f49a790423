/* The HTTP server: libmicrohttpd on epoll descriptors of its own inside the worker's
 * loop, its connections and their deadlines. Behind it, requests (request.h). */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include <stdbool.h>

struct event_base;

/* Make ready for server_listen(). */
void server_init(struct event_base *base);
enum server_way {
	SERVER_PLAIN,
	SERVER_TLS,
	SERVER_LOCAL, /* probectl's Unix socket; those before are closed once idle */
};
/* Serve the listening socket FD, which is taken over. False, with a line in the log,
 * when it cannot be served. */
bool server_listen(int fd, enum server_way way);
/* Is there a listener whose clients talk TLS? */
bool server_has_tls(void);
/* Answer nothing more: every listener and connection is closed, parked requests get
 * their gone(). */
void server_stop(void);
/* Requests in work right now. */
unsigned server_busy(void);

#endif
