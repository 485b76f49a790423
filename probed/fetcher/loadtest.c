#include "fetcher/loadtest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/mem.h"
#include "config/loadtest.h"
#include "fetcher/loadconn.h"
#include "prober/report.h"
#include "prober/resolve.h"
#include "probes/httpopts.h"

#define TICK_MS 100
#define NAME_S 15	/* for the names to be found */
#define IDLE_FRESH 10	/* connections of the line at rest, at most for ... */
#define IDLE_S 10
#define FRESH_OPEN 4	/* under way at a time: ten a second */
#define FRESH_MAX 512
#define SAMPLES 512
#define SETTLE_S 1	/* the load grows before others are timed */
#define REST_S 3	/* until what waits in the line is through */
#define AGAIN_MAX 256	/* bulk transfers of one way */

enum phase {
	PHASE_NONE,
	PHASE_NAMES,
	PHASE_IDLE,
	PHASE_LOAD, /* of WAY; */
	PHASE_REST, /* behind it */
};

struct end {
	char *url, *host;
	struct resolve_name *name;
	struct addr addr;
};

static struct {
	struct event_base *base;
	struct event *tick;
	struct resolver *resolver; /* made when first needed */
	struct loadtest_settings set, now; /* as configured; of the test that runs */
	struct end end[LOAD_WAYS];
	struct msg_loadresult result;
	enum phase phase;
	enum load_way way;
	int64_t since_ns; /* of the phase, monotonic */
	unsigned again;
	struct load_fresh fresh[FRESH_MAX];
	unsigned made, failed;
	struct load_sample sample[SAMPLES];
	unsigned samples;
} test;

static double
phase_s(void)
{
	return (double)(clock_mono_ns() - test.since_ns) / 1e9;
}

static void
enter(enum phase phase)
{
	test.phase = phase;
	test.since_ns = clock_mono_ns();
}

/* --- what was measured ------------------------------------------------------------ */

static void
forget_fresh(void)
{
	test.made = test.failed = 0;
}

static void
put_fresh(struct msg_loadfresh *f)
{
	f->made = (uint16_t)test.made;
	f->failed = (uint16_t)test.failed;
	f->rtt = load_rtt(test.fresh, test.made, 0.5);
	f->rtt90 = load_rtt(test.fresh, test.made, 0.9);
	f->rpm = load_rpm(test.fresh, test.made);
}

static void
forget_figures(struct msg_loadresult *r, uint32_t id)
{
	const struct msg_loadfresh none = { 0, 0, NAN, NAN, NAN };

	*r = (struct msg_loadresult){ .id = id, .idle = none };
	for (unsigned i = 0; i < LOAD_WAYS; i++)
		r->way[i] = (struct msg_loadway){ .burst_bps = NAN,
			.sustained_bps = NAN,
			.seconds = NAN,
			.fresh = none };
}

static void
add_sample(void)
{
	if (test.samples == SAMPLES)
		return;
	test.sample[test.samples++] =
	    (struct load_sample){ phase_s(), (double)loadconn_bytes() };
}

/* The present way is over. */
static void
end_load(void)
{
	struct msg_loadway *w = &test.result.way[test.way];
	struct load_rates rates;

	add_sample();
	w->bytes = loadconn_bytes();
	w->full = w->bytes >= test.now.bytes;
	loadconn_stop();
	w->end_ms = clock_wall_ns() / CLOCK_NS_PER_MS;
	/* The wall clock may have been set back meanwhile. */
	if (w->end_ms < w->begin_ms)
		w->end_ms = w->begin_ms;
	load_rates(test.sample, test.samples, &rates);
	w->burst_bps = rates.burst_bps;
	w->sustained_bps = rates.sustained_bps;
	w->seconds = rates.seconds;
	put_fresh(&w->fresh);
	forget_fresh();
}

/* --- its end ---------------------------------------------------------------------- */

