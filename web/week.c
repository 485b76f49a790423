#include "web/week.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <uthash.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store.h"
#include "web/series.h"
#include "web/state.h"
#include "web/vantage.h"

#define ROW_MAX 3600 /* seconds: longer rows do not tell hours apart */
#define KEEP_S 600   /* what is told of weeks need not be fresher */
#define KEPT_MAX 2000

struct key {
	uint64_t target;
	int64_t span;
};

struct kept {
	struct key key;
	int64_t read_at;
	struct week week;
	UT_hash_handle hh;
};
static struct kept *kept;

void
week_forget(void)
{
	struct kept *k, *tmp;

	HASH_ITER(hh, kept, k, tmp) {
		HASH_DEL(kept, k);
		free(k);
	}
}

void
week_place(int64_t at, unsigned *day, unsigned *hour, int64_t *end)
{
	time_t when = (time_t)at;
	struct tm tm;

	*day = *hour = 0;
	*end = at + 3600;
	if (localtime_r(&when, &tm) == NULL)
		return;
	*day = (unsigned)(tm.tm_wday + 6) % WEEK_DAYS;
	*hour = (unsigned)tm.tm_hour;
	*end = at + 3600 - tm.tm_min * 60 - tm.tm_sec % 60;
}

struct sum {
	struct week *w;
	unsigned pings;
	double medians;
	unsigned answered;
};

static void
on_row(void *ctx, int64_t time, const double *value)
{
	struct sum *s = ctx;
	unsigned day, hour;
	int64_t end;

	if (isnan(value[STORE_DS_LOSS]))
		return;
	if (s->w->begin == 0)
		s->w->begin = time;
	week_place(time - s->w->step / 2, &day, &hour, &end);
	struct week_cell *c = &s->w->cell[day][hour];
	c->loss += value[STORE_DS_LOSS] / s->pings;
	c->known++;
	if (isnan(value[STORE_DS_MEDIAN]))
		return;
	c->median += value[STORE_DS_MEDIAN];
	c->answered++;
	s->medians += value[STORE_DS_MEDIAN];
	s->answered++;
}

/* The seconds a row of the archive to read: of those that tell hours apart the coarsest
 * that goes back to START, else the one that goes back furthest. 0: none tells them
 * apart. */
static unsigned
choose(const struct series_file *sf, int64_t start)
{
	unsigned best = 0;
	int64_t back = INT64_MAX;

	for (unsigned k = 0; k < sf->archives; k++) {
		unsigned step = sf->archive[k].step;
		int64_t begin = series_archive_begin(sf, k);
		if (step > ROW_MAX)
			continue;
		begin = begin < start ? start : begin;
		if (begin < back || (begin == back && step > best)) {
			back = begin;
			best = step;
		}
	}
	return best;
}

static void
read_week(struct week *w, const struct conf_target *t, int64_t start, int64_t end)
{
	char file[STORE_PATH];
	struct series_file sf;
	struct stat st;
	struct sum s = { .w = w };

	memset(w, 0, sizeof *w);
	w->usual = NAN;
	if (vantage_file(file, t, vantage_first(state_conf(), t)) != 0 ||
	    stat(file, &st) != 0 || series_look(file, &sf, NULL) != 0)
		return;
	w->step = choose(&sf, start);
	s.pings = sf.pings;
	if (w->step == 0 || sf.pings == 0 ||
	    series_scan(file, &sf, w->step, start, end, on_row, &s, NULL) != 0)
		return;
	if (s.answered > 0)
		w->usual = s.medians / s.answered;
}

static struct kept *
find(const struct conf_target *t, int64_t span)
{
	struct key key = { t->id, span };
	struct kept *k;

	HASH_FIND(hh, kept, &key, sizeof key, k);
	return k;
}

static bool
is_fresh(const struct kept *k)
{
	int64_t now = clock_wall_s();

	/* The first hours are watched. */
	return k->week.begin != 0 && now >= k->read_at && now - k->read_at < KEEP_S;
}

const struct week *
week_of(const struct conf_target *t, int64_t span)
{
	int64_t now = clock_wall_s();
	struct kept *k = find(t, span);

	if (k != NULL && is_fresh(k))
		return &k->week;
	if (k == NULL) {
		if (HASH_COUNT(kept) >= KEPT_MAX)
			week_forget();
		k = mem_zero(1, sizeof *k);
		k->key = (struct key){ t->id, span };
		HASH_ADD(hh, kept, key, sizeof k->key, k);
	}
	k->read_at = now;
	read_week(&k->week, t, now - span, now);
	return &k->week;
}

static bool
is_known(const struct conf_target *t, int64_t span)
{
	const struct kept *k = find(t, span);

	return k != NULL && is_fresh(k);
}

static void
read_now(const struct conf_target *t, int64_t span)
{
	week_of(t, span);
}

const struct warm_kind week_warm = { is_known, read_now };
