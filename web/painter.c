/* probed-painter: draws for web, so that librrd's drawing, which is neither safe for
 * threads nor free of leaks, has processes of its own: this one, and where several
 * pictures wait and processors are free, children of it (hand.h). */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cached.h"
#include "link/worker.h"
#include "web/graph.h"
#include "web/hand.h"
#include "web/paper.h"
#include "web/sheet.h"

/* Web asks for no more than it has connections. */
#define QUEUE_LENGTH 256
/* librrd loses 135 bytes a picture, and more where a picture fails. The process ends
 * when it has nothing to do after so many, or whatever waits after twice as many: web
 * asks the next one for it. */
#define PICTURES_A_LIFE 50000

#define WIDE 2000 /* pixels */
#define PASSES 4  /* graphs for each step of a document that waits */
#define PAPERS 2 /* web asks for one at a time */

static struct {
	struct worker *worker;
	struct event *turn; /* due while something waits */
	struct msg_draw wait[QUEUE_LENGTH];
	size_t first, count;
	struct {
		struct msg_paper ask;
		int fd;
	} paper[PAPERS];
	size_t papers;
	struct sheet *sheet; /* of the first of them, once it was begun */
	unsigned drawn, life;
	unsigned passed; /* graphs since a document went on */
} painter;

/* A sealed descriptor of G's bytes, or -1 with errno set. */
static int
seal(const struct graph *g)
{
	int fd = memfd_create("picture", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	for (size_t at = 0; at < g->size;) {
		ssize_t n = write(fd, g->data + at, g->size - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int why = errno;
			close(fd);
			errno = why;
			return -1;
		}
		at += (size_t)n;
	}
	fcntl(
	    fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	return fd;
}

static void
answer(enum msg_type type, const struct msg_picture *p, int fd)
{
	struct msg_out out;

	msg_begin(&out, type);
	msg_put_picture(&out, p);
	link_send(worker_link(ROOM_WEB), &out, fd, LINK_MUST);
}

static void
refuse(enum msg_type type, uint32_t id, const char *why)
{
	struct msg_picture p = { .id = id };

	snprintf(p.text, sizeof p.text, "%.255s", why);
	answer(type, &p, -1);
}

/* Send the document G, and be done with it. */
static void
hand_over(struct graph *g)
{
	int fd = seal(g);

	if (fd < 0) {
		log_warn("no memory for a picture of %zu bytes", g->size);
		refuse(MSG_SHEET, g->head.id, "no memory for the picture");
	} else {
		answer(MSG_SHEET, &g->head, fd);
		close(fd);
	}
	graph_free(g);
}

/* Draw ASK; P tells of it, or why there is nothing. A sealed descriptor, or -1. */
static int
draw(const struct msg_draw *ask, struct msg_picture *p)
{
	int64_t begin = clock_mono_ns();
	struct graph g;
	struct err err;

	p->generation = painter.worker->conf->generation;
	if (graph_draw(&g, painter.worker->conf, ask, &err) < 0) {
		log_debug("%s", err.text);
		snprintf(p->text, sizeof p->text, "%.255s", err.text);
		return -1;
	}
	log_debug("picture %u: %zu bytes in %.1f ms, by %ld", ask->id, g.size,
	    (double)(clock_mono_ns() - begin) / 1e6, (long)getpid());
	int fd = seal(&g);
	if (fd < 0) {
		log_warn("no memory for a picture of %zu bytes", g.size);
		snprintf(p->text, sizeof p->text, "no memory for the picture");
	} else {
		g.head.generation = p->generation;
		*p = g.head;
	}
	graph_free(&g);
	/* Of large ones much is left over in pieces. */
	if (ask->width * ask->zoom > WIDE)
		malloc_trim(0);
	return fd;
}

static void
draw_here(const struct msg_draw *ask)
{
	struct msg_picture p = { .id = ask->id };
	int fd = draw(ask, &p);

	painter.drawn++;
	answer(MSG_PICTURE, &p, fd);
	if (fd >= 0)
		close(fd);
}

/* The text behind FD, of SIZE bytes with the NUL at its end; NULL where it is none. */
static char *
read_paper(int fd, size_t size)
{
	struct stat st;
	char *text;

	if (fd < 0 || size > PAPER_MAX || fstat(fd, &st) != 0 ||
	    st.st_size != (off_t)size)
		return NULL;
	text = mem_alloc(size);
	for (size_t at = 0; at < size;) {
		ssize_t n = pread(fd, text + at, size - at, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			free(text);
			return NULL;
		}
		at += (size_t)n;
	}
	if (text[size - 1] == '\0')
		return text;
	free(text);
	return NULL;
}

/* The document is done with. */
static void
next_paper(void)
{
	sheet_free(painter.sheet);
	painter.sheet = NULL;
	close(painter.paper[0].fd);
	painter.papers--;
	memmove(
	    painter.paper, painter.paper + 1, painter.papers * sizeof painter.paper[0]);
	/* Pages and their graphs were twenty megabytes, perhaps. */
	malloc_trim(0);
}

/* Go on with the first document. */
static void
print(void)
{
	const struct msg_paper ask = painter.paper[0].ask;
	struct err err = { "the document is none" };
	enum sheet_step step = SHEET_FAILED;

	if (painter.sheet == NULL) {
		char *text = read_paper(painter.paper[0].fd, ask.size);
		if (text != NULL)
			painter.sheet = sheet_new(text, &ask, &err);
		painter.drawn++;
	}
	if (painter.sheet != NULL) {
		step = sheet_go_on(painter.sheet, painter.worker->conf);
		err_set(&err, "it cannot be laid out");
	}
	if (step == SHEET_MORE)
		return;
	if (step == SHEET_DONE) {
		struct graph *g = sheet_bytes(painter.sheet);
		g->head.id = ask.id;
		hand_over(g);
	} else {
		log_warnx("%s", err.text);
		refuse(MSG_SHEET, ask.id, err.text);
	}
	next_paper();
}

static void
arm(void)
{
	static const struct timeval now = { 0, 0 };

	if (painter.count > 0 || painter.papers > 0)
		event_add(painter.turn, &now);
}

/* What a child drew. With the last one done, the painter's own life may be over. */
static void
drawn_beside(const struct msg_picture *p, int fd)
{
	static const struct timeval now = { 0, 0 };

	answer(MSG_PICTURE, p, fd);
	event_add(painter.turn, &now);
}

/* Make room for a fresh painter, where that is due. */
static void
end_life(void)
{
	bool idle = painter.count == 0 && painter.papers == 0 && !hands_are_busy();

	if (painter.drawn < painter.life || (!idle && painter.drawn / 2 < painter.life))
		return;
	log_info("%u pictures drawn, making room for a fresh painter", painter.drawn);
	worker_exit();
}

static struct msg_draw
next_ask(void)
{
	struct msg_draw ask = painter.wait[painter.first];

	painter.first = (painter.first + 1) % QUEUE_LENGTH;
	painter.count--;
	return ask;
}

/* All but one of those that wait, as far as there are processors. A line to rrdcached
 * speaks with one at a time. */
static void
share_out(void)
{
	if (painter.worker->conf->rrdcached != NULL)
		return;
	while (painter.count > 1 && hand_draw(&painter.wait[painter.first]))
		next_ask();
}

/* One picture a turn of the loop, so that messages and beats go on between them. */
static void
on_turn(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	share_out();
	/* Documents take long: graphs go first, but not for ever. */
	if (painter.papers > 0 && (painter.count == 0 || painter.passed >= PASSES)) {
		painter.passed = 0;
		print();
	} else if (painter.count > 0) {
		struct msg_draw ask = next_ask();
		draw_here(&ask);
		painter.passed++;
	}
	end_life();
	arm();
}

/* --- rrdcached: what it keeps is flushed before it is drawn ----------------------- */

static void
another_line(void)
{
	worker_again(SOCKET_RRDCACHED);
}

static void
on_socket(enum msg_socket kind, unsigned index, unsigned rung, int fd)
{
	(void)index;
	(void)rung;
	if (kind == SOCKET_RRDCACHED)
		cached_line(fd);
	else
		close(fd);
}

static void
reload(void *ctx, const struct conf *old, const struct conf *next)
{
	(void)ctx;
	(void)old;
	hands_renew();
	cached_use(next->rrdcached, another_line);
}

/* --- life ------------------------------------------------------------------------- */

static void *
start(struct worker *w)
{
	static const struct hand_ops ops = { .draw = draw, .done = drawn_beside };
	const char *test = getenv("SMOKEBOX_TEST");
	const char *life = test != NULL ? strstr(test, "life=") : NULL;

	painter.life = PICTURES_A_LIFE;
	if (life != NULL)
		painter.life = (unsigned)strtoul(life + 5, NULL, 10);
	cached_use(w->conf->rrdcached, another_line);
	painter.worker = w;
	painter.turn = event_new(w->base, -1, 0, on_turn, NULL);
	if (painter.turn == NULL)
		fatalx("no timer for drawing");
	graph_warm_up();
	hands_open(w->base, painter.life, &ops);
	return &painter;
}

/* What the web worker before asked for, nobody waits for any more. */
static void
peer(void *ctx, enum room room, struct link *link)
{
	(void)ctx;
	(void)link;
	if (room != ROOM_WEB)
		return;
	painter.count = 0;
	hands_forget();
	while (painter.papers > 0)
		next_paper();
}

/* A document: 0, or -1 where it is none. */
static int
take_paper(struct msg_in *in)
{
	struct msg_paper ask;

	if (msg_get_paper(in, &ask) < 0)
		return -1;
	int fd = in->fd < 0 ? -1 : fcntl(in->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0 || painter.papers == PAPERS) {
		if (fd >= 0)
			close(fd);
		refuse(MSG_SHEET, ask.id, "too many documents are waiting");
		return 0;
	}
	painter.paper[painter.papers].ask = ask;
	painter.paper[painter.papers++].fd = fd;
	arm();
	return 0;
}

static int
message(void *ctx, struct link *link, struct msg_in *in)
{
	struct msg_draw ask;

	(void)ctx;
	if (in->type == MSG_PAPER && link_peer(link) == ROOM_WEB)
		return take_paper(in);
	if (in->type != MSG_DRAW || link_peer(link) != ROOM_WEB ||
	    msg_get_draw(in, &ask) < 0)
		return -1;
	if (painter.count == QUEUE_LENGTH) {
		refuse(
		    MSG_PICTURE, ask.id, "too many pictures are waiting to be drawn");
		return 0;
	}
	painter.wait[(painter.first + painter.count++) % QUEUE_LENGTH] = ask;
	arm();
	return 0;
}

int
main(void)
{
	static const struct worker_ops ops = {
		.room = ROOM_PAINTER,
		.sandbox = SANDBOX_PAINTER,
		.socket = on_socket,
		.start = start,
		.peer = peer,
		.message = message,
		.reload = reload,
	};

	worker_main(&ops);
}
