#include "collector/samples.h"

/* A greater gap is no loss but a restart; one backwards of less is a late sample. */
#define GAP_MOST 10000
#define LATE_MOST 1000

static uint32_t
by_pool(const struct samples_source *s, uint32_t told)
{
	double taken = (double)s->taken;
	double rate = (double)s->passed / taken;
	double meant = told * (1 + (double)s->dropped / taken);

	if (s->dropped == 0 || rate <= told || rate < meant / 2 || rate > meant * 2 ||
	    rate >= UINT32_MAX)
		return 0;
	return (uint32_t)(rate + 0.5);
}

static uint32_t
rate_of(const struct samples_source *s)
{
	return s->rate != 0 ? s->rate : s->last.rate;
}

static void
begin(struct samples_source *s, const struct samples_step *step)
{
	*s = (struct samples_source){ .last = *step };
}

uint32_t
samples_add(struct samples *all, const struct samples_step *step)
{
	struct samples_source *s =
	    &all->source[(step->source ^ step->type * 31) % SAMPLES_SOURCES];
	uint32_t gap = step->number - s->last.number;
	uint32_t dropped = step->drops - s->last.drops;

	if (s->last.rate == 0 || s->last.source != step->source ||
	    s->last.type != step->type || s->last.rate != step->rate) {
		begin(s, step);
		return step->rate;
	}
	if (gap == 0 || gap > UINT32_MAX - LATE_MOST) {
		/* One that comes late was not lost. */
		if (gap != 0 && all->lost > 0)
			all->lost--;
		return rate_of(s);
	}
	if (gap > GAP_MOST || dropped > UINT32_MAX / 2) {
		begin(s, step);
		return step->rate;
	}
	all->taken += gap;
	all->lost += gap - 1;
	all->dropped += dropped;
	s->taken += gap;
	s->dropped += dropped;
	s->passed += (uint32_t)(step->pool - s->last.pool);
	s->last = *step;
	if (s->taken >= SAMPLES_WINDOW) {
		s->rate = by_pool(s, step->rate);
		s->taken = s->dropped = s->passed = 0;
	}
	return rate_of(s);
}
