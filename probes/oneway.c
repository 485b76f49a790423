#include "probes/oneway.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/stats.h"

#define MEMORY_NS (600 * CLOCK_NS_PER_S)
#define STEEPEST 200e-6 /* more than any two crystals differ by */
/* No path changes by so much from round to round, but a clock that is set does. */
#define SET_NS (CLOCK_NS_PER_S / 2)
#define ONEWAY_OVERTAKEN 16

static int
oneway_order(const void *a, const void *b)
{
	const struct oneway_point *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* Is B above the line from A to C, or on it? */
static bool
oneway_above(const struct oneway_point *a, const struct oneway_point *b,
    const struct oneway_point *c)
{
	return (double)(b->delay - a->delay) * (double)(c->at - a->at) >=
	       (double)(c->delay - a->delay) * (double)(b->at - a->at);
}

/* Leave the lower hull of N points in order of time at P; returns how many it has. */
static unsigned
oneway_hull(struct oneway_point *p, unsigned n)
{
	unsigned k = 0;

	for (unsigned i = 0; i < n; i++) {
		while (k >= 2 && oneway_above(&p[k - 2], &p[k - 1], &p[i]))
			k--;
		if (k == 1 && p[0].at == p[i].at) {
			if (p[i].delay < p[0].delay)
				p[0] = p[i];
			continue;
		}
		p[k++] = p[i];
	}
	return k;
}

/* The slope of the line below all points that comes closest to them: that of the edge
 * of their hull under their mean time. */
static double
oneway_slope(const struct oneway_point *hull, unsigned n, double middle)
{
	unsigned i = 1;

	if (n < 2)
		return 0;
	while (i + 1 < n && (double)(hull[i].at - hull[0].at) < middle)
		i++;
	double run = (double)(hull[i].at - hull[i - 1].at);
	double slope = run <= 0 ? 0 : (double)(hull[i].delay - hull[i - 1].delay) / run;
	return fmax(-STEEPEST, fmin(STEEPEST, slope));
}

/* Forget what is too old, or was measured by a clock that was set since. */
static void
oneway_age(struct oneway *w, const struct oneway_point *least)
{
	unsigned old = 0;

	if (w->count > 0 && llabs(least->delay - w->low[w->count - 1].delay) > SET_NS)
		w->count = 0;
	while (old < w->count && least->at - w->low[old].at > MEMORY_NS)
		old++;
	if (old == 0 && w->count == ONEWAY_ROUNDS)
		old = 1;
	w->count -= old;
	memmove(w->low, w->low + old, w->count * sizeof w->low[0]);
}

double
oneway_variation(struct oneway *w, struct oneway_point *p, unsigned n)
{
	if (n < 2)
		return NAN;
	qsort(p, n, sizeof *p, oneway_order);
	struct oneway_point least = p[0];
	for (unsigned i = 1; i < n; i++)
		if (p[i].delay < least.delay)
			least = p[i];
	oneway_age(w, &least);

	unsigned all = w->count + n;
	struct oneway_point *hull = mem_alloc(all * sizeof *hull);
	memcpy(hull, w->low, w->count * sizeof *hull);
	memcpy(hull + w->count, p, n * sizeof *hull);
	int64_t begin = hull[0].at;
	double middle = 0;
	for (unsigned i = 0; i < all; i++)
		middle += (double)(hull[i].at - begin) / all;
	unsigned corners = oneway_hull(hull, all);
	double slope = oneway_slope(hull, corners, middle);
	/* As a line of that slope, however it was bounded, is pushed up to the points.
	 */
	double floor = INFINITY;
	for (unsigned i = 0; i < corners; i++)
		floor = fmin(floor, (double)(hull[i].delay - least.delay) -
					slope * (double)(hull[i].at - begin));
	double *above = mem_alloc(n * sizeof *above);
	for (unsigned i = 0; i < n; i++)
		above[i] = ((double)(p[i].delay - least.delay) -
			       slope * (double)(p[i].at - begin) - floor) /
			   1e9;
	stats_sort(above, n);
	double result = fmax(stats_quantile(above, n, 0.95), 0);
	free(above);
	free(hull);
	w->low[w->count++] = least;
	return result;
}

/* --- loss ------------------------------------------------------------------------- */

void
oneway_answered(struct oneway_loss *l, uint32_t seq, uint32_t count)
{
	/* One that began anew, or gives the same number twice. Packets that overtake
	 * each other move it by a few only. */
	if (l->answered > 0 && seq > l->seq &&
	    (count == l->last || count + ONEWAY_OVERTAKEN < l->last))
		l->broken = true;
	if (l->answered++ == 0 || seq > l->seq) {
		l->seq = seq;
		l->last = count;
	}
	if (count > l->count)
		l->count = count;
}

bool
oneway_split(const struct oneway_loss *l, double *there, double *back)
{
	if (l->answered == 0 || l->broken || l->count > l->seq ||
	    l->count + 1 < l->answered)
		return false;
	*there = (double)(l->seq - l->count) / ((double)l->seq + 1);
	*back = ((double)l->count + 1 - l->answered) / ((double)l->count + 1);
	return true;
}
