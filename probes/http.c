/* Curl, AnotherCurl, EchoPingHttp(s): a fetch per ping by libcurl. libcurl never
 * resolves a name here (its resolver would block or start a thread): every connection
 * is pinned to an address that the prober's resolver found, those of redirects
 * included, which are therefore followed by us. */
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config.h"
#include "prober/probe.h"
#include "prober/resolve.h"
#include "probes/httpopts.h"
#include "probes/multi.h"
#include "probes/net.h"
#include "probes/trust.h"

/* Transfers at once, all runs together. More wait here, for the clock starts when a
 * transfer does; one that would wait long is our fault and not the network's. */
#define HTTP_TRANSFERS 200
#define HTTP_WAIT_NS CLOCK_NS_PER_S
#define HTTP_REDIRECTS 20
/* What is read of a body: enough to know that it comes. */
#define HTTP_BODY (64 * 1024)
#define HTTP_BODY_EXPECT (1024 * 1024)
/* Names of redirects and of further URLs: kept while they are in use. */
#define HTTP_NAMES 1000
#define HTTP_NAME_LIFE_NS (7200 * CLOCK_NS_PER_S)

enum http_place {
	HTTP_QUEUED,  /* for a free transfer */
	HTTP_WAITING, /* for a name's address */
	HTTP_RUNNING, /* libcurl has it */
	HTTP_NOWHERE,
};

/* One ping: its URLs one after the other, each with its redirects. */
struct http_fetch {
	struct probe_run *run;
	unsigned seq;
	enum http_place place;
	size_t url;	    /* which of the options' URLs */
	unsigned hops;	    /* redirects followed for it */
	char *here;	    /* where a redirect led; NULL: the URL itself */
	bool elsewhere;	    /* on another host than the URL's: it gets no secrets */
	bool as_get;	    /* a redirect made a GET of it */
	char distrust[256]; /* what is wrong with the certificate; "": nothing */
	int64_t asked_ns, begun_ns;
	int64_t sum_us;	 /* figures of what is done */
	int64_t hops_us; /* totals of this URL's redirects */

	/* The transfer under way. */
	CURL *easy;
	char *host; /* of its URL */
	struct curl_slist *connect_to, *headers;
	struct resolve_name *name; /* being waited for */
	size_t body;
	char *tail; /* the body's end, shorter than what is expected in it */
	size_t tail_len;
	bool capped, expected;
	char why[CURL_ERROR_SIZE];

	LIST_ENTRY(http_fetch) of_run;
	TAILQ_ENTRY(http_fetch) link; /* queued or waiting */
};

LIST_HEAD(http_state, http_fetch);
TAILQ_HEAD(http_list, http_fetch);

struct http_name {
	struct resolve_name *name;
	char *host;
	int family;
	int64_t used_ns;
	TAILQ_ENTRY(http_name) link;
};

/* One of its kind in a process. */
static struct {
	struct event_base *base;
	struct multi *multi;
	struct resolver *resolver; /* made when first needed */
	struct event work;	   /* looks after those that wait */
	unsigned running;
	struct http_list queued, waiting;
	TAILQ_HEAD(, http_name) names; /* least recently used first */
	unsigned name_count;
} http;

static void http_start(struct http_fetch *f);

/* --- a fetch's life ----------------------------------------------------------------
 */

static void
http_move(struct http_fetch *f, enum http_place place)
{
	if (f->place == HTTP_QUEUED)
		TAILQ_REMOVE(&http.queued, f, link);
	else if (f->place == HTTP_WAITING)
		TAILQ_REMOVE(&http.waiting, f, link);
	else if (f->place == HTTP_RUNNING) {
		http.running--;
		event_active(&http.work, EV_TIMEOUT, 0);
	}
	f->place = place;
	if (place == HTTP_QUEUED)
		TAILQ_INSERT_TAIL(&http.queued, f, link);
	else if (place == HTTP_WAITING)
		TAILQ_INSERT_TAIL(&http.waiting, f, link);
	else if (place == HTTP_RUNNING)
		http.running++;
}

