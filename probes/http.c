/* Curl, AnotherCurl, EchoPingHttp(s): a fetch per ping by libcurl. libcurl never
 * resolves a name here (its resolver would block or start a thread): every connection
 * is pinned to an address that the prober's resolver found, those of redirects
 * included, which are therefore followed by us. */
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/httpfetch.h"
#include "probes/httpname.h"
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

LIST_HEAD(http_state, http_fetch);
TAILQ_HEAD(http_list, http_fetch);

/* One of its kind in a process. */
static struct {
	struct multi *multi;
	struct event work; /* looks after those that wait */
	unsigned running;
	struct http_list queued, waiting;
} http;

static void http_start(struct http_fetch *f);

/* --- a fetch's life -----------------------------------------------------------------
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

/* --- names that the host does not resolve for us -------------------------------- */

static void
http_changed(struct resolve_name *name)
{
	struct http_fetch *f, *next;

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
	struct resolve_name *name = httpname_want(host, family);
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

/* --- starting -----------------------------------------------------------------------
 */

static void
http_transfer(struct http_fetch *f, const char *url, const struct addr *addr)
{
	httpprep(f, url, addr);
	curl_easy_setopt(f->easy, CURLOPT_WRITEFUNCTION, http_body);
	curl_easy_setopt(f->easy, CURLOPT_WRITEDATA, f);
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

/* Has F waited so long for a place that it shall not be sent any more? It is told
 * before the host takes its silence for a loss. */
static bool
http_overdue(const struct http_fetch *f, int64_t now)
{
	int64_t most = f->run->timeout_ns / 2;

	return f->begun_ns == 0 &&
	       now - f->asked_ns > (most < HTTP_WAIT_NS ? most : HTTP_WAIT_NS);
}

/* Start what may start; what waited too long was never sent. */
static void
http_work(evutil_socket_t fd, short what, void *ctx)
{
	const struct timeval again = { 0, 50 * 1000 };
	int64_t now = clock_mono_ns();
	struct http_fetch *f, *next;

	(void)fd, (void)what, (void)ctx;
	while (http.running < HTTP_TRANSFERS && (f = TAILQ_FIRST(&http.queued)) != NULL)
		http_start(f);
	for (f = TAILQ_FIRST(&http.queued); f != NULL; f = next) {
		next = TAILQ_NEXT(f, link);
		if (http_overdue(f, now))
			http_lost(f, PING_NOT_SENT, "too many transfers at once");
	}
	if (!TAILQ_EMPTY(&http.queued))
		evtimer_add(&http.work, &again);
}

/* --- ending -------------------------------------------------------------------------
 */

/* The present transfer ended with RESULT. True when it counts as an answer; else F is
 * lost, and gone. */
static bool
http_accept(struct http_fetch *f, CURLcode result)
{
	const struct probe_opts *o = f->run->opts;
	enum ping_outcome outcome =
	    f->distrust[0] != '\0' ? PING_BAD_ANSWER : httpresult_outcome(f, result);
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
	} else if (!httpresult_status_fits(o, status)) {
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
	f->hops_us += httpresult_time(f->easy, CURLINFO_TOTAL_TIME_T);
	f->as_get = f->as_get || (status >= 301 && status <= 303);
	f->elsewhere = strcasecmp(host, f->run->opts->url[f->url].host) != 0;
	f->stranger = !httpopts_same_origin(to, f->run->opts->url[f->url].url);
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
	f->as_get = f->elsewhere = f->stranger = false;
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
	f->sum_us += httpresult_figure(f);
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

/* --- the type -----------------------------------------------------------------------
 */

static int
http_open(struct probe_host *host, struct err *err)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, "libcurl cannot start");
	httpname_open(host->base, http_changed);
	http.multi = multi_new(host->base, http_done);
	TAILQ_INIT(&http.queued);
	TAILQ_INIT(&http.waiting);
	evtimer_assign(&http.work, host->base, http_work, NULL);
	return 0;
}

static void
http_close(struct probe_host *host)
{
	(void)host;
	trust_close();
	httpname_close();
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
