/* The recorder: the only writer of history. Rounds come from the prober, go to the raw
 * ring and the RRD files, and on to web once they are stored.
 *
 * Measured, 20 pings a round, all in all: 90 to 100 us of CPU a round when they come
 * one by one (1700/s take a sixth of a core), 17 us when they come faster and files are
 * written in batches; 5 MB of memory with 1000 targets.
 *
 * After a start web hears of a target with its first new round. What was the last value
 * before, web reads from the file itself: the recorder tells only what it has seen. */
#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "link/worker.h"
#include "recorder/history.h"
#include "recorder/raw.h"
#include "recorder/relay.h"
#include "recorder/rrdfile.h"

/* One turn of writing: short enough for beats and lines, long enough for some hundred
 * files. */
#define TURN_NS (10 * CLOCK_NS_PER_MS)
#define TELL_S 60
#define WEB_QUEUE (16UL * 1024 * 1024)
/* The parent's patience at the end is 4 s. */
#define LAST_NS (3 * CLOCK_NS_PER_S)

struct recorder {
	struct worker *w;
	struct history *history;
	struct raw *raw;
	struct relay *relay;
	struct event *work, *report;
	struct round *round; /* the one just read */
	uint64_t strangers, bad_rows;
	bool stopping;
	int64_t stop_by_ns;
	struct log_limit raw_stuck, stranger, bad_row;
};

/* --- writing --------------------------------------------------------------------- */

static void
flush_raw(struct recorder *rec)
{
	struct err err;
	char text[sizeof err.text + 80];

	if (raw_flush(rec->raw, &err) == 0 ||
	    !log_allowed(&rec->raw_stuck, TELL_S, NULL))
		return;
	snprintf(text, sizeof text, "single pings cannot be kept: %s", err.text);
	log_warnx("%s", text);
	relay_trouble(rec->relay, 0, text);
}

static void
arm(struct recorder *rec, int64_t ns)
{
	struct timeval when = { ns / CLOCK_NS_PER_S, ns % CLOCK_NS_PER_S / 1000 };

	event_add(rec->work, &when);
}

static void
leave(struct recorder *rec)
{
	struct history_counts counts = history_counts(rec->history);

	if (counts.queued != 0)
		log_warnx("%llu rounds could not be written before the end",
		    (unsigned long long)counts.queued);
	relay_free(rec->relay);
	raw_close(rec->raw);
	history_free(rec->history);
	event_free(rec->work);
	event_free(rec->report);
	free(rec->round);
	free(rec);
	worker_exit();
}

static void
on_work(evutil_socket_t fd, short what, void *arg)
{
	struct recorder *rec = arg;

	(void)fd;
	(void)what;
	flush_raw(rec);
	int64_t next = history_work(rec->history, TURN_NS);
	if (rec->stopping && (next < 0 || clock_mono_ns() > rec->stop_by_ns))
		leave(rec);
	if (next >= 0)
		arm(rec, next);
}

/* --- counters -------------------------------------------------------------------- */

static const struct timeval report_every = { 3, 0 };

static void
on_report(evutil_socket_t fd, short what, void *arg)
{
	struct recorder *rec = arg;
	struct history_counts c = history_counts(rec->history);
	struct msg_store s = {
		.rows_written = c.written,
		.rows_unknown = c.unknown,
		.retries = c.retries,
		.failed = c.dropped + c.past + rec->strangers + rec->bad_rows,
		.set_aside = c.set_aside,
		.queued = c.queued,
		.raw_bytes = raw_bytes(rec->raw),
	};

	(void)fd;
	(void)what;
	relay_store(rec->relay, &s);
	/* A ring that could not be written is tried again though nothing new comes. */
	flush_raw(rec);
}

/* --- messages -------------------------------------------------------------------- */

