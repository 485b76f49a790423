/* Files carried over to other pings, steps and archives, compared by librrd with what
 * they were; and that librrd goes on with them. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rrd.h>

#include "base/mem.h"
#include "recorder/aside.h"
#include "recorder/fit.h"
#include "recorder/migrate.h"
#include "recorder/rerank.h"
#include "recorder/rrdfile.h"
#include "recorder/rrdmake.h"
#include "t/tap.h"

#define T0 1700006400LL /* a multiple of a day's parts */

static struct conf_rra rra[] = {
	{ "AVERAGE", 0.5, 1, 400 },
	{ "AVERAGE", 0.5, 12, 60 },
	{ "MIN", 0.5, 12, 60 },
	{ "MAX", 0.5, 12, 60 },
	{ "AVERAGE", 0.5, 144, 20 },
	{ "MAX", 0.5, 144, 20 },
};
static const struct archives table = { rra, 6 };
static char dir[] = "/tmp/smokebox-migrate-XXXXXX";

/* --- making ---------------------------------------------------------------------- */

static uint32_t dice = 1;

static double
roll(void)
{
	dice = dice * 1664525 + 1013904223;
	return (dice >> 8) / 16777216.0;
}

static void
put_value(char **at, double v)
{
	*at += isnan(v) ? sprintf(*at, ":U") : sprintf(*at, ":%.10e", v);
}

/* "time:uptime:loss:median:ping1..." of a round with so many lost (-1: unknown). */
static char *
round_text(int64_t time, unsigned pings, int lost)
{
	static char text[32 * 40];
	double ms[40], base = 0.005 + 0.02 * roll();
	char *at = text + sprintf(text, "%lld:U", (long long)time);
	unsigned n = lost < 0 ? 0 : pings - (unsigned)lost;

	ms[0] = base;
	for (unsigned i = 1; i < n; i++)
		ms[i] = ms[i - 1] + base * 0.1 * roll();
	put_value(&at, lost < 0 ? NAN : lost);
	put_value(&at, n == 0 ? NAN : ms[n / 2]);
	for (unsigned i = 0; i < pings; i++) {
		unsigned low = (pings - n) / 2;
		put_value(&at, i < low || i >= low + n ? NAN : ms[i - low]);
	}
	return text;
}

static void
update(const char *file, const char *text)
{
	rrd_clear_error();
	if (rrd_update_r(file, NULL, 1, &text) != 0)
		ok(false, "update: %s", rrd_get_error());
}

/* A file that is older than all its archives: most rounds whole, some with loss, some
 * lost altogether, some unknown. */
static void
make_file(
    const char *file, unsigned step, unsigned pings, unsigned rounds, int64_t last)
{
	const char *why;
	int64_t t = last - (int64_t)rounds * step;

	unlink(file);
	dice = 1;
	if (rrdmake(file, step, pings, &table, t, &why) != 0)
		ok(false, "made: %s", why);
	for (unsigned k = 0; k < rounds; k++) {
		int lost = 0;
		if (k % 5 == 3)
			lost = (int)(roll() * pings / 2);
		if (k % 41 == 20)
			lost = (int)pings;
		if (k % 37 == 7)
			lost = -1;
		t += step;
		update(file, round_text(t, pings, lost));
	}
}

/* --- reading --------------------------------------------------------------------- */

struct rows {
	int64_t start, end;
	unsigned long width, count, columns;
	double *row;
};

/* What librrd knows of an archive with rows of WIDTH seconds over (START, END]. */
static struct rows
fetch(const char *file, const char *cf, unsigned long width, int64_t start, int64_t end)
{
	struct rows r = { start, end, width, 0, 0, NULL };
	time_t from = (time_t)start, to = (time_t)end - 1;
	char **names;
	rrd_value_t *data;

	rrd_clear_error();
	if (rrd_fetch_r(file, cf, &from, &to, &r.width, &r.columns, &names, &data) !=
	    0) {
		ok(false, "fetch: %s", rrd_get_error());
		return r;
	}
	r.start = from;
	r.end = to;
	r.count = (unsigned long)(to - from) / r.width;
	r.row = data;
	for (unsigned long i = 0; i < r.columns; i++)
		free(names[i]);
	free(names);
	return r;
}

