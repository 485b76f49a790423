/* The web worker: HTTP in front, what the recorder and the parent tell behind. */
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "link/worker.h"
#include "web/history.h"
#include "web/picture.h"
#include "web/server.h"
#include "web/state.h"

#define SOCKETS_MAX 16

/* Listening sockets that came before start(). */
static struct {
	int fd;
	bool local;
} early[SOCKETS_MAX];
static unsigned early_count;
static bool running;

static void
web_socket(enum msg_socket kind, unsigned index, unsigned rung, int fd)
{
	(void)index;
	(void)rung;
	if (running) {
		server_listen(fd, kind == SOCKET_PROBECTL);
		return;
	}
	if (early_count == SOCKETS_MAX)
		fatalx("more than %d listening sockets", SOCKETS_MAX);
	early[early_count].fd = fd;
	early[early_count++].local = kind == SOCKET_PROBECTL;
}

static void *
web_start(struct worker *w)
{
	/* With TZ set, libc reads the zone once, now; without it, it would look again
	 * at every local time, which is not allowed after the lock. */
	setenv("TZ", ":/etc/localtime", 0);
	tzset();
	state_init(w->conf);
	server_init(w->base);
	picture_init(w->base);
	return w;
}

static void
web_run(void *ctx)
{
	(void)ctx;
	running = true;
	for (unsigned i = 0; i < early_count; i++)
		server_listen(early[i].fd, early[i].local);
}

static void
web_peer(void *ctx, enum room room, struct link *link)
{
	(void)ctx;
	if (room == ROOM_PAINTER)
		picture_painter(link);
}

static int
web_message(void *ctx, struct link *link, struct msg_in *in)
{
	(void)ctx;
	(void)link;
	if (in->type == MSG_PICTURE)
		return picture_message(in);
	return state_message(in);
}

static void
web_reload(void *ctx, const struct conf *old, const struct conf *next)
{
	(void)ctx;
	(void)old;
	state_reload(next);
	/* Titles, colours and ranges may be others now. */
	picture_forget();
	history_forget();
}

static void
web_stop(void *ctx)
{
	(void)ctx;
	server_stop();
	picture_stop();
	history_forget();
	state_free();
	worker_exit();
}

/* A picture request is small; what waits longer than a reader does is of no use. */
static size_t
web_queue_max(enum room peer)
{
	return peer == ROOM_PAINTER ? 256 * 1024 : 0;
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
