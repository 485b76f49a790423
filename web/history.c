#include "web/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <uthash.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/stats.h"
#include "store.h"
#include "web/series.h"
#include "web/state.h"
#include "web/vantage.h"

#define KEEP_S 30      /* a figure over hours need not be fresher */
#define YOUNG_S 900    /* ... but the first minutes are watched */
#define KEPT_MAX 20000 /* spans remembered */

struct key {
	uint64_t target;
	int64_t span;
	uint64_t rows;
};

struct kept {
	struct key key;
	int64_t start, read_at; /* seconds */
	struct history history;
	UT_hash_handle hh;
};
static struct kept *kept;

void
history_forget(void)
{
	struct kept *k, *tmp;

	HASH_ITER(hh, kept, k, tmp) {
		HASH_DEL(kept, k);
		free(k);
	}
}

static void
sum_up(struct history *h, const struct series *s, int64_t end)
{
	double *median = mem_alloc((s->count + 1) * sizeof *median), lost = 0;
	size_t medians = 0, known = 0;

	for (size_t i = 0; i < s->count; i++) {
		const double *row = s->value + i * s->columns;
		int64_t at = s->start + (int64_t)(i + 1) * s->step;
		if (isnan(row[STORE_DS_LOSS]))
			continue;
		if (known++ == 0)
			h->first = at;
		h->last = at;
		lost += row[STORE_DS_LOSS] / s->pings;
		if (!isnan(row[STORE_DS_MEDIAN]))
			median[medians++] = row[STORE_DS_MEDIAN];
	}
	h->step = s->step;
	if (known > 0) {
		h->loss_ratio = lost / (double)known;
		/* The row that is being filled just now, and the round before it that
		 * is on its way here, are not missing yet. */
		double rows = (double)(end - s->start) / s->step - 2;
		h->known = rows > (double)known ? (double)known / rows : 1;
	}
	if (medians > 0) {
		stats_sort(median, medians);
		h->median = stats_median_upper(median, medians);
		h->low = median[0];
		h->high = median[medians - 1];
	}
	free(median);
}

static void
read_history(struct history *h, const struct conf_target *t, const char *slave,
    int64_t start, int64_t end, unsigned rows)
{
	char file[STORE_PATH];
	struct series s;
	struct stat st;

	memset(h, 0, sizeof *h);
	h->median = h->low = h->high = h->loss_ratio = NAN;
	if (vantage_file(file, t, slave) != 0 || stat(file, &st) != 0)
		return;
	h->file = true;
	if (series_read(&s, file, start, end, rows, NULL) != 0)
		return;
	sum_up(h, &s, end);
	series_free(&s);
}

/* Does what K holds still say what the file does, as far as anybody can see? */
static bool
is_fresh(const struct kept *k, const struct conf_target *t, int64_t start, int64_t now)
{
	bool young = k->history.first == 0 || now - k->history.first < YOUNG_S;
	int64_t keep = young ? 1 : t->step > KEEP_S ? t->step : KEEP_S;

	return now >= k->read_at && now - k->read_at <= keep &&
	       llabs(start - k->start) <= keep;
}

const struct history *
history_from(const struct conf_target *t, const char *slave, int64_t start, int64_t end,
    unsigned rows)
{
	struct key key = { vantage_id(t, slave), end - start, rows };
	int64_t now = clock_wall_s();
	struct kept *k;

	HASH_FIND(hh, kept, &key, sizeof key, k);
	if (k != NULL && is_fresh(k, t, start, now))
		return &k->history;
	if (k == NULL) {
		if (HASH_COUNT(kept) >= KEPT_MAX)
			history_forget();
		k = mem_zero(1, sizeof *k);
		k->key = key;
		HASH_ADD(hh, kept, key, sizeof k->key, k);
	}
	k->start = start;
	k->read_at = now;
	read_history(&k->history, t, slave, start, end, rows);
	return &k->history;
}

const struct history *
history_of(const struct conf_target *t, int64_t start, int64_t end, unsigned rows)
{
	return history_from(t, vantage_first(state_conf(), t), start, end, rows);
}

bool
history_known(const struct conf_target *t, int64_t start, int64_t end, unsigned rows)
{
	struct key key = { vantage_id(t, vantage_first(state_conf(), t)), end - start, rows };
	struct kept *k;

	HASH_FIND(hh, kept, &key, sizeof key, k);
	return k != NULL && is_fresh(k, t, start, clock_wall_s());
}
