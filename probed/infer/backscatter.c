#include "infer/backscatter.h"

#include <math.h>

#include "infer/count.h"

#define ALL_IPV4 4294967296.0
#define CONFIDENCE 0.95

#define SUSPECT_PACKETS 5
#define SUSPECT_ADDRESSES 3
#define CONFIRM_PACKETS 25
#define CONFIRM_MS 60000
#define CONFIRM_MINUTE 30
#define CONFIRM_ADDRESSES 2

struct backscatter_estimate
backscatter_estimate(uint64_t count, double seconds, uint64_t n, uint32_t rate)
{
	struct backscatter_estimate e = { 0, 0, INFINITY };
	double scale = (double)rate / seconds * ALL_IPV4 / (double)n;
	double low, high;

	if (n == 0 || !(seconds > 0))
		return e;
	poisson_interval(count, CONFIDENCE, &low, &high);
	e.pps = (double)count * scale;
	e.low = low * scale;
	e.high = high * scale;
	return e;
}

double
backscatter_smallest(double seconds, uint64_t n, uint32_t rate, uint64_t atleast)
{
	if (n == 0 || !(seconds > 0))
		return INFINITY;
	return gamma_quantile((double)atleast, CONFIDENCE) * ALL_IPV4 / (double)n /
	       seconds * rate;
}

const char *
backscatter_state_word(enum backscatter_state state)
{
	static const char *const word[] = { "noise", "suspected", "confirmed" };

	return word[state];
}

enum backscatter_state
backscatter_state(const struct victim *m, enum uniform_verdict uniform)
{
	if (m->packets >= CONFIRM_PACKETS && m->last_ms - m->first_ms >= CONFIRM_MS &&
	    m->minute_max >= CONFIRM_MINUTE && m->addresses >= CONFIRM_ADDRESSES &&
	    uniform != UNIFORM_REJECTED)
		return BACKSCATTER_CONFIRMED;
	if (m->packets >= SUSPECT_PACKETS && m->addresses >= SUSPECT_ADDRESSES)
		return BACKSCATTER_SUSPECTED;
	return BACKSCATTER_NOISE;
}

struct backscatter
backscatter_judge(const struct victim *m, int64_t now_ms, bool over, uint64_t n)
{
	struct backscatter b = { .n = n, .rate = m->rate_max };
	/* After the first answer the others are as if one had begun to watch there; of
	 * one that is over, silence is no part; and what exporters will tell later is
	 * not here. */
	int64_t end_ms = over ? m->last_ms : now_ms - m->lag_ms;

	if (end_ms < m->last_ms)
		end_ms = m->last_ms;

	b.packets = m->rate_max > 1 || m->rate_unknown;
	b.count = b.packets ? m->quiet : m->responses;
	b.seconds = (double)(end_ms - m->first_ms) / 1000;
	b.uniform =
	    uniform_test(m->offset, m->offsets, n, (uint64_t)m->first_ms, &b.a2);
	b.state = backscatter_state(m, b.uniform);
	for (unsigned i = 1; i < RESPONSE_KINDS; i++)
		if (m->kind[i] > m->kind[b.kind])
			b.kind = (enum response)i;
	if (m->address.len != 4)
		b.n = 0;
	b.estimate =
	    backscatter_estimate(b.count > 0 ? b.count - 1 : 0, b.seconds, b.n, b.rate);
	b.smallest = backscatter_smallest(b.seconds, b.n, b.rate, CONFIRM_PACKETS);
	return b;
}
