/* One ping of the HTTP probes, as its rooms share it: http.c leads its life, httpprep.c
 * sets up its transfers, httpresult.c reads what came of them. */
#ifndef PROBES_HTTPFETCH_H
#define PROBES_HTTPFETCH_H

#include <sys/queue.h>

#include "prober/probe.h"
#include "prober/resolve.h"
#include "probes/httpopts.h"

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
	bool elsewhere;	    /* on another host than the URL's */
	bool stranger;	    /* ... or by another port or scheme: it gets no secrets */
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

/* Make F's next transfer (f->easy), of URL, from ADDR and nowhere else. f->host is set.
 */
void httpprep(struct http_fetch *f, const char *url, const struct addr *addr);

/* The value of a CURLINFO_..._TIME_T in microseconds. */
int64_t httpresult_time(CURL *easy, CURLINFO info);
/* What the transfer adds to the ping's figure, in microseconds. Like curl's own
 * variables, each counts from the start of its transfer and adds up over redirects. */
int64_t httpresult_figure(const struct http_fetch *f);
/* What libcurl's RESULT means; PING_ANSWERED when nothing went wrong. */
enum ping_outcome httpresult_outcome(const struct http_fetch *f, CURLcode result);
/* Is the status of an answer as it has to be? */
bool httpresult_status_fits(const struct probe_opts *o, long status);

#endif
