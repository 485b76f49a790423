#include "infer/share.h"

#include <math.h>

#define Z_95 1.959964

void
share_interval(double k, double n, double *low, double *high)
{
	if (!(n > 0)) {
		*low = *high = NAN;
		return;
	}
	double p = k / n, z2 = Z_95 * Z_95, by = 1 + z2 / n;
	double middle = (p + z2 / (2 * n)) / by;
	double half = Z_95 * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / by;

	*low = fmax(0, middle - half);
	*high = fmin(1, middle + half);
}

double
share_above(double k, double n, double b, double m)
{
	if (!(n > 0) || !(m > 0))
		return NAN;
	double all = (k + b) / (n + m), sd = sqrt(all * (1 - all) * (1 / n + 1 / m));

	return sd > 0 ? 0.5 * erfc((k / n - b / m) / sd / sqrt(2)) : 1;
}

/* The rank of V[i] among N, from 1; equal ones have their mean. */
static double
rank(const double *v, size_t n, size_t i)
{
	size_t below = 0, equal = 0;

	for (size_t k = 0; k < n; k++) {
		below += v[k] < v[i];
		equal += v[k] == v[i];
	}
	return (double)below + ((double)equal + 1) / 2;
}

double
rank_correlation(const double *x, const double *y, size_t n)
{
	double xy = 0, xx = 0, yy = 0, middle = ((double)n + 1) / 2;

	if (n < 3 || n > SHARE_PAIRS)
		return NAN;
	for (size_t i = 0; i < n; i++) {
		double a = rank(x, n, i) - middle, b = rank(y, n, i) - middle;

		xy += a * b;
		xx += a * a;
		yy += b * b;
	}
	return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}
