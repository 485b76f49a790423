#include "courier/sinks.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "courier/sink.h"
#include "link/multi.h"

static const struct timeval tell_every = { 2, 0 };
static const struct timeval look_every = { 0, 50 * 1000 };
#define LAST_NS (2 * CLOCK_NS_PER_S)

/* This process. */
static struct {
	struct event_base *base;
	struct multi *multi;
	const struct conf *conf;
	struct sink **sink;
	size_t sinks;
	struct link *web;
	struct event *tell, *look;
	struct round round; /* the one just read */
	void (*done)(void);
	int64_t stop_by_ns;
} self;

/* --- telling --------------------------------------------------------------------- */

static void
tell(void)
{
	struct msg_out out;
	struct msg_sink m;

	for (size_t i = 0; i < self.sinks && self.web != NULL; i++) {
		sink_tell(self.sink[i], &m);
		msg_begin(&out, MSG_SINK);
		msg_put_sink(&out, &m);
		link_send(self.web, &out, -1, LINK_DROPPABLE);
	}
}

static void
on_tell(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	tell();
}

void
sinks_web(struct link *web)
{
	self.web = web;
	tell();
}

/* --- rounds ---------------------------------------------------------------------- */

int
sinks_message(struct msg_in *in)
{
	const struct conf_slave *slave = NULL;
	const struct conf_target *t;

	if (in->type != MSG_ROUND || msg_get_round(in, &self.round) < 0)
		return -1;
	/* A reload reaches the recorder and us a moment apart. */
	t = conf_target_by_id(self.conf, self.round.target);
	if (t == NULL)
		t = conf_series_by_id(self.conf, self.round.target, &slave);
	for (size_t i = 0; t != NULL && t->host != NULL && i < self.sinks; i++)
		sink_put(self.sink[i], t, slave == NULL ? NULL : slave->name,
		    &self.round);
	return 0;
}

/* --- life ------------------------------------------------------------------------ */

/* The present one that is as C says, taken out; NULL: none. */
static struct sink *
take(const struct conf_sink *c)
{
	for (size_t i = 0; i < self.sinks; i++) {
		struct sink *s = self.sink[i];

		if (s == NULL || !sink_is(s, c))
			continue;
		self.sink[i] = NULL;
		return s;
	}
	return NULL;
}

void
sinks_configure(const struct conf *conf)
{
	struct sink **next = mem_zero(conf->sinks + 1, sizeof *next);

	if (self.multi == NULL && conf->sinks > 0)
		self.multi = multi_new(self.base, sink_done);
	for (size_t i = 0; i < conf->sinks; i++) {
		next[i] = take(&conf->sink[i]);
		if (next[i] == NULL)
			next[i] = sink_new(self.base, self.multi, &conf->sink[i]);
	}
	for (size_t i = 0; i < self.sinks; i++)
		if (self.sink[i] != NULL)
			sink_free(self.sink[i]);
	free(self.sink);
	self.sink = next;
	self.sinks = conf->sinks;
	self.conf = conf;
	if (self.sinks > 0)
		event_add(self.tell, &tell_every);
	else
		event_del(self.tell);
	tell();
}

void
sinks_open(struct event_base *base)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		fatalx("libcurl cannot start");
	self.base = base;
	self.tell = event_new(base, -1, EV_PERSIST, on_tell, NULL);
	if (self.tell == NULL)
		fatalx("no timer");
}

/* --- the end --------------------------------------------------------------------- */

static bool
all_idle(void)
{
	for (size_t i = 0; i < self.sinks; i++)
		if (!sink_idle(self.sink[i]))
			return false;
	return true;
}

static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (!all_idle() && clock_mono_ns() < self.stop_by_ns)
		return;
	event_free(self.look);
	event_free(self.tell);
	for (size_t i = 0; i < self.sinks; i++)
		sink_free(self.sink[i]);
	free(self.sink);
	self.sink = NULL;
	self.sinks = 0;
	multi_free(self.multi);
	curl_global_cleanup();
	self.done();
}

void
sinks_stop(void (*done)(void))
{
	self.done = done;
	self.stop_by_ns = clock_mono_ns() + LAST_NS;
	for (size_t i = 0; i < self.sinks; i++)
		sink_last(self.sink[i]);
	self.look = event_new(self.base, -1, EV_PERSIST, on_look, NULL);
	if (self.look == NULL || event_add(self.look, &look_every) != 0)
		fatalx("no timer");
	event_active(self.look, EV_TIMEOUT, 0);
}
