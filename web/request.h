/* One HTTP request as the rooms behind the routes see it, and the one way to answer. */
#ifndef WEB_REQUEST_H
#define WEB_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct request;

/* Is it a POST? A form that only asks has become a GET. */
bool request_is_post(const struct request *r);
/* The same; false after having answered that it has to be one. */
bool request_must_post(struct request *r);
/* Came over probectl's Unix socket: file permission was its authorisation. */
bool request_is_local(const struct request *r);
/* Its Host is a name of ours, so that a browser tells no stranger what we answer. */
bool request_is_trusted(const struct request *r);
/* The peer's address as text to BUF (ADDR_TEXT bytes), "probectl" on its socket. */
void request_peer(const struct request *r, char *buf);
const char *request_path(const struct request *r); /* decoded, begins with '/' */
/* The rest of the path behind the route's prefix ("A/B/C"). */
const char *request_rest(const struct request *r);
/* Query argument, decoded; NULL when missing. '&' and ';' both separate. */
const char *request_arg(const struct request *r, const char *name);
/* The N-th (from 0) of those called NAME; NULL behind the last. */
const char *request_arg_nth(const struct request *r, const char *name, size_t n);
/* Write "?x=y&NAME=VALUE": the arguments of R, but for NAME, which is VALUE now, or
 * left out where that is NULL. */
void request_link(
    const struct request *r, FILE *out, const char *name, const char *value);
/* Write the address that R asks for, with its arguments: "/compare?t=A.B&t=A.C". */
void request_here(const struct request *r, FILE *out);
/* Where a proxy shows our pages: "/smokebox", or "" for the top. What stands in front
 * of every address of ours. Valid until the next call. */
const char *request_base(void);
/* Write where the reader of R has found us: "https://box.lan:8443/smokebox". The host
 * is as it came, to be escaped like all that comes from outside. */
void request_address(const struct request *r, FILE *out);
const char *request_header(const struct request *r, const char *name);

/* Argument NAME as a time: epoch seconds or RRDtool's AT syntax ("now-3h"), FALLBACK
 * when missing or empty. 0, or -1 after having answered 400 naming the parameter. */
int request_time(struct request *r, const char *name, int64_t fallback, int64_t *out);
/* Likewise, where spans are short: "now-5m" is five minutes ago, not months. */
int request_short_time(
    struct request *r, const char *name, int64_t fallback, int64_t *out);
/* Arguments start and end, three hours up to NOW when missing, as a range that can be
 * drawn; the same. */
int request_range(struct request *r, int64_t now, int64_t *start, int64_t *end);
/* Argument NAME as an integer in LOW..HIGH; the same. */
int request_int(
    struct request *r, const char *name, long fallback, long low, long high, long *out);

/* Does argument "format" ask for CSV, in place of JSON? 0, or -1 after having answered.
 */
int request_format(struct request *r, bool *csv);

/* The body is written here, then one of the reply functions sends it. */
FILE *request_out(struct request *r);
/* A header of the answer; NAME is borrowed, VALUE copied. */
void request_set_header(struct request *r, const char *name, const char *value);
/* The answer is a picture that pages elsewhere may show, though not read: of what is
 * open for reading. Browsers keep all other answers from them. */
void request_set_embeddable(struct request *r);
/* Does Accept-Encoding allow gzip? */
bool request_takes_gzip(const struct request *r);

/* Send what was written to request_out(), with an HTTP status. */
void reply(struct request *r, unsigned status, const char *content_type);
/* BODY is copied. */
void reply_bytes(struct request *r, unsigned status, const char *content_type,
    const void *body, size_t len);
/* LOCATION: an address of ours ("/t/A"), or one with a scheme. */
void reply_redirect(struct request *r, const char *location);
/* 304 when If-None-Match names ETAG: true, and the request is answered. Otherwise the
 * ETag header is set and false comes back. */
bool reply_not_modified(struct request *r, const char *etag);
/* An error that says why: application/problem+json below /api, a page elsewhere. */
void reply_error(struct request *r, unsigned status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Answer 200 with a body that is made while it is sent: FILL writes at most MAX bytes
 * of what there is now to BUF and returns how many, 0 for nothing yet, or -1 at the
 * end. DONE is called once, when R is no more: by then, or because the reader left. A
 * reader who is asleep is not seen to leave before the next byte. */
void reply_flow(struct request *r, const char *content_type,
    ssize_t (*fill)(void *ctx, char *buf, size_t max), void (*done)(void *ctx),
    void *ctx);
/* There is more for FILL of R to say. */
void request_wake(struct request *r);
/* Let go of R, which flows: its reader does not take what is sent. */
void request_cut(struct request *r);

/* Answer later: the connection sleeps until one of the reply functions is called. GONE
 * is called if that will never be (server stops). */
void request_park(struct request *r, void (*gone)(void *ctx), void *ctx);

/* Call the route of R again, which was parked and is not answered. */
void request_again(struct request *r);
/* Was R parked before? */
bool request_was_parked(const struct request *r);

enum route_post {
	ROUTE_GET = false,    /* nothing can be posted */
	ROUTE_POST = true,    /* only from this machine itself, or by probectl */
	ROUTE_FORM_OF_READERS, /* from our own pages, wherever they are read; the fields of
				* a form are arguments */
	ROUTE_FORM_OF_OPERATORS, /* the same, of who has logged in, with the session's
				  * token; else as ROUTE_POST */
	ROUTE_TEXT_OF_EDITORS /* only of who has logged in, with the session's token as
			       * a field or in the header X-CSRF-Token, or by probectl;
			       * the form is left in request_body(), for form_value() */
};

/* A route: longest PREFIX wins; EXACT routes match the whole path only. */
struct route {
	const char *prefix;
	bool exact;
	uint8_t post; /* enum route_post */
	void (*handle)(struct request *r);
};
extern const struct route api_routes[], file_routes[], page_routes[],
    picture_routes[]; /* end: NULL */

/* Where bodies are posted that somebody reads. Who may do that HANDLE finds out by
 * itself, since they bear a signature; it finds at most BODY_MAX() bytes in
 * request_body(). While that is 0, the path is as if it were not here. */
struct upload_route {
	const char *prefix;
	bool exact;
	void (*handle)(struct request *r);
	size_t (*body_max)(void);
	/* A browser's form that has no field of this name is answered like GET with the
	 * same parameters; NULL: there are no pages here. */
	const char *own_field;
};
extern const struct upload_route upload_routes[]; /* end: NULL */
const void *request_body(const struct request *r, size_t *len);

#endif
