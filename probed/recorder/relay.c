#include "recorder/relay.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#include <uthash.h>

#include "base/clock.h"
#include "base/mem.h"
#include "link/msgflight.h"
#include "link/msgflow.h"
#include "link/msghere.h"
#include "link/msgsuspicion.h"
#include "link/msgminute.h"
#include "recorder/history.h"

#define TROUBLES 20
/* Targets that the prober knows and we do not yet: a reload reaches it first. */
#define STRANGERS 1024
/* While telling a new web everything: no more than this waits in the line. */
#define TELL_QUEUE (256 * 1024)
static const struct timeval tell_every = { 0, 20000 };
static const struct timeval tell_new = { 2, 0 };

/* The last that was said of a target. */
struct told {
	UT_hash_handle hh;
	uint64_t id;
	struct msg_target *target; /* cut off behind its text */
};

struct trouble {
	uint64_t target;
	int64_t when;
	char *text;
};

struct relay {
	const struct history *history;
	struct link *web, *courier;
	bool sinks; /* the courier wants rounds, and verdicts */
	struct msg_verdict verdict;
	bool judged; /* there is one */
	unsigned long undelivered;
	struct log_limit slow;
	struct event *tell;
	uint64_t *to_tell; /* ids; NULL when web knows all */
	size_t to_tell_count, told_count;
	struct told *told;		     /* by id */
	size_t targets;			     /* of the configuration */
	struct msg_counters counters[ROOMS]; /* of those that measure */
	struct msg_store store;
	bool counted[ROOMS], stored;
	struct suspicions suspicions;
	struct trouble trouble[TROUBLES]; /* a ring */
	size_t troubles;		  /* ever */
	struct msg_out out;
};

static void
send_out(struct relay *relay, enum link_keep keep)
{
	link_send(relay->web, &relay->out, -1, keep);
}

static void
send_trouble(struct relay *relay, const struct trouble *t)
{
	msg_begin(&relay->out, MSG_TROUBLE);
	pack_u64(&relay->out.pack, t->target);
	pack_i64(&relay->out.pack, t->when);
	msg_str(&relay->out, t->text);
	send_out(relay, LINK_DROPPABLE);
}

static void
send_target(struct relay *relay, const struct msg_target *t)
{
	msg_begin(&relay->out, MSG_TARGET);
	msg_put_target(&relay->out, t);
	send_out(relay, LINK_DROPPABLE);
}

static void
send_round(struct relay *relay, const struct round *r, bool all)
{
	msg_begin(&relay->out, MSG_ROUND);
	msg_put_round(&relay->out, r);
	if (relay->web != NULL)
		send_out(relay, LINK_DROPPABLE);
	if (all && relay->sinks && relay->courier != NULL)
		link_send(relay->courier, &relay->out, -1, LINK_DROPPABLE);
}

static void
send_counters(struct relay *relay, unsigned room)
{
	msg_begin(&relay->out, MSG_COUNTERS);
	msg_put_counters(&relay->out, &relay->counters[room]);
	send_out(relay, LINK_DROPPABLE);
}

static void
send_store(struct relay *relay)
{
	msg_begin(&relay->out, MSG_STORE);
	msg_put_store(&relay->out, &relay->store);
	send_out(relay, LINK_DROPPABLE);
}

static void
send_suspicion(struct relay *relay, const struct msg_suspicion *s)
{
	msg_begin(&relay->out, MSG_SUSPICION);
	msg_put_suspicion(&relay->out, s);
	send_out(relay, LINK_DROPPABLE);
}

/* --- telling a new web ----------------------------------------------------------- */

static struct told *
find(const struct relay *relay, uint64_t id)
{
	struct told *t;

	HASH_FIND(hh, relay->told, &id, sizeof id, t);
	return t;
}

static void
stop_telling(struct relay *relay)
{
	free(relay->to_tell);
	relay->to_tell = NULL;
	event_del(relay->tell);
}

static void
on_tell(evutil_socket_t fd, short what, void *arg)
{
	struct relay *relay = arg;

	(void)fd;
	(void)what;
	while (relay->web != NULL && relay->told_count < relay->to_tell_count) {
		if (link_queued(relay->web) > TELL_QUEUE) {
			event_add(relay->tell, &tell_every);
			return;
		}
		uint64_t id = relay->to_tell[relay->told_count++];
		const struct told *t = find(relay, id);
		const struct round *r = history_last(relay->history, id);
		if (t != NULL)
			send_target(relay, t->target);
		if (r != NULL)
			send_round(relay, r, false);
	}
	stop_telling(relay);
}

