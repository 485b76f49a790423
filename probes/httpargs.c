#include "probes/httpargs.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "probes/trust.h"

static void
httpargs_set(char **field, const char *value)
{
	free(*field);
	*field = mem_str(value);
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

static int
httpargs_body(struct probe_opts *o, const char *arg, const char *v, struct err *err)
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
httpargs_cookie(struct probe_opts *o, const char *v, struct err *err)
{
	if (strchr(v, '=') == NULL)
		return err_set(err,
		    "extraargs --cookie %s: files are not read, expected NAME=VALUE",
		    v);
	httpopts_header(o, "Cookie", v);
	return 0;
}

static int
httpargs_apply(struct probe_opts *o, enum http_arg what, const char *arg, const char *v,
    struct err *err)
{
	switch (what) {
	case ARG_IGNORE:
		if (strcmp(arg, "--url") == 0)
			return httpopts_add_url(o, mem_str(v), err);
		return 0;
	case ARG_AGENT:
		httpargs_set(&o->agent, v);
		return 0;
	case ARG_BODY:
		return httpargs_body(o, arg, v, err);
	case ARG_CAFILE:
		trust_free(o->trust);
		o->trust = trust_file(v, err);
		return o->trust != NULL ? 0 : -1;
	case ARG_COMPRESSED:
		o->compressed = true;
		return 0;
	case ARG_CONNECT_TIMEOUT:
		return httpopts_seconds(&o->connect_timeout_ms, arg, v, err);
	case ARG_COOKIE:
		return httpargs_cookie(o, v, err);
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
		httpargs_set(&o->interface, v);
		return 0;
	case ARG_IPV4:
	case ARG_IPV6:
		o->family = what == ARG_IPV4 ? AF_INET : AF_INET6;
		return 0;
	case ARG_METHOD:
		httpargs_set(&o->method, v);
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
		return httpopts_seconds(&o->timeout_ms, arg, v, err);
	case ARG_TLS12:
		o->tls_version = CURL_SSLVERSION_TLSv1_2;
		return 0;
	case ARG_TLS13:
		o->tls_version = CURL_SSLVERSION_TLSv1_3;
		return 0;
	case ARG_USER:
		httpargs_set(&o->user, v);
		return 0;
	}
	return 0;
}

/* The option that ARG is ("--head"; a letter in VALUE's place may be glued to it). */
static const struct http_option *
httpargs_find(const char *arg, char letter)
{
	for (size_t i = 0; i < sizeof http_options / sizeof *http_options; i++) {
		const struct http_option *o = &http_options[i];
		if (letter != 0 ? letter == o->letter : strcmp(arg + 2, o->name) == 0)
			return o;
	}
	return NULL;
}

static int
httpargs_unknown(const char *arg, struct err *err)
{
	return err_set(err,
	    "extraargs: '%s' is not known here, expected e.g. --header, --head, --user, "
	    "--request, --data, --http1.1, -4, -6",
	    arg);
}

/* "-sLm": letters without values, the last may take one: glued, or the next word. */
static int
httpargs_letters(struct probe_opts *o, const char *arg, const char *next, bool *took,
    struct err *err)
{
	for (const char *c = arg + 1; *c != '\0'; c++) {
		const struct http_option *opt = httpargs_find(arg, *c);
		const char *value = NULL;
		if (opt == NULL)
			return httpargs_unknown(arg, err);
		if (opt->value) {
			*took = c[1] == '\0';
			value = *took ? next : c + 1;
			if (value == NULL)
				return err_set(err,
				    "extraargs: %s stands alone, expected a value behind "
				    "it",
				    arg);
		}
		if (httpargs_apply(o, opt->arg, arg, value, err) != 0)
			return -1;
		if (value != NULL)
			break;
	}
	return 0;
}

/* One word of extraargs; TOOK tells that NEXT was its value. */
static int
httpargs_word(struct probe_opts *o, const char *arg, const char *next, bool *took,
    struct err *err)
{
	*took = false;
	if (arg[0] == '\0')
		return 0;
	if (arg[0] != '-') /* for curl, one more URL */
		return httpopts_add_url(o, mem_str(arg), err);
	if (arg[1] != '-')
		return httpargs_letters(o, arg, next, took, err);
	const struct http_option *opt = httpargs_find(arg, 0);
	if (opt == NULL)
		return httpargs_unknown(arg, err);
	*took = opt->value;
	if (opt->value && next == NULL)
		return err_set(
		    err, "extraargs: %s stands alone, expected a value behind it", arg);
	return httpargs_apply(o, opt->arg, arg, next, err);
}

/* Cut TEXT at what RE matches; WORDS gets at most MAX pieces. */
static size_t
httpargs_split(char *text, const regex_t *re, char **words, size_t max)
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

int
httpargs(struct probe_opts *o, const char *extra, const char *split, struct err *err)
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
		count = httpargs_split(text, &re, words, 64);
		regfree(&re);
		for (size_t i = 0; i < count && bad == 0; i++) {
			bad = httpargs_word(o, words[i],
			    i + 1 < count ? words[i + 1] : NULL, &took, err);
			i += took;
		}
	}
	free(pattern);
	free(text);
	return bad;
}
