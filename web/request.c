#include "web/request.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <zlib.h>

#include "base/attime.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "web/dynamic.h"
#include "web/edit.h"
#include "web/form.h"
#include "web/host.h"
#include "web/http.h"
#include "web/page.h"
#include "web/session.h"
#include "web/state.h"
#include "web/taste.h"

#define GZIP_MIN 1024 /* smaller bodies are sent as they are */
/* While clients that do not read hold so many bytes, no large body is begun. */
#define HELD_MAX (16 * 1024 * 1024)
#define HELD_LARGE (64 * 1024)

/* What can be drawn: librrd knows no time before 1980, and reads ten pixels' worth of
 * rows however wide they are. */
#define RANGE_FIRST 315532800
#define RANGE_MAX (20LL * 366 * 86400)

#define FLOW_BLOCK 4096 /* bytes of a body without end that are made at once */

static TAILQ_HEAD(, request) parked = TAILQ_HEAD_INITIALIZER(parked);
static TAILQ_HEAD(, request) flowing = TAILQ_HEAD_INITIALIZER(flowing);
static size_t held; /* bytes of bodies that are not sent yet */

/* --- what was asked --------------------------------------------------------------- */

bool
request_is_post(const struct request *r)
{
	return r->post;
}

bool
request_is_local(const struct request *r)
{
	return r->local;
}

bool
request_is_trusted(const struct request *r)
{
	return r->trusted;
}

void
request_peer(const struct request *r, char *buf)
{
	server_peer_text(r, buf);
}

const char *
request_path(const struct request *r)
{
	return r->query.path != NULL ? r->query.path : "/";
}

const char *
request_rest(const struct request *r)
{
	return r->rest != NULL ? r->rest : "";
}

const char *
request_arg(const struct request *r, const char *name)
{
	return query_arg(&r->query, name);
}

const char *
request_arg_nth(const struct request *r, const char *name, size_t n)
{
	return query_arg_nth(&r->query, name, n);
}

void
request_link(const struct request *r, FILE *out, const char *name, const char *value)
{
	char before = '?';

	for (size_t i = 0; i < r->query.args; i++) {
		const struct query_arg *arg = &r->query.arg[i];
		if (strcmp(arg->name, name) == 0)
			continue;
		putc(before, out);
		query_encode(out, arg->name);
		putc('=', out);
		query_encode(out, arg->value);
		before = '&';
	}
	if (value == NULL)
		return;
	putc(before, out);
	query_encode(out, name);
	putc('=', out);
	query_encode(out, value);
}

void
request_here(const struct request *r, FILE *out)
{
	query_encode(out, request_path(r));
	for (size_t i = 0; i < r->query.args; i++) {
		putc(i == 0 ? '?' : '&', out);
		query_encode(out, r->query.arg[i].name);
		putc('=', out);
		query_encode(out, r->query.arg[i].value);
	}
}

const char *
request_base(void)
{
	static char base[256];
	const char *text = conf_value(conf_top(state_conf(), "Web"), "base", "");

	snprintf(base, sizeof base, "%s", text);
	for (size_t len = strlen(base); len > 0 && base[len - 1] == '/';)
		base[--len] = '\0';
	return base;
}

void
request_address(const struct request *r, FILE *out)
{
	const char *host = request_header(r, "Host");
	const char *proto = request_header(r, "X-Forwarded-Proto");
	/* Only the sender of this header reads what comes of it. */
	bool tls = server_is_tls(r) || (proto != NULL && strcmp(proto, "https") == 0);

	fprintf(out, "http%s://%s%s", tls ? "s" : "", host != NULL ? host : "localhost",
	    request_base());
}

const char *
request_header(const struct request *r, const char *name)
{
	return MHD_lookup_connection_value(r->mhd, MHD_HEADER_KIND, name);
}

static int
take_time(struct request *r, const char *name, const char *text, int64_t fallback,
    int64_t *out)
{
	const char *other_name = strcmp(name, "start") == 0 ? "end" : "start";
	const char *other_text = request_arg(r, other_name);
	int64_t now = clock_wall_s(), other = now;
	struct err err;

	*out = fallback;
	if (text == NULL || *text == '\0')
		return 0;
	if (other_text != NULL && *other_text != '\0')
		query_time(other_text, now, now, &other, NULL);
	if (query_time(text, now, other, out, &err) == 0)
		return 0;
	reply_error(r, 400, "parameter %s: %s", name, err.text);
	return -1;
}