/* Forget the transfer, not the fetch. */
static void
http_forget_transfer(struct http_fetch *f)
{
	if (f->place == HTTP_RUNNING)
		multi_remove(http.multi, f->easy);
	http_move(f, HTTP_NOWHERE);
	curl_easy_cleanup(f->easy);
	curl_slist_free_all(f->connect_to);
	curl_slist_free_all(f->headers);
	free(f->tail);
	free(f->host);
	f->host = NULL;
	f->easy = NULL;
	f->connect_to = f->headers = NULL;
	f->tail = NULL;
	f->tail_len = f->body = 0;
	f->capped = f->expected = false;
	f->distrust[0] = '\0';
	f->why[0] = '\0';
}

static void
http_drop(struct http_fetch *f)
{
	http_forget_transfer(f);
	LIST_REMOVE(f, of_run);
	free(f->here);
	free(f);
}

static void
http_lost(struct http_fetch *f, enum ping_outcome outcome, const char *why)
{
	struct probe_run *run = f->run;
	unsigned seq = f->seq;

	probe_detail(run, why);
	http_drop(f); /* WHY may lie in it */
	probe_lost(run, seq, outcome, true);
}

static void
http_answered(struct http_fetch *f)
{
	struct probe_run *run = f->run;
	unsigned seq = f->seq;
	int64_t rtt_ns = f->sum_us * CLOCK_NS_PER_US;

	http_drop(f);
	probe_reply(run, seq, rtt_ns, STAMP_USER);
}

/* --- names that the host does not resolve for us ------------------------------------
 */

static void
http_name_drop(struct http_name *n)
{
	TAILQ_REMOVE(&http.names, n, link);
	http.name_count--;
	resolve_unwant(http.resolver, n->name);
	free(n->host);
	free(n);
}

static bool
http_name_waited_for(const struct http_name *n)
{
	struct http_fetch *f;

	TAILQ_FOREACH(f, &http.waiting, link) {
		if (f->name == n->name)
			return true;
	}
	return false;
}

static void
http_changed(void *ctx, struct resolve_name *name)
{
	struct http_fetch *f, *next;
	struct addr ignored;

	(void)ctx;
	if (resolve_get(name, &ignored, NULL) == RESOLVE_PENDING)
		return;
	for (f = TAILQ_FIRST(&http.waiting); f != NULL; f = next) {
		next = TAILQ_NEXT(f, link);
		if (f->name != name)
			continue;
		f->name = NULL;
		/* by the queue: nothing is told from inside the resolver */
		http_move(f, HTTP_QUEUED);
		event_active(&http.work, EV_TIMEOUT, 0);
	}
}

/* HOST for FAMILY, kept for the next ping. NULL when there are too many. */
static struct resolve_name *
http_lookup(const char *host, int family)
{
	struct http_name *n;
	int64_t now = clock_mono_ns();

	if (http.resolver == NULL)
		http.resolver = resolve_new(http.base, http_changed, NULL);
	TAILQ_FOREACH(n, &http.names, link) {
		if (n->family == family && strcasecmp(n->host, host) == 0)
			break;
	}
	if (n == NULL) {
		struct http_name *old = TAILQ_FIRST(&http.names);
		if (old != NULL && !http_name_waited_for(old) &&
		    (http.name_count >= HTTP_NAMES ||
			now - old->used_ns > HTTP_NAME_LIFE_NS))
			http_name_drop(old);
		if (http.name_count >= HTTP_NAMES)
			return NULL;
		n = mem_zero(1, sizeof *n);
		n->host = mem_str(host);
		n->family = family;
		n->name = resolve_want(http.resolver, host, family);
		http.name_count++;
	} else
		TAILQ_REMOVE(&http.names, n, link);
	n->used_ns = now;
	TAILQ_INSERT_TAIL(&http.names, n, link);
	return n->name;
}

/* The address of HOST into ADDR: 1; 0 when F has to wait for it, -1 when F is lost (and
 * gone). */
