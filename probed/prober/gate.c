/* The gate: everything that a kind of measurement has to say about a ping. */
#include "base/clock.h"
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

/* An answer to a ping that was given up: late by the network, or only read late. */
static void
gate_after(struct run *run, struct shot *s, int64_t rtt_ns, enum ping_stamp stamp)
{
	bool in_time = rtt_ns <= run->probe.timeout_ns;

	if (s->sealed)
		return;
	if (s->outcome == PING_STALLED && (!in_time || stamp == STAMP_USER))
		return;
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

	if (!run->in_round || seq >= run->seq || run->shot[seq].outcome != PING_OPEN)
		return;
	if (final) {
		run->shot[seq].sealed = true;
		run_decide(run, seq, why);
	} else if (run->shot[seq].error == 0)
		run->shot[seq].error = (uint8_t)why;
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
probe_overflow(const struct probe_type *type, unsigned packets)
{
	runs.host->counters->overflow += packets;
	for (size_t i = 0; i < runs.types; i++)
		if (runs.type[i].type == type)
			runs.type[i].overflow = clock_mono_ns();
}

struct probe_run *
probe_run_by_index(uint32_t index)
{
	if (index >= runs.indexes || runs.by_index[index] == NULL)
		return NULL;
	return &runs.by_index[index]->probe;
}
