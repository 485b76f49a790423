#include "t/testftp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/log.h"
#include "base/mem.h"

struct client {
	struct testftp *t;
	struct event *in, *flow, *data;
	int fd, data_fd;
	size_t sent;
	bool put, moving;
};

static void
say(struct client *c, const char *text)
{
	(void)!send(c->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
data_close(struct client *c)
{
	if (c->data != NULL)
		event_free(c->data);
	c->data = NULL;
	if (c->data_fd >= 0)
		close(c->data_fd);
	c->data_fd = -1;
}

static void
client_free(struct client *c)
{
	data_close(c);
	event_free(c->in);
	if (c->flow != NULL)
		event_free(c->flow);
	close(c->fd);
	c->t->open--;
	free(c);
}

static int
listener(unsigned *port)
{
	struct addr a;
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	addr_parse(&a, "127.0.0.1");
	if (fd < 0 || bind(fd, &a.sa, addr_len(&a)) != 0 || listen(fd, 100) != 0 ||
	    getsockname(fd, &a.sa, &len) != 0)
		fatal("a port for FTP");
	*port = addr_port(&a);
	return fd;
}

/* --- data ------------------------------------------------------------------------- */

static void
data_over(struct client *c)
{
	bool fails = c->t->kind == TESTFTP_FAILS;

	data_close(c);
	if (c->t->kind != TESTFTP_NO_END)
		say(c, fails ? "426 Out of luck\r\n" : "226 Done\r\n");
}

static void
on_data(evutil_socket_t fd, short what, void *ctx)
{
	struct client *c = ctx;
	static char block[65536];
	size_t size = c->t->kind == TESTFTP_FAILS ? 1000 : TESTFTP_SIZE, left;
	ssize_t n;

	(void)what;
	if (c->put) {
		n = recv(fd, block, sizeof block, 0);
		c->t->got += n > 0 ? (unsigned long long)n : 0;
		if (n == 0 || (n < 0 && errno != EAGAIN))
			data_over(c);
		return;
	}
	left = c->t->kind == TESTFTP_ENDLESS ? sizeof block : size - c->sent;
	if (c->sent > TESTFTP_MUCH) {
		event_del(c->data); /* it takes a while to come to an end */
		return;
	}
	n = send(fd, block, left < sizeof block ? left : sizeof block, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN) {
		data_close(c);
		return;
	}
	c->sent += n > 0 ? (size_t)n : 0;
	c->t->sent += n > 0 ? (unsigned long long)n : 0;
	if (c->sent >= size && c->t->kind != TESTFTP_ENDLESS)
		data_over(c);
}

static void
data_begin(struct client *c)
{
	if (!c->moving || c->data_fd < 0 || c->data != NULL ||
	    c->t->kind == TESTFTP_NO_DATA)
		return;
	c->data = event_new(c->t->base, c->data_fd,
	    (c->put ? EV_READ : EV_WRITE) | EV_PERSIST, on_data, c);
	event_add(c->data, NULL);
}

static void
on_data_accept(evutil_socket_t fd, short what, void *ctx)
{
	struct client *c = ctx;
	int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)what;
	if (peer < 0)
		return;
	data_close(c);
	c->data_fd = peer;
	data_begin(c);
}

/* --- control ---------------------------------------------------------------------- */

static void
passive(struct client *c, bool extended)
{
	struct testftp *t = c->t;
	unsigned port = t->kind == TESTFTP_REFUSED ? 1 : t->data_port;
	char text[100];

	if (t->data_ev != NULL)
		event_free(t->data_ev);
	t->data_ev =
	    event_new(t->base, t->data_fd, EV_READ | EV_PERSIST, on_data_accept, c);
	event_add(t->data_ev, NULL);
	if (extended)
		snprintf(text, sizeof text, "229 Entering (|||%u|)\r\n", port);
	else if (t->kind == TESTFTP_NO_PORT)
		snprintf(text, sizeof text, "227 Entering passive mode\r\n");
	else
		snprintf(text, sizeof text, "227 Entering (%s,%u,%u)\r\n",
		    t->kind == TESTFTP_ELSEWHERE ? "192,0,2,1" : "127,0,0,1",
		    port / 256, port % 256);
	if (!extended && t->kind == TESTFTP_NO_PASV)
		say(c, "502 No\r\n");
	else
		say(c, text);
}

static void
file(struct client *c, bool put)
{
	if (c->t->kind == TESTFTP_NO_FILE) {
		say(c, "550 No such file\r\n");
		return;
	}
	say(c, "150 Here\r\n");
	c->put = put;
	c->moving = true;
	c->sent = 0;
	data_begin(c);
}

static void
on_chatter(evutil_socket_t fd, short what, void *ctx)
{
	struct client *c = ctx;
	char text[] = "220-and this\r\n220-and that\r\n220-and more\r\n";

	(void)fd, (void)what;
	for (int i = 0; i < 100; i++)
		say(c, text);
}

static void
chatter(struct client *c)
{
	struct timeval tv = { 0, 1000 };

	c->flow = event_new(c->t->base, -1, EV_PERSIST, on_chatter, c);
	event_add(c->flow, &tv);
}

/* One command. True when C is gone. */
static bool
command(struct client *c, const char *line)
{
	struct testftp *t = c->t;

	snprintf(t->last, sizeof t->last, "%s", line);
	if (strcmp(line, "USER me") == 0)
		say(c, "331 Password\r\n");
	else if (strncmp(line, "PASS ", 5) == 0 && t->kind == TESTFTP_CLOSES) {
		client_free(c);
		return true;
	} else if (strcmp(line, "PASS s3cret") == 0)
		say(c, t->kind == TESTFTP_LINES
			   ? "230-Hello\r\n 230 no end\r\n230 In\r\n"
			   : "230 In\r\n");
	else if (strncmp(line, "PASS ", 5) == 0)
		say(c, "530 Login incorrect.\r\n");
	else if (strcmp(line, "TYPE I") == 0)
		say(c, "200 Binary\r\n");
	else if (strcmp(line, "PASV") == 0 || strcmp(line, "EPSV") == 0)
		passive(c, line[0] == 'E');
	else if (strncmp(line, "RETR ", 5) == 0 || strncmp(line, "STOR ", 5) == 0)
		file(c, line[0] == 'S');
	else if (strcmp(line, "QUIT") == 0)
		t->quits++;
	else
		say(c, "500 What?\r\n");
	return false;
}

static void
on_client(evutil_socket_t fd, short what, void *ctx)
{
	struct client *c = ctx;
	char buf[1024], *save = NULL;
	ssize_t n = recv(fd, buf, sizeof buf - 1, 0);

	(void)what;
	if (n <= 0) {
		client_free(c);
		return;
	}
	buf[n] = '\0';
	for (char *l = strtok_r(buf, "\r\n", &save); l != NULL;
	     l = strtok_r(NULL, "\r\n", &save))
		if (command(c, l))
			return;
}

static void
on_accept(evutil_socket_t fd, short what, void *ctx)
{
	struct testftp *t = ctx;
	int peer = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct client *c;

	(void)what;
	if (peer < 0)
		return;
	c = mem_zero(1, sizeof *c);
	c->t = t;
	c->fd = peer;
	c->data_fd = -1;
	c->in = event_new(t->base, peer, EV_READ | EV_PERSIST, on_client, c);
	event_add(c->in, NULL);
	t->open++;
	if (t->kind == TESTFTP_GARBAGE)
		say(c, "SSH-2.0-OpenSSH_9.2\r\n");
	else if (t->kind == TESTFTP_CHATTER)
		chatter(c);
	else if (t->kind == TESTFTP_LINES)
		say(c,
		    "120 Soon\r\n220-Hello\r\n  there\r\n221 is no end\r\n220 Go on\r\n");
	else if (t->kind != TESTFTP_SILENT)
		say(c, "220 Test\r\n");
}

struct testftp *
testftp_new(struct event_base *base, enum testftp_kind kind)
{
	struct testftp *t = mem_zero(1, sizeof *t);

	t->base = base;
	t->kind = kind;
	t->fd = listener(&t->port);
	t->data_fd = listener(&t->data_port);
	t->ev = event_new(base, t->fd, EV_READ | EV_PERSIST, on_accept, t);
	event_add(t->ev, NULL);
	return t;
}

void
testftp_free(struct testftp *t)
{
	for (int i = 0; i < 500 && t->open > 0; i++) {
		event_base_loop(t->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		usleep(1000);
	}
	event_free(t->ev);
	if (t->data_ev != NULL)
		event_free(t->data_ev);
	close(t->fd);
	close(t->data_fd);
	free(t);
}
