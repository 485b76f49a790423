/* SmokePing's matchers, each as its module decides. Where a module divides by nothing,
 * or compares what is undefined, the words beside it say what comes of it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "alert/matcher.h"
#include "base/mem.h"
#include "base/stats.h"

/* Rows name what is not zero. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static size_t
count_arg(const struct matcher *m, size_t i)
{
	return (size_t)m->arg[i];
}

/* The values from BACK to UPTO (exclusive) before the end: [-back .. -upto-1]. */
struct span {
	const double *y;
	size_t count;
};

static struct span
span(const double *y, size_t count, size_t back, size_t upto)
{
	return (struct span){ y + count - back, back - upto };
}

/* --- Avgratio, Medratio: historic, current, comparator, percentage ---------------- */

static size_t
sum_length(const struct matcher *m)
{
	return count_arg(m, 0) + count_arg(m, 1);
}

/* NAN when nothing is known. */
static double
mean(struct span s)
{
	double sum = 0;
	size_t n = 0;

	for (size_t i = 0; i < s.count; i++)
		if (!isnan(s.y[i])) {
			sum += s.y[i];
			n++;
		}
	return n > 0 ? sum / (double)n : NAN;
}

/* Element N/2; unknown values sort as 0. NAN when there is none. */
static double
middle(struct span s)
{
	double *copy = mem_alloc((s.count + 1) * sizeof *copy), y;

	for (size_t i = 0; i < s.count; i++)
		copy[i] = isnan(s.y[i]) ? 0 : s.y[i];
	stats_sort(copy, s.count);
	y = s.count > 0 ? copy[s.count / 2] : NAN;
	free(copy);
	return y;
}

/* Nothing known, or 0, on either side: no match. */
static bool
ratio(const struct matcher *m, const struct values *v, double (*of)(struct span))
{
	size_t len = sum_length(m), current = count_arg(m, 1);

	if (len == 0 || v->count < len || v->rtt[v->count - len] == VALUES_START)
		return false;
	double before = of(span(v->rtt, v->count, len, current));
	double now = of(span(v->rtt, v->count, current, 0));
	if (isnan(before) || isnan(now) || before == 0 || now == 0)
		return false;
	return compare_holds(m->compare, now / before, m->arg[3] / 100);
}

static bool
avgratio(const struct matcher *m, const struct values *v, bool before)
{
	(void)before;
	return ratio(m, v, mean);
}

static bool
medratio(const struct matcher *m, const struct values *v, bool before)
{
	(void)before;
	return ratio(m, v, middle);
}

/* --- Median: old, new, diff ------------------------------------------------------ */

/* Of known values, the mean of the two in the middle; 0 when there is none. */
static double
robust_median(struct span s)
{
	double *copy = mem_alloc((s.count + 1) * sizeof *copy), y = 0;
	size_t n = 0;

	for (size_t i = 0; i < s.count; i++)
		if (!isnan(s.y[i]) && s.y[i] != VALUES_START)
			copy[n++] = s.y[i];
	stats_sort(copy, n);
	if (n > 0)
		y = n % 2 == 1 ? copy[n / 2] : (copy[n / 2] + copy[n / 2 - 1]) / 2;
	free(copy);
	return y;
}

static bool
median(const struct matcher *m, const struct values *v, bool before)
{
	size_t all = sum_length(m), new = count_arg(m, 1);

	(void)before;
	all = v->count < all ? v->count : all;
	new = v->count < new ? v->count : new;
	return fabs(robust_median(span(v->rtt, v->count, all, new)) -
		    robust_median(span(v->rtt, v->count, new, 0))) > m->arg[2];
}

/* --- CheckLoss, CheckLatency: l, x; ConsecutiveLoss ------------------------------- */

/* Goes over to the other state when the newest NEED values all ask for it: at or above
 * RAISE, or below CLEAR once raised. The mark of the start among them: it stays. */
static bool
hold(
    const double *y, size_t count, size_t need, double raise, double clear, bool before)
{
	size_t n = 0;

	for (size_t i = 1; i <= need && i <= count; i++) {
		double value = y[count - i];
		if (value == VALUES_START)
			return before;
		/* Unknown counts as 0. */
		value = isnan(value) ? 0 : value;
		n += before ? value < clear : value >= raise;
	}
	return n >= need ? !before : before;
}

