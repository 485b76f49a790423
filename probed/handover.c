#include "handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cached.h"
#include "sockets.h"

/* A line that broke is made anew so much later: should the reason be that one of its
 * ends died, that is known by then. */
#define MEND_NS CLOCK_NS_PER_S

static struct msg_out problems;
static bool have_problems;

/* The lines that there are, each by its ends in the order of their rooms. */
static struct {
	uint32_t number;
	int64_t mend_ns; /* when it is to be made anew; 0: it is whole */
} line[ROOMS][ROOMS];

/* --- to a worker ----------------------------------------------------------------- */

/* The checked text of W's parts as a sealed descriptor. */
static int
config_text(const struct worker *w, const struct conf *conf)
{
	int fd = memfd_create("configuration", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *out = copy < 0 ? NULL : fdopen(copy, "w");

	if (out == NULL)
		fatal("memory for the configuration");
	conf_write_checked(conf, roster_parts(w, conf), out);
	if (ferror(out) != 0 || fclose(out) != 0)
		fatal("memory for the configuration");
	fcntl(
	    fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	return fd;
}

void
handover_config(struct worker *w, const struct conf *conf)
{
	struct msg_out out;
	int fd = config_text(w, conf);

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

/* Who writes and who reads RRD files gets a line of its own to rrdcached. */
void
handover_rrdcached(struct worker *w, const struct conf *conf)
{
	enum room room = w->row->room;
	const char *path =
	    conf->rrdcached == NULL ? NULL : cached_path(conf->rrdcached);
	int fd;

	if (path == NULL || w->link == NULL ||
	    (room != ROOM_RECORDER && room != ROOM_WEB && room != ROOM_PAINTER))
		return;
	fd = cached_connect(path);
	if (fd < 0) {
		log_debug("rrdcached at %s: %s", path, strerror(errno));
		return; /* it is asked for again */
	}
	send_socket(w, SOCKET_RRDCACHED, 0, 0, "", fd);
	close(fd);
}

struct again {
	struct worker *w;
	enum msg_socket kind;
};

static void
send_kind(void *ctx, enum msg_socket kind, unsigned index, unsigned rung,
    const char *why, int fd)
{
	const struct again *again = ctx;

	if (kind == again->kind)
		send_socket(again->w, kind, index, rung, why, fd);
}

void
handover_socket(struct worker *w, enum msg_socket kind)
{
	struct again again = { w, kind };

	sockets_for(w->row->room, 0, send_kind, &again);
}

void
handover_sockets(struct worker *w, unsigned first)
{
	sockets_for(w->row->room, first, send_socket, w);
}

static void
send_peer(struct worker *w, enum room room, uint32_t number, int fd)
{
	struct msg_out out;

	msg_begin(&out, MSG_PEER);
	pack_u8(&out.pack, (uint8_t)room);
	pack_u32(&out.pack, number);
	link_send(w->link, &out, fd, LINK_MUST);
	close(fd);
}

/* A fresh line between A and B, who are there. */
static void
connect_two(struct worker *a, struct worker *b)
{
	static uint32_t last;
	enum room x = a->row->room, y = b->row->room;
	int fd[2];

	if (socketpair(
		AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd) != 0)
		fatal("socket pair");
	line[x < y ? x : y][x < y ? y : x].number = ++last;
	line[x < y ? x : y][x < y ? y : x].mend_ns = 0;
	send_peer(a, y, last, fd[0]);
	send_peer(b, x, last, fd[1]);
}

/* Fresh lines between W and everyone it talks to who is there. */
static void
connect_peers(struct worker *w)
{
	for (size_t i = 0; i < ROSTER; i++)
		if (roster[i].link != NULL &&
		    roster_line(w->row->room, roster[i].row->room))
			connect_two(w, &roster[i]);
}

int
handover_line_down(const struct worker *w, struct msg_in *in)
{
	unsigned x = w->row->room, y = wire_u8(&in->wire);
	uint32_t number = wire_u32(&in->wire);

	if (msg_done(in) != 0 || y >= ROOMS || !roster_line(x, (enum room)y))
		return -1;
	unsigned low = x < y ? x : y, high = x < y ? y : x;
	/* Both ends tell, and one may tell of a line that was replaced meanwhile. */
	if (line[low][high].number == number && line[low][high].mend_ns == 0)
		line[low][high].mend_ns = clock_mono_ns() + MEND_NS;
	return 0;
}

static bool
is_working(const struct worker *w)
{
	return w->wanted && w->link != NULL && w->state == WORKER_READY &&
	       w->killed_for == NULL;
}

void
handover_mend(int64_t now)
{
	for (size_t i = 0; i < ROSTER; i++)
		for (size_t k = 0; k < ROSTER; k++) {
			enum room x = roster[i].row->room, y = roster[k].row->room;

			if (x >= y || line[x][y].mend_ns == 0 ||
			    now < line[x][y].mend_ns || !is_working(&roster[i]) ||
			    !is_working(&roster[k]))
				continue;
			log_warnx("the line between %s and %s broke: here is another",
			    room_name(x), room_name(y));
			connect_two(&roster[i], &roster[k]);
		}
}

void
handover_start(struct worker *w, const struct conf *conf, int datadir)
{
	struct msg_out out;

	msg_begin(&out, MSG_LEVEL);
	pack_u8(&out.pack, (uint8_t)log_get_level());
	link_send(w->link, &out, -1, LINK_MUST);
	send_socket(w, SOCKET_DATADIR, 0, 0, "", datadir);
	sockets_for(w->row->room, 0, send_socket, w);
	handover_rrdcached(w, conf);
	handover_config(w, conf);
	connect_peers(w);
	msg_begin(&out, MSG_START);
	link_send(w->link, &out, -1, LINK_MUST);
}

void
handover_stop(struct worker *w)
{
	struct msg_out out;

	msg_begin(&out, MSG_STOP);
	link_send(w->link, &out, -1, LINK_MUST);
}

/* --- to web ---------------------------------------------------------------------- */

void
handover_tell(const struct worker *w, const struct rights *rights)
{
	const struct worker *web = roster_of(ROOM_WEB);
	struct msg_worker m = {
		.room = (uint8_t)w->row->room,
		.state = (uint8_t)w->state,
		.pid = (uint32_t)w->pid,
		.uid = rights->uid,
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

void
handover_tell_problems(void)
{
	const struct worker *web = roster_of(ROOM_WEB);

	if (have_problems && web->link != NULL && web->state == WORKER_READY)
		link_send(web->link, &problems, -1, LINK_MUST);
}

void
handover_keep_problems(const struct msg_out *out)
{
	memcpy(problems.data, out->data, sizeof problems.data);
	problems.pack = out->pack;
	problems.pack.start = problems.data;
	problems.pack.at = problems.data + (out->pack.at - out->pack.start);
	problems.pack.end = problems.data + sizeof problems.data;
	have_problems = true;
	handover_tell_problems();
}
