#include "link/link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

/* Messages handled in one turn of the loop: enough to keep up, few enough that other
 * lines and timers get theirs. */
#define LINK_TURN 64
/* LINK_MUST messages may fill the queue to this many times its size. */
#define LINK_MUST_FACTOR 2

/* A message that waits for the reader. */
struct parcel {
	TAILQ_ENTRY(parcel) next;
	size_t size;
	int fd; /* owned, or -1 */
	enum link_keep keep;
	uint8_t data[];
};

TAILQ_HEAD(parcels, parcel);

struct link {
	int fd;
	enum room peer;
	struct event *readable, *writable;
	struct parcels queue;
	size_t queued, queue_max;
	unsigned long dropped;
	link_message_fn message;
	link_gone_fn gone;
	void *ctx;
	unsigned busy;	/* handlers on the stack: freeing waits for them */
	bool held;	/* what is sent waits for link_release() */
	bool broken;	/* nothing goes out any more; gone() is due */
	bool nonsense;	/* why */
	bool abandoned; /* link_free() was called from a handler */
};

static void
parcel_free(struct link *link, struct parcel *p)
{
	TAILQ_REMOVE(&link->queue, p, next);
	link->queued -= p->size;
	if (p->fd >= 0)
		close(p->fd);
	free(p);
}

static void
link_destroy(struct link *link)
{
	struct parcel *p;

	while ((p = TAILQ_FIRST(&link->queue)) != NULL)
		parcel_free(link, p);
	event_free(link->readable);
	event_free(link->writable);
	close(link->fd);
	free(link);
}

void
link_free(struct link *link)
{
	if (link == NULL)
		return;
	if (link->busy > 0) {
		link->abandoned = true;
		event_del(link->readable);
		event_del(link->writable);
		return;
	}
	link_destroy(link);
}

/* Nothing more goes out; gone() follows from the loop, never from under a sender. */
static void
link_break(struct link *link)
{
	if (link->broken)
		return;
	link->broken = true;
	event_del(link->writable);
	event_active(link->readable, EV_READ, 0);
}

static void
link_close(struct link *link)
{
	link->broken = true;
	link->busy++; /* gone() may call link_free(): once is enough */
	if (link->gone != NULL)
		link->gone(link->ctx, link);
	link_destroy(link);
}

/* --- in -------------------------------------------------------------------------- */

/* The descriptor of a received control message, or -1. More than one is nobody's
 * message: all are closed and *SURPLUS is set. */
static int
take_fd(struct msghdr *mh, bool *surplus)
{
	int fd = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(mh); c != NULL; c = CMSG_NXTHDR(mh, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int one;
			memcpy(&one, CMSG_DATA(c) + i * sizeof one, sizeof one);
			if (fd >= 0) {
				*surplus = true;
				close(one);
			} else {
				fd = one;
			}
		}
	}
	return fd;
}

enum got {
	GOT_MESSAGE,
	GOT_NOTHING,
	GOT_END
};

