#include "prober/run.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "link/msg.h"
#include "prober/run_impl.h"
#include "prober/train.h"

#define RUN_BRIEF_NS (2 * CLOCK_NS_PER_S) /* all pings of an immediate round */
/* A round that should have begun longer ago than this is not begun in its middle, where
 * there is a choice. */
#define RUN_FRESH_NS SCHEDULE_STALL_NS
/* A ping makes room for another one to its network so often. */
#define RUN_PUT_OFF_MAX 2
/* A longer row of missed rounds is left to the recorder, which fills gaps. */
#define RUN_SKIP_MAX 60
/* Between the beginnings of rounds that do not go by the step, and how long one lasts
 * in which nothing is sent. */
#define RUN_PACE_NS CLOCK_NS_PER_S
#define RUN_NEVER_NS (3600 * CLOCK_NS_PER_S)

/* --- one run ---------------------------------------------------------------------- */

const struct probe_run *
run_probe(const struct run *run)
{
	return &run->probe;
}

bool
run_is_paced(const struct run *run)
{
	return run->pace != RUN_BY_STEP;
}

const char *
run_path(const struct run *run)
{
	return run->path;
}

const char *
run_cannot(const struct run *run)
{
	return run->cannot;
}

void *
run_tag(const struct run *run)
{
	return run->tag;
}

void
run_set_lookup(struct run *run, int64_t ns)
{
	run->probe.lookup_ns = ns;
}

void
run_set_tag(struct run *run, void *tag)
{
	run->tag = tag;
}

/* Is the round of RUN that is open to be over soon, whatever its plan says? */
static bool
run_is_short(const struct run *run)
{
	return run->brief && run->plan.sampler != SAMPLER_TRAIN &&
	       run->pace == RUN_BY_STEP;
}

/* The tick at or behind NS in which RUN is looked at: that of a grain that is small
 * against the gap between its pings and the room at its end (see plan_window()), and
 * that of the least where pings keep their distance. Grains lie within
 * each other. */
static int64_t
run_tick_of(const struct run *run, int64_t ns)
{
	int64_t gap = run_is_short(run) ? RUN_BRIEF_NS / run->count : run->plan.gap;
	bool exact = run->plan.sampler == SAMPLER_TRAIN || run->lane != NULL;
	int64_t grain = exact ? RUN_TICK_NS : runs.grain;

	while (grain > RUN_TICK_NS && (grain > gap / 8 || grain > run->plan.step / 100))
		grain /= 2;
	return (ns + grain - 1) / grain * (grain / RUN_TICK_NS);
}

#define RUN_LINE 64 /* bytes that come into the cache together */

void
run_fetch(const struct run *run)
{
	for (size_t at = 0; at < sizeof *run; at += RUN_LINE)
		__builtin_prefetch((const char *)run + at);
}

void
run_fetch_ping(const struct run *run, unsigned seq)
{
	if (seq < run->count)
		__builtin_prefetch(&run->shot[seq]);
	if (run->probe.type->soon != NULL)
		run->probe.type->soon(&run->probe, seq);
}

/* Have RUN looked at in the next turn. */
static void
run_soon(struct run *run)
{
	wheel_add(runs.wheel, &run->timer, 0);
}

/* When RUN is next to be looked at. */
static void
run_arm(struct run *run)
{
	int64_t at = run->in_round		? run->end
		     : run->pace == RUN_BY_STEP ? run->start
						: runs.looked + RUN_NEVER_NS;

	if (!run->in_round && run->first_at != 0 && run->first_at < at)
		at = run->first_at;
	if (run->in_round && !run->mute) {
		if (run->seq < run->count && run->next_at < at)
			at = run->next_at;
		if (run->oldest < run->seq &&
		    run->shot[run->oldest].at + run->probe.timeout_ns < at)
			at = run->shot[run->oldest].at + run->probe.timeout_ns;
	}
	wheel_add(runs.wheel, &run->timer, run_tick_of(run, at));
}