static int
http_address(struct http_fetch *f, const char *host, struct addr *addr)
{
	const struct probe_run *run = f->run;
	const char *why;

	if (strcasecmp(host, run->opts->url[0].host) == 0) {
		*addr = run->address;
		return 1;
	}
	if (addr_parse(addr, host) == 0)
		return 1;
	int family = run->opts->family != AF_UNSPEC ? run->opts->family : run->family;
	struct resolve_name *name = http_lookup(host, family);
	if (name == NULL) {
		http_lost(f, PING_NOT_SENT, "too many names of redirects at once");
		return -1;
	}
	switch (resolve_get(name, addr, &why)) {
	case RESOLVE_PENDING:
		f->name = name;
		http_move(f, HTTP_WAITING);
		return 0;
	case RESOLVE_FAILED:
		http_lost(f, PING_NO_NAME, why);
		return -1;
	default:
		return 1;
	}
}

/* --- the body -----------------------------------------------------------------------
 */

/* Look for what is expected in what came before and the N bytes of DATA. */
static void
http_search(struct http_fetch *f, const char *data, size_t n)
{
	const char *expect = f->run->opts->expect;
	size_t want = strlen(expect), len = f->tail_len + n;
	char *both = mem_alloc(len + 1);

	if (f->tail_len > 0)
		memcpy(both, f->tail, f->tail_len);
	memcpy(both + f->tail_len, data, n);
	f->expected = memmem(both, len, expect, want) != NULL;
	f->tail_len = len < want - 1 ? len : want - 1;
	memmove(both, both + len - f->tail_len, f->tail_len);
	free(f->tail);
	f->tail = both;
}

static size_t
http_body(char *data, size_t one, size_t n, void *ctx)
{
	struct http_fetch *f = ctx;
	bool searching = f->run->opts->expect != NULL && !f->expected;

	f->body += one * n;
	if (searching && n > 0)
		http_search(f, data, one * n);
	f->capped =
	    f->body >= (searching && !f->expected ? HTTP_BODY_EXPECT : HTTP_BODY);
	return f->capped ? 0 : one * n;
}

/* --- starting ------------------------------------------------------------------------
 */

/* Headers for another host than the configured one: without what is secret or says
 * which host is meant. */
static struct curl_slist *
http_headers_elsewhere(const struct curl_slist *all)
{
	static const char *const private[] = { "Authorization:", "Cookie:", "Host:" };
	struct curl_slist *out = NULL;

	for (; all != NULL; all = all->next) {
		bool keep = true;
		for (size_t i = 0; i < sizeof private / sizeof *private; i++)
			if (strncasecmp(all->data, private[i], strlen(private[i])) == 0)
				keep = false;
		if (keep)
			out = curl_slist_append(out, all->data);
	}
	return out;
}

/* Every connection of EASY goes to ADDR, whatever its URL says. */
static void
http_pin(struct http_fetch *f, const struct addr *addr)
{
	char text[ADDR_TEXT];
	bool v6 = addr->sa.sa_family == AF_INET6;

	addr_text(addr, text);
	text[strcspn(text, "%")] = '\0';
	char *to = mem_printf(v6 ? "::[%s]:" : "::%s:", text);
	f->connect_to = curl_slist_append(NULL, to);
	free(to);
	curl_easy_setopt(f->easy, CURLOPT_CONNECT_TO, f->connect_to);
	if (v6 && addr->v6.sin6_scope_id != 0)
		curl_easy_setopt(
		    f->easy, CURLOPT_ADDRESS_SCOPE, (long)addr->v6.sin6_scope_id);
}

static void
http_set_request(struct http_fetch *f, const struct probe_opts *o)
{
	CURL *e = f->easy;

	f->headers = f->elsewhere ? http_headers_elsewhere(o->headers) : NULL;
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, f->elsewhere ? f->headers : o->headers);
	curl_easy_setopt(e, CURLOPT_USERAGENT,
	    o->agent != NULL ? o->agent : PACKAGE_NAME "/" PACKAGE_VERSION);
	if (o->user != NULL && !f->elsewhere)
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
http_check_peer(void *ctx, char *to, char *from, int to_port, int from_port)
{
	struct http_fetch *f = ctx;
	const struct probe_opts *o = f->run->opts;
	const struct curl_tlssessioninfo *info = NULL;

	(void)to, (void)from, (void)to_port, (void)from_port;
	if (curl_easy_getinfo(f->easy, CURLINFO_TLS_SSL_PTR, &info) != CURLE_OK ||
	    info->backend != CURLSSLBACKEND_GNUTLS || info->internals == NULL)
		snprintf(f->distrust, sizeof f->distrust,
		    "libcurl does not show the server's certificate");
	else if (trust_check(o->trust != NULL ? o->trust : trust_system(),
		     info->internals, f->host, f->distrust, sizeof f->distrust))
		return CURL_PREREQFUNC_OK;
	return CURL_PREREQFUNC_ABORT;
}

