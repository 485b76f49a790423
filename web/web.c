/* The web worker: HTTP in front, what the recorder and the parent tell behind. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <event2/event.h>

#include "base/log.h"
#include "cached.h"
#include "link/worker.h"
#include "web/api.h"
#include "web/blockades.h"
#include "web/edit.h"
#include "web/exporters.h"
#include "web/flight.h"
#include "web/interfaces.h"
#include "web/eventlog.h"
#include "web/hierarchy.h"
#include "web/history.h"
#include "web/livetraffic.h"
#include "web/loadtests.h"
#include "web/news.h"
#include "web/picture.h"
#include "web/radios.h"
#include "web/replay.h"
#include "web/server.h"
#include "web/sheets.h"
#include "web/skin.h"
#include "web/slavebook.h"
#include "web/state.h"
#include "web/stream.h"
#include "web/suspects.h"
#include "web/tls.h"
#include "web/warm.h"
#include "web/week.h"
#include "web/window.h"
#include "web/ways.h"

#define SOCKETS_MAX 16
#define RECALLED 1000 /* outages of before this start */

/* Listening sockets that came before start(). */
static struct {
	int fd;
	enum server_way way;
} early[SOCKETS_MAX];
static unsigned early_count;
static bool running;
static struct event *recalling;

static void
web_socket(enum msg_socket kind, unsigned index, unsigned rung, int fd)
{
	enum server_way way = kind == SOCKET_PROBECTL ? SERVER_LOCAL
			      : kind == SOCKET_HTTPS  ? SERVER_TLS
						      : SERVER_PLAIN;

	(void)index;
	(void)rung;
	if (kind == SOCKET_RRDCACHED) {
		cached_line(fd);
		return;
	}
	if (running) {
		server_listen(fd, way);
		return;
	}
	if (early_count == SOCKETS_MAX)
		fatalx("more than %d listening sockets", SOCKETS_MAX);
	early[early_count].fd = fd;
	early[early_count++].way = way;
}

static void
another_line(void)
{
	worker_again(SOCKET_RRDCACHED);
}

static void
on_open_loss(void *ctx, const struct eventlog_row *row)
{
	(void)ctx;
	if (strcmp(row->source, "down") == 0)
		state_down_before(conf_target_id(row->subject), row->begin);
}

/* What is down since before this start: once that can be read, which the recorder
 * prevents for a moment when it opens the file. */
static void
recall(evutil_socket_t fd, short what, void *arg)
{
	struct eventlog_query open = {
		.kind = "loss", .which = EVENTLOG_OPEN, .limit = RECALLED
	};
	struct timeval later = { .tv_sec = 1 };
	struct err err;

	(void)fd;
	(void)what;
	(void)arg;
	if (eventlog_each(&open, on_open_loss, NULL, &err) < 0 &&
	    event_add(recalling, &later) != 0)
		fatalx("no timer");
}

static void *
web_start(struct worker *w)
{
	/* With TZ set, libc reads the zone once, now; without it, it would look again
	 * at every local time, which is not allowed after the lock. */
	setenv("TZ", ":/etc/localtime", 0);
	tzset();
	cached_use(w->conf->rrdcached, another_line);
	state_init(w->conf);
	recalling = event_new(w->base, -1, 0, recall, NULL);
	if (recalling == NULL)
		fatalx("no timer");
	tls_configure(w->conf);
	skin_allow();
	server_init(w->base);
	edit_init(w->base);
	picture_init(w->base);
	sheets_init(w->base);
	warm_init(w->base);
	stream_init(w->base);
	state_tell(stream_round);
	return w;
}

static void
web_run(void *ctx)
{
	(void)ctx;
	running = true;
	recall(-1, 0, NULL);
	for (unsigned i = 0; i < early_count; i++)
		server_listen(early[i].fd, early[i].way);
}

static void
web_peer(void *ctx, enum room room, struct link *link)
{
	(void)ctx;
	if (room == ROOM_PAINTER) {
		picture_painter(link);
		sheets_painter(link);
	} else if (room == ROOM_COURIER)
		news_courier(link);
	else if (room == ROOM_RECORDER && link == NULL) {
		forget_recorder_gone();
		loadtests_recorder_gone();
	}
}

static int
web_message(void *ctx, struct link *link, struct msg_in *in)
{
	(void)ctx;
	if (in->type == MSG_PICTURE)
		return picture_message(in);
	if (in->type == MSG_SHEET)
		return link_peer(link) == ROOM_PAINTER ? sheets_message(in) : -1;
	if (in->type == MSG_EDITED)
		return link_peer(link) == ROOM_PARENT ? edit_message(in) : -1;
	if (link_peer(link) == ROOM_COURIER && in->type != MSG_SINK)
		return in->type == MSG_RECEIVER || in->type == MSG_TRIED
			   ? news_message(in)
		       : in->type == MSG_BLOCKADE ? blockades_message(in)
						  : -1;
	if (in->type == MSG_SINK && link_peer(link) != ROOM_COURIER)
		return -1;
	int r = state_message(in);
	if (r == 0 && in->type == MSG_VERDICT)
		stream_verdict();
	if (r == 0 && in->type == MSG_FLIGHT)
		stream_flight();
	return r;
}

static void
web_reload(void *ctx, const struct conf *old, const struct conf *next)
{
	(void)ctx;
	(void)old;
	cached_use(next->rrdcached, another_line);
	state_reload(next);
	tls_configure(next);
	slavebook_reload(next);
	/* Titles, colours and ranges may be others now. */
	picture_forget();
	history_forget();
	window_forget();
	week_forget();
	hierarchy_forget();
	skin_forget();
	ways_reload(next);
}

static void
web_stop(void *ctx)
{
	(void)ctx;
	server_stop();
	event_free(recalling);
	edit_stop();
	stream_stop();
	flight_stop();
	tls_free();
	picture_stop();
	sheets_stop();
	history_forget();
	window_forget();
	week_forget();
	eventlog_close();
	hierarchy_forget();
	skin_forget();
	slavebook_free();
	replay_free();
	news_free();
	exporters_forget();
	livetraffic_free();
	suspects_forget();
	interfaces_forget();
	radios_forget();
	ways_forget();
	state_free();
	worker_exit();
}

/* A picture request is small; what waits longer than a reader does is of no use. */
static size_t
web_queue_max(enum room peer)
{
	switch (peer) {
	case ROOM_PAINTER:
		return 256 * 1024;
	case ROOM_RECORDER: /* all that a slave has kept (slavetake.c) */
		return 48UL * 1024 * 1024;
	default:
		return 0;
	}
}

int
main(void)
{
	static const struct worker_ops ops = {
		.room = ROOM_WEB,
		.sandbox = SANDBOX_WEB,
		.socket = web_socket,
		.start = web_start,
		.run = web_run,
		.peer = web_peer,
		.message = web_message,
		.reload = web_reload,
		.stop = web_stop,
		.queue_max = web_queue_max,
	};

	worker_main(&ops);
}
