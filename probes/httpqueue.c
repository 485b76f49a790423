#include "probes/httpqueue.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"

/* Transfers at once, all runs together. More wait here, for the clock starts when a
 * transfer does; one that would wait long is our fault and not the network's. */
#define HTTP_TRANSFERS 200
#define HTTP_WAIT_NS CLOCK_NS_PER_S
/* Handshakes at once are as many as there are processors, since each is work inside the
 * other's measured time. One that takes longer than the work does waits for the
 * network, and its place goes to the next. */
#define HTTP_SHAKE_NS (10 * CLOCK_NS_PER_MS)
/* Transfers begun in one turn of the loop. */
#define HTTP_STARTS 16

TAILQ_HEAD(http_list, http_fetch);

/* One of its kind in a process. */
static struct {
	void (*start)(struct http_fetch *f);
	void (*lost)(struct http_fetch *f, enum ping_outcome outcome, const char *why);
	struct event work; /* looks after those that wait */
	unsigned running, shaking, shakes_most;
	struct http_list queued, queued_tls, waiting;
	struct http_list shakes; /* who has a handshake's place, oldest first */
} http;

static void
httpqueue_shake(struct http_fetch *f, int64_t now)
{
	f->shaking = true;
	f->shake_until_ns = now + HTTP_SHAKE_NS;
	TAILQ_INSERT_TAIL(&http.shakes, f, of_shakes);
	http.shaking++;
}

void
http_shaken(struct http_fetch *f)
{
	if (!f->shaking)
		return;
	f->shaking = false;
	TAILQ_REMOVE(&http.shakes, f, of_shakes);
	http.shaking--;
	event_active(&http.work, EV_TIMEOUT, 0);
}

void
httpqueue_move(struct http_fetch *f, enum http_place place)
{
	struct http_list *queue = f->tls ? &http.queued_tls : &http.queued;

	http_shaken(f);
	if (f->place == HTTP_QUEUED)
		TAILQ_REMOVE(queue, f, link);
	else if (f->place == HTTP_WAITING)
		TAILQ_REMOVE(&http.waiting, f, link);
	else if (f->place == HTTP_RUNNING) {
		http.running--;
		event_active(&http.work, EV_TIMEOUT, 0);
	}
	f->place = place;
	if (place == HTTP_QUEUED)
		TAILQ_INSERT_TAIL(queue, f, link);
	else if (place == HTTP_WAITING)
		TAILQ_INSERT_TAIL(&http.waiting, f, link);
	else if (place == HTTP_RUNNING) {
		http.running++;
		if (f->tls)
			httpqueue_shake(f, clock_mono_ns());
	}
}

const char *
httpqueue_url(const struct http_fetch *f)
{
	return f->here != NULL ? f->here : f->run->opts->url[f->url].url;
}

void
httpqueue_add(struct http_fetch *f)
{
	httpqueue_move(f, HTTP_NOWHERE);
	f->tls = strncasecmp(httpqueue_url(f), "https:", 6) == 0;
	httpqueue_move(f, HTTP_QUEUED);
	event_active(&http.work, EV_TIMEOUT, 0);
}

void
httpqueue_name(struct resolve_name *name)
{
	struct http_fetch *f, *next;

	for (f = TAILQ_FIRST(&http.waiting); f != NULL; f = next) {
		next = TAILQ_NEXT(f, link);
		if (f->name != name)
			continue;
		f->name = NULL;
		httpqueue_add(f); /* nothing is told from inside the resolver */
	}
}

/* Has F waited so long for a place that it shall not be sent any more? It is told
 * before the host takes its silence for a loss. */
static bool
httpqueue_overdue(const struct http_fetch *f, int64_t now)
{
	int64_t most = f->run->timeout_ns / 2;

	return f->begun_ns == 0 &&
	       now - f->asked_ns > (most < HTTP_WAIT_NS ? most : HTTP_WAIT_NS);
}

/* The next one that may start; NULL when there is none. */
static struct http_fetch *
httpqueue_ready(int64_t now)
{
	struct http_fetch *f;

	while ((f = TAILQ_FIRST(&http.shakes)) != NULL && f->shake_until_ns <= now)
		http_shaken(f);
	if (http.running >= HTTP_TRANSFERS)
		return NULL;
	f = http.shaking < http.shakes_most ? TAILQ_FIRST(&http.queued_tls) : NULL;
	struct http_fetch *plain = TAILQ_FIRST(&http.queued);
	if (f == NULL || (plain != NULL && plain->asked_ns < f->asked_ns))
		return plain;
	return f;
}

static void
httpqueue_give_up(struct http_list *queue, int64_t now)
{
	struct http_fetch *f, *next;

	for (f = TAILQ_FIRST(queue); f != NULL; f = next) {
		next = TAILQ_NEXT(f, link);
		if (httpqueue_overdue(f, now))
			http.lost(f, PING_NOT_SENT, "too many transfers at once");
	}
}

/* Start what may start; what waited too long was never sent. */
static void
httpqueue_work(evutil_socket_t fd, short what, void *ctx)
{
	struct timeval again = { 0, 50 * 1000 };
	int64_t now = clock_mono_ns();
	struct http_fetch *f;
	unsigned starts = 0;

	(void)fd, (void)what, (void)ctx;
	while (starts < HTTP_STARTS && (f = httpqueue_ready(now)) != NULL) {
		http.start(f);
		starts++;
	}
	httpqueue_give_up(&http.queued, now);
	httpqueue_give_up(&http.queued_tls, now);
	if (!TAILQ_EMPTY(&http.queued_tls) && !TAILQ_EMPTY(&http.shakes))
		again.tv_usec = HTTP_SHAKE_NS / CLOCK_NS_PER_US / 2;
	if (!TAILQ_EMPTY(&http.queued) || !TAILQ_EMPTY(&http.queued_tls))
		evtimer_add(&http.work, &again);
	if (starts == HTTP_STARTS) /* behind the timer, which would take it back */
		event_active(&http.work, EV_TIMEOUT, 0);
}

void
httpqueue_open(struct event_base *base, void (*start)(struct http_fetch *f),
    void (*lost)(struct http_fetch *f, enum ping_outcome outcome, const char *why))
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	http.start = start;
	http.lost = lost;
	http.shakes_most = cores > 1 ? (unsigned)cores : 1;
	TAILQ_INIT(&http.queued);
	TAILQ_INIT(&http.queued_tls);
	TAILQ_INIT(&http.waiting);
	TAILQ_INIT(&http.shakes);
	evtimer_assign(&http.work, base, httpqueue_work, NULL);
}

void
httpqueue_close(void)
{
	event_del(&http.work);
}
