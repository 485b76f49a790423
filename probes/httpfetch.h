/* One ping of the HTTP probes, as its rooms share it: http.c leads its life, httpprep.c
 * sets up its transfers, httpresult.c reads what came of them. */
#ifndef PROBES_HTTPFETCH_H
#define PROBES_HTTPFETCH_H

#include <sys/queue.h>

#include "prober/probe.h"
#include "prober/resolve.h"
#include "probes/httpopts.h"

enum http_place {
	HTTP_QUEUED,  /* for a free transfer, over TLS for a handshake too */
	HTTP_WAITING, /* for a name's address */
	HTTP_RUNNING, /* libcurl has it */
	HTTP_NOWHERE,
};

/* Parts of a ping's time in microseconds, of all its URLs; redirects stand apart. */
struct http_phases {
	int64_t connect, tls, first_byte, transfer, redirects;
	bool over_tls, redirected;
};

/* What is looked for in a body, which comes in pieces. */
struct http_search {
	char *tail; /* the end of what came, shorter than what is looked for */
	size_t tail_len;
	bool found;
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
	struct http_phases phases;

	/* The transfer under way. */
	CURL *easy;
	char *host; /* of its URL */
	struct curl_slist *connect_to, *headers;
	struct resolve_name *name; /* being waited for */
	size_t head, body;	   /* bytes of them */
	struct http_search expected, forbidden;
	char *page;    /* the body itself, where it has to match an expression */
	bool capped;   /* as much of the body was read as is wanted */
	bool overlong; /* headers without end */
	double cert_days;
	char why[CURL_ERROR_SIZE];

	bool tls;     /* the URL that comes, or is here, is one of https */
	bool shaking; /* it has a handshake's place */
	int64_t shake_until_ns;
	TAILQ_ENTRY(http_fetch) of_shakes;

	LIST_ENTRY(http_fetch) of_run;
	TAILQ_ENTRY(http_fetch) link; /* queued or waiting */
};

/* Make F's next transfer (f->easy), of URL, from ADDR and nowhere else. f->host is set.
 */
void httpprep(struct http_fetch *f, const char *url, const struct addr *addr);

/* Take what comes of F's headers and body, as callbacks of libcurl. */
size_t httpbody_header(char *data, size_t one, size_t n, void *ctx);
size_t httpbody_write(char *data, size_t one, size_t n, void *ctx);
/* What is wrong with all that came, now that F's last URL is done: to be freed, or NULL
 * when it is as its options want it. */
char *httpbody_fault(const struct http_fetch *f);
void httpbody_forget(struct http_fetch *f);

/* The value of a CURLINFO_..._TIME_T in microseconds. */
int64_t httpresult_time(CURL *easy, CURLINFO info);
/* What the transfer adds to the ping's figure, in microseconds. Like curl's own
 * variables, each counts from the start of its transfer and adds up over redirects. */
int64_t httpresult_figure(const struct http_fetch *f);
/* Add the transfer's parts to the ping's, or all of it to the redirects. */
void httpresult_phases(struct http_fetch *f, bool redirect);
/* Hand the ping's parts to its round. */
void httpresult_tell(const struct http_fetch *f);
/* What libcurl's RESULT means; PING_ANSWERED when nothing went wrong. */
enum ping_outcome httpresult_outcome(const struct http_fetch *f, CURLcode result);
/* Called when TLS is up. */
void http_shaken(struct http_fetch *f);

#endif
