#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "probes/httpopts.h"
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

static int
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

/* --- extraargs: what of curl's command line makes sense here -----------------------
 */

static void
httpopts_set(char **field, const char *value)
{
	free(*field);
	*field = mem_str(value);
}

static int
httpopts_arg_seconds(long *ms, const char *arg, const char *value, struct err *err)
{
	char *end;
	double v = strtod(value, &end);

	if (end == value || *end != '\0' || !(v > 0 && v <= 3600))
		return err_set(err, "%s %s: expected seconds up to 3600", arg, value);
	*ms = (long)(v * 1000 + 0.5);
	return 0;
}

/* Each option has its letter, its long name, whether a value follows, and a word that
 * says what is done with it. */
enum http_arg {
	ARG_IGNORE, /* cannot matter: nothing is shown, nothing is stored */
	ARG_AGENT,
	ARG_BODY,
	ARG_CAFILE,
	ARG_COMPRESSED,
	ARG_CONNECT_TIMEOUT,
	ARG_COOKIE,
	ARG_FAIL,
	ARG_FOLLOW,
	ARG_HEAD,
	ARG_HEADER,
	ARG_HTTP10,
	ARG_HTTP11,
	ARG_HTTP2,
	ARG_HTTP2_PRIOR,
	ARG_INSECURE,
	ARG_INTERFACE,
	ARG_IPV4,
	ARG_IPV6,
	ARG_METHOD,
	ARG_RANGE,
	ARG_REFERER,
	ARG_TIMEOUT,
	ARG_TLS12,
	ARG_TLS13,
	ARG_USER,
};

static const struct http_option {
	char letter;
	const char *name;
	bool value;
	enum http_arg arg;
} http_options[] = {
	{ '0', "http1.0", false, ARG_HTTP10 },
	{ 0, "http1.1", false, ARG_HTTP11 },
	{ 0, "http2", false, ARG_HTTP2 },
	{ 0, "http2-prior-knowledge", false, ARG_HTTP2_PRIOR },
	{ '1', "tlsv1", false, ARG_IGNORE },
	{ '2', "sslv2", false, ARG_IGNORE },
	{ '3', "sslv3", false, ARG_IGNORE },
	{ 0, "tlsv1.0", false, ARG_IGNORE }, /* "or newer" */
	{ 0, "tlsv1.1", false, ARG_IGNORE },
	{ 0, "tlsv1.2", false, ARG_TLS12 },
	{ 0, "tlsv1.3", false, ARG_TLS13 },
	{ '4', "ipv4", false, ARG_IPV4 },
	{ '6', "ipv6", false, ARG_IPV6 },
	{ 'A', "user-agent", true, ARG_AGENT },
	{ 'b', "cookie", true, ARG_COOKIE },
	{ 0, "basic", false, ARG_IGNORE },
	{ 0, "cacert", true, ARG_CAFILE },
	{ 0, "compressed", false, ARG_COMPRESSED },
	{ 0, "connect-timeout", true, ARG_CONNECT_TIMEOUT },
	{ 'd', "data", true, ARG_BODY },
	{ 0, "data-raw", true, ARG_BODY },
	{ 0, "data-ascii", true, ARG_BODY },
	{ 'e', "referer", true, ARG_REFERER },
	{ 'f', "fail", false, ARG_FAIL },
	{ 'g', "globoff", false, ARG_IGNORE },
	{ 'H', "header", true, ARG_HEADER },
	{ 'i', "include", false, ARG_IGNORE },
	{ 'I', "head", false, ARG_HEAD },
	{ 'k', "insecure", false, ARG_INSECURE },
	{ 'L', "location", false, ARG_FOLLOW },
	{ 0, "interface", true, ARG_INTERFACE },
	{ 'm', "max-time", true, ARG_TIMEOUT },
	{ 'N', "no-buffer", false, ARG_IGNORE },
	{ 0, "no-keepalive", false, ARG_IGNORE },
	{ 0, "no-progress-meter", false, ARG_IGNORE },
	{ 0, "no-sessionid", false, ARG_IGNORE },
	{ 0, "noproxy", true, ARG_IGNORE }, /* no proxy is ever used */
	{ 'o', "output", true, ARG_IGNORE },
	{ 'q', "disable", false, ARG_IGNORE },
	{ 'r', "range", true, ARG_RANGE },
	{ 's', "silent", false, ARG_IGNORE },
	{ 'S', "show-error", false, ARG_IGNORE },
	{ 0, "ssl-no-revoke", false, ARG_IGNORE },
	{ 0, "tcp-nodelay", false, ARG_IGNORE },
	{ 0, "url", true, ARG_IGNORE },
	{ 'u', "user", true, ARG_USER },
	{ 'v', "verbose", false, ARG_IGNORE },
	{ 'X', "request", true, ARG_METHOD },
	{ '#', "progress-bar", false, ARG_IGNORE },
};

