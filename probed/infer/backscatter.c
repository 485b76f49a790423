#include "infer/backscatter.h"

#include <math.h>

#include "infer/count.h"

#define ALL_IPV4 4294967296.0
#define SUSPECT_PACKETS 5
#define SUSPECT_ADDRESSES 3

/* Of what stands for SUM, none for more than MOST. */
static struct backscatter_estimate
estimate(double sum, double squares, double most, double seconds, uint64_t n)
{
	struct backscatter_estimate e = { 0, 0, INFINITY };
	double scale = ALL_IPV4 / (double)n / seconds;

	if (n == 0 || !(seconds > 0))
		return e;
	weighted_interval(sum, squares, most, BACKSCATTER_LEVEL, &e.low, &e.high);
	e.pps = sum * scale;
	e.low *= scale;
	e.high *= scale;
	return e;
}

struct backscatter_estimate
backscatter_estimate(uint64_t count, double seconds, uint64_t n, uint32_t rate)
{
	double sum = (double)count * rate;

	return estimate(sum, sum * rate, rate, seconds, n);
}

/* What M's victim sends: the first of it only says when we began to watch. */
static struct backscatter_estimate
estimate_of(const struct victim *m, const struct backscatter *b)
{
	double first = m->stand_first, squares = first * first;

	if (!b->packets)
		return backscatter_estimate(
		    b->count > 0 ? b->count - 1 : 0, b->seconds, b->n, 1);
	if (b->count <= 1)
		return estimate(0, 0, m->rate_max, b->seconds, b->n);
	return estimate(fmax(m->stand - first, 1), fmax(m->stand_squares - squares, 1),
	    m->rate_max, b->seconds, b->n);
}

double
backscatter_smallest(double seconds, uint64_t n, uint32_t rate, uint64_t atleast)
{
	if (n == 0 || !(seconds > 0))
		return INFINITY;
	return gamma_quantile((double)atleast, BACKSCATTER_LEVEL) * ALL_IPV4 /
	       (double)n / seconds * rate;
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
	if (m->packets >= BACKSCATTER_PACKETS &&
	    m->last_ms - m->first_ms >= BACKSCATTER_MS &&
	    m->minute_max >= BACKSCATTER_MINUTE &&
	    m->addresses >= BACKSCATTER_ADDRESSES && uniform != UNIFORM_REJECTED)
		return BACKSCATTER_CONFIRMED;
	if (m->packets >= SUSPECT_PACKETS && m->addresses >= SUSPECT_ADDRESSES)
		return BACKSCATTER_SUSPECTED;
	return BACKSCATTER_NOISE;
}

struct backscatter
backscatter_judge(const struct victim *m, int64_t now_ms, bool over, uint64_t n)
{
	struct backscatter b = { .n = n,
		.rate_min = m->rate_min,
		.rate = m->rate_max,
		.rate_unknown = m->rate_unknown,
		.several = m->several };
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
	b.estimate = estimate_of(m, &b);
	b.smallest = backscatter_smallest(b.seconds, b.n, b.rate, BACKSCATTER_PACKETS);
	return b;
}
