/* What libcurl is told about one transfer. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config.h"
#include "probes/curlpin.h"
#include "probes/httpfetch.h"
#include "probes/trust.h"

/* Headers for another place than the configured one: without what is secret and, on
 * another host, without what says which one is meant. */
static struct curl_slist *
httpprep_headers(const struct curl_slist *all, bool elsewhere)
{
	static const char *const private[] = { "Authorization:", "Cookie:", "Host:" };
	struct curl_slist *out = NULL;

	for (; all != NULL; all = all->next) {
		bool keep = true;
		for (size_t i = 0; i < (elsewhere ? 3 : 2); i++)
			if (strncasecmp(all->data, private[i], strlen(private[i])) == 0)
				keep = false;
		if (keep)
			out = curl_slist_append(out, all->data);
	}
	return out;
}

static void
httpprep_request(struct http_fetch *f, const struct probe_opts *o)
{
	CURL *e = f->easy;

	f->headers = f->stranger ? httpprep_headers(o->headers, f->elsewhere) : NULL;
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, f->stranger ? f->headers : o->headers);
	curl_easy_setopt(e, CURLOPT_USERAGENT,
	    o->agent != NULL ? o->agent : PACKAGE_NAME "/" PACKAGE_VERSION);
	if (o->user != NULL && !f->stranger)
		curl_easy_setopt(e, CURLOPT_USERPWD, o->user);
	if (o->body != NULL && !f->as_get)
		curl_easy_setopt(e, CURLOPT_POSTFIELDS, o->body);
	if (o->head)
		curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
	if (o->method != NULL)
		curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, o->method);
	if (o->compressed)
		curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "");
	curl_easy_setopt(e, CURLOPT_FAILONERROR, (long)o->fail);
	if (o->http_version != 0)
		curl_easy_setopt(e, CURLOPT_HTTP_VERSION, o->http_version);
}

/* Called by libcurl when TLS is up and before the request goes out. */
static int
httpprep_check_peer(void *ctx, char *to, char *from, int to_port, int from_port)
{
	struct http_fetch *f = ctx;
	const struct probe_opts *o = f->run->opts;
	const struct curl_tlssessioninfo *info = NULL;
	const struct trust *trust = o->insecure	       ? NULL
				    : o->trust != NULL ? o->trust
						       : trust_system();

	(void)to, (void)from, (void)to_port, (void)from_port;
	http_shaken(f);
	if (curl_easy_getinfo(f->easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK ||
	    info->backend != CURLSSLBACKEND_GNUTLS || info->internals == NULL)
		snprintf(f->distrust, sizeof f->distrust,
		    "libcurl does not show the server's certificate");
	else if (trust_check(trust, info->internals, f->host, &f->cert_days,
		     f->distrust, sizeof f->distrust))
		return CURL_PREREQFUNC_OK;
	return CURL_PREREQFUNC_ABORT;
}

static void
httpprep_trust(struct http_fetch *f, const char *url)
{
	CURL *e = f->easy;

	/* libcurl's own check is the slow one: probes/trust.h */
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(e, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(e, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	if (strncasecmp(url, "https:", 6) != 0)
		return;
	curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, httpprep_check_peer);
	curl_easy_setopt(e, CURLOPT_PREREQDATA, f);
}

/* Called by libcurl with a new socket. What the kernel does not grant is left out. */
static int
httpprep_socket(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
	const struct http_fetch *f = ctx;
	const struct probe_opts *o = f->run->opts;
	bool v6 = f->run->address.sa.sa_family == AF_INET6;

	(void)purpose;
	if (o->tos >= 0)
		(void)setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP,
		    v6 ? IPV6_TCLASS : IP_TOS, &o->tos, sizeof o->tos);
	if (o->priority >= 0)
		(void)setsockopt(
		    fd, SOL_SOCKET, SO_PRIORITY, &o->priority, sizeof o->priority);
	return CURL_SOCKOPT_OK;
}

static void
httpprep_connection(struct http_fetch *f, const struct probe_opts *o)
{
	CURL *e = f->easy;
	int64_t used_ms = (clock_mono_ns() - f->begun_ns) / CLOCK_NS_PER_MS;
	struct addr literal;

	curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(e, CURLOPT_SOCKOPTFUNCTION, httpprep_socket);
	curl_easy_setopt(e, CURLOPT_SOCKOPTDATA, f);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS,
	    (long)(used_ms < o->timeout_ms ? o->timeout_ms - used_ms : 1));
	if (o->connect_timeout_ms != 0)
		curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, o->connect_timeout_ms);
	if (o->interface != NULL) {
		/* The prefix keeps libcurl from resolving it as a host's name. */
		char *text = mem_printf("%s!%s",
		    addr_parse(&literal, o->interface) == 0 ? "host" : "if",
		    o->interface);
		curl_easy_setopt(e, CURLOPT_INTERFACE, text);
		free(text);
	}
	if (o->tls_version != 0)
		curl_easy_setopt(e, CURLOPT_SSLVERSION, o->tls_version);
}

void
httpprep(struct http_fetch *f, const char *url, const struct addr *addr)
{
	f->easy = curl_easy_init();
	if (f->easy == NULL)
		fatalx("out of memory");
	curl_easy_setopt(f->easy, CURLOPT_URL, url);
	curl_easy_setopt(f->easy, CURLOPT_PRIVATE, f);
	curl_easy_setopt(f->easy, CURLOPT_ERRORBUFFER, f->why);
	curl_easy_setopt(f->easy, CURLOPT_HEADERFUNCTION, httpbody_header);
	curl_easy_setopt(f->easy, CURLOPT_HEADERDATA, f);
	curl_easy_setopt(f->easy, CURLOPT_WRITEFUNCTION, httpbody_write);
	curl_easy_setopt(f->easy, CURLOPT_WRITEDATA, f);
	httpprep_connection(f, f->run->opts);
	httpprep_trust(f, url);
	httpprep_request(f, f->run->opts);
	f->connect_to = curlpin(f->easy, addr);
}
