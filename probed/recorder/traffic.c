#include "recorder/traffic.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/mem.h"
#include "link/msgminute.h"
#include "recorder/forgotten.h"
#include "recorder/growing.h"
#include "recorder/minutes.h"
#include "recorder/relay.h"

#define TELL_S 60

static const struct timeval work_every = { 5, 0 }, at_once = { 0, 0 },
			    soon = { 0, 10 * 1000 };

struct traffic {
	struct relay *relay;
	const struct traffic_ops *ops;
	void *ctx;
	struct minutes *minutes; /* NULL until traffic_begin() */
	struct link *web;
	struct event *work;
	struct growing *growing;
	struct forgotten forgotten;
	/* The one that is being forgotten. */
	struct {
		enum forgetting_now {
			FORGETTING_NONE,
			FORGETTING_BEGINS,
			FORGETTING_MINUTES, /* in the ring */
			FORGETTING_REST	    /* elsewhere */
		} at;
		uint32_t ticket; /* 0: nobody waits for the end */
		struct prefix prefix;
		int64_t rest_at;
		uint64_t rows;
	} now;
	int64_t midway_ns;	/* when a part came that is not its table's last; 0 */
	struct minute_sum gone; /* out of its parts so far */
	struct log_limit stuck, losing, unwritten;
	uint64_t lost; /* tables, as far as it was told */
	struct msg_out out;
	struct minute_row row[MSG_MINUTE_ROWS];
};

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

/* --- forgetting ------------------------------------------------------------------- */

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

/* Go on with one that a crash, or a disk that was full, left undone. */
static void
begin_pending(struct traffic *t)
{
	const struct prefix *p = forgotten_pending(&t->forgotten);

	if (p == NULL)
		return;
	memset(&t->now, 0, sizeof t->now);
	t->now.prefix = *p;
	t->now.at = FORGETTING_BEGINS;
}

/* What could not be written down: who is to be forgotten. */
static void
note_unwritten(struct traffic *t, const struct err *err)
{
	if (log_allowed(&t->unwritten, TELL_S, NULL))
		log_warnx("who is to be forgotten: %s", err->text);
}

static void
forgetting_ends(struct traffic *t, const char *text)
{
	struct err err;

	t->now.at = FORGETTING_NONE;
	if (text == NULL && forgotten_done(&t->forgotten, &t->now.prefix, &err) < 0)
		note_unwritten(t, &err);
	if (text != NULL)
		log_warnx("an address is not forgotten everywhere: %s", text);
	if (t->now.ticket != 0)
		answer(t, t->now.ticket, t->now.rows, text);
	if (text == NULL)
		begin_pending(t);
}

/* The ring is done. */
static void
ring_done(void *ctx, uint64_t rows, const char *text)
{
	struct traffic *t = ctx;

	t->now.rows += rows;
	t->now.at = FORGETTING_REST;
	if (text != NULL)
		forgetting_ends(t, text);
}

/* A piece of it; minutes_work() goes through the ring. */
static void
forget_step(struct traffic *t)
{
	struct err err = { "" };

	if (t->now.at == FORGETTING_BEGINS) {
		relay_forget(t->relay, &t->now.prefix);
		t->now.rows = growing_forget(t->growing, &t->now.prefix);
		t->now.at = FORGETTING_MINUTES;
		minutes_forget(t->minutes, &t->now.prefix, ring_done, t);
	} else if (t->now.at == FORGETTING_REST) {
		int more = t->ops->forget(
		    t->ctx, &t->now.prefix, &t->now.rest_at, &t->now.rows, &err);
		if (more <= 0)
			forgetting_ends(t, more < 0 ? err.text : NULL);
	}
}

static void
on_work(evutil_socket_t fd, short what, void *arg)
{
	struct traffic *t = arg;
	struct err err;

	(void)fd;
	(void)what;
	flush(t);
	note_lost(t);
	if (forgotten_age(&t->forgotten, clock_wall_s(), &err) < 0)
		note_unwritten(t, &err);
	/* Who goes through the ring has whole tables before him; the parts of one come
	 * at once, where none was lost. */
	if (t->midway_ns != 0 && clock_mono_ns() - t->midway_ns < CLOCK_NS_PER_S) {
		event_add(t->work, &soon);
		return;
	}
	forget_step(t);
	bool more = minutes_work(t->minutes, clock_wall_s());
	event_add(
	    t->work, more || t->now.at != FORGETTING_NONE ? &at_once : &work_every);
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
	t->growing = growing_new();
	t->work = event_new(base, -1, 0, on_work, t);
	if (t->work == NULL)
		fatalx("no timer");
	return t;
}

void
traffic_begin(struct traffic *t)
{
	struct err err;

	t->minutes = minutes_open(trouble, t);
	if (forgotten_read(&t->forgotten, &err) < 0)
		note_unwritten(t, &err);
	begin_pending(t);
	event_add(t->work, &at_once);
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

/* Tell all who want to know. */
static void
take_part(void *ctx, const struct minute_part *part, const struct minute_row *row)
{
	struct traffic *t = ctx;

	relay_minute(t->relay, part, row);
	t->ops->minute(t->ctx, part, row);
	if (part->final) {
		minutes_take(t->minutes, part, row, clock_wall_s());
		event_add(t->work, &at_once);
	}
}

int
traffic_minute(struct traffic *t, struct msg_in *in)
{
	struct minute_part part;

	if (msg_get_minute(in, &part, t->row) < 0)
		return -1;
	t->midway_ns = part.part + 1 < part.parts ? clock_mono_ns() : 0;
	/* The rest that its last part tells is the table's (minute.h). */
	if (part.part == 0)
		memset(&t->gone, 0, sizeof t->gone);
	forgotten_leave_out(&t->forgotten, &part, t->row, &t->gone);
	minute_add(&part.rest, &t->gone);
	part.forgotten = minute_octets(&t->gone);
	growing_take(t->growing, &part, t->row);
	take_part(t, &part, t->row);
	return 0;
}

void
traffic_collector_gone(struct traffic *t)
{
	t->midway_ns = 0;
	growing_end(t->growing, take_part, t);
}

int
traffic_forget(struct traffic *t, struct msg_in *in)
{
	struct msg_forget f;
	struct err err;

	if (msg_get_forget(in, &f) < 0)
		return -1;
	if (t->now.at != FORGETTING_NONE) {
		answer(t, f.ticket, 0,
		    "another address is being forgotten just now, try again");
		return 0;
	}
	if (forgotten_add(&t->forgotten, &f.prefix, clock_wall_s(), &err) < 0) {
		answer(t, f.ticket, 0, err.text);
		return 0;
	}
	memset(&t->now, 0, sizeof t->now);
	t->now.ticket = f.ticket;
	t->now.prefix = f.prefix;
	t->now.at = FORGETTING_BEGINS;
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
	growing_free(t->growing);
	event_free(t->work);
	free(t);
}
