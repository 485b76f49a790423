/* Order statistics of one round, as SmokePing defines them. */
#ifndef BASE_STATS_H
#define BASE_STATS_H

#include <stddef.h>
#include <stdint.h>

/* Sort N values ascending in place. */
void stats_sort(double *v, size_t n);

/* Element floor(N/2), from 0, of N ascending values: the upper of the two middle
 * ones, so that it was really measured (SmokePing's rule). NAN when N is 0. */
double stats_median_upper(const double *sorted, size_t n);

/* The Q-quantile (0..1) of N ascending values, linear between neighbours (Hyndman
 * and Fan 1996, type 7). NAN when N is 0. */
double stats_quantile(const double *sorted, size_t n, double q);

/* The same of N values in any order, none of them NAN, which are moved about: quicker
 * than to sort many. */
double stats_quantile_in(double *v, size_t n, double q);

/* Lay N ascending answers into COUNT slots of RANKS as SmokePing does: of the
 * COUNT-N empty slots, floor half stand in front as NAN and the rest behind. */
void stats_place(double *ranks, size_t count, const double *sorted, size_t n);

/* Mean of |v[i] - v[i-1]| over neighbours that are both known (not NAN), in send
 * order: the jitter of a round. NAN when there is no such pair. */
double stats_jitter(const double *v, size_t n);

#endif
