#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "probes/httpargs.h"
#include "probes/net.h"
#include "probes/trust.h"

#define HTTP_URLS 32

#ifdef CURLU_PUNYCODE
#define HTTP_HOST_FLAGS CURLU_PUNYCODE
#else
#define HTTP_HOST_FLAGS 0
#endif

void
httpopts_free(struct probe_opts *o)
{
	if (o == NULL)
		return;
	for (size_t i = 0; i < o->urls; i++) {
		free(o->url[i].url);
		free(o->url[i].host);
	}
	free(o->url);
	free(o->agent);
	free(o->interface);
	free(o->expect);
	free(o->expect_not);
	free(o->status);
	if (o->deny != NULL)
		regfree(o->deny);
	free(o->deny);
	free(o->user);
	free(o->method);
	free(o->body);
	trust_free(o->trust);
	curl_slist_free_all(o->headers);
	free(o);
}

/* --- URLs ------------------------------------------------------------------------- */

char *
httpopts_host(const char *url, struct err *err)
{
	CURLU *u = curl_url();
	char *scheme = NULL, *host = NULL, *plain = NULL;
	CURLUcode bad = curl_url_set(u, CURLUPART_URL, url, CURLU_GUESS_SCHEME);

	if (bad == CURLUE_OK)
		bad = curl_url_get(u, CURLUPART_SCHEME, &scheme, 0);
	if (bad == CURLUE_OK)
		bad = curl_url_get(u, CURLUPART_HOST, &host, HTTP_HOST_FLAGS);
	if (bad != CURLUE_OK)
		err_set(err,
		    "'%.200s' is no URL (%s), expected http://... or https://...", url,
		    curl_url_strerror(bad));
	else if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
		err_set(err, "'%.200s': %s is not measured, expected http or https",
		    url, scheme);
	else if (host[0] == '[')
		plain = mem_strn(host + 1, strcspn(host + 1, "]"));
	else
		plain = mem_str(host);
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(u);
	return plain;
}

/* Part WHAT of URL, its default where it has none; to be freed by curl_free(). */
static char *
httpopts_part(CURLU *u, CURLUPart what)
{
	char *part = NULL;

	(void)curl_url_get(u, what, &part, CURLU_DEFAULT_PORT);
	return part;
}

bool
httpopts_same_origin(const char *one, const char *other)
{
	static const CURLUPart parts[] = { CURLUPART_SCHEME, CURLUPART_HOST,
		CURLUPART_PORT };
	CURLU *a = curl_url(), *b = curl_url();
	bool same =
	    curl_url_set(a, CURLUPART_URL, one, CURLU_GUESS_SCHEME) == CURLUE_OK &&
	    curl_url_set(b, CURLUPART_URL, other, CURLU_GUESS_SCHEME) == CURLUE_OK;

	for (size_t i = 0; same && i < sizeof parts / sizeof *parts; i++) {
		char *left = httpopts_part(a, parts[i]),
		     *right = httpopts_part(b, parts[i]);
		same = left != NULL && right != NULL && strcasecmp(left, right) == 0;
		curl_free(left);
		curl_free(right);
	}
	curl_url_cleanup(a);
	curl_url_cleanup(b);
	return same;
}

int
httpopts_add_url(struct probe_opts *o, char *url, struct err *err)
{
	char *host = httpopts_host(url, err);

	if (host == NULL || o->urls == HTTP_URLS) {
		if (host != NULL)
			err_set(err, "more than %d URLs, expected fewer", HTTP_URLS);
		free(host);
		free(url);
		return -1;
	}
	o->url = mem_grow(o->url, o->urls + 1, sizeof *o->url);
	o->url[o->urls++] = (struct http_url){ url, host };
	return 0;
}

/* FORMAT with HOST for each %host%; a bare IPv6 address gets its brackets. */
static char *
httpopts_expand(const char *format, size_t len, const char *host)
{
	static const char mark[] = "%host%";
	char *out = NULL;
	size_t size = 0;
	FILE *f = mem_stream(&out, &size);
	bool brackets = strchr(host, ':') != NULL && host[0] != '[';
	struct addr ignored;

	brackets = brackets && addr_parse(&ignored, host) == 0;
	for (size_t i = 0; i < len;) {
		if (len - i >= sizeof mark - 1 &&
		    memcmp(format + i, mark, sizeof mark - 1) == 0) {
			fprintf(f, brackets ? "[%s]" : "%s", host);
			i += sizeof mark - 1;
		} else
			putc(format[i++], f);
	}
	mem_stream_end(f);
	return out;
}

int
httpopts_add_urls(
    struct probe_opts *o, const char *format, const char *host, struct err *err)
{
	static const char space[] = " \t";
	const char *at = format + strspn(format, space);

	while (*at != '\0') {
		size_t len = strcspn(at, space);
		if (httpopts_add_url(o, httpopts_expand(at, len, host), err) != 0)
			return -1;
		at += len;
		at += strspn(at, space);
	}
	return 0;
}

