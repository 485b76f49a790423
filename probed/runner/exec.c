#include "runner/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/queue.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "runner/child.h"
#include "runner/stray.h"
#include "runner/stream.h"

/* Behind the end of a program, what its stream still holds is read in so many turns. */
#define EXEC_DRAIN 64
/* One that had so much less than its time by waiting had not its time. */
#define EXEC_PRESSED_NS (CLOCK_NS_PER_S / 4)

enum exec_state {
	EXEC_QUEUED,
	EXEC_RUNNING,
	EXEC_DYING /* told, and now being ended */
};

struct exec {
	enum exec_state state;
	struct exec_pool *pool;
	exec_done done; /* NULL: nobody wants to know any more */
	void *ctx;
	char **argv, **env;
	char *input;
	size_t input_len, input_at;
	bool input_open;
	int64_t limit_ns, first_ns, until_ns, started_ns;
	pid_t pid;
	int status_fd, in_fd;
	struct event in_ev, timer;
	struct stream out, err;
	bool pressed;		/* until_ns, not limit_ns, is when it must be over */
	TAILQ_ENTRY(exec) link; /* of its pool's waiting ones, or of all running */
};

TAILQ_HEAD(exec_list, exec);

struct exec_pool {
	unsigned atonce, running;
	struct exec_list waiting;
	TAILQ_ENTRY(exec_pool) link;
};

static struct {
	struct event_base *base;
	struct event *child;
	TAILQ_HEAD(, exec_pool) pools; /* the next one to be served is first */
	struct exec_list running;
	unsigned run, wait;
	struct event serve;
} room = {
	.pools = TAILQ_HEAD_INITIALIZER(room.pools),
	.running = TAILQ_HEAD_INITIALIZER(room.running),
};

static void exec_serve_soon(void);

/* --- the end ---------------------------------------------------------------------- */

static void
exec_close_input(struct exec *e)
{
	if (e->in_fd < 0)
		return;
	if (event_initialized(&e->in_ev))
		event_del(&e->in_ev);
	close(e->in_fd);
	e->in_fd = -1;
}

static void
exec_free(struct exec *e)
{
	event_del(&e->timer);
	stream_free(&e->out);
	stream_free(&e->err);
	exec_close_input(e);
	if (e->status_fd >= 0)
		close(e->status_fd);
	child_env_free(e->argv);
	child_env_free(e->env);
	free(e->input);
	free(e);
}

static void
exec_tell(struct exec *e, enum exec_end end, int code)
{
	exec_done done = e->done;
	struct exec_result r = {
		.end = end,
		.code = code,
		.out = e->out.text == NULL ? "" : e->out.text,
		.err = e->err.text == NULL ? "" : e->err.text,
		.out_len = e->out.len,
		.err_len = e->err.len,
		.cut = e->out.seen > e->out.len || e->err.seen > e->err.len,
		.ran_ns = e->started_ns == 0 ? 0 : clock_mono_ns() - e->started_ns,
	};

	e->done = NULL;
	if (done != NULL)
		done(e->ctx, &r);
}

/* It need not wait or run any more, and has no process (any more). */
static void
exec_gone(struct exec *e)
{
	if (e->state == EXEC_QUEUED) {
		TAILQ_REMOVE(&e->pool->waiting, e, link);
		room.wait--;
	} else {
		TAILQ_REMOVE(&room.running, e, link);
		room.run--;
		if (e->pool != NULL)
			e->pool->running--;
	}
	exec_free(e);
	exec_serve_soon();
}

static void
exec_timer(struct exec *e, int64_t ns)
{
	struct timeval tv;

	if (ns < 0)
		ns = 0;
	tv.tv_sec = ns / CLOCK_NS_PER_S;
	tv.tv_usec = ns % CLOCK_NS_PER_S / CLOCK_NS_PER_US;
	event_add(&e->timer, &tv);
}

