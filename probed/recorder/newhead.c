#include "recorder/newhead.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "recorder/rrdparts.h"

/* A row of more is begun anew: to add so many up would take seconds, to gain a part of
 * one row. */
#define STEPS_MAX 1000000

size_t
newhead_size(unsigned pings, size_t archives)
{
	return rrdparts(pings, archives).end;
}

static void
put_sources(ds_def_t *ds, const ds_def_t *old, unsigned old_pings, unsigned step,
    unsigned pings)
{
	for (unsigned i = 0; i < STORE_DS_PING + pings; i++) {
		ds[i] = old[i < STORE_DS_PING + old_pings ? i : STORE_DS_PING];
		ds[i].par[DS_mrhb_cnt].u_cnt = 2UL * step;
		if (i >= STORE_DS_PING) {
			memset(ds[i].ds_nam, 0, sizeof ds[i].ds_nam);
			snprintf(ds[i].ds_nam, sizeof ds[i].ds_nam, "ping%u",
			    i + 1 - STORE_DS_PING);
		}
	}
	if (old_pings != pings)
		ds[STORE_DS_LOSS].par[DS_max_val].u_val = pings;
}

/* The step that LAST lies in. */
static void
put_step(
    pdp_prep_t *pdp, struct oldfile *old, int64_t last, unsigned step, size_t count)
{
	double *sum = mem_zero(2 * count, sizeof *sum), *known = sum + count;
	int64_t from = last - last % step;

	oldfile_rest(old, from, sum, known);
	for (size_t i = 0; i < count; i++) {
		strcpy(pdp[i].last_ds, "U");
		pdp[i].scratch[PDP_val].u_val = from == last ? 0 : sum[i];
		pdp[i].scratch[PDP_unkn_sec_cnt].u_cnt =
		    (unsigned long)((double)(last - from) - known[i]);
	}
	free(sum);
}

static void
put_value(cdp_prep_t *cdp, enum oldfile_cf cf, double v)
{
	double *val = &cdp->scratch[CDP_val].u_val;

	if (isnan(v))
		cdp->scratch[CDP_unkn_pdp_cnt].u_cnt++;
	else if (isnan(*val) || cf == OLDFILE_LAST)
		*val = v;
	else if (cf == OLDFILE_MIN)
		*val = fmin(*val, v);
	else if (cf == OLDFILE_MAX)
		*val = fmax(*val, v);
	else
		*val += v;
}

/* The consolidated row of RRA that LAST lies in: of the whole steps in it. */
static void
put_row(cdp_prep_t *cdp, struct oldfile *old, const struct conf_rra *rra, int64_t last,
    unsigned step, size_t count)
{
	int64_t stop = last - last % step, width = (int64_t)step * rra->steps;
	enum oldfile_cf cf = oldfile_cf(rra->cf);
	double *row = mem_zero(count, sizeof *row);

	for (size_t i = 0; i < count; i++) {
		cdp[i].scratch[CDP_val].u_val = NAN;
		cdp[i].scratch[CDP_unkn_pdp_cnt].u_cnt = 0;
	}
	if (rra->steps == 1 || rra->steps > STEPS_MAX)
		stop = 0;
	for (int64_t t = last - last % width; t < stop; t += step) {
		oldfile_row(old, cf, t, t + step, 0.5, row);
		for (size_t i = 0; i < count; i++)
			put_value(&cdp[i], cf, row[i]);
	}
	free(row);
}

/* The old archive that RRA goes on with as it is, or NULL. */
static const cdp_prep_t *
same_row(const struct oldfile *old, const struct conf_rra *rra, unsigned step,
    unsigned pings)
{
	const struct store_rrd *head = oldfile_head(old);

	if (head->step != step || head->pings != pings)
		return NULL;
	for (unsigned long i = 0; i < head->rra_count; i++)
		if (head->rra[i].steps == rra->steps &&
		    strcmp(head->rra[i].cf, rra->cf) == 0)
			return oldfile_cdp(old, i);
	return NULL;
}

static void
put_archives(char *head, const struct rrdparts *p, struct oldfile *old, unsigned step,
    unsigned pings, const struct archives *archives)
{
	size_t count = STORE_DS_PING + pings;
	rra_def_t *def = (rra_def_t *)(void *)(head + p->rra);
	rra_ptr_t *ptr = (rra_ptr_t *)(void *)(head + p->ptr);
	cdp_prep_t *cdp = (cdp_prep_t *)(void *)(head + p->cdp);

	for (size_t i = 0; i < archives->count; i++, cdp += count) {
		const struct conf_rra *rra = &archives->rra[i];
		const cdp_prep_t *same = same_row(old, rra, step, pings);
		snprintf(def[i].cf_nam, sizeof def[i].cf_nam, "%s", rra->cf);
		def[i].row_cnt = rra->rows;
		def[i].pdp_cnt = rra->steps;
		def[i].par[RRA_cdp_xff_val].u_val = rra->xff;
		ptr[i].cur_row = rra->rows - 1;
		if (same != NULL)
			memcpy(cdp, same, count * sizeof *cdp);
		else
			put_row(cdp, old, rra, oldfile_head(old)->last, step, count);
	}
}

char *
newhead_make(
    struct oldfile *old, unsigned step, unsigned pings, const struct archives *archives)
{
	const struct store_rrd *was = oldfile_head(old);
	struct rrdparts p = rrdparts(pings, archives->count);
	char *head = mem_zero(1, p.end);
	stat_head_t *stat = (stat_head_t *)(void *)head;
	live_head_t *live = (live_head_t *)(void *)(head + p.live);

	memcpy(stat->cookie, RRD_COOKIE, sizeof stat->cookie);
	memcpy(stat->version, RRD_VERSION3, sizeof stat->version);
	stat->float_cookie = FLOAT_COOKIE;
	stat->ds_cnt = STORE_DS_PING + pings;
	stat->rra_cnt = archives->count;
	stat->pdp_step = step;
	live->last_up = was->last;
	put_sources((ds_def_t *)(void *)(head + p.ds), oldfile_ds(old), was->pings,
	    step, pings);
	put_step((pdp_prep_t *)(void *)(head + p.pdp), old, was->last, step,
	    STORE_DS_PING + pings);
	put_archives(head, &p, old, step, pings, archives);
	return head;
}