int
request_time(struct request *r, const char *name, int64_t fallback, int64_t *out)
{
	return take_time(r, name, request_arg(r, name), fallback, out);
}

int
request_short_time(struct request *r, const char *name, int64_t fallback, int64_t *out)
{
	const char *given = request_arg(r, name);
	char *text = given != NULL ? attime_minutes(given) : NULL;
	int status = take_time(r, name, text, fallback, out);

	free(text);
	return status;
}

int
request_range(struct request *r, int64_t now, int64_t *start, int64_t *end)
{
	if (request_time(r, "end", now, end) != 0 ||
	    request_time(r, "start", *end - 3 * 3600, start) != 0)
		return -1;
	if (*start < *end && *end - *start <= RANGE_MAX && *start >= RANGE_FIRST)
		return 0;
	reply_error(r, 400,
	    "parameter start: expected a time after 1980 and before end, by at most "
	    "twenty years");
	return -1;
}

int
request_int(
    struct request *r, const char *name, long fallback, long low, long high, long *out)
{
	const char *text = request_arg(r, name);
	char *end;

	*out = fallback;
	if (text == NULL || *text == '\0')
		return 0;
	if (isdigit((unsigned char)*text) || *text == '-') {
		*out = strtol(text, &end, 10);
		if (*end == '\0' && *out >= low && *out <= high)
			return 0;
	}
	reply_error(r, 400, "parameter %s: not what it should be, expected %ld to %ld",
	    name, low, high);
	return -1;
}

/* --- what is answered ------------------------------------------------------------- */

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

/* Does Accept-Encoding allow gzip? ("gzip;q=0" is a refusal nobody sends but means.) */
static bool
takes_gzip(const struct request *r)
{
	const char *accept = request_header(r, "Accept-Encoding");
	const char *gzip = accept != NULL ? strcasestr(accept, "gzip") : NULL;

	return gzip != NULL && strncmp(gzip + 4, ";q=0", 4) != 0;
}

