#include "t/testdns.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/mem.h"
#include "base/wire.h"

/* A connection over TCP; answers that are under way keep it. */
struct testdns_conn {
	struct testdns *d;
	struct event *ev;
	int fd; /* -1: closed */
	unsigned pending, sent;
	unsigned char in[1024];
	size_t in_len;
	unsigned char out[4096]; /* of "endless" and "pieces" */
	size_t out_len;
	char manner[64]; /* how answers are sent: a word of testdns.h */
	struct event *slow;
	struct testdns_conn *next;
};

struct answer {
	struct testdns *d;
	struct testdns_conn *conn; /* NULL: UDP */
	struct event *ev;
	struct addr to;
	bool other_port;
	size_t len;
	unsigned char data[600];
};

static int
listen_on(const char *address, unsigned port, int kind)
{
	struct addr a;
	int fd, on = 1;

	if (addr_parse(&a, address) != 0)
		return -1;
	addr_set_port(&a, port);
	fd = socket(a.sa.sa_family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (fd >= 0 && (bind(fd, &a.sa, addr_len(&a)) != 0 ||
			   (kind == SOCK_STREAM && listen(fd, 64) != 0))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* --- connections ----------------------------------------------------------------- */

static void
conn_close(struct testdns_conn *c, bool reset)
{
	const struct linger abrupt = { 1, 0 };

	if (c->fd < 0)
		return;
	if (reset)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &abrupt, sizeof abrupt);
	event_del(c->ev);
	event_del(c->slow);
	close(c->fd);
	c->fd = -1;
}

static bool
manner_is(const struct testdns_conn *c, const char *word)
{
	return strcmp(c->manner, word) == 0;
}

/* One more byte, or one more message that is no answer. */
static void
conn_on_slow(evutil_socket_t fd, short what, void *ctx)
{
	static const struct timeval soon = { 0, 500 }, later = { 0, 10000 };
	struct testdns_conn *c = ctx;

	(void)fd, (void)what;
	if (manner_is(c, "endless")) {
		for (int i = 0; i < 16; i++)
			(void)!send(c->fd, c->out, c->out_len, MSG_NOSIGNAL);
	} else if (send(c->fd, c->out, 1, MSG_NOSIGNAL) == 1 &&
		   manner_is(c, "pieces")) {
		c->out_len--;
		memmove(c->out, c->out + 1, c->out_len);
	}
	if (c->out_len > 0)
		evtimer_add(c->slow, manner_is(c, "drip") ? &later : &soon);
}

/* Send the LEN bytes of MESSAGE as the query wants it. */
static void
conn_send(struct testdns_conn *c, const unsigned char *message, size_t len)
{
	static const struct timeval soon = { 0, 500 };
	unsigned char out[700] = { (unsigned char)(len >> 8), (unsigned char)len };

	if (c->fd < 0)
		return;
	memcpy(out + 2, message, len);
	len += 2;
	if (manner_is(c, "pieces") || manner_is(c, "endless") || manner_is(c, "drip")) {
		if (!manner_is(c, "pieces"))
			out[2] ^= 0xff; /* another id */
		if (manner_is(c, "drip"))
			out[0] = out[1] = 0xff;
		memcpy(c->out, out, len);
		c->out_len = len;
		if (manner_is(c, "drip"))
			(void)!send(c->fd, out, 2, MSG_NOSIGNAL);
		evtimer_add(c->slow, &soon);
		return;
	}
	if (manner_is(c, "long"))
		out[0] = out[1] = 0xff;
	if (manner_is(c, "half"))
		len /= 2;
	bool enough = manner_is(c, "once") && c->sent++ > 0;
	if (!manner_is(c, "close") && !manner_is(c, "reset") && !enough)
		(void)!send(c->fd, out, len, MSG_NOSIGNAL);
	if (manner_is(c, "close") || manner_is(c, "half") || manner_is(c, "idle") ||
	    enough)
		conn_close(c, false);
	if (manner_is(c, "reset"))
		conn_close(c, true);
}

/* --- answers --------------------------------------------------------------------- */

static void
answer_send(evutil_socket_t fd, short what, void *ctx)
{
	struct answer *a = ctx;

	(void)fd, (void)what;
	if (a->conn != NULL) {
		a->conn->pending--;
		conn_send(a->conn, a->data, a->len);
	} else
		sendto(a->other_port ? a->d->other_fd : a->d->fd, a->data, a->len, 0,
		    &a->to.sa, addr_len(&a->to));
	a->d->answered++;
	a->d->waiting--;
	event_free(a->ev);
	free(a);
}

static void
answer_in(const struct answer *template, unsigned ms)
{
	struct answer *a = mem_alloc(sizeof *a);
	unsigned all = ms + template->d->late_ms;
	struct timeval tv = { all / 1000, all % 1000 * 1000 };

	*a = *template;
	a->ev = evtimer_new(a->d->base, answer_send, a);
	if (a->conn != NULL)
		a->conn->pending++;
	if (++a->d->waiting > a->d->in_flight_max)
		a->d->in_flight_max = a->d->waiting;
	evtimer_add(a->ev, &tv);
}

/* The true answer to QUERY, whose question ends at QEND, with COUNT records. */
static void
answer_true(struct answer *a, const unsigned char *query, size_t qend, unsigned flags,
    unsigned count, unsigned last)
{
	unsigned type = query[qend - 3];
	struct pack p;

	pack_init(&p, a->data, sizeof a->data);
	pack_bytes(&p, query, 2);
	pack_u16(&p, (uint16_t)(0x8180 | flags));
	pack_u16(&p, 1);
	pack_u16(&p, (uint16_t)count);
	pack_u32(&p, 0);
	pack_bytes(&p, query + 12, qend - 12);
	for (unsigned i = 0; i < count; i++) {
		pack_u16(&p, 0xc00c);
		pack_u16(&p, (uint16_t)type);
		pack_bytes(&p, query + qend - 2, 2);
		pack_u32(&p, 30);
		if (type == 16) {
			size_t n = a->d->instance != NULL ? strlen(a->d->instance) : 0;
			pack_u16(&p, (uint16_t)(n + 1));
			pack_u8(&p, (uint8_t)n);
			pack_bytes(&p, a->d->instance, n);
			continue;
		}
		pack_u16(&p, type == 28 ? 16 : 4);
		if (type == 28) {
			pack_u32(&p, 0x20010db8);
			pack_u64(&p, 0);
			pack_u32(&p, last);
		} else
			pack_u32(&p, 0xc0000200 | last);
	}
	a->len = pack_len(&p);
}

/* The OPT record that belongs to QUERY of LEN bytes, whose own begins at QEND. */
static void
answer_opt(struct answer *a, const unsigned char *query, size_t len, size_t qend)
{
	const struct testdns *d = a->d;
	size_t nsid = d->nsid != NULL ? strlen(d->nsid) : 0;
	/* a cookie is the last option that is asked with */
	bool cookie = d->cookie != TESTDNS_NO_COOKIE && len >= qend + 11 + 12;
	struct pack p;

	if (query[11] == 0 || (d->nsid == NULL && d->cookie == TESTDNS_NO_COOKIE))
		return;
	pack_init(&p, a->data + a->len, sizeof a->data - a->len);
	pack_bytes(&p, "\0\0\051\4\320\0\0\0\0", 9);
	pack_u16(
	    &p, (uint16_t)((d->nsid != NULL ? 4 + nsid : 0) + (cookie ? 4 + 16 : 0)));
	if (d->nsid != NULL) {
		pack_u16(&p, 3);
		pack_u16(&p, (uint16_t)nsid);
		pack_bytes(&p, d->nsid, nsid);
	}
	if (cookie) {
		size_t at = qend + 11; /* options begin */
		if (query[at + 1] == 3)
			at += 4;
		pack_u16(&p, 10);
		pack_u16(&p, 16);
		uint8_t client[8];
		memcpy(client, query + at + 4, 8);
		if (d->cookie == TESTDNS_FOREIGN_COOKIE)
			client[0] ^= 1;
		pack_bytes(&p, client, 8);
		pack_bytes(&p, "serverof", 8);
	}
	a->data[11] = 1;
	a->len += pack_len(&p);
}

/* Something else first, in the shape of WORD. False when WORD is none of these. */
static bool
answer_false(struct answer *a, const char *word, size_t qend)
{
	struct answer wrong = *a;

	if (strcmp(word, "wrongid") == 0)
		wrong.data[1] ^= 1;
	else if (strcmp(word, "wrongname") == 0)
		wrong.data[13] ^= 3;
	else if (strcmp(word, "wrongtype") == 0)
		wrong.data[qend - 3] ^= 2;
	else if (strcmp(word, "query") == 0)
		wrong.data[2] = 1;
	else if (strcmp(word, "short") == 0)
		wrong.len = 7;
	else if (strcmp(word, "garbage") == 0)
		memset(wrong.data, 0xc0, wrong.len);
	else if (strcmp(word, "port") == 0)
		wrong.other_port = true;
	else
		return false;
	answer_in(&wrong, 0);
	answer_in(a, 50);
	return true;
}

static bool
is(const char *word, const char *a, const char *b)
{
	return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

static void
answer(struct answer a, const unsigned char *query, size_t len, const char *word,
    size_t qend)
{
	struct testdns *d = a.d;
	bool v6 = query[qend - 3] == 28;

	answer_true(&a, query, qend, 0, 1, 1);
	answer_opt(&a, query, len, qend);
	if (answer_false(&a, word, qend))
		return;
	if (is(word, "nxdomain", "nowhere"))
		answer_true(&a, query, qend, 3, 0, 1);
	else if (d->fail || is(word, "servfail", "fail"))
		answer_true(&a, query, qend, 2, 0, 1);
	else if (is(word, "refused", "no"))
		answer_true(&a, query, qend, 5, 0, 1);
	else if (is(word, "nodata", v6 ? "v4" : "v6"))
		answer_true(&a, query, qend, 0, 0, 1);
	else if (strcmp(word, "aa") == 0)
		answer_true(&a, query, qend, 0x400, 1, 1);
	else if (strcmp(word, "tc") == 0)
		answer_true(&a, query, qend, 0x200, 0, 1);
	else if (strcmp(word, "badcase") == 0)
		for (size_t i = 12; i < qend; i++)
			a.data[i] = (unsigned char)tolower(a.data[i]);
	else if (strcmp(word, "change") == 0)
		answer_true(&a, query, qend, 0, 1, d->moved ? 2 : 1);
	else if (strcmp(word, "cut") == 0)
		a.len -= 3;
	else if (strcmp(word, "loop") == 0) {
		a.data[qend] = 0xc0;
		a.data[qend + 1] = (unsigned char)qend;
	}
	answer_in(&a, strcmp(word, "slow") == 0 ? 100 : 0);
	if (strcmp(word, "twice") == 0)
		answer_in(&a, 1);
}

/* Answer the LEN bytes of QUERY; A says how. */
static void
on_message(struct answer a, const unsigned char *query, size_t len)
{
	char word[64] = "";
	struct testdns *d = a.d;
	size_t qend = 12;

	if (len < 17 || query[12] >= sizeof word)
		return;
	d->queries++;
	d->last_len = (unsigned)(len < sizeof d->last ? len : sizeof d->last);
	memcpy(d->last, query, d->last_len);
	for (size_t i = 0; i < query[12]; i++)
		word[i] = (char)tolower(query[13 + i]);
	if (a.conn != NULL)
		memcpy(a.conn->manner, word, sizeof word);
	while (qend + 5 < len && query[qend] != 0)
		qend += query[qend] + 1u;
	qend += 5;
	if (qend <= len && !d->mute && strcmp(word, "never") != 0)
		answer(a, query, len, word, qend);
}

static void
on_query(evutil_socket_t fd, short what, void *ctx)
{
	struct testdns *d = ctx;
	struct answer a = { .d = d };
	socklen_t from_len = sizeof a.to;
	unsigned char query[512];

	(void)what;
	ssize_t n = recvfrom(fd, query, sizeof query, 0, &a.to.sa, &from_len);
	d->from = a.to;
	if (n > 0)
		on_message(a, query, (size_t)n);
}

static void
on_stream(evutil_socket_t fd, short what, void *ctx)
{
	struct testdns_conn *c = ctx;
	ssize_t n = recv(fd, c->in + c->in_len, sizeof c->in - c->in_len, 0);

	(void)what;
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		conn_close(c, false);
		return;
	}
	c->in_len += (size_t)n;
	while (c->fd >= 0 && c->in_len >= 2) {
		size_t len = (size_t)c->in[0] << 8 | c->in[1];
		if (c->in_len < len + 2)
			break;
		on_message((struct answer){ .d = c->d, .conn = c }, c->in + 2, len);
		c->in_len -= len + 2;
		memmove(c->in, c->in + len + 2, c->in_len);
	}
}

static void
on_dialled(evutil_socket_t fd, short what, void *ctx)
{
	struct testdns *d = ctx;
	struct testdns_conn *c = mem_zero(1, sizeof *c);

	(void)what;
	socklen_t len = sizeof d->from;
	c->d = d;
	c->fd = accept4(fd, &d->from.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (c->fd < 0) {
		free(c);
		return;
	}
	d->connections++;
	c->ev = event_new(d->base, c->fd, EV_READ | EV_PERSIST, on_stream, c);
	c->slow = evtimer_new(d->base, conn_on_slow, c);
	c->next = d->conns;
	d->conns = c;
	event_add(c->ev, NULL);
}

struct testdns *
testdns_new(struct event_base *base, const char *address, unsigned port)
{
	struct testdns *d = mem_zero(1, sizeof *d);
	struct addr a;
	socklen_t len = sizeof a;

	d->base = base;
	d->fd = listen_on(address, port, SOCK_DGRAM);
	d->other_fd = listen_on(address, 0, SOCK_DGRAM);
	if (d->fd < 0 || d->other_fd < 0) {
		free(d);
		return NULL;
	}
	getsockname(d->fd, &a.sa, &len);
	d->port = addr_port(&a);
	d->tcp_fd = listen_on(address, d->port, SOCK_STREAM);
	if (d->tcp_fd >= 0) {
		d->dialled =
		    event_new(base, d->tcp_fd, EV_READ | EV_PERSIST, on_dialled, d);
		event_add(d->dialled, NULL);
	}
	d->ev = event_new(base, d->fd, EV_READ | EV_PERSIST, on_query, d);
	event_add(d->ev, NULL);
	return d;
}

void
testdns_free(struct testdns *d)
{
	struct testdns_conn *c;

	while ((c = d->conns) != NULL) {
		d->conns = c->next;
		conn_close(c, false);
		event_free(c->ev);
		event_free(c->slow);
		free(c);
	}
	event_free(d->ev);
	if (d->dialled != NULL) {
		event_free(d->dialled);
		close(d->tcp_fd);
	}
	close(d->fd);
	close(d->other_fd);
	free(d);
}
