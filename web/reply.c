/* What is answered to a request: at once, later, or without end. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <zlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "web/http.h"
#include "web/page.h"
#include "web/state.h"
#include "web/taste.h"

#define GZIP_MIN 1024 /* smaller bodies are sent as they are */
/* While clients that do not read hold so many bytes, no large body is begun. */
#define HELD_MAX (16 * 1024 * 1024)
#define HELD_LARGE (64 * 1024)

#define FLOW_BLOCK 4096 /* bytes of a body without end that are made at once */

static TAILQ_HEAD(, request) parked = TAILQ_HEAD_INITIALIZER(parked);
static TAILQ_HEAD(, request) flowing = TAILQ_HEAD_INITIALIZER(flowing);
static size_t held; /* bytes of bodies that are not sent yet */

FILE *
request_out(struct request *r)
{
	if (r->out == NULL)
		r->out = mem_stream(&r->body, &r->len);
	return r->out;
}

void
request_set_header(struct request *r, const char *name, const char *value)
{
	unsigned i = 0;

	while (i < r->headers && strcasecmp(r->header[i].name, name) != 0)
		i++;
	if (i == HTTP_HEADERS)
		fatalx("too many headers: %s", name);
	if (i == r->headers)
		r->header[r->headers++].name = name;
	else
		free(r->header[i].value);
	r->header[i].value = mem_str(value);
}

void
request_set_embeddable(struct request *r)
{
	request_set_header(r, "Cross-Origin-Resource-Policy", "cross-origin");
}

static void
forget_headers(struct request *r)
{
	while (r->headers > 0)
		free(r->header[--r->headers].value);
}

static const char *
own_header(const struct request *r, const char *name)
{
	for (unsigned i = 0; i < r->headers; i++)
		if (strcasecmp(r->header[i].name, name) == 0)
			return r->header[i].value;
	return NULL;
}

/* What every answer carries unless it brings its own. */
static void
add_headers(struct request *r, const char *content_type)
{
	static const char *const standard[][2] = {
		{ "Content-Security-Policy",
		    "default-src 'self'; img-src 'self' data: https:; "
		    "base-uri 'none'; object-src 'none'; form-action 'self'; "
		    "frame-ancestors 'self'" },
		{ "X-Content-Type-Options", "nosniff" },
		{ "X-Frame-Options", "SAMEORIGIN" },
		{ "Referrer-Policy", "no-referrer" },
		{ "Cross-Origin-Opener-Policy", "same-origin" },
		{ "Cross-Origin-Resource-Policy", "same-origin" },
		{ "Cache-Control", "no-cache" },
	};

	MHD_add_response_header(r->response, "Content-Type", content_type);
	for (size_t i = 0; i < sizeof standard / sizeof standard[0]; i++)
		if (own_header(r, standard[i][0]) == NULL)
			MHD_add_response_header(
			    r->response, standard[i][0], standard[i][1]);
	for (unsigned i = 0; i < r->headers; i++)
		MHD_add_response_header(
		    r->response, r->header[i].name, r->header[i].value);
}

bool
request_takes_gzip(const struct request *r)
{
	const char *at = request_header(r, "Accept-Encoding");

	for (; at != NULL && *at != '\0'; at += strcspn(at, ",")) {
		at += strspn(at, ", \t");
		size_t len = strcspn(at, ",; \t");
		const char *q = at + len + strspn(at + len, "; \t");

		if (len == 4 && strncasecmp(at, "gzip", len) == 0)
			return (*q != 'q' && *q != 'Q') || q[1] != '=' ||
			       strtod(q + 2, NULL) > 0;
	}
	return false;
}

static bool
worth_gzip(const struct request *r, const char *content_type, size_t len)
{
	return len >= GZIP_MIN && own_header(r, "Content-Encoding") == NULL &&
	       (strncmp(content_type, "text/", 5) == 0 ||
		   strncmp(content_type, "application/json", 16) == 0 ||
		   strncmp(content_type, "image/svg", 9) == 0) &&
	       request_takes_gzip(r);
}