static void
httpopts_header(struct probe_opts *o, const char *name, const char *value)
{
	char *line = name == NULL ? mem_str(value) : mem_printf("%s: %s", name, value);
	struct curl_slist *list = curl_slist_append(o->headers, line);

	if (list == NULL)
		fatalx("out of memory");
	o->headers = list;
	free(line);
}

static int
httpopts_arg_body(struct probe_opts *o, const char *arg, const char *v, struct err *err)
{
	if (v[0] == '@' && strcmp(arg, "--data-raw") != 0)
		return err_set(err,
		    "extraargs %s %s: files are not read, expected the data itself",
		    arg, v);
	char *all = o->body == NULL ? mem_str(v) : mem_printf("%s&%s", o->body, v);
	free(o->body);
	o->body = all;
	return 0;
}

static int
httpopts_arg_cookie(struct probe_opts *o, const char *v, struct err *err)
{
	if (strchr(v, '=') == NULL)
		return err_set(err,
		    "extraargs --cookie %s: files are not read, expected NAME=VALUE",
		    v);
	httpopts_header(o, "Cookie", v);
	return 0;
}

static int
httpopts_apply(struct probe_opts *o, enum http_arg what, const char *arg, const char *v,
    struct err *err)
{
	switch (what) {
	case ARG_IGNORE:
		if (strcmp(arg, "--url") == 0)
			return httpopts_add_url(o, mem_str(v), err);
		return 0;
	case ARG_AGENT:
		httpopts_set(&o->agent, v);
		return 0;
	case ARG_BODY:
		return httpopts_arg_body(o, arg, v, err);
	case ARG_CAFILE:
		trust_free(o->trust);
		o->trust = trust_file(v, err);
		return o->trust != NULL ? 0 : -1;
	case ARG_COMPRESSED:
		o->compressed = true;
		return 0;
	case ARG_CONNECT_TIMEOUT:
		return httpopts_arg_seconds(&o->connect_timeout_ms, arg, v, err);
	case ARG_COOKIE:
		return httpopts_arg_cookie(o, v, err);
	case ARG_FAIL:
		o->fail = true;
		return 0;
	case ARG_FOLLOW:
		o->follow = true;
		return 0;
	case ARG_HEAD:
		o->head = true;
		return 0;
	case ARG_HEADER:
		if (v[0] == '@')
			return err_set(err,
			    "extraargs %s %s: files are not read, expected NAME: VALUE",
			    arg, v);
		httpopts_header(o, NULL, v);
		return 0;
	case ARG_HTTP10:
		o->http_version = CURL_HTTP_VERSION_1_0;
		return 0;
	case ARG_HTTP11:
		o->http_version = CURL_HTTP_VERSION_1_1;
		return 0;
	case ARG_HTTP2:
		o->http_version = CURL_HTTP_VERSION_2_0;
		return 0;
	case ARG_HTTP2_PRIOR:
		o->http_version = CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
		return 0;
	case ARG_INSECURE:
		o->insecure = true;
		return 0;
	case ARG_INTERFACE:
		httpopts_set(&o->interface, v);
		return 0;
	case ARG_IPV4:
	case ARG_IPV6:
		o->family = what == ARG_IPV4 ? AF_INET : AF_INET6;
		return 0;
	case ARG_METHOD:
		httpopts_set(&o->method, v);
		return 0;
	case ARG_RANGE: {
		char *range = mem_printf("bytes=%s", v);
		httpopts_header(o, "Range", range);
		free(range);
		return 0;
	}
	case ARG_REFERER:
		httpopts_header(o, "Referer", v);
		return 0;
	case ARG_TIMEOUT:
		return httpopts_arg_seconds(&o->timeout_ms, arg, v, err);
	case ARG_TLS12:
		o->tls_version = CURL_SSLVERSION_TLSv1_2;
		return 0;
	case ARG_TLS13:
		o->tls_version = CURL_SSLVERSION_TLSv1_3;
		return 0;
	case ARG_USER:
		httpopts_set(&o->user, v);
		return 0;
	}
	return 0;
}

