#include "web/request.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/attime.h"
#include "base/clock.h"
#include "web/http.h"
#include "web/state.h"

/* What can be drawn: librrd knows no time before 1980, and reads ten pixels' worth of
 * rows however wide they are. */
#define RANGE_FIRST 315532800
#define RANGE_MAX (20LL * 366 * 86400)

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

int
request_format(struct request *r, bool *csv)
{
	const char *format = request_arg(r, "format");

	*csv = format != NULL && strcmp(format, "csv") == 0;
	if (format == NULL || *csv || strcmp(format, "json") == 0)
		return 0;
	reply_error(r, 400, "parameter format: expected csv or json");
	return -1;
}

const void *
request_body(const struct request *r, size_t *len)
{
	*len = r->upload_len;
	return r->upload;
}
