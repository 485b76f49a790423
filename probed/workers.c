#include "workers.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "handover.h"
#include "link/link.h"
#include "roster.h"
#include "spawn.h"
#include "store.h"

#define S CLOCK_NS_PER_S
#define QUEUE (64 * 1024 * 1024) /* configuration texts travel as descriptors */
#define START_SECONDS 30	 /* until ready: fonts may have to be scanned */
#define BACKOFF_FIRST 1
#define BACKOFF_MAX 30
#define STABLE_SECONDS 60 /* after which a death is no longer one of a series */
/* Of the 5 s that an end may take. */
#define STOP_PHASE_MS 2000
#define STOP_ALL_MS 4000
#define STOP_GIVE_UP_MS 4700 /* a kill has to wait for a disk that hangs, too */

static struct workers_setup setup;
static const struct conf *conf;
static bool were_ready;
static bool stopping;
static unsigned stop_phase;
static int64_t stop_began_ns, phase_began_ns;
static int64_t watched_ns;
static int beat_override; /* of SMOKEBOX_TEST=beat=N, seconds; 0 none */

static void
kill_for(struct worker *w, const char *reason)
{
	if (w->pid == 0 || w->killed_for != NULL)
		return;
	log_warnx("%s: %s: killed", roster_name(w), reason);
	w->killed_for = reason;
	if (kill(w->pid, SIGKILL) != 0)
		log_warn("%s, pid %ld, cannot be killed: give CAP_KILL", roster_name(w),
		    (long)w->pid);
}

/* --- from workers ---------------------------------------------------------------- */

static void
note_ready(void)
{
	for (size_t i = 0; i < ROSTER; i++)
		if (roster[i].wanted && roster[i].state != WORKER_READY)
			return;
	if (were_ready)
		return;
	were_ready = true;
	setup.ready();
}

/* It may have gone back by itself since it was asked last. */
static void
urge(const struct worker *w)
{
	if (w->row->urgent && spawn_urge(w->pid) == 1)
		log_debug("%s is real-time", roster_name(w));
}

static int
take_ready(struct worker *w, struct msg_in *in)
{
	msg_get_str(in, w->lock, sizeof w->lock);
	if (msg_done(in) != 0 || w->state != WORKER_STARTING)
		return -1;
	w->state = WORKER_READY;
	w->beat_ns = clock_mono_ns();
	urge(w);
	log_info("%s is ready, pid %ld: %s", roster_name(w), (long)w->pid, w->lock);
	if (w->row->room == ROOM_WEB) {
		for (size_t i = 0; i < ROSTER; i++)
			if (roster[i].wanted)
				handover_tell(&roster[i], setup.rights);
		handover_tell_problems();
	} else {
		handover_tell(w, setup.rights);
	}
	note_ready();
	return 0;
}

static int
take_beat(struct worker *w, struct msg_in *in)
{
	uint32_t generation = wire_u32(&in->wire);
	uint64_t lag = wire_u64(&in->wire);

	if (msg_done(in) != 0 || w->state != WORKER_READY)
		return -1;
	w->beat_ns = clock_mono_ns();
	urge(w);
	if (lag > (uint64_t)S)
		log_debug("%s: its loop was late by %.1f s", roster_name(w),
		    (double)lag / 1e9);
	if (generation != w->generation) {
		w->generation = generation;
		handover_tell(w, setup.rights);
	}
	return 0;
}

/* W could not believe what came from another: that one is started afresh. */
static int
take_nonsense(struct worker *w, struct msg_in *in)
{
	unsigned room = wire_u8(&in->wire);
	struct worker *other;

	if (msg_done(in) != 0 || room >= ROOMS ||
	    !roster_line((enum room)room, w->row->room))
		return -1;
	other = roster_of((enum room)room);
	log_warnx(
	    "%s does not believe what %s sent", roster_name(w), roster_name(other));
	kill_for(other, "sent what cannot be believed");
	return 0;
}

static int
on_message(void *ctx, struct link *link, struct msg_in *in)
{
	struct worker *w = ctx;

	(void)link;
	switch (in->type) {
	case MSG_READY:
		return take_ready(w, in);
	case MSG_BEAT:
		return take_beat(w, in);
	case MSG_LINE_DOWN:
		return handover_line_down(w, in);
	case MSG_NONSENSE:
		return take_nonsense(w, in);
	case MSG_AGAIN:
		if (wire_u8(&in->wire) != SOCKET_RRDCACHED || msg_done(in) != 0)
			return -1;
		handover_rrdcached(w, conf);
		return 0;
	case MSG_ALL_DONE:
		if (msg_done(in) != 0 || w->row->room != ROOM_RECORDER)
			return -1;
		setup.done();
		return 0;
	case MSG_EDIT:
		return w->row->room == ROOM_WEB ? setup.edit(in) : -1;
	case MSG_RELOAD:
		if (msg_done(in) != 0 || w->row->room != ROOM_WEB)
			return -1;
		setup.reload();
		return 0;
	default:
		return -1;
	}
}

