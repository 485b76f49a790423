#include "recorder/oldfile.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Only the structs of the format on disk; nothing of librrd is called here. */
#define RRD_EXPORT_DEPRECATED
#include <rrd.h>
#include <rrd_format.h>

#include "base/mem.h"
#include "recorder/rerank.h"

#define BLOCK 128 /* rows read at once */

struct archive {
	enum oldfile_cf cf;
	bool single;	       /* a row a step: then it goes on up to the last update */
	unsigned long rows;    /* row k covers begin + k * width and a width more */
	unsigned long current; /* which one on disk is the newest */
	int64_t width, begin, end;
	off_t at;
	unsigned long first, count; /* of the block in ROW */
	double *row;
};

struct oldfile {
	int fd, error;
	unsigned pings;
	size_t values; /* of a row that we give */
	struct store_rrd head;
	char *raw; /* the header as on disk */
	size_t ds_at, pdp_at, cdp_at, ptr_at;
	struct archive *archive;
	double *block; /* rows as on disk */
	double *tail;  /* what is known since the last whole step */
	double *sum, *known, *filled;
};

/* --- opening --------------------------------------------------------------------- */

static int
read_all(struct oldfile *f, void *buf, size_t len, off_t at)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = pread(f->fd, (char *)buf + got, len - got, at + (off_t)got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO; /* cut off meanwhile */
		if (n <= 0)
			return -1;
		got += (size_t)n;
	}
	return 0;
}

enum oldfile_cf
oldfile_cf(const char *name)
{
	static const char *const names[] = { "AVERAGE", "MIN", "MAX", "LAST" };

	for (unsigned i = 0; i < OLDFILE_CFS; i++)
		if (strcmp(name, names[i]) == 0)
			return (enum oldfile_cf)i;
	return OLDFILE_CFS;
}

static int
place(struct oldfile *f, const char *path, struct err *err)
{
	const struct store_rrd *head = &f->head;
	const rra_ptr_t *ptr = (const rra_ptr_t *)(void *)(f->raw + f->ptr_at);
	off_t at = (off_t)(f->ptr_at + head->rra_count * sizeof *ptr);

	f->archive = mem_zero(head->rra_count, sizeof *f->archive);
	for (unsigned long i = 0; i < head->rra_count; i++) {
		struct archive *a = &f->archive[i];
		a->cf = oldfile_cf(head->rra[i].cf);
		a->single = head->rra[i].steps == 1 && a->cf != OLDFILE_CFS;
		a->rows = head->rra[i].rows;
		a->current = ptr[i].cur_row;
		a->width = (int64_t)(head->rra[i].steps * head->step);
		a->end = head->last - head->last % a->width;
		if (a->width > INT64_MAX / 4 / (int64_t)a->rows)
			return err_set(
			    err, "%s: has an archive that is longer than time", path);
		a->begin = a->end - a->width * (int64_t)a->rows;
		a->at = at;
		at += (off_t)(a->rows * head->ds_count * sizeof(rrd_value_t));
	}
	return 0;
}

/* What librrd holds back until the step is over, as a row. */
static void
take_tail(struct oldfile *f)
{
	const pdp_prep_t *pdp = (const pdp_prep_t *)(void *)(f->raw + f->pdp_at);
	double gone = (double)(f->head.last % (int64_t)f->head.step);

	for (unsigned long i = 0; i < f->head.ds_count; i++) {
		double known = gone - (double)pdp[i].scratch[PDP_unkn_sec_cnt].u_cnt;
		double sum = pdp[i].scratch[PDP_val].u_val;
		f->block[i] = known > 0 && known >= gone / 2 ? sum / known : NAN;
	}
	rerank(f->block, f->head.pings, f->tail, f->pings);
}

static int
take_header(struct oldfile *f, const char *path, struct err *err)
{
	const struct store_rrd *head = &f->head;
	stat_head_t stat;

	if (read_all(f, &stat, sizeof stat, 0) < 0)
		return err_set(err, "%s: %s", path, strerror(errno));
	/* store_rrd_read() has checked all these sizes. */
	f->ds_at = sizeof stat;
	f->pdp_at = f->ds_at + head->ds_count * sizeof(ds_def_t) +
		    head->rra_count * sizeof(rra_def_t) +
		    (strcmp(stat.version, RRD_VERSION3) < 0 ? sizeof(time_t)
							    : sizeof(live_head_t));
	f->cdp_at = f->pdp_at + head->ds_count * sizeof(pdp_prep_t);
	f->ptr_at = f->cdp_at + head->ds_count * head->rra_count * sizeof(cdp_prep_t);
	size_t len = f->ptr_at + head->rra_count * sizeof(rra_ptr_t);
	f->raw = mem_alloc(len);
	if (read_all(f, f->raw, len, 0) < 0)
		return err_set(err, "%s: %s", path, strerror(errno));
	const rra_ptr_t *ptr = (const rra_ptr_t *)(void *)(f->raw + f->ptr_at);
	for (unsigned long i = 0; i < head->rra_count; i++)
		if (ptr[i].cur_row >= head->rra[i].rows)
			return err_set(err, "%s: changed while it was read", path);
	return 0;
}

