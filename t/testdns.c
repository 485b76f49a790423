#include "t/testdns.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/mem.h"
#include "base/wire.h"

struct answer {
	struct testdns *d;
	struct event *ev;
	struct addr to;
	bool other_port;
	size_t len;
	unsigned char data[600];
};

static int
listen_on(const char *address, unsigned port)
{
	struct addr a;
	int fd, on = 1;

	if (addr_parse(&a, address) != 0)
		return -1;
	addr_set_port(&a, port);
	fd = socket(
	    a.sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (fd >= 0 && bind(fd, &a.sa, addr_len(&a)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void
answer_send(evutil_socket_t fd, short what, void *ctx)
{
	struct answer *a = ctx;

	(void)fd, (void)what;
	sendto(a->other_port ? a->d->other_fd : a->d->fd, a->data, a->len, 0, &a->to.sa,
	    addr_len(&a->to));
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
		pack_u16(&p, 1);
		pack_u32(&p, 30);
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
answer(struct testdns *d, const struct addr *from, const unsigned char *query,
    const char *word, size_t qend)
{
	struct answer a = { .d = d, .to = *from };
	bool v6 = query[qend - 3] == 28;

	answer_true(&a, query, qend, 0, 1, 1);
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

static void
on_query(evutil_socket_t fd, short what, void *ctx)
{
	struct testdns *d = ctx;
	struct addr from;
	socklen_t from_len = sizeof from;
	char word[64];

	(void)what;
	ssize_t n = recvfrom(fd, d->last, sizeof d->last, 0, &from.sa, &from_len);
	if (n < 17)
		return;
	d->queries++;
	d->last_len = (unsigned)n;
	size_t len = d->last[12], qend = 12;
	if (len >= sizeof word)
		return;
	memcpy(word, d->last + 13, len);
	word[len] = '\0';
	while (qend + 5 < (size_t)n && d->last[qend] != 0)
		qend += d->last[qend] + 1u;
	qend += 5;
	if (qend <= (size_t)n && !d->mute && strcmp(word, "never") != 0)
		answer(d, &from, d->last, word, qend);
}

struct testdns *
testdns_new(struct event_base *base, const char *address, unsigned port)
{
	struct testdns *d = mem_zero(1, sizeof *d);
	struct addr a;
	socklen_t len = sizeof a;

	d->base = base;
	d->fd = listen_on(address, port);
	d->other_fd = listen_on(address, 0);
	if (d->fd < 0 || d->other_fd < 0) {
		free(d);
		return NULL;
	}
	getsockname(d->fd, &a.sa, &len);
	d->port = addr_port(&a);
	d->ev = event_new(base, d->fd, EV_READ | EV_PERSIST, on_query, d);
	event_add(d->ev, NULL);
	return d;
}

void
testdns_free(struct testdns *d)
{
	event_free(d->ev);
	close(d->fd);
	close(d->other_fd);
	free(d);
}
