#include "recorder/fit.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "recorder/oldfile.h"

#define ROWS_MAX (1UL << 31)

/* NEW's share of COUNT things of OLD each, rounded up. */
static unsigned
scaled(unsigned long count, unsigned long old, unsigned step)
{
	unsigned long n = (count * old + step - 1) / step;

	return (unsigned)(n < ROWS_MAX ? n : ROWS_MAX);
}

static void
scale(struct archives *want, const struct store_rrd *rrd, unsigned step)
{
	want->rra = mem_zero(rrd->rra_count, sizeof *want->rra);
	want->count = rrd->rra_count;
	for (size_t i = 0; i < want->count; i++) {
		const struct store_rra *got = &rrd->rra[i];
		bool single = got->steps == 1;
		want->rra[i] = (struct conf_rra){
			.cf = mem_str(got->cf),
			.xff = got->xff,
			.steps = single ? 1 : scaled(got->steps, rrd->step, step),
			.rows = single ? scaled(got->rows, rrd->step, step)
				       : (unsigned)got->rows,
		};
	}
}

void
fit_same(struct archives *want, const struct store_rrd *rrd)
{
	scale(want, rrd, (unsigned)rrd->step);
}

/* Are number, kind and order of the archives those of TABLE? Else WHY says what is not.
 * SIZES: something else is not. */
static bool
same_kinds(const char *file, const struct store_rrd *rrd, const struct archives *table,
    bool *sizes, char *why, size_t size)
{
	if (rrd->rra_count != table->count) {
		snprintf(why, size, "%s: has %lu archives, the configuration says %zu",
		    file, rrd->rra_count, table->count);
		return false;
	}
	for (size_t i = 0; i < table->count; i++) {
		const struct conf_rra *want = &table->rra[i];
		const struct store_rra *got = &rrd->rra[i];
		if (strcmp(got->cf, want->cf) != 0) {
			snprintf(why, size,
			    "%s: archive %zu holds %s, the configuration says %s", file,
			    i + 1, got->cf, want->cf);
			return false;
		}
		if (got->steps != want->steps || got->rows != want->rows ||
		    fabs(got->xff - want->xff) > 1e-6)
			*sizes = true;
	}
	return true;
}

enum fit
fit_judge(const char *file, const struct store_rrd *rrd, unsigned step, unsigned pings,
    const struct archives *table, bool changed, struct archives *want, char *why,
    size_t size)
{
	bool sizes = false, kinds;

	why[0] = '\0';
	if (!rrd->series) {
		snprintf(why, size,
		    "%s: is another program's RRD, expected the data sources uptime, "
		    "loss, median, ping1 ...",
		    file);
		return FIT_FOREIGN;
	}
	kinds = same_kinds(file, rrd, table, &sizes, why, size);
	if (kinds && sizes && changed)
		snprintf(why, size,
		    "%s: its archives are not those of *** Database ***", file);
	if (rrd->pings != pings)
		snprintf(why, size, "%s: has %u pings, the configuration says %u", file,
		    rrd->pings, pings);
	if (rrd->step != step)
		snprintf(why, size, "%s: has step %lu, the configuration says %u", file,
		    rrd->step, step);
	if (why[0] == '\0')
		return sizes ? FIT_SIZES : FIT_GOOD;
	if (want == NULL)
		return FIT_CHANGE;
	if (!kinds || (sizes && changed))
		archives_copy(want, table->rra, table->count);
	else
		scale(want, rrd, step);
	return FIT_CHANGE;
}