/* The option that ARG is ("--head"; a letter in VALUE's place may be glued to it). */
static const struct http_option *
httpopts_find(const char *arg, char letter)
{
	for (size_t i = 0; i < sizeof http_options / sizeof *http_options; i++) {
		const struct http_option *o = &http_options[i];
		if (letter != 0 ? letter == o->letter : strcmp(arg + 2, o->name) == 0)
			return o;
	}
	return NULL;
}

static int
httpopts_unknown(const char *arg, struct err *err)
{
	return err_set(err,
	    "extraargs: '%s' is not known here, expected e.g. --header, --head, --user, "
	    "--request, --data, --http1.1, -4, -6",
	    arg);
}

/* "-sLm": letters without values, the last may take one: glued, or the next word. */
static int
httpopts_letters(struct probe_opts *o, const char *arg, const char *next, bool *took,
    struct err *err)
{
	for (const char *c = arg + 1; *c != '\0'; c++) {
		const struct http_option *opt = httpopts_find(arg, *c);
		const char *value = NULL;
		if (opt == NULL)
			return httpopts_unknown(arg, err);
		if (opt->value) {
			*took = c[1] == '\0';
			value = *took ? next : c + 1;
			if (value == NULL)
				return err_set(err,
				    "extraargs: %s stands alone, expected a value behind "
				    "it",
				    arg);
		}
		if (httpopts_apply(o, opt->arg, arg, value, err) != 0)
			return -1;
		if (value != NULL)
			break;
	}
	return 0;
}

/* One word of extraargs; TOOK tells that NEXT was its value. */
static int
httpopts_word(struct probe_opts *o, const char *arg, const char *next, bool *took,
    struct err *err)
{
	*took = false;
	if (arg[0] == '\0')
		return 0;
	if (arg[0] != '-') /* for curl, one more URL */
		return httpopts_add_url(o, mem_str(arg), err);
	if (arg[1] != '-')
		return httpopts_letters(o, arg, next, took, err);
	const struct http_option *opt = httpopts_find(arg, 0);
	if (opt == NULL)
		return httpopts_unknown(arg, err);
	*took = opt->value;
	if (opt->value && next == NULL)
		return err_set(
		    err, "extraargs: %s stands alone, expected a value behind it", arg);
	return httpopts_apply(o, opt->arg, arg, next, err);
}

/* Cut TEXT at what RE matches; WORDS gets at most MAX pieces. */
static size_t
httpopts_split(char *text, const regex_t *re, char **words, size_t max)
{
	size_t count = 0;
	regmatch_t m;

	while (count < max) {
		words[count++] = text;
		size_t from = 0;
		/* a match of nothing would never end */
		if (regexec(re, text, 1, &m, 0) != 0 || m.rm_eo == 0)
			break;
		from = (size_t)m.rm_eo;
		if (m.rm_so == m.rm_eo)
			break;
		text[m.rm_so] = '\0';
		text += from;
	}
	return count;
}

static int
httpopts_extra(
    struct probe_opts *o, const char *extra, const char *split, struct err *err)
{
	char *words[64], *text = mem_str(extra), *pattern;
	size_t count, len = split != NULL ? strlen(split) : 0;
	bool took;
	int bad = 0;
	regex_t re;

	pattern = len > 2 ? mem_strn(split + 1, len - 2) : mem_str(" ");
	if (regcomp(&re, pattern, REG_EXTENDED) != 0) {
		bad = err_set(err,
		    "extrare = %s: expected a regular expression in slashes", split);
	} else {
		count = httpopts_split(text, &re, words, 64);
		regfree(&re);
		for (size_t i = 0; i < count && bad == 0; i++) {
			bad = httpopts_word(o, words[i],
			    i + 1 < count ? words[i + 1] : NULL, &took, err);
			i += took;
		}
	}
	free(pattern);
	free(text);
	return bad;
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
	return extra == NULL
		   ? 0
		   : httpopts_extra(o, extra, net_var(conf, t, "extrare"), err);
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
		bad = httpopts_arg_seconds(&o->timeout_ms, "timeout =", timeout, err);
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
