/* DoH: DNS over HTTPS (RFC 8484), one POST per ping by libcurl. No name is resolved by
 * it: connections are pinned to the address that the prober's resolver found. */
#include <curl/curl.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config.h"
#include "probes/curlpin.h"
#include "probes/dnsquery.h"
#include "probes/dnstls.h"
#include "probes/multi.h"
#include "probes/net.h"
#include "probes/pace.h"
#include "probes/trust.h"

/* Transfers at once, all runs together; what would be more was not sent. */
#define DOH_TRANSFERS 200
/* The largest message that DNS has. */
#define DOH_BODY 65535
/* A transfer goes on so much longer than its ping's timeout, for late answers. */
#define DOH_LATE_MS 2000
#define DOH_MEDIA "application/dns-message"

/* One query: it waits for its turn, then libcurl has it. */
struct doh_query {
	struct dnsquery q;
	struct event turn;
	CURL *easy; /* NULL: not sent yet */
	struct curl_slist *connect_to;
	uint8_t *body;
	size_t body_len;
	bool too_long;
	char distrust[256]; /* what is wrong with the certificate; "": nothing */
	char error[CURL_ERROR_SIZE];
	LIST_ENTRY(doh_query) of_run;
};

LIST_HEAD(doh_state, doh_query);

static struct multi *doh_multi;
static struct curl_slist *doh_headers;
static unsigned doh_running;

static void
doh_drop(struct doh_query *d, bool running)
{
	event_del(&d->turn);
	if (running)
		multi_remove(doh_multi, d->easy);
	if (d->easy != NULL) {
		doh_running--;
		curl_easy_cleanup(d->easy);
	}
	LIST_REMOVE(d, of_run);
	curl_slist_free_all(d->connect_to);
	dnsquery_free(&d->q);
	free(d->body);
	free(d);
}

/* --- answers --------------------------------------------------------------------- */

static size_t
doh_on_body(char *data, size_t one, size_t n, void *ctx)
{
	struct doh_query *d = ctx;
	size_t len = one * n;

	d->too_long = d->body_len + len > DOH_BODY;
	if (d->too_long)
		return 0;
	if (len == 0)
		return 0;
	d->body = mem_grow(d->body, d->body_len + len, 1);
	memcpy(d->body + d->body_len, data, len);
	d->body_len += len;
	return len;
}

static int64_t
doh_ns(const struct doh_query *d, CURLINFO info)
{
	curl_off_t us = 0;

	curl_easy_getinfo(d->easy, info, &us);
	return us * CLOCK_NS_PER_US;
}