static size_t
check_length(const struct matcher *m)
{
	return count_arg(m, 1);
}

static bool
check_loss(const struct matcher *m, const struct values *v, bool before)
{
	return hold(v->loss, v->count, count_arg(m, 1), m->arg[0], m->arg[0], before);
}

static bool
check_latency(const struct matcher *m, const struct values *v, bool before)
{
	double s = m->arg[0] / 1000;

	return hold(v->rtt, v->count, count_arg(m, 1), s, s, before);
}

/* pctlossraise, stepsraise, pctlossclear, stepsclear */
static size_t
consecutive_length(const struct matcher *m)
{
	size_t raise = count_arg(m, 1), clear = count_arg(m, 3);

	return raise > clear ? raise : clear;
}

static bool
consecutive_loss(const struct matcher *m, const struct values *v, bool before)
{
	return hold(v->loss, v->count, count_arg(m, before ? 3 : 1), m->arg[0],
	    m->arg[2], before);
}

/* --- ExpLoss: hist, rising, falling, skip, fast ----------------------------------- */

static size_t
exp_length(const struct matcher *m)
{
	return count_arg(m, 0);
}

static const char *
exp_idle(const struct matcher *m)
{
	return m->arg[0] == 0 ? "hist is 0, expected a number from 1" : NULL;
}

/* All values that are kept count, also those that another alert asked to keep. */
static bool
exp_loss(const struct matcher *m, const struct values *v, bool before)
{
	double rising = m->arg[1], falling = m->given[2] ? m->arg[2] : rising;
	double weight = 1 - pow(0.01, 1 / m->arg[0]), sum = 0, r = 0;
	size_t fast = count_arg(m, 4), num = 0, above = 0, below = 0;

	if (v->count <= count_arg(m, 3) + 1)
		return false;
	for (size_t i = 0; i < v->count; i++) {
		double loss = v->loss[i];
		if (loss == VALUES_START)
			continue;
		r = (1 - weight) * r + weight * loss;
		sum += loss;
		num++;
		above = loss >= rising ? above + 1 : 0;
		below = loss <= falling ? below + 1 : 0;
	}
	if (num == 0)
		return false;
	if (fast > 0 && (above >= fast || below >= fast))
		return above >= fast;
	/* As if the filter had begun with the mean. */
	r += sum / (double)num * pow(1 - weight, (double)num);
	return r >= rising || (before && r >= falling);
}

/* --- the table ------------------------------------------------------------------- */

#define RATIO                                                                          \
	{                                                                              \
		{ "historic", ARG_COUNT }, { "current", ARG_COUNT },                   \
		    { "comparator", ARG_COMPARE }, { "percentage", ARG_DECIMAL },      \
	}
#define CHECK                                                                          \
	{                                                                              \
		{ "l", ARG_COUNT }, { "x", ARG_COUNT },                                \
	}

const struct matcher_kind matcher_kinds[] = {
	{ "Avgratio", RATIO, sum_length, avgratio },
	{ "CheckLatency", CHECK, check_length, check_latency },
	{ "CheckLoss", CHECK, check_length, check_loss, true },
	{ "ConsecutiveLoss",
	    { { "pctlossraise", ARG_COUNT }, { "stepsraise", ARG_COUNT },
		{ "pctlossclear", ARG_COUNT }, { "stepsclear", ARG_COUNT } },
	    consecutive_length, consecutive_loss, true },
	{ "ExpLoss",
	    { { "hist", ARG_COUNT }, { "rising", ARG_DECIMAL },
		{ "falling", ARG_DECIMAL, true }, { "skip", ARG_COUNT, true },
		{ "fast", ARG_COUNT, true } },
	    exp_length, exp_loss, true, exp_idle },
	{ "Median",
	    { { "old", ARG_COUNT }, { "new", ARG_COUNT }, { "diff", ARG_DECIMAL } },
	    sum_length, median },
	{ "Medratio", RATIO, sum_length, medratio },
	{ NULL },
};
