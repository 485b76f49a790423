#include "recorder/rerank.h"

#include <math.h>
#include <string.h>

#include "store.h"

/* The known ones of OLD ranks one behind the other; those behind them are free. */
static unsigned
close_up(const double *rank, unsigned old, double *known)
{
	unsigned n = 0;

	for (unsigned i = 0; i < old; i++)
		if (!isnan(rank[i]))
			known[n++] = rank[i];
	return n;
}

/* The value at the fractional rank H, counted from 1, of the N in RANK. */
static double
between(const double *rank, unsigned n, double h)
{
	h = fmin(fmax(h, 1), n);
	unsigned low = (unsigned)h;
	double part = h - low;

	if (part == 0)
		return rank[low - 1];
	return rank[low - 1] + part * (rank[low] - rank[low - 1]);
}

/* Read PINGS ranks, EMPTY of them unknown, off the line through the N in KNOWN. */
static void
lay_out(const double *known, unsigned n, double *rank, unsigned pings, unsigned empty)
{
	unsigned filled = n == 0 ? 0 : pings - empty;
	unsigned low = n == 0 ? pings : empty / 2; /* as SmokePing places them */

	for (unsigned i = 0; i < pings; i++) {
		if (i < low || i >= low + filled)
			rank[i] = NAN;
		else /* ranks are middles: of n, and of filled */
			rank[i] = between(known, n, (i - low + 0.5) * n / filled + 0.5);
	}
}

static double known[STORE_DS_MAX];

void
rerank(const double *from, unsigned old, double *to, unsigned pings)
{
	if (old == pings) {
		memcpy(to, from, (STORE_DS_PING + pings) * sizeof *to);
		return;
	}
	to[STORE_DS_UPTIME] = from[STORE_DS_UPTIME];
	to[STORE_DS_LOSS] = from[STORE_DS_LOSS] * pings / old;
	to[STORE_DS_MEDIAN] = from[STORE_DS_MEDIAN];
	unsigned n = close_up(from + STORE_DS_PING, old, known);
	/* Of a round that is as many as were lost. A row that stands for several has
	 * fewer: a rank is known in it when it was in half of them. Rounded down, so
	 * that an answer never becomes none. */
	unsigned empty = (unsigned)((unsigned long)(old - n) * pings / old);
	lay_out(known, n, to + STORE_DS_PING, pings, empty);
}

void
rerank_fill(double *rank, unsigned pings)
{
	unsigned n = close_up(rank, pings, known);

	if (n != 0 && n != pings)
		lay_out(known, n, rank, pings, 0);
}

void
rerank_lose(double *rank, unsigned pings, double loss)
{
	unsigned n = close_up(rank, pings, known);
	unsigned empty = loss >= 1 ? (unsigned)fmin(loss + 1e-6, pings - 1) : 0;

	if (n != 0 && empty != 0)
		lay_out(known, n, rank, pings, empty);
}
