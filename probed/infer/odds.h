/* How likely counts are: binomial tails, and the interval of a ratio. */
#ifndef INFER_ODDS_H
#define INFER_ODDS_H

#include <stdint.h>

/* The chance of K or fewer of N, each with chance P. */
double odds_at_most(uint64_t k, uint64_t n, double p);
/* The chance of K or more of N. */
double odds_at_least(uint64_t k, uint64_t n, double p);
/* Clopper and Pearson's exact interval (1934) of the ratio behind K of N, with LEVEL
 * (0.95) at least; of nothing it is 0 to 1. */
void odds_exact(uint64_t k, uint64_t n, double level, double *low, double *high);
/* Ranks, from 0, of the values of N that hold the median of what they are from: of
 * independent ones with LEVEL (0.95), or where N is too small for it with what is
 * returned, by the least and the greatest. N 0: NAN. */
double odds_median(uint64_t n, double level, uint64_t *low, uint64_t *high);
/* Wilson's interval (1927) with 95 % of the ratio behind K of N. */
void odds_interval(uint64_t k, uint64_t n, double *low, double *high);

#endif
