#include "link/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define CONTROL_FD 3
#define QUEUE_DEFAULT (1024 * 1024)
#define CONFIG_MAX (256 * 1024 * 1024) /* bytes of checked text */
#define STOP_SECONDS 4
#define FLUSH_MS 2000

static const struct timeval beat_every = { 1, 0 };

/* This process. */
static struct {
	const struct worker_ops *ops;
	struct worker w;
	void *ctx;
	struct conf *conf;
	uint32_t generation;
	struct link *link[ROOMS];
	int peer_fd[ROOMS]; /* came before MSG_START; -1 none */
	uint32_t line[ROOMS]; /* the number of the line that came last */
	bool running, stopping;
	struct event *beat, *last;
	int64_t beat_due_ns, lag_ns;
} self;

/* --- beats ----------------------------------------------------------------------- */

static void
note_lag(int64_t ns)
{
	if (ns > self.lag_ns)
		self.lag_ns = ns;
}

static void
on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct msg_out out;
	int64_t now = clock_mono_ns();

	(void)fd;
	(void)what;
	(void)arg;
	note_lag(now - self.beat_due_ns);
	self.beat_due_ns = now + beat_every.tv_sec * CLOCK_NS_PER_S;
	msg_begin(&out, MSG_BEAT);
	pack_u32(&out.pack, self.generation);
	pack_u64(&out.pack, (uint64_t)self.lag_ns);
	link_send(self.w.parent, &out, -1, LINK_DROPPABLE);
	self.lag_ns = 0;
}

static void
start_beating(void)
{
	self.beat = event_new(self.w.base, -1, EV_PERSIST, on_beat, NULL);
	if (self.beat == NULL || event_add(self.beat, &beat_every) != 0)
		fatalx("no timer for the heartbeat");
	self.beat_due_ns = clock_mono_ns() + beat_every.tv_sec * CLOCK_NS_PER_S;
}

/* --- peers ----------------------------------------------------------------------- */

static int
on_peer_message(void *ctx, struct link *link, struct msg_in *in)
{
	int64_t begin = clock_mono_ns();
	int r = self.ops->message == NULL ? -1 : self.ops->message(self.ctx, link, in);

	(void)ctx;
	note_lag(clock_mono_ns() - begin);
	return r;
}

static void
tell_peer(enum room room)
{
	if (self.ops->peer != NULL)
		self.ops->peer(self.ctx, room, self.link[room]);
}

static void
on_peer_gone(void *ctx, struct link *link)
{
	enum room room = link_peer(link);
	struct msg_out out;

	(void)ctx;
	if (self.link[room] != link)
		return;
	self.link[room] = NULL;
	if (link_nonsense(link)) {
		msg_begin(&out, MSG_NONSENSE);
		pack_u8(&out.pack, (uint8_t)room);
		link_send(self.w.parent, &out, -1, LINK_MUST);
	}
	/* Should the other be alive, both need a new one. */
	msg_begin(&out, MSG_LINE_DOWN);
	pack_u8(&out.pack, (uint8_t)room);
	pack_u32(&out.pack, self.line[room]);
	link_send(self.w.parent, &out, -1, LINK_MUST);
	log_debug("line to %s is down", room_name(room));
	tell_peer(room);
}

/* Take over FD as the line to ROOM. */
static void
open_line(enum room room, int fd)
{
	size_t max = self.ops->queue_max == NULL ? 0 : self.ops->queue_max(room);
	struct link *old = self.link[room];

	if (old != NULL) {
		self.link[room] = NULL;
		tell_peer(room);
		link_free(old);
	}
	self.link[room] = link_new(self.w.base, fd, room,
	    max == 0 ? QUEUE_DEFAULT : max, on_peer_message, on_peer_gone, NULL);
	tell_peer(room);
}

struct link *
worker_link(enum room room)
{
	return room == ROOM_PARENT ? self.w.parent : self.link[room];
}

void
worker_again(enum msg_socket kind)
{
	struct msg_out out;

	msg_begin(&out, MSG_AGAIN);
	pack_u8(&out.pack, (uint8_t)kind);
	link_send(self.w.parent, &out, -1, LINK_DROPPABLE);
}

/* --- configuration --------------------------------------------------------------- */