/* Is what came over HTTP a DNS message, as far as HTTP tells? If not, WHY does. */
static bool
doh_is_message(const struct doh_query *d, char *why, size_t size)
{
	char *type = NULL;
	long status = 0;

	curl_easy_getinfo(d->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(d->easy, CURLINFO_CONTENT_TYPE, &type);
	probe_extra(d->q.run, EXTRA_STATUS, (double)status);
	if (status < 200 || status > 299)
		snprintf(why, size, "the server answers with status %ld", status);
	else if (type == NULL || strncasecmp(type, DOH_MEDIA, strlen(DOH_MEDIA)) != 0)
		snprintf(why, size, "the server answers with %.60s, not " DOH_MEDIA,
		    type != NULL ? type : "something");
	else
		return true;
	return false;
}

/* What D's transfer took besides the figure. */
static void
doh_tell_phases(const struct doh_query *d)
{
	const double second = CLOCK_NS_PER_S;
	int64_t up = doh_ns(d, CURLINFO_CONNECT_TIME_T);
	int64_t shaken = doh_ns(d, CURLINFO_APPCONNECT_TIME_T);
	int64_t query =
	    doh_ns(d, CURLINFO_TOTAL_TIME_T) - doh_ns(d, CURLINFO_PRETRANSFER_TIME_T);
	long connects = 0;

	probe_extra(d->q.run, EXTRA_QUERY, (double)query / second);
	curl_easy_getinfo(d->easy, CURLINFO_NUM_CONNECTS, &connects);
	if (connects == 0)
		return;
	up -= doh_ns(d, CURLINFO_NAMELOOKUP_TIME_T);
	probe_extra(d->q.run, EXTRA_CONNECT, (double)up / second);
	if (shaken > 0)
		probe_extra(d->q.run, EXTRA_TLS,
		    (double)(shaken - doh_ns(d, CURLINFO_CONNECT_TIME_T)) / second);
}

/* D's message is here. */
static void
doh_judge(struct doh_query *d, struct dnsquery_verdict *v)
{
	struct dnswire_answer a;

	if (!doh_is_message(d, v->text, sizeof v->text))
		return;
	if (d->body == NULL || !dnsquery_match(&d->q, &a, d->body, d->body_len)) {
		probe_forged(d->q.run);
		snprintf(v->text, sizeof v->text,
		    "the server's answer is to another question");
		return;
	}
	dnsquery_judge(&d->q, &a, v);
	if (v->good)
		doh_tell_phases(d);
}

static void
doh_failed(struct doh_query *d, CURLcode result)
{
	struct probe_run *run = d->q.run;
	unsigned seq = d->q.seq;
	enum ping_outcome outcome =
	    d->distrust[0] != '\0' ? PING_BAD_ANSWER : multi_outcome(d->easy, result);

	if (d->distrust[0] != '\0')
		probe_detail(run, d->distrust);
	else if (d->too_long)
		probe_detail(run, "the server sends more than any DNS message has");
	else
		probe_detail(
		    run, d->error[0] != '\0' ? d->error : curl_easy_strerror(result));
	doh_drop(d, false);
	probe_lost(run, seq, outcome, true);
}

static void
doh_done(CURL *easy, CURLcode result)
{
	struct dnsquery_verdict verdict = { false };
	struct doh_query *d = NULL;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &d);
	if (result != CURLE_OK) {
		doh_failed(d, result);
		return;
	}
	struct probe_run *run = d->q.run;
	unsigned seq = d->q.seq;
	int64_t rtt = doh_ns(d, CURLINFO_TOTAL_TIME_T) -
		      doh_ns(d, run->opts->reuse ? CURLINFO_PRETRANSFER_TIME_T
						 : CURLINFO_NAMELOOKUP_TIME_T);
	doh_judge(d, &verdict);
	doh_drop(d, false);
	dnsquery_report(run, seq, &verdict, rtt, STAMP_USER);
}

/* --- asking ---------------------------------------------------------------------- */