static void
http_set_trust(struct http_fetch *f, const char *url, const struct probe_opts *o)
{
	CURL *e = f->easy;

	/* libcurl's own check is the slow one: probes/trust.h */
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(e, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(e, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	if (o->insecure || strncasecmp(url, "https:", 6) != 0)
		return;
	curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, http_check_peer);
	curl_easy_setopt(e, CURLOPT_PREREQDATA, f);
}

static void
http_set_connection(struct http_fetch *f, const struct probe_opts *o)
{
	CURL *e = f->easy;
	int64_t used_ms = (clock_mono_ns() - f->begun_ns) / CLOCK_NS_PER_MS;
	struct addr literal;

	curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
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

static void
http_transfer(struct http_fetch *f, const char *url, const struct addr *addr)
{
	f->easy = curl_easy_init();
	if (f->easy == NULL)
		fatalx("out of memory");
	curl_easy_setopt(f->easy, CURLOPT_URL, url);
	curl_easy_setopt(f->easy, CURLOPT_PRIVATE, f);
	curl_easy_setopt(f->easy, CURLOPT_ERRORBUFFER, f->why);
	curl_easy_setopt(f->easy, CURLOPT_WRITEFUNCTION, http_body);
	curl_easy_setopt(f->easy, CURLOPT_WRITEDATA, f);
	http_set_connection(f, f->run->opts);
	http_set_trust(f, url, f->run->opts);
	http_set_request(f, f->run->opts);
	http_pin(f, addr);
	if (multi_add(http.multi, f->easy) != 0) {
		http_lost(f, PING_NOT_SENT, "libcurl does not start the transfer");
		return;
	}
	http_move(f, HTTP_RUNNING);
}

/* Go on with F's present URL: it runs, waits for a name, or is lost. */
static void
http_start(struct http_fetch *f)
{
	const char *url = f->here != NULL ? f->here : f->run->opts->url[f->url].url;
	struct err err;
	struct addr addr;
	char *host = httpopts_host(url, &err);

	http_move(f, HTTP_NOWHERE);
	if (f->begun_ns == 0)
		f->begun_ns = clock_mono_ns();
	if (host == NULL) {
		http_lost(f, PING_BAD_ANSWER, err.text);
		return;
	}
	free(f->host);
	f->host = host;
	if (http_address(f, host, &addr) == 1)
		http_transfer(f, url, &addr);
}

/* Start what may start; what waited too long was never sent. */
static void
http_work(evutil_socket_t fd, short what, void *ctx)
{
	const struct timeval again = { 0, 200 * 1000 };
	struct http_fetch *f;

	(void)fd, (void)what, (void)ctx;
	while (http.running < HTTP_TRANSFERS && (f = TAILQ_FIRST(&http.queued)) != NULL)
		http_start(f);
	while ((f = TAILQ_FIRST(&http.queued)) != NULL && f->begun_ns == 0 &&
	       clock_mono_ns() - f->asked_ns > HTTP_WAIT_NS)
		http_lost(f, PING_NOT_SENT, "too many transfers at once");
	if (!TAILQ_EMPTY(&http.queued))
		evtimer_add(&http.work, &again);
}

/* --- ending --------------------------------------------------------------------------
 */

static int64_t
http_time(CURL *easy, CURLINFO info)
{
	curl_off_t us = 0;

	curl_easy_getinfo(easy, info, &us);
	return us;
}

/* What this transfer adds to the ping's figure. Like curl's own variables, each counts
 * from the start of its transfer and adds up over redirects. */
static int64_t
http_figure(const struct http_fetch *f)
{
	CURL *e = f->easy;

	switch (f->run->opts->figure) {
	case HTTP_TOTAL_LESS_LOOKUP:
		return http_time(e, CURLINFO_TOTAL_TIME_T) -
		       http_time(e, CURLINFO_NAMELOOKUP_TIME_T);
	case HTTP_TOTAL:
		return http_time(e, CURLINFO_TOTAL_TIME_T);
	case HTTP_CONNECT:
		return http_time(e, CURLINFO_CONNECT_TIME_T);
	case HTTP_APPCONNECT:
		return http_time(e, CURLINFO_APPCONNECT_TIME_T);
	case HTTP_PRETRANSFER:
		return http_time(e, CURLINFO_PRETRANSFER_TIME_T);
	case HTTP_STARTTRANSFER:
		return http_time(e, CURLINFO_STARTTRANSFER_TIME_T);
	case HTTP_REDIRECT:
		break;
	}
	return 0;
}

/* What RESULT means for the ping; PING_ANSWERED when it is none of the network's. */
static enum ping_outcome
http_outcome(const struct http_fetch *f, CURLcode result)
{
	long error = 0;

	switch (result) {
	case CURLE_OK:
		return PING_ANSWERED;
	case CURLE_WRITE_ERROR:
		return f->capped ? PING_ANSWERED : PING_BAD_ANSWER;
	case CURLE_COULDNT_CONNECT:
		curl_easy_getinfo(f->easy, CURLINFO_OS_ERRNO, &error);
		return error == 0 ? PING_TIMEOUT : net_errno((int)error, NULL);
	case CURLE_OPERATION_TIMEDOUT:
		return PING_TIMEOUT;
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
		return PING_CUT_OFF;
	case CURLE_INTERFACE_FAILED:
	case CURLE_OUT_OF_MEMORY:
	case CURLE_FAILED_INIT:
	case CURLE_COULDNT_RESOLVE_HOST: /* never: addresses are pinned */
		return PING_NOT_SENT;
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_CIPHER:
		return PING_CANNOT;
	default: /* certificates, handshakes, status, garbage */
		return PING_BAD_ANSWER;
	}
}

/* Is the status of an answer as it has to be? */
static bool
http_status_fits(const struct probe_opts *o, long status)
{
	return !o->want_2xx || (status >= 200 && status < 300) ||
	       (o->allow_3xx && status >= 300 && status < 400);
}

/* The present transfer ended with RESULT. True when it counts as an answer; else F is
 * lost, and gone. */
static bool
http_accept(struct http_fetch *f, CURLcode result)
{
	const struct probe_opts *o = f->run->opts;
	enum ping_outcome outcome =
	    f->distrust[0] != '\0' ? PING_BAD_ANSWER : http_outcome(f, result);
	long status = 0;
	char text[256];

	curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
	/* Unless told otherwise SmokePing asks no more than that a server answered. */
	if (outcome != PING_ANSWERED && status != 0 && !o->complete &&
	    outcome != PING_TIMEOUT)
		outcome = PING_ANSWERED;
	if (f->distrust[0] != '\0') {
		snprintf(text, sizeof text, "%s", f->distrust);
	} else if (outcome != PING_ANSWERED) {
		snprintf(text, sizeof text, "%s",
		    f->why[0] != '\0' ? f->why : curl_easy_strerror(result));
	} else if (!http_status_fits(o, status)) {
		outcome = PING_BAD_ANSWER;
		snprintf(
		    text, sizeof text, "the server answers with status %ld", status);
	} else
		return true;
	http_lost(f, outcome, text);
	return false;
}

/* Where the answer sends us, when we follow and it does; to be freed. */
static char *
http_redirect(const struct http_fetch *f)
{
	char *to = NULL;
	long status = 0;

	if (!f->run->opts->follow)
		return NULL;
	curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(f->easy, CURLINFO_REDIRECT_URL, &to);
	return status >= 300 && status < 400 ? mem_str(to) : NULL;
}

static void
http_follow(struct http_fetch *f, char *to)
{
	struct err err;
	char *host = httpopts_host(to, &err);
	long status = 0;

	curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
	if (host == NULL || ++f->hops > HTTP_REDIRECTS) {
		http_lost(f, PING_BAD_ANSWER,
		    host == NULL ? err.text : "the server redirects without end");
		free(host);
		free(to);
		return;
	}
	f->hops_us += http_time(f->easy, CURLINFO_TOTAL_TIME_T);
	f->as_get = f->as_get || (status >= 301 && status <= 303);
	f->elsewhere = strcasecmp(host, f->run->opts->url[f->url].host) != 0;
	free(host);
	free(f->here);
	f->here = to;
	http_forget_transfer(f);
	http_start(f);
}

/* The present URL is done, all its redirects too: the next one, or the answer. */
static void
http_next(struct http_fetch *f)
{
	const struct probe_opts *o = f->run->opts;

	if (o->expect != NULL && !f->expected && f->url + 1 == o->urls) {
		char *why = mem_printf("the answer does not hold '%.100s'%s", o->expect,
		    f->capped ? " in its first megabyte" : "");
		http_lost(f, PING_BAD_ANSWER, why);
		free(why);
		return;
	}
	/* SmokePing adds curl's time_redirect to a total that holds it already. Its
	 * figure is kept, for the history's sake. */
	if (o->add_redirects || o->figure == HTTP_REDIRECT)
		f->sum_us += f->hops_us;
	f->hops_us = 0;
	f->hops = 0;
	f->as_get = f->elsewhere = false;
	free(f->here);
	f->here = NULL;
	if (++f->url == o->urls) {
		http_answered(f);
		return;
	}
	bool expected = f->expected; /* one of the bodies has to hold it */
	http_forget_transfer(f);
	f->expected = expected;
	http_start(f);
}

static void
http_done(CURL *easy, CURLcode result)
{
	struct http_fetch *f = NULL;
	char *to;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &f);
	http_move(f, HTTP_NOWHERE);
	if (!http_accept(f, result))
		return;
	f->sum_us += http_figure(f);
	/* what SmokePing would count and we name: cut off, but answered */
	probe_detail(f->run, result == CURLE_OK || f->capped ? NULL
			     : f->why[0] != '\0'	     ? f->why
						 : curl_easy_strerror(result));
	to = http_redirect(f);
	if (to != NULL)
		http_follow(f, to);
	else
		http_next(f);
}

/* --- the type ------------------------------------------------------------------------
 */

static int
http_open(struct probe_host *host, struct err *err)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, "libcurl cannot start");
	http.base = host->base;
	http.multi = multi_new(host->base, http_done);
	TAILQ_INIT(&http.queued);
	TAILQ_INIT(&http.waiting);
	TAILQ_INIT(&http.names);
	evtimer_assign(&http.work, host->base, http_work, NULL);
	return 0;
}