/* The whole text behind FD, or NULL. The parent has sealed it. */
static char *
read_text(int fd, size_t *len)
{
	struct stat st;
	char *text;
	size_t at = 0;

	if (fstat(fd, &st) != 0 || st.st_size < 0 || st.st_size > CONFIG_MAX)
		return NULL;
	*len = (size_t)st.st_size;
	text = mem_alloc(*len + 1);
	while (at < *len) {
		ssize_t n = pread(fd, text + at, *len - at, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			free(text);
			return NULL;
		}
		at += (size_t)n;
	}
	text[at] = '\0';
	return text;
}

static struct conf *
parse_config(int fd)
{
	struct conf_report report = { 0 };
	size_t len = 0;
	char *text = read_text(fd, &len);
	struct conf *conf;

	if (text == NULL) {
		log_warnx("configuration from the parent cannot be read");
		return NULL;
	}
	conf = conf_parse_checked(text, len, &report);
	if (conf == NULL) {
		log_warnx("configuration from the parent is not understood:");
		conf_report_print(&report, stderr);
	}
	conf_report_free(&report);
	free(text);
	return conf;
}

/* First time: keep. Later: go over by difference. A text that this worker cannot parse
 * leaves the old one in force, which the generation in its beats tells. */
static int
take_config(struct msg_in *in)
{
	uint32_t generation = wire_u32(&in->wire);
	struct conf *next, *old = self.conf;

	if (msg_done(in) != 0 || in->fd < 0)
		return -1;
	next = parse_config(in->fd);
	if (next == NULL) {
		if (old == NULL)
			fatalx("no configuration to begin with");
		return 0;
	}
	next->generation = generation;
	self.conf = next;
	self.w.conf = next;
	self.generation = generation;
	if (self.running && self.ops->reload != NULL)
		self.ops->reload(self.ctx, old, next);
	conf_free(old);
	return 0;
}

/* --- from the parent ------------------------------------------------------------- */

static int
take_socket(struct msg_in *in)
{
	unsigned kind = wire_u8(&in->wire), index = wire_u16(&in->wire),
		 rung = wire_u8(&in->wire);
	char why[sizeof self.w.icmp_why[0]];

	msg_get_str(in, why, sizeof why);
	if (msg_done(in) != 0 || kind >= SOCKET_KINDS || rung > ICMP_RAW)
		return -1;
	/* An ICMP socket that could not be had comes without descriptor. */
	if (in->fd < 0 && (rung != 0 || (kind != SOCKET_ICMP4 && kind != SOCKET_ICMP6)))
		return -1;
	if (kind == SOCKET_ICMP4 || kind == SOCKET_ICMP6)
		memcpy(self.w.icmp_why[kind == SOCKET_ICMP6], why, sizeof why);
	if (kind == SOCKET_DATADIR) {
		self.w.datadir = in->fd;
		in->fd = -1;
	} else if (in->fd >= 0 && self.ops->socket != NULL) {
		self.ops->socket((enum msg_socket)kind, index, rung, in->fd);
		in->fd = -1;
	}
	return 0;
}

static int
take_peer(struct msg_in *in)
{
	unsigned room = wire_u8(&in->wire);
	uint32_t line = wire_u32(&in->wire);

	if (msg_done(in) != 0 || room == ROOM_PARENT || room >= ROOMS || in->fd < 0)
		return -1;
	self.line[room] = line;
	if (self.running) {
		open_line((enum room)room, in->fd);
	} else {
		if (self.peer_fd[room] >= 0)
			close(self.peer_fd[room]);
		self.peer_fd[room] = in->fd;
	}
	in->fd = -1;
	return 0;
}

static int
take_start(struct msg_in *in)
{
	struct msg_out out;
	char how[160];

	if (msg_done(in) != 0 || self.running || self.conf == NULL)
		return -1;
	if (self.ops->start != NULL)
		self.ctx = self.ops->start(&self.w);
	sandbox_enter(self.ops->sandbox, how, sizeof how);
	self.running = true;
	for (unsigned room = 0; room < ROOMS; room++)
		if (self.peer_fd[room] >= 0)
			open_line((enum room)room, self.peer_fd[room]);
	msg_begin(&out, MSG_READY);
	msg_str(&out, how);
	link_send(self.w.parent, &out, -1, LINK_MUST);
	start_beating();
	if (self.ops->run != NULL)
		self.ops->run(self.ctx);
	return 0;
}

