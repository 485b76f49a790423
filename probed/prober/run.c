#include "prober/run.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "link/msg.h"
#include "prober/run_impl.h"

#define RUN_BRIEF_NS (2 * CLOCK_NS_PER_S) /* all pings of an immediate round */
/* A round that should have begun longer ago than this is not begun in its middle, where
 * there is a choice. */
#define RUN_FRESH_NS SCHEDULE_STALL_NS
/* A longer row of missed rounds is left to the recorder, which fills gaps. */
#define RUN_SKIP_MAX 60

/* --- one run -----------------------------------------------------------------------
 */

const struct probe_run *
run_probe(const struct run *run)
{
	return &run->probe;
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
run_set_tag(struct run *run, void *tag)
{
	run->tag = tag;
}

/* The tick at or behind NS. */
static int64_t
run_tick_of(int64_t ns)
{
	return (ns + RUN_TICK_NS - 1) / RUN_TICK_NS;
}

void
run_soon(struct run *run)
{
	wheel_add(runs.wheel, &run->timer, 0);
}

/* When RUN is next to be looked at. */
static void
run_arm(struct run *run)
{
	int64_t at = run->in_round ? run->end : run->start;

	if (!run->in_round && run->first_at != 0 && run->first_at < at)
		at = run->first_at;
	if (run->in_round && !run->mute) {
		if (run->seq < run->count && run->next_at < at)
			at = run->next_at;
		if (run->oldest < run->seq &&
		    run->shot[run->oldest].at + run->probe.timeout_ns < at)
			at = run->shot[run->oldest].at + run->probe.timeout_ns;
	}
	wheel_add(runs.wheel, &run->timer, run_tick_of(at));
}

/* Choose the round behind last_slot that comes next: the one that runs now, even if
 * it began before we could look, or, where FRESH, the first that has yet to begin. */
static void
run_choose(struct run *run, int64_t now, bool fresh)
{
	int64_t wall = now + runs.watch.offset;
	int64_t slot = plan_slot(&run->plan, wall);

	if (fresh && plan_start(&run->plan, slot) < wall - RUN_FRESH_NS)
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
	run->count = spec->plan.count;
	run->blaze = spec->blaze;
	run->shot = mem_zero(run->count, sizeof *run->shot);
	run->first_at = run->cannot == NULL ? spec->first_at : 0;
	run->last_row = INT64_MIN;
	if (run->cannot == NULL) {
		runs.type[runs_type(spec->type)].runs++;
		runs.rate += run->count / ((double)run->plan.step / CLOCK_NS_PER_S);
	}
	run_restart(run, now);
	run_arm(run);
	return run;
}

/* The type need not remember this round any more. */
static void
run_forget(struct run *run)
{
	if (run->begun && run->probe.type->end != NULL)
		run->probe.type->end(&run->probe);
	run->begun = false;
	runs.open -= run->open;
	run->open = 0;
	run->in_round = false;
}

void
run_remove(struct run *run)
{
	run_forget(run);
	wheel_del(runs.wheel, &run->timer);
	if (run->cannot == NULL) {
		runs.type[runs_type(run->probe.type)].runs--;
		runs.rate -= run->count / ((double)run->plan.step / CLOCK_NS_PER_S);
	}
	if (run->probe.opts != NULL)
		run->probe.type->free_opts(run->probe.opts);
	runs.by_index[run->probe.index] = NULL;
	runs.spare[runs.spares++] = run->probe.index;
	runs.used--;
	free(run->probe.detail);
	free(run->path);
	free(run->name);
	free(run->cannot);
	free(run->shot);
	free(run);
}

/* --- a round's end -----------------------------------------------------------------
 */

void
run_decide(struct run *run, unsigned seq, enum ping_outcome outcome)
{
	run->shot[seq].outcome = (uint8_t)outcome;
	run->open--;
	runs.open--;
	while (run->oldest < run->seq && run->shot[run->oldest].outcome != PING_OPEN)
		run->oldest++;
	if (run->open == 0 && run->seq == run->count)
		run_soon(run);
}

/* What ping S is, for whom nothing came by NOW, its timeout or its round's end. */
static enum ping_outcome
run_verdict(const struct run *run, const struct shot *s, int64_t now)
{
	int64_t deadline = s->at + run->probe.timeout_ns;
	const struct watch *w = &runs.watch;
	int64_t overflow = runs.type[runs_type(run->probe.type)].overflow;

	if (deadline > now) /* its round ends before it: it was sent late by us */
		return PING_STALLED;
	if (s->at < w->to && deadline >= w->from && deadline <= w->to)
		return PING_STALLED;
	if (s->error != 0)
		return s->error;
	/* Its answer may be among those that our receive buffer had no room for. */
	if (overflow >= s->at && overflow <= deadline + RUN_COARSE_NS)
		return PING_STALLED;
	return PING_TIMEOUT;
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
		unknown += s->outcome > PING_LAST_LOSS;
		runs.host->counters->ping[s->outcome]++;
		if (s->outcome == PING_ANSWERED)
			runs.host->counters->stamp[s->stamp]++;
	}
	r->late = (uint16_t)by[PING_LATE];
	if (unknown * 2 <= r->count)
		return;
	r->state = ROUND_UNKNOWN;
	for (unsigned o = PING_LAST_LOSS + 1; o < PING_OUTCOMES; o++)
		if (r->cause == 0 || by[o] > by[r->cause])
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

	return row > run->last_row ? row
				   : run->last_row + run->plan.step / CLOCK_NS_PER_S;
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
	r->address = run->probe.address;
	if (run->cannot == NULL)
		r->suspect =
		    runs.type[runs_type(run->probe.type)].overflow >= run->start;
	run_fill(run, r);
	run_forget(run);
	if (r->row > run->last_row)
		run_report(run, r);

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

/* --- a round's course --------------------------------------------------------------
 */

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
	if (run->brief)
		return run->seq * (RUN_BRIEF_NS / run->count);
	return plan_offset(&run->plan, run->seed, run->seq, previous);
}

