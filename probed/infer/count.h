/* How much a count proves: exact intervals of the expectation behind it. */
#ifndef INFER_COUNT_H
#define INFER_COUNT_H

#include <stdint.h>

/* The regularised lower incomplete gamma function P(SHAPE, X): the chance that a
 * Poisson variable of mean X reaches SHAPE. SHAPE > 0, X >= 0. */
double gamma_p(double shape, double x);
/* The X with gamma_p(SHAPE, X) = P, for 0 < P < 1. */
double gamma_quantile(double shape, double p);

/* Central interval of the mean of a Poisson variable of which COUNT was seen (Garwood
 * 1936): it holds the mean with at least CONFIDENCE (0.95), whatever the mean is. */
void poisson_interval(uint64_t count, double confidence, double *low, double *high);

/* The same of a sum of such variables, each times its weight: of the weights that were
 * seen, once for each count, SUM and SQUARES are the sums, and MOST is the greatest
 * weight there may be (Fay and Feuer 1997). With one weight for all it is
 * poisson_interval() times that weight. */
void weighted_interval(double sum, double squares, double most, double confidence,
    double *low, double *high);

#endif
