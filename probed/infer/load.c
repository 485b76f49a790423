#include "infer/load.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/stats.h"

/* Bytes at the time S, linear between samples. */
static double
bytes_at(const struct load_sample *sample, size_t n, double s)
{
	size_t i = 1;

	while (i < n - 1 && sample[i].s < s)
		i++;
	double span = sample[i].s - sample[i - 1].s;
	double share = span > 0 ? (s - sample[i - 1].s) / span : 1;
	if (share < 0)
		share = 0;
	if (share > 1)
		share = 1;
	return sample[i - 1].bytes + share * (sample[i].bytes - sample[i - 1].bytes);
}

void
load_rates(const struct load_sample *sample, size_t n, struct load_rates *r)
{
	size_t first = 0;

	*r = (struct load_rates){ NAN, NAN, 0 };
	/* The last sample before the first byte: until then connections were made. */
	while (first + 1 < n && sample[first + 1].bytes <= 0)
		first++;
	if (first + 1 >= n || sample[n - 1].bytes <= 0)
		return;
	double begin = sample[first].s, end = sample[n - 1].s, turn = begin + LOAD_BURST_S;
	if (end <= begin)
		return;
	r->seconds = end - begin;
	double until = turn < end ? turn : end;
	double burst = bytes_at(sample, n, until) - sample[first].bytes;
	r->burst_bps = burst * 8 / (until - begin);
	if (end - turn >= LOAD_SUSTAINED_MIN_S)
		r->sustained_bps = (sample[n - 1].bytes - sample[first].bytes - burst) *
				   8 / (end - turn);
}

double
load_rtt(const struct load_fresh *f, size_t n, double q)
{
	double *v = mem_zero(n + 1, sizeof *v);
	size_t known = 0;

	for (size_t i = 0; i < n; i++)
		if (!isnan(f[i].tcp))
			v[known++] = f[i].tcp;
	stats_sort(v, known);
	double rtt = stats_quantile(v, known, q);
	free(v);
	return rtt;
}

double
load_rpm(const struct load_fresh *f, size_t n)
{
	double *v = mem_zero(n + 1, sizeof *v), sum = 0;
	size_t known = 0;

	for (size_t i = 0; i < n; i++) {
		const double step[] = { f[i].tcp, f[i].tls, f[i].http };
		double all = 0;
		unsigned steps = 0;

		for (size_t k = 0; k < sizeof step / sizeof *step; k++)
			if (!isnan(step[k])) {
				all += step[k];
				steps++;
			}
		if (steps > 0)
			v[known++] = all / steps;
	}
	stats_sort(v, known);
	size_t kept = known - known / 20;
	for (size_t i = 0; i < kept; i++)
		sum += v[i];
	free(v);
	return kept == 0 || sum <= 0 ? NAN : 60 * (double)kept / sum;
}

const char *
load_grade(double added_s)
{
	static const struct {
		double below;
		const char *grade;
	} grades[] = { { 0.005, "A+" }, { 0.03, "A" }, { 0.06, "B" }, { 0.2, "C" },
		{ 0.4, "D" } };

	if (isnan(added_s))
		return "";
	for (size_t i = 0; i < sizeof grades / sizeof *grades; i++)
		if (added_s < grades[i].below)
			return grades[i].grade;
	return "F";
}
