#include "web/rank.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "web/state.h"
#include "web/vantage.h"

#define QUIET_STEPS 3 /* an older round says nothing of now */

static const char *const words[CONF_SORTERS] = { "loss", "max", "median", "stddev" };

enum conf_sorter
rank_by_word(const char *word)
{
	enum conf_sorter by = 0;

	while (by < CONF_SORTERS && strcmp(words[by], word) != 0)
		by++;
	return by;
}

const char *
rank_word(enum conf_sorter by)
{
	return by < CONF_SORTERS ? words[by] : NULL;
}

/* NAN when it has none. */
static double
value_of(const struct live *l, enum conf_sorter by)
{
	switch (by) {
	case CONF_BY_LOSS:
		return l->loss > 0 ? l->loss : NAN;
	case CONF_BY_MAX:
		return l->longest;
	case CONF_BY_MEDIAN:
		return l->median;
	case CONF_BY_STDDEV:
		return l->spread;
	default:
		return NAN;
	}
}

static int
by_value(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	if (x->value != y->value)
		return x->value > y->value ? -1 : 1;
	if (x->ratio != y->ratio)
		return x->ratio > y->ratio ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/* The last round of T: ours, or its first slave's where we do not measure. */
static const struct live *
live_of(const struct conf_target *t)
{
	if (t->kind != CONF_MEASURED && t->kind != CONF_DYNAMIC)
		return NULL;
	if (!t->nomasterpoll)
		return state_live(t->id);
	return state_live(vantage_id(t, vantage_first(state_conf(), t)));
}

struct rank *
rank_targets(enum conf_sorter by, size_t skip, size_t most, size_t *count, size_t *all)
{
	const struct conf *conf = state_conf();
	int64_t now = clock_wall_s();
	struct rank *rank = mem_zero(conf->target_count + 1, sizeof *rank);
	size_t n = 0;

	for (size_t i = 0; i < conf->target_count; i++) {
		const struct conf_target *t = conf->target[i];
		const struct live *l = live_of(t);
		double value = l != NULL && l->measured ? value_of(l, by) : NAN;

		if (isnan(value) || now - l->row > (int64_t)t->step * QUIET_STEPS)
			continue;
		rank[n++] = (struct rank){ t, value, l->loss_ratio, l->row, i };
	}
	qsort(rank, n, sizeof *rank, by_value);
	if (all != NULL)
		*all = n;
	*count = skip >= n ? 0 : n - skip < most ? n - skip : most;
	memmove(rank, rank + (skip < n ? skip : 0), *count * sizeof *rank);
	return rank;
}