/* The row that ends at TIME, or NULL. */
static const double *
row_of(const struct rows *r, int64_t time)
{
	if (time <= r->start || time > r->end ||
	    (time - r->start) % (int64_t)r->width != 0)
		return NULL;
	return r->row +
	       (((unsigned long)(time - r->start) / r->width) - 1) * r->columns;
}

static double
mean_rank(const double *row, unsigned pings)
{
	double sum = 0;
	unsigned n = 0;

	for (unsigned i = 0; i < pings; i++)
		if (!isnan(row[STORE_DS_PING + i])) {
			sum += row[STORE_DS_PING + i];
			n++;
		}
	return n == 0 ? NAN : sum / n;
}

static bool
near(double a, double b, double part)
{
	return (isnan(a) && isnan(b)) || fabs(a - b) <= part * fabs(b) + 1e-15;
}

/* --- migrating ------------------------------------------------------------------- */

/* Carry FILE over; the number of slices that it took, 0 when it failed. */
static unsigned
carry(const char *file, const char *under, unsigned step, unsigned pings,
    const struct archives *to, bool changed, int64_t budget_ns)
{
	struct store_rrd rrd;
	struct archives want = { 0 };
	struct err err;
	char why[512];
	unsigned slices = 1;

	if (store_rrd_read(file, &rrd, &err) != 0)
		return 0;
	fit_judge(file, &rrd, step, pings, to, changed, &want, why, sizeof why);
	store_rrd_free(&rrd);
	if (want.count == 0)
		return 0;
	struct migration *m = migrate_begin(file, under, step, pings, &want, &err);
	archives_free(&want);
	if (m == NULL) {
		printf("# %s\n", err.text);
		return 0;
	}
	enum migrate_state state;
	while ((state = migrate_work(m, budget_ns, &err)) == MIGRATE_MORE)
		slices++;
	printf("# %s\n", state == MIGRATE_DONE ? migrate_text(m) : err.text);
	migrate_free(m);
	return state == MIGRATE_DONE ? slices : 0;
}

/* The mean of column C over the rows of R in (FROM, TO], as a consolidation: NAN when
 * less than half is known. */
static double
mean_of(const struct rows *r, unsigned long c, int64_t from, int64_t to)
{
	double sum = 0;
	unsigned n = 0, all = 0;

	for (int64_t t = from + (int64_t)r->width; t <= to; t += (int64_t)r->width) {
		const double *row = row_of(r, t);
		all++;
		if (row != NULL && !isnan(row[c])) {
			sum += row[c];
			n++;
		}
	}
	return n * 2 < all || n == 0 ? NAN : sum / n;
}

/* The finest archives of WAS and NEW compared over the time that both cover. */
static void
compare_finest(const struct rows *was, unsigned was_pings, const struct rows *now,
    unsigned pings, const char *what)
{
	bool median = true, loss = true, known = false;
	double worst = 0, sum_was = 0, sum_now = 0;

	for (unsigned long k = 0; k < now->count; k++) {
		const double *row = now->row + k * now->columns;
		int64_t to = now->start + (int64_t)((k + 1) * now->width),
			from = to - (int64_t)now->width;
		if (from < was->start || to > was->end)
			continue;
		double want_loss, want_median, want_mean;
		if (now->width >= was->width) {
			want_loss = mean_of(was, STORE_DS_LOSS, from, to);
			want_median = mean_of(was, STORE_DS_MEDIAN, from, to);
			double sum = 0;
			unsigned n = 0;
			for (int64_t t = from + (int64_t)was->width; t <= to;
			     t += (int64_t)was->width) {
				double mean = mean_rank(row_of(was, t), was_pings);
				if (!isnan(mean)) {
					sum += mean;
					n++;
				}
			}
			want_mean = n == 0 ? NAN : sum / n;
		} else {
			const double *old =
			    row_of(was, (to + (int64_t)was->width - 1) /
					    (int64_t)was->width * (int64_t)was->width);
			want_loss = old[STORE_DS_LOSS];
			want_median = old[STORE_DS_MEDIAN];
			want_mean = mean_rank(old, was_pings);
		}
		known |= !isnan(want_median);
		median &= near(row[STORE_DS_MEDIAN], want_median, 1e-12);
		loss &= near(row[STORE_DS_LOSS] / pings, want_loss / was_pings, 1e-9);
		double mean = mean_rank(row, pings);
		if (isnan(mean) || isnan(want_mean))
			continue;
		sum_was += want_mean;
		sum_now += mean;
		worst = fmax(worst, fabs(mean / want_mean - 1));
	}
	ok(known && median, "%s: the median is what it was", what);
	ok(loss, "%s: so is the ratio of loss", what);
	ok(fabs(sum_now / sum_was - 1) < 0.02 && worst < (pings < 10 ? 0.06 : 0.02),
	    "%s: the mean of ranks is (in a row by at most %.2g %%, in all by %.2g %%)",
	    what, worst * 100, fabs(sum_now / sum_was - 1) * 100);
}