static void
on_gone(void *ctx, struct link *link)
{
	struct worker *w = ctx;

	w->link = NULL;
	if (link_nonsense(link))
		kill_for(w, "sent what cannot be believed");
	/* It is on its way out; should it only have closed the line, it goes now. */
	else if (w->pid != 0 && !stopping && w->renewed_ns == 0)
		kill(w->pid, SIGKILL);
}

/* --- starting -------------------------------------------------------------------- */

static void schedule_restart(struct worker *w);

static void
start(struct worker *w)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd) !=
	    0)
		fatal("socket pair");
	struct spawn s = { w->row->room, w->program, fd[1], setup.datadir, w->row->nice,
		setup.rights };
	pid_t pid = spawn(&s);
	close(fd[1]);
	if (pid < 0) {
		log_warn("%s: fork", roster_name(w));
		close(fd[0]);
		schedule_restart(w);
		return;
	}
	w->pid = pid;
	w->state = WORKER_STARTING;
	w->generation = 0;
	w->killed_for = NULL;
	w->renewed_ns = 0;
	w->lock[0] = '\0';
	w->started_ns = w->beat_ns = clock_mono_ns();
	w->since = clock_wall_ns() / S;
	w->link =
	    link_new(setup.base, fd[0], w->row->room, QUEUE, on_message, on_gone, w);
	log_debug("%s started, pid %ld", roster_name(w), (long)pid);
	handover_start(w, conf, setup.datadir);
	handover_tell(w, setup.rights);
}

static void
on_restart(evutil_socket_t fd, short what, void *arg)
{
	struct worker *w = arg;

	(void)fd;
	(void)what;
	if (w->pid != 0 || stopping || !w->wanted)
		return;
	w->restarts++;
	start(w);
}

static void
schedule_restart(struct worker *w)
{
	struct timeval tv = { 0, 0 };

	if (clock_mono_ns() - w->started_ns > STABLE_SECONDS * S)
		w->backoff = 0;
	w->backoff = w->backoff == 0 ? BACKOFF_FIRST : w->backoff * 2;
	if (w->backoff > BACKOFF_MAX)
		w->backoff = BACKOFF_MAX;
	tv.tv_sec = w->backoff;
	if (event_add(w->restart, &tv) != 0)
		fatalx("no timer for a restart");
	log_info("%s is started again in %u s", roster_name(w), w->backoff);
}

/* --- the end of one -------------------------------------------------------------- */

static void
describe_end(struct worker *w, int status)
{
	char *text = w->last_end;
	size_t size = sizeof w->last_end;

	if (w->killed_for != NULL)
		snprintf(text, size, "%s", w->killed_for);
	else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		snprintf(text, size,
		    "killed by signal %d: a system call that its lock forbids", SIGSYS);
	else if (WIFSIGNALED(status))
		snprintf(text, size, "killed by signal %d", WTERMSIG(status));
	else
		snprintf(text, size, "ended with status %d", WEXITSTATUS(status));
}

static void next_phase(void);

static void
ended(struct worker *w, int status)
{
	bool clean = WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
		     (stopping || !w->wanted || w->renewed_ns != 0);

	describe_end(w, status);
	if (clean)
		log_debug("%s ended", roster_name(w));
	else
		log_warnx("%s, pid %ld: %s", roster_name(w), (long)w->pid, w->last_end);
	link_free(w->link);
	w->link = NULL;
	w->pid = 0;
	w->state = WORKER_DOWN;
	if (stopping) {
		next_phase();
	} else if (w->wanted && clean) {
		start(w);
	} else if (w->wanted) {
		schedule_restart(w);
		handover_tell(w, setup.rights);
	}
}

void
workers_socket(enum room room, enum msg_socket kind)
{
	struct worker *w = roster_of(room);

	if (w->link != NULL)
		handover_socket(w, kind);
}

void
workers_sockets(unsigned first)
{
	for (size_t i = 0; i < ROSTER; i++)
		if (roster[i].link != NULL)
			handover_sockets(&roster[i], first);
}

void
workers_renew(enum room room)
{
	struct worker *w = roster_of(room);

	if (w->link == NULL || w->renewed_ns != 0 || stopping)
		return;
	log_info("%s is started anew", roster_name(w));
	w->renewed_ns = clock_mono_ns();
	handover_stop(w);
}

void
workers_reap(void)
{
	int status;
	pid_t pid;

	/* As first process of a container we inherit strangers too. */
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < ROSTER; i++)
			if (roster[i].pid == pid)
				ended(&roster[i], status);
}

/* --- watching -------------------------------------------------------------------- */

static int
patience(const struct worker *w)
{
	int seconds = beat_override > 0 ? beat_override : w->row->beat_seconds;

	if (w->state == WORKER_STARTING && seconds < START_SECONDS)
		return START_SECONDS;
	return seconds;
}

