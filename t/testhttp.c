#include "t/testhttp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/mem.h"

struct client {
	struct testhttp *s;
	struct event *in, *out;
	int fd;
	size_t len;
	unsigned turns;
	char request[4096];
};

static void
client_free(struct client *c)
{
	event_free(c->in);
	if (c->out != NULL)
		event_free(c->out);
	close(c->fd);
	c->s->open--;
	free(c);
}

static void
say(struct client *c, const char *status, const char *headers, const char *body)
{
	char *text = mem_printf("HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n%s",
	    status, strlen(body), headers, body);

	if (write(c->fd, text, strlen(text)) < 0)
		c->turns = 0;
	free(text);
}

static int
words(struct client *c, const char *text)
{
	return write(c->fd, text, strlen(text)) < 0 && errno != EAGAIN ? -1 : 0;
}

static bool
path(const struct client *c, const char *p)
{
	const char *at = strchr(c->request, ' ');

	if (at != NULL && at[2] == ' ')
		return strcmp(c->s->root != NULL ? c->s->root : "/ok", p) == 0;
	return at != NULL && strncmp(at + 1, p, strlen(p)) == 0;
}

/* What goes on after the first words: every few ms, or as fast as it is read. */
static void
go_on(evutil_socket_t fd, short what, void *ctx)
{
	struct client *c = ctx;
	static char block[65536];
	ssize_t n;

	(void)what;
	c->turns++;
	if (path(c, "/slow")) {
		if (c->turns == 1)
			say(c, "200 OK", "", "hello world");
	} else if (path(c, "/split")) {
		if (c->turns == 1)
			words(c, "rld");
	} else if (path(c, "/drip")) {
		if (words(c, "X-Drip: drop\r\n") != 0)
			client_free(c);
	} else if (path(c, "/headers")) {
		memset(block, 'x', 4096);
		memcpy(block, "X-Long: ", 8);
		memcpy(block + 4094, "\r\n", 2);
		n = write(fd, block, 4096);
		if (n < 0 && errno != EAGAIN)
			client_free(c);
	} else if (path(c, "/big")) {
		memset(block, 'b', sizeof block);
		n = write(fd, block, sizeof block);
		if (n > 0)
			c->s->sent += (unsigned long long)n;
		else if (errno != EAGAIN)
			client_free(c);
	}
}

static void
later(struct client *c, unsigned ms)
{
	struct timeval tv = { 0, (suseconds_t)ms * 1000 };

	if (ms == 0)
		c->out = event_new(c->s->base, c->fd, EV_WRITE | EV_PERSIST, go_on, c);
	else
		c->out = event_new(c->s->base, -1, EV_PERSIST, go_on, c);
	event_add(c->out, ms == 0 ? NULL : &tv);
}

static void
far(struct client *c)
{
	static char body[64 * 8192 + 8];

	memset(body, '.', sizeof body - 8);
	memcpy(body + sizeof body - 8, "needle", 7);
	/* the receive window of loopback takes it at once, or most of it */
	int size = 1 << 20;
	setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	say(c, "200 OK", "", body);
}

static void
redirect(struct client *c)
{
	char *from = strchr(c->request, '?');
	size_t len = from == NULL ? 0 : strcspn(from + 1, " ");
	char *line = mem_printf("Location: %.*s\r\n", (int)len, from + 1);

	say(c, "302 Found", line, "");
	free(line);
}

/* True when the client is gone. */
static bool
respond(struct client *c)
{
	const struct linger reset = { 1, 0 };

	if (path(c, "/ok"))
		say(c, "200 OK", "", "hello world");
	else if (path(c, "/slow"))
		later(c, 100);
	else if (path(c, "/denied"))
		say(c, "403 Forbidden", "", "Access Denied by policy");
	else if (path(c, "/404"))
		say(c, "404 Not Found", "", "no");
	else if (path(c, "/500"))
		say(c, "500 Oh", "", "no");
	else if (path(c, "/to?"))
		redirect(c);
	else if (path(c, "/echo"))
		say(c, "200 OK", "", c->request);
	else if (path(c, "/far"))
		far(c);
	else if (path(c, "/split")) {
		words(c, "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello wo");
		later(c, 20);
	} else if (path(c, "/drip") || path(c, "/headers")) {
		words(c, "HTTP/1.1 200 OK\r\n");
		later(c, path(c, "/drip") ? 20 : 0);
	} else if (path(c, "/big")) {
		words(c, "HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n");
		later(c, 0);
	} else if (path(c, "/garbage")) {
		words(c, "\x16\x03\x01 hm\r\n\r\n");
		client_free(c);
		return true;
	} else if (!path(c, "/never")) {
		if (!path(c, "/nothing"))
			words(c,
			    "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0123456789");
		if (path(c, "/rst"))
			setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
		client_free(c);
		return true;
	}
	return false;
}

static void
on_client(evutil_socket_t fd, short what, void *ctx)
{
	struct client *c = ctx;
	ssize_t n = read(fd, c->request + c->len, sizeof c->request - 1 - c->len);

	(void)what;
	if (n <= 0) {
		client_free(c);
		return;
	}
	c->len += (size_t)n;
	c->request[c->len] = '\0';
	if (strstr(c->request, "\r\n\r\n") == NULL)
		return;
	memcpy(c->s->last, c->request, c->len + 1);
	c->len = 0;
	respond(c);
}

static void
on_accept(evutil_socket_t fd, short what, void *ctx)
{
	struct testhttp *s = ctx;
	struct client *c;
	int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (peer < 0)
		return;
	c = mem_zero(1, sizeof *c);
	c->s = s;
	c->fd = peer;
	c->in = event_new(s->base, peer, EV_READ | EV_PERSIST, on_client, c);
	event_add(c->in, NULL);
	s->accepted++;
	if (++s->open > s->open_max)
		s->open_max = s->open;
}

struct testhttp *
testhttp_new(struct event_base *base, const char *address)
{
	struct testhttp *s = mem_zero(1, sizeof *s);
	struct addr a;
	socklen_t len = sizeof a;

	s->base = base;
	addr_parse(&a, address);
	s->fd = socket(a.sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || bind(s->fd, &a.sa, addr_len(&a)) != 0 ||
	    listen(s->fd, 1000) != 0) {
		free(s);
		return NULL;
	}
	getsockname(s->fd, &a.sa, &len);
	s->port = addr_port(&a);
	s->ev = event_new(base, s->fd, EV_READ | EV_PERSIST, on_accept, s);
	event_add(s->ev, NULL);
	return s;
}

void
testhttp_free(struct testhttp *s)
{
	event_free(s->ev);
	close(s->fd);
	free(s);
}
