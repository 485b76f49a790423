#include "infer/hourly.h"

#include <math.h>
#include <string.h>

#include "base/stats.h"

#define HOUR_S 3600
#define LEAST 5		/* windows, or days, below which nothing is usual */
#define DELAY_MAX 3600. /* seconds: no delay is longer */
/* Hours since the epoch: no clock of ours shows a later one. */
#define HOUR_MAX INT32_MAX

/* --- samples ---------------------------------------------------------------------- */

static void
sample_init(struct hourly_sample *s)
{
	*s = (struct hourly_sample){ .every = 1 };
}

static void
sample_add(struct hourly_sample *s, double v)
{
	if (s->skip > 0) {
		s->skip--;
		return;
	}
	if (s->n == HOURLY_KEPT) {
		for (uint32_t i = 0; i < HOURLY_KEPT / 2; i++)
			s->v[i] = s->v[2 * i];
		s->n = HOURLY_KEPT / 2;
		if (s->every < UINT32_MAX / 2)
			s->every *= 2;
	}
	s->v[s->n++] = (float)v;
	s->skip = s->every - 1;
}

/* The values of S that are there, ascending. */
static size_t
sorted(const float *v, size_t n, double *out)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		if (!isnan(v[i]))
			out[count++] = v[i];
	stats_sort(out, count);
	return count;
}

static double
deviation(double *v, size_t n, double centre)
{
	for (size_t i = 0; i < n; i++)
		v[i] = fabs(v[i] - centre);
	stats_sort(v, n);
	return stats_median_upper(v, n);
}

/* The Q-quantile of S, and how far its values lie from their median. */
static double
quantile(const struct hourly_sample *s, double q, double *mad)
{
	double v[HOURLY_KEPT];
	size_t n = sorted(s->v, s->n, v);
	double found = stats_quantile(v, n, q), middle = stats_median_upper(v, n);

	if (mad != NULL)
		*mad = deviation(v, n, middle);
	return found;
}

/* --- hours ------------------------------------------------------------------------ */

void
hourly_init(struct hourly *b)
{
	*b = (struct hourly){ .first = 0 };
	sample_init(&b->ever);
	sample_init(&b->ever_p90);
	sample_init(&b->now);
	sample_init(&b->now_p90);
	for (int d = 0; d < HOURLY_DAYS; d++)
		for (int h = 0; h < 24; h++)
			b->past[d][h].median = b->past[d][h].p90 = b->past[d][h].mad =
			    NAN;
}

/* The hour that was collected is over. */
static void
turn(struct hourly *b, int64_t hour)
{
	if (b->now.n > LEAST / 2) {
		int64_t day = b->hour / 24;
		double mad;
		float median = (float)quantile(&b->now, 0.5, &mad);
		float p90 = (float)quantile(&b->now_p90, 0.5, NULL);

		b->past[day % HOURLY_DAYS][b->hour % 24].day = (int32_t)day;
		b->past[day % HOURLY_DAYS][b->hour % 24].median = median;
		b->past[day % HOURLY_DAYS][b->hour % 24].p90 = p90;
		b->past[day % HOURLY_DAYS][b->hour % 24].mad = (float)mad;
	}
	sample_init(&b->now);
	sample_init(&b->now_p90);
	b->hour = hour;
}

void
hourly_add(struct hourly *b, int64_t time, double median, double p90, bool slow)
{
	int64_t hour = time / HOUR_S;

	if (time <= 0 || hour > HOUR_MAX || !(median >= 0 && median < DELAY_MAX) ||
	    !(p90 >= 0 && p90 < DELAY_MAX))
		return;
	if (b->first == 0)
		b->first = time;
	if (hour != b->hour)
		turn(b, hour);
	sample_add(&b->now, median);
	sample_add(&b->now_p90, p90);
	if (slow)
		return;
	sample_add(&b->ever, median);
	sample_add(&b->ever_p90, p90);
}

struct hour {
	size_t days;
	double median, p90, mad, p90_mad;
};

/* What HOUR, since the epoch, was like on the days before. */
static struct hour
look_at(const struct hourly *b, int64_t hour)
{
	double median[HOURLY_DAYS], p90[HOURLY_DAYS], mad[HOURLY_DAYS];
	struct hour h = { 0 };
	int64_t day = hour / 24;

	for (int d = 0; d < HOURLY_DAYS; d++) {
		int64_t then = b->past[d][hour % 24].day;
		if (isnan(b->past[d][hour % 24].median) || then >= day ||
		    then < day - HOURLY_DAYS)
			continue;
		median[h.days] = b->past[d][hour % 24].median;
		p90[h.days] = b->past[d][hour % 24].p90;
		mad[h.days++] = b->past[d][hour % 24].mad;
	}
	if (h.days == 0)
		return h;
	stats_sort(median, h.days);
	stats_sort(p90, h.days);
	stats_sort(mad, h.days);
	h.median = stats_median_upper(median, h.days);
	h.p90 = stats_median_upper(p90, h.days);
	h.mad =
	    fmax(stats_median_upper(mad, h.days), deviation(median, h.days, h.median));
	h.p90_mad = fmax(h.mad, deviation(p90, h.days, h.p90));
	return h;
}