static void
exec_kill(struct exec *e, int signal)
{
	if (e->pid <= 0)
		return;
	/* Its group, which may have lost its first member; else, where it had no time
	 * yet to found one, itself. */
	if (kill(-e->pid, signal) != 0)
		kill(e->pid, signal);
}

/* Ask the group to end; a second later it is not asked any more. */
static void
exec_stop(struct exec *e)
{
	e->state = EXEC_DYING;
	exec_close_input(e);
	stream_close(&e->out);
	stream_close(&e->err);
	exec_kill(e, SIGTERM);
	exec_kill(e, SIGCONT);
	exec_timer(e, EXEC_GRACE_S * CLOCK_NS_PER_S);
}

/* --- what it writes and reads ----------------------------------------------------- */

/* Something was read of one of its outputs. */
static void
exec_on_output(void *ctx)
{
	struct exec *e = ctx;

	if (e->out.seen <= EXEC_FLOOD && e->err.seen <= EXEC_FLOOD)
		return;
	exec_stop(e);
	exec_tell(e, EXEC_FLOODED, 0);
}

static void
exec_on_write(evutil_socket_t fd, short what, void *ctx)
{
	struct exec *e = ctx;
	ssize_t n = write(fd, e->input + e->input_at, e->input_len - e->input_at);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		e->input_at += (size_t)n;
	if (n < 0 || (e->input_at == e->input_len && !e->input_open))
		exec_close_input(e);
	else if (e->input_at == e->input_len)
		event_del(&e->in_ev);
}

/* --- the beginning ---------------------------------------------------------------- */

/* Both ends of a pipe: ours, which does not block, and the child's. */
static int
exec_pipe(int *ours, int *theirs, bool we_write)
{
	int fd[2];

	if (pipe2(fd, O_CLOEXEC) != 0)
		return -1;
	*ours = fd[we_write];
	*theirs = fd[!we_write];
	return fcntl(*ours, F_SETFL, O_NONBLOCK);
}

/* Everything is open: fork. Returns errno, 0 when it went well. */
static int
exec_fork(struct exec *e, struct child *c)
{
	sigset_t all, before;
	int error;

	/* A signal handled in the child would be told to our own loop. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	e->pid = fork();
	error = errno;
	if (e->pid == 0)
		child_run(c);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (e->pid < 0)
		return error;
	setpgid(e->pid, e->pid); /* whoever of the two comes first */
	return 0;
}

static int
exec_spawn(struct exec *e)
{
	int64_t seconds = e->limit_ns / CLOCK_NS_PER_S + 2;
	struct child c = {
		.argv = e->argv,
		.env = e->env,
		.in = -1,
		.out = -1,
		.err = -1,
		.status = -1,
		.cpu_seconds = (unsigned)(seconds > 86400 ? 86400 : seconds),
		.parent = getpid(),
	};
	int error = 0;

	if (e->input == NULL)
		c.in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	else if (exec_pipe(&e->in_fd, &c.in, true) != 0)
		error = errno;
	if (c.in < 0 || exec_pipe(&e->out.fd, &c.out, false) != 0 ||
	    exec_pipe(&e->err.fd, &c.err, false) != 0 ||
	    exec_pipe(&e->status_fd, &c.status, false) != 0)
		error = errno;
	if (error == 0)
		error = exec_fork(e, &c);
	int theirs[] = { c.in, c.out, c.err, c.status };
	for (size_t i = 0; i < 4; i++)
		if (theirs[i] >= 0)
			close(theirs[i]);
	return error;
}

/* The next moment at which something of E is due. */
static void
exec_arm(struct exec *e)
{
	int64_t end = e->started_ns + e->limit_ns;

	e->pressed = e->until_ns != 0 && e->until_ns < end - EXEC_PRESSED_NS;
	if (e->until_ns != 0 && e->until_ns < end)
		end = e->until_ns;
	if (e->first_ns != 0 && e->out.seen == 0 && e->started_ns + e->first_ns < end) {
		end = e->started_ns + e->first_ns;
		e->pressed = false;
	}
	exec_timer(e, end - clock_mono_ns());
}