static void
http_close(struct probe_host *host)
{
	(void)host;
	while (!TAILQ_EMPTY(&http.names))
		http_name_drop(TAILQ_FIRST(&http.names));
	trust_close();
	resolve_free(http.resolver);
	http.resolver = NULL;
	multi_free(http.multi);
	http.multi = NULL;
	event_del(&http.work);
	curl_global_cleanup();
}

static void
http_wants(const struct probe_opts *o, const char **host, int *family)
{
	*host = o->url[0].host;
	if (o->family != AF_UNSPEC)
		*family = o->family;
}

static void
http_ping(struct probe_run *run, unsigned seq)
{
	struct http_fetch *f = mem_zero(1, sizeof *f);

	if (run->state == NULL) {
		run->state = mem_zero(1, sizeof(struct http_state));
		LIST_INIT((struct http_state *)run->state);
	}
	f->run = run;
	f->seq = seq;
	f->place = HTTP_NOWHERE;
	f->asked_ns = clock_mono_ns();
	LIST_INSERT_HEAD((struct http_state *)run->state, f, of_run);
	http_move(f, HTTP_QUEUED);
	event_active(&http.work, EV_TIMEOUT, 0);
}

static void
http_end(struct probe_run *run)
{
	struct http_state *state = run->state;
	struct http_fetch *f;

	while (state != NULL && (f = LIST_FIRST(state)) != NULL)
		http_drop(f);
	free(state);
	run->state = NULL;
}

const struct probe_type probe_http = {
	.name = "http",
	.needs = PROBE_ADDRESS,
	.options = httpopts_read,
	.free_opts = httpopts_free,
	.wants = http_wants,
	.open = http_open,
	.ping = http_ping,
	.end = http_end,
	.close = http_close,
};