static int64_t
begin_of(const struct store_rrd *rrd, size_t i)
{
	int64_t width = (int64_t)(rrd->step * rrd->rra[i].steps);

	return rrd->last / width * width - width * (int64_t)rrd->rra[i].rows;
}

/* Spans and sizes by the rules of the design, in other words than the program's. */
static void
check_shape(const struct store_rrd *was, const struct store_rrd *now, const char *what)
{
	bool span = now->rra_count == was->rra_count, small = true;

	for (size_t i = 0; span && i < now->rra_count; i++) {
		double rows = (double)was->rra[i].rows;
		if (was->rra[i].steps == 1)
			rows = ceil(rows * (double)was->step / (double)now->step);
		small &= (double)now->rra[i].rows <= rows;
		span &= strcmp(now->rra[i].cf, was->rra[i].cf) == 0 &&
			begin_of(now, i) <=
			    begin_of(was, i) + was->last % (int64_t)was->step;
	}
	ok(span && now->last == was->last,
	    "%s: every archive covers the time that it did", what);
	ok(small && now->size <= 4096 * (off_t)(now->ds_count + 16) +
				     (off_t)(now->ds_count * 8) *
					 (off_t)(now->rra[0].rows + 200 + 20),
	    "%s: and is no larger than it has to be (%lld bytes to %lld)", what,
	    (long long)was->size, (long long)now->size);
}

/* librrd goes on: the next rows are exact, also those that are consolidated of old and
 * new ones. */
static void
check_goes_on(const char *file, unsigned step, unsigned pings, const char *what)
{
	struct store_rrd rrd;
	struct err err;
	bool good = true;

	if (store_rrd_read(file, &rrd, &err) != 0) {
		ok(false, "%s: %s", what, err.text);
		return;
	}
	int64_t last = rrd.last, first = last / step * step + step, t = first;
	int64_t width = (int64_t)(rrd.step * rrd.rra[1].steps);
	for (; t <= last + 2 * width; t += step)
		update(file, round_text(t, pings, 0));
	struct rows fine =
	    fetch(file, "AVERAGE", step, last / width * width, (t - 1) / width * width);
	struct rows coarse =
	    fetch(file, "AVERAGE", (unsigned long)width, fine.start, fine.end);
	struct rows most =
	    fetch(file, "MAX", (unsigned long)width, fine.start, fine.end);
	for (int64_t to = fine.start + width; to <= fine.end; to += width) {
		const double *row = row_of(&coarse, to), *max = row_of(&most, to);
		double highest = NAN;
		for (int64_t k = to - width + step; k <= to; k += step)
			highest = fmax(highest, row_of(&fine, k)[STORE_DS_MEDIAN]);
		good &= row != NULL && max != NULL &&
			near(row[STORE_DS_MEDIAN],
			    mean_of(&fine, STORE_DS_MEDIAN, to - width, to), 1e-9) &&
			near(row[STORE_DS_LOSS],
			    mean_of(&fine, STORE_DS_LOSS, to - width, to), 1e-9) &&
			near(max[STORE_DS_MEDIAN], highest, 1e-9);
	}
	const double *next = row_of(&fine, first + step);
	ok(good && next != NULL && next[STORE_DS_LOSS] == 0 && fine.count > 2,
	    "%s: librrd goes on with it, its consolidated rows are right", what);
	free(fine.row);
	free(coarse.row);
	free(most.row);
	store_rrd_free(&rrd);
}

