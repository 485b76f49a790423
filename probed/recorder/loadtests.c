#include "recorder/loadtests.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/stats.h"
#include "config/loadtest.h"
#include "infer/load.h"
#include "recorder/loadtext.h"

/* Both ways of 20 s, what is around them, and some patience. */
#define LONGEST_S 120
/* Rounds of so long a step are waited for. */
#define ROUNDS_S 310
#define TARGETS 64
#define PINGS 1024
#define RECENT 16

/* Pings of a target around a test. */
struct watched {
	char *path;
	unsigned count;
	struct {
		int64_t ms;
		double rtt;
	} ping[PINGS];
};

struct loadtests {
	struct events *ev;
	const struct loadtests_ops *ops;
	void *ctx;
	const struct conf *conf;
	struct loadtest_settings set;
	bool wanted;
	uint32_t id; /* of the last test */
	bool running;
	int64_t last_s, tried_day; /* when the last one ended; the day of the last by time */
	int64_t rounds_until; /* rounds are waited for; 0: none are */
	struct loadtext text;
	int64_t incident;
	struct watched *watched[TARGETS];
	unsigned targets;
	/* When the line was filled; the newest is at the end. */
	struct {
		int64_t begin, end; /* 0: it still is */
	} recent[RECENT];
	unsigned recents;
};

/* --- what is written -------------------------------------------------------------- */

static void
put(struct loadtests *l)
{
	char *summary = loadtext_summary(&l->text), *evidence = loadtext_evidence(&l->text);
	struct incident in = { .id = l->incident,
		.kind = LOADTESTS_KIND,
		.subject = "",
		.source = l->text.by_time ? "schedule" : "operator",
		.begin = l->text.begin_s,
		.end = l->text.end_s,
		.confidence = "sure",
		.summary = summary,
		.worst = loadtext_added(&l->text),
		.evidence = evidence };

	l->incident = events_put(l->ev, &in, NULL);
	free(summary);
	free(evidence);
}

static void
cut_off(void *ctx, const struct incident *in, const struct letter *held)
{
	struct incident *left = ctx;

	(void)held;
	if (strcmp(in->kind, LOADTESTS_KIND) != 0 || left->id != 0)
		return;
	*left = (struct incident){ .id = in->id,
		.begin = in->begin,
		.source = mem_str(in->source) };
}

struct loadtests *
loadtests_new(struct events *ev, int64_t now_s)
{
	struct loadtests *l = mem_zero(1, sizeof *l);
	struct incident left = { 0 };

	l->ev = ev;
	events_each_open(ev, cut_off, &left);
	if (left.id != 0) {
		int64_t most = left.begin + LONGEST_S;

		left.kind = LOADTESTS_KIND;
		left.subject = "";
		left.end = now_s < most ? now_s : most;
		left.confidence = "sure";
		left.summary = "Own load test, cut off: this program was restarted";
		left.worst = NAN;
		left.evidence = "{}";
		events_put(ev, &left, NULL);
		l->recent[l->recents].begin = left.begin;
		l->recent[l->recents++].end = left.end;
		free((char *)(uintptr_t)left.source);
	}
	return l;
}

/* --- pings ------------------------------------------------------------------------ */

static void
forget_pings(struct loadtests *l)
{
	while (l->targets > 0) {
		struct watched *w = l->watched[--l->targets];
		free(w->path);
		free(w);
	}
}

static struct watched *
watched_of(struct loadtests *l, const char *path)
{
	for (unsigned i = 0; i < l->targets; i++)
		if (strcmp(l->watched[i]->path, path) == 0)
			return l->watched[i];
	if (l->targets == TARGETS)
		return NULL;
	struct watched *w = mem_zero(1, sizeof *w);
	w->path = mem_str(path);
	return l->watched[l->targets++] = w;
}

void
loadtests_round(struct loadtests *l, const char *path, const struct round *r)
{
	int64_t begin_ms = r->begin_ns / CLOCK_NS_PER_MS,
		span_ms = (r->end_ns - r->begin_ns) / CLOCK_NS_PER_MS;
	struct watched *w;

	if ((!l->running && l->rounds_until == 0) || r->state != ROUND_MEASURED ||
	    span_ms < 0 || (w = watched_of(l, path)) == NULL)
		return;
	/* A round does not tell when each of its pings left; they are sent evenly. */
	for (unsigned i = 0; i < r->count && w->count < PINGS; i++) {
		if (r->ping[i].outcome != PING_ANSWERED)
			continue;
		w->ping[w->count].ms =
		    begin_ms + (r->count > 1 ? span_ms * i / (r->count - 1) : 0);
		w->ping[w->count++].rtt = (double)r->ping[i].rtt_ns / 1e9;
	}
}

