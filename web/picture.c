#include "web/picture.h"

#include <sys/queue.h>
#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>
#include <uthash.h>

#include "base/clock.h"
#include "base/fnv.h"
#include "base/log.h"
#include "base/mem.h"
#include "web/request.h"
#include "web/sketch.h"
#include "web/state.h"
#include "web/taste.h"
#include "web/viewname.h"

#define CACHE_BYTES (4 * 1024 * 1024)
#define PICTURE_MAX (16 * 1024 * 1024) /* bytes of one */
#define WAITING_MAX 600		       /* drawings owed at once */
#define IN_FLIGHT 4		       /* asked of the painter at once */
#define PATIENCE_S 10		       /* of a reader */
#define TRIES 2 /* a picture that ended two painters is not asked for again */

struct waiter {
	struct request *request;
	struct picture *picture;
	TAILQ_ENTRY(waiter) link;
};

enum stage {
	STAGE_QUEUED,	 /* wants to be asked for */
	STAGE_IN_FLIGHT, /* the painter draws it */
	STAGE_READY,
};

struct picture {
	struct picture_key key;
	enum stage stage;
	uint32_t id;
	unsigned tries;
	bool outdated; /* asked for or drawn under another configuration */
	int64_t since_ns;
	TAILQ_HEAD(, waiter) waiters;
	struct msg_picture head;
	void *data;
	char etag[24];
	TAILQ_ENTRY(picture) link; /* queued, in flight; ready ones by last use */
	UT_hash_handle hh;
};
TAILQ_HEAD(pictures, picture);

static struct {
	struct link *painter;
	struct event *sweep;
	struct picture *by_key;
	struct pictures queued, in_flight, ready;
	unsigned waiting, flying;
	uint32_t next_id;
	struct picture_counters count;
} all;

const struct picture_counters *
picture_counters(void)
{
	return &all.count;
}

static const char *
type_of(const struct msg_draw *draw)
{
	static const char *const type[] = { "image/png", "image/svg+xml",
		"application/pdf" };

	return type[draw->format];
}

/* --- answering -------------------------------------------------------------------- */

/* Seconds for which P stays the best there is. */
static long
fresh_for(const struct picture *p)
{
	const struct picture_key *key = &p->key;
	const struct conf_target *t = conf_target_by_id(state_conf(), key->draw.target);
	int64_t now = clock_wall_s();

	if (p->outdated)
		return 1;
	if (key->row == 0)
		return 300;
	long left = (long)(key->draw.end - now);
	long step = t != NULL ? (long)t->step : 60;
	return left < 1 ? 1 : left < step ? left : step;
}

/* What a browser calls the picture when somebody keeps it. */
static void
name_file(struct request *r, const struct msg_draw *d)
{
	static const char *const ext[DRAW_FORMATS] = { "png", "svg", "pdf" };
	const struct conf_target *t = conf_target_by_id(state_conf(), d->target);
	char *what = mem_printf("%s%s%s", t != NULL ? t->path : "",
	    d->slave[0] != '\0' ? "~" : "", d->slave);

	viewname_set(r, VIEW_SHOWN, what, d->start, d->end, ext[d->format]);
	free(what);
}

static void
answer(struct request *r, const struct picture *p)
{
	const struct msg_picture *head = &p->head;
	char text[240];

	name_file(r, &p->key.draw);
	request_set_header(r, "Vary", "Cookie");
	request_set_embeddable(r);
	snprintf(text, sizeof text, "max-age=%ld", fresh_for(p));
	request_set_header(r, "Cache-Control", text);
	snprintf(text, sizeof text,
	    "picture=%u, left=%u, upper=%u, width=%u, height=%u, low=%g, high=%g, start=%" PRId64
	    ", end=%" PRId64,
	    head->width, head->left, head->upper, head->plot_width, head->plot_height,
	    head->low, head->high, p->key.draw.start, p->key.draw.end);
	request_set_header(r, "Smokebox-Plot", text);
	if (p->key.draw.format == DRAW_SVG)
		request_set_header(r, "Content-Security-Policy",
		    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
		    "frame-ancestors 'self'");
	if (!reply_not_modified(r, p->etag))
		reply_bytes(r, 200, type_of(&p->key.draw), p->data, head->size);
}

