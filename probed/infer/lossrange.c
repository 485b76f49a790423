#include "infer/lossrange.h"

#include <math.h>

#define Z 1.959963984540054 /* of 95 % */

void
lossrange_add(struct lossrange *l, double ratio)
{
	l->rows++;
	l->sum += ratio;
	l->squares += ratio * ratio;
}

double
lossrange_get(const struct lossrange *l, double pings, double *low, double *high)
{
	double p = l->sum / l->rows, n = l->rows * pings, spread = 1;

	*low = *high = NAN;
	if (l->rows <= 0)
		return NAN;
	if (p < 0)
		p = 0;
	if (p > 1)
		p = 1;
	/* The design effect of clusters: how much more rows vary than coins would. */
	if (l->rows > 1 && p > 0 && p < 1) {
		double variance = (l->squares - l->sum * p) / (l->rows - 1);
		spread = variance * pings / (p * (1 - p));
	}
	if (spread > 1)
		n /= spread;
	double middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n);
	double half = Z / (1 + Z * Z / n) * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n));
	*low = fmax(0, fmin(p, middle - half));
	*high = fmin(1, fmax(p, middle + half));
	return p;
}