static void
on_last(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	log_warnx("not done %d s after being told to stop", STOP_SECONDS);
	worker_exit();
}

/* Everything that peers sent before they left is handled first. */
static void
stop(void)
{
	static const struct timeval last = { STOP_SECONDS, 0 };

	if (self.stopping)
		return;
	self.stopping = true;
	if (!self.running || self.ops->stop == NULL)
		worker_exit();
	for (unsigned room = 0; room < ROOMS; room++)
		if (self.link[room] != NULL)
			link_drain(self.link[room]);
	self.last = event_new(self.w.base, -1, 0, on_last, NULL);
	if (self.last == NULL || event_add(self.last, &last) != 0)
		worker_exit();
	self.ops->stop(self.ctx);
}

static int
take_level(struct msg_in *in)
{
	unsigned level = wire_u8(&in->wire);

	if (msg_done(in) != 0 || level > LOG_LEVEL_DEBUG)
		return -1;
	log_set_level((enum log_level)level);
	return 0;
}

static int
on_parent_message(void *ctx, struct link *link, struct msg_in *in)
{
	(void)ctx;
	switch (in->type) {
	case MSG_SOCKET:
		return take_socket(in);
	case MSG_PEER:
		return take_peer(in);
	case MSG_CONFIG:
		return take_config(in);
	case MSG_START:
		return take_start(in);
	case MSG_LEVEL:
		return take_level(in);
	case MSG_STOP:
		if (msg_done(in) != 0)
			return -1;
		stop();
		return 0;
	default:
		if (!self.running || self.ops->message == NULL)
			return -1;
		return self.ops->message(self.ctx, link, in);
	}
}

static void
on_parent_gone(void *ctx, struct link *link)
{
	(void)ctx;
	if (link_nonsense(link))
		fatalx("nonsense from the parent");
	log_debug("the parent is gone");
	self.w.parent = NULL;
	stop();
}

/* --- life ------------------------------------------------------------------------ */

static struct event_base *
precise_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base;

	if (config == NULL)
		fatalx("no event loop");
	/* The coarse clock would make every timer up to 4 ms late. */
	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	base = event_base_new_with_config(config);
	event_config_free(config);
	if (base == NULL)
		fatalx("no event loop");
	return base;
}

/* Was this really started by the parent? */
static void
check_control(const char *name)
{
	int type = 0;
	socklen_t len = sizeof type;

	if (getsockopt(CONTROL_FD, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	    type == SOCK_SEQPACKET) {
		fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC);
		return;
	}
	fprintf(stderr, "probed-%s is started by probed, not by hand\n", name);
	exit(2);
}

void
worker_main(const struct worker_ops *ops)
{
	const char *name = room_name(ops->room);

	char title[16];

	log_init(name, LOG_LEVEL_INFO);
	clock_hook();
	/* What is large and needed for a moment, such as what a picture is painted on,
	 * goes back to the machine; glibc would learn to keep it. */
	mallopt(M_MMAP_THRESHOLD, 256 * 1024);
	mallopt(M_TRIM_THRESHOLD, 512 * 1024);
	check_control(name);
	/* Executed by descriptor, older kernels would call it by that number. */
	snprintf(title, sizeof title, "probed-%s", name);
	prctl(PR_SET_NAME, title, 0UL, 0UL, 0UL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	/* Lets timers fire when they are due, not up to 50 us later. */
	prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	self.ops = ops;
	self.w.datadir = -1;
	for (unsigned room = 0; room < ROOMS; room++)
		self.peer_fd[room] = -1;
	self.w.base = precise_base();
	self.w.parent = link_new(self.w.base, CONTROL_FD, ROOM_PARENT, QUEUE_DEFAULT,
	    on_parent_message, on_parent_gone, NULL);
	event_base_dispatch(self.w.base);
	fatalx("the event loop ended");
}

void
worker_exit(void)
{
	for (unsigned room = 0; room < ROOMS; room++)
		if (self.link[room] != NULL)
			link_flush(self.link[room], FLUSH_MS);
	if (self.w.parent != NULL)
		link_flush(self.w.parent, FLUSH_MS);
	exit(0);
}
