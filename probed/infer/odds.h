/* How likely counts are: binomial tails, and the interval of a ratio. */
#ifndef INFER_ODDS_H
#define INFER_ODDS_H

#include <stdint.h>

/* The chance of K or fewer of N, each with chance P. */
double odds_at_most(uint64_t k, uint64_t n, double p);
/* The chance of K or more of N. */
double odds_at_least(uint64_t k, uint64_t n, double p);
/* Wilson's interval (1927) with 95 % of the ratio behind K of N. */
void odds_interval(uint64_t k, uint64_t n, double *low, double *high);

#endif