bool
hourly_usual(const struct hourly *b, int64_t time, struct hourly_usual *u)
{
	int64_t hour = time / HOUR_S;
	struct hour here = look_at(b, hour);

	if (b->first == 0 || hour < 1)
		return false;
	u->length_s = (double)(time - b->first);
	u->same_hour = here.days >= LEAST;
	if (u->same_hour) {
		for (int beside = -1; beside <= 1; beside += 2) {
			struct hour other = look_at(b, hour + beside);
			if (other.days < LEAST || other.median <= here.median)
				continue;
			here.median = other.median;
			here.p90 = fmax(here.p90, other.p90);
			here.mad = fmax(here.mad, other.mad);
			here.p90_mad = fmax(here.p90_mad, other.p90_mad);
		}
		u->median = here.median;
		u->p90 = here.p90;
		u->mad = here.mad;
		u->p90_mad = here.p90_mad;
		return true;
	}
	if (b->ever.n < LEAST)
		return false;
	u->median = quantile(&b->ever, 0.25, &u->mad);
	u->p90 = quantile(&b->ever_p90, 0.5, &u->p90_mad);
	return true;
}

/* --- bytes ------------------------------------------------------------------------ */

static uint8_t *
put_u32(uint8_t *at, uint32_t v)
{
	v = htobe32(v);
	memcpy(at, &v, sizeof v);
	return at + sizeof v;
}

static uint8_t *
put_u64(uint8_t *at, uint64_t v)
{
	return put_u32(put_u32(at, (uint32_t)(v >> 32)), (uint32_t)v);
}

static uint8_t *
put_float(uint8_t *at, float v)
{
	uint32_t bits;

	memcpy(&bits, &v, sizeof bits);
	return put_u32(at, bits);
}

static uint8_t *
put_sample(uint8_t *at, const struct hourly_sample *s)
{
	at = put_u32(put_u32(put_u32(at, s->n), s->every), s->skip);
	for (uint32_t i = 0; i < HOURLY_KEPT; i++)
		at = put_float(at, i < s->n ? s->v[i] : 0);
	return at;
}

void
hourly_put(const struct hourly *b, uint8_t buf[HOURLY_BYTES])
{
	uint8_t *at = put_u64(buf, (uint64_t)b->first);

	at = put_u64(at, (uint64_t)b->hour);
	at = put_sample(at, &b->ever);
	at = put_sample(at, &b->ever_p90);
	at = put_sample(at, &b->now);
	at = put_sample(at, &b->now_p90);
	for (int d = 0; d < HOURLY_DAYS; d++)
		for (int h = 0; h < 24; h++) {
			at = put_u32(at, (uint32_t)b->past[d][h].day);
			at = put_float(at, b->past[d][h].median);
			at = put_float(at, b->past[d][h].p90);
			at = put_float(at, b->past[d][h].mad);
		}
}

/* A delay, or NAN for none; what is neither sets *BAD. */
static float
get_float(struct wire *w, bool *bad)
{
	uint32_t bits = wire_u32(w);
	float v;

	memcpy(&v, &bits, sizeof v);
	if (!isnan(v) && !(v >= 0 && v < (float)DELAY_MAX))
		*bad = true;
	return v;
}

static void
get_sample(struct wire *w, struct hourly_sample *s, bool *bad)
{
	s->n = wire_u32(w);
	s->every = wire_u32(w);
	s->skip = wire_u32(w);
	if (s->n > HOURLY_KEPT || s->every == 0 || s->every > UINT32_MAX / 2 ||
	    s->skip >= s->every)
		*bad = true;
	for (uint32_t i = 0; i < HOURLY_KEPT; i++) {
		s->v[i] = get_float(w, bad);
		if (isnan(s->v[i]))
			*bad = true;
	}
}

/* A median and a 90th percentile come together: as many of the one as of the other. */
static bool
in_step(const struct hourly_sample *a, const struct hourly_sample *b)
{
	return a->n == b->n && a->every == b->every && a->skip == b->skip;
}

int
hourly_get(struct hourly *b, struct wire *w)
{
	bool bad = false;

	b->first = (int64_t)wire_u64(w);
	b->hour = (int64_t)wire_u64(w);
	get_sample(w, &b->ever, &bad);
	get_sample(w, &b->ever_p90, &bad);
	get_sample(w, &b->now, &bad);
	get_sample(w, &b->now_p90, &bad);
	if (!in_step(&b->ever, &b->ever_p90) || !in_step(&b->now, &b->now_p90))
		bad = true;
	for (int d = 0; d < HOURLY_DAYS; d++)
		for (int h = 0; h < 24; h++) {
			b->past[d][h].day = (int32_t)wire_u32(w);
			b->past[d][h].median = get_float(w, &bad);
			b->past[d][h].p90 = get_float(w, &bad);
			b->past[d][h].mad = get_float(w, &bad);
			if (!isnan(b->past[d][h].median) &&
			    (isnan(b->past[d][h].p90) || isnan(b->past[d][h].mad)))
				bad = true;
		}
	if (b->first < 0 || b->hour < 0 || b->hour > HOUR_MAX ||
	    b->first / HOUR_S > HOUR_MAX)
		bad = true;
	return bad || !wire_ok(w) ? -1 : 0;
}
