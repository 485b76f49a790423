#include "prober/schedule.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

/* Room for the tick in which the last ping is sent and the one in which it expires, and
 * for being put aside meanwhile. */
#define SCHEDULE_SLACK_NS (20 * CLOCK_NS_PER_MS)
#define SCHEDULE_SLACK_MAX_NS (200 * CLOCK_NS_PER_MS)

static int64_t
schedule_floor(int64_t a, int64_t b)
{
	int64_t q = a / b;

	return q - (a % b < 0);
}

uint64_t
schedule_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

int64_t
plan_phase(uint64_t id, int64_t step)
{
	return (int64_t)(schedule_mix(id) % (uint64_t)(step / CLOCK_NS_PER_MS)) *
	       CLOCK_NS_PER_MS;
}

/* How far into the round pings may lie. */
static int64_t
plan_window(const struct plan *p)
{
	int64_t slack = p->step / 50;

	if (slack < SCHEDULE_SLACK_NS)
		slack = SCHEDULE_SLACK_NS;
	if (slack > SCHEDULE_SLACK_MAX_NS)
		slack = SCHEDULE_SLACK_MAX_NS;
	return p->step - p->timeout - slack;
}

int64_t
plan_even_gap(int64_t step, unsigned count)
{
	return step / 100 * 95 / count;
}

void
plan_settle(struct plan *p)
{
	if (p->sampler == SAMPLER_WHOLE) {
		p->gap = 0;
		p->timeout = p->step - 2 * SCHEDULE_SLACK_NS;
		p->length = p->step;
		return;
	}
	if (p->timeout > p->step / 2)
		p->timeout = p->step / 2;
	if (p->sampler == SAMPLER_BURST || p->sampler == SAMPLER_TRAIN) {
		p->length = (p->count - 1) * p->gap + p->timeout + SCHEDULE_SLACK_NS;
		return;
	}
	p->length = p->step;
	if (p->sampler == SAMPLER_EVEN) {
		int64_t fits = plan_window(p) / (p->count > 1 ? p->count - 1 : 1);

		if (p->gap > fits)
			p->gap = fits;
		return;
	}
	p->gap = p->step / p->count;
	/* With its jitter the last ping lies up to count - 1/2 gaps behind the start.
	 */
	int64_t most = plan_window(p) * 2 / (2 * p->count - 1);
	if (p->gap > most)
		p->gap = most;
}

bool
plan_advice(const struct plan *p, char *text, size_t size)
{
	int64_t room = p->step - p->timeout - SCHEDULE_SLACK_NS;
	double s = CLOCK_NS_PER_S;

	if (p->length <= p->step || p->count < 2)
		return false;
	snprintf(text, size,
	    "%u pings %.4g s apart and a timeout of %.4g s take %.4g s, longer than the "
	    "step of %.4g s: one round of %lld is held; expected a step of %lld s, "
	    "at most %lld pings, or at most %.3g s between them",
	    p->count, (double)p->gap / s, (double)p->timeout / s, (double)p->length / s,
	    (double)p->step / s, (long long)((p->length - 1) / p->step + 1),
	    (long long)((p->length - 1) / CLOCK_NS_PER_S + 1),
	    (long long)(room / p->gap + 1),
	    (double)(room / (p->count - 1) / CLOCK_NS_PER_MS) / 1e3);
	return true;
}

int64_t
plan_slot(const struct plan *p, int64_t wall)
{
	return schedule_floor(wall - p->phase, p->step);
}

int64_t
plan_start(const struct plan *p, int64_t slot)
{
	return slot * p->step + p->phase;
}

int64_t
plan_row_at(const struct plan *p, int64_t wall)
{
	return schedule_floor(wall, p->step) * (p->step / CLOCK_NS_PER_S);
}

int64_t
plan_row(const struct plan *p, int64_t slot)
{
	return plan_row_at(p, plan_start(p, slot) + p->length);
}

int64_t
plan_offset(const struct plan *p, uint64_t seed, unsigned seq, int64_t previous)
{
	uint64_t random = schedule_mix(seed ^ schedule_mix(seq + 1));

	if (p->sampler == SAMPLER_BURST || p->sampler == SAMPLER_TRAIN ||
	    p->sampler == SAMPLER_EVEN || p->sampler == SAMPLER_WHOLE)
		return seq * p->gap;
	if (p->sampler == SAMPLER_SPREAD)
		return seq * p->gap + (int64_t)(random % (uint64_t)(p->gap / 2 + 1));
	/* Given their number, the times of a Poisson process are that many uniform ones
	 * in order, so they always fit. The least of the N that are left divides what
	 * is left by a power of a uniform variable. Gaps are cut at three times their
	 * mean (RFC 2330 11.1.1 leaves it to us), so that no outage hides in one. */
	double uniform = (double)(random >> 11) * 0x1p-53;
	double left = (double)(plan_window(p) - previous);
	int64_t gap = (int64_t)(left * (1 - pow(1 - uniform, 1.0 / (p->count - seq))));
	int64_t most = 3 * (plan_window(p) / p->count);
	return previous + (gap < most ? gap : most);
}

/* --- the watch ------------------------------------------------------------------- */

/* Read A - B with B read on both sides of A, so that being put aside between the two
 * readings is not taken for a step of a clock. */
static int64_t
watch_difference(int64_t (*a)(void), int64_t (*b)(void))
{
	int64_t difference = 0;

	for (unsigned tries = 0; tries < 8; tries++) {
		int64_t before = b();
		int64_t at = a();
		int64_t after = b();

		difference = at - after;
		if (after - before < CLOCK_NS_PER_MS / 10)
			break;
	}
	return difference;
}

void
watch_start(struct watch *w)
{
	*w = (struct watch){ .due = INT64_MAX };
	w->offset = watch_difference(clock_wall_ns, clock_mono_ns);
	w->slept = watch_difference(clock_boot_ns, clock_mono_ns);
}

bool
watch_overdue(const struct watch *w, int64_t now)
{
	return w->due != INT64_MAX && now - w->due > SCHEDULE_STALL_NS;
}

unsigned
watch_look(struct watch *w, int64_t now)
{
	unsigned news = 0;
	int64_t slept = watch_difference(clock_boot_ns, clock_mono_ns);
	int64_t offset = watch_difference(clock_wall_ns, clock_mono_ns);

	if (watch_overdue(w, now)) {
		news |= WATCH_STALL;
		w->from = w->due;
		w->to = now;
	}
	if (slept - w->slept > SCHEDULE_STEP_NS)
		news |= WATCH_SUSPEND;
	/* Sleep moves the wall clock against the monotonic one too. */
	if (llabs(offset - w->offset - (slept - w->slept)) > SCHEDULE_STEP_NS)
		news |= WATCH_STEP;
	if (news & (WATCH_SUSPEND | WATCH_STEP)) {
		w->offset = offset;
		w->slept = slept;
	}
	return news;
}