static int
take_round(struct recorder *rec, struct msg_in *in)
{
	struct round *r = rec->round;

	if (msg_get_round(in, r) < 0 || msg_done(in) < 0)
		return -1;
	switch (history_put(rec->history, r)) {
	case HISTORY_TAKEN:
		raw_add(rec->raw, r);
		arm(rec, 0);
		break;
	case HISTORY_STRANGER:
		/* A reload reaches the prober and us a moment apart. */
		rec->strangers++;
		if (log_allowed(&rec->stranger, TELL_S, NULL))
			log_info("a round of a target, step or count of pings that is "
				 "not in the configuration is left out");
		break;
	case HISTORY_BAD_ROW:
		rec->bad_rows++;
		if (log_allowed(&rec->bad_row, TELL_S, NULL))
			log_warnx(
			    "a round for row %lld (step %u) is left out: it is off "
			    "the grid or ahead of the clock",
			    (long long)r->row, (unsigned)r->step);
		break;
	}
	return 0;
}

static int
take_target(struct recorder *rec, struct msg_in *in)
{
	struct msg_target t;

	if (msg_get_target(in, &t) < 0 || msg_done(in) < 0)
		return -1;
	relay_target(rec->relay, &t);
	return 0;
}

static int
take_counters(struct recorder *rec, struct msg_in *in)
{
	struct msg_counters c;

	if (msg_get_counters(in, &c) < 0 || msg_done(in) < 0)
		return -1;
	relay_counters(rec->relay, &c);
	return 0;
}

static int
on_message(void *ctx, struct link *link, struct msg_in *in)
{
	if (link_peer(link) != ROOM_PROBER)
		return -1;
	switch (in->type) {
	case MSG_ROUND:
		return take_round(ctx, in);
	case MSG_TARGET:
		return take_target(ctx, in);
	case MSG_COUNTERS:
		return take_counters(ctx, in);
	default:
		return -1;
	}
}

/* --- life ------------------------------------------------------------------------ */

static void
stored(void *ctx, const struct round *r)
{
	const struct recorder *rec = ctx;

	relay_round(rec->relay, r);
}

static void
trouble(void *ctx, uint64_t target, const char *text)
{
	const struct recorder *rec = ctx;

	relay_trouble(rec->relay, target, text);
}

static void *
start(struct worker *w)
{
	static const struct history_ops ops = { stored, trouble };
	struct recorder *rec = mem_zero(1, sizeof *rec);

	rec->w = w;
	rec->round = mem_zero(1, sizeof *rec->round);
	rec->history = history_new(&ops, rec, HISTORY_QUEUE_MAX);
	rec->relay = relay_new(w->base, rec->history);
	rec->work = event_new(w->base, -1, 0, on_work, rec);
	rec->report = event_new(w->base, -1, EV_PERSIST, on_report, rec);
	if (rec->work == NULL || rec->report == NULL)
		fatalx("no timers");
	return rec;
}

static void
reload(void *ctx, const struct conf *old, const struct conf *next)
{
	struct recorder *rec = ctx;

	history_configure(rec->history, next);
	relay_configure(rec->relay, old, next);
}

static void
run(void *ctx)
{
	struct recorder *rec = ctx;

	rrdfile_sweep();
	rec->raw = raw_open(RAW_MAX_BYTES, RAW_KEEP_S);
	reload(rec, NULL, rec->w->conf);
	event_add(rec->report, &report_every);
}

static void
peer(void *ctx, enum room room, struct link *link)
{
	struct recorder *rec = ctx;

	if (room == ROOM_WEB)
		relay_link(rec->relay, link);
}

static void
stop(void *ctx)
{
	struct recorder *rec = ctx;

	rec->stopping = true;
	rec->stop_by_ns = clock_mono_ns() + LAST_NS;
	arm(rec, 0);
}

static size_t
queue_max(enum room room)
{
	return room == ROOM_WEB ? WEB_QUEUE : 0;
}

int
main(void)
{
	static const struct worker_ops ops = {
		.room = ROOM_RECORDER,
		.sandbox = SANDBOX_RECORDER,
		.start = start,
		.run = run,
		.peer = peer,
		.message = on_message,
		.reload = reload,
		.stop = stop,
		.queue_max = queue_max,
	};

	worker_main(&ops);
}