/* Choose the round behind last_slot that comes next: the one that runs now, even if
 * it began before we could look, or, where FRESH, the first that has yet to begin. */
static void
run_choose(struct run *run, int64_t now, bool fresh)
{
	int64_t wall = now + runs.watch.offset;
	int64_t slot = plan_slot(&run->plan, wall);

	int64_t earliest = wall - RUN_FRESH_NS;

	if (earliest < runs.hold + runs.watch.offset)
		earliest = runs.hold + runs.watch.offset;
	while (fresh && plan_start(&run->plan, slot) < earliest)
		slot++;
	if (slot <= run->last_slot)
		slot = run->last_slot + 1;
	while (plan_row(&run->plan, slot) <= run->last_row)
		slot++;
	run->slot = slot;
	run->start = plan_start(&run->plan, slot) - runs.watch.offset;
	run->end = run->start + run->plan.length;
}

/* Begin anew on a grid that moved. Rows that lie far ahead of it were written by a
 * clock that was wrong; the recorder knows how long to wait for them. */
static void
run_restart(struct run *run, int64_t now)
{
	int64_t slot = plan_slot(&run->plan, now + runs.watch.offset);

	if (run->last_row > plan_row(&run->plan, slot + 2))
		run->last_row = INT64_MIN;
	run->last_slot = INT64_MIN;
	run_choose(run, now, true);
	run->last_slot = run->slot - 1;
}

struct run *
run_add(const struct run_spec *spec)
{
	struct run *run = mem_zero(1, sizeof *run);
	int64_t now = clock_mono_ns();

	run->probe.type = spec->type;
	run->probe.host = runs.host;
	run->probe.opts = spec->opts;
	run->probe.target = spec->target;
	run->probe.name = run->name = mem_str(spec->name);
	run->probe.family = spec->family;
	run->probe.timeout_ns = spec->plan.timeout;
	run->probe.index = runs_take_index(run);
	run->probe.host_state = run;
	run->path = mem_str(spec->path);
	run->cannot = mem_str(spec->cannot);
	run->plan = spec->plan;
	run->train = spec->train;
	if (spec->lane != NULL && spec->cannot == NULL)
		run->lane = spacing_lane_take(spec->lane, spec->lane_gap);
	run->count = spec->plan.count;
	run->blaze = spec->blaze;
	run->shot = mem_zero(run->count, sizeof *run->shot);
	run->pace = spec->pace;
	run->first_at =
	    run->cannot == NULL || run->pace != RUN_BY_STEP ? spec->first_at : 0;
	run->last_row = INT64_MIN;
	if (run->cannot == NULL) {
		runs.type[runs_type(spec->type)].runs++;
		runs_add_rate(run->count / ((double)run->plan.step / CLOCK_NS_PER_S));
	}
	run_restart(run, now);
	run_arm(run);
	return run;
}

/* MORE pings of RUN are in flight. Types that listen by themselves need no asking. */
static void
run_count_open(struct run *run, int more)
{
	run->open += (unsigned)more;
	if (more != 0 && run->probe.type->receive != NULL)
		runs.open += (size_t)more;
}

/* The type need not remember this round any more. */
static void
run_forget(struct run *run)
{
	if (run->begun && run->probe.type->end != NULL)
		run->probe.type->end(&run->probe);
	run->begun = false;
	run_count_open(run, -(int)run->open);
	run->in_round = false;
}

void
run_remove(struct run *run)
{
	run_forget(run);
	wheel_del(runs.wheel, &run->timer);
	if (run->cannot == NULL) {
		runs.type[runs_type(run->probe.type)].runs--;
		runs_add_rate(
		    -(double)run->count / ((double)run->plan.step / CLOCK_NS_PER_S));
	}
	if (run->probe.opts != NULL)
		run->probe.type->free_opts(run->probe.opts);
	runs.by_index[run->probe.index] = NULL;
	runs.spare[runs.spares++] = run->probe.index;
	runs.used--;
	spacing_lane_leave(run->lane);
	free(run->probe.detail);
	free(run->path);
	free(run->name);
	free(run->cannot);
	free(run->shot);
	free(run->extra);
	free(run);
}

