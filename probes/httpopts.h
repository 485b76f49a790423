/* What Curl, AnotherCurl, EchoPingHttp and EchoPingHttps can be told: SmokePing's
 * variables and curl's options in extraargs, read once into one plain struct. */
#ifndef PROBES_HTTPOPTS_H
#define PROBES_HTTPOPTS_H

#include <curl/curl.h>
#include <regex.h>

#include "config/conf.h"

struct trust;

enum http_figure { /* what of a fetch is published */
	HTTP_TOTAL_LESS_LOOKUP,
	HTTP_TOTAL,
	HTTP_CONNECT,
	HTTP_APPCONNECT,
	HTTP_PRETRANSFER,
	HTTP_STARTTRANSFER,
	HTTP_REDIRECT,
};

struct http_url {
	char *url, *host; /* host without brackets */
};

struct http_statuses {
	uint16_t from, to;
};

struct probe_opts {
	struct http_url *url;
	size_t urls; /* at least 1; their figures are added up */
	bool rotate; /* but each ping has its turn at one of them */
	char *agent, *interface, *expect, *expect_not, *user, *method, *body;
	regex_t *deny;		      /* the filter's page, or NULL */
	struct http_statuses *status; /* that an answer may have; none: all */
	size_t statuses;
	size_t max_body;     /* bytes that are read, 0: as many as there is need of */
	int tos, priority;   /* -1: the system's */
	struct trust *trust; /* other authorities than the system's, or NULL */
	struct curl_slist *headers;
	long timeout_ms, connect_timeout_ms;
	int family;
	long http_version, tls_version; /* CURL_HTTP_VERSION_..., CURL_SSLVERSION_... */
	enum http_figure figure;
	bool insecure, follow, add_redirects;
	bool head, fail, compressed;
	bool complete; /* only a fetch without any fault counts */
};

struct probe_opts *httpopts_read(
    const struct conf *conf, const struct conf_target *t, struct err *err);
void httpopts_free(struct probe_opts *o);

/* Put in front of ERR's text where T's KEY, of which it complains, was written. -1. */
int httpopts_at(const struct conf *conf, const struct conf_target *t, const char *key,
    struct err *err);
/* May an answer have STATUS? */
bool httpopts_status_fits(const struct probe_opts *o, long status);

/* Split URL: its host without brackets (to be freed), or NULL with ERR when it is not
 * an http or https URL. */
char *httpopts_host(const char *url, struct err *err);
/* Have both URLs the same scheme, host and port? */
bool httpopts_same_origin(const char *one, const char *other);

#endif
