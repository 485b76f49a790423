/* A request from the inside, for those who take it in and answer it only. */
#ifndef WEB_HTTP_H
#define WEB_HTTP_H

#include <sys/queue.h>

#include <microhttpd.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/addr.h"
#include "web/query.h"
#include "web/request.h"

#define HTTP_HEADERS 10 /* extra headers of one answer */
#define HTTP_IDLE_S 30 /* between requests, and for a request's headers */
#define HTTP_BODY_MAX (64 * 1024) /* of a request's body */

struct connection;

struct request {
	struct connection *on;
	struct MHD_Connection *mhd;
	char *target; /* of the request line, as it came */
	struct query query;
	const char *rest;
	bool post, head, local;
	bool begun;	 /* the headers were seen */
	bool odd;	 /* they may be read in two ways */
	bool trusted;	 /* its Host is a name of ours */
	size_t uploaded; /* bytes of body, thrown away unless ... */
	bool fields;	 /* posted as a browser posts one, to a page that reads it */
	bool form;	 /* posted as a browser posts one, where pages are */
	const struct upload_route *upload_to;
	size_t upload_max; /* ... so many are to be kept ... */
	char *upload;	   /* ... here, as far as there is room for all of it */
	size_t upload_len, upload_size;
	bool upload_lost;
	struct peer *peer; /* who sends it: upload.c */
	char *body; /* of the answer, from out */
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
	const struct route *route; /* once it was found */
	bool parked, was_parked;
	void (*gone)(void *ctx);
	void *gone_ctx;
	TAILQ_ENTRY(request) link; /* among the parked, or those that flow */
	ssize_t (*fill)(void *ctx, char *buf, size_t max); /* NULL: does not flow */
	void (*flowed)(void *ctx);
	void *flow_ctx;
	bool asleep; /* FILL had nothing */
};

/* upload.c: keep a piece of R's body. What cannot be kept is lost as a whole. */
void upload_add(struct request *r, const void *data, size_t len);
void upload_free(struct request *r);
/* dispatch.c: R has a body: who reads it, and how many bytes are to be kept? */
void request_choose_upload(struct request *r);
/* dispatch.c: judge R and hand it to its route. Afterwards it has a response or is
 * parked. */
void request_dispatch(struct request *r);
/* reply.c: R is over. */
void request_free(struct request *r);
/* reply.c: the server stops: answer 503 to every parked request, end those that flow.
 */
void request_release_parked(void);
/* server.c: R, parked before, has its response now. */
void server_resume(struct request *r);
/* server.c: the answer to R has no end, so no time by which it has to be taken. */
void server_flows(struct request *r);
/* server.c: close the line of R, without a word. */
void server_cut(struct request *r);
/* server.c: R came by TLS. */
bool server_is_tls(const struct request *r);
/* server.c: the peer is this machine, not through a proxy. */
bool server_peer_is_loopback(const struct request *r);
/* server.c: the peer's address into A; false on probectl's socket. */
bool server_peer(const struct request *r, struct addr *a);
/* server.c: the peer's address as text to BUF (ADDR_TEXT bytes), "probectl" on its
 * socket. */
void server_peer_text(const struct request *r, char *buf);

#endif
