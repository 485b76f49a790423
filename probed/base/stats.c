#include "base/stats.h"

#include <math.h>
#include <stdlib.h>

static int
stats_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

void
stats_sort(double *v, size_t n)
{
	qsort(v, n, sizeof *v, stats_compare);
}

double
stats_median_upper(const double *sorted, size_t n)
{
	return n == 0 ? NAN : sorted[n / 2];
}

double
stats_quantile(const double *sorted, size_t n, double q)
{
	if (n == 0)
		return NAN;
	double h = q * (double)(n - 1);
	size_t lower = (size_t)floor(h);
	if (lower + 1 >= n)
		return sorted[n - 1];
	return sorted[lower] +
	       (h - (double)lower) * (sorted[lower + 1] - sorted[lower]);
}

void
stats_place(double *ranks, size_t count, const double *sorted, size_t n)
{
	size_t front = (count - n) / 2;

	for (size_t i = 0; i < count; i++)
		ranks[i] = i >= front && i < front + n ? sorted[i - front] : NAN;
}

double
stats_jitter(const double *v, size_t n)
{
	double sum = 0;
	size_t pairs = 0;

	for (size_t i = 1; i < n; i++) {
		if (isnan(v[i]) || isnan(v[i - 1]))
			continue;
		sum += fabs(v[i] - v[i - 1]);
		pairs++;
	}
	return pairs == 0 ? NAN : sum / (double)pairs;
}
