#include "workers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "link/link.h"
#include "sockets.h"
#include "spawn.h"

#define S CLOCK_NS_PER_S
#define QUEUE (64 * 1024 * 1024) /* configuration texts travel as descriptors */
#define START_SECONDS 30	 /* until ready: fonts may have to be scanned */
#define BACKOFF_FIRST 1
#define BACKOFF_MAX 30
#define STABLE_SECONDS 60 /* after which a death is no longer one of a series */
/* Of the 5 s that an end may take. */
#define STOP_PHASE_MS 2000
#define STOP_ALL_MS 4000

/* A worker: who it is and what it gets. PHASE: 0 ends first. */
static const struct row {
	enum room room;
	int nice, beat_seconds;
	unsigned phase, parts;
} table[] = {
/* clang-format off */
#define MEASURING (CONF_GENERAL | CONF_DATABASE | CONF_PROBES | CONF_TARGETS | \
	CONF_OVERRIDES)
	{ ROOM_RECORDER,    0, 120, 1, MEASURING | CONF_PRESENTATION | CONF_ALERTS |
		CONF_SLAVES | CONF_DETECTION },
	{ ROOM_WEB,         0,  15, 2, MEASURING | CONF_PRESENTATION | CONF_ALERTS |
		CONF_SLAVES | CONF_WEB | CONF_COLLECTOR | CONF_DETECTION |
		CONF_ACTIONS | CONF_SINKS },
	{ ROOM_PAINTER,    10,  15, 2, MEASURING | CONF_PRESENTATION },
	{ ROOM_COURIER,     0,  15, 2, CONF_GENERAL | CONF_ALERTS | CONF_SLAVES |
		CONF_ACTIONS | CONF_SINKS | CONF_SECRETS },
	{ ROOM_COLLECTOR,   0,  15, 0, CONF_GENERAL | CONF_COLLECTOR | CONF_DETECTION },
	{ ROOM_RUNNER,     10,  15, 2, MEASURING | CONF_ALERTS | CONF_ACTIONS |
		CONF_SECRETS },
	{ ROOM_PROBER,    -10,  15, 0, MEASURING | CONF_SECRETS },
	/* clang-format on */
};
#define WORKERS (sizeof table / sizeof table[0])
#define PHASES 3

/* Who has a line to whom. */
static const struct {
	enum room a, b;
} lines[] = {
	{ ROOM_PROBER, ROOM_RECORDER },
	{ ROOM_COLLECTOR, ROOM_RECORDER },
	{ ROOM_RECORDER, ROOM_WEB },
	{ ROOM_RECORDER, ROOM_COURIER },
	{ ROOM_WEB, ROOM_PAINTER },
};

/* One row's process. */
struct worker {
	const struct row *row;
	bool wanted;
	int program; /* descriptor of its executable */
	pid_t pid;   /* 0: none */
	enum worker_state state;
	struct link *link;
	int64_t started_ns, beat_ns;
	int64_t since; /* wall seconds */
	unsigned restarts, backoff;
	uint32_t generation; /* in force there */
	char lock[160], last_end[160];
	const char *killed_for; /* why we ended it, if we did */
	struct event *restart;
};

static struct worker workers[WORKERS];
static struct workers_setup setup;
static const struct conf *conf;
static struct msg_out problems;
static bool have_problems, were_ready;
static bool stopping;
static unsigned stop_phase;
static int64_t stop_began_ns, phase_began_ns;
static int64_t watched_ns;
static int beat_override; /* of SMOKEBOX_TEST=beat=N, seconds; 0 none */

static struct worker *
worker_of(enum room room)
{
	for (size_t i = 0; i < WORKERS; i++)
		if (table[i].room == room)
			return &workers[i];
	return NULL;
}

static const char *
name(const struct worker *w)
{
	return room_name(w->row->room);
}

static void
kill_for(struct worker *w, const char *reason)
{
	if (w->pid == 0 || w->killed_for != NULL)
		return;
	log_warnx("%s: %s: killed", name(w), reason);
	w->killed_for = reason;
	kill(w->pid, SIGKILL);
}

