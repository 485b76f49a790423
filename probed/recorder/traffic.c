#include "recorder/traffic.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/mem.h"
#include "link/msgminute.h"
#include "minutetable.h"
#include "recorder/minutes.h"
#include "recorder/relay.h"

#define TELL_S 60
#define RECENT 32

static const struct timeval work_every = { 5, 0 }, at_once = { 0, 0 };

struct traffic {
	struct relay *relay;
	const struct traffic_ops *ops;
	void *ctx;
	struct minutes *minutes; /* NULL until traffic_begin() */
	struct link *web;
	struct event *work;
	uint32_t ticket; /* of what is being forgotten */
	/* Its minutes are forgotten; what else there is comes next. */
	struct {
		bool on;
		struct prefix prefix;
		int64_t at;
		uint64_t rows;
	} rest;
	/* What was forgotten last: minutes that had begun by then still come. */
	struct {
		struct prefix prefix;
		int64_t when;
	} recent[RECENT];
	unsigned recent_count; /* ever */
	struct log_limit stuck, losing;
	uint64_t lost; /* tables, as far as it was told */
	struct msg_out out;
	struct minute_row row[MSG_MINUTE_ROWS];
};

static int64_t
now_s(void)
{
	return clock_wall_ns() / CLOCK_NS_PER_S;
}

static void
flush(struct traffic *t)
{
	struct err err;
	char text[sizeof err.text + 80];

	if (minutes_flush(t->minutes, &err) == 0 ||
	    !log_allowed(&t->stuck, TELL_S, NULL))
		return;
	snprintf(text, sizeof text, "minutes of traffic cannot be kept: %s", err.text);
	log_warnx("%s", text);
	relay_trouble(t->relay, 0, text);
}

static void
note_lost(struct traffic *t)
{
	uint64_t lost = minutes_lost(t->minutes);

	if (lost == t->lost || !log_allowed(&t->losing, TELL_S, NULL))
		return;
	log_warnx(
	    "%llu tables of minutes of traffic were thrown away: too many wait to be "
	    "written, or not all of their parts came",
	    (unsigned long long)(lost - t->lost));
	t->lost = lost;
}

static void
answer(struct traffic *t, uint32_t ticket, uint64_t rows, const char *text)
{
	struct msg_forgotten f = { .ticket = ticket, .rows = rows };

	snprintf(f.text, sizeof f.text, "%s", text != NULL ? text : "");
	msg_begin(&t->out, MSG_FORGOTTEN);
	msg_put_forgotten(&t->out, &f);
	if (t->web != NULL)
		link_send(t->web, &t->out, -1, LINK_MUST);
}

static void
forget_rest(struct traffic *t)
{
	struct err err = { "" };
	int more = t->ops->forget(
	    t->ctx, &t->rest.prefix, &t->rest.at, &t->rest.rows, &err);

	if (more > 0)
		return;
	t->rest.on = false;
	answer(t, t->ticket, t->rest.rows, more < 0 ? err.text : NULL);
}

static void
on_work(evutil_socket_t fd, short what, void *arg)
{
	struct traffic *t = arg;

	(void)fd;
	(void)what;
	flush(t);
	note_lost(t);
	if (t->rest.on)
		forget_rest(t);
	bool more = minutes_work(t->minutes, now_s());
	event_add(t->work, more || t->rest.on ? &at_once : &work_every);
}

static void
trouble(void *ctx, const char *text)
{
	struct traffic *t = ctx;

	relay_trouble(t->relay, 0, text);
}

struct traffic *
traffic_new(struct event_base *base, struct relay *relay, const struct traffic_ops *ops,
    void *ctx)
{
	struct traffic *t = mem_zero(1, sizeof *t);

	t->relay = relay;
	t->ops = ops;
	t->ctx = ctx;
	t->work = event_new(base, -1, 0, on_work, t);
	if (t->work == NULL)
		fatalx("no timer");
	return t;
}

void
traffic_begin(struct traffic *t)
{
	t->minutes = minutes_open(trouble, t);
	event_add(t->work, &work_every);
}

void
traffic_configure(struct traffic *t, const struct conf *conf)
{
	minutes_limit(t->minutes, conf->keep_talkers, conf->talkers_size);
}

void
traffic_web(struct traffic *t, struct link *web)
{
	t->web = web;
}

/* Take out of PART what is forgotten. */
static void
leave_out(struct traffic *t, struct minute_part *part)
{
	for (unsigned i = 0; i < RECENT && i < t->recent_count; i++) {
		struct minute_sum gone = { 0 };
		if (part->begin_s > t->recent[i].when)
			continue;
		part->rows = (uint16_t)minute_forget(
		    &t->recent[i].prefix, part->by, t->row, NULL, part->rows, &gone);
		/* All parts of a table tell the same rest: of several, none is told
		 * more. */
		if (part->parts == 1)
			minute_add(&part->rest, &gone);
	}
}

int
traffic_minute(struct traffic *t, struct msg_in *in)
{
	struct minute_part part;

	if (msg_get_minute(in, &part, t->row) < 0)
		return -1;
	leave_out(t, &part);
	relay_minute(t->relay, &part, t->row);
	t->ops->minute(t->ctx, &part, t->row);
	if (part.final) {
		minutes_take(t->minutes, &part, t->row, now_s());
		event_add(t->work, &at_once);
	}
	return 0;
}

/* --- forgetting --------------------------------------------------------------------
 */

static void
forgotten(void *ctx, uint64_t rows, const char *text)
{
	struct traffic *t = ctx;

	if (text != NULL) {
		answer(t, t->ticket, rows, text);
		return;
	}
	t->rest.on = true;
	t->rest.at = 0;
	t->rest.rows = rows;
}

int
traffic_forget(struct traffic *t, struct msg_in *in)
{
	struct msg_forget f;

	if (msg_get_forget(in, &f) < 0)
		return -1;
	if (t->rest.on || !minutes_forget(t->minutes, &f.prefix, forgotten, t)) {
		answer(t, f.ticket, 0,
		    "another address is being forgotten just now, try again");
		return 0;
	}
	t->ticket = f.ticket;
	t->rest.prefix = f.prefix;
	/* The minutes that are being tallied have it as well. */
	t->recent[t->recent_count % RECENT].prefix = f.prefix;
	t->recent[t->recent_count++ % RECENT].when = now_s();
	event_add(t->work, &at_once);
	return 0;
}

void
traffic_free(struct traffic *t)
{
	if (t == NULL)
		return;
	if (t->minutes != NULL)
		flush(t);
	minutes_close(t->minutes);
	event_free(t->work);
	free(t);
}
