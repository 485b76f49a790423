#include "t/peer.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/log.h"

#define MUCH (4 << 20)

static int told; /* in the peer: where it tells what it hears */

static int
peer_listen(struct peer *p, const char *address, int type)
{
	struct addr a;
	socklen_t len = sizeof a;

	if (addr_parse(&a, address) != 0)
		fatalx("%s is no address", address);
	int fd = socket(a.sa.sa_family, type | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, &a.sa, addr_len(&a)) != 0 ||
	    (type == SOCK_STREAM && listen(fd, 8) != 0) ||
	    getsockname(fd, &a.sa, &len) != 0)
		fatal("%s", address);
	snprintf(p->port, sizeof p->port, "%u", addr_port(&a));
	return fd;
}

/* In the peer: 0. */
static pid_t
peer_fork(struct peer *p)
{
	int ends[2];

	if (pipe(ends) != 0)
		fatal("pipe");
	fflush(stdout);
	p->pid = fork();
	if (p->pid < 0)
		fatal("fork");
	if (p->pid == 0) {
		alarm(20);
		signal(SIGPIPE, SIG_IGN);
		told = ends[1];
		close(ends[0]);
	} else {
		p->told = ends[0];
		close(ends[1]);
	}
	return p->pid;
}

static void
pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* --- scripts --------------------------------------------------------------------- */

static char heard[1 << 16];
static size_t heard_len;

/* Hear until TEXT came, behind what was heard before. */
static void
hear(int fd, const char *text)
{
	static size_t from;

	while (memmem(heard + from, heard_len - from, text, strlen(text)) == NULL) {
		if (heard_len == sizeof heard)
			return;
		ssize_t n = recv(fd, heard + heard_len, sizeof heard - heard_len, 0);
		if (n <= 0)
			return;
		if (write(told, heard + heard_len, (size_t)n) != n)
			_exit(1);
		heard_len += (size_t)n;
	}
	from = heard_len;
}

static void
say(int fd, const char *text, size_t len)
{
	if (send(fd, text, len, MSG_NOSIGNAL) < 0 && errno != EPIPE &&
	    errno != ECONNRESET)
		_exit(1);
}

static void
echo(int fd, size_t left)
{
	char buf[4096];

	while (left > 0) {
		ssize_t n = recv(fd, buf, left < sizeof buf ? left : sizeof buf, 0);
		if (n <= 0)
			return;
		say(fd, buf, (size_t)n);
		left -= (size_t)n;
	}
}

static void
do_word(int fd, const char *word)
{
	const struct linger reset = { 1, 0 };
	const char *arg = strchr(word, ':');
	size_t len = arg == NULL ? 0 : strlen(++arg);

	if (strncmp(word, "say:", 4) == 0)
		say(fd, arg, len);
	else if (strncmp(word, "bytes:", 6) == 0)
		for (size_t i = 0; i < len; i++) {
			say(fd, arg + i, 1);
			pause_ms(4);
		}
	else if (strncmp(word, "much:", 5) == 0)
		for (size_t i = 0; i < MUCH / len; i++) {
			if (send(fd, arg, len, MSG_NOSIGNAL) < 0)
				break;
		}
	else if (strcmp(word, "nul") == 0)
		say(fd, "\0\0\0\0", 4);
	else if (strcmp(word, "hear") == 0)
		hear(fd, "\n");
	else if (strncmp(word, "hear:", 5) == 0)
		hear(fd, arg);
	else if (strncmp(word, "pause:", 6) == 0)
		pause_ms(atol(arg));
	else if (strncmp(word, "echo:", 5) == 0)
		echo(fd, (size_t)atol(arg));
	else if (strcmp(word, "reset") == 0) {
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
		_exit(0);
	} else if (strcmp(word, "hangup") == 0)
		shutdown(fd, SHUT_WR);
	else
		_exit(2);
}

struct peer
peer_stream(const char *address, const char *const *script)
{
	struct peer p;
	int fd = peer_listen(&p, address, SOCK_STREAM);

	if (peer_fork(&p) != 0) {
		close(fd);
		return p;
	}
	int conn = accept(fd, NULL, NULL);
	if (conn < 0)
		_exit(1);
	/* the order of pieces is the script's, not Nagle's */
	for (; *script != NULL; script++)
		do_word(conn, *script);
	hear(conn, "\n\n\n\n");
	_exit(0);
}

/* --- answers --------------------------------------------------------------------- */

static void
answer_datagrams(int fd, peer_answer_fn answer)
{
	static uint8_t in[65536], out[65536];
	struct addr from;

	for (unsigned times = 0;; times++) {
		socklen_t room = sizeof from;
		ssize_t n = recvfrom(fd, in, sizeof in, 0, &from.sa, &room);
		if (n < 0)
			_exit(1);
		ssize_t len = answer(in, (size_t)n, out, sizeof out, times);
		if (len > 0)
			sendto(fd, out, (size_t)len, 0, &from.sa, room);
	}
}

static void
answer_stream(int fd, peer_answer_fn answer)
{
	static uint8_t in[65536], out[65536];
	int conn = accept(fd, NULL, NULL);

	for (unsigned times = 0;; times++) {
		ssize_t n = recv(conn, in, sizeof in, 0);
		if (n <= 0)
			_exit(0);
		ssize_t len = answer(in, (size_t)n, out, sizeof out, times);
		if (len < 0)
			_exit(0);
		say(conn, (char *)out, (size_t)len);
	}
}

struct peer
peer_answers(const char *address, int type, peer_answer_fn answer)
{
	struct peer p;
	int fd = peer_listen(&p, address, type);

	if (peer_fork(&p) != 0) {
		close(fd);
		return p;
	}
	if (type == SOCK_DGRAM)
		answer_datagrams(fd, answer);
	answer_stream(fd, answer);
	_exit(0);
}

void
peer_end(struct peer *p, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;
	int status;

	if (text == NULL)
		kill(p->pid, SIGKILL);
	while (text != NULL && len + 1 < size &&
	       (n = read(p->told, text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	if (text != NULL)
		text[len] = '\0';
	close(p->told);
	kill(p->pid, SIGKILL);
	waitpid(p->pid, &status, 0);
}