struct oldfile *
oldfile_open(const char *path, unsigned pings, struct err *err)
{
	struct oldfile *f = mem_zero(1, sizeof *f);

	f->fd = -1;
	if (store_rrd_read(path, &f->head, err) < 0) {
		free(f);
		return NULL;
	}
	f->pings = pings;
	f->values = STORE_DS_PING + pings;
	if (!f->head.series) {
		err_set(err, "%s: is another program's RRD", path);
		goto fail;
	}
	f->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0) {
		err_set(err, "%s: %s", path, strerror(errno));
		goto fail;
	}
	if (take_header(f, path, err) < 0)
		goto fail;
	f->block = mem_zero(BLOCK * f->head.ds_count, sizeof(double));
	f->tail = mem_zero(f->values, sizeof(double));
	f->sum = mem_zero(f->values, sizeof(double));
	f->known = mem_zero(f->values, sizeof(double));
	f->filled = mem_zero(f->values, sizeof(double));
	if (place(f, path, err) < 0)
		goto fail;
	take_tail(f);
	return f;
fail:
	oldfile_close(f);
	return NULL;
}

void
oldfile_close(struct oldfile *f)
{
	if (f == NULL)
		return;
	for (unsigned long i = 0; f->archive != NULL && i < f->head.rra_count; i++)
		free(f->archive[i].row);
	free(f->archive);
	free(f->raw);
	free(f->block);
	free(f->tail);
	free(f->sum);
	free(f->known);
	free(f->filled);
	store_rrd_free(&f->head);
	if (f->fd >= 0)
		close(f->fd);
	free(f);
}

/* --- rows ------------------------------------------------------------------------ */

