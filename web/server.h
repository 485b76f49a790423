/* The HTTP server: libmicrohttpd on epoll descriptors of its own inside the worker's
 * loop, its connections and their deadlines. Behind it, requests (request.h). */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include <stdbool.h>

struct event_base;

/* Make ready for server_listen(). */
void server_init(struct event_base *base);
/* Serve the listening socket FD, which is taken over. LOCAL: it is probectl's Unix
 * socket, and those before are closed once idle. False, with a line in the log, when it
 * cannot be served. */
bool server_listen(int fd, bool local);
/* Answer nothing more: every listener and connection is closed, parked requests get
 * their gone(). */
void server_stop(void);
/* Requests in work right now. */
unsigned server_busy(void);

#endif
