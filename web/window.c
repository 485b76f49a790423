#include "web/window.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <uthash.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/stats.h"
#include "rawring.h"
#include "store.h"
#include "web/api.h"
#include "web/figure.h"
#include "web/request.h"
#include "web/series.h"
#include "web/vantage.h"

/* So much of what is known has to be in the ring as well. */
#define RING_SHARE 0.9

#define KEEP_S 30     /* figures over hours need not be fresher, */
#define YOUNG_S 900   /* but the first minutes are watched */
#define KEPT_MAX 1000 /* windows remembered */

double
window_spread(const double *v, size_t n)
{
	double sum = 0, weighted = 0, k = 0;

	/* Of ascending values, the i-th is added i times and taken n-1-i times. */
	for (size_t i = 0; i < n; i++)
		if (!isnan(v[i])) {
			weighted += k * v[i] - sum;
			sum += v[i];
			k++;
		}
	return k < 2 ? NAN : weighted / (k * (k - 1) / 2);
}

struct mean {
	double sum, count;
};

static void
mean_add(struct mean *m, double v)
{
	if (isnan(v))
		return;
	m->sum += v;
	m->count++;
}

static double
mean_of(const struct mean *m)
{
	return m->count > 0 ? m->sum / m->count : NAN;
}

static int
on_ring_round(void *ctx, const struct round *r)
{
	if (r->state != ROUND_UNKNOWN)
		mean_add(ctx, round_jitter(r));
	return 0;
}

/* The jitter of pings as they were sent, where the ring has (nearly) all of them. */
static void
look_into_ring(struct window *w, const struct conf_target *t, int64_t start,
    int64_t end, double answered)
{
	struct mean jitter = { 0, 0 };

	if (end - start > WINDOW_RING_S || end - start < (int64_t)t->step)
		return;
	rawring_read(t->id, start * CLOCK_NS_PER_S, end * CLOCK_NS_PER_S, on_ring_round,
	    &jitter);
	if (jitter.count == 0 || jitter.count < RING_SHARE * answered)
		return;
	w->jitter = mean_of(&jitter);
	w->jitter_measured = true;
}

static void
sum_up(struct window *w, const struct series *s, double *answered)
{
	double *median = mem_alloc((s->count + 1) * sizeof *median);
	double *rtt = mem_alloc((s->count * s->pings + 1) * sizeof *rtt);
	size_t medians = 0, rtts = 0;
	struct mean loss = { 0, 0 }, spread = { 0, 0 };

	for (size_t i = 0; i < s->count; i++) {
		const double *row = s->value + i * s->columns;
		if (isnan(row[STORE_DS_LOSS]))
			continue;
		w->known++;
		mean_add(&loss, row[STORE_DS_LOSS] / s->pings);
		mean_add(&spread, window_spread(row + STORE_DS_PING, s->pings));
		if (!isnan(row[STORE_DS_MEDIAN]))
			median[medians++] = row[STORE_DS_MEDIAN];
		for (unsigned k = 0; k < s->pings; k++)
			if (!isnan(row[STORE_DS_PING + k]))
				rtt[rtts++] = row[STORE_DS_PING + k];
	}
	stats_sort(median, medians);
	w->median = stats_median_upper(median, medians);
	w->p95 = stats_quantile_in(rtt, rtts, 0.95);
	w->p99 = stats_quantile_in(rtt, rtts, 0.99);
	w->loss_ratio = mean_of(&loss);
	w->jitter = mean_of(&spread);
	*answered = spread.count;
	free(median);
	free(rtt);
}

int
window_read(struct window *w, const struct conf_target *t, const char *slave,
    int64_t start, int64_t end, struct err *err)
{
	char file[STORE_PATH];
	struct series s;
	struct stat st;
	double answered;

	*w = (struct window){ .step = t->step };
	w->median = w->p95 = w->p99 = w->jitter = w->loss_ratio = NAN;
	if (vantage_file(file, t, slave) != 0 || stat(file, &st) != 0)
		return 0;
	if (series_read(&s, file, start, end, WINDOW_ROWS, err) != 0)
		return -1;
	w->rows = s.count;
	w->step = s.step;
	w->rounds = s.step == s.file.step;
	sum_up(w, &s, &answered);
	if (*slave == '\0' && w->rounds)
		look_into_ring(w, t, start, end, answered);
	series_free(&s);
	return 0;
}