int
httpopts_seconds(long *ms, const char *arg, const char *value, struct err *err)
{
	char *end;
	double v = strtod(value, &end);

	if (end == value || *end != '\0' || !(v > 0 && v <= 3600))
		return err_set(err, "%s %s: expected seconds up to 3600", arg, value);
	*ms = (long)(v * 1000 + 0.5);
	return 0;
}

void
httpopts_header(struct probe_opts *o, const char *name, const char *value)
{
	char *line = name == NULL ? mem_str(value) : mem_printf("%s: %s", name, value);
	struct curl_slist *list = curl_slist_append(o->headers, line);

	if (list == NULL)
		fatalx("out of memory");
	o->headers = list;
	free(line);
}

int
httpopts_at(const struct conf *conf, const struct conf_target *t, const char *key,
    struct err *err)
{
	struct place at = { NULL, 0 };
	char *text = mem_str(err->text);

	(void)conf_target_value(conf, t, key, &at);
	if (at.file != NULL)
		err_set(err, "%s:%u: %s", at.file, at.line, text);
	free(text);
	return -1;
}

/* --- what an answer has to be ----------------------------------------------------- */

void
httpopts_add_status(struct probe_opts *o, long from, long to)
{
	o->status = mem_grow(o->status, o->statuses + 1, sizeof *o->status);
	o->status[o->statuses++] =
	    (struct http_statuses){ (uint16_t)from, (uint16_t)to };
}

/* "200-299,301" */
static int
httpopts_statuses(struct probe_opts *o, const char *text, struct err *err)
{
	static const char between[] = " ,\t";
	char *end;

	for (const char *at = text; at != NULL && *at != '\0'; at = end) {
		long from = strtol(at, &end, 10), to = from;
		if (end != at && *end == '-')
			to = strtol(end + 1, &end, 10);
		if (from < 100 || to > 599 || from > to || o->statuses == 64)
			return err_set(err,
			    "expect_status = %.100s: expected statuses from 100 to 599 "
			    "and ranges, such as 200-299,301",
			    text);
		httpopts_add_status(o, from, to);
		end += strspn(end, between);
	}
	return 0;
}

bool
httpopts_status_fits(const struct probe_opts *o, long status)
{
	for (size_t i = 0; i < o->statuses; i++)
		if (status >= o->status[i].from && status <= o->status[i].to)
			return true;
	return o->statuses == 0;
}

/* What SmokePing does not have: the variables of *** Overrides ***. */
static int
httpopts_own(struct probe_opts *o, const struct conf *conf, const struct conf_target *t,
    struct err *err)
{
	const char *status = net_var(conf, t, "expect_status");
	const char *version = net_var(conf, t, "http_version");
	long most;

	if (status != NULL) {
		o->statuses = 0;
		if (httpopts_statuses(o, status, err) != 0)
			return httpopts_at(conf, t, "expect_status", err);
	}
	if (net_var_tos(conf, t, &o->tos, err) != 0)
		return httpopts_at(conf, t, "tos", err);
	if (net_var_number(conf, t, "max_body", 1, 1L << 30, 0, &most, err) != 0)
		return httpopts_at(conf, t, "max_body", err);
	if (most != 0)
		o->max_body = (size_t)most;
	if (net_var(conf, t, "expect_not") != NULL)
		o->expect_not = mem_str(net_var(conf, t, "expect_not"));
	if (version == NULL)
		return 0;
	if (strcmp(version, "1.0") == 0)
		o->http_version = CURL_HTTP_VERSION_1_0;
	else if (strcmp(version, "1.1") == 0)
		o->http_version = CURL_HTTP_VERSION_1_1;
	else if (strcmp(version, "2") == 0)
		o->http_version = CURL_HTTP_VERSION_2_0;
	else {
		err_set(err, "http_version = %.20s: expected 1.0, 1.1 or 2", version);
		return httpopts_at(conf, t, "http_version", err);
	}
	return 0;
}

/* --- all ------------------------------------------------------------------------- */

struct probe_opts *
httpopts_read(const struct conf *conf, const struct conf_target *t, struct err *err)
{
	struct probe_opts *o = mem_zero(1, sizeof *o);
	const char *timeout = net_var(conf, t, "timeout");
	int bad = 0;

	o->family = AF_UNSPEC;
	o->tos = o->priority = -1;
	o->timeout_ms = 10000;
	if (timeout != NULL &&
	    httpopts_seconds(&o->timeout_ms, "timeout =", timeout, err) != 0)
		bad = httpopts_at(conf, t, "timeout", err);
	if (bad == 0)
		bad = httpmodule(o, conf, t, err);
	if (bad == 0)
		bad = httpopts_own(o, conf, t, err);
	if (bad != 0) {
		httpopts_free(o);
		return NULL;
	}
	/* Now, since it takes its time, and not inside the first handshake. */
	for (size_t i = 0; i < o->urls && !o->insecure && o->trust == NULL; i++)
		if (strncasecmp(o->url[i].url, "https:", 6) == 0)
			trust_system();
	return o;
}