/* --- to web ---------------------------------------------------------------------- */

static void
tell_web(const struct worker *w)
{
	const struct worker *web = worker_of(ROOM_WEB);
	struct msg_worker m = {
		.room = (uint8_t)w->row->room,
		.state = (uint8_t)w->state,
		.pid = (uint32_t)w->pid,
		.uid = setup.rights->uid,
		.restarts = w->restarts,
		.generation = w->generation,
		.since = w->since,
	};
	struct msg_out out;

	if (web->link == NULL || web->state != WORKER_READY)
		return;
	memcpy(m.lock, w->lock, sizeof m.lock);
	memcpy(m.last_end, w->last_end, sizeof m.last_end);
	msg_begin(&out, MSG_WORKER);
	msg_put_worker(&out, &m);
	link_send(web->link, &out, -1, LINK_MUST);
}

static void
tell_problems(void)
{
	const struct worker *web = worker_of(ROOM_WEB);

	if (have_problems && web->link != NULL && web->state == WORKER_READY)
		link_send(web->link, &problems, -1, LINK_MUST);
}

void
workers_problems(const struct msg_out *out)
{
	memcpy(problems.data, out->data, sizeof problems.data);
	problems.pack = out->pack;
	problems.pack.start = problems.data;
	problems.pack.at = problems.data + (out->pack.at - out->pack.start);
	problems.pack.end = problems.data + sizeof problems.data;
	have_problems = true;
	tell_problems();
}

/* --- from workers ---------------------------------------------------------------- */

static void
note_ready(void)
{
	for (size_t i = 0; i < WORKERS; i++)
		if (workers[i].wanted && workers[i].state != WORKER_READY)
			return;
	if (were_ready)
		return;
	were_ready = true;
	setup.ready();
}

static int
take_ready(struct worker *w, struct msg_in *in)
{
	msg_get_str(in, w->lock, sizeof w->lock);
	if (msg_done(in) != 0 || w->state != WORKER_STARTING)
		return -1;
	w->state = WORKER_READY;
	w->beat_ns = clock_mono_ns();
	log_info("%s is ready, pid %ld: %s", name(w), (long)w->pid, w->lock);
	if (w->row->room == ROOM_WEB) {
		for (size_t i = 0; i < WORKERS; i++)
			if (workers[i].wanted)
				tell_web(&workers[i]);
		tell_problems();
	} else {
		tell_web(w);
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
	if (lag > (uint64_t)S)
		log_debug(
		    "%s: its loop was late by %.1f s", name(w), (double)lag / 1e9);
	if (generation != w->generation) {
		w->generation = generation;
		tell_web(w);
	}
	return 0;
}

/* W could not believe what came from another: that one is started afresh. */
static int
take_nonsense(struct worker *w, struct msg_in *in)
{
	unsigned room = wire_u8(&in->wire);
	struct worker *other;

	if (msg_done(in) != 0 || room == w->row->room)
		return -1;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		if ((lines[i].a != room || lines[i].b != w->row->room) &&
		    (lines[i].b != room || lines[i].a != w->row->room))
			continue;
		other = worker_of((enum room)room);
		log_warnx("%s does not believe what %s sent", name(w), name(other));
		kill_for(other, "sent what cannot be believed");
		return 0;
	}
	return -1;
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
	case MSG_NONSENSE:
		return take_nonsense(w, in);
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
	else if (w->pid != 0 && !stopping)
		kill(w->pid, SIGKILL);
}

/* --- starting -------------------------------------------------------------------- */