static void
exec_begin(struct exec *e)
{
	int error;

	TAILQ_REMOVE(&e->pool->waiting, e, link);
	TAILQ_INSERT_TAIL(&room.running, e, link);
	room.wait--;
	room.run++;
	e->pool->running++;
	e->state = EXEC_RUNNING;
	e->started_ns = clock_mono_ns();
	error = exec_spawn(e);
	if (error != 0) {
		exec_tell(e, EXEC_FAILED, error);
		exec_gone(e);
		return;
	}
	stream_open(&e->out, room.base, exec_on_output, e);
	stream_open(&e->err, room.base, exec_on_output, e);
	if (e->in_fd >= 0) {
		event_assign(&e->in_ev, room.base, e->in_fd, EV_WRITE | EV_PERSIST,
		    exec_on_write, e);
		event_add(&e->in_ev, NULL);
	}
	exec_arm(e);
}

/* The next that may begin: pools take turns. */
static struct exec *
exec_next(void)
{
	struct exec_pool *p;

	TAILQ_FOREACH(p, &room.pools, link) {
		struct exec *e = TAILQ_FIRST(&p->waiting);

		if (e == NULL || p->running >= p->atonce)
			continue;
		TAILQ_REMOVE(&room.pools, p, link);
		TAILQ_INSERT_TAIL(&room.pools, p, link);
		return e;
	}
	return NULL;
}

static void
exec_on_serve(evutil_socket_t fd, short what, void *ctx)
{
	struct exec *e;

	(void)fd;
	(void)what;
	(void)ctx;
	while (room.run < EXEC_TOTAL && (e = exec_next()) != NULL)
		exec_begin(e);
}

static void
exec_serve_soon(void)
{
	if (room.wait > 0 && room.run < EXEC_TOTAL)
		event_active(&room.serve, EV_TIMEOUT, 0);
}

/* --- deadlines and deaths --------------------------------------------------------- */

static void
exec_on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct exec *e = ctx;
	bool spoke = e->first_ns != 0 && e->out.seen > 0;

	(void)fd;
	(void)what;
	switch (e->state) {
	case EXEC_QUEUED:
		exec_tell(e, EXEC_WAITED, 0);
		exec_gone(e);
		return;
	case EXEC_RUNNING:
		if (spoke) {
			/* That was its first deadline; now for the last one. */
			e->first_ns = 0;
			exec_arm(e);
			return;
		}
		exec_stop(e);
		exec_tell(e, e->pressed ? EXEC_WAITED : EXEC_TIMEOUT, 0);
		return;
	case EXEC_DYING:
		exec_kill(e, SIGKILL);
		return;
	}
}

/* E's process is no more, with STATUS as waitpid() has it. */
static void
exec_ended(struct exec *e, int status)
{
	int error;

	for (int i = 0; i < EXEC_DRAIN && stream_read(&e->out); i++)
		;
	for (int i = 0; i < EXEC_DRAIN && stream_read(&e->err); i++)
		;
	if (read(e->status_fd, &error, sizeof error) == sizeof error)
		exec_tell(e, EXEC_FAILED, error);
	else if (WIFSIGNALED(status))
		exec_tell(e, EXEC_SIGNALLED, WTERMSIG(status));
	else
		exec_tell(e, EXEC_EXITED, WEXITSTATUS(status));
	exec_gone(e);
}

static struct exec *
exec_of(pid_t pid)
{
	struct exec *e;

	TAILQ_FOREACH(e, &room.running, link)
		if (e->pid == pid)
			return e;
	return NULL;
}

static bool
exec_is_ours(pid_t pid)
{
	return exec_of(pid) != NULL;
}

static void
exec_on_child(evutil_socket_t fd, short what, void *ctx)
{
	siginfo_t who;

	(void)fd;
	(void)what;
	(void)ctx;
	for (;;) {
		int status = 0;

		who.si_pid = 0;
		if (waitid(P_ALL, 0, &who, WEXITED | WNOHANG | WNOWAIT) != 0 ||
		    who.si_pid == 0)
			break;
		struct exec *e = exec_of(who.si_pid);
		/* As long as it is not reaped its number is nobody else's. */
		if (e != NULL)
			exec_kill(e, SIGKILL);
		waitpid(who.si_pid, &status, 0);
		if (e != NULL)
			exec_ended(e, status);
	}
	strays_end(exec_is_ours);
}