/* WHY as a picture, so that the page says it where the graph would be. */
static void
answer_words(
    struct request *r, const struct msg_draw *draw, unsigned status, const char *why)
{
	request_set_header(r, "Cache-Control", "no-store");
	request_set_embeddable(r);
	if (status == 503)
		request_set_header(r, "Retry-After", "2");
	sketch_words(request_out(r), draw, why);
	reply(r, status, "image/svg+xml");
}

static void
waiter_gone(void *ctx)
{
	struct waiter *w = ctx;

	TAILQ_REMOVE(&w->picture->waiters, w, link);
	free(w);
}

static void
wake_all(struct picture *p, unsigned status, const char *why)
{
	struct waiter *w;

	while ((w = TAILQ_FIRST(&p->waiters)) != NULL) {
		struct request *r = w->request;
		TAILQ_REMOVE(&p->waiters, w, link);
		free(w);
		taste_begin(r);
		if (why == NULL)
			answer(r, p);
		else
			answer_words(r, &p->key.draw, status, why);
		taste_end();
	}
}

static void
wait_for(struct request *r, struct picture *p)
{
	struct waiter *w = mem_zero(1, sizeof *w);

	w->request = r;
	w->picture = p;
	TAILQ_INSERT_TAIL(&p->waiters, w, link);
	request_park(r, waiter_gone, w);
}

/* --- the cache -------------------------------------------------------------------- */

static void
leave_stage(struct picture *p)
{
	if (p->stage == STAGE_READY) {
		TAILQ_REMOVE(&all.ready, p, link);
		all.count.bytes -= p->head.size;
		all.count.pictures--;
		return;
	}
	all.waiting--;
	if (p->stage == STAGE_QUEUED) {
		TAILQ_REMOVE(&all.queued, p, link);
	} else {
		TAILQ_REMOVE(&all.in_flight, p, link);
		all.flying--;
	}
}

static void
picture_free(struct picture *p)
{
	leave_stage(p);
	HASH_DEL(all.by_key, p);
	free(p->data);
	free(p);
}

static void
evict(void)
{
	struct picture *p;

	while (all.count.bytes > CACHE_BYTES &&
	       (p = TAILQ_FIRST(&all.ready)) != TAILQ_LAST(&all.ready, pictures))
		picture_free(p);
}

static void
enqueue(struct picture *p)
{
	p->stage = STAGE_QUEUED;
	all.waiting++;
	TAILQ_INSERT_TAIL(&all.queued, p, link);
}

static struct picture *
picture_new(const struct picture_key *key)
{
	struct picture *p = mem_zero(1, sizeof *p);

	p->key = *key;
	p->since_ns = clock_mono_ns();
	TAILQ_INIT(&p->waiters);
	HASH_ADD(hh, all.by_key, key, sizeof p->key, p);
	enqueue(p);
	return p;
}

static struct picture *
find(const struct picture_key *key)
{
	struct picture *p;

	HASH_FIND(hh, all.by_key, key, sizeof *key, p);
	return p;
}

/* --- the painter ------------------------------------------------------------------ */

static void
ask(struct picture *p)
{
	struct msg_out out;
	struct msg_draw draw = p->key.draw;

	leave_stage(p);
	p->stage = STAGE_IN_FLIGHT;
	all.waiting++;
	all.flying++;
	TAILQ_INSERT_TAIL(&all.in_flight, p, link);
	p->id = draw.id = ++all.next_id;
	p->tries++;
	msg_begin(&out, MSG_DRAW);
	msg_put_draw(&out, &draw);
	link_send(all.painter, &out, -1, LINK_MUST);
}

/* Keep the painter busy, and no more than that: when it dies, little is asked twice. */
static void
pump(void)
{
	struct picture *p;

	while (all.painter != NULL && all.flying < IN_FLIGHT &&
	       (p = TAILQ_FIRST(&all.queued)) != NULL)
		ask(p);
}

void
picture_painter(struct link *link)
{
	struct picture *p;

	all.painter = link;
	while ((p = TAILQ_LAST(&all.in_flight, pictures)) != NULL) {
		if (p->tries >= TRIES) {
			all.count.failed++;
			wake_all(p, 500,
			    "This graph cannot be drawn: the painter "
			    "ended over it, see the log.");
			picture_free(p);
			continue;
		}
		leave_stage(p);
		p->stage = STAGE_QUEUED;
		all.waiting++;
		TAILQ_INSERT_HEAD(&all.queued, p, link);
	}
	pump();
}