static bool
worth_gzip(const struct request *r, const char *content_type, size_t len)
{
	return len >= GZIP_MIN && own_header(r, "Content-Encoding") == NULL &&
	       (strncmp(content_type, "text/", 5) == 0 ||
		   strncmp(content_type, "application/json", 16) == 0 ||
		   strncmp(content_type, "image/svg", 9) == 0) &&
	       takes_gzip(r);
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
	r->parked = r->was_parked = true;
	r->gone = gone;
	r->gone_ctx = ctx;
	TAILQ_INSERT_TAIL(&parked, r, link);
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

/* --- which way it goes ------------------------------------------------------------ */

static bool
route_fits(const struct route *route, const char *path)
{
	size_t len = strlen(route->prefix);

	return route->exact ? strcmp(path, route->prefix) == 0
			    : strncmp(path, route->prefix, len) == 0;
}

static const struct route *
find_route(const char *path)
{
	const struct route *const tables[] = { page_routes, file_routes, picture_routes,
		api_routes };
	const struct route *best = NULL;

	for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
		for (const struct route *route = tables[t]; route->prefix != NULL;
		     route++)
			if (route_fits(route, path) &&
			    (best == NULL ||
				strlen(route->prefix) > strlen(best->prefix)))
				best = route;
	return best;
}

/* The route for PATH, from which our base is taken away where there is one
 * with it taken away: a proxy may do so itself, or not. "/smokeping/" is a fine base,
 * and the beginning of addresses of ours as well. */
static const struct route *
route_of(char *path)
{
	const char *base = request_base();
	size_t len = strlen(base);
	const struct route *whole = find_route(path), *rest;

	if (len == 0 || strncmp(path, base, len) != 0 ||
	    (path[len] != '/' && path[len] != '\0'))
		return whole;
	rest = find_route(path[len] == '/' ? path + len : "/");
	/* The route of everything is the last resort. */
	if (rest == NULL || (!rest->exact && rest->prefix[1] == '\0' && whole != NULL &&
				whole->prefix[1] != '\0'))
		return whole;
	memmove(path, path + len, strlen(path + len) + 1);
	if (*path == '\0')
		strcpy(path, "/");
	return rest;
}

/* True when Host is a name of ours; otherwise answered. */
static bool
check_host(struct request *r)
{
	const char *header = request_header(r, "Host");
	const struct conf_section *web = conf_top(state_conf(), "Web");
	char own[256] = "", name[256];

	/* HTTP/1.0 without the header: no browser, so nobody to trick. */
	if (r->local || header == NULL)
		return true;
	gethostname(own, sizeof own - 1);
	if (host_allowed(header, own, conf_value(web, "hosts", NULL)))
		return true;
	if (host_name(header, name, sizeof name))
		reply_error(r, 421,
		    "This smokebox does not answer to the name %s. If it should, put "
		    "this into the section *** Web *** of the file smokebox: hosts = %s",
		    name, name);
	else
		reply_error(r, 400, "header Host: expected a name or an address");
	return false;
}

/* A page elsewhere must not press our buttons through the reader's browser. */
static bool
same_origin(const struct request *r)
{
	const char *site = request_header(r, "Sec-Fetch-Site");
	const char *origin = request_header(r, "Origin");
	const char *host = request_header(r, "Host");

	/* The browser's own word, which no page can set. Behind a proxy Host may be
	 * another name than Origin's. */
	if (site != NULL)
		return strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
	if (origin == NULL)
		return true;
	const char *slashes = strstr(origin, "://");
	return slashes != NULL && host != NULL && strcasecmp(slashes + 3, host) == 0;
}

/* Is R from a page of ours, of who has logged in? */
static bool
from_editor(const struct request *r)
{
	const char *header = request_header(r, "X-CSRF-Token");
	struct err err;
	char *token = form_value(r->upload, r->upload_len, "token", &err);
	bool is = same_origin(r) && session_token_is(r, token != NULL ? token : header);

	free(token);
	return is;
}

static bool
check_post(struct request *r, const struct route *route)
{
	if (route->post == ROUTE_TEXT_OF_EDITORS) {
		if (r->local || from_editor(r))
			return true;
		reply_error(r, 403,
		    "only for who has logged in, with the token that belongs to the "
		    "session");
		return false;
	}
	if (route->post == ROUTE_FORM_OF_READERS) {
		if (r->local || same_origin(r))
			return true;
		reply_error(r, 403, "not from another site");
		return false;
	}
	if (route->post == ROUTE_FORM_OF_OPERATORS && same_origin(r) &&
	    session_token_fits(r))
		return true;
	if (route->post == ROUTE_GET) {
		request_set_header(r, "Allow", "GET, HEAD");
		reply_error(r, 405, "nothing can be posted here, expected GET or HEAD");
		return false;
	}
	if (r->local)
		return true;
	bool proxied = request_header(r, "X-Forwarded-For") != NULL ||
		       request_header(r, "X-Real-IP") != NULL ||
		       request_header(r, "Forwarded") != NULL ||
		       request_header(r, "Via") != NULL;
	if (server_peer_is_loopback(r) && !proxied && same_origin(r))
		return true;
	reply_error(r, 403,
	    "only from this machine itself, not through a proxy or "
	    "another site; or with probectl");
	return false;
}

/* Where a body at PATH goes to; NULL: nobody reads it. */
static const struct upload_route *
find_upload(const char *path)
{
	for (const struct upload_route *u = upload_routes; u->prefix != NULL; u++)
		if (u->exact ? strcmp(path, u->prefix) == 0
			     : strncmp(path, u->prefix, strlen(u->prefix)) == 0)
			return u;
	return NULL;
}

static bool
is_form(const struct request *r)
{
	static const char type[] = "application/x-www-form-urlencoded";
	const char *is = request_header(r, "Content-Type");

	return is != NULL && strncasecmp(is, type, sizeof type - 1) == 0 &&
	       strchr("; \t", is[sizeof type - 1]) != NULL;
}

void
request_choose_upload(struct request *r)
{
	struct query q;

	if (query_parse(&q, r->target, NULL) != 0)
		return;
	r->upload_to = find_upload(q.path);
	r->upload_max = r->upload_to != NULL ? r->upload_to->body_max() : 0;
	/* Of what is deeper below, no page takes arguments. */
	r->form = r->upload_to != NULL && r->upload_to->own_field != NULL &&
		  strchr(q.path + strlen(r->upload_to->prefix), '/') == NULL &&
		  is_form(r);
	if (r->upload_to == NULL && is_form(r)) {
		const struct route *route = route_of(q.path);
		/* A stranger's text is not even kept. */
		if (route != NULL && route->post == ROUTE_TEXT_OF_EDITORS &&
		    (r->local || session_is_open(r)))
			r->upload_max = EDIT_BODY_MAX;
		r->fields = route != NULL && (route->post == ROUTE_FORM_OF_READERS ||
						 route->post == ROUTE_FORM_OF_OPERATORS);
	}
	if ((r->form && r->upload_max == 0) || r->fields)
		r->upload_max = QUERY_MAX;
	query_free(&q);
}

const void *
request_body(const struct request *r, size_t *len)
{
	*len = r->upload_len;
	return r->upload;
}

/* Is R's body as it should be? False: answered. */
static bool
check_body(struct request *r)
{
	size_t max = r->upload_max != 0 ? r->upload_max : HTTP_BODY_MAX;

	if (r->uploaded > max)
		reply_error(r, 413, "body too long, expected at most %zu bytes", max);
	else if (r->upload_lost)
		reply_error(r, 503, "too many large bodies at once, try again");
	else
		return true;
	return false;
}

/* Has the form in R's body a field called NAME? */
static bool
has_field(const struct request *r, const char *name)
{
	size_t len = strlen(name);
	const char *at = r->upload, *end;

	if (at == NULL)
		return false;
	end = at + r->upload_len;
	while (at != NULL && at < end) {
		if ((size_t)(end - at) > len && strncmp(at, name, len) == 0 &&
		    at[len] == '=')
			return true;
		at = memchr(at, '&', (size_t)(end - at));
		at = at != NULL ? at + 1 : NULL;
	}
	return false;
}

/* Turn R, which posts a form, into what its fields would be as a GET; it stays a POST where
 * a page reads it. They stand before
 * the arguments of the address, so that they are the ones that count. */
static void
take_form(struct request *r)
{
	size_t path = strcspn(r->target, "?#");
	const char *more = r->target[path] == '?' ? r->target + path + 1 : "";
	char *target = mem_printf("%.*s?%.*s&%s", (int)path, r->target,
	    (int)r->upload_len, r->upload != NULL ? r->upload : "", more);

	free(r->target);
	r->target = target;
	r->post = r->fields;
	r->upload_max = 0;
}

void
request_dispatch(struct request *r)
{
	struct err err;

	if (r->form && !r->upload_lost &&
	    (r->upload_to->body_max() == 0 || !has_field(r, r->upload_to->own_field)))
		take_form(r);
	if (r->fields && !r->upload_lost)
		take_form(r);
	if (query_parse(&r->query, r->target, &err) != 0) {
		reply_error(r, 400, "address: %s", err.text);
		return;
	}
	if (!check_body(r))
		return;

	if (r->upload_max != 0 && r->upload_to != NULL && r->upload_to->body_max() != 0) {
		/* No browser makes its signature, so no name can trick it. */
		r->upload_to->handle(r);
		return;
	}
	/* No page elsewhere knows the secret, so no name can trick it. */
	if (!r->post && dynamic_call(r))
		return;
	if (!check_host(r))
		return;
	r->trusted = true;

	const struct route *route = route_of(r->query.path);
	if (route == NULL) {
		reply_error(r, 404, "There is nothing at %s.", r->query.path);
		return;
	}
	if (r->post && !check_post(r, route))
		return;
	r->rest = r->query.path + strlen(route->prefix);
	r->route = route;
	/* Until it is answered, times are those of its reader. */
	taste_begin(r);
	route->handle(r);
	taste_end();
}