void
relay_link(struct relay *relay, struct link *web)
{
	stop_telling(relay);
	relay->web = web;
	if (web == NULL)
		return;
	for (unsigned room = 0; room < ROOMS; room++)
		if (relay->counted[room])
			send_counters(relay, room);
	if (relay->stored)
		send_store(relay);
	size_t first = relay->troubles > TROUBLES ? relay->troubles - TROUBLES : 0;
	for (size_t i = first; i < relay->troubles; i++)
		send_trouble(relay, &relay->trouble[i % TROUBLES]);
	for (unsigned i = relay->suspicions.count; i-- > 0;)
		send_suspicion(relay, &relay->suspicions.one[i]);
	relay->to_tell = history_targets(relay->history, &relay->to_tell_count);
	relay->told_count = 0;
	event_active(relay->tell, EV_TIMEOUT, 0);
}

/* --- passing on ------------------------------------------------------------------ */

void
relay_round(struct relay *relay, const struct round *r)
{
	if (relay->web != NULL || relay->sinks)
		send_round(relay, r, true);
}

/* It may be slow, and nobody waits for it. */
static void
note_undelivered(struct relay *relay)
{
	unsigned long n = relay->courier == NULL ? 0 : link_dropped(relay->courier);

	if (n > relay->undelivered && log_allowed(&relay->slow, 60, NULL))
		log_warnx("the courier does not take rounds as fast as they come: %lu "
			  "did not go to the sinks",
		    n);
	relay->undelivered = n;
}

/* How things stand, where somebody wants to know. */
static void
tell_courier(struct relay *relay)
{
	if (!relay->sinks || relay->courier == NULL || !relay->judged)
		return;
	msg_begin(&relay->out, MSG_VERDICT);
	msg_put_verdict(&relay->out, &relay->verdict);
	link_send(relay->courier, &relay->out, -1, LINK_DROPPABLE);
}

void
relay_courier(struct relay *relay, struct link *courier)
{
	relay->courier = courier;
	relay->undelivered = 0;
	tell_courier(relay);
}

void
relay_hold(struct relay *relay, bool hold)
{
	if (hold) {
		link_hold(relay->web);
		link_hold(relay->courier);
	} else {
		link_release(relay->web);
		link_release(relay->courier);
		note_undelivered(relay);
	}
}

void
relay_target(struct relay *relay, const struct msg_target *t)
{
	struct told *told = find(relay, t->target);

	if (told == NULL) {
		if (HASH_COUNT(relay->told) >= relay->targets + STRANGERS)
			return;
		told = mem_zero(1, sizeof *told);
		told->id = t->target;
		HASH_ADD(hh, relay->told, id, sizeof told->id, told);
	}
	/* Most have no text: 100 000 targets need a tenth of what whole structs would.
	 */
	size_t size = offsetof(struct msg_target, text) + strlen(t->text) + 1;
	told->target = mem_grow(told->target, size, 1);
	memcpy(told->target, t, size);
	if (relay->web != NULL)
		send_target(relay, t);
}

void
relay_counters(struct relay *relay, const struct msg_counters *c)
{
	relay->counters[c->room] = *c;
	relay->counted[c->room] = true;
	if (relay->web != NULL)
		send_counters(relay, c->room);
}

void
relay_store(struct relay *relay, const struct msg_store *s)
{
	relay->store = *s;
	relay->stored = true;
	if (relay->web != NULL)
		send_store(relay);
}

int
relay_suspicion(struct relay *relay, struct msg_in *in)
{
	struct msg_suspicion s;

	if (msg_get_suspicion(in, &s) != 0)
		return -1;
	suspicions_add(&relay->suspicions, &s);
	if (relay->web != NULL)
		send_suspicion(relay, &s);
	return 0;
}

void
relay_forget(struct relay *relay, const struct prefix *p)
{
	suspicions_forget(&relay->suspicions, p);
}

int
relay_flight(struct relay *relay, struct msg_in *in)
{
	static struct msg_flight f; /* large */
	int more;

	msg_begin(&relay->out, MSG_FLIGHT);
	while ((more = msg_get_flight(in, &f)) > 0)
		msg_put_flight(&relay->out, &f);
	if (more < 0)
		return -1;
	if (relay->web != NULL && link_queued(relay->web) == 0)
		send_out(relay, LINK_DROPPABLE);
	return 0;
}

int
relay_flows(struct relay *relay, struct msg_in *in)
{
	struct msg_exporter x;
	struct msg_iftotals totals;
	struct msg_poller poller;
	struct msg_stranger s;
	struct msg_flows f;

	msg_begin(&relay->out, in->type);
	if (in->type == MSG_FLOWS && msg_get_flows(in, &f) == 0)
		msg_put_flows(&relay->out, &f);
	else if (in->type == MSG_EXPORTER && msg_get_exporter(in, &x) == 0)
		msg_put_exporter(&relay->out, &x);
	else if (in->type == MSG_STRANGER && msg_get_stranger(in, &s) == 0)
		msg_put_stranger(&relay->out, &s);
	else if (in->type == MSG_IFTOTALS && msg_get_iftotals(in, &totals) == 0)
		msg_put_iftotals(&relay->out, &totals);
	else if (in->type == MSG_POLLER && msg_get_poller(in, &poller) == 0)
		msg_put_poller(&relay->out, &poller);
	else
		return -1;
	if (relay->web != NULL)
		send_out(relay, LINK_DROPPABLE);
	return 0;
}

