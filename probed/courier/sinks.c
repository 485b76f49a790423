#include "courier/sinks.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "courier/announced.h"
#include "courier/mqtt.h"
#include "courier/sink.h"
#include "link/multi.h"
#include "link/sandbox.h"

static const struct timeval tell_every = { 2, 0 };
static const struct timeval look_every = { 0, 50 * 1000 };
static const struct timeval leave_every = { 1, 0 };
#define LAST_NS (2 * CLOCK_NS_PER_S)
/* Who takes a section out and the broker away as well is not told of it for ever. */
#define LEAVE_S (7 * 24 * 3600)

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
	struct mqtt **leaving; /* of brokers whose sections were taken out */
	size_t leavings;
	struct link *web;
	struct event *tell, *look, *leave;
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
end(struct outlet *o)
{
	if (o->sink != NULL)
		sink_free(o->sink);
	if (o->mqtt != NULL)
		mqtt_free(o->mqtt);
}

/* C as it is here: with this box's own name, where it names none. */
static struct conf_sink
named(const struct conf_sink *c)
{
	struct conf_sink n = *c;

	if (n.mqtt && n.topic == NULL)
		n.topic = announced_topic();
	return n;
}

static void
begin(struct outlet *o, const struct conf_sink *c, const struct conf *conf)
{
	if (c->mqtt)
		announced_add(c);
	if (o->mqtt != NULL)
		mqtt_configure(o->mqtt, conf);
	else if (c->mqtt)
		o->mqtt =
		    mqtt_new(self.base, c, conf, self.judged ? &self.verdict : NULL);
	else if (o->sink == NULL)
		o->sink = sink_new(self.base, self.multi, c);
}

/* --- what was taken out ----------------------------------------------------------- */

/* Is what A shows in a section of CONF's? */
static bool
is_there(const struct announced *a, const struct conf *conf)
{
	for (size_t i = 0; i < conf->sinks; i++) {
		struct conf_sink c = named(&conf->sink[i]);

		if (announced_same(&a->sink, &c))
			return true;
	}
	return false;
}

/* Does what is in force show something of the same name as A, at another URL? It may be
 * the same broker, which would forget both. */
static const struct outlet *
namesake(const struct announced *a)
{
	for (size_t i = 0; i < self.outlets; i++)
		if (self.outlet[i].mqtt != NULL &&
		    mqtt_is_called(self.outlet[i].mqtt, &a->sink))
			return &self.outlet[i];
	return NULL;
}

static bool
is_leaving(const struct announced *a)
{
	for (size_t i = 0; i < self.leavings; i++)
		if (mqtt_shows(self.leaving[i], &a->sink))
			return true;
	return false;
}

/* Begin to take back number I of what was announced, if its section is gone and it is
 * time. */
static void
leave(size_t i)
{
	const struct announced *a = announced_at(i);
	const struct outlet *other = namesake(a);
	int64_t now = clock_wall_s();

	if (is_there(a, self.conf) || is_leaving(a))
		return;
	if (now - announced_miss(i, now) > LEAVE_S) {
		log_warnx(
		    "sink %s: %s was not to be reached for %d days: what it keeps "
		    "of this box, below %s, stays there",
		    a->sink.name, a->sink.url, LEAVE_S / (24 * 3600), a->sink.topic);
		announced_remove(i);
		return;
	}
	/* It is asked for who is online, so that has to be told first. */
	if (other != NULL && !mqtt_is_online(other->mqtt))
		return;
	self.leaving = mem_grow(self.leaving, self.leavings + 1, sizeof(struct mqtt *));
	self.leaving[self.leavings++] = mqtt_leave(self.base, &a->sink, other != NULL);
}

/* M has left: what it showed is not remembered any more. */
static void
has_left(const struct mqtt *m)
{
	for (size_t i = announced_count(); i-- > 0;) {
		const struct conf_sink *c = &announced_at(i)->sink;

		if (!mqtt_shows(m, c))
			continue;
		log_info("sink %s: %s keeps nothing of it any more", c->name, c->url);
		announced_remove(i);
	}
}

static void
leave_nothing(void)
{
	while (self.leavings > 0)
		mqtt_free(self.leaving[--self.leavings]);
	free(self.leaving);
	self.leaving = NULL;
}

static void
on_leave(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	for (size_t i = self.leavings; i-- > 0;)
		if (mqtt_has_left(self.leaving[i])) {
			has_left(self.leaving[i]);
			mqtt_free(self.leaving[i]);
			self.leaving[i] = self.leaving[--self.leavings];
		}
	for (size_t i = announced_count(); i-- > 0;)
		leave(i);
}

/* --- reload ----------------------------------------------------------------------- */

void
sinks_configure(const struct conf *conf)
{
	struct outlet *next = mem_zero(conf->sinks + 1, sizeof *next);
	struct conf_sink *c = mem_zero(conf->sinks + 1, sizeof *c);

	if (self.multi == NULL && conf->sinks > 0)
		self.multi = multi_new(self.base, sink_done);
	for (size_t i = 0; i < conf->sinks; i++) {
		c[i] = named(&conf->sink[i]);
		next[i] = take(&c[i]);
	}
	/* The old ones first: two with one name would not stay at one broker. */
	for (size_t i = 0; i < self.outlets; i++)
		end(&self.outlet[i]);
	for (size_t i = 0; i < conf->sinks; i++)
		begin(&next[i], &c[i], conf);
	free(c);
	free(self.outlet);
	self.outlet = next;
	self.outlets = conf->sinks;
	self.conf = conf;
	leave_nothing();
	if (announced_count() > 0)
		event_add(self.leave, &leave_every);
	else
		event_del(self.leave);
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
	self.leave = event_new(base, -1, EV_PERSIST, on_leave, NULL);
	if (self.tell == NULL || self.leave == NULL)
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
	leave_nothing();
	event_free(self.leave);
	announced_close();
	for (size_t i = 0; i < self.outlets; i++)
		end(&self.outlet[i]);
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
