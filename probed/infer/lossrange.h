/* How sure a share of lost pings is: its 95 % interval. */
#ifndef INFER_LOSSRANGE_H
#define INFER_LOSSRANGE_H

/* Rows of equally many pings each; zero it first. */
struct lossrange {
	double rows, sum, squares; /* of their shares */
};

/* A row of which RATIO (0..1) was lost. */
void lossrange_add(struct lossrange *l, double ratio);
/* The share that was lost, NAN without rows; the interval that holds the one behind it
 * with 95 % into LOW and HIGH. Wilson's, of PINGS a row; where rows differ by more than
 * chance, since losses come in bursts, it is of as many fewer as their variance says.
 */
double lossrange_get(
    const struct lossrange *l, double pings, double *low, double *high);

#endif