/* Of what is drawn: a strong tag. */
static void
tag(struct picture *p)
{
	snprintf(p->etag, sizeof p->etag, "\"%016" PRIx64 "\"",
	    fnv(FNV_BEGIN, p->data, p->head.size));
}

void *
picture_read(int fd, size_t size)
{
	struct stat st;
	char *data;
	size_t at = 0;

	if (fd < 0 || size == 0 || size > PICTURE_MAX || fstat(fd, &st) != 0 ||
	    st.st_size < (off_t)size)
		return NULL;
	data = mem_alloc(size);
	while (at < size) {
		ssize_t n = pread(fd, data + at, size - at, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			free(data);
			return NULL;
		}
		at += (size_t)n;
	}
	return data;
}

static void
store(struct picture *p, const struct msg_picture *head, void *data)
{
	leave_stage(p);
	p->stage = STAGE_READY;
	p->head = *head;
	p->data = data;
	tag(p);
	TAILQ_INSERT_TAIL(&all.ready, p, link);
	/* The painter may have another configuration for a moment. */
	p->outdated = p->outdated || head->generation != state_conf()->generation;
	all.count.drawn++;
	all.count.bytes += head->size;
	all.count.pictures++;
	wake_all(p, 200, NULL);
	if (p->outdated)
		picture_free(p);
	evict();
}

int
picture_message(struct msg_in *in)
{
	struct msg_picture head;
	struct picture *p;

	if (msg_get_picture(in, &head) != 0)
		return -1;
	TAILQ_FOREACH(p, &all.in_flight, link)
		if (p->id == head.id)
			break;
	if (p == NULL) /* given up meanwhile */
		return 0;
	void *data = head.ok ? picture_read(in->fd, head.size) : NULL;
	if (data != NULL) {
		store(p, &head, data);
	} else {
		all.count.failed++;
		wake_all(
		    p, 500, head.text[0] != '\0' ? head.text : "the painter failed");
		picture_free(p);
	}
	pump();
	return 0;
}

/* Who has waited too long is told so. */
static void
on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct pictures *const lists[] = { &all.queued, &all.in_flight };
	int64_t now = clock_mono_ns();

	(void)fd;
	(void)what;
	(void)arg;
	for (size_t i = 0; i < 2; i++) {
		struct picture *p = TAILQ_FIRST(lists[i]), *next;
		for (; p != NULL; p = next) {
			next = TAILQ_NEXT(p, link);
			if (now - p->since_ns < PATIENCE_S * CLOCK_NS_PER_S)
				continue;
			all.count.failed++;
			wake_all(p, 503,
			    all.painter == NULL
				? "The painter is down and being started again: the "
				  "graph comes back by itself."
				: "The painter is too busy just now: try again.");
			picture_free(p);
		}
	}
	pump();
}

void
picture_init(struct event_base *base)
{
	struct timeval second = { 1, 0 };

	TAILQ_INIT(&all.queued);
	TAILQ_INIT(&all.in_flight);
	TAILQ_INIT(&all.ready);
	all.sweep = event_new(base, -1, EV_PERSIST, on_sweep, NULL);
	if (all.sweep == NULL || event_add(all.sweep, &second) != 0)
		fatalx("cannot make a timer");
}

void
picture_forget(void)
{
	struct picture *p;

	while ((p = TAILQ_FIRST(&all.ready)) != NULL)
		picture_free(p);
	TAILQ_FOREACH(p, &all.queued, link)
		p->outdated = true;
	TAILQ_FOREACH(p, &all.in_flight, link)
		p->outdated = true;
}

void
picture_stop(void)
{
	struct picture *p, *tmp;

	if (all.sweep != NULL)
		event_free(all.sweep);
	all.sweep = NULL;
	HASH_ITER(hh, all.by_key, p, tmp) {
		wake_all(p, 503, "stopping");
		picture_free(p);
	}
}

void
picture_answer(struct request *r, const struct picture_key *key)
{
	struct picture *p = find(key);

	all.count.asked++;
	if (p != NULL && p->stage == STAGE_READY) {
		all.count.cached++;
		TAILQ_REMOVE(&all.ready, p, link);
		TAILQ_INSERT_TAIL(&all.ready, p, link);
		answer(r, p);
		return;
	}
	if (p == NULL && all.waiting >= WAITING_MAX) {
		all.count.refused++;
		answer_words(
		    r, &key->draw, 503, "Too many graphs are wanted just now.");
		return;
	}
	wait_for(r, p != NULL ? p : picture_new(key));
	pump();
}