/* Have row K of A in its block. */
static const double *
row_at(struct oldfile *f, struct archive *a, unsigned long k)
{
	size_t width = f->head.ds_count;

	if (k >= a->first && k - a->first < a->count)
		return a->row + (k - a->first) * f->values;
	unsigned long on_disk = (a->current + 1 + k) % a->rows;
	unsigned long n = BLOCK;
	if (n > a->rows - k)
		n = a->rows - k;
	if (n > a->rows - on_disk)
		n = a->rows - on_disk;
	if (a->row == NULL)
		a->row = mem_zero(BLOCK * f->values, sizeof *a->row);
	if (read_all(f, f->block, n * width * sizeof(double),
		a->at + (off_t)(on_disk * width * sizeof(double))) < 0) {
		f->error = errno;
		for (size_t i = 0; i < n * width; i++)
			f->block[i] = NAN;
	}
	for (unsigned long i = 0; i < n; i++)
		rerank(f->block + i * width, f->head.pings, a->row + i * f->values,
		    f->pings);
	a->first = k;
	a->count = n;
	return a->row;
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Up to when A knows something. */
static int64_t
reach(const struct oldfile *f, const struct archive *a)
{
	return a->single ? f->head.last : a->end;
}

/* The archive that says most of (FROM, TO], and of those the one that fits best. */
static struct archive *
choose(const struct oldfile *f, enum oldfile_cf cf, int64_t from, int64_t to)
{
	struct archive *best = NULL;
	int64_t best_said = 0, best_fit = 0, want = to - from;

	for (unsigned long i = 0; i < f->head.rra_count; i++) {
		struct archive *a = &f->archive[i];
		int64_t said = sooner(to, reach(f, a)) - later(from, a->begin), fit;
		if ((a->cf != cf && !a->single) || said <= 0)
			continue;
		if (a->width == want)
			fit = 0;
		else if (a->width <
			 want) /* the more its rows add up to one the better */
			fit = want / a->width + (want % a->width != 0 ? want : 0);
		else
			fit = 2 * want + a->width;
		if (best == NULL || said > best_said ||
		    (said == best_said && fit < best_fit)) {
			best = a;
			best_said = said;
			best_fit = fit;
		}
	}
	return best;
}

static void
add(struct oldfile *f, enum oldfile_cf cf, const double *row, int64_t seconds)
{
	if (cf == OLDFILE_AVERAGE) {
		memcpy(f->filled, row, f->values * sizeof *row);
		rerank_fill(f->filled + STORE_DS_PING, f->pings);
		row = f->filled;
	}
	for (size_t i = 0; i < f->values; i++) {
		if (isnan(row[i]))
			continue;
		bool first = f->known[i] == 0;
		switch (cf) {
		case OLDFILE_MIN:
			f->sum[i] = first ? row[i] : fmin(f->sum[i], row[i]);
			break;
		case OLDFILE_MAX:
			f->sum[i] = first ? row[i] : fmax(f->sum[i], row[i]);
			break;
		case OLDFILE_LAST:
			f->sum[i] = row[i];
			break;
		default:
			f->sum[i] += row[i] * (double)seconds;
		}
		f->known[i] += (double)seconds;
	}
}

/* Take together in f->sum and f->known what A says of (FROM, TO]. */
static void
add_up(
    struct oldfile *f, struct archive *a, enum oldfile_cf cf, int64_t from, int64_t to)
{
	int64_t first = later(from, a->begin), stop = sooner(to, a->end);

	memset(f->sum, 0, f->values * sizeof *f->sum);
	memset(f->known, 0, f->values * sizeof *f->known);
	while (first < stop) {
		unsigned long k = (unsigned long)((first - a->begin) / a->width);
		int64_t end = a->begin + (int64_t)(k + 1) * a->width;
		end = sooner(end, stop);
		add(f, cf, row_at(f, a, k), end - first);
		first = end;
	}
	first = later(from, a->end);
	if (a->single && first < sooner(to, f->head.last))
		add(f, cf, f->tail, sooner(to, f->head.last) - first);
}

void
oldfile_row(struct oldfile *f, enum oldfile_cf cf, int64_t from, int64_t to, double xff,
    double *row)
{
	struct archive *a = choose(f, cf, from, to);

	for (size_t i = 0; i < f->values; i++)
		row[i] = NAN;
	if (a == NULL)
		return;
	if (from >= a->begin && to <= a->end) {
		unsigned long k = (unsigned long)((from - a->begin) / a->width);
		if (a->begin + (int64_t)(k + 1) * a->width >= to) {
			/* One row says it all: no figure of it changes. */
			memcpy(row, row_at(f, a, k), f->values * sizeof *row);
			return;
		}
	}
	add_up(f, a, cf, from, to);
	double most = (double)(to - from) * (1 - xff);
	for (size_t i = 0; i < f->values; i++)
		if (f->known[i] > 0 && f->known[i] >= most)
			row[i] =
			    cf == OLDFILE_AVERAGE ? f->sum[i] / f->known[i] : f->sum[i];
	if (cf == OLDFILE_AVERAGE)
		rerank_lose(row + STORE_DS_PING, f->pings, row[STORE_DS_LOSS]);
}

void
oldfile_rest(struct oldfile *f, int64_t from, double *sum, double *known)
{
	struct archive *a = choose(f, OLDFILE_AVERAGE, from, f->head.last);

	for (size_t i = 0; i < f->values; i++) {
		sum[i] = NAN;
		known[i] = 0;
	}
	if (from >= f->head.last || a == NULL)
		return;
	add_up(f, a, OLDFILE_AVERAGE, from, f->head.last);
	for (size_t i = 0; i < f->values; i++) {
		known[i] = f->known[i];
		if (known[i] > 0)
			sum[i] = f->sum[i];
	}
}

/* --- the rest -------------------------------------------------------------------- */

const struct store_rrd *
oldfile_head(const struct oldfile *f)
{
	return &f->head;
}

const struct ds_def_t *
oldfile_ds(const struct oldfile *f)
{
	return (const ds_def_t *)(void *)(f->raw + f->ds_at);
}

const struct cdp_prep_t *
oldfile_cdp(const struct oldfile *f, unsigned long i)
{
	const cdp_prep_t *all = (const cdp_prep_t *)(void *)(f->raw + f->cdp_at);

	return all + i * f->head.ds_count;
}

int64_t
oldfile_begin(const struct oldfile *f)
{
	int64_t begin = f->head.last;

	for (unsigned long i = 0; i < f->head.rra_count; i++)
		begin = sooner(begin, f->archive[i].begin);
	return begin;
}

int
oldfile_error(const struct oldfile *f)
{
	return f->error;
}
