/* The way of a request to its route, and who may go it. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"
#include "web/dynamic.h"
#include "web/edit.h"
#include "web/form.h"
#include "web/host.h"
#include "web/http.h"
#include "web/session.h"
#include "web/state.h"
#include "web/taste.h"

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

/* The route for PATH, from which our base is taken away where a route is behind it: a
 * proxy may do so itself, or not. "/smokeping/" is a fine base, and the beginning of
 * addresses of ours as well. */
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
		r->fields =
		    route != NULL && (route->post == ROUTE_FORM_OF_READERS ||
					 route->post == ROUTE_FORM_OF_OPERATORS);
	}
	if ((r->form && r->upload_max == 0) || r->fields)
		r->upload_max = QUERY_MAX;
	query_free(&q);
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

/* Turn R, which posts a form, into what its fields would be as a GET; it stays a POST
 * where a page reads it. They stand before the arguments of the address, so that they
 * are the ones that count. */
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

	if (r->odd) {
		request_set_header(r, "Connection", "close");
		reply_error(r, 400,
		    "the request can be read in two ways, expected one Host, and no more than "
		    "one of Content-Length and Transfer-Encoding");
		return;
	}
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

	if (r->upload_max != 0 && r->upload_to != NULL &&
	    r->upload_to->body_max() != 0) {
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
