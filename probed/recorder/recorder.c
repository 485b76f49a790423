/* The recorder: the only writer of history. Rounds come from the workers that measure,
 * go to the raw ring and the RRD files, and on to web once they are stored.
 *
 * Measured, 20 pings a round, all in all: 90 to 100 us of CPU a round when they come
 * one by one (1700/s take a sixth of a core), 17 us when they come faster and files are
 * written in batches; 5 MB of memory with 1000 targets.
 *
 * After a start web hears of a target with its first new round. What was the last value
 * before, web reads from the file itself: the recorder tells only what it has seen. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "cached.h"
#include "link/msgminute.h"
#include "link/worker.h"
#include "recorder/browsers.h"
#include "recorder/court.h"
#include "recorder/dynamic.h"
#include "recorder/firsts.h"
#include "recorder/history.h"
#include "recorder/ifbook.h"
#include "recorder/journal.h"
#include "recorder/loadtests.h"
#include "recorder/raw.h"
#include "recorder/relay.h"
#include "recorder/rrdfile.h"
#include "recorder/taught.h"
#include "recorder/traffic.h"
#include "store.h"

/* One turn of writing: short enough for beats and lines, long enough for some hundred
 * files. */
#define TURN_NS (10 * CLOCK_NS_PER_MS)
#define TELL_S 60
#define WEB_QUEUE (16UL * 1024 * 1024)
#define COURIER_QUEUE (4UL * 1024 * 1024)
/* The parent's patience at the end is 4 s. */
#define LAST_NS (3 * CLOCK_NS_PER_S)

struct recorder {
	struct worker *w;
	struct history *history;
	struct raw *raw;
	struct relay *relay;
	struct court *court;
	struct journal *journal; /* the court's */
	int64_t left_s; /* the minute in which a collector left; 0: none did */
	struct traffic *traffic;
	struct dynamic *dynamic;
	struct taught *taught;
	struct ifbook *interfaces;
	struct browsers *browsers; /* NULL: none has told yet */
	struct event *work, *report, *judging, *tick;
	struct round *round;   /* the one just read */
	struct firsts *firsts; /* NULL: nobody waits for them (any more) */
	uint64_t strangers, bad_rows;
	bool stopping;
	int64_t stop_by_ns;
	struct log_limit raw_stuck, stranger, bad_row, browsers_said;
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
arm_event(struct event *event, int64_t ns)
{
	struct timeval when = { ns / CLOCK_NS_PER_S, ns % CLOCK_NS_PER_S / 1000 };

	event_add(event, &when);
}

static void
arm(struct recorder *rec, int64_t ns)
{
	arm_event(rec->work, ns);
}

static void
on_judging(evutil_socket_t fd, short what, void *arg)
{
	struct recorder *rec = arg;
	int64_t next = court_work(rec->court);

	(void)fd;
	(void)what;
	if (next >= 0)
		arm_event(rec->judging, next);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct recorder *rec = arg;

	(void)fd;
	(void)what;
	court_tick(rec->court);
}

static void
leave(struct recorder *rec)
{
	struct history_counts counts = history_counts(rec->history);

	if (counts.queued != 0)
		log_warnx("%llu rounds could not be written before the end",
		    (unsigned long long)counts.queued);
	traffic_free(rec->traffic);
	taught_free(rec->taught);
	court_end(rec->court);
	ifbook_free(rec->interfaces);
	browsers_free(rec->browsers);
	relay_free(rec->relay);
	raw_close(rec->raw);
	dynamic_free(rec->dynamic);
	history_free(rec->history);
	event_free(rec->work);
	event_free(rec->report);
	event_free(rec->judging);
	event_free(rec->tick);
	free(rec->round);
	firsts_free(rec->firsts);
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
	/* Web wakes up once for all rounds of a turn. */
	relay_hold(rec->relay, true);
	int64_t next = history_work(rec->history, TURN_NS);
	relay_hold(rec->relay, false);
	if (rec->stopping && (next < 0 || clock_mono_ns() > rec->stop_by_ns))
		leave(rec);
	if (next >= 0)
		arm(rec, next);
}

/* --- counters -------------------------------------------------------------------- */

static const struct timeval report_every = { 3, 0 }, tick_every = { 1, 0 };

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
		.carried = c.migrated,
		.queued = c.queued,
		.raw_bytes = raw_bytes(rec->raw),
	};

	(void)fd;
	(void)what;
	relay_store(rec->relay, &s);
	ifbook_sweep(rec->interfaces, clock_wall_s(), clock_mono_ns() / CLOCK_NS_PER_S);
	/* A ring that could not be written is tried again though nothing new comes. */
	flush_raw(rec);
	dynamic_look(rec->dynamic);
	taught_work(rec->taught, clock_mono_ns() / CLOCK_NS_PER_S);
	court_look(rec->court);
}