/* The median of W's pings that left between BEGIN and END (ms); COUNT of them. */
static double
median_between(const struct watched *w, int64_t begin, int64_t end, unsigned *count)
{
	double v[PINGS];
	unsigned n = 0;

	for (unsigned i = 0; i < w->count; i++)
		if (w->ping[i].ms >= begin && w->ping[i].ms < end)
			v[n++] = w->ping[i].rtt;
	stats_sort(v, n);
	*count = n;
	return stats_median_upper(v, n);
}

/* The target whose pings were delayed most in WAY, against those outside the test. */
static void
judge_pings(struct loadtests *l, enum load_way way)
{
	const struct msg_loadway *m = &l->text.result.way[way];
	struct loadtext_pings *most = &l->text.pings[way];

	*most = (struct loadtext_pings){ .idle = NAN, .loaded = NAN };
	for (unsigned i = 0; m->tried && i < l->targets; i++) {
		const struct watched *w = l->watched[i];
		unsigned before, behind, during;
		int64_t begin = l->text.begin_s * 1000, end = l->text.end_s * 1000;
		double idle = median_between(w, 0, begin, &before),
		       after = median_between(w, end + 1000, INT64_MAX, &behind),
		       loaded = median_between(w, m->begin_ms, m->end_ms, &during);

		if (before + behind < 3 || during < 3)
			continue;
		if (before < 3 || (behind >= 3 && after < idle))
			idle = after;
		if (most->count > 0 && loaded - idle <= most->loaded - most->idle)
			continue;
		snprintf(most->path, sizeof most->path, "%s", w->path);
		most->idle = idle;
		most->loaded = loaded;
		most->count = during;
	}
}

/* The last rounds are here. */
static void
finish_pings(struct loadtests *l)
{
	for (unsigned i = 0; i < LOAD_WAYS; i++)
		judge_pings(l, (enum load_way)i);
	forget_pings(l);
	l->rounds_until = 0;
	put(l);
}

/* --- its life --------------------------------------------------------------------- */

static void
begin_recent(struct loadtests *l, int64_t now_s)
{
	if (l->recents == RECENT)
		memmove(l->recent, l->recent + 1, sizeof *l->recent * --l->recents);
	l->recent[l->recents].begin = now_s;
	l->recent[l->recents++].end = 0;
}

/* May one begin at NOW? "" or why not. */
static void
why_not(struct loadtests *l, int64_t now_s, char *why, size_t size)
{
	struct loadtests_line *line = &l->text.line;

	why[0] = '\0';
	if (!l->wanted)
		snprintf(why, size,
		    "no load test is configured: *** Loadtest *** in the file smokebox has "
		    "neither download nor upload");
	else if (l->running)
		snprintf(why, size, "a load test is running already");
	else if (now_s >= l->last_s && now_s - l->last_s < LOADTESTS_PAUSE_S)
		snprintf(why, size, "the last load test ended %lld s ago, expected %d",
		    (long long)(now_s - l->last_s), LOADTESTS_PAUSE_S);
	if (why[0] != '\0')
		return;
	*line = (struct loadtests_line){ .bps = { NAN, NAN } };
	if (!l->ops->line(l->ctx, l->set.interface, line)) {
		line->name[0] = '\0';
		return;
	}
	double bps = fmax(line->bps[IF_IN], line->bps[IF_OUT]);
	if (bps >= l->set.busy_bps)
		snprintf(why, size,
		    "the line is busy: %s carries %.3g Mbit/s in and %.3g Mbit/s out, "
		    "expected less than %.3g",
		    line->name, line->bps[IF_IN] / 1e6, line->bps[IF_OUT] / 1e6,
		    l->set.busy_bps / 1e6);
}

static void
begin(struct loadtests *l, bool by_time, int64_t now_s, char *why, size_t size)
{
	struct loadtests_line line;

	if (l->rounds_until != 0)
		finish_pings(l);
	why_not(l, now_s, why, size);
	if (why[0] != '\0')
		return;
	if (!l->ops->begin(l->ctx, l->id + 1)) {
		snprintf(why, size,
		    "the worker that makes load tests is being started again");
		return;
	}
	line = l->text.line;
	l->id++;
	l->running = true;
	l->text = (struct loadtext){ .line = line, .by_time = by_time, .begin_s = now_s };
	l->incident = 0;
	begin_recent(l, now_s);
	put(l);
	log_info("a load test begins%s", by_time ? ", as its time has come" : "");
}

