#include "web/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/clock.h"
#include "base/mem.h"
#include "web/api.h"
#include "web/exporters.h"
#include "web/flight.h"
#include "web/interfaces.h"
#include "web/livetraffic.h"
#include "web/loadtests.h"
#include "web/radios.h"
#include "web/suspects.h"
#include "web/verdictshow.h"
#include "web/ways.h"

#define TROUBLES 50
#define PROBLEMS 1000  /* complaints kept about one configuration */
#define PLACE_MAX 4096 /* bytes of "FILE:LINE" */
#define SINKS STATE_SINKS

struct entry {
	struct live live;
	UT_hash_handle hh; /* by live.id */
};

static struct {
	const struct conf *conf;
	int64_t started;
	struct entry *entries;
	struct msg_counters counters[ROOMS], sum;
	struct msg_store store;
	struct msg_worker worker[ROOMS];
	bool heard[ROOMS];
	struct state_problem *problem;
	size_t problems;
	bool refused;
	int64_t checked;
	struct state_trouble trouble[TROUBLES];
	size_t troubles;
	struct msg_sink sink[SINKS];
	size_t sinks;
	void (*tell)(const struct live *l);
} state;

/* --- reading ---------------------------------------------------------------------- */

const struct conf *
state_conf(void)
{
	return state.conf;
}

int64_t
state_started(void)
{
	return state.started;
}

const struct live *
state_live(uint64_t target)
{
	struct entry *e;

	HASH_FIND(hh, state.entries, &target, sizeof target, e);
	return e != NULL ? &e->live : NULL;
}

bool
state_has_round(void)
{
	const struct entry *e, *next;

	HASH_ITER(hh, state.entries, e, next)
		if (e->live.measured)
			return true;
	return false;
}

const struct msg_counters *
state_counters(void)
{
	return &state.sum;
}

const struct msg_store *
state_store(void)
{
	return &state.store;
}

const struct msg_worker *
state_worker(enum room room)
{
	return room < ROOMS && state.heard[room] ? &state.worker[room] : NULL;
}

size_t
state_sinks(const struct msg_sink **sink, size_t most)
{
	size_t n = 0;

	for (size_t i = 0; i < state.conf->sinks; i++)
		for (size_t k = 0; k < state.sinks && n < most; k++)
			if (strcmp(state.conf->sink[i].name, state.sink[k].name) == 0)
				sink[n++] = &state.sink[k];
	return n;
}

const struct state_problem *
state_problems(size_t *count)
{
	*count = state.problems;
	return state.problem;
}

bool
state_config_refused(void)
{
	return state.refused;
}

int64_t
state_config_checked(void)
{
	return state.checked;
}

const struct state_trouble *
state_troubles(size_t *count)
{
	*count = state.troubles;
	return state.trouble;
}

/* --- feeding ---------------------------------------------------------------------- */

/* Is TARGET a target of CONF, or what a slave sees of one? */
static bool
configured(const struct conf *conf, uint64_t target)
{
	return conf_target_by_id(conf, target) != NULL ||
	       conf_series_by_id(conf, target, NULL) != NULL;
}

/* The entry of TARGET, made when it is missing. NULL for a target that is not (or no
 * longer) configured: a message may cross a reload. */
static struct live *
entry_of(uint64_t target)
{
	struct entry *e;

	HASH_FIND(hh, state.entries, &target, sizeof target, e);
	if (e != NULL)
		return &e->live;
	if (!configured(state.conf, target))
		return NULL;
	e = mem_zero(1, sizeof *e);
	e->live.id = target;
	e->live.since = clock_wall_s();
	e->live.target.target = target;
	e->live.median = e->live.loss = e->live.loss_ratio = e->live.jitter = NAN;
	e->live.longest = e->live.spread = NAN;
	HASH_ADD(hh, state.entries, live.id, sizeof e->live.id, e);
	return &e->live;
}

static void
count_time(struct live_times *times, int64_t ns)
{
	int64_t bound = 50 * CLOCK_NS_PER_US;

	times->count++;
	times->sum += (double)ns / CLOCK_NS_PER_S;
	for (unsigned i = 0; i < LIVE_BUCKETS; i++, bound *= 2)
		if (ns <= bound) {
			times->bucket[i]++;
			return;
		}
}