/* --- the door --------------------------------------------------------------------- */

void
exec_open(struct event_base *base)
{
	if (room.base != NULL)
		return;
	room.base = base;
	event_assign(&room.serve, base, -1, 0, exec_on_serve, NULL);
	room.child = evsignal_new(base, SIGCHLD, exec_on_child, NULL);
	if (room.child == NULL || event_add(room.child, NULL) != 0)
		fatalx("no handler for the end of programs");
	/* What a program leaves behind is seen, and not the machine's to care for. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

void
exec_close(void)
{
	struct exec *e;

	if (room.base == NULL)
		return;
	while ((e = TAILQ_FIRST(&room.running)) != NULL) {
		exec_kill(e, SIGKILL);
		TAILQ_REMOVE(&room.running, e, link);
		exec_free(e);
	}
	event_del(&room.serve);
	event_free(room.child);
	room.base = NULL;
}

struct exec_pool *
exec_pool_new(unsigned atonce)
{
	struct exec_pool *p = mem_zero(1, sizeof *p);

	p->atonce = atonce == 0 ? 1 : atonce;
	TAILQ_INIT(&p->waiting);
	TAILQ_INSERT_TAIL(&room.pools, p, link);
	return p;
}

void
exec_pool_bound(struct exec_pool *pool, unsigned atonce)
{
	pool->atonce = atonce == 0 ? 1 : atonce;
	exec_serve_soon();
}

void
exec_pool_free(struct exec_pool *pool)
{
	struct exec *e;

	TAILQ_FOREACH(e, &room.running, link)
		if (e->pool == pool)
			e->pool = NULL; /* it is being ended */
	TAILQ_REMOVE(&room.pools, pool, link);
	free(pool);
}

static char **
exec_copy(const char *const *list)
{
	size_t n = 0;

	while (list[n] != NULL)
		n++;
	char **copy = mem_zero(n + 1, sizeof *copy);
	for (size_t i = 0; i < n; i++)
		copy[i] = mem_str(list[i]);
	return copy;
}

struct exec *
exec_start(
    struct exec_pool *pool, const struct exec_spec *spec, exec_done done, void *ctx)
{
	if (room.wait >= EXEC_QUEUE)
		return NULL;
	struct exec *e = mem_zero(1, sizeof *e);
	e->state = EXEC_QUEUED;
	e->pool = pool;
	e->done = done;
	e->ctx = ctx;
	e->argv = exec_copy(spec->argv);
	e->env = child_env(spec->env);
	if (spec->input != NULL) {
		e->input = mem_alloc(spec->input_len + 1);
		memcpy(e->input, spec->input, spec->input_len);
		e->input_len = spec->input_len;
	}
	e->input_open = spec->input_open;
	e->limit_ns = spec->limit_ns;
	e->first_ns = spec->first_ns;
	e->until_ns = spec->until_ns;
	e->in_fd = e->status_fd = -1;
	stream_init(&e->out, spec->keep);
	stream_init(&e->err, spec->keep);
	event_assign(&e->timer, room.base, -1, 0, exec_on_timer, e);
	TAILQ_INSERT_TAIL(&pool->waiting, e, link);
	room.wait++;
	if (e->until_ns != 0)
		exec_timer(e, e->until_ns - clock_mono_ns());
	exec_serve_soon();
	return e;
}

void
exec_cancel(struct exec *e)
{
	e->done = NULL;
	if (e->state == EXEC_QUEUED)
		exec_gone(e);
	else if (e->state == EXEC_RUNNING)
		exec_stop(e);
}

unsigned
exec_running(void)
{
	return room.run;
}

unsigned
exec_waiting(void)
{
	return room.wait;
}