/* The checked text of W's parts as a sealed descriptor. */
static int
config_text(const struct worker *w)
{
	int fd = memfd_create("configuration", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *out = copy < 0 ? NULL : fdopen(copy, "w");

	if (out == NULL)
		fatal("memory for the configuration");
	conf_write_checked(conf, w->row->parts, out);
	if (ferror(out) != 0 || fclose(out) != 0)
		fatal("memory for the configuration");
	fcntl(
	    fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	return fd;
}

static void
send_config(struct worker *w)
{
	struct msg_out out;
	int fd = config_text(w);

	msg_begin(&out, MSG_CONFIG);
	pack_u32(&out.pack, conf->generation);
	link_send(w->link, &out, fd, LINK_MUST);
	close(fd);
}

static void
send_socket(void *ctx, enum msg_socket kind, unsigned index, unsigned rung,
    const char *why, int fd)
{
	struct worker *w = ctx;
	struct msg_out out;

	msg_begin(&out, MSG_SOCKET);
	pack_u8(&out.pack, (uint8_t)kind);
	pack_u16(&out.pack, (uint16_t)index);
	pack_u8(&out.pack, (uint8_t)rung);
	msg_str(&out, why);
	link_send(w->link, &out, fd, LINK_MUST);
}

static void
send_peer(struct worker *w, enum room room, int fd)
{
	struct msg_out out;

	msg_begin(&out, MSG_PEER);
	pack_u8(&out.pack, (uint8_t)room);
	link_send(w->link, &out, fd, LINK_MUST);
	close(fd);
}

static int
pair(int fd[2])
{
	return socketpair(
	    AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd);
}

/* Fresh lines between W and everyone it talks to who is there. */
static void
connect_peers(struct worker *w)
{
	enum room me = w->row->room;
	int fd[2];

	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		if (lines[i].a != me && lines[i].b != me)
			continue;
		struct worker *other =
		    worker_of(lines[i].a == me ? lines[i].b : lines[i].a);
		if (other->link == NULL)
			continue;
		if (pair(fd) != 0)
			fatal("socket pair");
		send_peer(w, other->row->room, fd[0]);
		send_peer(other, me, fd[1]);
	}
}

static void
hand_over(struct worker *w)
{
	struct msg_out out;

	msg_begin(&out, MSG_LEVEL);
	pack_u8(&out.pack, (uint8_t)log_get_level());
	link_send(w->link, &out, -1, LINK_MUST);
	send_socket(w, SOCKET_DATADIR, 0, 0, "", setup.datadir);
	sockets_for(w->row->room, send_socket, w);
	send_config(w);
	connect_peers(w);
	msg_begin(&out, MSG_START);
	link_send(w->link, &out, -1, LINK_MUST);
}

static void schedule_restart(struct worker *w);

static void
start(struct worker *w)
{
	int fd[2];

	if (pair(fd) != 0)
		fatal("socket pair");
	struct spawn s = { w->row->room, w->program, fd[1], setup.datadir, w->row->nice,
		setup.rights };
	pid_t pid = spawn(&s);
	close(fd[1]);
	if (pid < 0) {
		log_warn("%s: fork", name(w));
		close(fd[0]);
		schedule_restart(w);
		return;
	}
	w->pid = pid;
	w->state = WORKER_STARTING;
	w->generation = 0;
	w->killed_for = NULL;
	w->lock[0] = '\0';
	w->started_ns = w->beat_ns = clock_mono_ns();
	w->since = clock_wall_ns() / S;
	w->link =
	    link_new(setup.base, fd[0], w->row->room, QUEUE, on_message, on_gone, w);
	log_debug("%s started, pid %ld", name(w), (long)pid);
	hand_over(w);
	tell_web(w);
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
	log_info("%s is started again in %u s", name(w), w->backoff);
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
	bool clean =
	    WIFEXITED(status) && WEXITSTATUS(status) == 0 && (stopping || !w->wanted);

	describe_end(w, status);
	if (clean)
		log_debug("%s ended", name(w));
	else
		log_warnx("%s, pid %ld: %s", name(w), (long)w->pid, w->last_end);
	link_free(w->link);
	w->link = NULL;
	w->pid = 0;
	w->state = WORKER_DOWN;
	if (stopping) {
		next_phase();
	} else if (w->wanted) {
		schedule_restart(w);
		tell_web(w);
	}
}

void
workers_reap(void)
{
	int status;
	pid_t pid;

	/* As first process of a container we inherit strangers too. */
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < WORKERS; i++)
			if (workers[i].pid == pid)
				ended(&workers[i], status);
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
		for (size_t i = 0; i < WORKERS; i++)
			workers[i].beat_ns = now;
	watched_ns = now;
	if (stopping) {
		check_stop(now);
		return;
	}
	for (size_t i = 0; i < WORKERS; i++)
		watch(&workers[i], now);
}

