/* What counts of two kinds prove of a share, and whether two series go together. */
#ifndef INFER_SHARE_H
#define INFER_SHARE_H

#include <stddef.h>

/* The interval of a share of which K of N were seen, 95 % (Wilson 1927). NAN when N is
 * 0. */
void share_interval(double k, double n, double *low, double *high);
/* The chance that two equal shares differ so that K of N is so much above B of M, one
 * side, by the normal distribution; NAN when either was never tried. */
double share_above(double k, double n, double b, double m);
/* Spearman's rank correlation of N pairs, equal values share their rank; NAN when there
 * are fewer than 3, or one of them never changes. N is at most SHARE_PAIRS. */
#define SHARE_PAIRS 64
double rank_correlation(const double *x, const double *y, size_t n);

#endif
