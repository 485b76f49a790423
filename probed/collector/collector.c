/* The collector takes flow datagrams from its sockets and counts them. They are not
 * decoded yet, which it says at most once a minute while some come. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/mem.h"
#include "link/worker.h"

/* Datagrams taken in one turn of the loop. */
#define TURN 512
#define BATCH 32

static int *sockets;
static unsigned socket_count;
static unsigned long long datagrams;

static void
take_socket(enum msg_socket kind, unsigned index, unsigned rung, int fd)
{
	(void)kind;
	(void)index;
	(void)rung;
	sockets = mem_grow(sockets, socket_count + 1, sizeof *sockets);
	sockets[socket_count++] = fd;
}

static void
on_datagrams(evutil_socket_t fd, short what, void *arg)
{
	static struct log_limit limit;
	/* Counted, not read: one byte of each is enough. */
	char byte[BATCH];
	struct iovec iov[BATCH];
	struct mmsghdr mm[BATCH] = { 0 };
	int n = 1;

	(void)what;
	(void)arg;
	for (unsigned i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){ &byte[i], 1 };
		mm[i].msg_hdr.msg_iov = &iov[i];
		mm[i].msg_hdr.msg_iovlen = 1;
	}
	for (unsigned turn = 0; turn < TURN / BATCH && n > 0; turn++) {
		n = recvmmsg(fd, mm, BATCH, MSG_DONTWAIT, NULL);
		datagrams += n > 0 ? (unsigned)n : 0;
	}
	if (log_allowed(&limit, 60, NULL))
		log_info(
		    "%llu flow datagrams so far; flows are not decoded yet", datagrams);
}

static void *
start(struct worker *w)
{
	for (unsigned i = 0; i < socket_count; i++) {
		struct event *ev = event_new(
		    w->base, sockets[i], EV_READ | EV_PERSIST, on_datagrams, NULL);
		if (ev == NULL || event_add(ev, NULL) != 0)
			fatalx("no event for a flow socket");
	}
	return NULL;
}

int
main(void)
{
	static const struct worker_ops ops = {
		.room = ROOM_COLLECTOR,
		.sandbox = SANDBOX_COLLECTOR,
		.socket = take_socket,
		.start = start,
	};

	worker_main(&ops);
}