/* --- for pages -------------------------------------------------------------------- */

struct key {
	uint64_t target;
	int64_t span;
};

struct kept {
	struct key key;
	int64_t start, read_at; /* seconds */
	struct window window;
	UT_hash_handle hh;
};
static struct kept *kept;

void
window_forget(void)
{
	struct kept *k, *tmp;

	HASH_ITER(hh, kept, k, tmp) {
		HASH_DEL(kept, k);
		free(k);
	}
}

static bool
is_fresh(const struct kept *k, const struct conf_target *t, int64_t start, int64_t now)
{
	bool young = (int64_t)k->window.known * k->window.step < YOUNG_S;
	int64_t keep = young ? 1 : t->step > KEEP_S ? t->step : KEEP_S;

	return now >= k->read_at && now - k->read_at <= keep &&
	       llabs(start - k->start) <= keep;
}

const struct window *
window_kept(const struct conf_target *t, const char *slave, int64_t start, int64_t end)
{
	struct key key = { vantage_id(t, slave), end - start };
	int64_t now = clock_wall_s();
	struct kept *k;
	struct err err;

	HASH_FIND(hh, kept, &key, sizeof key, k);
	if (k != NULL && is_fresh(k, t, start, now))
		return &k->window;
	if (k == NULL) {
		if (HASH_COUNT(kept) >= KEPT_MAX)
			window_forget();
		k = mem_zero(1, sizeof *k);
		k->key = key;
		HASH_ADD(hh, kept, key, sizeof k->key, k);
	}
	k->start = start;
	k->read_at = now;
	if (window_read(&k->window, t, slave, start, end, &err) != 0)
		log_warnx("%s: %s", t->path, err.text);
	return &k->window;
}

void
window_put(struct html *h, const struct window *w, bool live)
{
	/* Of a view up to now, the last rows are still to come. */
	double rows = fmax(1, (double)w->rows - (live ? 2 : 0));

	html_flag(h, "known", w->known > 0);
	figure_rtt(h, "h_median", "h_median_unit", w->median);
	figure_rtt(h, "h_p95", "h_p95_unit", w->p95);
	figure_rtt(h, "h_p99", "h_p99_unit", w->p99);
	figure_rtt(h, "h_jitter", "h_jitter_unit", w->jitter);
	figure_percent(h, "h_loss", w->loss_ratio);
	html_flag(h, "h_lossy", w->loss_ratio > 0);
	figure_percent(
	    h, "h_known", w->rows == 0 ? NAN : fmin(1, (double)w->known / rows));
	html_text(h, "about", w->rounds ? "" : "≈ ");
	html_text(h, "about_jitter", w->jitter_measured ? "" : "≈ ");
}

/* --- for programs ----------------------------------------------------------------- */

void
window_handle(struct request *r)
{
	char file[STORE_PATH];
	int64_t now = clock_wall_s(), start, end;
	const struct conf_target *t = api_wanted_target(r, file);
	const char *slave;
	struct window w;
	struct err err;
	struct json j;

	if (t == NULL || request_range(r, now, &start, &end) != 0)
		return;
	slave = strchr(request_arg(r, "target"), '~');
	if (window_read(&w, t, slave != NULL ? slave + 1 : "", start, end, &err) != 0) {
		reply_error(r, 500, "the history cannot be read: %s", err.text);
		return;
	}
	jw_init(&j, request_out(r));
	jw_object(&j);
	jw_put_str(&j, "target", request_arg(r, "target"));
	jw_put_int(&j, "start", start);
	jw_put_int(&j, "end", end);
	jw_put_str(&j, "unit", "s");
	jw_put_int(&j, "step", w.step);
	jw_put_int(&j, "rows", (int64_t)w.rows);
	jw_put_int(&j, "known", (int64_t)w.known);
	jw_put_bool(&j, "exact", w.rounds);
	jw_put_num(&j, "median", w.median);
	jw_put_num(&j, "p95", w.p95);
	jw_put_num(&j, "p99", w.p99);
	jw_put_num(&j, "jitter", w.jitter);
	jw_put_bool(&j, "jitter_exact", w.jitter_measured);
	jw_put_num(&j, "loss_ratio", w.loss_ratio);
	jw_object_end(&j);
	api_answer(r);
}
