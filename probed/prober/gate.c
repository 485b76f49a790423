/* The gate: everything that a kind of measurement has to say about a ping. */
#include <math.h>

#include "base/clock.h"
#include "base/mem.h"
#include "link/msg.h"
#include "prober/run_impl.h"

/* Count one odd packet of a round; a flood of them stays at the top. */
static void
gate_count(uint16_t *of_round, uint64_t *of_all)
{
	if (*of_round < UINT16_MAX)
		(*of_round)++;
	(*of_all)++;
}

/* Did the answer to ping SEQ come behind that to a later one? */
static void
gate_order(struct run *run, unsigned seq)
{
	if (seq + 1 < run->latest)
		gate_count(&run->reordered, &runs.host->counters->reordered);
	else
		run->latest = (uint16_t)(seq + 1);
}

/* An answer to a ping that was given up: late by the network, or only read late. */
static void
gate_after(struct run *run, struct shot *s, int64_t rtt_ns, enum ping_stamp stamp)
{
	bool in_time = rtt_ns <= run->probe.timeout_ns;

	if (s->sealed)
		return;
	if (s->outcome == PING_STALLED && (!in_time || stamp == STAMP_USER))
		return;
	if (in_time)
		gate_order(run, (unsigned)(s - run->shot));
	s->outcome = in_time ? PING_ANSWERED : PING_LATE;
	s->stamp = (uint8_t)stamp;
	s->at = rtt_ns;
}

void
probe_reply(
    struct probe_run *probe, unsigned seq, int64_t rtt_ns, enum ping_stamp stamp)
{
	struct run *run = probe->host_state;

	if (!run->in_round || seq >= run->seq)
		return;
	struct shot *s = &run->shot[seq];
	if (rtt_ns < 1)
		rtt_ns = 1;
	switch (s->outcome) {
	case PING_OPEN:
		gate_order(run, seq);
		if (runs_stalled(s->at, rtt_ns, stamp, clock_mono_ns())) {
			s->sealed = true;
			run_decide(run, seq, PING_STALLED);
			return;
		}
		s->at = rtt_ns;
		s->stamp = (uint8_t)stamp;
		run_decide(
		    run, seq, rtt_ns <= probe->timeout_ns ? PING_ANSWERED : PING_LATE);
		return;
	case PING_ANSWERED:
	case PING_LATE:
		gate_count(&run->duplicates, &runs.host->counters->duplicates);
		return;
	default:
		gate_after(run, s, rtt_ns, stamp);
	}
}

void
probe_lost(struct probe_run *probe, unsigned seq, enum ping_outcome why, bool final)
{
	struct run *run = probe->host_state;

	if (!run->in_round || seq >= run->seq)
		return;
	struct shot *s = &run->shot[seq];
	if (final && s->outcome == PING_OPEN) {
		s->sealed = true;
		run_decide(run, seq, why);
	} else if (!final && s->outcome == PING_OPEN && s->error == 0) {
		s->error = (uint8_t)why;
	} else if (!final && !s->sealed &&
		   (s->outcome == PING_TIMEOUT || s->outcome == PING_NEVER_LEFT)) {
		/* A reason that comes late is still one: our own kernel looks for a
		 * neighbour for three seconds. */
		s->outcome = (uint8_t)why;
	}
}

void
probe_sent(struct probe_run *probe, unsigned seq)
{
	struct run *run = probe->host_state;

	if (run->in_round && seq < run->seq && run->shot[seq].outcome == PING_OPEN)
		run->shot[seq].at = clock_mono_ns();
}

void
probe_forged(struct probe_run *probe)
{
	struct run *run = probe->host_state;

	gate_count(&run->forged, &runs.host->counters->forged);
}

void
probe_wrong_source(struct probe_run *probe)
{
	struct run *run = probe->host_state;

	gate_count(&run->wrong_source, &runs.host->counters->wrong_source);
}

void
probe_truncated(struct probe_run *probe)
{
	struct run *run = probe->host_state;

	gate_count(&run->truncated, &runs.host->counters->truncated);
}

void
probe_ttl(struct probe_run *probe, uint8_t ttl)
{
	struct run *run = probe->host_state;

	if (run->ttl != 0 && ttl != run->ttl) {
		gate_count(&run->ttl_changes, &runs.host->counters->ttl_changes);
		if (runs.ops.moved != NULL)
			runs.ops.moved(runs.ops.ctx, run);
	}
	run->ttl = ttl;
}

/* RUN's sum of KIND in this round, made where there is room; else NULL. */
static struct run_extra *
gate_extra(struct run *run, enum extra kind)
{
	unsigned i = 0;

	if (run->extra == NULL)
		run->extra = mem_zero(ROUND_MAX_EXTRAS, sizeof *run->extra);
	while (i < run->extras && run->extra[i].kind != kind)
		i++;
	if (i == ROUND_MAX_EXTRAS)
		return NULL;
	if (i == run->extras)
		run->extra[run->extras++] = (struct run_extra){ .kind = (uint8_t)kind };
	return &run->extra[i];
}

void
probe_extra(struct probe_run *probe, enum extra kind, double value)
{
	struct run *run = probe->host_state;
	struct run_extra *e;

	if (!run->in_round || !isfinite(value) || (e = gate_extra(run, kind)) == NULL ||
	    e->samples == UINT16_MAX)
		return;
	bool first = e->samples++ == 0;
	switch (extra_kind(kind)->sum) {
	case EXTRA_MEAN:
	case EXTRA_TOTAL:
		e->value += value;
		return;
	case EXTRA_LEAST:
		if (!first && value > e->value)
			return;
		break;
	case EXTRA_MOST:
		if (!first && value < e->value)
			return;
		break;
	default:
		break;
	}
	e->value = value;
}

void
probe_fetch(uint32_t index, unsigned seq, unsigned depth)
{
	if (index >= runs.indexes)
		return;
	if (depth == 0) {
		__builtin_prefetch(&runs.by_index[index]);
		return;
	}
	struct run *run = runs.by_index[index];
	if (run != NULL && depth == 1)
		run_fetch(run);
	else if (run != NULL)
		run_fetch_ping(run, seq);
}

struct probe_run *
probe_run_by_index(uint32_t index)
{
	if (index >= runs.indexes || runs.by_index[index] == NULL)
		return NULL;
	return &runs.by_index[index]->probe;
}

uint32_t
probe_run_end(void)
{
	return (uint32_t)runs.indexes;
}
