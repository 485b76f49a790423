#include "courier/mqtt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/window.h"
#include "courier/announced.h"
#include "courier/broker.h"
#include "courier/homeassistant.h"

#define TELL_S 300
/* What is to be taken back from a broker at once; it is found again at the next
 * connection when there is more. */
#define REMOVALS (MQTT_TARGETS * (HA_OF_TARGET + 1))
/* Home Assistant starts again: not more often is everything said to it again. */
#define AGAIN_NS (10 * CLOCK_NS_PER_S)
/* Nothing more of ours comes from a broker that kept silent for so long. */
#define SILENT_NS (3 * CLOCK_NS_PER_S)
#define BLANKS " \t,"

/* One target, or in front of all this box with its verdict (id 0). */
struct shown {
	uint64_t id;
	char *path;	 /* NULL: this box */
	char *state;	 /* payload */
	unsigned config; /* a bit for each description that is to be said */
	bool stale;	 /* the state is to be said */
};

struct mqtt {
	struct conf_sink conf; /* copies */
	const struct conf *all;
	struct broker *broker;
	struct shown *shown;
	size_t count;
	char **removal; /* topics that are to be taken back */
	size_t removals;
	bool online;	 /* that is to be said */
	int64_t said_ns; /* when all was to be said last */
	/* All that is there is to be taken back, */
	bool leaving;
	bool asks, lives; /* unless somebody of that name lives there */
	int64_t heard_ns;
	struct msg_sink told;
	struct log_limit stuck;
	bool stuck_told, was_up;
};

/* What is shown of ID, of those that have a state. */
static struct shown *
find(struct shown *shown, size_t count, uint64_t id)
{
	for (size_t i = 0; i < count; i++)
		if (shown[i].id == id && shown[i].state != NULL)
			return &shown[i];
	return NULL;
}

/* --- what is to be said ----------------------------------------------------------- */

static unsigned
entities(const struct shown *s)
{
	return s->id == 0 ? HA_OF_BOX : HA_OF_TARGET;
}

static void
say_all(struct mqtt *m)
{
	m->online = true;
	m->said_ns = clock_mono_ns();
	for (size_t i = 0; i < m->count; i++) {
		m->shown[i].config = (1U << entities(&m->shown[i])) - 1;
		m->shown[i].stale = true;
	}
}

static size_t
waiting(const struct mqtt *m)
{
	size_t n = m->removals + m->online;

	for (size_t i = 0; i < m->count; i++) {
		n += m->shown[i].stale;
		for (unsigned bits = m->shown[i].config; bits != 0; bits &= bits - 1)
			n++;
	}
	return n;
}

/* TOPIC is taken over. */
static void
take_back(struct mqtt *m, char *topic)
{
	if (m->removals == REMOVALS) {
		free(topic);
		return;
	}
	m->removal = mem_grow(m->removal, m->removals + 1, sizeof *m->removal);
	m->removal[m->removals++] = topic;
}

static void
take_back_all_of(struct mqtt *m, const struct shown *s)
{
	for (unsigned i = 0; i < entities(s); i++)
		take_back(m, ha_config_topic(&m->conf, s->id, i));
	take_back(m, ha_state_topic(&m->conf, s->path));
}

/* --- saying it -------------------------------------------------------------------- */

/* Publish; both are freed. */
static bool
say(struct mqtt *m, char *topic, char *payload)
{
	bool said = broker_publish(m->broker, topic, payload);

	if (said) {
		m->told.sent++;
		m->told.sent_at = clock_wall_s();
	}
	free(topic);
	free(payload);
	return said;
}

/* Say what of S is to be said. False: there is no room for more. */
static bool
say_shown(struct mqtt *m, struct shown *s)
{
	const struct conf_target *t = conf_target_by_id(m->all, s->id);

	for (unsigned i = 0; i < entities(s); i++) {
		if ((s->config & 1U << i) == 0)
			continue;
		if (!say(m, ha_config_topic(&m->conf, s->id, i),
			ha_config(&m->conf, s->id == 0 ? NULL : t, i)))
			return false;
		s->config &= ~(1U << i);
	}
	if (!s->stale)
		return true;
	s->stale = !say(m, ha_state_topic(&m->conf, s->path), mem_str(s->state));
	return !s->stale;
}

