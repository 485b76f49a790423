#include "recorder/crosscheck.h"

#include <math.h>

static struct crosscheck_minute *
minute_of(struct crosscheck *c, int64_t begin_s)
{
	struct crosscheck_minute *m =
	    &c->minute[(uint64_t)begin_s / MINUTE_S % CROSSCHECK_MINUTES];

	if (m->begin_s > begin_s)
		return NULL;
	if (m->begin_s < begin_s)
		*m = (struct crosscheck_minute){ .begin_s = begin_s };
	return m;
}

void
crosscheck_counters(struct crosscheck *c, int64_t begin_s, double octets)
{
	struct crosscheck_minute *m = minute_of(c, begin_s);

	if (m == NULL || isnan(octets))
		return;
	m->counted = true;
	m->octets = octets;
}

void
crosscheck_flows(
    struct crosscheck *c, int64_t begin_s, const struct minute_sum *sum, bool frames)
{
	struct crosscheck_minute *m = minute_of(c, begin_s);

	if (m == NULL)
		return;
	m->flows = true;
	if (sum == NULL)
		return;
	m->flow_octets = (double)minute_octets(sum);
	m->octets_var = sum->octets_var;
	if (frames)
		return;
	m->flow_packets = (double)minute_packets(sum);
	m->packets_var = sum->packets_var;
}

struct crosscheck_result
crosscheck_judge(const struct crosscheck *c, int64_t now_s)
{
	struct crosscheck_result r = { IF_CHECK_NONE, NAN, NAN, 0 };
	double counted = 0, flows = 0, octets_var = 0, packets_var = 0;

	for (unsigned i = 0; i < CROSSCHECK_MINUTES; i++) {
		const struct crosscheck_minute *m = &c->minute[i];

		if (!m->counted || !m->flows ||
		    m->begin_s < now_s - CROSSCHECK_MINUTES * MINUTE_S ||
		    m->begin_s > now_s)
			continue;
		r.minutes++;
		counted += m->octets;
		flows += m->flow_octets + CROSSCHECK_FRAME * m->flow_packets;
		octets_var += m->octets_var;
		packets_var += m->packets_var;
	}
	if (r.minutes < CROSSCHECK_MIN_MINUTES || counted < CROSSCHECK_MIN_OCTETS)
		return r;
	/* Octets and packets go up and down together: their errors add up. */
	double error = sqrt(octets_var) + CROSSCHECK_FRAME * sqrt(packets_var);
	double gap = fabs(flows - counted);

	if (flows > 0) {
		r.factor = counted / flows;
		r.error = r.factor * error / flows;
	}
	r.check = gap > CROSSCHECK_GAP * counted && gap > CROSSCHECK_ERRORS * error
		      ? IF_CHECK_FACTOR
		      : IF_CHECK_FINE;
	return r;
}
