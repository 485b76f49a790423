/* Links: order, bounds, descriptors, nonsense, and ends at awkward moments. */
#include "link/keep.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/log.h"
#include "tap.h"

#define NONSENSE 1000000 /* not believed by a handler */

static struct event_base *base;

/* One end, and what happened to it. */
struct end {
	struct link *link;
	unsigned messages, gone;
	bool nonsense, free_in_handler, keep_fd;
	struct keep *keep; /* its line is this one */
	uint64_t last;
	bool in_order;
	int fd;
};

static int
on_message(void *ctx, struct link *link, struct msg_in *in)
{
	struct end *e = ctx;
	uint64_t v = wire_u64(&in->wire);

	wire_skip(&in->wire, wire_left(&in->wire));
	e->messages++;
	e->in_order = e->in_order && v > e->last;
	e->last = v;
	if (e->keep_fd) {
		e->fd = in->fd;
		in->fd = -1;
	}
	if (e->free_in_handler) {
		link_free(link);
		e->link = NULL;
	}
	return v == NONSENSE ? -1 : 0;
}

static void
on_gone(void *ctx, struct link *link)
{
	struct end *e = ctx;

	e->gone++;
	e->nonsense = link_nonsense(link);
	if (e->keep != NULL)
		keep_line(e->keep, NULL);
	e->link = NULL;
}

static void
reset(struct end *e)
{
	*e = (struct end){ .in_order = true, .fd = -1 };
}

/* A pair of ends; QUEUE bytes may wait at A. */
static void
connect_ends(struct end *a, struct end *b, size_t queue)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd) !=
	    0)
		abort();
	reset(a);
	reset(b);
	a->link = link_new(base, fd[0], ROOM_WEB, queue, on_message, on_gone, a);
	b->link = link_new(base, fd[1], ROOM_PROBER, queue, on_message, on_gone, b);
}

static void
disconnect(struct end *a, struct end *b)
{
	link_free(a->link);
	link_free(b->link);
	if (a->fd >= 0)
		close(a->fd);
	if (b->fd >= 0)
		close(b->fd);
}

/* Send V with PADDING bytes behind it. */
static void
post(struct end *e, uint64_t v, size_t padding, int fd, enum link_keep keep)
{
	static struct msg_out out;
	static uint8_t zeroes[MSG_MAX];

	msg_begin(&out, MSG_ROUND);
	pack_u64(&out.pack, v);
	pack_bytes(&out.pack, zeroes, padding);
	link_send(e->link, &out, fd, keep);
}

/* Turn the loop until nothing is ready. */
static void
settle(void)
{
	for (unsigned i = 0; i < 10000; i++)
		if (event_base_loop(base, EVLOOP_NONBLOCK) != 0)
			break;
}

static void
order(void)
{
	struct end a, b;

	connect_ends(&a, &b, 1 << 20);
	for (unsigned i = 1; i <= 5000; i++)
		post(&a, i, 40, -1, LINK_MUST);
	ok(link_queued(a.link) > 0, "more waits than a socket holds");
	settle();
	is_int(b.messages, 5000, "all arrive");
	ok(b.in_order, "in order");
	is_int((long long)link_queued(a.link), 0, "nothing waits any more");
	is_int((long long)link_dropped(a.link), 0, "nothing was dropped");
	disconnect(&a, &b);
}

static void
holding(void)
{
	struct end a, b;

	connect_ends(&a, &b, 1 << 20);
	link_hold(a.link);
	for (unsigned i = 1; i <= 10; i++)
		post(&a, i, 40, -1, LINK_DROPPABLE);
	settle();
	is_int(b.messages, 0, "what is held does not go");
	link_release(a.link);
	is_int((long long)link_queued(a.link), 0, "released it goes at once");
	for (unsigned i = 11; i <= 5000; i++)
		post(&a, i, 40, -1, LINK_MUST);
	link_hold(a.link);
	post(&a, 5001, 40, -1, LINK_MUST);
	settle();
	link_release(a.link);
	settle();
	is_int(b.messages, 5001, "as does what waits for the reader");
	ok(b.in_order, "in order");
	link_hold(NULL);
	link_release(NULL);
	disconnect(&a, &b);
}

static void
bounds(void)
{
	struct end a, b;

	connect_ends(&a, &b, 50000);
	for (unsigned i = 1; i <= 1000; i++)
		post(&a, i, 1000, -1, LINK_DROPPABLE);
	ok(link_queued(a.link) <= 50000, "a queue keeps its bound");
	unsigned long dropped = link_dropped(a.link);
	ok(dropped > 0, "dropping is counted");
	post(&a, 1001, 10, -1, LINK_MUST);
	settle();
	is_int((long long)b.last, 1001, "the newest is kept");
	ok(b.in_order, "order is kept");
	is_int(b.messages, 1001 - (long long)link_dropped(a.link),
	    "what is not counted as dropped arrives");
	disconnect(&a, &b);

	connect_ends(&a, &b, 20000);
	for (unsigned i = 1; i <= 1000 && a.link != NULL; i++)
		post(&a, i, 1000, -1, LINK_MUST);
	is_int(a.gone, 0, "a sender is not called back from under its feet");
	settle();
	is_int(a.gone, 1, "a reader that takes nothing loses the line");
	is_int(b.gone, 1, "and is told");
	ok(b.messages > 0, "after what had been handed over");
	disconnect(&a, &b);
}

