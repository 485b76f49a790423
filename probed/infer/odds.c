#include "infer/odds.h"

#include <math.h>
#include <stdbool.h>

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
	/* Above the middle by what is left above, which is small: the terms there are
	 * too small to begin with. */
	if ((double)k > p * (double)n) {
		sum = term = exactly(k + 1, n, p);
		for (uint64_t i = k + 1; i < n && term > sum * 1e-12; i++) {
			term *= (double)(n - i) / (double)(i + 1) * p / (1 - p);
			sum += term;
		}
		return sum < 1 ? 1 - sum : 0;
	}
	/* From the largest term down, so that terms too small to count end it. */
	sum = term = exactly(k, n, p);
	for (uint64_t i = k; i > 0 && term > sum * 1e-12; i--) {
		term *= (double)i / (double)(n - i + 1) * (1 - p) / p;
		sum += term;
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

/* The P at which TAIL is reached by the chance of what grows with P: K of N or more;
 * or, DOWN, of what shrinks with it: K of N at most. */
static double
at_bound(uint64_t k, uint64_t n, double tail, bool down)
{
	double below = 0, above = 1;

	for (unsigned i = 0; i < 60; i++) {
		double p = (below + above) / 2;
		bool reached =
		    down ? odds_at_most(k, n, p) < tail : odds_at_least(k, n, p) > tail;

		if (reached)
			above = p;
		else
			below = p;
	}
	return (below + above) / 2;
}

void
odds_exact(uint64_t k, uint64_t n, double level, double *low, double *high)
{
	double tail = (1 - level) / 2;

	*low = 0;
	*high = 1;
	if (n == 0)
		return;
	if (k >= n)
		*low = pow(tail, 1 / (double)n);
	else if (k > 0)
		*low = at_bound(k, n, tail, false);
	if (k == 0)
		*high = 1 - pow(tail, 1 / (double)n);
	else if (k < n)
		*high = at_bound(k, n, tail, true);
}

double
odds_median(uint64_t n, double level, uint64_t *low, uint64_t *high)
{
	double tail = (1 - level) / 2;
	uint64_t rank = 0;

	*low = *high = 0;
	if (n == 0)
		return NAN;
	/* The median is below the value of this rank when no more than so many of N are
	 * below the median. */
	while (2 * (rank + 1) < n - 1 && odds_at_most(rank + 1, n, 0.5) <= tail)
		rank++;
	*low = rank;
	*high = n - 1 - rank;
	double reached = 1 - 2 * odds_at_most(rank, n, 0.5);
	return reached >= level ? level : fmax(reached, 0);
}
