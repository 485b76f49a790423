#include "link/multi.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

struct multi {
	struct event_base *base;
	CURLM *curl;
	struct event timer;
	void (*done)(CURL *easy, CURLcode result);
	bool keep;
};

struct multi_socket {
	struct event ev;
	struct multi *multi;
};

/* Hand out what is finished. A callback may add and remove transfers. */
static void
multi_collect(struct multi *m)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(m->curl, &left)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		CURL *easy = msg->easy_handle;
		CURLcode result = msg->data.result;
		if (!m->keep)
			curl_multi_remove_handle(m->curl, easy);
		m->done(easy, result);
	}
}

static void
multi_on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct multi *m = ctx;
	int running;

	(void)fd, (void)what;
	curl_multi_socket_action(m->curl, CURL_SOCKET_TIMEOUT, 0, &running);
	multi_collect(m);
}

static void
multi_on_socket(evutil_socket_t fd, short what, void *ctx)
{
	struct multi_socket *s = ctx;
	struct multi *m = s->multi; /* s may be gone when curl comes back */
	int running, mask = ((what & EV_READ) != 0 ? CURL_CSELECT_IN : 0) |
			    ((what & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0);

	curl_multi_socket_action(m->curl, fd, mask, &running);
	multi_collect(m);
}

/* libcurl tells what it waits for. */
static int
multi_watch(CURL *easy, curl_socket_t fd, int what, void *ctx, void *per_socket)
{
	struct multi *m = ctx;
	struct multi_socket *s = per_socket;

	(void)easy;
	if (s != NULL)
		event_del(&s->ev);
	if (what == CURL_POLL_REMOVE) {
		curl_multi_assign(m->curl, fd, NULL);
		free(s);
		return 0;
	}
	if (s == NULL) {
		s = mem_zero(1, sizeof *s);
		s->multi = m;
		curl_multi_assign(m->curl, fd, s);
	}
	short events = (short)(((what & CURL_POLL_IN) != 0 ? EV_READ : 0) |
			       ((what & CURL_POLL_OUT) != 0 ? EV_WRITE : 0));
	event_assign(&s->ev, m->base, fd, events | EV_PERSIST, multi_on_socket, s);
	event_add(&s->ev, NULL);
	return 0;
}

static int
multi_set_timer(CURLM *curl, long ms, void *ctx)
{
	struct multi *m = ctx;
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	(void)curl;
	if (ms < 0)
		evtimer_del(&m->timer);
	else
		evtimer_add(&m->timer, &tv);
	return 0;
}

struct multi *
multi_new(struct event_base *base, void (*done)(CURL *easy, CURLcode result))
{
	struct multi *m = mem_zero(1, sizeof *m);

	m->base = base;
	m->done = done;
	m->curl = curl_multi_init();
	if (m->curl == NULL)
		fatalx("libcurl cannot start");
	evtimer_assign(&m->timer, base, multi_on_timer, m);
	curl_multi_setopt(m->curl, CURLMOPT_SOCKETFUNCTION, multi_watch);
	curl_multi_setopt(m->curl, CURLMOPT_SOCKETDATA, m);
	curl_multi_setopt(m->curl, CURLMOPT_TIMERFUNCTION, multi_set_timer);
	curl_multi_setopt(m->curl, CURLMOPT_TIMERDATA, m);
	return m;
}

void
multi_free(struct multi *m)
{
	if (m == NULL)
		return;
	curl_multi_cleanup(m->curl);
	evtimer_del(&m->timer);
	free(m);
}

void
multi_keep(struct multi *m)
{
	m->keep = true;
}

int
multi_add(struct multi *m, CURL *easy)
{
	return curl_multi_add_handle(m->curl, easy) == CURLM_OK ? 0 : -1;
}

void
multi_remove(struct multi *m, CURL *easy)
{
	curl_multi_remove_handle(m->curl, easy);
}