static void
must_stays(void)
{
	struct end a, b;

	connect_ends(&a, &b, 50000);
	/* Fill the socket, then the queue. */
	for (unsigned i = 1; i <= 400; i++)
		post(&a, i, 1000, -1, LINK_DROPPABLE);
	post(&a, 401, 1000, -1, LINK_MUST);
	for (unsigned i = 402; i <= 600; i++)
		post(&a, i, 1000, -1, LINK_DROPPABLE);
	unsigned long before = link_dropped(a.link);
	settle();
	ok(before > 100, "droppable ones are dropped around it");
	is_int(b.messages, 600 - (long long)before, "the count is right");
	ok(b.in_order && b.last == 600, "what must arrive did not stand in the way");
	disconnect(&a, &b);
}

static void
descriptors(void)
{
	struct end a, b;
	char buf[4] = "";
	int fd[2];

	if (pipe(fd) != 0)
		abort();
	connect_ends(&a, &b, 1 << 20);
	b.keep_fd = true;
	post(&a, 1, 0, fd[1], LINK_MUST);
	ok(write(fd[1], "x", 1) == 1, "the sender keeps its own descriptor");
	settle();
	ok(b.fd >= 0 && b.fd != fd[1], "a descriptor arrives");
	ok(write(b.fd, "y", 1) == 1 && read(fd[0], buf, 4) == 2 &&
		strcmp(buf, "xy") == 0,
	    "and leads to the same place");
	ok((fcntl(b.fd, F_GETFD) & FD_CLOEXEC) != 0, "closed on exec");
	close(b.fd);
	b.fd = -1;

	b.keep_fd = false;
	for (unsigned i = 2; i < 500; i++)
		post(&a, i, 1000, fd[1], LINK_MUST);
	settle();
	is_int(b.messages, 499, "descriptors may wait in the queue");
	close(fd[1]);
	disconnect(&a, &b);
	is_int(read(fd[0], buf, 4), 0, "none that nobody took stays open");
	close(fd[0]);
}

static void
nonsense(void)
{
	struct end a, b;

	connect_ends(&a, &b, 1 << 20);
	post(&a, 5, 0, -1, LINK_MUST);
	post(&a, NONSENSE, 0, -1, LINK_MUST);
	post(&a, NONSENSE + 1, 0, -1, LINK_MUST);
	settle();
	ok(b.gone == 1 && b.nonsense, "what is not believed closes the line");
	is_int(b.messages, 2, "and nothing after it is handled");
	ok(a.gone == 1 && !a.nonsense, "the other end only sees it closed");
	disconnect(&a, &b);

	static const uint8_t bad[3] = { 0xff, 0xff, 0 };
	int fd[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fd) != 0)
		abort();
	reset(&a);
	a.link = link_new(base, fd[0], ROOM_WEB, 1 << 20, on_message, on_gone, &a);
	if (send(fd[1], bad, sizeof bad, 0) != sizeof bad)
		abort();
	settle();
	ok(a.gone == 1 && a.nonsense && a.messages == 0, "an unknown type is nonsense");
	close(fd[1]);

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fd) != 0)
		abort();
	reset(&a);
	a.link = link_new(base, fd[0], ROOM_WEB, 1 << 20, on_message, on_gone, &a);
	static uint8_t big[MSG_MAX + 1] = { 0, MSG_ROUND };
	if (send(fd[1], big, sizeof big, 0) != sizeof big)
		abort();
	settle();
	ok(a.gone == 1 && a.nonsense && a.messages == 0, "so is what is too long");
	close(fd[1]);
}

