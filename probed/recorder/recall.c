#include "recorder/recall.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rrd.h>

#include "store.h"

/* A reader may hold the file for a moment. */
#define TRIES 20

/* How many rows of one round each the archives of RRD keep. */
static size_t
rows_kept(const struct store_rrd *rrd)
{
	size_t most = 0;

	for (unsigned long i = 0; i < rrd->rra_count; i++)
		if (rrd->rra[i].steps == 1 && strcmp(rrd->rra[i].cf, "AVERAGE") == 0 &&
		    rrd->rra[i].rows > most)
			most = rrd->rra[i].rows;
	return most;
}

/* What rrd_fetch_r() gives. */
struct rows {
	time_t start, end;
	unsigned long step, columns;
	char **name;
	rrd_value_t *value;
};

static void
rows_free(struct rows *r)
{
	for (unsigned long i = 0; r->name != NULL && i < r->columns; i++)
		rrd_freemem(r->name[i]);
	rrd_freemem(r->name);
	rrd_freemem(r->value);
}

static int
rows_read(struct rows *r, const char *file, struct err *err)
{
	const struct rows asked = *r;

	for (unsigned i = 0;; i++) {
		*r = asked;
		rrd_clear_error();
		if (rrd_fetch_r(file, "AVERAGE", &r->start, &r->end, &r->step,
			&r->columns, &r->name, &r->value) == 0)
			return 0;
		if (i == TRIES || strstr(rrd_get_error(), "lock") == NULL)
			break;
		usleep(1000);
	}
	err_set(err, "%s: %s", file, rrd_get_error());
	rrd_clear_error();
	return -1;
}

/* Rows FROM to UPTO of R, in order. */
static void
tell(const struct rows *r, size_t count, unsigned pings, recall_fn fn, void *ctx)
{
	size_t last_known = count, first = count;

	for (size_t i = 0; i < count; i++)
		if (!isnan(r->value[i * r->columns + STORE_DS_LOSS])) {
			first = first == count ? i : first;
			last_known = i;
		}
	if (first == count)
		first = last_known = 0;
	for (size_t i = first; i < count; i++) {
		const rrd_value_t *v = &r->value[i * r->columns];
		if (isnan(v[STORE_DS_LOSS]) && i < last_known)
			continue;
		fn(ctx, (int64_t)(r->start + (time_t)((i + 1) * r->step)),
		    v[STORE_DS_LOSS], pings, v[STORE_DS_MEDIAN]);
	}
}

int
recall(const char *file, unsigned step, unsigned pings, size_t want, recall_fn fn,
    void *ctx, struct err *err)
{
	struct store_rrd rrd;
	struct rows r = { 0 };

	if (store_rrd_read(file, &rrd, err) < 0)
		return errno == ENOENT ? 0 : -1;
	size_t kept = rows_kept(&rrd);
	int64_t last = rrd.last / step * step;
	bool fits = rrd.series && rrd.pings == pings && rrd.step == step;

	store_rrd_free(&rrd);
	want = want < kept ? want : kept;
	if (!fits)
		return 1;
	if (want == 0 || last <= (int64_t)(want * step))
		return 0;
	r.start = (time_t)(last - (int64_t)(want * step));
	r.end = (time_t)last;
	r.step = step;
	if (rows_read(&r, file, err) < 0)
		return -1;
	if (r.step == step && r.start < last)
		tell(&r, (size_t)((last - r.start) / step), pings, fn, ctx);
	rows_free(&r);
	return 0;
}
