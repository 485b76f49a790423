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
	FILE *f = open_memstream(&out, &size);
	bool brackets = strchr(host, ':') != NULL && host[0] != '[';
	struct addr ignored;

	if (f == NULL)
		fatal("open_memstream");
	brackets = brackets && addr_parse(&ignored, host) == 0;
	for (size_t i = 0; i < len;) {
		if (len - i >= sizeof mark - 1 &&
		    memcmp(format + i, mark, sizeof mark - 1) == 0) {
			fprintf(f, brackets ? "[%s]" : "%s", host);
			i += sizeof mark - 1;
		} else
			putc(format[i++], f);
	}
	fclose(f);
	return out;
}

static int
httpopts_urls(
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

/* --- the modules -------------------------------------------------------------------
 */

static int
httpopts_figure(struct probe_opts *o, const char *name, struct err *err)
{
	static const struct {
		const char *name;
		enum http_figure figure;
	} figures[] = {
		{ "time_total", HTTP_TOTAL },
		{ "time_connect", HTTP_CONNECT },
		{ "time_appconnect", HTTP_APPCONNECT },
		{ "time_pretransfer", HTTP_PRETRANSFER },
		{ "time_starttransfer", HTTP_STARTTRANSFER },
		{ "time_redirect", HTTP_REDIRECT },
	};

	if (name == NULL)
		return 0;
	for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
		if (strcmp(name, figures[i].name) == 0) {
			o->figure = figures[i].figure;
			return 0;
		}
	if (strcmp(name, "time_namelookup") == 0)
		return err_set(err,
		    "write_out = time_namelookup: names are looked up apart from the "
		    "fetch, expected time_total, or a target with probe DNS");
	return err_set(err,
	    "write_out = %s: expected time_total, time_connect, time_appconnect, "
	    "time_pretransfer, time_starttransfer or time_redirect",
	    name);
}

static int
httpopts_curl(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, struct err *err)
{
	const char *format = net_var(conf, t, "urlformat");
	const char *agent = net_var(conf, t, "agent");
	const char *extra = net_var(conf, t, "extraargs");
	static const char word[] = "User-Agent:";

	if (format == NULL)
		return err_set(
		    err, "urlformat is missing, expected e.g. http://%%host%%/");
	if (agent != NULL && strncasecmp(agent, word, sizeof word - 1) == 0) {
		agent += sizeof word - 1;
		agent += strspn(agent, " ");
	}
	o->agent = mem_str(agent);
	o->interface = mem_str(net_var(conf, t, "interface"));
	o->expect = mem_str(net_var(conf, t, "expect"));
	o->insecure = net_var_true(conf, t, "insecure_ssl");
	o->follow = net_var_true(conf, t, "follow_redirects");
	o->add_redirects = net_var_true(conf, t, "include_redirects");
	o->complete = net_var_true(conf, t, "require_zero_status");
	if (httpopts_urls(o, format, t->host, err) != 0 ||
	    httpopts_figure(o, net_var(conf, t, "write_out"), err) != 0)
		return -1;
	return extra == NULL ? 0 : httpargs(o, extra, net_var(conf, t, "extrare"), err);
}

/* echoping's own idea: a path or whole URL beside a host, and the status counts. */
static int
httpopts_echoping(struct probe_opts *o, const struct conf *conf,
    const struct conf_target *t, bool tls, struct err *err)
{
	const char *url = net_var(conf, t, "url");
	long port;

	if (net_var_number(conf, t, "port", 1, 65535, tls ? 443 : 80, &port, err) !=
		0 ||
	    net_var_family(conf, t, "ipversion", &o->family, err) != 0)
		return -1;
	if (url == NULL)
		url = "/";
	char *format = strstr(url, "://") != NULL
			   ? mem_str(url)
			   : mem_printf("%s://%%host%%:%ld%s%s", tls ? "https" : "http",
				 port, url[0] == '/' ? "" : "/", url);
	int bad = httpopts_urls(o, format, t->host, err);
	free(format);
	if (net_var_true(conf, t, "ignore_cache"))
		httpopts_header(o, "Pragma", "no-cache");
	if (net_var_true(conf, t, "revalidate_data"))
		httpopts_header(o, "Cache-Control", "max-age=0");
	o->allow_3xx = net_var_true(conf, t, "accept_redirects");
	o->want_2xx = true;
	o->insecure = true; /* echoping never looked at certificates */
	o->complete = true;
	o->figure = HTTP_TOTAL;
	return bad;
}

struct probe_opts *
httpopts_read(const struct conf *conf, const struct conf_target *t, struct err *err)
{
	struct probe_opts *o = mem_zero(1, sizeof *o);
	const char *module = t->probe->module, *timeout = net_var(conf, t, "timeout");
	int bad = 0;

	o->family = AF_UNSPEC;
	o->timeout_ms = 10000;
	if (timeout != NULL)
		bad = httpopts_seconds(&o->timeout_ms, "timeout =", timeout, err);
	if (bad == 0 && strncmp(module, "EchoPing", 8) == 0)
		bad = httpopts_echoping(
		    o, conf, t, strcmp(module, "EchoPingHttps") == 0, err);
	else if (bad == 0)
		bad = httpopts_curl(o, conf, t, err);
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