/* --- a round's end ---------------------------------------------------------------- */

void
run_decide(struct run *run, unsigned seq, enum ping_outcome outcome)
{
	run->shot[seq].outcome = (uint8_t)outcome;
	run_count_open(run, -1);
	while (run->oldest < run->seq && run->shot[run->oldest].outcome != PING_OPEN)
		run->oldest++;
	if (run->open == 0 && run->seq == run->count)
		run_soon(run);
}

/* When the receive buffer for RUN's answers last overflowed. */
static int64_t
run_overflow(const struct run *run)
{
	return run->probe.overflow == NULL ? INT64_MIN : *run->probe.overflow;
}

/* What ping S is, for whom nothing came by NOW, its timeout or its round's end. */
static enum ping_outcome
run_verdict(const struct run *run, const struct shot *s, int64_t now)
{
	int64_t deadline = s->at + run->probe.timeout_ns;
	const struct watch *w = &runs.watch;
	int64_t overflow = run_overflow(run);

	if (deadline > now) /* its round ends before it: it was sent late by us */
		return PING_STALLED;
	if (s->at < w->to && deadline >= w->from && deadline <= w->to)
		return PING_STALLED;
	if (s->error != 0)
		return s->error;
	/* Its answer may be among those that our receive buffer had no room for, which
	 * is seen when we look, up to a stall later. */
	if (overflow >= s->at && overflow <= deadline + SCHEDULE_STALL_NS)
		return PING_STALLED;
	return run->probe.type->silence == NULL
		   ? PING_TIMEOUT
		   : run->probe.type->silence(&run->probe, (unsigned)(s - run->shot));
}

static void
run_fill(const struct run *run, struct round *r)
{
	unsigned by[PING_OUTCOMES] = { 0 };
	unsigned unknown = 0;

	for (unsigned i = 0; i < r->count; i++) {
		const struct shot *s = &run->shot[i + run->blaze];
		bool timed = s->outcome == PING_ANSWERED || s->outcome == PING_LATE;

		r->ping[i] = (struct ping){ .rtt_ns = timed ? s->at : -1,
			.outcome = s->outcome,
			.stamp = timed ? s->stamp : 0 };
		by[s->outcome]++;
		unknown += ping_is_unknown(s->outcome);
		runs.host->counters->ping[s->outcome]++;
		if (s->outcome == PING_ANSWERED)
			runs.host->counters->stamp[s->stamp]++;
	}
	r->late = (uint16_t)by[PING_LATE];
	if (unknown * 2 <= r->count)
		return;
	r->state = ROUND_UNKNOWN;
	for (unsigned o = 0; o < PING_OUTCOMES; o++)
		if (ping_is_unknown(o) && (r->cause == 0 || by[o] > by[r->cause]))
			r->cause = (uint8_t)o;
}

static void
run_report(struct run *run, const struct round *r)
{
	struct msg_counters *c = runs.host->counters;

	run->last_row = r->row;
	if (r->state == ROUND_MEASURED)
		c->rounds_measured++;
	else
		c->rounds_unknown++;
	runs.ops.done(runs.ops.ctx, run, r);
}

/* One round of RUN as a message, without its pings. */
static struct round *
run_round(const struct run *run)
{
	static struct round r; /* too large for a stack, too often for the heap */

	memset(&r, 0, offsetof(struct round, ping));
	r.target = run->probe.target;
	r.step = (uint32_t)(run->plan.step / CLOCK_NS_PER_S);
	r.count = (uint16_t)(run->count - run->blaze);
	return &r;
}

