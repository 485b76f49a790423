/* A request from the inside, for server.c and request.c only. */
#ifndef WEB_HTTP_H
#define WEB_HTTP_H

#include <sys/queue.h>

#include <microhttpd.h>
#include <stdio.h>

#include "web/query.h"
#include "web/request.h"

#define HTTP_HEADERS 8		  /* extra headers of one answer */
#define HTTP_BODY_MAX (64 * 1024) /* of a request's body */

struct connection;

struct request {
	struct connection *on;
	struct MHD_Connection *mhd;
	char *target; /* of the request line, as it came */
	struct query query;
	const char *rest;
	bool post, local;
	bool begun;	 /* the headers were seen */
	bool trusted;	 /* its Host is a name of ours */
	size_t uploaded; /* bytes of body, thrown away */
	char *body;	 /* of the answer, from out */
	size_t len;
	FILE *out;
	struct {
		const char *name;
		char *value;
	} header[HTTP_HEADERS];
	unsigned headers;
	struct MHD_Response *response;
	size_t held; /* bytes of its body */
	unsigned status;
	bool parked;
	void (*gone)(void *ctx);
	void *gone_ctx;
	TAILQ_ENTRY(request) link; /* among the parked */
};

/* request.c: judge R and hand it to its route. Afterwards it has a response or is
 * parked. */
void request_dispatch(struct request *r);
void request_free(struct request *r);
/* request.c: the server stops: answer 503 to every parked request. */
void request_release_parked(void);
/* server.c: R, parked before, has its response now. */
void server_resume(struct request *r);
/* server.c: the peer is this machine, not through a proxy. */
bool server_peer_is_loopback(const struct request *r);

#endif
