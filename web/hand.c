#include "web/hand.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "link/link.h"

#define HANDS_MAX 2	/* all of smokebox keeps below 60 MB */
#define HAND_SECONDS 10 /* for one picture: a reader waits no longer either */
#define HAND_IDLE_S 5	/* six megabytes each */
#define HAND_QUEUE (64 * 1024)
#define LINE_FD                                                                        \
	3 /* in a child, whose only descriptors are this and the standard ones */

struct hand {
	struct link *link;   /* NULL: there is no child */
	struct event *pause; /* ends who has had nothing to do for long */
	uint32_t id;	     /* of what it draws */
	unsigned drawn;
	bool busy, forgotten, outdated;
};

static struct {
	struct hand hand[HANDS_MAX];
	unsigned count, life;
	struct event_base *base;
	struct event *reap;
	struct hand_ops ops;
	/* SMOKEBOX_TEST: hand=die and hand=hang, over each picture; hands=N, how many
	 * whatever the processors. */
	bool dies, hangs;
} all;

/* --- the child -------------------------------------------------------------------- */

static void
child_gone(void *ctx, struct link *link)
{
	(void)ctx;
	(void)link;
	_exit(0);
}

static int
child_message(void *ctx, struct link *link, struct msg_in *in)
{
	struct msg_picture p;
	struct msg_draw ask;
	struct msg_out out;

	(void)ctx;
	if (in->type != MSG_DRAW || msg_get_draw(in, &ask) < 0)
		return -1;
	alarm(HAND_SECONDS);
	if (all.dies)
		abort();
	while (all.hangs)
		poll(NULL, 0, -1);
	memset(&p, 0, sizeof p);
	p.id = ask.id;
	int fd = all.ops.draw(&ask, &p);
	alarm(0);
	msg_begin(&out, MSG_PICTURE);
	msg_put_picture(&out, &p);
	link_send(link, &out, fd, LINK_MUST);
	if (fd >= 0)
		close(fd);
	return 0;
}

/* FD becomes LINE_FD, and nothing else of the painter's stays open: a line that a child
 * held, too, would not break when the painter, or who sits at its other end, lets go.
 */
static void
keep_only(int fd)
{
	if (fd != LINE_FD && dup2(fd, LINE_FD) < 0)
		_exit(1);
	if (close_range(LINE_FD + 1, ~0U, 0) == 0)
		return;
	for (int i = LINE_FD + 1; i < 1024; i++) /* a kernel before 5.9 */
		close(i);
}

/* With a loop and a line of its own: the painter's are not touched. */
static void __attribute__((noreturn)) child(int fd)
{
	struct event_base *base;

	keep_only(fd);
	base = event_base_new();
	if (base == NULL)
		_exit(1);
	link_new(
	    base, LINE_FD, ROOM_PAINTER, HAND_QUEUE, child_message, child_gone, NULL);
	event_base_dispatch(base);
	_exit(1);
}

/* --- the painter ------------------------------------------------------------------ */

static void
tell(struct hand *h, const struct msg_picture *p, int fd)
{
	h->busy = false;
	if (!h->forgotten)
		all.ops.done(p, fd);
}

static void
on_gone(void *ctx, struct link *link)
{
	struct hand *h = ctx;
	struct msg_picture p = { .id = h->id };

	(void)link;
	h->link = NULL;
	event_del(h->pause);
	if (!h->busy)
		return;
	log_warnx("picture %u: who drew it ended over it", h->id);
	snprintf(p.text, sizeof p.text, "it cannot be drawn: who tried ended over it");
	tell(h, &p, -1);
}

/* Its line breaks, and it goes. */
static void
dismiss(struct hand *h)
{
	event_del(h->pause);
	link_free(h->link);
	h->link = NULL;
}

/* The painter ends it, so that none goes just when it is asked. */
static void
on_pause(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	dismiss(arg);
}

static int
on_message(void *ctx, struct link *link, struct msg_in *in)
{
	static const struct timeval pause = { HAND_IDLE_S, 0 };
	struct hand *h = ctx;
	struct msg_picture p;

	(void)link;
	if (in->type != MSG_PICTURE || msg_get_picture(in, &p) < 0 || !h->busy ||
	    p.id != h->id)
		return -1;
	tell(h, &p, p.ok ? in->fd : -1);
	if (h->outdated || ++h->drawn >= all.life)
		dismiss(h);
	else
		event_add(h->pause, &pause);
	return 0;
}

static void
on_child(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	(void)arg;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

void
hands_open(struct event_base *base, unsigned life, const struct hand_ops *ops)
{
	const char *test = getenv("SMOKEBOX_TEST");
	cpu_set_t cpus;

	all.ops = *ops;
	all.base = base;
	all.life = life;
	all.dies = test != NULL && strstr(test, "hand=die") != NULL;
	all.hangs = test != NULL && strstr(test, "hand=hang") != NULL;
	test = test != NULL ? strstr(test, "hands=") : NULL;
	if (test != NULL)
		all.count = (unsigned)strtoul(test + 6, NULL, 10);
	else if (sched_getaffinity(0, sizeof cpus, &cpus) == 0)
		all.count = (unsigned)CPU_COUNT(&cpus) - 1;
	if (all.count > HANDS_MAX)
		all.count = HANDS_MAX;
	if (all.count == 0)
		return;
	all.reap = evsignal_new(base, SIGCHLD, on_child, NULL);
	if (all.reap == NULL || event_add(all.reap, NULL) != 0)
		fatalx("no signal of children");
	for (unsigned i = 0; i < all.count; i++) {
		all.hand[i].pause = evtimer_new(base, on_pause, &all.hand[i]);
		if (all.hand[i].pause == NULL)
			fatalx("no timer for who draws");
	}
}

/* One that is there and free; else a place for one. */
static struct hand *
free_hand(void)
{
	struct hand *place = NULL;

	for (unsigned i = 0; i < all.count; i++) {
		struct hand *h = &all.hand[i];
		if (h->busy)
			continue;
		if (h->link != NULL)
			return h;
		place = h;
	}
	return place;
}

static bool
engage(struct hand *h)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd) !=
	    0)
		return false;
	pid_t pid = fork();
	if (pid == 0) {
		close(fd[0]);
		child(fd[1]);
	}
	close(fd[1]);
	if (pid < 0) {
		close(fd[0]);
		return false;
	}
	h->link =
	    link_new(all.base, fd[0], ROOM_PAINTER, HAND_QUEUE, on_message, on_gone, h);
	h->outdated = false;
	h->drawn = 0;
	return true;
}

bool
hand_draw(const struct msg_draw *ask)
{
	struct hand *h = free_hand();
	struct msg_out out;

	if (h == NULL || (h->link == NULL && !engage(h)))
		return false;
	event_del(h->pause);
	h->id = ask->id;
	h->busy = true;
	h->forgotten = false;
	msg_begin(&out, MSG_DRAW);
	msg_put_draw(&out, ask);
	link_send(h->link, &out, -1, LINK_MUST);
	return true;
}

bool
hands_are_busy(void)
{
	for (unsigned i = 0; i < all.count; i++)
		if (all.hand[i].busy)
			return true;
	return false;
}

void
hands_renew(void)
{
	for (unsigned i = 0; i < all.count; i++) {
		if (all.hand[i].busy)
			all.hand[i].outdated = true;
		else
			dismiss(&all.hand[i]);
	}
}

void
hands_forget(void)
{
	for (unsigned i = 0; i < all.count; i++)
		all.hand[i].forgotten = true;
}
