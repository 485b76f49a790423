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

/* Move the values so that V[K] is what it would be in order, and none before it is
 * greater, none behind it smaller (Hoare's selection). */
static void
select_at(double *v, size_t n, size_t k)
{
	size_t low = 0, high = n - 1;

	while (low < high) {
		double a = v[low], b = v[low + (high - low) / 2], c = v[high];
		/* The middle one of three, so that order does no harm. */
		double pivot = a < b ? (b < c	   ? b
					   : a < c ? c
						   : a)
				     : (a < c	   ? a
					   : b < c ? c
						   : b);
		size_t i = low, j = high;

		for (;;) {
			while (v[i] < pivot)
				i++;
			while (v[j] > pivot)
				j--;
			if (i >= j)
				break;
			double swap = v[i];
			v[i++] = v[j];
			v[j--] = swap;
		}
		/* Up to j none is greater than the pivot, behind it none smaller. */
		if (k <= j)
			high = j;
		else
			low = j + 1;
	}
}

double
stats_quantile_in(double *v, size_t n, double q)
{
	if (n == 0)
		return NAN;
	double h = q * (double)(n - 1);
	size_t lower = (size_t)h;

	select_at(v, n, lower);
	if (lower + 1 >= n)
		return v[lower];
	double next = v[lower + 1];
	for (size_t i = lower + 2; i < n; i++)
		if (v[i] < next)
			next = v[i];
	return v[lower] + (h - (double)lower) * (next - v[lower]);
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