static void
one(unsigned from, unsigned to, unsigned from_pings, unsigned to_pings, int64_t last)
{
	struct store_rrd was, now;
	struct err err;
	char what[80];

	snprintf(what, sizeof what, "%u to %u s, %u to %u pings", from, to, from_pings,
	    to_pings);
	make_file("A.rrd", from, from_pings, 144 * 20 + 50, last);
	unlink("before.rrd");
	if (aside_copy("A.rrd", "before.rrd") < 0 ||
	    store_rrd_read("before.rrd", &was, &err) < 0)
		ok(false, "%s", strerror(errno));
	unsigned slices = carry("A.rrd", NULL, to, to_pings, &table, false, 1);
	if (!ok(slices > 1, "%s: carried over, in %u slices", what, slices) ||
	    store_rrd_read("A.rrd", &now, &err) < 0)
		return;
	check_shape(&was, &now, what);
	int64_t begin = begin_of(&was, 0), end = last;
	struct rows a = fetch("before.rrd", "AVERAGE", from, begin, end / from * from);
	struct rows b = fetch("A.rrd", "AVERAGE", to, begin, end / to * to);
	compare_finest(&a, from_pings, &b, to_pings, what);
	free(a.row);
	free(b.row);
	/* A consolidated archive whose rows are as wide as before: all of it. */
	if (from % to == 0) {
		int64_t width = 144 * from;
		begin = begin_of(&was, 4);
		a = fetch("before.rrd", "MAX", (unsigned long)width, begin,
		    last / width * width);
		b = fetch(
		    "A.rrd", "MAX", (unsigned long)width, begin, last / width * width);
		bool good = a.count == 20 && b.count == 20;
		for (unsigned long k = 0; good && k < b.count; k++) {
			const double *x = a.row + k * a.columns,
				     *y = b.row + k * b.columns;
			good = near(y[STORE_DS_MEDIAN], x[STORE_DS_MEDIAN], 0) &&
			       near(y[STORE_DS_LOSS] / to_pings,
				   x[STORE_DS_LOSS] / from_pings, 1e-9);
			if (from_pings == to_pings)
				for (unsigned long c = 0; c < a.columns; c++)
					good &= near(y[c], x[c], 0);
		}
		ok(good, "%s: the coarsest archive has the same rows", what);
		free(a.row);
		free(b.row);
	}
	check_goes_on("A.rrd", to, to_pings, what);
	store_rrd_free(&was);
	store_rrd_free(&now);
}

static void
matrix(void)
{
	static const unsigned steps[][2] = { { 300, 60 }, { 60, 300 }, { 300, 5 },
		{ 30, 5 } };
	static const unsigned pings[][2] = { { 20, 10 }, { 5, 20 }, { 20, 20 } };

	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < 3; k++)
			one(steps[i][0], steps[i][1], pings[k][0], pings[k][1], T0);
	/* SmokePing's updates are off the grid. */
	one(300, 60, 20, 10, T0 + 127);
	one(60, 300, 20, 20, T0 + 127);
	one(60, 300, 20, 20, T0 + 299);
	one(60, 60, 20, 7, T0 + 31);
}

/* --- one row --------------------------------------------------------------------- */

static void
ranks(void)
{
	const double old[] = { NAN, 2, 0.03, NAN, 1, 2, 3, NAN };
	const double lost[] = { NAN, 5, NAN, NAN, NAN, NAN, NAN, NAN };
	double to[STORE_DS_PING + 20];

	rerank(old, 5, to, 10);
	is_close(to[STORE_DS_LOSS], 4, 0, "2 of 5 lost are 4 of 10");
	is_close(to[STORE_DS_MEDIAN], 0.03, 0, "the median stays");
	ok(isnan(to[3]) && isnan(to[4]) && isnan(to[11]) && isnan(to[12]) &&
		isnan(to[STORE_DS_UPTIME]),
	    "two empty ranks at both ends");
	is_close(to[5], 1, 0, "the lowest");
	is_close(to[7], 1.75, 1e-12, "one between");
	is_close(to[10], 3, 0, "the highest");
	rerank(old, 5, to, 3);
	is_close(to[STORE_DS_LOSS], 1.2, 1e-12, "a fraction of loss is kept");
	ok(to[3] == 1 + 1.0 / 4 && to[4] == 3 - 1.0 / 4 && isnan(to[5]),
	    "and is one empty rank");
	rerank(lost, 5, to, 20);
	bool none = true;
	for (unsigned i = 0; i < 20; i++)
		none &= isnan(to[STORE_DS_PING + i]);
	ok(none && to[STORE_DS_LOSS] == 20, "all lost");
	double one[] = { NAN, 19, 0.03, [3 ... 22] = NAN };
	one[12] = 0.03;
	rerank(one, 20, to, 3);
	ok(to[4] == 0.03 && isnan(to[3]) && isnan(to[5]), "a single answer stays");
}