/* Replace *BODY by its gzip form when that is smaller. */
static bool
gzip_body(void **body, size_t *len)
{
	z_stream z = { .next_in = *body, .avail_in = (uInt)*len };

	if (deflateInit2(&z, 4, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	size_t room = deflateBound(&z, *len);
	z.next_out = mem_alloc(room);
	z.avail_out = (uInt)room;
	unsigned char *packed = z.next_out;
	bool ok = deflate(&z, Z_FINISH) == Z_STREAM_END && z.total_out < *len;
	size_t packed_len = z.total_out;
	deflateEnd(&z);
	if (!ok) {
		free(packed);
		return false;
	}
	free(*body);
	*body = packed;
	*len = packed_len;
	return true;
}

/* A packed body is another one, so a strong tag would lie about it. */
static void
weaken_etag(struct request *r)
{
	const char *etag = own_header(r, "ETag");

	if (etag != NULL && etag[0] == '"') {
		char *weak = mem_printf("W/%s", etag);
		request_set_header(r, "ETag", weak);
		free(weak);
	}
}

/* Send BODY, malloced and taken over. */
static void
finish(struct request *r, unsigned status, const char *content_type, void *body,
    size_t len)
{
	if (r->response != NULL) {
		free(body);
		return;
	}
	if (worth_gzip(r, content_type, len)) {
		if (gzip_body(&body, &len)) {
			request_set_header(r, "Content-Encoding", "gzip");
			weaken_etag(r);
		}
		request_set_header(r, "Vary",
		    own_header(r, "Vary") != NULL ? "Cookie, Accept-Encoding"
						  : "Accept-Encoding");
	}
	if (len > HELD_LARGE && held > HELD_MAX) {
		static const char busy[] = "Too many large answers are on their way.\n";

		forget_headers(r);
		request_set_header(r, "Cache-Control", "no-store");
		request_set_header(r, "Retry-After", "5");
		free(body);
		body = mem_str(busy);
		len = sizeof busy - 1;
		status = 503;
		content_type = "text/plain; charset=utf-8";
	}
	r->response = MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE);
	if (r->response == NULL)
		fatalx("no memory for an answer");
	r->held = len;
	held += len;
	r->status = status;
	add_headers(r, content_type);
	if (r->parked) {
		r->parked = false;
		TAILQ_REMOVE(&parked, r, link);
		server_resume(r);
	}
}

void
reply(struct request *r, unsigned status, const char *content_type)
{
	mem_stream_end(request_out(r));
	r->out = NULL;
	char *body = r->body;
	r->body = NULL;
	finish(r, status, content_type, body, r->len);
}

void
reply_bytes(struct request *r, unsigned status, const char *content_type,
    const void *body, size_t len)
{
	char *copy = mem_alloc(len + 1);

	memcpy(copy, body, len);
	finish(r, status, content_type, copy, len);
}

void
reply_redirect(struct request *r, const char *location)
{
	char *whole =
	    mem_printf("%s%s", *location == '/' ? request_base() : "", location);

	request_set_header(r, "Location", whole);
	reply_bytes(r, 303, "text/plain; charset=utf-8", whole, strlen(whole));
	free(whole);
}

/* ETAG (without W/) stands in LIST, or LIST is "*". */
static bool
tag_listed(const char *list, const char *etag)
{
	size_t len = strlen(etag);

	if (strcmp(list, "*") == 0)
		return true;
	for (const char *at = list; (at = strstr(at, etag)) != NULL; at += len)
		if (at[len] == '\0' || at[len] == ',' || at[len] == ' ')
			return true;
	return false;
}

bool
reply_not_modified(struct request *r, const char *etag)
{
	const char *known = request_header(r, "If-None-Match");

	request_set_header(r, "ETag", etag);
	if (known == NULL || !tag_listed(known, etag))
		return false;
	reply_bytes(r, 304, "text/plain", "", 0);
	return true;
}

static void
problem_json(struct request *r, unsigned status, const char *text)
{
	struct json j;

	jw_init(&j, request_out(r));
	jw_object(&j);
	jw_key(&j, "type");
	jw_str(&j, "about:blank");
	jw_key(&j, "title");
	const char *title = MHD_get_reason_phrase_for(status);
	jw_str(&j, title);
	jw_key(&j, "status");
	jw_int(&j, status);
	jw_key(&j, "detail");
	jw_str(&j, text);
	jw_object_end(&j);
	putc('\n', request_out(r));
	reply(r, status, "application/problem+json");
}

void
reply_error(struct request *r, unsigned status, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		fatal("vasprintf");
	va_end(ap);
	/* What was written so far belongs to an answer that is not to be. */
	if (r->out != NULL) {
		mem_stream_end(r->out);
		r->out = NULL;
		free(r->body);
		r->body = NULL;
	}
	request_set_header(r, "Cache-Control", "no-store");
	/* Of an address that makes no sense there is no path. */
	if (strncmp(r->query.path != NULL ? r->query.path : r->target, "/api/", 5) == 0)
		problem_json(r, status, text);
	else
		page_error(r, status, text);
	free(text);
}

bool
request_must_post(struct request *r)
{
	if (r->post)
		return true;
	request_set_header(r, "Allow", "POST");
	reply_error(r, 405, "expected POST");
	return false;
}

/* --- bodies without end ----------------------------------------------------------- */

static ssize_t
on_fill(void *cls, uint64_t at, char *buf, size_t max)
{
	struct request *r = cls;
	ssize_t n = r->fill != NULL ? r->fill(r->flow_ctx, buf, max) : -1;

	(void)at;
	if (n < 0)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (n == 0) {
		MHD_suspend_connection(r->mhd);
		r->asleep = true;
	}
	return n;
}

void
reply_flow(struct request *r, const char *content_type,
    ssize_t (*fill)(void *ctx, char *buf, size_t max), void (*done)(void *ctx),
    void *ctx)
{
	/* There is no end to wait for, and libmicrohttpd would send that of a body. */
	if (r->head) {
		done(ctx);
		reply_bytes(r, 200, content_type, "", 0);
		return;
	}
	r->response = MHD_create_response_from_callback(
	    MHD_SIZE_UNKNOWN, FLOW_BLOCK, on_fill, r, NULL);
	if (r->response == NULL)
		fatalx("no memory for an answer");
	r->status = 200;
	r->fill = fill;
	r->flowed = done;
	r->flow_ctx = ctx;
	TAILQ_INSERT_TAIL(&flowing, r, link);
	add_headers(r, content_type);
	server_flows(r);
}

void
request_wake(struct request *r)
{
	if (!r->asleep)
		return;
	r->asleep = false;
	server_resume(r);
}

void
request_cut(struct request *r)
{
	server_cut(r);
	request_wake(r);
}

/* --- later ------------------------------------------------------------------------ */

void
request_park(struct request *r, void (*gone)(void *ctx), void *ctx)
{
	/* Behind request_again() it is parked still. */
	if (!r->parked)
		TAILQ_INSERT_TAIL(&parked, r, link);
	r->parked = r->was_parked = true;
	r->gone = gone;
	r->gone_ctx = ctx;
}

void
request_again(struct request *r)
{
	r->gone = NULL;
	taste_begin(r);
	r->route->handle(r);
	taste_end();
}

bool
request_was_parked(const struct request *r)
{
	return r->was_parked;
}

void
request_release_parked(void)
{
	struct request *r;

	while ((r = TAILQ_FIRST(&parked)) != NULL) {
		if (r->gone != NULL)
			r->gone(r->gone_ctx);
		if (r->parked)
			reply_bytes(
			    r, 503, "text/plain; charset=utf-8", "stopping\n", 9);
	}
	TAILQ_FOREACH(r, &flowing, link) {
		r->fill = NULL;
		request_wake(r);
	}
}

void
request_free(struct request *r)
{
	if (r->parked) {
		TAILQ_REMOVE(&parked, r, link);
		if (r->gone != NULL)
			r->gone(r->gone_ctx);
	}
	if (r->flowed != NULL) {
		TAILQ_REMOVE(&flowing, r, link);
		r->flowed(r->flow_ctx);
	}
	if (r->out != NULL)
		mem_stream_end(r->out);
	free(r->body);
	if (r->response != NULL)
		MHD_destroy_response(r->response);
	held -= r->held;
	forget_headers(r);
	query_free(&r->query);
	upload_free(r);
	free(r->target);
	free(r);
}
