/* slowline: a line to a web server, with a rate, a delay and a queue of its own in each
 * direction, between two TUN devices: one in the network namespace that it was started
 * in, the other in a namespace of its own, where the server lives. Both ends are the
 * kernel's own TCP, so what fills the line and what waits in it is real.
 *
 *	slowline [--down BPS] [--up BPS] [--queue BYTES] [--delay MS] [--boost BYTES]
 *	    [--ready FILE]
 *
 * The first --boost bytes in each direction pass at three times the rate. The near end is
 * 198.51.100.1; the server is 198.51.100.2 port 8000: GET /N sends N bytes, POST reads what
 * comes, /404 is not there, and one byte where a Range is asked for. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define PACKETS 4096
#define NEAR "198.51.100.1"
#define FAR "198.51.100.2"
#define PORT 8000

struct packet {
	int64_t due_ns; /* when it leaves at the other end */
	size_t len;
	uint8_t data[2048];
};

struct direction {
	int from, to;
	double rate; /* bit/s */
	struct packet *ring;
	size_t first, count, bytes; /* waiting */
	uint64_t passed;
	int64_t free_ns; /* when the line is free again */
};

static struct {
	double down, up;
	size_t queue, boost;
	int64_t delay_ns;
	const char *ready;
} option = { 8e6, 8e6, 100000, 0, 5 * CLOCK_NS_PER_MS, NULL };

/* A device up with OWN, and a route to PEER. */
static int
open_device(const char *own, const char *peer)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	struct sockaddr_in *a = (struct sockaddr_in *)(void *)&ifr.ifr_addr;
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC),
	    s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strcpy(ifr.ifr_name, "line0");
	if (fd < 0 || s < 0 || ioctl(fd, TUNSETIFF, &ifr) != 0)
		fatal("no TUN device");
	memset(a, 0, sizeof *a);
	a->sin_family = AF_INET;
	a->sin_addr.s_addr = inet_addr(own);
	if (ioctl(s, SIOCSIFADDR, &ifr) != 0)
		fatal("address %s", own);
	a->sin_addr.s_addr = inet_addr(peer);
	if (ioctl(s, SIOCSIFDSTADDR, &ifr) != 0)
		fatal("peer %s", peer);
	ifr.ifr_flags = IFF_UP | IFF_RUNNING | IFF_POINTOPOINT;
	if (ioctl(s, SIOCSIFFLAGS, &ifr) != 0)
		fatal("line0 up");
	close(s);
	return fd;
}

/* --- the server ------------------------------------------------------------------- */

static void
send_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			_exit(0);
		data += n;
		len -= (size_t)n;
	}
}

static void
answer(int fd, const char *status, unsigned long long bytes)
{
	static char block[65536];
	char head[200];

	snprintf(head, sizeof head,
	    "HTTP/1.1 %s\r\nContent-Length: %llu\r\nConnection: close\r\n\r\n", status,
	    bytes);
	send_all(fd, head, strlen(head));
	while (bytes > 0) {
		size_t n = bytes < sizeof block ? (size_t)bytes : sizeof block;

		send_all(fd, block, n);
		bytes -= n;
	}
}

static void
serve(int fd)
{
	static char in[65536];
	size_t len = 0;
	char *end = NULL;

	while (end == NULL && len < sizeof in - 1) {
		ssize_t n = recv(fd, in + len, sizeof in - 1 - len, 0);

		if (n <= 0)
			return;
		len += (size_t)n;
		in[len] = '\0';
		end = strstr(in, "\r\n\r\n");
	}
	const char *length = strstr(in, "Content-Length: ");
	if (strncmp(in, "POST ", 5) == 0 && length != NULL && end != NULL) {
		unsigned long long left = strtoull(length + 16, NULL, 10),
				   here = len - (size_t)(end + 4 - in);

		while (here < left) {
			ssize_t n = recv(fd, in, sizeof in, 0);

			if (n <= 0)
				return;
			here += (unsigned long long)n;
		}
		answer(fd, "200 OK", 0);
	} else if (strstr(in, "/404") != NULL) {
		answer(fd, "404 Not Found", 0);
	} else if (strstr(in, "Range: ") != NULL) {
		answer(fd, "206 Partial Content", 1);
	} else {
		answer(fd, "200 OK", strtoull(in + 5, NULL, 10));
	}
	/* What the peer still sends would end in a reset that eats the answer. */
	shutdown(fd, SHUT_WR);
	while (recv(fd, in, sizeof in, 0) > 0)
		;
}