/* Rounds between the last one and the one that begins now, which were not held. */
static void
run_report_skipped(struct run *run)
{
	enum ping_outcome why =
	    run->plan.length > run->plan.step ? PING_NOT_SENT : PING_STALLED;
	int64_t slot = run->last_slot + 1;

	if (slot < run->slot - RUN_SKIP_MAX)
		slot = run->slot - RUN_SKIP_MAX;
	for (; slot < run->slot; slot++) {
		if (plan_row(&run->plan, slot) <= run->last_row)
			continue;
		struct round *r = run_round(run);
		r->row = plan_row(&run->plan, slot);
		r->begin_ns = plan_start(&run->plan, slot);
		r->end_ns = r->begin_ns + run->plan.length;
		r->state = ROUND_UNKNOWN;
		r->cause = (uint8_t)why;
		for (unsigned i = 0; i < r->count; i++)
			r->ping[i] = (struct ping){ -1, (uint8_t)why, 0 };
		runs.host->counters->rounds_scheduled++;
		runs.host->counters->rounds_skipped++;
		runs.host->counters->ping[why] += r->count;
		run_report(run, r);
	}
}

/* Every ping that is not decided yet gets its verdict. */
static void
run_close_pings(struct run *run, int64_t now)
{
	for (unsigned i = run->oldest; i < run->seq; i++)
		if (run->shot[i].outcome == PING_OPEN)
			run_decide(run, i, run_verdict(run, &run->shot[i], now));
	for (; run->seq < run->count; run->seq++)
		run->shot[run->seq] = (struct shot){ .outcome = PING_STALLED };
}

/* The row of an immediate round: that of its end, or, where an unknown round has that
 * one already, the one of the round whose place it takes. */
static int64_t
run_brief_row(const struct run *run, int64_t end_wall)
{
	int64_t row = plan_row_at(&run->plan, end_wall);

	return run->pace != RUN_BY_STEP || row > run->last_row
		   ? row
		   : run->last_row + run->plan.step / CLOCK_NS_PER_S;
}

static void
run_fill_extras(const struct run *run, struct round *r)
{
	r->extras = run->extras;
	for (unsigned i = 0; i < run->extras; i++) {
		const struct run_extra *e = &run->extra[i];
		bool mean = extra_kind(e->kind)->sum == EXTRA_MEAN;

		r->extra[i].kind = e->kind;
		r->extra[i].value = mean ? e->value / e->samples : e->value;
	}
}

static void
run_finish(struct run *run, int64_t now)
{
	run_close_pings(run, now);
	struct round *r = run_round(run);
	r->begin_ns = run->begin_wall;
	r->end_ns = now + runs.watch.offset;
	r->row = run->brief ? run_brief_row(run, r->end_ns)
			    : plan_row(&run->plan, run->slot);
	r->duplicates = run->duplicates;
	r->forged = run->forged;
	r->wrong_source = run->wrong_source;
	r->truncated = run->truncated;
	r->reordered = run->reordered;
	r->ttl_changes = run->ttl_changes;
	r->ttl = run->ttl;
	r->address = run->probe.address;
	r->suspect = run_overflow(run) >= run->start;
	run_fill(run, r);
	if (run->begun && run->probe.type->figures != NULL)
		run->probe.type->figures(&run->probe);
	if (run->plan.sampler == SAMPLER_TRAIN)
		train_figures(&run->probe, &run->train, r);
	run_fill_extras(run, r);
	run_forget(run);
	if (r->row > run->last_row || run->pace != RUN_BY_STEP)
		run_report(run, r);
	if (run->pace == RUN_ALWAYS)
		run->first_at =
		    now > run->start + RUN_PACE_NS ? now : run->start + RUN_PACE_NS;

	if (!run->brief)
		run->last_slot = run->slot;
	if (run->shaken)
		run_restart(run, now);
	else
		run_choose(run, now, run->brief || run->plan.length > run->plan.step);
	/* What lies between belongs to no schedule: the recorder leaves it unknown. */
	if (run->brief)
		run->last_slot = run->slot - 1;
	run->shaken = run->brief = false;
}

/* --- a round's course ------------------------------------------------------------- */

