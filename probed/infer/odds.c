#include "infer/odds.h"

#include <math.h>

#define Z95 1.959963984540054

/* The chance of exactly K of N. */
static double
exactly(uint64_t k, uint64_t n, double p)
{
	double a = (double)k, b = (double)(n - k);

	return exp(lgamma(a + b + 1) - lgamma(a + 1) - lgamma(b + 1) + a * log(p) +
		   b * log1p(-p));
}

double
odds_at_most(uint64_t k, uint64_t n, double p)
{
	double term, sum;

	if (k >= n || p <= 0)
		return 1;
	if (p >= 1)
		return 0;
	/* From the largest term down, so that terms too small to count end it. */
	sum = term = exactly(k, n, p);
	for (uint64_t i = k; i > 0; i--) {
		term *= (double)i / (double)(n - i + 1) * (1 - p) / p;
		sum += term;
		if (term < sum * 1e-12 && (double)i < p * (double)n)
			break;
	}
	return sum < 1 ? sum : 1;
}

double
odds_at_least(uint64_t k, uint64_t n, double p)
{
	return k == 0 ? 1 : k > n ? 0 : odds_at_most(n - k, n, 1 - p);
}

void
odds_interval(uint64_t k, uint64_t n, double *low, double *high)
{
	if (n == 0) {
		*low = 0;
		*high = 1;
		return;
	}
	double count = (double)n, p = (double)k / count, z2 = Z95 * Z95;
	double centre = (p + z2 / (2 * count)) / (1 + z2 / count);
	double half = Z95 / (1 + z2 / count) *
		      sqrt(p * (1 - p) / count + z2 / (4 * count * count));

	*low = k == 0 ? 0 : centre - half;
	*high = k == n ? 1 : centre + half;
}