static bool
is_answer(const struct round *r, unsigned i)
{
	return r->ping[i].outcome == PING_ANSWERED;
}

/* Add the pings of R to the totals of L. */
static void
count_pings(struct live *l, const struct round *r)
{
	for (unsigned i = 0; i < r->count; i++) {
		const struct ping *p = &r->ping[i];
		if (p->outcome == PING_NOT_SENT) {
			l->send_errors++;
		} else if (p->outcome == PING_ANSWERED) {
			l->sent++;
			count_time(&l->rtts, p->rtt_ns);
			if (i > 0 && is_answer(r, i - 1))
				count_time(&l->jitters,
				    llabs(p->rtt_ns - r->ping[i - 1].rtt_ns));
		} else if (ping_is_loss(p->outcome)) {
			l->sent++;
			l->lost++;
		}
	}
}

/* What is odd about R, for itself and in the totals of L. */
static void
count_odd(struct live *l, const struct round *r)
{
	struct live_odd *odd = &l->odd, *all = &l->odd_all;

	*odd = (struct live_odd){ .duplicates = r->duplicates,
		.late = r->late,
		.reordered = r->reordered,
		.ttl_changes = r->ttl_changes,
		.forged = r->forged,
		.wrong_source = r->wrong_source,
		.truncated = r->truncated };
	for (unsigned i = 0; i < r->count; i++)
		if (is_answer(r, i))
			odd->stamp[r->ping[i].stamp]++;
	all->duplicates += odd->duplicates;
	all->late += odd->late;
	all->reordered += odd->reordered;
	all->ttl_changes += odd->ttl_changes;
	all->forged += odd->forged;
	all->wrong_source += odd->wrong_source;
	all->truncated += odd->truncated;
	for (unsigned i = 0; i < STAMP_KINDS; i++)
		all->stamp[i] += odd->stamp[i];
}

static void
keep_extras(struct live *l, const struct round *r)
{
	if (r->extras > l->extras)
		l->extra = mem_grow(l->extra, r->extras, sizeof *l->extra);
	l->extras = r->extras;
	if (r->extras > 0)
		memcpy(l->extra, r->extra, r->extras * sizeof *l->extra);
}

/* What most of the lost pings of R have in common. */
static enum ping_outcome
main_cause(const struct round *r)
{
	unsigned seen[PING_OUTCOMES] = { 0 };
	enum ping_outcome best = PING_TIMEOUT;

	for (unsigned i = 0; i < r->count; i++)
		if (ping_is_loss(r->ping[i].outcome))
			seen[r->ping[i].outcome]++;
	for (unsigned o = 0; o < PING_OUTCOMES; o++)
		if (seen[o] > seen[best])
			best = o;
	return best;
}

/* What was down before this start, and has not answered since, goes on being so. */
static void
go_on_from_before(struct live *l)
{
	if (l->down_before != 0 && l->down_before < l->down_since) {
		l->down_since = l->down_before;
		l->down_from_first = false;
	}
}

/* Since when has every ping been lost? An unknown round in between says nothing. */
static void
follow_outage(struct live *l, const struct round *r, const struct round_row *row)
{
	if (r->state == ROUND_UNKNOWN)
		return;
	if (row->answered > 0) {
		l->down_since = l->down_before = 0;
	} else if ((l->down_since == 0 ||
		       l->down_since > r->row) && /* by a clock set back */
		   row->loss >= r->count) {
		l->down_since = r->begin_ns / CLOCK_NS_PER_S;
		l->down_from_first = !l->measured;
		go_on_from_before(l);
	}
}

/* The slowest answer, and the standard deviation of all as SmokePing's sorter has it.
 */
static void
take_ranks(struct live *l, const struct round_row *row, unsigned count)
{
	double sum = 0, squares = 0, n = 0;

	l->longest = l->spread = NAN;
	for (unsigned i = 0; i < count; i++)
		if (!isnan(row->rank[i])) {
			l->longest = fmax(l->longest, row->rank[i]);
			sum += row->rank[i];
			n++;
		}
	for (unsigned i = 0; i < count; i++)
		if (!isnan(row->rank[i]))
			squares += pow(row->rank[i] - sum / n, 2);
	if (n > 0)
		l->spread = sqrt(squares / n);
}