/* Called by libcurl when TLS is up and before the request goes out. */
static int
doh_check_peer(void *ctx, char *to, char *from, int to_port, int from_port)
{
	struct doh_query *d = ctx;
	const struct curl_tlssessioninfo *info = NULL;

	(void)to, (void)from, (void)to_port, (void)from_port;
	if (curl_easy_getinfo(d->easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK ||
	    info->backend != CURLSSLBACKEND_GNUTLS || info->internals == NULL)
		snprintf(d->distrust, sizeof d->distrust,
		    "libcurl does not show the server's certificate");
	else if (dnstls_check(
		     d->q.run, info->internals, d->distrust, sizeof d->distrust))
		return CURL_PREREQFUNC_OK;
	return CURL_PREREQFUNC_ABORT;
}

/* Called by libcurl with a fresh socket. */
static int
doh_on_socket(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
	const struct probe_run *run = ctx;

	(void)purpose;
	return via_apply(&run->opts->dial.via, fd, run->address.sa.sa_family) == 0
		   ? CURL_SOCKOPT_OK
		   : CURL_SOCKOPT_ERROR;
}

/* Leave this host by the way that is set. */
static void
doh_way_out(struct doh_query *d)
{
	const struct via *via = &d->q.run->opts->dial.via;
	char text[ADDR_TEXT];

	curl_easy_setopt(d->easy, CURLOPT_SOCKOPTFUNCTION, doh_on_socket);
	curl_easy_setopt(d->easy, CURLOPT_SOCKOPTDATA, d->q.run);
	if (via->source.sa.sa_family == AF_UNSPEC)
		return;
	char *from = mem_printf("host!%s", addr_text(&via->source, text));
	curl_easy_setopt(d->easy, CURLOPT_INTERFACE, from);
	free(from);
}

static void
doh_prepare_connection(struct doh_query *d)
{
	const struct probe_opts *o = d->q.run->opts;
	CURL *e = d->easy;

	curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, (long)!o->reuse);
	curl_easy_setopt(e, CURLOPT_FORBID_REUSE, (long)!o->reuse);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS,
	    (long)(d->q.run->timeout_ns / CLOCK_NS_PER_MS + DOH_LATE_MS));
	/* libcurl's own check is slow (probes/trust.h): the chain is checked by us. */
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(e, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(e, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	if (strncasecmp(o->url, "https:", 6) == 0) {
		curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, doh_check_peer);
		curl_easy_setopt(e, CURLOPT_PREREQDATA, d);
	}
	d->connect_to = curlpin(d->easy, &d->q.run->address);
	doh_way_out(d);
}

static void
doh_send(struct doh_query *d)
{
	struct probe_run *run = d->q.run;
	unsigned seq = d->q.seq;
	uint8_t query[DNSWIRE_QUERY_MAX];
	size_t len = dnsquery_write(&d->q, query);

	if (doh_running >= DOH_TRANSFERS) {
		doh_drop(d, false);
		probe_detail(run, "too many transfers at once");
		probe_lost(run, seq, PING_NOT_SENT, true);
		return;
	}
	d->easy = curl_easy_init();
	if (d->easy == NULL)
		fatalx("out of memory");
	doh_running++;
	curl_easy_setopt(d->easy, CURLOPT_URL, run->opts->url);
	curl_easy_setopt(d->easy, CURLOPT_PRIVATE, d);
	curl_easy_setopt(d->easy, CURLOPT_ERRORBUFFER, d->error);
	curl_easy_setopt(d->easy, CURLOPT_USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION);
	curl_easy_setopt(d->easy, CURLOPT_HTTPHEADER, doh_headers);
	curl_easy_setopt(d->easy, CURLOPT_POSTFIELDSIZE, (long)len);
	curl_easy_setopt(d->easy, CURLOPT_COPYPOSTFIELDS, query);
	curl_easy_setopt(d->easy, CURLOPT_WRITEFUNCTION, doh_on_body);
	curl_easy_setopt(d->easy, CURLOPT_WRITEDATA, d);
	doh_prepare_connection(d);
	dnsquery_sent(&d->q);
	if (multi_add(doh_multi, d->easy) == 0)
		return;
	doh_drop(d, false);
	probe_lost(run, seq, PING_NOT_SENT, true);
}

static void
doh_on_turn(evutil_socket_t fd, short what, void *ctx)
{
	struct doh_query *d = ctx;

	(void)fd, (void)what;
	probe_sent(d->q.run, d->q.seq);
	doh_send(d);
}

static void
doh_ping(struct probe_run *run, unsigned seq)
{
	struct doh_query *d = mem_zero(1, sizeof *d);

	if (run->state == NULL) {
		run->state = mem_zero(1, sizeof(struct doh_state));
		LIST_INIT((struct doh_state *)run->state);
	}
	dnsquery_init(&d->q, run, seq);
	LIST_INSERT_HEAD((struct doh_state *)run->state, d, of_run);
	evtimer_assign(&d->turn, run->host->base, doh_on_turn, d);
	int64_t wait = dnsquery_turn(&d->q);
	if (wait < 0)
		doh_drop(d, false);
	else if (wait == 0)
		doh_send(d);
	else
		net_timer(&d->turn, wait);
}

