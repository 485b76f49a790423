#include "courier/sinks.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "courier/mqtt.h"
#include "courier/sink.h"
#include "link/multi.h"
#include "link/sandbox.h"

static const struct timeval tell_every = { 2, 0 };
static const struct timeval look_every = { 0, 50 * 1000 };
#define LAST_NS (2 * CLOCK_NS_PER_S)

/* One of the two. */
struct outlet {
	struct sink *sink;
	struct mqtt *mqtt;
};

/* This process. */
static struct {
	struct event_base *base;
	struct multi *multi;
	const struct conf *conf;
	struct outlet *outlet;
	size_t outlets;
	struct link *web;
	struct event *tell, *look;
	struct round round; /* the one just read */
	struct msg_verdict verdict;
	bool judged; /* there is one */
	void (*done)(void);
	int64_t stop_by_ns;
} self;

/* --- telling --------------------------------------------------------------------- */

static void
tell(void)
{
	struct msg_out out;
	struct msg_sink m;

	for (size_t i = 0; i < self.outlets && self.web != NULL; i++) {
		if (self.outlet[i].mqtt != NULL)
			mqtt_tell(self.outlet[i].mqtt, &m);
		else
			sink_tell(self.outlet[i].sink, &m);
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

/* --- what is sent ---------------------------------------------------------------- */

static int
on_round(struct msg_in *in)
{
	const struct conf_slave *slave = NULL;
	const struct conf_target *t;

	if (msg_get_round(in, &self.round) < 0)
		return -1;
	/* A reload reaches the recorder and us a moment apart. */
	t = conf_target_by_id(self.conf, self.round.target);
	if (t == NULL)
		t = conf_series_by_id(self.conf, self.round.target, &slave);
	for (size_t i = 0; t != NULL && t->host != NULL && i < self.outlets; i++)
		if (self.outlet[i].sink != NULL)
			sink_put(self.outlet[i].sink, t,
			    slave == NULL ? NULL : slave->name, &self.round);
		else if (slave == NULL)
			mqtt_round(self.outlet[i].mqtt, t, &self.round);
	return 0;
}

static int
on_verdict(struct msg_in *in)
{
	struct msg_verdict v;

	if (msg_get_verdict(in, &v) < 0)
		return -1;
	self.verdict = v;
	self.judged = true;
	for (size_t i = 0; i < self.outlets; i++)
		if (self.outlet[i].mqtt != NULL)
			mqtt_verdict(self.outlet[i].mqtt, &v);
	return 0;
}

int
sinks_message(struct msg_in *in)
{
	return in->type == MSG_ROUND	 ? on_round(in)
	       : in->type == MSG_VERDICT ? on_verdict(in)
					 : -1;
}

/* --- life ------------------------------------------------------------------------ */

/* The present one that is as C says, taken out; both NULL: none. */
static struct outlet
take(const struct conf_sink *c)
{
	for (size_t i = 0; i < self.outlets; i++) {
		struct outlet o = self.outlet[i];

		if ((o.sink == NULL || !sink_is(o.sink, c)) &&
		    (o.mqtt == NULL || !mqtt_is(o.mqtt, c)))
			continue;
		self.outlet[i] = (struct outlet){ NULL, NULL };
		return o;
	}
	return (struct outlet){ NULL, NULL };
}

static void
end(struct outlet *o, const struct conf *next)
{
	bool gone = true;

	if (o->sink != NULL)
		sink_free(o->sink);
	if (o->mqtt == NULL)
		return;
	for (size_t i = 0; i < next->sinks; i++)
		if (mqtt_shows(o->mqtt, &next->sink[i]))
			gone = false;
	mqtt_free(o->mqtt, gone);
}

static void
begin(struct outlet *o, const struct conf_sink *c, const struct conf *conf)
{
	if (o->mqtt != NULL)
		mqtt_configure(o->mqtt, conf);
	else if (c->mqtt)
		o->mqtt =
		    mqtt_new(self.base, c, conf, self.judged ? &self.verdict : NULL);
	else if (o->sink == NULL)
		o->sink = sink_new(self.base, self.multi, c);
}

void
sinks_configure(const struct conf *conf)
{
	struct outlet *next = mem_zero(conf->sinks + 1, sizeof *next);

	if (self.multi == NULL && conf->sinks > 0)
		self.multi = multi_new(self.base, sink_done);
	for (size_t i = 0; i < conf->sinks; i++)
		next[i] = take(&conf->sink[i]);
	/* The old ones first: two with one name would not stay at one broker. */
	for (size_t i = 0; i < self.outlets; i++)
		end(&self.outlet[i], conf);
	for (size_t i = 0; i < conf->sinks; i++)
		begin(&next[i], &conf->sink[i], conf);
	free(self.outlet);
	self.outlet = next;
	self.outlets = conf->sinks;
	self.conf = conf;
	if (self.outlets > 0)
		event_add(self.tell, &tell_every);
	else
		event_del(self.tell);
	tell();
}

void
sinks_open(struct event_base *base, const struct conf *conf)
{
	for (size_t i = 0; i < conf->sinks; i++)
		if (conf->sink[i].ca != NULL)
			sandbox_read(conf->sink[i].ca);
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
	for (size_t i = 0; i < self.outlets; i++)
		if (self.outlet[i].sink != NULL ? !sink_idle(self.outlet[i].sink)
						: !mqtt_idle(self.outlet[i].mqtt))
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
	for (size_t i = 0; i < self.outlets; i++)
		if (self.outlet[i].sink != NULL)
			sink_free(self.outlet[i].sink);
		else
			mqtt_free(self.outlet[i].mqtt, false);
	free(self.outlet);
	self.outlet = NULL;
	self.outlets = 0;
	multi_free(self.multi);
	curl_global_cleanup();
	self.done();
}

void
sinks_stop(void (*done)(void))
{
	self.done = done;
	self.stop_by_ns = clock_mono_ns() + LAST_NS;
	for (size_t i = 0; i < self.outlets; i++)
		if (self.outlet[i].sink != NULL)
			sink_last(self.outlet[i].sink);
		else
			mqtt_last(self.outlet[i].mqtt);
	self.look = event_new(self.base, -1, EV_PERSIST, on_look, NULL);
	if (self.look == NULL || event_add(self.look, &look_every) != 0)
		fatalx("no timer");
	event_active(self.look, EV_TIMEOUT, 0);
}