static void
on_room(void *ctx)
{
	struct mqtt *m = ctx;

	while (m->removals > 0) {
		if (!say(m, mem_str(m->removal[m->removals - 1]), mem_str("")))
			return;
		free(m->removal[--m->removals]);
	}
	if (m->online) {
		m->online = !say(m, ha_status_topic(&m->conf), mem_str("online"));
		if (m->online)
			return;
	}
	for (size_t i = 0; i < m->count; i++)
		if (!say_shown(m, &m->shown[i]))
			return;
}

/* --- the line --------------------------------------------------------------------- */

/* Have all that is there told, to be taken back. */
static void
sweep(struct mqtt *m)
{
	char *filter = ha_sweep_filter(&m->conf);

	m->asks = false;
	m->heard_ns = clock_mono_ns();
	broker_subscribe(m->broker, filter);
	free(filter);
	take_back(m, ha_status_topic(&m->conf));
	take_back(m, ha_state_topic(&m->conf, NULL));
}

static void
on_up_to_leave(struct mqtt *m)
{
	char *status = ha_status_topic(&m->conf);

	m->heard_ns = clock_mono_ns();
	if (m->asks)
		broker_subscribe(m->broker, status);
	else
		sweep(m);
	free(status);
}

static void
on_up(void *ctx)
{
	struct mqtt *m = ctx;

	if (m->leaving) {
		on_up_to_leave(m);
		return;
	}
	char *filter = ha_sweep_filter(&m->conf), *birth = ha_birth_topic(&m->conf);

	broker_subscribe(m->broker, filter);
	broker_subscribe(m->broker, birth);
	free(filter);
	free(birth);
	say_all(m);
	if (m->stuck_told || !m->was_up)
		log_info("sink %s: connected to %s as %s", m->conf.name, m->conf.url,
		    m->conf.topic);
	m->was_up = true;
	m->stuck_told = false;
}

static void
on_down(void *ctx, const char *why, unsigned pause_s)
{
	struct mqtt *m = ctx;

	m->told.failed++;
	m->told.failed_at = clock_wall_s();
	snprintf(m->told.error, sizeof m->told.error, "%s", why);
	if (!log_allowed(&m->stuck, TELL_S, NULL))
		return;
	log_warnx("sink %s, %s%s: %s (next try in %u s)", m->conf.name, m->conf.url,
	    m->leaving ? ", which is to forget us" : "", why, pause_s);
	m->stuck_told = true;
}

/* The description at TOPIC: of something that is there? */
static bool
is_shown(const struct mqtt *m, const char *topic)
{
	const struct shown *s = find(m->shown, m->count, ha_id_of(&m->conf, topic));

	for (unsigned e = 0; s != NULL && e < entities(s); e++) {
		char *own = ha_config_topic(&m->conf, s->id, e);
		bool its = strcmp(own, topic) == 0;

		free(own);
		if (its)
			return true;
	}
	return false;
}

/* The topic of figures belongs to a target that is there. */
static bool
is_state(const struct mqtt *m, const char *topic)
{
	for (size_t i = 1; i < m->count; i++)
		if (ha_is_state(&m->conf, topic, m->shown[i].path))
			return true;
	return false;
}

