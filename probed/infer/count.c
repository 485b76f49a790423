#include "infer/count.h"

#include <float.h>
#include <math.h>

/* From here on Wilson and Hilferty's approximation is right to seven digits. */
#define SHAPE_EXACT 1e4
#define TERMS_MAX 100000

/* e^-x x^a / Gamma(a + 1) */
static double
gamma_front(double a, double x)
{
	return exp(a * log(x) - x - lgamma(a + 1));
}

/* The series x^a e^-x / Gamma(a+1) * (1 + x/(a+1) + x^2/((a+1)(a+2)) + ...): converges
 * well for x below a + 1 (Abramowitz and Stegun 6.5.29). */
static double
gamma_series(double a, double x)
{
	double term = 1, sum = 1;

	for (unsigned i = 1; i < TERMS_MAX && term > sum * DBL_EPSILON; i++) {
		term *= x / (a + i);
		sum += term;
	}
	return gamma_front(a, x) * sum;
}

/* 1 - P by its continued fraction (6.5.31), by Lentz's method: for x above a + 1. */
static double
gamma_fraction(double a, double x)
{
	const double tiny = 1e-300;
	double b = x + 1 - a, c = 1 / tiny, d = 1 / b, h = d;

	for (unsigned i = 1; i < TERMS_MAX; i++) {
		double an = -(double)i * (i - a);

		b += 2;
		d = an * d + b;
		d = fabs(d) < tiny ? tiny : d;
		c = b + an / c;
		c = fabs(c) < tiny ? tiny : c;
		d = 1 / d;
		h *= d * c;
		if (fabs(d * c - 1) < DBL_EPSILON)
			break;
	}
	return gamma_front(a, x) * a * h;
}

double
gamma_p(double shape, double x)
{
	if (!(x > 0))
		return 0;
	return x < shape + 1 ? gamma_series(shape, x) : 1 - gamma_fraction(shape, x);
}

/* The value below which a standard normal variable stays with chance P. */
static double
normal_quantile(double p)
{
	double low = -40, high = 40;

	for (unsigned i = 0; i < 100; i++) {
		double middle = (low + high) / 2;

		if (erfc(-middle / M_SQRT2) / 2 < p)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}

double
gamma_quantile(double shape, double p)
{
	double z = normal_quantile(p), nine = 9 * shape;
	double guess = shape * pow(fmax(1 - 1 / nine + z / sqrt(nine), 0), 3);
	double low = 0, high = guess > 0 ? guess : shape;

	if (shape >= SHAPE_EXACT)
		return guess;
	while (isfinite(high) && gamma_p(shape, high) < p)
		high = 2 * high + 1;
	/* Bisection: slow and sure. */
	for (unsigned i = 0; i < 200 && high - low > high * 4 * DBL_EPSILON; i++) {
		double middle = (low + high) / 2;

		if (gamma_p(shape, middle) < p)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}

void
poisson_interval(uint64_t count, double confidence, double *low, double *high)
{
	double tail = (1 - confidence) / 2, n = (double)count;

	*low = count == 0 ? 0 : gamma_quantile(n, tail);
	*high = gamma_quantile(n + 1, 1 - tail);
}

void
weighted_interval(double sum, double squares, double most, double confidence,
    double *low, double *high)
{
	double tail = (1 - confidence) / 2;

	/* The sum as a Poisson variable of a mean weight; above, one more is seen of
	 * what weighs most. */
	*low = sum > 0 ? squares / sum * gamma_quantile(sum * sum / squares, tail) : 0;
	sum += most;
	squares += most * most;
	*high = !(sum > 0)
		    ? 0
		    : squares / sum * gamma_quantile(sum * sum / squares, 1 - tail);
}