static void
server(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	signal(SIGCHLD, SIG_IGN);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	a.sin_addr.s_addr = inet_addr(FAR);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 ||
	    listen(fd, 128) != 0)
		fatal("server");
	for (;;) {
		int c = accept(fd, NULL, NULL);

		if (c < 0)
			continue;
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(fd);
			serve(c);
			_exit(0);
		}
		close(c);
	}
}

/* --- the line --------------------------------------------------------------------- */

static void
take(struct direction *d, int64_t now)
{
	uint8_t data[2048];
	ssize_t n;

	while ((n = read(d->from, data, sizeof data)) > 0) {
		size_t len = (size_t)n;

		if (d->count == PACKETS || d->bytes + len > option.queue)
			continue; /* the queue is full: dropped */
		struct packet *p = &d->ring[(d->first + d->count++) % PACKETS];
		memcpy(p->data, data, len);
		p->len = len;
		d->bytes += len;
		double rate = d->passed < option.boost ? 3 * d->rate : d->rate;
		if (d->free_ns < now)
			d->free_ns = now;
		d->free_ns += (int64_t)((double)len * 8e9 / rate);
		d->passed += len;
		p->due_ns = d->free_ns;
	}
}

/* Send what has crossed the line; ns until the next does, or -1. */
static int64_t
give(struct direction *d, int64_t now)
{
	while (d->count > 0) {
		struct packet *p = &d->ring[d->first];
		int64_t left = p->due_ns + option.delay_ns - now;

		if (left > 0)
			return left;
		if (write(d->to, p->data, p->len) < 0 && errno == EBADF)
			fatal("line");
		d->bytes -= p->len;
		d->first = (d->first + 1) % PACKETS;
		d->count--;
	}
	return -1;
}

static void
relay(int near, int far)
{
	struct direction way[2] = { { .from = far, .to = near, .rate = option.down },
		{ .from = near, .to = far, .rate = option.up } };

	for (int i = 0; i < 2; i++)
		way[i].ring = mem_zero(PACKETS, sizeof *way[i].ring);
	for (;;) {
		struct pollfd in[2] = { { .fd = far, .events = POLLIN },
			{ .fd = near, .events = POLLIN } };
		int64_t wait = CLOCK_NS_PER_S, now = clock_mono_ns();

		for (int i = 0; i < 2; i++) {
			take(&way[i], now);
			int64_t next = give(&way[i], now);
			if (next >= 0 && next < wait)
				wait = next;
		}
		struct timespec ts = { wait / CLOCK_NS_PER_S, wait % CLOCK_NS_PER_S };
		ppoll(in, 2, &ts, NULL);
	}
}

static void
options(int argc, char **argv)
{
	static const struct option longs[] = { { "down", 1, NULL, 'd' },
		{ "up", 1, NULL, 'u' }, { "queue", 1, NULL, 'q' },
		{ "delay", 1, NULL, 'l' }, { "boost", 1, NULL, 'b' },
		{ "ready", 1, NULL, 'r' }, { NULL, 0, NULL, 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'd')
			option.down = atof(optarg);
		else if (c == 'u')
			option.up = atof(optarg);
		else if (c == 'q')
			option.queue = strtoul(optarg, NULL, 10);
		else if (c == 'l')
			option.delay_ns = atoi(optarg) * CLOCK_NS_PER_MS;
		else if (c == 'b')
			option.boost = strtoul(optarg, NULL, 10);
		else if (c == 'r')
			option.ready = optarg;
		else
			fatalx("expected --down --up --queue --delay --boost --ready");
	}
}

int
main(int argc, char **argv)
{
	log_init("slowline", LOG_LEVEL_INFO);
	options(argc, argv);
	int near = open_device(NEAR, FAR);
	if (unshare(CLONE_NEWNET) != 0)
		fatal("no network namespace");
	int far = open_device(FAR, NEAR);
	pid_t pid = fork();
	if (pid < 0)
		fatal("fork");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(near);
		close(far);
		server();
	}
	if (option.ready != NULL) {
		int fd = open(option.ready, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		if (fd < 0)
			fatal("%s", option.ready);
		close(fd);
	}
	relay(near, far);
}