static void
on_message(void *ctx, const char *topic, const void *payload, size_t len)
{
	struct mqtt *m = ctx;
	char *birth = ha_birth_topic(&m->conf), *state;
	bool online = len == strlen("online") && memcmp(payload, "online", len) == 0;

	m->heard_ns = clock_mono_ns();
	if (m->asks) {
		m->lives |= online;
	} else if (!m->leaving && strcmp(topic, birth) == 0 && online &&
		   clock_mono_ns() - m->said_ns > AGAIN_NS) {
		say_all(m);
		broker_ask(m->broker);
	}
	/* What is ours and describes what is not there any more: a target that was
	 * taken out while nobody of us was here. */
	if (len > 0 && m->removals < REMOVALS && ha_is_ours(&m->conf, topic) &&
	    !is_shown(m, topic)) {
		take_back(m, mem_str(topic));
		state = ha_named_state(&m->conf, payload, len);
		if (state != NULL && !is_state(m, state))
			take_back(m, state);
		else
			free(state);
		broker_ask(m->broker);
	}
	free(birth);
}

/* --- targets ---------------------------------------------------------------------- */

/* Does the sink speak of the target at PATH? */
static bool
is_wanted(const struct mqtt *m, const struct conf_target *t)
{
	const char *at = m->conf.targets + strspn(m->conf.targets, BLANKS);

	if (!conf_target_is_pinged(t))
		return false;
	if (*at == '\0')
		return true;
	while (*at != '\0') {
		size_t len = strcspn(at, BLANKS);

		if (window_below(t->path, at, len))
			return true;
		at += len;
		at += strspn(at, BLANKS);
	}
	return false;
}

/* NEXT becomes what is shown of ID at PATH (NULL: this box), as it was before if it
 * was. */
static void
keep(struct mqtt *m, struct shown *next, uint64_t id, const char *path)
{
	struct shown *old = find(m->shown, m->count, id);

	*next = (struct shown){ .id = id, .path = mem_str(path) };
	next->state = old != NULL    ? old->state
		      : path == NULL ? ha_verdict(&m->conf, NULL)
				     : ha_round(NULL);
	next->stale = old == NULL || old->stale;
	if (old != NULL)
		old->state = NULL;
	next->config = (1U << entities(next)) - 1;
}

void
mqtt_configure(struct mqtt *m, const struct conf *conf)
{
	struct shown *next = mem_zero(MQTT_TARGETS + 1, sizeof *next);
	size_t count = 0, left_out = 0;

	keep(m, &next[count++], 0, NULL);
	for (size_t i = 0; i < conf->target_count; i++) {
		const struct conf_target *t = conf->target[i];

		if (!is_wanted(m, t))
			continue;
		if (count <= MQTT_TARGETS)
			keep(m, &next[count++], t->id, t->path);
		else
			left_out++;
	}
	for (size_t i = 0; i < m->count; i++) {
		/* Its state went along with who stays. */
		if (m->shown[i].state != NULL)
			take_back_all_of(m, &m->shown[i]);
		free(m->shown[i].state);
		free(m->shown[i].path);
	}
	free(m->shown);
	m->shown = next;
	m->count = count;
	m->all = conf;
	if (left_out > 0)
		log_warnx("sink %s: %zu targets are not shown, %d are: set targets",
		    m->conf.name, left_out, MQTT_TARGETS);
	if (m->broker != NULL)
		broker_ask(m->broker);
}

/* --- news ------------------------------------------------------------------------- */

static void
set_state(struct mqtt *m, struct shown *s, char *state)
{
	free(s->state);
	s->state = state;
	s->stale = true;
	broker_ask(m->broker);
}

void
mqtt_round(struct mqtt *m, const struct conf_target *t, const struct round *r)
{
	struct shown *s = find(m->shown, m->count, t->id);

	if (s != NULL)
		set_state(m, s, ha_round(r));
}

void
mqtt_verdict(struct mqtt *m, const struct msg_verdict *v)
{
	set_state(m, &m->shown[0], ha_verdict(&m->conf, v));
}

/* --- life ------------------------------------------------------------------------- */

bool
mqtt_shows(const struct mqtt *m, const struct conf_sink *c)
{
	return announced_same(&m->conf, c);
}