/* Receive and handle one message. */
static enum got
link_receive(struct link *link)
{
	uint8_t data[MSG_MAX];
	union {
		char buf[CMSG_SPACE(4 * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { data, sizeof data };
	struct msghdr mh = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof control };
	struct msg_in in;
	bool surplus = false;

	ssize_t n = recvmsg(link->fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return GOT_NOTHING;
	/* The peer left without reading all of ours; what it sent is still there. */
	if (n < 0 && errno == ECONNRESET)
		return GOT_MESSAGE;
	if (n <= 0)
		return GOT_END;

	int fd = take_fd(&mh, &surplus);
	int bad = surplus || (mh.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
	bad = msg_parse(&in, data, (size_t)n, fd) != 0 || bad;
	if (!bad) {
		link->busy++;
		bad = link->message(link->ctx, link, &in) != 0;
		link->busy--;
	}
	if (in.fd >= 0)
		close(in.fd);
	if (bad && !link->abandoned) {
		log_warnx("message %u of %zd bytes from %s is not to be believed",
		    (unsigned)in.type, n, room_name(link->peer));
		link->nonsense = true;
		return GOT_END;
	}
	return GOT_MESSAGE;
}

/* Up to LIMIT messages. False when LINK is no more. */
static bool
link_read(struct link *link, unsigned limit)
{
	enum got got = GOT_MESSAGE;

	while (limit-- > 0 && got == GOT_MESSAGE) {
		got = link_receive(link);
		if (link->abandoned) {
			if (link->busy == 0)
				link_destroy(link);
			return false;
		}
	}
	if (got == GOT_END || (link->broken && got == GOT_NOTHING)) {
		link_close(link);
		return false;
	}
	/* Level-triggered reading stops mattering once the line is broken. */
	if (link->broken)
		event_active(link->readable, EV_READ, 0);
	return true;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	link_read(arg, LINK_TURN);
}

bool
link_drain(struct link *link)
{
	/* A live sender could keep us here for ever: bounded by what a socket holds. */
	return link_read(link, 16384);
}

/* --- out ------------------------------------------------------------------------- */

/* 0 sent, 1 try again later, -1 the line is dead. */
static int
transmit(int sock, const void *data, size_t len, int fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (fd >= 0) {
		memset(&control, 0, sizeof control);
		mh.msg_control = &control;
		mh.msg_controllen = sizeof control;
		struct cmsghdr *c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	for (;;) {
		ssize_t n = sendmsg(sock, &mh, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0)
			return 0;
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS ||
		    errno == ENOMEM || errno == ETOOMANYREFS)
			return 1;
		return -1;
	}
}

/* Hand over from the queue. False when the kernel takes no more for now. */
static bool
link_push(struct link *link)
{
	struct parcel *p;

	while ((p = TAILQ_FIRST(&link->queue)) != NULL) {
		int r = transmit(link->fd, p->data, p->size, p->fd);
		if (r == 1)
			return false;
		if (r == -1) {
			link_break(link);
			return true;
		}
		parcel_free(link, p);
	}
	return true;
}

/* Ask for the next try: when the socket has room, and not in a tight circle should the
 * kernel be short of something else. */
static void
link_wait(struct link *link)
{
	static const struct timeval soon = { 0, 20 * 1000 };
	struct pollfd pfd = { link->fd, POLLOUT, 0 };
	bool room = poll(&pfd, 1, 0) == 1;

	event_del(link->writable);
	event_assign(link->writable, event_get_base(link->readable), link->fd,
	    room ? EV_TIMEOUT : EV_WRITE, event_get_callback(link->writable), link);
	event_add(link->writable, room ? &soon : NULL);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct link *link = arg;

	(void)fd;
	(void)what;
	if (!link_push(link))
		link_wait(link);
}

/* Make room for SIZE bytes by throwing the oldest droppable parcels away. */
static bool
make_room(struct link *link, size_t size, enum link_keep keep)
{
	struct parcel *p = TAILQ_FIRST(&link->queue), *next;

	for (; p != NULL && link->queued + size > link->queue_max; p = next) {
		next = TAILQ_NEXT(p, next);
		if (p->keep != LINK_DROPPABLE)
			continue;
		parcel_free(link, p);
		link->dropped++;
	}
	if (link->queued + size <= link->queue_max)
		return true;
	return keep == LINK_MUST &&
	       link->queued + size <= link->queue_max * LINK_MUST_FACTOR;
}

static void
enqueue(struct link *link, const void *data, size_t size, int fd, enum link_keep keep)
{
	struct parcel *p;

	if (!make_room(link, size, keep)) {
		link->dropped++;
		if (keep == LINK_MUST && !link->broken) {
			log_warnx("%s does not read, %zu bytes wait: line closed",
			    room_name(link->peer), link->queued);
			link_break(link);
		}
		return;
	}
	int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (fd >= 0 && copy < 0) {
		log_warn("descriptor for %s", room_name(link->peer));
		link->dropped++;
		return;
	}
	p = mem_alloc(sizeof *p + size);
	p->size = size;
	p->fd = copy;
	p->keep = keep;
	memcpy(p->data, data, size);
	bool first = TAILQ_EMPTY(&link->queue);
	TAILQ_INSERT_TAIL(&link->queue, p, next);
	link->queued += size;
	if (first && !link->held && !link->broken)
		link_wait(link);
}

void
link_send(struct link *link, struct msg_out *out, int fd, enum link_keep keep)
{
	size_t size = msg_end(out);

	if (size == 0) {
		log_warnx("a message too long for its frame was not sent");
		if (link != NULL)
			link->dropped++;
		return;
	}
	if (link == NULL || link->abandoned || (link->broken && keep != LINK_MUST)) {
		if (link != NULL)
			link->dropped++;
		return;
	}
	if (TAILQ_EMPTY(&link->queue) && !link->held && !link->broken) {
		int r = transmit(link->fd, out->data, size, fd);
		if (r == 0)
			return;
		if (r == -1)
			link_break(link);
		if (r == -1 && keep != LINK_MUST) {
			link->dropped++;
			return;
		}
	}
	/* Out of a broken line nothing goes; but who makes another finds it waiting. */
	enqueue(link, out->data, size, fd, keep);
}

void
link_hold(struct link *link)
{
	if (link != NULL)
		link->held = true;
}

void
link_release(struct link *link)
{
	if (link == NULL)
		return;
	link->held = false;
	if (!link->broken && !TAILQ_EMPTY(&link->queue) && !link_push(link))
		link_wait(link);
}

void
link_flush(struct link *link, unsigned timeout_ms)
{
	int64_t end = clock_mono_ns() + timeout_ms * CLOCK_NS_PER_MS;

	while (!link->broken && !link_push(link)) {
		struct pollfd pfd = { link->fd, POLLOUT, 0 };
		int64_t left = end - clock_mono_ns();
		if (left <= 0)
			return;
		poll(&pfd, 1, (int)(left / CLOCK_NS_PER_MS) + 1);
	}
}

/* --- life ------------------------------------------------------------------------ */

struct link *
link_new(struct event_base *base, int fd, enum room peer, size_t queue_max,
    link_message_fn message, link_gone_fn gone, void *ctx)
{
	struct link *link = mem_zero(1, sizeof *link);

	link->fd = fd;
	link->peer = peer;
	link->queue_max = queue_max;
	link->message = message;
	link->gone = gone;
	link->ctx = ctx;
	TAILQ_INIT(&link->queue);
	link->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, link);
	link->writable = event_new(base, fd, EV_WRITE, on_writable, link);
	if (link->readable == NULL || link->writable == NULL ||
	    event_add(link->readable, NULL) != 0)
		fatalx("no event for the line to %s", room_name(peer));
	return link;
}

void
link_waiting(const struct link *link,
    void (*each)(void *ctx, const void *data, size_t len, enum link_keep keep),
    void *ctx)
{
	const struct parcel *p;

	TAILQ_FOREACH(p, &link->queue, next)
		each(ctx, p->data, p->size, p->keep);
}

enum room
link_peer(const struct link *link)
{
	return link->peer;
}

bool
link_nonsense(const struct link *link)
{
	return link->nonsense;
}

size_t
link_queued(const struct link *link)
{
	return link->queued;
}

unsigned long
link_dropped(const struct link *link)
{
	return link->dropped;
}