/* Begin the round of slot (or an immediate one) at START. */
static void
run_begin(struct run *run, int64_t start, bool brief)
{
	run->in_round = true;
	run->brief = brief;
	run->mute = run->shaken = false;
	run->start = start;
	if (brief)
		run->end = start + RUN_BRIEF_NS + run->plan.timeout;
	else
		run_report_skipped(run);
	runs.host->counters->rounds_scheduled++;
	run->begin_wall = start + runs.watch.offset;
	run->seed = schedule_mix(run->probe.target ^ (uint64_t)run->begin_wall);
	run->seq = run->oldest = 0;
	run->forged = run->wrong_source = run->truncated = run->duplicates = 0;
	run->probe.address = (struct addr){ .sa.sa_family = AF_UNSPEC };
	if (run->cannot != NULL)
		run_mute(run, PING_CANNOT);
	else if (run_needs_address(run) && runs.ops.address(runs.ops.ctx, run,
					       &run->probe.address) != RUN_ADDRESS_HERE)
		run_mute(run, PING_NO_NAME);
	if (!run->mute)
		run->first_at = 0;
	run->next_at = start + run_offset(run, 0);
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
		run->open++;
		runs.open++;
		run->begun = true;
		run->seq++;
		run->probe.type->ping(&run->probe, run->seq - 1);
	}
	if (run->seq < run->count)
		run->next_at = run->start + run_offset(run, run->next_at - run->start);
}

/* May an immediate round begin? Else it is put off, or given up. */
static bool
run_ready(struct run *run, int64_t now)
{
	struct addr addr;

	if (run->first_at == 0 || now < run->first_at)
		return false;
	if (run_needs_address(run) &&
	    runs.ops.address(runs.ops.ctx, run, &addr) != RUN_ADDRESS_HERE) {
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
	if (!run->in_round && now >= run->start) {
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

/* --- when time went wrong -----------------------------------------------------------
 */

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