/* --- messages -------------------------------------------------------------------- */

/* Is that all that was wanted? */
static void
see_first(struct recorder *rec, uint64_t target)
{
	struct msg_out out;

	if (rec->firsts == NULL)
		return;
	firsts_seen(rec->firsts, target);
	if (!firsts_all(rec->firsts))
		return;
	firsts_free(rec->firsts);
	rec->firsts = NULL;
	msg_begin(&out, MSG_ALL_DONE);
	link_send(rec->w->parent, &out, -1, LINK_MUST);
}

static int
take_round(struct recorder *rec, struct msg_in *in)
{
	struct round *r = rec->round;

	if (msg_get_round(in, r) < 0 || msg_done(in) < 0)
		return -1;
	switch (history_put(rec->history, r)) {
	case HISTORY_TAKEN:
		raw_add(rec->raw, r);
		journal_expect(rec->journal, r->target);
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
	see_first(rec, r->target);
	return 0;
}

/* Web passes on what a slave measured, when it is right. */
static int
take_slave_round(struct recorder *rec, struct msg_in *in)
{
	struct round *r = rec->round;

	if (msg_get_round(in, r) < 0 || msg_done(in) < 0)
		return -1;
	switch (history_put_slave(rec->history, r)) {
	case HISTORY_TAKEN:
		/* One whose pings are in the order of size is no round to keep. */
		if (r->end_ns > r->begin_ns)
			raw_add(rec->raw, r);
		journal_expect(rec->journal, r->target);
		arm(rec, 0);
		break;
	case HISTORY_STRANGER: /* a reload reaches web and us a moment apart */
		rec->strangers++;
		break;
	case HISTORY_BAD_ROW:
		rec->bad_rows++;
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
take_counters(struct recorder *rec, enum room from, struct msg_in *in)
{
	struct msg_counters c;

	if (msg_get_counters(in, &c) < 0 || msg_done(in) < 0 || c.room != from)
		return -1;
	relay_counters(rec->relay, &c);
	return 0;
}

static int
take_merge(struct recorder *rec, struct msg_in *in)
{
	char from[STORE_PATH], to[STORE_PATH];
	struct err err;

	msg_get_str(in, from, sizeof from);
	msg_get_str(in, to, sizeof to);
	if (msg_done(in) < 0)
		return -1;
	if (history_merge(rec->history, from, to, &err) < 0) {
		log_warnx("left out: %s", err.text);
		relay_trouble(rec->relay, 0, err.text);
	}
	arm(rec, 0);
	return 0;
}

static int
take_browser(struct recorder *rec, struct msg_in *in)
{
	struct msg_browser m;
	struct err err;

	if (msg_get_browser(in, &m) < 0)
		return -1;
	if (rec->browsers == NULL)
		rec->browsers = browsers_new();
	int status = browsers_take(rec->browsers, &m, clock_wall_s(), &err);
	if (status != 0 && log_allowed(&rec->browsers_said, 60, NULL))
		log_warnx("a browser's minute is not kept: %s",
		    status > 0 ? "too many browsers tell of theirs" : err.text);
	return 0;
}

/* --- load tests ------------------------------------------------------------------- */

static bool
loadtest_begin(void *ctx, uint32_t id)
{
	static struct msg_out out;
	const struct msg_loadtest t = { .id = id };
	struct link *fetcher = worker_link(ROOM_FETCHER);

	(void)ctx;
	if (fetcher == NULL)
		return false;
	msg_begin(&out, MSG_LOADTEST);
	msg_put_loadtest(&out, &t);
	link_send(fetcher, &out, -1, LINK_MUST);
	return true;
}

static bool
loadtest_line(void *ctx, const char *name, struct loadtests_line *line)
{
	const struct recorder *rec = ctx;
	const struct msg_interface *m =
	    ifbook_line(rec->interfaces, name, clock_wall_s());

	if (m == NULL)
		return false;
	snprintf(line->name, sizeof line->name, "%s",
	    m->names.name[0] != '\0' ? m->names.name : m->names.device);
	if (line->name[0] == '\0')
		snprintf(line->name, sizeof line->name, "interface %u",
		    (unsigned)m->key.index);
	for (unsigned way = 0; way < IF_WAYS; way++)
		line->bps[way] =
		    m->now.count[IF_OCTETS][way] * 8000 / m->now.known_ms;
	return !isnan(line->bps[IF_IN]) && !isnan(line->bps[IF_OUT]);
}

static void
loadtest_answer(void *ctx, uint32_t ticket, const char *why)
{
	static struct msg_out out;
	struct msg_loadtest t = { .id = ticket, .refused = *why != '\0' };
	struct link *web = worker_link(ROOM_WEB);

	(void)ctx;
	snprintf(t.text, sizeof t.text, "%s", why);
	msg_begin(&out, MSG_LOADTEST);
	msg_put_loadtest(&out, &t);
	if (web != NULL)
		link_send(web, &out, -1, LINK_MUST);
}

static const struct loadtests_ops loadtest_ops = { loadtest_begin, loadtest_line,
	loadtest_answer };

static int
take_loadtest(struct recorder *rec, struct msg_in *in)
{
	struct msg_loadtest t;

	if (msg_get_loadtest(in, &t) < 0)
		return -1;
	loadtests_ask(journal_loadtests(rec->journal), t.id, clock_wall_s());
	journal_kick(rec->journal);
	return 0;
}

static int
take_loadresult(struct recorder *rec, struct link *link, struct msg_in *in)
{
	struct msg_loadresult r;

	if (link_peer(link) != ROOM_FETCHER || msg_get_loadresult(in, &r) < 0)
		return -1;
	loadtests_result(journal_loadtests(rec->journal), &r, clock_wall_s());
	journal_kick(rec->journal);
	return 0;
}

/* An operator's, by way of web. */
static int
take_words(struct recorder *rec, struct msg_in *in)
{
	if (in->type == MSG_ADDRESS)
		return dynamic_message(rec->dynamic, in);
	if (in->type == MSG_MERGE)
		return take_merge(rec, in);
	if (in->type == MSG_FORGET)
		return traffic_forget(rec->traffic, in);
	if (in->type == MSG_BROWSER)
		return take_browser(rec, in);
	if (in->type == MSG_LOADTEST)
		return take_loadtest(rec, in);
	if (in->type != MSG_NOTE && in->type != MSG_SILENCE &&
	    in->type != MSG_SILENCE_END)
		return -1;
	return journal_message(rec->journal, in);
}

static int
take_ifcounters(struct recorder *rec, struct msg_in *in)
{
	struct msg_ifcounters m;

	if (msg_get_ifcounters(in, &m) < 0)
		return -1;
	ifbook_counters(rec->interfaces, &m);
	return 0;
}

static int
take_exporter(struct recorder *rec, struct msg_in *in)
{
	struct msg_in copy = *in;
	struct msg_exporter x;

	if (msg_get_exporter(&copy, &x) < 0)
		return -1;
	ifbook_exporter(rec->interfaces, &x, clock_wall_s());
	journal_exporter(rec->journal, &x);
	return relay_flows(rec->relay, in);
}

static int
take_flows(struct recorder *rec, struct msg_in *in)
{
	switch (in->type) {
	case MSG_MINUTE:
		return traffic_minute(rec->traffic, in);
	case MSG_TAUGHT:
		return taught_message(rec->taught, in);
	case MSG_SUSPICION:
		return relay_suspicion(rec->relay, in);
	case MSG_VICTIM:
	case MSG_HOST:
	case MSG_MARKS:
	case MSG_WIFI:
		return court_message(rec->court, in);
	case MSG_IFCOUNTERS:
		return take_ifcounters(rec, in);
	case MSG_EXPORTER:
		return take_exporter(rec, in);
	default:
		return relay_flows(rec->relay, in);
	}
}

static int
on_message(void *ctx, struct link *link, struct msg_in *in)
{
	const struct recorder *rec = ctx;

	if (link_peer(link) == ROOM_WEB)
		return in->type == MSG_ROUND ? take_slave_round(ctx, in)
					     : take_words(ctx, in);
	if (link_peer(link) == ROOM_COLLECTOR)
		return take_flows(ctx, in);
	if (!room_measures(link_peer(link)))
		return -1;
	switch (in->type) {
	case MSG_ROUND:
		return take_round(ctx, in);
	case MSG_TARGET:
		return take_target(ctx, in);
	case MSG_FLIGHT:
		return relay_flight(((struct recorder *)ctx)->relay, in);
	case MSG_COUNTERS:
		return take_counters(ctx, link_peer(link), in);
	case MSG_LOADRESULT:
		return take_loadresult(ctx, link, in);
	case MSG_STRANDED:
		return link_peer(link) == ROOM_RUNNER
			   ? journal_stranded(rec->journal, in)
			   : -1;
	case MSG_HOPS:
	case MSG_HERE:
		return link_peer(link) == ROOM_PROBER ? court_message(rec->court, in)
						      : -1;
	default:
		return -1;
	}
}

/* --- rrdcached -------------------------------------------------------------------- */

static void
another_line(void)
{
	worker_again(SOCKET_RRDCACHED);
}

static void
on_socket(enum msg_socket kind, unsigned index, unsigned rung, int fd)
{
	(void)index;
	(void)rung;
	if (kind == SOCKET_RRDCACHED)
		cached_line(fd);
	else
		close(fd);
}

/* --- life ------------------------------------------------------------------------ */

/* What has no place in history is how it is now, and the matter, all the same. */
static void
refused(void *ctx, const struct round *r)
{
	const struct recorder *rec = ctx;

	relay_round(rec->relay, r);
	court_refused(rec->court, r);
}

static void
stored(void *ctx, const struct round *r)
{
	const struct recorder *rec = ctx;

	relay_round(rec->relay, r);
	court_round(rec->court, r);
}

static void
trouble(void *ctx, uint64_t target, const char *text)
{
	const struct recorder *rec = ctx;

	relay_trouble(rec->relay, target, text);
}

static void
carried(void *ctx, const char *path, const char *text)
{
	const struct recorder *rec = ctx;

	journal_file(rec->journal, path, text);
}

static void
journal_trouble(void *ctx, const char *text)
{
	trouble(ctx, 0, text);
}

static void
tell_interface(void *ctx, const struct msg_interface *m)
{
	const struct recorder *rec = ctx;

	relay_interface(rec->relay, m);
	court_interface(rec->court, m);
}

/* --- judges ----------------------------------------------------------------------- */

static void
walk_way(void *ctx, const struct msg_trace *trace)
{
	struct link *prober = worker_link(ROOM_PROBER);
	struct msg_out out;

	(void)ctx;
	if (prober == NULL)
		return;
	msg_begin(&out, MSG_TRACE);
	msg_put_trace(&out, trace);
	link_send(prober, &out, -1, LINK_DROPPABLE);
}

static void
tell_way(void *ctx, const struct msg_path *m)
{
	const struct recorder *rec = ctx;

	relay_path(rec->relay, m);
}

static void
tell_here(void *ctx, const struct here *h)
{
	const struct recorder *rec = ctx;

	relay_here(rec->relay, h);
}

static void
tell_verdict(void *ctx, const struct msg_verdict *v)
{
	const struct recorder *rec = ctx;

	relay_verdict(rec->relay, v);
}

static void
tell_line(void *ctx, const struct msg_line *m)
{
	const struct recorder *rec = ctx;

	relay_line(rec->relay, m);
}

static void
tell_wifi(void *ctx, const struct msg_wifi *m)
{
	const struct recorder *rec = ctx;

	relay_wifi(rec->relay, m);
}

/* Something waits for events.db. */
static void
judged(void *ctx)
{
	struct recorder *rec = ctx;

	if (!event_pending(rec->judging, EV_TIMEOUT, NULL))
		arm_event(rec->judging, 0);
}

static const struct court_ops court_ops = { tell_way, tell_here, tell_verdict,
	tell_line, tell_wifi, journal_trouble, walk_way, judged, NULL };

/* --- who talks -------------------------------------------------------------------- */

static int
forget_talk(void *ctx, const struct prefix *p, int64_t *at, uint64_t *rows,
    struct err *err)
{
	struct recorder *rec = ctx;

	/* What is in memory is in the ring, too, and counted there. */
	if (*at == 0)
		(void)talk_forget(court_talk(rec->court), p);
	int more = journal_forget(rec->journal, p, at, rows, err);
	journal_kick(rec->journal);
	return more;
}

static void
hear_minute(void *ctx, const struct minute_part *part, const struct minute_row *row)
{
	const struct recorder *rec = ctx;

	court_minute(rec->court, part, row);
	ifbook_minute(rec->interfaces, part, row, clock_wall_s());
}

static const struct traffic_ops traffic_ops = { forget_talk, hear_minute };

static void *
start(struct worker *w)
{
	static const struct history_ops ops = { stored, refused, trouble, carried };
	struct recorder *rec = mem_zero(1, sizeof *rec);

	rec->w = w;
	rec->round = mem_zero(1, sizeof *rec->round);
	rec->history = history_new(&ops, rec, HISTORY_QUEUE_MAX);
	rec->dynamic = dynamic_new(rec->history);
	dynamic_allow(w->conf);
	rec->relay = relay_new(w->base, rec->history);
	rec->court = court_new(&court_ops, rec);
	rec->journal = court_journal(rec->court);
	rec->traffic = traffic_new(w->base, rec->relay, &traffic_ops, rec);
	rec->taught = taught_new();
	rec->interfaces = ifbook_new(tell_interface, journal_trouble, rec);
	rec->work = event_new(w->base, -1, 0, on_work, rec);
	rec->report = event_new(w->base, -1, EV_PERSIST, on_report, rec);
	rec->judging = event_new(w->base, -1, 0, on_judging, rec);
	rec->tick = event_new(w->base, -1, EV_PERSIST, on_tick, rec);
	if (rec->work == NULL || rec->report == NULL || rec->judging == NULL ||
	    rec->tick == NULL)
		fatalx("no timers");
	return rec;
}

static void
reload(void *ctx, const struct conf *old, const struct conf *next)
{
	struct recorder *rec = ctx;

	cached_use(next->rrdcached, another_line);
	history_configure(rec->history, next);
	dynamic_configure(rec->dynamic, next);
	relay_configure(rec->relay, old, next);
	traffic_configure(rec->traffic, next);
	court_configure(rec->court, next);
}

static void
run(void *ctx)
{
	struct recorder *rec = ctx;

	rrdfile_sweep();
	ifbook_begin(rec->interfaces);
	ifbook_tell(rec->interfaces);
	/* Before the ring is written: it tells when there were rounds last. */
	court_begin(rec->court, rec->w->conf);
	rec->raw = raw_open(RAW_MAX_BYTES, RAW_KEEP_S);
	traffic_begin(rec->traffic);
	loadtests_attach(journal_loadtests(rec->journal), &loadtest_ops, rec);
	reload(rec, NULL, rec->w->conf);
	event_add(rec->report, &report_every);
	event_add(rec->tick, &tick_every);
	if (rec->w->conf->once) {
		rec->firsts = firsts_new(rec->w->conf);
		see_first(rec, 0);
	}
}

/* Of the minutes that grew when a collector left or came, none is told as a whole. */
static void
note_halves(struct recorder *rec, bool there)
{
	int64_t now = clock_wall_s();

	if (!there || rec->left_s == 0 || rec->left_s > now)
		rec->left_s = now;
	ifbook_halves(rec->interfaces, rec->left_s, now);
}

static void
peer(void *ctx, enum room room, struct link *link)
{
	struct recorder *rec = ctx;

	if (room == ROOM_WEB) {
		relay_link(rec->relay, link);
		traffic_web(rec->traffic, link);
		if (link != NULL) {
			ifbook_tell(rec->interfaces);
			court_tell(rec->court);
		}
	} else if (room == ROOM_COURIER)
		relay_courier(rec->relay, link);
	else if (room == ROOM_COLLECTOR) {
		taught_collector(rec->taught, link);
		note_halves(rec, link != NULL);
		if (link == NULL)
			traffic_collector_gone(rec->traffic);
	} else if (room == ROOM_FETCHER && link == NULL &&
		   journal_loadtests(rec->journal) != NULL)
		loadtests_gone(journal_loadtests(rec->journal), clock_wall_s());
	dynamic_line(rec->dynamic, room, link);
	journal_line(rec->journal, room, link != NULL);
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
	return room == ROOM_WEB ? WEB_QUEUE : room == ROOM_COURIER ? COURIER_QUEUE : 0;
}

int
main(void)
{
	static const struct worker_ops ops = {
		.room = ROOM_RECORDER,
		.sandbox = SANDBOX_RECORDER,
		.socket = on_socket,
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