static void
ended(struct loadtests *l, const struct msg_loadresult *r, int64_t now_s)
{
	l->running = false;
	l->last_s = now_s;
	l->text.result = *r;
	l->text.end_s = now_s > l->text.begin_s ? now_s : l->text.begin_s + 1;
	l->text.over = true;
	l->recent[l->recents - 1].end = l->text.end_s;
	for (unsigned i = 0; i < LOAD_WAYS; i++)
		l->text.pings[i] = (struct loadtext_pings){ .idle = NAN, .loaded = NAN };
	l->rounds_until = now_s + ROUNDS_S;
	if (l->conf != NULL && l->conf->step + 10 < ROUNDS_S)
		l->rounds_until = now_s + l->conf->step + 10;
	put(l);
}

static void
cut(struct loadtests *l, const char *why, int64_t now_s)
{
	struct msg_loadresult r = { .failed = true };

	r.idle.rtt = r.idle.rtt90 = r.idle.rpm = NAN;
	snprintf(r.text, sizeof r.text, "%s", why);
	ended(l, &r, now_s);
}

void
loadtests_result(struct loadtests *l, const struct msg_loadresult *r, int64_t now_s)
{
	if (l->running && r->id == l->id)
		ended(l, r, now_s);
}

void
loadtests_gone(struct loadtests *l, int64_t now_s)
{
	if (l->running)
		cut(l, "cut off: the worker that made it is gone", now_s);
}

void
loadtests_ask(struct loadtests *l, uint32_t ticket, int64_t now_s)
{
	char why[256];

	begin(l, false, now_s, why, sizeof why);
	l->ops->answer(l->ctx, ticket, why);
}

/* Is it time? Once a day, within ten minutes: a line that is busy may be free then. */
static void
by_time(struct loadtests *l, int64_t now_s)
{
	time_t t = (time_t)now_s;
	char why[256];
	struct tm tm;

	if (l->set.at < 0 || !l->wanted || l->running || now_s % 10 != 0 ||
	    localtime_r(&t, &tm) == NULL)
		return;
	int past = tm.tm_hour * 60 + tm.tm_min - l->set.at;
	int64_t day = (int64_t)tm.tm_year * 366 + tm.tm_yday;
	if (past < 0 || past >= 10 || day == l->tried_day)
		return;
	begin(l, true, now_s, why, sizeof why);
	if (why[0] == '\0' || past == 9) {
		l->tried_day = day;
		if (why[0] != '\0')
			log_info("no load test today: %s", why);
	}
}

void
loadtests_tick(struct loadtests *l, int64_t now_s)
{
	if (l->ops == NULL)
		return;
	if (l->running && (now_s - l->text.begin_s > LONGEST_S || now_s < l->text.begin_s))
		cut(l, "cut off: nothing was heard of it any more", now_s);
	if (l->rounds_until != 0 &&
	    (now_s >= l->rounds_until || now_s < l->rounds_until - ROUNDS_S))
		finish_pings(l);
	by_time(l, now_s);
}

int64_t
loadtests_running(const struct loadtests *l)
{
	return l->running ? l->text.begin_s : 0;
}

bool
loadtests_touch(const struct loadtests *l, int64_t begin, int64_t end)
{
	for (unsigned i = 0; i < l->recents; i++)
		if (l->recent[i].begin <= end &&
		    (l->recent[i].end == 0 || l->recent[i].end >= begin))
			return true;
	return false;
}

void
loadtests_attach(struct loadtests *l, const struct loadtests_ops *operations, void *ctx)
{
	l->ops = operations;
	l->ctx = ctx;
}

void
loadtests_configure(struct loadtests *l, const struct conf *conf)
{
	l->conf = conf;
	l->wanted = loadtest_wanted(conf);
	loadtest_settings(&l->set, conf);
}

void
loadtests_free(struct loadtests *l)
{
	if (l == NULL)
		return;
	/* Who starts next says that it was cut off. */
	if (l->rounds_until != 0)
		finish_pings(l);
	forget_pings(l);
	free(l);
}