static void
take_round(struct live *l, const struct round *r)
{
	static struct round_row row; /* large */

	round_row(r, &row);
	follow_outage(l, r, &row);
	l->unknown = r->state == ROUND_UNKNOWN || isnan(row.loss);
	l->cause = l->unknown ? r->cause : main_cause(r);
	l->median = l->unknown ? NAN : row.median;
	l->loss = l->unknown ? NAN : row.loss;
	l->loss_ratio = l->loss / r->count;
	l->lost_now = row.lost;
	l->known_now = row.answered + row.lost;
	l->jitter = l->unknown ? NAN : round_jitter(r);
	take_ranks(l, &row, l->unknown ? 0 : r->count);
	l->pings = r->count;
	l->row = r->row;
	if (!l->measured)
		l->first_row = r->row;
	if (l->first_known == 0 && !l->unknown)
		l->first_known = r->row;
	l->measured = true;
	if (r->address.sa.sa_family != AF_UNSPEC)
		l->target.address = r->address;
	if (r->ttl != 0)
		l->ttl = r->ttl;
	l->suspect = r->suspect;
	keep_extras(l, r);
	count_pings(l, r);
	count_odd(l, r);
}

/* The recorder repeats the last round on a new line, and a round of a clock that was
 * wrong must not shut out those behind it. */
static bool
is_next(const struct live *l, const struct round *r)
{
	int64_t now = clock_wall_s();

	return !l->measured || r->row > l->row ||
	       (l->row > now + (int64_t)r->step && r->row < l->row);
}

static int
on_round(struct msg_in *in)
{
	static struct round r; /* large */

	if (msg_get_round(in, &r) != 0)
		return -1;
	flight_over(&r);
	struct live *l = entry_of(r.target);
	if (l != NULL && is_next(l, &r)) {
		take_round(l, &r);
		if (state.tell != NULL)
			state.tell(l);
	}
	return 0;
}

static int
on_target(struct msg_in *in)
{
	struct msg_target t;

	if (msg_get_target(in, &t) != 0)
		return -1;
	struct live *l = entry_of(t.target);
	if (l != NULL)
		l->target = t;
	return 0;
}

static int
on_counters(struct msg_in *in)
{
	struct msg_counters c;

	if (msg_get_counters(in, &c) != 0)
		return -1;
	state.counters[c.room] = c;
	memset(&state.sum, 0, sizeof state.sum);
	for (unsigned room = 0; room < ROOMS; room++)
		msg_add_counters(&state.sum, &state.counters[room]);
	return 0;
}

static int
on_worker(struct msg_in *in)
{
	struct msg_worker w;

	if (msg_get_worker(in, &w) != 0 || w.room >= ROOMS)
		return -1;
	state.worker[w.room] = w;
	state.heard[w.room] = true;
	return 0;
}

static void
problems_free(struct state_problem *problem, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(problem[i].place);
		free(problem[i].text);
	}
	free(problem);
}

/* Errors first: they are why the files are not in force. */
static void
problems_sort(struct state_problem *problem, size_t count)
{
	struct state_problem *sorted = mem_zero(count + 1, sizeof *sorted);
	size_t n = 0;

	for (int want = 1; want >= 0; want--)
		for (size_t i = 0; i < count; i++)
			if (problem[i].error == (want == 1))
				sorted[n++] = problem[i];
	memcpy(problem, sorted, count * sizeof *problem);
	free(sorted);
}

static int
on_problems(struct msg_in *in)
{
	static char place[PLACE_MAX], text[PLACE_MAX];
	struct state_problem *problem;
	size_t count, got = 0;

	wire_u32(&in->wire); /* the generation in force: each worker tells its own */
	int64_t checked = wire_i64(&in->wire);
	bool refused = wire_u8(&in->wire) != 0;
	count = wire_u16(&in->wire);
	if (!wire_ok(&in->wire) || count > PROBLEMS)
		return -1;
	problem = mem_zero(count + 1, sizeof *problem);
	for (; got < count && wire_ok(&in->wire); got++) {
		problem[got].error = wire_u8(&in->wire) == CONF_ERROR;
		msg_get_str(in, place, sizeof place);
		msg_get_str(in, text, sizeof text);
		problem[got].place = mem_str(place);
		problem[got].text = mem_str(text);
	}
	if (msg_done(in) != 0) {
		problems_free(problem, got);
		return -1;
	}
	problems_sort(problem, count);
	problems_free(state.problem, state.problems);
	state.problem = problem;
	state.problems = count;
	state.refused = refused;
	state.checked = checked;
	return 0;
}