/* --- archives -------------------------------------------------------------------- */

static void
archives(void)
{
	static struct conf_rra other[] = {
		{ "AVERAGE", 0.5, 1, 1200 },
		{ "AVERAGE", 0.5, 12, 30 },
		{ "MIN", 0.5, 24, 60 },
		{ "MAX", 0.5, 12, 60 },
		{ "AVERAGE", 0.5, 144, 40 },
		{ "MAX", 0.5, 144, 20 },
	};
	struct archives want = { other, 6 }, fewer = { other, 3 };
	struct store_rrd rrd;
	struct err err;
	char why[512];

	make_file("A.rrd", 60, 5, 144 * 20 + 50, T0 + 4000);
	store_rrd_read("A.rrd", &rrd, &err);
	is_int(fit_judge("A.rrd", &rrd, 60, 5, &want, false, NULL, why, sizeof why),
	    FIT_SIZES, "other sizes than the table's go on");
	is_int(fit_judge("A.rrd", &rrd, 60, 5, &want, true, NULL, why, sizeof why),
	    FIT_CHANGE, "unless the table was changed");
	is_str(why, "A.rrd: its archives are not those of *** Database ***", "and why");
	is_int(fit_judge("A.rrd", &rrd, 60, 5, &fewer, false, NULL, why, sizeof why),
	    FIT_CHANGE, "fewer archives do not");
	store_rrd_free(&rrd);
	aside_copy("A.rrd", "before.rrd");
	ok(carry("A.rrd", NULL, 60, 5, &want, true, INT64_MAX / 2) == 1,
	    "other archives, in one slice");
	struct rows a =
	    fetch("before.rrd", "AVERAGE", 60, T0 + 4000 - 399 * 60, T0 + 3960);
	struct rows b = fetch("A.rrd", "AVERAGE", 60, a.start, a.end);
	bool same = a.count == b.count && a.columns == b.columns && a.count > 390;
	for (unsigned long i = 0; same && i < a.count * a.columns; i++)
		same = near(b.row[i], a.row[i], 0);
	ok(same, "what the finest one had is the same");
	free(a.row);
	free(b.row);
	/* Where that did not reach, a coarser one tells. */
	a = fetch("before.rrd", "AVERAGE", 720, T0 / 720 * 720 - 720 * 50,
	    T0 / 720 * 720 - 720 * 40);
	b = fetch("A.rrd", "AVERAGE", 60, a.start, a.end);
	same = a.count >= 10 && b.count == a.count * 12;
	for (unsigned long i = 0; same && i < b.count; i++)
		same = near(b.row[i * b.columns + STORE_DS_MEDIAN],
		    a.row[i / 12 * a.columns + STORE_DS_MEDIAN], 0);
	ok(same, "older rows come from a coarser archive");
	free(a.row);
	free(b.row);
	check_goes_on("A.rrd", 60, 5, "other archives");

	/* A file with little history below one with the history before it. */
	make_file("old.rrd", 60, 20, 300, T0);
	make_file("A.rrd", 60, 5, 20, T0 + 20 * 60);
	ok(carry("A.rrd", "old.rrd", 60, 10, &table, false, INT64_MAX / 2) == 1,
	    "history laid under a new file");
	b = fetch("A.rrd", "AVERAGE", 60, T0 - 290 * 60, T0 + 20 * 60);
	a = fetch("old.rrd", "AVERAGE", 60, T0 - 290 * 60, T0);
	same = b.count >= 310;
	for (int64_t t = a.start + 60; same && t <= T0; t += 60)
		same = near(
		    row_of(&b, t)[STORE_DS_MEDIAN], row_of(&a, t)[STORE_DS_MEDIAN], 0);
	ok(same, "the old rows are there");
	ok(!isnan(row_of(&b, T0 + 60)[STORE_DS_MEDIAN]), "and the new ones");
	free(a.row);
	free(b.row);
}

/* --- mishaps --------------------------------------------------------------------- */

static unsigned
count_files(const char *where)
{
	char cmd[200];
	unsigned n = 0;

	snprintf(cmd, sizeof cmd, "find %s -type f 2>/dev/null | wc -l", where);
	FILE *f = popen(cmd, "r");
	if (f == NULL || fscanf(f, "%u", &n) != 1)
		n = 9999;
	if (f != NULL)
		pclose(f);
	return n;
}

