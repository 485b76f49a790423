#include "t/testldap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/mem.h"

struct testldap_client {
	struct testldap *t;
	struct event *in, *out;
	int fd;
	unsigned char id;
	size_t at;
};

static void
client_free(struct testldap_client *c)
{
	event_free(c->in);
	if (c->out != NULL)
		event_free(c->out);
	close(c->fd);
	c->t->open--;
	free(c);
}

static ssize_t
say(struct testldap_client *c, const void *data, size_t len)
{
	return send(c->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* RFC 4511: a result with CODE for the request; TAG says of which kind. */
static void
result(struct testldap_client *c, unsigned char tag, unsigned char code)
{
	unsigned char m[] = { 0x30, 0x0c, 0x02, 0x01, c->id, tag, 0x07, 0x0a, 0x01,
		code, 0x04, 0x00, 0x04, 0x00 };

	say(c, m, sizeof m);
}

/* An entry without a name and attributes. */
static size_t
entry(struct testldap_client *c, unsigned char out[11])
{
	const unsigned char m[] = { 0x30, 0x09, 0x02, 0x01, c->id, 0x64, 0x04, 0x04,
		0x00, 0x30, 0x00 };

	memcpy(out, m, sizeof m);
	return sizeof m;
}

static void
on_flow(evutil_socket_t fd, short what, void *ctx)
{
	struct testldap_client *c = ctx;
	unsigned char m[11 * 500];
	size_t len = entry(c, m);

	(void)fd, (void)what;
	if (c->t->kind == TESTLDAP_DRIP) {
		say(c, m + c->at++ % len, 1);
		return;
	}
	for (size_t i = 1; i < 500; i++)
		memcpy(m + i * len, m, len);
	/* a part of an entry would be another test */
	int room = 1 << 20;
	setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
	if (say(c, m, len * 500) < 0 && errno != EAGAIN)
		client_free(c);
}

static void
flow(struct testldap_client *c)
{
	struct timeval tv = { 0, c->t->kind == TESTLDAP_DRIP ? 20000 : 1000 };

	c->out = event_new(c->t->base, -1, EV_PERSIST, on_flow, c);
	event_add(c->out, &tv);
}

/* True when C is gone. */
static bool
search(struct testldap_client *c)
{
	unsigned char m[11];
	const unsigned char sent_on[] = { 0x30, 0x1c, 0x02, 0x01, c->id, 0x65, 0x17,
		0x0a, 0x01, 0x0a, 0x04, 0x00, 0x04, 0x00, 0xa3, 0x0e, 0x04, 0x0c, 'l',
		'd', 'a', 'p', ':', '/', '/', '1', '.', '1', '.', '/' };

	c->t->searches++;
	switch (c->t->kind) {
	case TESTLDAP_NO_SEARCH:
		return false;
	case TESTLDAP_CUT:
		entry(c, m);
		say(c, m, 6);
		client_free(c);
		return true;
	case TESTLDAP_ENDLESS:
	case TESTLDAP_DRIP:
		flow(c);
		return false;
	case TESTLDAP_REFERRAL:
		say(c, sent_on, sizeof sent_on);
		return false;
	case TESTLDAP_STRANGER:
		c->id += 100;
		break;
	default:
		break;
	}
	for (int i = 0; i < 3; i++)
		say(c, m, entry(c, m));
	result(c, 0x65, 0);
	return false;
}

static void
on_client(evutil_socket_t fd, short what, void *ctx)
{
	struct testldap_client *c = ctx;
	struct testldap *t = c->t;
	unsigned char buf[512];
	ssize_t n = recv(fd, buf, sizeof buf, MSG_DONTWAIT);

	(void)what;
	if (n < 7 || t->kind == TESTLDAP_CLOSE) {
		client_free(c);
		return;
	}
	if (buf[5] == 0x60) {
		memcpy(t->bind, buf, (size_t)n);
		t->bind_len = (size_t)n;
	}
	c->id = buf[4];
	if (t->kind == TESTLDAP_GARBAGE)
		say(c, "HTTP/1.1 400 Bad Request\r\n\r\n", 28);
	else if (t->kind == TESTLDAP_HUGE)
		say(c, "\x30\x84\x7f\xff\xff\xff\x02\x01\x01", 9);
	else if (t->kind == TESTLDAP_SILENT)
		return;
	else if (buf[5] == 0x60) {
		t->binds++;
		result(c, 0x61, t->kind == TESTLDAP_REFUSE ? 49 : 0);
	} else if (buf[5] == 0x63)
		search(c);
}

static void
on_accept(evutil_socket_t fd, short what, void *ctx)
{
	struct testldap *t = ctx;
	int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct testldap_client *c;

	(void)what;
	if (peer < 0)
		return;
	c = mem_zero(1, sizeof *c);
	c->t = t;
	c->fd = peer;
	c->in = event_new(t->base, peer, EV_READ | EV_PERSIST, on_client, c);
	event_add(c->in, NULL);
	t->open++;
}

struct testldap *
testldap_new(struct event_base *base, enum testldap_kind kind)
{
	struct testldap *t = mem_zero(1, sizeof *t);
	struct addr a;
	socklen_t len = sizeof a;

	t->base = base;
	t->kind = kind;
	addr_parse(&a, "127.0.0.1");
	t->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (t->fd < 0 || bind(t->fd, &a.sa, addr_len(&a)) != 0 ||
	    listen(t->fd, 1000) != 0 || getsockname(t->fd, &a.sa, &len) != 0)
		fatal("a port for LDAP");
	t->port = addr_port(&a);
	t->ev = event_new(base, t->fd, EV_READ | EV_PERSIST, on_accept, t);
	event_add(t->ev, NULL);
	return t;
}

void
testldap_free(struct testldap *t)
{
	for (int i = 0; i < 200 && t->open > 0; i++)
		event_base_loop(t->base, EVLOOP_ONCE | EVLOOP_NONBLOCK), usleep(1000);
	event_free(t->ev);
	close(t->fd);
	free(t);
}