static void
free_ends(void)
{
	for (unsigned i = 0; i < LOAD_WAYS; i++) {
		struct end *e = &test.end[i];

		if (e->name != NULL)
			resolve_unwant(test.resolver, e->name);
		free(e->url);
		free(e->host);
		*e = (struct end){ 0 };
	}
}

/* The test is over: WHY "" where all of it was done. */
static void
finish(const char *why)
{
	if (test.phase == PHASE_LOAD)
		end_load();
	loadconn_stop();
	event_del(test.tick);
	test.phase = PHASE_NONE;
	free_ends();
	test.result.failed = *why != '\0';
	snprintf(test.result.text, sizeof test.result.text, "%s", why);
	if (test.result.failed)
		log_warnx("load test: %s", why);
	report_loadresult(&test.result);
}

/* --- its phases ------------------------------------------------------------------- */

/* Whom fresh connections ask. */
static const struct end *
fresh_end(void)
{
	return &test.end[test.end[LOAD_DOWN].url != NULL ? LOAD_DOWN : LOAD_UP];
}

static void
ask_fresh(void)
{
	const struct end *e = fresh_end();

	if (loadconn_fresh_open() < FRESH_OPEN && test.made + test.failed < FRESH_MAX)
		loadconn_fresh(e->url, e->host, &e->addr);
}

static bool
start_bulk(void)
{
	const struct end *e = &test.end[test.way];

	return loadconn_bulk(test.way, e->url, e->host, &e->addr,
		   test.now.bytes / test.now.connections) == 0;
}

static void
begin_load(enum load_way way)
{
	struct msg_loadway *w = &test.result.way[way];

	test.way = way;
	test.samples = test.again = 0;
	forget_fresh();
	loadconn_begin(test.now.bytes);
	enter(PHASE_LOAD);
	w->tried = true;
	w->begin_ms = clock_wall_ns() / CLOCK_NS_PER_MS;
	add_sample();
	for (unsigned i = 0; i < test.now.connections; i++)
		if (!start_bulk()) {
			finish("libcurl does not start a transfer");
			return;
		}
}

/* The next way behind WAY (-1: none yet), or the end. */
static void
next_way(int way)
{
	while (++way < LOAD_WAYS && test.end[way].url == NULL)
		;
	if (way < LOAD_WAYS)
		begin_load((enum load_way)way);
	else
		finish("");
}

static void
look_for_names(void)
{
	char text[300];

	for (unsigned i = 0; i < LOAD_WAYS; i++) {
		struct end *e = &test.end[i];
		const char *why = NULL;

		if (e->url == NULL)
			continue;
		enum resolve_state state = resolve_get(e->name, &e->addr, &why);
		if (state == RESOLVE_FAILED ||
		    (state == RESOLVE_PENDING && phase_s() > NAME_S)) {
			snprintf(text, sizeof text, "%.250s",
			    why != NULL ? why : "the name is not found in time");
			finish(text);
			return;
		}
		if (state == RESOLVE_PENDING)
			return;
	}
	forget_fresh();
	enter(PHASE_IDLE);
}

static void
rest_or_end(void)
{
	end_load();
	enter(PHASE_REST);
}

static void
on_tick(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd, (void)what, (void)ctx;
	switch (test.phase) {
	case PHASE_NONE:
		break;
	case PHASE_NAMES:
		look_for_names();
		break;
	case PHASE_IDLE:
		if (test.made + test.failed >= IDLE_FRESH || phase_s() > IDLE_S) {
			put_fresh(&test.result.idle);
			if (test.made == 0)
				finish("nothing answers at its address");
			else
				next_way(-1);
		} else if (loadconn_fresh_open() == 0) {
			ask_fresh();
		}
		break;
	case PHASE_LOAD:
		add_sample();
		if (phase_s() >= test.now.seconds ||
		    loadconn_bytes() >= test.now.bytes)
			rest_or_end();
		else if (phase_s() >= SETTLE_S)
			ask_fresh();
		break;
	case PHASE_REST:
		if (phase_s() >= REST_S)
			next_way((int)test.way);
		break;
	}
}

