#include "web/asset.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "web/request.h"

static const struct asset *
asset_find(const char *name)
{
	for (const struct asset *a = assets; a->name != NULL; a++)
		if (strcmp(a->name, name) == 0)
			return a;
	return NULL;
}

const char *
asset_template(const char *name, size_t *len)
{
	const struct asset *a = asset_find(name);

	if (a == NULL)
		return NULL;
	*len = a->len;
	return (const char *)a->data;
}

const char *
asset_url(const char *name)
{
	const struct asset *a = asset_find(name);

	if (a == NULL)
		fatalx("no asset %s", name);
	return a->url;
}

void
asset_reply(struct request *r, const char *name, bool forever)
{
	const struct asset *a = asset_find(name);
	char etag[64];

	/* Templates are no files for browsers. */
	if (a == NULL || strcmp(a->type, "template") == 0) {
		reply_error(r, 404, "There is nothing at %s.", request_path(r));
		return;
	}
	const char *accept = request_header(r, "Accept-Encoding");
	bool gzip = a->gzip != NULL && accept != NULL && strstr(accept, "gzip") != NULL;
	snprintf(etag, sizeof etag, "\"%s%s\"", a->hash, gzip ? "-gz" : "");
	request_set_header(r, "Cache-Control",
	    forever ? "public, max-age=31536000, immutable" : "public, max-age=3600");
	request_set_header(r, "Vary", "Accept-Encoding");
	if (reply_not_modified(r, etag))
		return;
	if (gzip)
		request_set_header(r, "Content-Encoding", "gzip");
	reply_bytes(
	    r, 200, a->type, gzip ? a->gzip : a->data, gzip ? a->gzip_len : a->len);
}

void
asset_serve(struct request *r)
{
	const char *rest = request_rest(r), *slash = strchr(rest, '/');
	const char *name = slash != NULL ? slash + 1 : rest;
	const struct asset *a = asset_find(name);
	bool current = a != NULL && slash != NULL &&
		       strlen(a->hash) == (size_t)(slash - rest) &&
		       strncmp(a->hash, rest, strlen(a->hash)) == 0;

	asset_reply(r, name, current);
}
