/* Order statistics, against values worked out by hand. */
#include "base/stats.h"

#include "tap.h"

/* Print ranks as SmokePing would store them, "U 1 2 U". */
static const char *
placed(size_t count, const double *sorted, size_t n)
{
	static char text[256];
	double ranks[32];
	size_t at = 0;

	stats_place(ranks, count, sorted, n);
	for (size_t i = 0; i < count; i++) {
		char v[32];
		snprintf(v, sizeof v, "%g", ranks[i]);
		at += (size_t)snprintf(text + at, sizeof text - at, "%s%s",
		    i ? " " : "", isnan(ranks[i]) ? "U" : v);
	}
	return text;
}

/* In any order, with many alike, the same as in order. */
static void
test_quantile_in(void)
{
	static const double quantile[] = { 0, 0.05, 0.5, 0.95, 0.99, 1 };
	static double any[2000], sorted[2000];
	unsigned long long seed = 1;
	unsigned wrong = 0;

	for (size_t n = 1; n <= 2000; n = n < 40 ? n + 1 : n * 3 / 2) {
		for (unsigned kinds = 1; kinds <= 4096; kinds *= 16)
			for (unsigned order = 0; order < 3; order++) {
				for (size_t i = 0; i < n; i++) {
					seed = seed * 6364136223846793005u +
					       1442695040888963407u;
					any[i] = (double)((seed >> 33) % kinds);
				}
				if (order > 0)
					stats_sort(any, n);
				for (size_t i = 0; order > 1 && i < n / 2; i++) {
					double swap = any[i];
					any[i] = any[n - 1 - i];
					any[n - 1 - i] = swap;
				}
				memcpy(sorted, any, n * sizeof *any);
				stats_sort(sorted, n);
				for (size_t q = 0; q < 6; q++)
					wrong +=
					    stats_quantile_in(any, n, quantile[q]) !=
					    stats_quantile(sorted, n, quantile[q]);
			}
	}
	ok(wrong == 0, "quantiles of values in any order (%u differ)", wrong);
	is_close(stats_quantile_in(any, 0, 0.5), NAN, 0, "of none");
}

int
main(void)
{
	double v[] = { 5, 1, 4, 2, 3, 9 };

	stats_sort(v, 6);
	ok(memcmp(v, (double[]){ 1, 2, 3, 4, 5, 9 }, sizeof v) == 0,
	    "sorted ascending");
	is_close(stats_median_upper(v, 6), 4, 0, "the upper of the two middle ones");
	is_close(stats_median_upper(v, 5), 3, 0, "the middle one of five");
	is_close(stats_median_upper(v, 1), 1, 0, "the only one");
	is_close(stats_median_upper(v, 0), NAN, 0, "no median of nothing");

	is_close(stats_quantile(v, 6, 0), 1, 0, "quantile 0 is the least");
	is_close(stats_quantile(v, 6, 1), 9, 0, "quantile 1 is the greatest");
	is_close(stats_quantile(v, 6, 0.5), 3.5, 1e-12, "type 7 median lies between");
	is_close(stats_quantile(v, 6, 0.95), 8, 1e-12, "h = 4.75: 5 + 0.75 * 4");
	is_close(stats_quantile(v, 1, 0.95), 1, 0, "of one value");
	is_close(stats_quantile(v, 0, 0.5), NAN, 0, "of none");

	is_str(
	    placed(10, v, 6), "U U 1 2 3 4 5 9 U U", "4 of 10 lost: two on each side");
	is_str(placed(5, v, 2), "U 1 2 U U", "3 of 5 lost: the odd one goes behind");
	is_str(placed(3, v, 3), "1 2 3", "none lost");
	is_str(placed(3, v, 0), "U U U", "all lost");

	is_close(stats_jitter((double[]){ 1, 3, 2 }, 3), 1.5, 1e-12, "mean of 2 and 1");
	is_close(stats_jitter((double[]){ 1, NAN, 2, 5 }, 4), 3, 1e-12,
	    "only neighbours that both answered");
	is_close(stats_jitter((double[]){ 1, NAN, 2 }, 3), NAN, 0, "no such pair");
	is_close(stats_jitter(v, 0), NAN, 0, "nothing");
	test_quantile_in();
	return tap_done();
}
