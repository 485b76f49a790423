#include "fetcher/loadconn.h"

#include <linux/tcp.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <sodium.h>

#include "base/clock.h"
#include "base/mem.h"
#include "link/multi.h"
#include "probes/trust.h"

#define PIECE (64 * 1024) /* of what is sent, again and again */

struct conn {
	CURL *easy;
	struct curl_slist *pin, *headers;
	char *host;
	bool bulk;
	enum load_way way;
	int fd;		     /* -1: none yet */
	uint64_t done, left; /* bytes of a bulk transfer */
	double rtt;	     /* the kernel's, NAN: not known */
	bool distrusted;
	char why[CURL_ERROR_SIZE];
	LIST_ENTRY(conn) link;
};

static struct {
	struct multi *multi;
	const struct loadconn_ops *ops;
	LIST_HEAD(, conn) conns;
	uint64_t limit, in; /* of what comes in */
	uint64_t gone;	    /* bytes sent by those that have ended */
	uint8_t piece[PIECE];
} all;

static void
forget(struct conn *c)
{
	LIST_REMOVE(c, link);
	curl_easy_cleanup(c->easy);
	curl_slist_free_all(c->pin);
	curl_slist_free_all(c->headers);
	free(c->host);
	free(c);
}

/* What the kernel knows of C's connection. */
static bool
tcp_of(const struct conn *c, struct tcp_info *info)
{
	socklen_t len = sizeof *info;

	memset(info, 0, sizeof *info);
	return c->fd >= 0 && getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, info, &len) == 0;
}

/* Bytes of C that the far end has: what only waits in our own buffers has not crossed the
 * line. */
static uint64_t
acked(const struct conn *c)
{
	struct tcp_info info;

	return tcp_of(c, &info) ? info.tcpi_bytes_acked : 0;
}

/* --- called by libcurl ------------------------------------------------------------ */

static int
on_socket(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
	struct conn *c = ctx;

	(void)purpose;
	c->fd = fd;
	return CURL_SOCKOPT_OK;
}

/* Connected, and TLS is up where there is any: before the request goes out. libcurl's own
 * check of a certificate reads all authorities each time, 25 ms that would count. */
static int
on_ready(void *ctx, char *to, char *from, int to_port, int from_port)
{
	const struct curl_tlssessioninfo *session = NULL;
	struct conn *c = ctx;
	struct tcp_info info;
	double days;

	(void)to, (void)from, (void)to_port, (void)from_port;
	if (tcp_of(c, &info) && info.tcpi_rtt > 0)
		c->rtt = info.tcpi_rtt / 1e6;
	if (curl_easy_getinfo(c->easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK ||
	    session->backend != CURLSSLBACKEND_GNUTLS || session->internals == NULL)
		return CURL_PREREQFUNC_OK;
	if (trust_check(trust_system(), session->internals, c->host, &days, c->why,
		sizeof c->why))
		return CURL_PREREQFUNC_OK;
	c->distrusted = true;
	return CURL_PREREQFUNC_ABORT;
}

/* Of a fresh one, the first byte is all that is wanted. */
static size_t
on_bytes(char *data, size_t size, size_t n, void *ctx)
{
	struct conn *c = ctx;

	(void)data;
	if (!c->bulk)
		return 0;
	n *= size;
	if (c->way == LOAD_UP)
		return n;
	uint64_t room = all.limit - all.in;
	all.in += n < room ? n : room;
	c->done += n;
	return n < room ? n : 0;
}

static size_t
on_wanted(char *data, size_t size, size_t n, void *ctx)
{
	struct conn *c = ctx;

	n *= size;
	if (n > PIECE)
		n = PIECE;
	if (n > c->left)
		n = (size_t)c->left;
	memcpy(data, all.piece, n);
	c->left -= n;
	c->done += n;
	return n;
}

/* --- their ends ------------------------------------------------------------------- */

static double
info_s(CURL *easy, CURLINFO what)
{
	curl_off_t us = 0;

	curl_easy_getinfo(easy, what, &us);
	return (double)us / 1e6;
}

static void
fresh_ended(struct conn *c)
{
	double connected = info_s(c->easy, CURLINFO_CONNECT_TIME_T),
	       shaken = info_s(c->easy, CURLINFO_APPCONNECT_TIME_T),
	       asked = info_s(c->easy, CURLINFO_PRETRANSFER_TIME_T),
	       answered = info_s(c->easy, CURLINFO_STARTTRANSFER_TIME_T);
	struct load_fresh f = { c->rtt, shaken > 0 ? shaken - connected : NAN,
		answered - asked };
	long status = 0;

	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	bool good = status != 0 && answered > 0 && !isnan(c->rtt);
	forget(c);
	all.ops->fresh(good ? &f : NULL);
}

static void
on_done(CURL *easy, CURLcode result)
{
	struct conn *c;
	char why[sizeof c->why];

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&c);
	if (!c->bulk) {
		fresh_ended(c);
		return;
	}
	enum load_way way = c->way;
	if (result == CURLE_OK || (way == LOAD_DOWN && all.in >= all.limit))
		why[0] = '\0';
	else
		snprintf(why, sizeof why, "%s",
		    c->why[0] != '\0' ? c->why : curl_easy_strerror(result));
	/* Where it was answered, all of it is there. */
	if (way == LOAD_UP)
		all.gone += result == CURLE_OK ? c->done : acked(c);
	forget(c);
	all.ops->ended(way, why);
}

