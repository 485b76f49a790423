#include "web/state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/stats.h"
#include "web/when.h"

#define TROUBLES 50
#define PROBLEMS 1000  /* complaints kept about one configuration */
#define PLACE_MAX 4096 /* bytes of "FILE:LINE" */
#define QUIET_STEPS 3  /* without a round for so long, nothing is known */

struct entry {
	struct live live;
	UT_hash_handle hh; /* by live.id */
};

static struct {
	const struct conf *conf;
	int64_t started;
	struct entry *entries;
	struct msg_counters counters;
	struct msg_store store;
	struct msg_worker worker[ROOMS];
	bool heard[ROOMS];
	struct state_problem *problem;
	size_t problems;
	bool refused;
	int64_t checked;
	struct state_trouble trouble[TROUBLES];
	size_t troubles;
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

const struct msg_counters *
state_counters(void)
{
	return &state.counters;
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

/* The entry of TARGET, made when it is missing. NULL for a target that is not (or no
 * longer) configured: a message may cross a reload. */
static struct live *
entry_of(uint64_t target)
{
	struct entry *e;

	HASH_FIND(hh, state.entries, &target, sizeof target, e);
	if (e != NULL)
		return &e->live;
	if (conf_target_by_id(state.conf, target) == NULL)
		return NULL;
	e = mem_zero(1, sizeof *e);
	e->live.id = target;
	e->live.target.target = target;
	e->live.median = e->live.loss = e->live.loss_ratio = e->live.jitter = NAN;
	HASH_ADD(hh, state.entries, live.id, sizeof e->live.id, e);
	return &e->live;
}

static void
count_answer(struct live *l, int64_t rtt_ns)
{
	int64_t bound = 50 * CLOCK_NS_PER_US;

	l->answered++;
	l->rtt_sum += (double)rtt_ns / CLOCK_NS_PER_S;
	for (unsigned i = 0; i < LIVE_BUCKETS; i++, bound *= 2)
		if (rtt_ns <= bound) {
			l->bucket[i]++;
			return;
		}
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
			count_answer(l, p->rtt_ns);
		} else if (ping_is_loss(p->outcome)) {
			l->sent++;
			l->lost++;
		}
	}
	l->duplicates += r->duplicates;
	l->late += r->late;
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

static double
jitter_of(const struct round *r)
{
	double rtt[ROUND_MAX_PINGS];

	for (unsigned i = 0; i < r->count; i++)
		rtt[i] = r->ping[i].outcome == PING_ANSWERED
			     ? (double)r->ping[i].rtt_ns / CLOCK_NS_PER_S
			     : NAN;
	return stats_jitter(rtt, r->count);
}

/* Since when has every ping been lost? An unknown round in between says nothing. */
static void
follow_outage(struct live *l, const struct round *r, const struct round_row *row)
{
	if (r->state == ROUND_UNKNOWN)
		return;
	if (row->answered > 0) {
		l->down_since = 0;
	} else if (l->down_since == 0 && row->loss >= r->count) {
		l->down_since = r->row;
		l->down_from_first = !l->measured;
	}
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
	l->jitter = l->unknown ? NAN : jitter_of(r);
	l->pings = r->count;
	l->row = r->row;
	if (!l->measured)
		l->first_row = r->row;
	if (l->first_known == 0 && !l->unknown)
		l->first_known = r->row;
	l->measured = true;
	if (r->address.sa.sa_family != AF_UNSPEC)
		l->target.address = r->address;
	count_pings(l, r);
}

/* The recorder repeats the last round on a new line, and a round of a clock that was
 * wrong must not shut out those behind it. */
static bool
is_next(const struct live *l, const struct round *r)
{
	int64_t now = clock_wall_ns() / CLOCK_NS_PER_S;

	return !l->measured || r->row > l->row ||
	       (l->row > now + (int64_t)r->step && r->row < l->row);
}

static int
on_round(struct msg_in *in)
{
	static struct round r; /* large */

	if (msg_get_round(in, &r) != 0)
		return -1;
	struct live *l = entry_of(r.target);
	if (l != NULL && is_next(l, &r))
		take_round(l, &r);
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

int
state_message(struct msg_in *in)
{
	switch (in->type) {
	case MSG_ROUND:
		return on_round(in);
	case MSG_TARGET:
		return on_target(in);
	case MSG_COUNTERS:
		return msg_get_counters(in, &state.counters);
	case MSG_STORE:
		return msg_get_store(in, &state.store);
	case MSG_WORKER:
		return on_worker(in);
	case MSG_PROBLEMS:
		return on_problems(in);
	case MSG_TROUBLE:
		return on_trouble(in);
	default:
		return -1;
	}
}

void
state_init(const struct conf *conf)
{
	state.conf = conf;
	state.started = clock_wall_ns() / CLOCK_NS_PER_S;
}

void
state_reload(const struct conf *next)
{
	struct entry *e, *tmp;

	state.conf = next;
	HASH_ITER(hh, state.entries, e, tmp) {
		if (conf_target_by_id(next, e->live.id) != NULL)
			continue;
		HASH_DEL(state.entries, e);
		free(e);
	}
}

void
state_free(void)
{
	struct entry *e, *tmp;

	HASH_ITER(hh, state.entries, e, tmp) {
		HASH_DEL(state.entries, e);
		free(e);
	}
	problems_free(state.problem, state.problems);
	for (size_t i = 0; i < state.troubles; i++)
		free(state.trouble[i].text);
	memset(&state, 0, sizeof state);
}

/* --- judging ---------------------------------------------------------------------- */

/* What made L's pings fail: where an answer came that was no good, the prober says what
 * was wrong with it. */
static const char *
cause_text(const struct live *l)
{
	bool answer = l->cause == PING_BAD_ANSWER || l->cause == PING_CUT_OFF;

	return answer && l->target.state == TARGET_OK && l->target.text[0] != '\0'
		   ? l->target.text
		   : ping_outcome_text(l->cause);
}

static enum look
look_down(const struct live *l, char *why, size_t size)
{
	char since[32];

	when_text(since, sizeof since, l->down_since, false);
	snprintf(why, size, "%s: 100 %% loss since %s%s", cause_text(l), since,
	    l->down_from_first ? " or earlier" : "");
	return LOOK_DOWN;
}

/* "host: reason" as "reason": the host stands beside it, and reasons that are the same
 * are told once. */
static const char *
without_host(const char *text, const char *host)
{
	size_t n = host != NULL ? strlen(host) : 0;

	return n > 0 && strncmp(text, host, n) == 0 && strncmp(text + n, ": ", 2) == 0
		   ? text + n + 2
		   : text;
}

/* The prober has said that T cannot be measured, or parsing has. */
static bool
cannot(const struct conf_target *t, const struct live *l, char *why, size_t size)
{
	if (t->note != NULL) {
		snprintf(why, size, "%s", t->note);
		return true;
	}
	if (t->nomasterpoll) {
		snprintf(why, size, "measured by its slaves only");
		return true;
	}
	if (l == NULL ||
	    (l->target.state != TARGET_NO_NAME && l->target.state != TARGET_CANNOT))
		return false;
	if (l->target.state == TARGET_NO_NAME)
		snprintf(why, size, "name does not resolve%s%s",
		    l->target.text[0] != '\0' ? ": " : "",
		    without_host(l->target.text, t->host));
	else if (l->target.text[0] != '\0')
		snprintf(why, size, "%s", l->target.text);
	else
		snprintf(why, size, "this kind of probe cannot run here");
	return true;
}

/* Targets drawn together look like the worst of them. */
static enum look
look_members(const struct conf_target *t)
{
	static const enum look order[] = { LOOK_DOWN, LOOK_LOSS, LOOK_UNKNOWN,
		LOOK_CANNOT, LOOK_WAITING, LOOK_FINE };
	bool seen[LOOK_UNKNOWN + 1] = { false };
	char why[256];
	size_t i = 0;

	for (size_t k = 0; k < t->members; k++) {
		const struct conf_target *m =
		    conf_target_by_path(state.conf, t->member[k]);
		if (m != NULL && m->kind != CONF_MULTIHOST)
			seen[state_look(m, why, sizeof why)] = true;
	}
	while (i < sizeof order / sizeof order[0] && !seen[order[i]])
		i++;
	return i < sizeof order / sizeof order[0] ? order[i] : LOOK_WAITING;
}

enum look
state_look(const struct conf_target *t, char *why, size_t size)
{
	const struct live *l = state_live(t->id);
	int64_t now = clock_wall_ns() / CLOCK_NS_PER_S;
	char since[32];

	why[0] = '\0';
	if (t->kind == CONF_MULTIHOST)
		return look_members(t);
	if (cannot(t, l, why, size))
		return LOOK_CANNOT;
	if (l == NULL || !l->measured) {
		snprintf(why, size, "waiting for the first round");
		return LOOK_WAITING;
	}
	if (now - l->row > (int64_t)t->step * QUIET_STEPS) {
		when_text(since, sizeof since, l->row, false);
		snprintf(why, size, "no round since %s", since);
		return LOOK_UNKNOWN;
	}
	if (l->unknown) {
		snprintf(
		    why, size, "last round unknown: %s", ping_outcome_text(l->cause));
		return LOOK_UNKNOWN;
	}
	if (isnan(l->median) && l->loss >= l->pings && l->down_since != 0)
		return look_down(l, why, size);
	if (l->loss > 0) {
		snprintf(why, size, "%u of %u pings lost%s: %s", l->lost_now,
		    l->known_now, l->known_now < l->pings ? ", others unknown" : "",
		    cause_text(l));
		return LOOK_LOSS;
	}
	return LOOK_FINE;
}

const char *
look_word(enum look look)
{
	static const char *const word[] = { "waiting", "fine", "loss", "down", "cannot",
		"unknown" };

	return word[look];
}