static void
doh_end(struct probe_run *run)
{
	struct doh_state *state = run->state;
	struct doh_query *d;

	while (state != NULL && (d = LIST_FIRST(state)) != NULL)
		doh_drop(d, d->easy != NULL);
	free(state);
	run->state = NULL;
}

/* --- the type -------------------------------------------------------------------- */

/* FORMAT with HOST in all places of %host%. */
static char *
doh_url(const char *format, const char *host)
{
	static const char place[] = "%host%";
	char *url = mem_str("");

	for (const char *at; (at = strstr(format, place)) != NULL;
	     format = at + sizeof place - 1) {
		char *more =
		    mem_printf("%s%.*s%s", url, (int)(at - format), format, host);
		free(url);
		url = more;
	}
	char *all = mem_printf("%s%s", url, format);
	free(url);
	return all;
}

/* The host of URL without brackets, to be freed; NULL with ERR when there is none. */
static char *
doh_host(const char *url, struct err *err)
{
	CURLU *u = curl_url();
	char *scheme = NULL, *host = NULL, *plain = NULL;
	CURLUcode bad = curl_url_set(u, CURLUPART_URL, url, 0);

	if (bad == CURLUE_OK)
		bad = curl_url_get(u, CURLUPART_SCHEME, &scheme, 0);
	if (bad == CURLUE_OK)
		bad = curl_url_get(u, CURLUPART_HOST, &host, 0);
	if (bad != CURLUE_OK)
		err_set(err, "url = %.200s: %s, expected https://...", url,
		    curl_url_strerror(bad));
	else if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
		err_set(err, "url = %.200s: expected https or http", url);
	else if (host[0] == '[')
		plain = mem_strn(host + 1, strcspn(host + 1, "]"));
	else
		plain = mem_str(host);
	curl_free(scheme);
	curl_free(host);
	curl_url_cleanup(u);
	return plain;
}

static struct probe_opts *
doh_options(const struct conf *conf, const struct conf_target *t, struct err *err)
{
	const char *format = net_var(conf, t, "url");
	struct addr literal;
	char *host;
	struct probe_opts *o =
	    dnstls_options(dnsopts_read(conf, t, 1 << DNS_HTTPS, err), conf, t, err);

	if (o == NULL)
		return NULL;
	host = addr_parse(&literal, t->host) == 0 && literal.sa.sa_family == AF_INET6
		   ? mem_printf("[%s]", t->host)
		   : mem_str(t->host);
	o->url = doh_url(format != NULL ? format : "https://%host%/dns-query", host);
	free(host);
	/* The name that the URL has is who is asked and who has to show it. */
	free(o->server);
	o->server = doh_host(o->url, err);
	if (o->server != NULL)
		return o;
	dnstls_free(o);
	return NULL;
}

static int
doh_open(struct probe_host *host, struct err *err)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, "libcurl cannot start");
	doh_multi = multi_new(host->base, doh_done);
	doh_headers = curl_slist_append(NULL, "Content-Type: " DOH_MEDIA);
	doh_headers = curl_slist_append(doh_headers, "Accept: " DOH_MEDIA);
	return 0;
}

static void
doh_close(struct probe_host *host)
{
	(void)host;
	multi_free(doh_multi);
	doh_multi = NULL;
	curl_slist_free_all(doh_headers);
	doh_headers = NULL;
	curl_global_cleanup();
	trust_close();
	pace_close();
}

const struct probe_type probe_doh = {
	.name = "doh",
	.needs = PROBE_ADDRESS,
	.options = doh_options,
	.free_opts = dnstls_free,
	.wants = dnsopts_wants,
	.open = doh_open,
	.ping = doh_ping,
	.end = doh_end,
	.close = doh_close,
};