static void
watch(struct worker *w, int64_t now)
{
	if (w->pid != 0 && w->renewed_ns != 0 &&
	    now - w->renewed_ns > STOP_ALL_MS * CLOCK_NS_PER_MS)
		kill_for(w, "does not end");
	if (w->pid == 0 || now - w->beat_ns < patience(w) * S)
		return;
	kill_for(w, w->state == WORKER_STARTING ? "did not become ready"
						: "gave no sign of life");
}

static void check_stop(int64_t now);

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	int64_t now = clock_mono_ns();

	(void)fd;
	(void)what;
	(void)arg;
	/* When this process itself was held up, nobody else is to blame. */
	if (now - watched_ns > 3 * S)
		for (size_t i = 0; i < ROSTER; i++)
			roster[i].beat_ns = now;
	watched_ns = now;
	if (stopping) {
		check_stop(now);
		return;
	}
	for (size_t i = 0; i < ROSTER; i++)
		watch(&roster[i], now);
	handover_mend(now);
}

/* --- all of them ----------------------------------------------------------------- */

int
workers_open(const struct workers_setup *s, struct err *err)
{
	static const struct timeval often = { 0, 250 * 1000 };
	const char *test = getenv("SMOKEBOX_TEST");
	struct event *tick;

	setup = *s;
	if (faccessat(setup.datadir, STORE_IN_FORCE, F_OK, AT_EACCESS) == 0)
		roster_has_in_force();
	if (test != NULL && (test = strstr(test, "beat=")) != NULL)
		beat_override = atoi(test + strlen("beat="));
	for (size_t i = 0; i < ROSTER; i++) {
		struct worker *w = &roster[i];
		w->program = spawn_find(w->row->room, err);
		if (w->program < 0)
			return -1;
		w->restart = event_new(setup.base, -1, 0, on_restart, w);
		if (w->restart == NULL)
			fatalx("no event");
	}
	watched_ns = clock_mono_ns();
	tick = event_new(setup.base, -1, EV_PERSIST, on_tick, NULL);
	if (tick == NULL || event_add(tick, &often) != 0)
		fatalx("no timer");
	return 0;
}

static void
configure(struct worker *w)
{
	bool wanted = roster_wants(w, conf);

	if (!wanted && w->wanted && w->link != NULL)
		handover_stop(w);
	if (wanted && w->link != NULL)
		handover_config(w, conf);
	else if (wanted && w->pid == 0 && !event_pending(w->restart, EV_TIMEOUT, NULL))
		start(w);
	w->wanted = wanted;
}

void
workers_configure(const struct conf *next)
{
	conf = next;
	for (size_t i = 0; i < ROSTER; i++)
		configure(&roster[i]);
}

/* --- the end of all -------------------------------------------------------------- */

static bool
anyone(unsigned up_to_phase)
{
	for (size_t i = 0; i < ROSTER; i++)
		if (roster[i].pid != 0 && roster[i].row->phase <= up_to_phase)
			return true;
	return false;
}

static void
kill_phase(unsigned up_to_phase)
{
	for (size_t i = 0; i < ROSTER; i++)
		if (roster[i].row->phase <= up_to_phase)
			kill_for(&roster[i], "does not end");
}

static void
stop_row(struct worker *w)
{
	if (w->pid == 0)
		return;
	if (w->link == NULL) {
		kill(w->pid, SIGKILL);
		return;
	}
	handover_stop(w);
}

/* Once nobody of this phase is left, the next one is told. */
static void
next_phase(void)
{
	while (stop_phase < ROSTER_PHASES && !anyone(stop_phase)) {
		stop_phase++;
		phase_began_ns = clock_mono_ns();
		for (size_t i = 0; i < ROSTER; i++)
			if (roster[i].row->phase == stop_phase)
				stop_row(&roster[i]);
	}
	if (stop_phase == ROSTER_PHASES)
		setup.ended();
}

/* Who cannot be killed leaves by itself: its line to us is closed by our end. */
static void
give_up(void)
{
	for (size_t i = 0; i < ROSTER; i++)
		if (roster[i].pid != 0)
			log_warnx("%s, pid %ld, is left behind",
			    roster_name(&roster[i]), (long)roster[i].pid);
	setup.ended();
}

static void
check_stop(int64_t now)
{
	int64_t ms = (now - stop_began_ns) / CLOCK_NS_PER_MS;

	if (ms > STOP_GIVE_UP_MS)
		give_up();
	else if (ms > STOP_ALL_MS)
		kill_phase(ROSTER_PHASES);
	else if (stop_phase == 0 &&
		 now - phase_began_ns > STOP_PHASE_MS * CLOCK_NS_PER_MS)
		kill_phase(0);
}

void
workers_stop(void)
{
	if (stopping) {
		kill_phase(ROSTER_PHASES);
		return;
	}
	stopping = true;
	stop_began_ns = phase_began_ns = clock_mono_ns();
	for (size_t i = 0; i < ROSTER; i++)
		if (roster[i].row->phase == 0)
			stop_row(&roster[i]);
	next_phase();
}
