#include "courier/receivers.h"

#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/mem.h"
#include "courier/blockade.h"
#include "courier/dispatch.h"
#include "courier/outbox.h"
#include "courier/receiver.h"

#define RECEIVERS_MAX 512

/* Whether the outbox was written to is looked at so often; what is in it then, or once
 * a second: other readers may have moved its log into the file. */
#define LOOKS_S 4
static const struct timeval look_every = { 0, 1000 * 1000 / LOOKS_S };
static const struct timeval leave_every = { 0, 50 * 1000 };
#define LEAVE_NS (2 * CLOCK_NS_PER_S)

static struct {
	struct event_base *base;
	const struct conf *conf;
	struct outbox *outbox;
	struct receiver *receiver[RECEIVERS_MAX];
	size_t count;
	int64_t newest; /* whose receivers are known */
	struct event *look;
	unsigned looks;
	struct link *web;
	struct log_limit too_many;
	void (*left)(void);
	int64_t leave_ns;
} all;

/* --- telling ---------------------------------------------------------------------- */

static void
tell(struct receiver *r, bool gone)
{
	static struct msg_out out;
	struct msg_receiver m = {
		.id = r->id,
		.gone = gone,
		.sent = r->sent,
		.failed = r->failed,
		.waiting =
		    (uint32_t)(r->waiting > UINT32_MAX ? UINT32_MAX : r->waiting),
		.last_s = r->last_s,
	};

	snprintf(m.name, sizeof m.name, "%s", r->name);
	snprintf(m.type, sizeof m.type, "%s", r->address->type);
	snprintf(m.error, sizeof m.error, "%s", r->error);
	msg_begin(&out, MSG_RECEIVER);
	msg_put_receiver(&out, &m);
	link_send(all.web, &out, -1, LINK_DROPPABLE);
	r->changed = false;
}

static void
tell_changes(void)
{
	for (size_t i = 0; all.web != NULL && i < all.count; i++)
		if (all.receiver[i]->changed)
			tell(all.receiver[i], false);
}

void
receivers_web(struct link *link)
{
	all.web = link;
	for (size_t i = 0; link != NULL && i < all.count; i++)
		tell(all.receiver[i], false);
}

/* --- who there is ----------------------------------------------------------------- */

static struct receiver *
find(uint64_t id)
{
	for (size_t i = 0; i < all.count; i++)
		if (all.receiver[i]->id == id)
			return all.receiver[i];
	return NULL;
}

static struct receiver *
want(const char *name)
{
	struct receiver *r = find(conf_target_id(name));

	if (r != NULL)
		return r;
	if (all.count == RECEIVERS_MAX || strlen(name) > CURSOR_NAME_MAX) {
		if (log_allowed(&all.too_many, 3600, NULL))
			log_warnx(
			    "%.100s is not told: expected at most %d receivers with "
			    "names of at most %d letters",
			    name, RECEIVERS_MAX, CURSOR_NAME_MAX);
		return NULL;
	}
	r = receiver_new(all.conf, name, all.outbox);
	all.receiver[all.count++] = r;
	return r;
}

static void
seen(void *ctx, const char *name)
{
	(void)ctx;
	want(name);
}

/* Those that KEY of SECTION names. */
static void
want_recipients(const struct conf_section *section, const char *key)
{
	char *list = mem_str(conf_value(section, key, "")), *rest = list, *one;

	while ((one = strsep(&rest, ",")) != NULL) {
		size_t len;

		one += strspn(one, " \t");
		for (len = strlen(one); len > 0 && strchr(" \t", one[len - 1]); len--)
			one[len - 1] = '\0';
		struct receiver *r = *one == '\0' ? NULL : want(one);
		if (r != NULL)
			r->configured = true;
	}
	free(list);
}

static void
want_configured(void)
{
	const struct conf_section *actions = conf_top(all.conf, "Actions");
	const struct conf_section *alerts = conf_top(all.conf, "Alerts");

	for (const struct conf_section *s = actions == NULL ? NULL : actions->first;
	     s != NULL; s = s->next) {
		struct receiver *r = blockade_is(s) ? NULL : want(s->name);

		if (r != NULL)
			r->configured = true;
	}
	if (alerts == NULL)
		return;
	want_recipients(alerts, "to");
	for (const struct conf_section *s = alerts->first; s != NULL; s = s->next)
		want_recipients(s, "to");
}