static void
ends(void)
{
	struct end a, b;

	connect_ends(&a, &b, 1 << 20);
	for (unsigned i = 1; i <= 100; i++)
		post(&a, i, 10, -1, LINK_MUST);
	post(&b, 1, 10, -1, LINK_MUST); /* never read by A */
	link_free(a.link);
	a.link = NULL;
	settle();
	is_int(b.messages, 100, "what was sent before the end arrives");
	is_int(b.gone, 1, "then the end does");
	disconnect(&a, &b);

	connect_ends(&a, &b, 1 << 20);
	link_free(b.link);
	b.link = NULL;
	post(&a, 1, 10, -1, LINK_MUST);
	is_int(a.gone, 0, "sending into a dead line calls nobody back");
	post(&a, 2, 10, -1, LINK_MUST);
	settle();
	is_int(a.gone, 1, "the loop tells, once");
	disconnect(&a, &b);

	connect_ends(&a, &b, 1 << 20);
	b.free_in_handler = true;
	post(&a, 1, 10, -1, LINK_MUST);
	post(&a, 2, 10, -1, LINK_MUST);
	settle();
	ok(b.messages == 1 && b.gone == 0, "a handler may free its link");
	is_int(a.gone, 1, "the other end sees that");
	disconnect(&a, &b);

	connect_ends(&a, &b, 1 << 20);
	for (unsigned i = 1; i <= 100; i++)
		post(&a, i, 10, -1, LINK_MUST);
	ok(link_drain(b.link) && b.messages == 100, "draining takes all at once");
	link_free(a.link);
	a.link = NULL;
	ok(!link_drain(b.link) && b.gone == 1, "and tells the end");
	disconnect(&a, &b);

	struct end none = { 0 };
	post(&none, 1, 10, -1, LINK_MUST);
	ok(true, "sending to no link is harmless");
}

static void
flush(void)
{
	struct end a, b;

	connect_ends(&a, &b, 1 << 20);
	for (unsigned i = 1; i <= 600; i++)
		post(&a, i, 1000, -1, LINK_MUST);
	size_t before = link_queued(a.link);
	link_flush(a.link, 50);
	is_int((long long)link_queued(a.link), (long long)before,
	    "flushing to a stalled reader gives up");
	link_drain(b.link);
	link_flush(a.link, 1000);
	ok(link_queued(a.link) < before, "flushing hands over what fits");
	settle();
	is_int(b.messages, 600, "all arrive in the end");
	disconnect(&a, &b);
}

/* Send V by K. */
static void
keep_post(struct keep *k, uint64_t v, enum link_keep keep)
{
	static struct msg_out out;
	static uint8_t zeroes[1000];

	msg_begin(&out, MSG_ROUND);
	pack_u64(&out.pack, v);
	pack_bytes(&out.pack, zeroes, sizeof zeroes);
	keep_send(k, &out, keep);
}

static void
keeping(void)
{
	struct end a, b, c, d;
	struct keep k;
	unsigned v = 0;

	keep_init(&k, 1 << 20);
	keep_post(&k, ++v, LINK_MUST);
	keep_post(&k, 1000, LINK_DROPPABLE);
	connect_ends(&a, &b, 1 << 20);
	keep_line(&k, a.link);
	settle();
	ok(b.messages == 1 && b.last == 1, "what must arrive waits for a line");
	/* More than the socket takes: then the line breaks. */
	link_hold(a.link);
	for (unsigned i = 0; i < 10; i++)
		keep_post(&k, ++v, LINK_MUST);
	keep_post(&k, 1000, LINK_DROPPABLE);
	keep_line(&k, NULL);
	for (unsigned i = 0; i < 10; i++)
		keep_post(&k, ++v, LINK_MUST);
	disconnect(&a, &b);
	connect_ends(&c, &d, 1 << 20);
	keep_line(&k, c.link);
	settle();
	ok(d.messages == 20 && d.last == v, "what the line before still had does, too");
	ok(d.in_order, "in the order in which it was sent");
	/* The reader is gone, and it has not come round here yet. */
	c.keep = &k;
	link_free(d.link);
	d.link = NULL;
	for (unsigned i = 0; i < 3; i++)
		keep_post(&k, ++v, LINK_MUST);
	keep_post(&k, 1000, LINK_DROPPABLE);
	settle();
	is_int(c.gone, 1, "a line breaks while it is written to");
	connect_ends(&a, &b, 1 << 20);
	keep_line(&k, a.link);
	settle();
	ok(b.messages == 3 && b.last == v && b.in_order,
	    "what was sent on it from then on goes to the next");
	keep_line(&k, NULL);
	disconnect(&a, &b);
	for (unsigned i = 0; i < 2000; i++)
		keep_post(&k, ++v, LINK_MUST);
	ok(k.bytes <= k.max && k.dropped > 0, "it is bounded, and the oldest goes");
	connect_ends(&a, &b, 1 << 20);
	keep_line(&k, a.link);
	settle();
	ok(b.in_order && b.last == v && k.dropped == 0,
	    "the youngest arrive, and it is said how many did not");
	keep_line(&k, NULL);
	disconnect(&a, &b);
	keep_free(&k);
	is_int((long long)k.bytes, 0, "nothing is left");
}

int
main(void)
{
	log_init("t/link", LOG_LEVEL_WARN);
	base = event_base_new();
	order();
	holding();
	bounds();
	must_stays();
	descriptors();
	nonsense();
	ends();
	flush();
	keeping();
	event_base_free(base);
	return tap_done();
}