static int
on_trouble(struct msg_in *in)
{
	char text[MSG_TROUBLE_MAX];
	struct state_trouble t;

	t.target = wire_u64(&in->wire);
	t.when = wire_i64(&in->wire);
	msg_get_str(in, text, sizeof text);
	if (msg_done(in) != 0)
		return -1;
	t.text = mem_str(text);
	if (state.troubles == TROUBLES)
		free(state.trouble[--state.troubles].text);
	memmove(state.trouble + 1, state.trouble, state.troubles * sizeof t);
	state.trouble[0] = t;
	state.troubles++;
	return 0;
}

static int
on_sink(struct msg_in *in)
{
	struct msg_sink s;
	size_t i = 0;

	if (msg_get_sink(in, &s) != 0)
		return -1;
	while (i < state.sinks && strcmp(state.sink[i].name, s.name) != 0)
		i++;
	if (i == SINKS)
		return 0;
	state.sink[i] = s;
	if (i == state.sinks)
		state.sinks++;
	return 0;
}

/* Forget what is not there any more. */
static void
sinks_reload(const struct conf *next)
{
	size_t kept = 0;

	for (size_t k = 0; k < state.sinks; k++) {
		bool there = false;

		for (size_t i = 0; i < next->sinks; i++)
			there = there ||
				strcmp(next->sink[i].name, state.sink[k].name) == 0;
		if (there)
			state.sink[kept++] = state.sink[k];
	}
	state.sinks = kept;
}

int
state_message(struct msg_in *in)
{
	switch (in->type) {
	case MSG_ROUND:
		return on_round(in);
	case MSG_FLIGHT:
		return flight_message(in);
	case MSG_TARGET:
		return on_target(in);
	case MSG_COUNTERS:
		return on_counters(in);
	case MSG_FLOWS:
	case MSG_EXPORTER:
	case MSG_STRANGER:
		return exporters_message(in);
	case MSG_MINUTE:
		return livetraffic_message(in);
	case MSG_SUSPICION:
		return suspects_message(in);
	case MSG_VERDICT:
		return verdictshow_message(in);
	case MSG_INTERFACE:
	case MSG_LINE:
	case MSG_IFTOTALS:
	case MSG_POLLER:
		return interfaces_message(in);
	case MSG_WIFI:
		return radios_message(in);
	case MSG_PATH:
	case MSG_HERE:
		return ways_message(in);
	case MSG_FORGOTTEN:
		return forget_message(in);
	case MSG_LOADTEST:
		return loadtests_message(in);
	case MSG_STORE:
		return msg_get_store(in, &state.store);
	case MSG_WORKER:
		return on_worker(in);
	case MSG_PROBLEMS:
		return on_problems(in);
	case MSG_TROUBLE:
		return on_trouble(in);
	case MSG_SINK:
		return on_sink(in);
	default:
		return -1;
	}
}

void
state_init(const struct conf *conf)
{
	state.conf = conf;
	state.started = clock_wall_s();
}

void
state_tell(void (*round)(const struct live *l))
{
	state.tell = round;
}

void
state_down_before(uint64_t target, int64_t begin)
{
	struct live *l = entry_of(target);

	/* It may have answered already. */
	if (l == NULL ||
	    (l->first_known != 0 && (l->down_since == 0 || !l->down_from_first)))
		return;
	l->down_before = begin;
	if (l->down_since != 0)
		go_on_from_before(l);
}

void
state_reload(const struct conf *next)
{
	struct entry *e, *tmp;

	state.conf = next;
	sinks_reload(next);
	HASH_ITER(hh, state.entries, e, tmp) {
		if (configured(next, e->live.id))
			continue;
		HASH_DEL(state.entries, e);
		free(e->live.extra);
		free(e);
	}
}

void
state_free(void)
{
	struct entry *e, *tmp;

	HASH_ITER(hh, state.entries, e, tmp) {
		HASH_DEL(state.entries, e);
		free(e->live.extra);
		free(e);
	}
	problems_free(state.problem, state.problems);
	for (size_t i = 0; i < state.troubles; i++)
		free(state.trouble[i].text);
	memset(&state, 0, sizeof state);
}
