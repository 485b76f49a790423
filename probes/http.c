/* Curl, AnotherCurl, EchoPingHttp(s): a fetch per ping by libcurl. libcurl never
 * resolves a name here (its resolver would block or start a thread): every connection
 * is pinned to an address that the prober's resolver found, those of redirects
 * included, which are therefore followed by us. */
#include <event2/event.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "probes/httpfetch.h"
#include "probes/httpname.h"
#include "probes/httpqueue.h"
#include "probes/multi.h"
#include "probes/net.h"
#include "probes/trust.h"

#define HTTP_REDIRECTS 20
LIST_HEAD(http_state, http_fetch);
/* One of its kind in a process. */
static struct multi *http_multi;

/* --- a fetch's life --------------------------------------------------------------- */

/* Forget the transfer, not the fetch. */
static void
http_forget_transfer(struct http_fetch *f)
{
	if (f->place == HTTP_RUNNING)
		multi_remove(http_multi, f->easy);
	httpqueue_move(f, HTTP_NOWHERE);
	curl_easy_cleanup(f->easy);
	curl_slist_free_all(f->connect_to);
	curl_slist_free_all(f->headers);
	free(f->host);
	f->host = NULL;
	f->easy = NULL;
	f->connect_to = f->headers = NULL;
	httpbody_forget(f);
	f->cert_days = NAN;
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

	httpresult_tell(f);
	http_drop(f);
	probe_reply(run, seq, rtt_ns, STAMP_USER);
}

/* --- names that the host does not resolve for us -------------------------------- */

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
		httpqueue_move(f, HTTP_WAITING);
		return 0;
	case RESOLVE_FAILED:
		http_lost(f, PING_NO_NAME, why);
		return -1;
	default:
		return 1;
	}
}

/* --- starting --------------------------------------------------------------------- */

static void
http_transfer(struct http_fetch *f, const char *url, const struct addr *addr)
{
	httpprep(f, url, addr);
	if (multi_add(http_multi, f->easy) != 0) {
		http_lost(f, PING_NOT_SENT, "libcurl does not start the transfer");
		return;
	}
	httpqueue_move(f, HTTP_RUNNING);
}

/* Go on with F's present URL: it runs, waits for a name, or is lost. */
static void
http_start(struct http_fetch *f)
{
	const char *url = httpqueue_url(f);
	struct err err;
	struct addr addr;
	char *host = httpopts_host(url, &err);

	httpqueue_move(f, HTTP_NOWHERE);
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

/* --- ending ----------------------------------------------------------------------- */

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
	probe_extra(f->run, EXTRA_CERT_DAYS, f->cert_days);
	/* Unless told otherwise SmokePing asks no more than that a server answered. */
	if (outcome != PING_ANSWERED && status != 0 && !o->complete &&
	    outcome != PING_TIMEOUT && !f->overlong)
		outcome = PING_ANSWERED;
	if (outcome == PING_ANSWERED)
		return true;
	if (f->distrust[0] != '\0')
		snprintf(text, sizeof text, "%s", f->distrust);
	else if (f->overlong)
		snprintf(text, sizeof text,
		    "the server sends headers without end, more than %zu bytes",
		    f->head);
	else
		snprintf(text, sizeof text, "%s",
		    f->why[0] != '\0' ? f->why : curl_easy_strerror(result));
	http_lost(f, outcome, text);
	return false;
}

/* The last answer of a URL is here. True when its status is as it has to be; else F is
 * lost, and gone. */
static bool
http_status(struct http_fetch *f)
{
	const struct probe_opts *o = f->run->opts;
	long status = 0;
	char text[100];

	curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
	probe_extra(f->run, EXTRA_STATUS, (double)status);
	if (httpopts_status_fits(o, status))
		return true;
	snprintf(text, sizeof text, "the server answers with status %ld", status);
	http_lost(f, PING_BAD_ANSWER, text);
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
	httpqueue_add(f);
}

/* Is there a URL behind the present one? */
static bool
http_more(const struct http_fetch *f)
{
	return !f->run->opts->rotate && f->url + 1 < f->run->opts->urls;
}

/* The present URL is done, all its redirects too: the next one, or the answer. */
static void
http_next(struct http_fetch *f)
{
	const struct probe_opts *o = f->run->opts;
	bool more = http_more(f);
	char *fault = more && !f->forbidden.found ? NULL : httpbody_fault(f);

	if (fault != NULL) {
		http_lost(f, PING_BAD_ANSWER, fault);
		free(fault);
		return;
	}
	/* SmokePing adds curl's time_redirect to a total that holds it already. Its
	 * figure is kept, for the history's sake. */
	if (o->add_redirects || o->figure == HTTP_REDIRECT)
		f->sum_us += f->hops_us;
	if (!more) {
		http_answered(f);
		return;
	}
	f->hops_us = 0;
	f->hops = 0;
	f->as_get = f->elsewhere = f->stranger = false;
	free(f->here);
	f->here = NULL;
	f->url++;
	bool expected = f->expected.found; /* one of the bodies has to hold it */
	http_forget_transfer(f);
	f->expected.found = expected;
	httpqueue_add(f);
}

static void
http_done(CURL *easy, CURLcode result)
{
	struct http_fetch *f = NULL;
	char *to;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &f);
	httpqueue_move(f, HTTP_NOWHERE);
	if (!http_accept(f, result))
		return;
	f->sum_us += httpresult_figure(f);
	/* what SmokePing would count and we name: cut off, but answered */
	probe_detail(f->run, result == CURLE_OK || f->capped ? NULL
			     : f->why[0] != '\0'	     ? f->why
						 : curl_easy_strerror(result));
	to = http_redirect(f);
	httpresult_phases(f, to != NULL);
	if (to != NULL)
		http_follow(f, to);
	else if (http_status(f))
		http_next(f);
}

/* --- the type --------------------------------------------------------------------- */

static int
http_open(struct probe_host *host, struct err *err)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return err_set(err, "libcurl cannot start");
	httpname_open(host->base, httpqueue_name);
	http_multi = multi_new(host->base, http_done);
	httpqueue_open(host->base, http_start, http_lost);
	return 0;
}

static void
http_close(struct probe_host *host)
{
	(void)host;
	trust_close();
	httpname_close();
	multi_free(http_multi);
	http_multi = NULL;
	httpqueue_close();
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
	f->cert_days = NAN;
	if (run->opts->rotate)
		f->url = seq % run->opts->urls;
	LIST_INSERT_HEAD((struct http_state *)run->state, f, of_run);
	httpqueue_add(f);
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