void
relay_minute(
    struct relay *relay, const struct minute_part *part, const struct minute_row *row)
{
	if (relay->web == NULL)
		return;
	msg_begin(&relay->out, MSG_MINUTE);
	msg_put_minute(&relay->out, part, row);
	send_out(relay, LINK_DROPPABLE);
}

void
relay_path(struct relay *relay, const struct msg_path *m)
{
	if (relay->web == NULL)
		return;
	msg_begin(&relay->out, MSG_PATH);
	msg_put_path(&relay->out, m);
	send_out(relay, LINK_DROPPABLE);
}

void
relay_here(struct relay *relay, const struct here *h)
{
	if (relay->web == NULL)
		return;
	msg_begin(&relay->out, MSG_HERE);
	msg_put_here(&relay->out, h);
	send_out(relay, LINK_DROPPABLE);
}

void
relay_wifi(struct relay *relay, const struct msg_wifi *m)
{
	if (relay->web == NULL)
		return;
	msg_begin(&relay->out, MSG_WIFI);
	msg_put_wifi(&relay->out, m);
	send_out(relay, LINK_DROPPABLE);
}

void
relay_verdict(struct relay *relay, const struct msg_verdict *v)
{
	relay->verdict = *v;
	relay->judged = true;
	tell_courier(relay);
	if (relay->web == NULL)
		return;
	msg_begin(&relay->out, MSG_VERDICT);
	msg_put_verdict(&relay->out, v);
	send_out(relay, LINK_DROPPABLE);
}

void
relay_interface(struct relay *relay, const struct msg_interface *m)
{
	if (relay->web == NULL)
		return;
	msg_begin(&relay->out, MSG_INTERFACE);
	msg_put_interface(&relay->out, m);
	send_out(relay, LINK_DROPPABLE);
}

void
relay_line(struct relay *relay, const struct msg_line *m)
{
	if (relay->web == NULL)
		return;
	msg_begin(&relay->out, MSG_LINE);
	msg_put_line(&relay->out, m);
	send_out(relay, LINK_DROPPABLE);
}

void
relay_trouble(struct relay *relay, uint64_t target, const char *text)
{
	struct trouble *t = &relay->trouble[relay->troubles++ % TROUBLES];
	size_t len = strlen(text);

	free(t->text);
	t->target = target;
	t->when = clock_wall_s();
	t->text = len < MSG_TROUBLE_MAX
		      ? mem_str(text)
		      : mem_printf("%.*s...", MSG_TROUBLE_MAX - 4, text);
	if (relay->web != NULL)
		send_trouble(relay, t);
}

/* --- life ------------------------------------------------------------------------ */

static void
forget(struct relay *relay, struct told *t)
{
	HASH_DEL(relay->told, t);
	free(t->target);
	free(t);
}

void
relay_configure(struct relay *relay, const struct conf *old, const struct conf *next)
{
	struct told *t, *after;

	relay->targets = next->target_count;
	bool new_sinks = !relay->sinks && next->sinks > 0;
	relay->sinks = next->sinks > 0;
	if (new_sinks)
		tell_courier(relay);
	HASH_ITER(hh, relay->told, t, after)
		if (conf_target_by_id(next, t->id) == NULL)
			forget(relay, t);
	if (old == NULL)
		return;
	/* Behind what is still to be told, if there is such. */
	size_t n = relay->to_tell == NULL ? 0 : relay->to_tell_count;
	bool idle = n == 0;
	relay->to_tell =
	    mem_grow(relay->to_tell, n + next->target_count, sizeof *relay->to_tell);
	for (size_t i = 0; i < next->target_count; i++)
		if (conf_target_by_id(old, next->target[i]->id) == NULL)
			relay->to_tell[n++] = next->target[i]->id;
	relay->to_tell_count = n;
	if (idle) {
		relay->told_count = 0;
		event_add(relay->tell, &tell_new);
	}
}

struct relay *
relay_new(struct event_base *base, const struct history *history)
{
	struct relay *relay = mem_zero(1, sizeof *relay);

	relay->history = history;
	relay->tell = event_new(base, -1, 0, on_tell, relay);
	if (relay->tell == NULL)
		fatalx("no timer");
	return relay;
}

void
relay_free(struct relay *relay)
{
	struct told *t, *next;

	HASH_ITER(hh, relay->told, t, next)
		forget(relay, t);
	for (size_t i = 0; i < TROUBLES; i++)
		free(relay->trouble[i].text);
	free(relay->to_tell);
	event_free(relay->tell);
	free(relay);
}
