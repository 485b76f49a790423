#include "web/hand.h"

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

#define HANDS_MAX 3
#define HAND_SECONDS 10 /* for one picture: a reader waits no longer either */
#define HAND_IDLE_S 30
#define HAND_QUEUE (64 * 1024)

struct hand {
	struct link *link; /* NULL: there is no child */
	uint32_t id;	   /* of what it draws */
	bool busy, forgotten, outdated;
};

static struct {
	struct hand hand[HANDS_MAX];
	unsigned count;
	struct event_base *base;
	struct event *reap;
	struct hand_ops ops;
	bool dies; /* SMOKEBOX_TEST=hand=die: over each picture */
} all;

/* --- the child -------------------------------------------------------------------- */

static void
child_idle(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	_exit(0);
}

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
	static const struct timeval idle = { HAND_IDLE_S, 0 };
	struct event *timer = ctx;
	struct msg_picture p;
	struct msg_draw ask;
	struct msg_out out;

	if (in->type != MSG_DRAW || msg_get_draw(in, &ask) < 0)
		return -1;
	alarm(HAND_SECONDS);
	if (all.dies)
		abort();
	memset(&p, 0, sizeof p);
	p.id = ask.id;
	int fd = all.ops.draw(&ask, &p);
	alarm(0);
	msg_begin(&out, MSG_PICTURE);
	msg_put_picture(&out, &p);
	link_send(link, &out, fd, LINK_MUST);
	if (fd >= 0)
		close(fd);
	event_add(timer, &idle);
	return 0;
}

/* With a loop and a line of its own: the painter's are shared with it, and not touched.
 */
static void __attribute__((noreturn)) child(int fd)
{
	static const struct timeval idle = { HAND_IDLE_S, 0 };
	struct event_base *base = event_base_new();
	struct event *timer = base != NULL ? evtimer_new(base, child_idle, NULL) : NULL;

	for (unsigned i = 0; i < HANDS_MAX; i++)
		all.hand[i].link = NULL;
	if (timer == NULL || event_add(timer, &idle) != 0)
		_exit(1);
	link_new(base, fd, ROOM_PAINTER, HAND_QUEUE, child_message, child_gone, timer);
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
	if (!h->busy)
		return;
	log_warnx("picture %u: who drew it ended over it", h->id);
	snprintf(p.text, sizeof p.text, "it cannot be drawn: who tried ended over it");
	tell(h, &p, -1);
}

static void
dismiss(struct hand *h)
{
	link_free(h->link);
	h->link = NULL;
}

static int
on_message(void *ctx, struct link *link, struct msg_in *in)
{
	struct hand *h = ctx;
	struct msg_picture p;

	(void)link;
	if (in->type != MSG_PICTURE || msg_get_picture(in, &p) < 0 || !h->busy ||
	    p.id != h->id)
		return -1;
	tell(h, &p, p.ok ? in->fd : -1);
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
hands_open(struct event_base *base, const struct hand_ops *ops)
{
	const char *test = getenv("SMOKEBOX_TEST");
	cpu_set_t cpus;

	all.ops = *ops;
	all.base = base;
	all.dies = test != NULL && strstr(test, "hand=die") != NULL;
	if (sched_getaffinity(0, sizeof cpus, &cpus) == 0)
		all.count = (unsigned)CPU_COUNT(&cpus) - 1;
	if (all.count > HANDS_MAX)
		all.count = HANDS_MAX;
	if (all.count == 0)
		return;
	all.reap = evsignal_new(base, SIGCHLD, on_child, NULL);
	if (all.reap == NULL || event_add(all.reap, NULL) != 0)
		fatalx("no signal of children");
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
		if (h->link != NULL && !h->outdated)
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
	return true;
}

bool
hand_draw(const struct msg_draw *ask)
{
	struct hand *h = free_hand();
	struct msg_out out;

	if (h == NULL)
		return false;
	if (h->link != NULL && h->outdated)
		dismiss(h);
	if (h->link == NULL && !engage(h))
		return false;
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
		all.hand[i].outdated = true;
		if (all.hand[i].link != NULL && !all.hand[i].busy)
			dismiss(&all.hand[i]);
	}
}

void
hands_forget(void)
{
	for (unsigned i = 0; i < all.count; i++)
		all.hand[i].forgotten = true;
}