/* Who is not configured any more and has nothing to hear goes. */
static void
drop_idle(void)
{
	for (size_t i = all.count; i-- > 0;) {
		struct receiver *r = all.receiver[i];

		if (r->configured || r->dispatch != NULL || r->trial != NULL ||
		    r->parcel.count > 0 || r->waiting > 0)
			continue;
		if (all.web != NULL)
			tell(r, true);
		receiver_free(r);
		all.receiver[i] = all.receiver[--all.count];
	}
}

/* --- at work ---------------------------------------------------------------------- */

/* One is reached again: perhaps the whole world is. */
static void
recovered(void)
{
	for (size_t i = 0; i < all.count; i++)
		receiver_hurry(all.receiver[i]);
}

static void
on_look(evutil_socket_t fd, short what, void *arg)
{
	int64_t newest;

	(void)fd;
	(void)what;
	(void)arg;
	if (!outbox_touched(all.outbox) && ++all.looks % LOOKS_S != 0)
		return;
	if (outbox_look(all.outbox, &newest)) {
		if (newest < all.newest)
			all.newest = 0; /* another outbox */
		bool more = newest > all.newest;
		if (more)
			outbox_receivers(all.outbox, all.newest, seen, NULL);
		all.newest = newest;
		for (size_t i = 0; i < all.count; i++) {
			if (more)
				receiver_count(all.receiver[i]);
			receiver_step(all.receiver[i], recovered);
		}
	}
	tell_changes();
}

void
receivers_open(struct event_base *base, const struct conf *conf)
{
	all.base = base;
	all.conf = conf;
	all.outbox = outbox_new();
	dispatch_configure(conf);
	want_configured();
}

void
receivers_configure(const struct conf *conf)
{
	all.conf = conf;
	dispatch_configure(conf);
	for (size_t i = 0; i < all.count; i++) {
		all.receiver[i]->configured = false;
		receiver_configure(all.receiver[i], conf);
	}
	want_configured();
	drop_idle();
}

void
receivers_run(void)
{
	all.look = event_new(all.base, -1, EV_PERSIST, on_look, NULL);
	if (all.look == NULL || event_add(all.look, &look_every) != 0)
		fatalx("no timer for the outbox");
	event_active(all.look, EV_TIMEOUT, 0);
}

/* --- the end ---------------------------------------------------------------------- */

static void
leave(void)
{
	for (size_t i = 0; i < all.count; i++)
		receiver_free(all.receiver[i]);
	all.count = 0;
	outbox_free(all.outbox);
	event_free(all.look);
	all.left();
}

static void
on_leave(evutil_socket_t fd, short what, void *arg)
{
	bool busy = false;

	(void)fd;
	(void)what;
	(void)arg;
	for (size_t i = 0; i < all.count; i++)
		busy = busy || all.receiver[i]->dispatch != NULL;
	if (!busy || clock_mono_ns() > all.leave_ns)
		leave();
}

/* An answer that was not waited for would mean a repeat at the next start. */
void
receivers_stop(void (*left)(void))
{
	all.left = left;
	all.leave_ns = clock_mono_ns() + LEAVE_NS;
	receiver_halt();
	event_free(all.look);
	all.look = event_new(all.base, -1, EV_PERSIST, on_leave, NULL);
	if (all.look == NULL || event_add(all.look, &leave_every) != 0)
		fatalx("no timer for the end");
	event_active(all.look, EV_TIMEOUT, 0);
}

/* --- trials ----------------------------------------------------------------------- */

static void
answer(uint32_t ticket, enum tried how, const char *text)
{
	static struct msg_out out;
	struct msg_tried m = { .ticket = ticket, .how = (uint8_t)how };

	snprintf(m.text, sizeof m.text, "%s", text);
	msg_begin(&out, MSG_TRIED);
	msg_put_tried(&out, &m);
	link_send(all.web, &out, -1, LINK_MUST);
}

static void
on_tried(uint32_t ticket, const struct outcome *o)
{
	answer(ticket, o->fate == FATE_DELIVERED ? TRIED_DELIVERED : TRIED_FAILED,
	    o->text);
}

int
receivers_message(struct msg_in *in)
{
	uint32_t ticket = wire_u32(&in->wire);
	uint64_t id = wire_u64(&in->wire);
	struct receiver *r;

	if (msg_done(in) != 0)
		return -1;
	r = find(id);
	if (r == NULL)
		answer(ticket, TRIED_UNKNOWN, "");
	else
		receiver_try(r, ticket, on_tried);
	return 0;
}
