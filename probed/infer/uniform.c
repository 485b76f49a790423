#include "infer/uniform.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/stats.h"

const char *
uniform_word(enum uniform_verdict verdict)
{
	static const char *const word[] = { "not testable", "uniform", "not uniform" };

	return word[verdict];
}

double
uniform_a2(double *u, size_t k)
{
	double sum = 0;

	stats_sort(u, k);
	for (size_t i = 0; i < k; i++)
		sum += (double)(2 * i + 1) * (log(u[i]) + log1p(-u[k - 1 - i]));
	return -(double)k - sum / (double)k;
}

/* In (0, 1): Marsaglia's xorshift64*, which no one has to foresee here. */
static double
part(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return ((double)(*state * 0x2545f4914f6cdd1dULL >> 11) + 0.5) /
	       9007199254740992.0;
}

enum uniform_verdict
uniform_test(const uint32_t *offset, size_t k, uint64_t n, uint64_t seed, double *a2)
{
	double value = NAN;
	enum uniform_verdict verdict = UNIFORM_UNTESTED;

	if (n >= UNIFORM_MIN_SPACE && k >= UNIFORM_MIN_COUNT) {
		double *u = mem_alloc(k * sizeof *u);

		seed |= 1;
		for (size_t i = 0; i < k; i++)
			u[i] = ((double)offset[i] + part(&seed)) / (double)n;
		value = uniform_a2(u, k);
		free(u);
		verdict = value > UNIFORM_A2_5 ? UNIFORM_REJECTED : UNIFORM_KEPT;
	}
	if (a2 != NULL)
		*a2 = value;
	return verdict;
}