static void
mishaps(void)
{
	struct err err;
	struct store_rrd was;
	struct stat before, after;
	struct archives want = { 0 };

	make_file("A.rrd", 60, 5, 100, T0);
	stat("A.rrd", &before);
	unsigned kept = count_files(STORE_ASIDE);
	archives_copy(&want, rra, 6);
	struct migration *m = migrate_begin("A.rrd", NULL, 60, 10, &want, &err);
	ok(m != NULL && migrate_work(m, 1, &err) == MIGRATE_MORE, "half made");
	is_int(count_files(STORE_NEW), 1, "in a place of its own");
	migrate_free(m);
	stat("A.rrd", &after);
	ok(before.st_ino == after.st_ino && count_files(STORE_NEW) == 0 &&
		count_files(STORE_ASIDE) == kept,
	    "given up: nothing has changed, nothing is left");

	m = migrate_begin("A.rrd", NULL, 60, 10, &want, &err);
	update("A.rrd", round_text(T0 + 60, 5, 0));
	ok(m != NULL && migrate_work(m, INT64_MAX / 2, &err) == MIGRATE_FAILED &&
		strcmp(err.text, "A.rrd: somebody else has written to it") == 0,
	    "another writer is noticed");
	migrate_free(m);
	m = migrate_begin("A.rrd", NULL, 60, 10, &want, &err);
	if (truncate("A.rrd", 9000) != 0)
		ok(false, "truncate: %s", strerror(errno));
	ok(m != NULL && migrate_work(m, INT64_MAX / 2, &err) == MIGRATE_FAILED,
	    "a file cut off meanwhile: %s", err.text);
	migrate_free(m);
	ok(store_rrd_read("A.rrd", &was, &err) < 0 && count_files(STORE_NEW) == 0,
	    "is left as it is");

	/* The kept copy is the old file itself. */
	make_file("A.rrd", 60, 5, 100, T0);
	stat("A.rrd", &before);
	chmod("A.rrd", 0640);
	m = migrate_begin("A.rrd", NULL, 60, 10, &want, &err);
	ok(m != NULL && migrate_work(m, INT64_MAX / 2, &err) == MIGRATE_DONE, "done");
	const char *name = strstr(migrate_text(m), STORE_ASIDE);
	ok(name != NULL && stat(name, &after) == 0 && after.st_ino == before.st_ino,
	    "the text names the old file, which is the copy");
	stat("A.rrd", &after);
	is_int(after.st_mode & 07777, 0640, "the new one has its mode");
	migrate_free(m);
	want.rra[4].rows = want.rra[5].rows = 10;
	m = migrate_begin("A.rrd", NULL, 60, 10, &want, &err);
	ok(m != NULL && migrate_work(m, INT64_MAX / 2, &err) == MIGRATE_DONE &&
		strstr(migrate_text(m), "with what fits of its history") != NULL,
	    "archives that cover less: said");
	migrate_free(m);
	archives_free(&want);
}

/* On a small disk of our own. */
static void
full(void)
{
	struct err err = { "" };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWNS) != 0 &&
		    unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
			_exit(77);
		mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
		mkdir("small", 0755);
		if (mount("none", "small", "tmpfs", 0, "size=2m") != 0 ||
		    chdir("small") != 0)
			_exit(77);
		make_file("A.rrd", 60, 5, 100, T0);
		if (migrate_room("A.rrd", 1000000, &err) != 0)
			_exit(2);
		if (migrate_room("A.rrd", 1700000, &err) == 0 ||
		    strstr(err.text, "less than 20 % of the disk") == NULL)
			_exit(3);
		if (carry("A.rrd", NULL, 2, 20, &table, false, INT64_MAX / 2) != 0 ||
		    count_files(".") != 1)
			_exit(4);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		ok(true, "# SKIP no mounts");
	else
		is_int(WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status, 0,
		    "a disk that would get too full is left alone");
}

static int delete (const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int
main(void)
{
	if (mkdtemp(dir) == NULL || chdir(dir) < 0)
		return 1;
	mkdir(STORE_DIR, 0755);
	ranks();
	matrix();
	archives();
	mishaps();
	full();
	if (chdir("/") == 0)
		nftw(dir, delete, 16, FTW_DEPTH | FTW_PHYS);
	return tap_done();
}