/* --- connections ------------------------------------------------------------------ */

static void
on_fresh(const struct load_fresh *f)
{
	if (test.phase != PHASE_IDLE && test.phase != PHASE_LOAD)
		return;
	if (f == NULL)
		test.failed++;
	else if (test.made < FRESH_MAX)
		test.fresh[test.made++] = *f;
}

/* A bulk transfer ended before its time: a file that is short is fetched again. */
static void
on_ended(enum load_way way, const char *why)
{
	char text[300];

	if (test.phase != PHASE_LOAD || way != test.way)
		return;
	if (loadconn_bytes() >= test.now.bytes)
		return; /* the next tick ends it */
	if (*why != '\0' && loadconn_bytes() == 0) {
		snprintf(text, sizeof text, "%s: %.200s", load_way_word(way), why);
		finish(text);
		return;
	}
	if (way == LOAD_UP && *why == '\0')
		return; /* its share is there; the others go on */
	if (++test.again < AGAIN_MAX)
		(void)start_bulk();
}

static const struct loadconn_ops ops = { on_fresh, on_ended };

/* --- its begin -------------------------------------------------------------------- */

static void
on_name(void *ctx, struct resolve_name *name)
{
	(void)ctx, (void)name;
}

static void
refuse(uint32_t id, const char *why)
{
	struct msg_loadresult r;

	forget_figures(&r, id);
	r.failed = true;
	snprintf(r.text, sizeof r.text, "%s", why);
	report_loadresult(&r);
}

static void
begin(uint32_t id)
{
	static const struct timeval often = { 0, TICK_MS * 1000 };
	const char *url[LOAD_WAYS] = { test.set.url[LOAD_DOWN], test.set.url[LOAD_UP] };
	struct err err;

	if (test.phase != PHASE_NONE) {
		refuse(id, "another one is running");
		return;
	}
	test.now = test.set;
	forget_figures(&test.result, id);
	if (test.resolver == NULL)
		test.resolver = resolve_new(test.base, on_name, NULL);
	enter(PHASE_NAMES);
	event_add(test.tick, &often);
	for (unsigned i = 0; i < LOAD_WAYS; i++) {
		struct end *e = &test.end[i];

		if (url[i] == NULL)
			continue;
		e->host = httpopts_host(url[i], &err);
		if (e->host == NULL) {
			finish(err.text);
			return;
		}
		e->url = mem_str(url[i]);
		e->name = resolve_want(test.resolver, e->host, AF_UNSPEC);
	}
	if (fresh_end()->url == NULL)
		finish("no URL is configured");
}

static int
on_message(struct link *link, struct msg_in *in)
{
	struct msg_loadtest t;

	(void)link;
	if (in->type != MSG_LOADTEST || msg_get_loadtest(in, &t) < 0)
		return -1;
	begin(t.id);
	return 0;
}

/* --- the guest -------------------------------------------------------------------- */

static void
on_configure(const struct conf *conf)
{
	loadtest_settings(&test.set, conf);
}

static void
on_open(struct msg_counters *counters)
{
	(void)counters;
}

static void
on_socket(int fd)
{
	close(fd);
}

static void
on_listen(struct event_base *base)
{
	if (test.base != NULL)
		return;
	test.base = base;
	test.tick = event_new(base, -1, EV_PERSIST, on_tick, NULL);
	if (test.tick == NULL)
		fatalx("no timer");
	loadconn_open(base, &ops);
}

static void
on_close(void)
{
	if (test.base == NULL)
		return;
	loadconn_close();
	event_free(test.tick);
	free_ends();
	if (test.resolver != NULL)
		resolve_free(test.resolver);
}

const struct prober_guest loadtest_guest = { .kind = SOCKET_KINDS,
	.socket = on_socket,
	.open = on_open,
	.configure = on_configure,
	.listen = on_listen,
	.close = on_close,
	.message = on_message };
