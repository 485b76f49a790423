/* probectl parity OLD NEW: how far two data directories agree over the time that both
 * cover. Reads the files by itself. */
#include <errno.h>
#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ctl/ctl.h"
#include "recorder/oldfile.h"
#include "store.h"

/* One figure of both, over the rows where both know it. */
struct figure {
	double sum[2], most; /* MOST: the largest difference in one row */
	unsigned long rows;
};

static struct {
	const char *dir[2];
	unsigned targets, apart;
	bool head;
} parity;

static void
add(struct figure *f, double a, double b)
{
	if (isnan(a) || isnan(b))
		return;
	f->sum[0] += a;
	f->sum[1] += b;
	f->most = fmax(f->most, fabs(b - a));
	f->rows++;
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

/* Mean of the old, of the new less that, and the largest difference. */
static void
print_figure(const struct figure *f, double unit)
{
	double n = (double)f->rows;

	if (f->rows == 0)
		printf(" %9s %9s %9s", "-", "-", "-");
	else
		printf(" %9.4f %+9.4f %9.4f", f->sum[0] / n * unit,
		    (f->sum[1] - f->sum[0]) / n * unit, f->most * unit);
}

static void
compare(const char *name, struct oldfile *a, struct oldfile *b)
{
	const struct store_rrd *x = oldfile_head(a), *y = oldfile_head(b);
	unsigned pings[2] = { x->pings, y->pings };
	int64_t width = (int64_t)(x->step > y->step ? x->step : y->step);
	int64_t end = x->last < y->last ? x->last : y->last;
	int64_t begin =
	    oldfile_begin(a) > oldfile_begin(b) ? oldfile_begin(a) : oldfile_begin(b);
	double *one = mem_zero(STORE_DS_PING + pings[0], sizeof *one);
	double *two = mem_zero(STORE_DS_PING + pings[1], sizeof *two);
	struct figure median = { 0 }, loss = { 0 }, ranks = { 0 };
	unsigned long only[2] = { 0, 0 };

	for (int64_t t = begin + width - 1 - (begin + width - 1) % width + width;
	     t <= end; t += width) {
		oldfile_row(a, OLDFILE_AVERAGE, t - width, t, 0.5, one);
		oldfile_row(b, OLDFILE_AVERAGE, t - width, t, 0.5, two);
		bool known[2] = { !isnan(one[STORE_DS_LOSS]),
			!isnan(two[STORE_DS_LOSS]) };
		only[0] += known[0] && !known[1];
		only[1] += known[1] && !known[0];
		add(&median, one[STORE_DS_MEDIAN], two[STORE_DS_MEDIAN]);
		add(&loss, one[STORE_DS_LOSS] / pings[0],
		    two[STORE_DS_LOSS] / pings[1]);
		add(&ranks, mean_rank(one, pings[0]), mean_rank(two, pings[1]));
	}
	if (!parity.head)
		printf("%7s %7s %7s %9s %9s %9s %9s %9s %9s %9s %9s %9s  %s\n", "rows",
		    "old", "new", "median", "diff", "max diff", "loss %", "diff",
		    "max diff", "ranks", "diff", "max diff", "target (times in ms)");
	parity.head = true;
	printf("%7lu %7lu %7lu", loss.rows, only[0], only[1]);
	print_figure(&median, 1000);
	print_figure(&loss, 100);
	print_figure(&ranks, 1000);
	printf("  %s\n", name);
	free(one);
	free(two);
}

static struct oldfile *
open_one(const char *path, struct err *err)
{
	struct store_rrd rrd;

	if (store_rrd_read(path, &rrd, err) < 0)
		return NULL;
	unsigned pings = rrd.pings;
	store_rrd_free(&rrd);
	return oldfile_open(path, pings, err);
}

static int
on_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	size_t len = strlen(path), skip = strlen(parity.dir[0]);
	const char *name = path + skip;
	struct err err;

	(void)st;
	while (*name == '/')
		name++;
	if (type == FTW_D && ftw->level == 1 && (name[0] == '.' || name[0] == '_'))
		return FTW_SKIP_SUBTREE;
	if (type != FTW_F || len < 5 || strcmp(path + len - 4, ".rrd") != 0)
		return FTW_CONTINUE;
	char *other = mem_printf("%s/%s", parity.dir[1], name);
	struct oldfile *a = open_one(path, &err);
	struct oldfile *b = a == NULL ? NULL : open_one(other, &err);
	if (b != NULL) {
		compare(name, a, b);
		parity.targets++;
	} else {
		fprintf(stderr, "probectl: %s\n", err.text);
		parity.apart++;
	}
	oldfile_close(a);
	oldfile_close(b);
	free(other);
	return FTW_CONTINUE;
}

int
ctl_parity(const struct ctl *ctl, int argc, char **argv)
{
	(void)ctl;
	if (argc != 3 || argv[1][0] == '-') {
		fputs("usage: probectl parity OLD NEW\n"
		      "two data directories: per target the mean in OLD, the mean "
		      "difference of NEW, and\nthe largest difference in one row, over "
		      "the time that both cover\n",
		    stderr);
		return CTL_USAGE;
	}
	parity.dir[0] = argv[1];
	parity.dir[1] = argv[2];
	if (nftw(argv[1], on_file, 16, FTW_PHYS | FTW_ACTIONRETVAL) < 0) {
		fprintf(stderr, "probectl: %s: %s\n", argv[1], strerror(errno));
		return CTL_FAILED;
	}
	if (parity.targets == 0) {
		fprintf(stderr,
		    "probectl: no target has a file in both, expected two data "
		    "directories\n");
		return CTL_FAILED;
	}
	return parity.apart != 0 ? CTL_FAILED : 0;
}