/* All pings of this round are OUTCOME already; it only waits for its end. */
static void
run_mute(struct run *run, enum ping_outcome outcome)
{
	run->mute = true;
	for (unsigned i = 0; i < run->count; i++)
		run->shot[i] = (struct shot){ .outcome = (uint8_t)outcome };
	run->seq = run->oldest = run->count;
}

static bool
run_needs_address(const struct run *run)
{
	return run->cannot == NULL && (run->probe.type->needs & PROBE_ADDRESS) != 0;
}

static int64_t
run_offset(const struct run *run, int64_t previous)
{
	if (run_is_short(run))
		return run->seq * (RUN_BRIEF_NS / run->count);
	return plan_offset(&run->plan, run->seed, run->seq, previous);
}

/* The next ping is SEQ. */
static void
run_next(struct run *run)
{
	int64_t before = run->next_at;

	run->placed = run->promised = false;
	run->put_off = 0;
	if (run->seq == run->count)
		return;
	run->next_at = run->start + run_offset(run, before - run->start);
	/* What waited for its lane is not late. */
	if (run->lane != NULL && run->next_at < before)
		run->next_at = before;
}

/* Begin the round of slot (or an immediate one) at START. */
static void
run_begin(struct run *run, int64_t start, bool brief)
{
	run->in_round = true;
	run->brief = brief;
	run->mute = run->shaken = false;
	run->start = start;
	if (run_is_short(run))
		run->end = start + RUN_BRIEF_NS + run->plan.timeout;
	else if (brief)
		run->end = start + run->plan.length;
	else
		run_report_skipped(run);
	runs.host->counters->rounds_scheduled++;
	run->begin_wall = start + runs.watch.offset;
	run->seed = schedule_mix(run->probe.target ^ (uint64_t)run->begin_wall);
	run->seq = run->oldest = 0;
	run->placed = run->promised = false;
	run->put_off = 0;
	run->forged = run->wrong_source = run->truncated = run->duplicates = 0;
	run->reordered = run->ttl_changes = run->latest = 0;
	run->extras = 0;
	run->probe.address = (struct addr){ .sa.sa_family = AF_UNSPEC };
	free(run->probe.detail); /* was the round's before */
	run->probe.detail = NULL;
	if (run->cannot != NULL)
		run_mute(run, PING_CANNOT);
	else if (run_needs_address(run) && runs.ops.address(runs.ops.ctx, run,
					       &run->probe.address) != RUN_ADDRESS_HERE)
		run_mute(run, PING_NO_NAME);
	if (!run->mute)
		run->first_at = 0;
	else if (run->pace != RUN_BY_STEP)
		run->end = start + RUN_PACE_NS;
	run->next_at = start + run_offset(run, 0);
}

/* How far the open round may go on: to where the next one begins. */
static int64_t
run_latest(const struct run *run)
{
	return run->brief || run->plan.length > run->plan.step
		   ? INT64_MAX
		   : run->start + run->plan.step;
}

/* A ping that leaves a little late, AT, has its whole timeout, as far as the next round
 * lets it: our own lateness is no reason to know nothing. */
static void
run_stretch(struct run *run, int64_t at)
{
	int64_t end = at + run->probe.timeout_ns;
	int64_t most = run_latest(run);

	if (end > most)
		end = most;
	if (end > run->end)
		run->end = end;
}

/* May the ping that is due leave NOW? Else it is put off, or given up where it has no
 * place in its lane in this round. One that is a stall late is not asked about. */