/* --- making them ------------------------------------------------------------------ */

static struct conn *
conn_new(const char *url, const char *host, const struct addr *addr)
{
	struct conn *c = mem_zero(1, sizeof *c);
	bool v6 = addr->sa.sa_family == AF_INET6;
	char text[ADDR_TEXT];
	CURL *e = c->easy = curl_easy_init();

	if (e == NULL)
		fatalx("out of memory");
	c->fd = -1;
	c->rtt = NAN;
	c->host = mem_str(host);
	addr_text(addr, text);
	text[strcspn(text, "%")] = '\0';
	char *to = mem_printf(v6 ? "::[%s]:" : "::%s:", text);
	c->pin = curl_slist_append(NULL, to);
	free(to);
	curl_easy_setopt(e, CURLOPT_URL, url);
	curl_easy_setopt(e, CURLOPT_PRIVATE, c);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, c->why);
	curl_easy_setopt(e, CURLOPT_CONNECT_TO, c->pin);
	if (v6 && addr->v6.sin6_scope_id != 0)
		curl_easy_setopt(
		    e, CURLOPT_ADDRESS_SCOPE, (long)addr->v6.sin6_scope_id);
	curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(e, CURLOPT_CAINFO, NULL);
	curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(e, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	/* Each one its own connection, also where the far end could share one. */
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_SOCKOPTFUNCTION, on_socket);
	curl_easy_setopt(e, CURLOPT_SOCKOPTDATA, c);
	curl_easy_setopt(e, CURLOPT_PREREQFUNCTION, on_ready);
	curl_easy_setopt(e, CURLOPT_PREREQDATA, c);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, c);
	LIST_INSERT_HEAD(&all.conns, c, link);
	return c;
}

static int
start(struct conn *c)
{
	if (multi_add(all.multi, c->easy) == 0)
		return 0;
	forget(c);
	return -1;
}

int
loadconn_fresh(const char *url, const char *host, const struct addr *addr)
{
	struct conn *c = conn_new(url, host, addr);

	curl_easy_setopt(c->easy, CURLOPT_RANGE, "0-0");
	curl_easy_setopt(c->easy, CURLOPT_TIMEOUT, (long)LOAD_FRESH_PATIENCE_S);
	return start(c);
}

int
loadconn_bulk(
    enum load_way way, const char *url, const char *host, const struct addr *addr, uint64_t bytes)
{
	struct conn *c = conn_new(url, host, addr);
	CURL *e = c->easy;

	c->bulk = true;
	c->way = way;
	curl_easy_setopt(e, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(e, CURLOPT_BUFFERSIZE, 256 * 1024L);
	if (way == LOAD_UP) {
		c->left = bytes;
		c->headers = curl_slist_append(NULL, "Expect:");
		c->headers = curl_slist_append(
		    c->headers, "Content-Type: application/octet-stream");
		curl_easy_setopt(e, CURLOPT_POST, 1L);
		curl_easy_setopt(
		    e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)bytes);
		curl_easy_setopt(e, CURLOPT_READFUNCTION, on_wanted);
		curl_easy_setopt(e, CURLOPT_READDATA, c);
		curl_easy_setopt(e, CURLOPT_HTTPHEADER, c->headers);
	}
	return start(c);
}

/* --- all of them ------------------------------------------------------------------ */

void
loadconn_open(struct event_base *base, const struct loadconn_ops *ops)
{
	LIST_INIT(&all.conns);
	all.ops = ops;
	all.multi = multi_new(base, on_done);
	/* Nothing on the way can make it shorter. */
	randombytes_buf(all.piece, sizeof all.piece);
}

void
loadconn_begin(uint64_t limit)
{
	all.limit = limit;
	all.in = all.gone = 0;
}

uint64_t
loadconn_bytes(void)
{
	uint64_t sum = all.in + all.gone;
	const struct conn *c;

	LIST_FOREACH(c, &all.conns, link)
		if (c->bulk && c->way == LOAD_UP)
			sum += acked(c);
	return sum;
}

unsigned
loadconn_fresh_open(void)
{
	const struct conn *c;
	unsigned n = 0;

	LIST_FOREACH(c, &all.conns, link)
		n += !c->bulk;
	return n;
}

void
loadconn_stop(void)
{
	struct conn *c;

	while ((c = LIST_FIRST(&all.conns)) != NULL) {
		multi_remove(all.multi, c->easy);
		forget(c);
	}
}

void
loadconn_close(void)
{
	if (all.multi == NULL)
		return;
	loadconn_stop();
	multi_free(all.multi);
	all.multi = NULL;
	trust_close();
}
