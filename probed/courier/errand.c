#include "courier/errand.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "link/msginforce.h"

#define LIMIT_S 60 /* how long a program may take */

struct errand {
	uint64_t id;
	outcome_fn done;
	void *ctx;
	struct event
	    *failed; /* it was not handed over: OUTCOME is told from the loop */
	struct outcome outcome;
	LIST_ENTRY(errand) link;
};

static LIST_HEAD(, errand) errands = LIST_HEAD_INITIALIZER(errands);
static struct event_base *loop;
static struct link *runner;
static uint64_t last_id;

void
errand_open(struct event_base *base)
{
	loop = base;
	/* The runner may still have programs of a courier that was killed, and says by
	 * number how they ended: numbers that nobody has had. */
	last_id = (uint64_t)clock_wall_ns();
}

static void
drop(struct errand *e)
{
	LIST_REMOVE(e, link);
	if (e->failed != NULL)
		event_free(e->failed);
	free(e);
}

static void
finish(struct errand *e, const struct outcome *o)
{
	outcome_fn done = e->done;
	void *ctx = e->ctx;

	drop(e);
	done(ctx, o);
}

void
errand_runner(struct link *link)
{
	static const struct outcome lost = { FATE_LATER, 0,
		"the runner ended before the program did" };
	struct errand *e;

	runner = link;
	/* What was asked of the former one nobody will tell any more. */
	while (link == NULL && (e = LIST_FIRST(&errands)) != NULL)
		finish(e, &lost);
}

bool
errand_possible(void)
{
	return runner != NULL;
}

/* How a program ended, in words. What it says of a letter: 0, it has it; EX_TEMPFAIL,
 * not now. Anything else, as in SmokePing, is not asked again. */
static void
read_end(const struct msg_errand_done *m, struct outcome *o)
{
	o->fate = FATE_LATER;
	switch (m->end) {
	case ERRAND_EXITED:
		if (m->code == 0)
			o->fate = FATE_DELIVERED;
		else if (m->code != EX_TEMPFAIL)
			o->fate = FATE_REFUSED;
		if (m->code != 0)
			snprintf(o->text, sizeof o->text,
			    "the program ended with status %u", m->code);
		break;
	case ERRAND_SIGNALLED:
		o->fate = FATE_REFUSED;
		snprintf(o->text, sizeof o->text, "the program was ended by signal %u",
		    m->code);
		break;
	case ERRAND_TIMEOUT:
		o->fate = FATE_REFUSED;
		snprintf(o->text, sizeof o->text,
		    "the program took more than %d s and was ended", LIMIT_S);
		break;
	case ERRAND_NOT_OURS:
		snprintf(o->text, sizeof o->text,
		    "the runner's configuration does not name this program (yet)");
		break;
	case ERRAND_UNWRITTEN:
		snprintf(o->text, sizeof o->text,
		    "the runner cannot write it down, so it is not announced");
		break;
	default:
		snprintf(o->text, sizeof o->text, "the program cannot be started: %s",
		    m->code == 0 ? "too many are waiting" : strerror((int)m->code));
		break;
	}
}

int
errand_message(struct msg_in *in)
{
	struct msg_errand_done m;
	struct outcome o = { 0 };
	struct errand *e;

	if (msg_get_errand_done(in, &m) != 0)
		return -1;
	LIST_FOREACH(e, &errands, link)
	if (e->id == m.id)
		break;
	if (e == NULL)
		return 0;
	read_end(&m, &o);
	finish(e, &o);
	return 0;
}

/* LEN bytes of INPUT behind a descriptor; -1 when there is no memory for it. */
static int
input_fd(const void *input, size_t len)
{
	int fd = memfd_create("letter", MFD_CLOEXEC);

	if (fd < 0 || write(fd, input, len) == (ssize_t)len)
		return fd;
	close(fd);
	return -1;
}

static void
on_failed(evutil_socket_t fd, short what, void *arg)
{
	struct errand *e = arg;
	struct outcome o = e->outcome;

	(void)fd;
	(void)what;
	finish(e, &o);
}

/* E cannot be handed over. */
static void
fail(struct errand *e, enum fate fate, const char *why)
{
	e->outcome.fate = fate;
	snprintf(e->outcome.text, sizeof e->outcome.text, "%s", why);
	e->failed = event_new(loop, -1, 0, on_failed, e);
	if (e->failed == NULL)
		fatalx("no timer for a program");
	event_active(e->failed, EV_TIMEOUT, 0);
}

/* Has a message room for ARGV? What has not, the runner would call nonsense. */
static bool
fits(char *const *argv)
{
	size_t args = 0, len = 0;

	for (; argv[args] != NULL; args++)
		len += strlen(argv[args]) + 1;
	return args <= ERRAND_ARGS && len <= ERRAND_TEXT;
}

static struct errand *
start(enum errand_purpose purpose, uint64_t in_force, char *const *argv, const char *id,
    const void *input, size_t len, outcome_fn done, void *ctx)
{
	static struct msg_out out; /* too large for a stack */
	static struct msg_errand m;
	struct errand *e = mem_zero(1, sizeof *e);
	int fd = input == NULL ? -1 : input_fd(input, len);

	e->id = ++last_id;
	e->done = done;
	e->ctx = ctx;
	LIST_INSERT_HEAD(&errands, e, link);
	if (!fits(argv)) {
		fail(e, FATE_REFUSED,
		    "its texts are too long for a program's arguments");
		if (fd >= 0)
			close(fd);
		return e;
	}
	/* Without its input a program would take an empty letter for the letter. */
	if (input != NULL && fd < 0) {
		fail(e, FATE_LATER, "no memory for what the program is to read");
		return e;
	}
	m.id = e->id;
	m.purpose = (uint8_t)purpose;
	m.in_force = in_force;
	m.limit_s = LIMIT_S;
	snprintf(m.letter, sizeof m.letter, "%s", id);
	memset(m.argv, 0, sizeof m.argv);
	for (size_t i = 0; argv[i] != NULL; i++)
		m.argv[i] = argv[i];
	msg_begin(&out, MSG_ERRAND);
	msg_put_errand(&out, &m);
	link_send(runner, &out, fd, LINK_MUST);
	if (fd >= 0)
		close(fd);
	return e;
}

struct errand *
errand_start(char *const *argv, const char *id, const void *input, size_t len,
    outcome_fn done, void *ctx)
{
	return start(ERRAND_NEWS, 0, argv, id, input, len, done, ctx);
}

struct errand *
errand_in_force(const struct msg_in_force *m, bool withdraw, char *const *argv,
    const char *id, const void *input, size_t len, outcome_fn done, void *ctx)
{
	static struct msg_out out;

	msg_begin(&out, MSG_IN_FORCE);
	msg_put_in_force(&out, m);
	link_send(runner, &out, -1, LINK_MUST);
	return start(withdraw ? ERRAND_WITHDRAW : ERRAND_ANNOUNCE,
	    in_force_id(m->action, m->host, m->out), argv, id, input, len, done, ctx);
}

void
errand_cancel(struct errand *e)
{
	drop(e);
}