/* --- all of them ----------------------------------------------------------------- */

/* Does CONF name a program that is to be run? */
static bool
wants_runner(void)
{
	const struct conf_section *alerts = conf_top(conf, "Alerts");
	const char *to = conf_value(alerts, "to", "");

	if (strchr(to, '|') != NULL)
		return true;
	for (const struct conf_section *s = alerts == NULL ? NULL : alerts->first;
	     s != NULL; s = s->next)
		if (strchr(conf_value(s, "to", ""), '|') != NULL)
			return true;
	/* Mail by the sendmail program. */
	return *to != '\0' &&
	       conf_value(conf_top(conf, "General"), "mailhost", NULL) == NULL &&
	       conf_value(conf_top(conf, "General"), "sendmail", NULL) != NULL;
}

int
workers_open(const struct workers_setup *s, struct err *err)
{
	static const struct timeval often = { 0, 250 * 1000 };
	const char *test = getenv("SMOKEBOX_TEST");
	struct event *tick;

	setup = *s;
	if (test != NULL && (test = strstr(test, "beat=")) != NULL)
		beat_override = atoi(test + strlen("beat="));
	for (size_t i = 0; i < WORKERS; i++) {
		struct worker *w = &workers[i];
		w->row = &table[i];
		w->state = WORKER_DOWN;
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
	bool wanted = w->row->room != ROOM_RUNNER || wants_runner();
	struct msg_out out;

	if (!wanted && w->wanted && w->link != NULL) {
		msg_begin(&out, MSG_STOP);
		link_send(w->link, &out, -1, LINK_MUST);
	}
	if (wanted && w->link != NULL)
		send_config(w);
	else if (wanted && w->pid == 0 && !event_pending(w->restart, EV_TIMEOUT, NULL))
		start(w);
	w->wanted = wanted;
}

void
workers_configure(const struct conf *next)
{
	conf = next;
	for (size_t i = 0; i < WORKERS; i++)
		configure(&workers[i]);
}

/* --- the end of all -------------------------------------------------------------- */

static bool
anyone(unsigned up_to_phase)
{
	for (size_t i = 0; i < WORKERS; i++)
		if (workers[i].pid != 0 && workers[i].row->phase <= up_to_phase)
			return true;
	return false;
}

static void
kill_phase(unsigned up_to_phase)
{
	for (size_t i = 0; i < WORKERS; i++)
		if (workers[i].row->phase <= up_to_phase)
			kill_for(&workers[i], "does not end");
}

static void
stop_row(struct worker *w)
{
	struct msg_out out;

	if (w->pid == 0)
		return;
	if (w->link == NULL) {
		kill(w->pid, SIGKILL);
		return;
	}
	msg_begin(&out, MSG_STOP);
	link_send(w->link, &out, -1, LINK_MUST);
}

/* Once nobody of this phase is left, the next one is told. */
static void
next_phase(void)
{
	while (stop_phase < PHASES && !anyone(stop_phase)) {
		stop_phase++;
		phase_began_ns = clock_mono_ns();
		for (size_t i = 0; i < WORKERS; i++)
			if (workers[i].row->phase == stop_phase)
				stop_row(&workers[i]);
	}
	if (stop_phase == PHASES)
		setup.ended();
}

static void
check_stop(int64_t now)
{
	if (now - stop_began_ns > STOP_ALL_MS * CLOCK_NS_PER_MS)
		kill_phase(PHASES);
	else if (stop_phase == 0 &&
		 now - phase_began_ns > STOP_PHASE_MS * CLOCK_NS_PER_MS)
		kill_phase(0);
}

void
workers_stop(void)
{
	if (stopping) {
		kill_phase(PHASES);
		return;
	}
	stopping = true;
	stop_began_ns = phase_began_ns = clock_mono_ns();
	for (size_t i = 0; i < WORKERS; i++)
		if (workers[i].row->phase == 0)
			stop_row(&workers[i]);
	next_phase();
}