bool
mqtt_is_called(const struct mqtt *m, const struct conf_sink *c)
{
	return mem_same(m->conf.topic, c->topic) &&
	       mem_same(m->conf.discovery, c->discovery);
}

bool
mqtt_is(const struct mqtt *m, const struct conf_sink *c)
{
	const struct conf_sink *o = &m->conf;

	return mqtt_shows(m, c) && mem_same(o->name, c->name) &&
	       mem_same(o->user, c->user) && mem_same(o->password, c->password) &&
	       mem_same(o->ca, c->ca) && mem_same(o->device, c->device) &&
	       mem_same(o->targets, c->targets) && o->hosts == c->hosts;
}

/* What C says, at its broker. STATUS: the topic of farewells; NULL: none is said. */
static struct mqtt *
make(struct event_base *base, const struct conf_sink *c, const char *id,
    const char *status)
{
	static const struct broker_ops ops = { on_up, on_room, on_message, on_down };
	struct mqtt *m = mem_zero(1, sizeof *m);
	struct broker_setup setup = { c->url, c->user, c->password, c->ca, id, status };

	m->conf = *c;
	m->conf.name = mem_str(c->name);
	m->conf.url = mem_str(c->url);
	m->conf.user = mem_str(c->user);
	m->conf.password = mem_str(c->password);
	m->conf.ca = mem_str(c->ca);
	m->conf.topic = mem_str(c->topic);
	m->conf.discovery = mem_str(c->discovery);
	m->conf.device = mem_str(c->device);
	m->conf.targets = mem_str(c->targets);
	snprintf(m->told.name, sizeof m->told.name, "%s", c->name);
	snprintf(m->told.url, sizeof m->told.url, "%s", c->url);
	m->broker = broker_new(base, &setup, &ops, m);
	return m;
}

struct mqtt *
mqtt_new(struct event_base *base, const struct conf_sink *c, const struct conf *conf,
    const struct msg_verdict *v)
{
	char *node = ha_node(c), *status = ha_status_topic(c);
	struct mqtt *m = make(base, c, node, status);

	mqtt_configure(m, conf);
	if (v != NULL)
		mqtt_verdict(m, v);
	free(status);
	free(node);
	return m;
}

struct mqtt *
mqtt_leave(struct event_base *base, const struct conf_sink *c, bool asks)
{
	/* Not the name of one that shows something at the same broker. */
	char *node = ha_node(c), *id = mem_printf("%s-leaves", node);
	struct mqtt *m = make(base, c, id, NULL);

	m->leaving = true;
	m->asks = asks;
	free(id);
	free(node);
	return m;
}

bool
mqtt_has_left(struct mqtt *m)
{
	if (!broker_is_up(m->broker) || m->removals > 0 ||
	    clock_mono_ns() - m->heard_ns < SILENT_NS)
		return false;
	if (!m->asks || m->lives)
		return true;
	sweep(m);
	broker_ask(m->broker);
	return false;
}

bool
mqtt_is_online(const struct mqtt *m)
{
	return broker_is_up(m->broker) && !m->online;
}

void
mqtt_free(struct mqtt *m)
{
	const char *const own[] = { m->conf.name, m->conf.url, m->conf.user,
		m->conf.password, m->conf.ca, m->conf.topic, m->conf.discovery,
		m->conf.device, m->conf.targets };

	for (size_t i = 0; i < m->count; i++) {
		free(m->shown[i].path);
		free(m->shown[i].state);
	}
	broker_free(m->broker);
	while (m->removals > 0)
		free(m->removal[--m->removals]);
	free(m->removal);
	free(m->shown);
	for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
		free((char *)(uintptr_t)own[i]);
	free(m);
}

void
mqtt_last(struct mqtt *m)
{
	broker_last(m->broker);
}

bool
mqtt_idle(const struct mqtt *m)
{
	return broker_idle(m->broker);
}

void
mqtt_tell(const struct mqtt *m, struct msg_sink *told)
{
	*told = m->told;
	told->waiting = waiting(m);
}