static bool
run_may_send(struct run *run, int64_t now)
{
	bool pair = run->lane == NULL && run->put_off < RUN_PUT_OFF_MAX &&
		    (run->probe.type->needs & PROBE_ADDRESS) != 0;

	if (now - run->next_at > SCHEDULE_STALL_NS ||
	    run->plan.sampler == SAMPLER_TRAIN || run->promised)
		return true;
	if (run->lane != NULL && !run->placed) {
		int64_t most = run_latest(run) - run->probe.timeout_ns;
		int64_t at = spacing_lane_reserve(run->lane, now, most);

		run->placed = true;
		if (at == INT64_MAX) {
			run->shot[run->seq] = (struct shot){ .outcome = PING_NOT_SENT };
			run->seq++;
			run_next(run);
			return false;
		}
		run_stretch(run, at);
		run->next_at = at;
		if (at > now)
			return false;
	}
	if (run->lane != NULL) {
		run->next_at = spacing_lane_go(run->lane, now);
		if (run->next_at > now)
			return false;
	}
	if (pair && !spacing_first(&run->probe.address)) {
		run->put_off++;
		run->next_at = now + 1;
		return false;
	}
	if (spacing_take())
		return true;
	run->promised = true;
	run->next_at = now + spacing_promise();
	return false;
}

static void
run_send(struct run *run, int64_t now)
{
	struct shot *s = &run->shot[run->seq];

	if (now - run->next_at > SCHEDULE_STALL_NS) {
		/* Too late to be this ping; sending all that were missed in one
		 * burst would measure ourselves. */
		*s = (struct shot){ .outcome = PING_STALLED };
		run->seq++;
	} else {
		*s = (struct shot){ .at = now, .outcome = PING_OPEN };
		run_count_open(run, 1);
		run->begun = true;
		run_stretch(run, now);
		run->seq++;
		run->probe.type->ping(&run->probe, run->seq - 1);
	}
	run_next(run);
}

/* May an immediate round begin? Else it is put off, or given up. */
static bool
run_ready(struct run *run, int64_t now)
{
	enum run_address address = RUN_ADDRESS_HERE;
	struct addr addr;

	if (run->first_at == 0 || now < run->first_at)
		return false;
	if (run_needs_address(run))
		address = runs.ops.address(runs.ops.ctx, run, &addr);
	if (address == RUN_ADDRESS_LATER ||
	    (address == RUN_ADDRESS_NONE && run->pace == RUN_BY_STEP)) {
		run->first_at = INT64_MAX; /* run_wake() */
		return false;
	}
	run->first_at = 0;
	return true;
}

void
run_turn(struct run *run, int64_t now)
{
	if (run->in_round && !run->mute) {
		while (run->seq < run->count && run->next_at <= now && now < run->end)
			if (run_may_send(run, now))
				run_send(run, now);
		while (run->oldest < run->seq) {
			struct shot *s = &run->shot[run->oldest];

			if (s->outcome != PING_OPEN)
				run->oldest++;
			else if (s->at + run->probe.timeout_ns <= now)
				run_decide(run, run->oldest, run_verdict(run, s, now));
			else
				break;
		}
	}
	if (run->in_round &&
	    (now >= run->end ||
		(!run->mute && run->seq == run->count && run->open == 0)))
		run_finish(run, now);
	if (!run->in_round && run_ready(run, now)) {
		run_begin(run, now, true);
		run_soon(run);
		return;
	}
	if (!run->in_round && run->pace == RUN_BY_STEP && now >= run->start) {
		run_begin(run, run->start, false);
		run_soon(run);
		return;
	}
	run_arm(run);
}

void
run_wake(struct run *run)
{
	if (run->first_at == 0)
		return;
	run->first_at = clock_mono_ns();
	/* A round that says only "no name" gives way to the first real one. */
	if (run->in_round && run->mute) {
		run_forget(run);
		run->last_slot = run->slot;
		run_choose(run, run->first_at, true);
		run->last_slot = run->slot - 1;
	}
	if (!run->in_round)
		run_soon(run);
}

/* --- when time went wrong --------------------------------------------------------- */

void
run_shake(struct run *run, unsigned news, int64_t now)
{
	if (!run->in_round) {
		run_restart(run, now);
		run_arm(run);
		return;
	}
	run->shaken = true;
	for (unsigned i = run->oldest; i < run->seq; i++)
		if (run->shot[i].outcome == PING_OPEN) {
			run->shot[i].sealed = true;
			run_decide(run, i, PING_STALLED);
		}
	if (news & WATCH_SUSPEND)
		run->end = now;
	run_soon(run);
}
