/* The courier carries things off the box: a slave's rounds to its master, rounds to
 * sinks, and news. What there is to tell stands in the outbox, which the recorder
 * writes; of its own it keeps but a cursor for each receiver. */
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "courier/announced.h"
#include "courier/blockades.h"
#include "courier/errand.h"
#include "courier/master.h"
#include "courier/receivers.h"
#include "courier/sinks.h"
#include "courier/snpp.h"
#include "courier/transfer.h"
#include "link/worker.h"

static struct worker *self;

static void
on_socket(enum msg_socket kind, unsigned index, unsigned rung, int fd)
{
	(void)index;
	(void)rung;
	if (kind == SOCKET_BROKERS)
		announced_open(fd);
	else
		close(fd);
}

static void *
start(struct worker *w)
{
	static const struct rlimit none = { 0, 0 };

	/* Passwords and tokens are in this memory. */
	if (setrlimit(RLIMIT_CORE, &none) != 0)
		log_warn("no core dumps");
	/* With TZ set, libc reads the zone once, now. */
	setenv("TZ", ":/etc/localtime", 0);
	tzset();
	transfer_open(w->base);
	snpp_open(w->base);
	errand_open(w->base);
	receivers_open(w->base, w->conf);
	blockades_open(w->base, w->conf);
	master_open(w->base, w->conf);
	sinks_open(w->base, w->conf);
	self = w;
	return w;
}

static void
run(void *ctx)
{
	(void)ctx;
	master_run();
	receivers_run();
	blockades_run();
	sinks_configure(self->conf);
}

static void
peer(void *ctx, enum room room, struct link *link)
{
	(void)ctx;
	if (room == ROOM_RUNNER)
		errand_runner(link);
	else if (room == ROOM_WEB) {
		receivers_web(link);
		blockades_web(link);
		sinks_web(link);
	}
}

static int
message(void *ctx, struct link *link, struct msg_in *in)
{
	(void)ctx;
	if (in->type == MSG_ERRAND_DONE && link_peer(link) == ROOM_RUNNER)
		return errand_message(in);
	if (in->type == MSG_IN_FORCE && link_peer(link) == ROOM_RUNNER)
		return blockades_message(in);
	if (in->type == MSG_TRY && link_peer(link) == ROOM_WEB)
		return receivers_message(in);
	if ((in->type == MSG_ROUND || in->type == MSG_VERDICT) &&
	    link_peer(link) == ROOM_RECORDER)
		return sinks_message(in);
	return -1;
}

static void
reload(void *ctx, const struct conf *old, const struct conf *next)
{
	(void)ctx;
	(void)old;
	master_configure(next);
	receivers_configure(next);
	blockades_configure(next);
	sinks_configure(next);
}

/* One of the two that may have something to finish has. */
static void
left(void)
{
	static unsigned ended;

	if (++ended < 2)
		return;
	snpp_close();
	transfer_close();
	worker_exit();
}

static void
stop(void *ctx)
{
	(void)ctx;
	master_stop();
	blockades_stop();
	receivers_stop(left);
	sinks_stop(left);
}

int
main(void)
{
	static const struct worker_ops ops = {
		.room = ROOM_COURIER,
		.sandbox = SANDBOX_COURIER,
		.socket = on_socket,
		.start = start,
		.run = run,
		.peer = peer,
		.message = message,
		.reload = reload,
		.stop = stop,
	};

	worker_main(&ops);
}
