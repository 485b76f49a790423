#include "recorder/migrate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/whole.h"
#include "recorder/aside.h"
#include "recorder/newhead.h"
#include "recorder/oldfile.h"

#define BLOCK 64 /* rows between two looks at the clock */

struct migration {
	char *path, *fresh; /* of the file, and of the new one while it is made */
	struct oldfile *old, *under;
	unsigned step, pings;
	struct archives want;
	int fd;
	size_t archive;	   /* the row to be made next: of this archive, */
	unsigned long row; /* and this one of it */
	off_t at;
	double *rows;
	char text[2048];
};

/* --- room ------------------------------------------------------------------------ */

off_t
migrate_size(unsigned pings, const struct archives *archives)
{
	off_t rows = 0;

	for (size_t i = 0; i < archives->count; i++)
		rows += archives->rra[i].rows;
	return (off_t)newhead_size(pings, archives->count) +
	       rows * (off_t)((STORE_DS_PING + pings) * sizeof(double));
}

int
migrate_room(const char *path, off_t size, struct err *err)
{
	struct statvfs fs;

	if (statvfs(path, &fs) < 0)
		return err_set(err, "%s: %s", path, strerror(errno));
	double all = (double)fs.f_blocks * (double)fs.f_frsize;
	double left = (double)fs.f_bavail * (double)fs.f_frsize;
	double least = all * MIGRATE_FREE_PCT / 100;
	if (left - (double)size >= least)
		return 0;
	errno = ENOSPC;
	return err_set(err,
	    "%s: needs a new file of %.1f MiB, and the old one is kept; that would leave "
	    "less than %d %% of the disk free (%.0f of %.0f MiB are); expected %.0f MiB "
	    "more, or the former setting",
	    path, (double)size / 1048576, MIGRATE_FREE_PCT, left / 1048576,
	    all / 1048576, (least + (double)size - left) / 1048576 + 1);
}

/* --- beginning ------------------------------------------------------------------- */

/* A place on the same disk, so that rename() does it. What lies in STORE_NEW is swept
 * away at the next start; where a part of DATADIR is another disk, it is beside. */
static char *
fresh_name(const char *path)
{
	static const char name[] = STORE_NEW "/carried.rrd";
	struct stat file, dir;

	if (aside_parents(name) == 0 && stat(path, &file) == 0 &&
	    stat(STORE_NEW, &dir) == 0 && file.st_dev == dir.st_dev)
		return mem_str(name);
	return mem_printf("%s.new", path);
}

static int
make_room(struct migration *m, struct err *err)
{
	off_t size = migrate_size(m->pings, &m->want);
	int error;

	if (migrate_room(m->path, size, err) < 0)
		return -1;
	m->fresh = fresh_name(m->path);
	unlink(m->fresh);
	m->fd = open(m->fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	error = m->fd < 0 ? errno : posix_fallocate(m->fd, 0, size);
	if (error == 0 || error == EOPNOTSUPP || error == EINVAL)
		return 0;
	errno = error;
	return err_set(err, "%s: %s", m->fresh, strerror(error));
}

/* No archive shall cover less time than that of the file under it does. */
static void
widen(struct migration *m)
{
	const struct store_rrd *under = oldfile_head(m->under);

	for (size_t i = 0; i < m->want.count && i < under->rra_count; i++) {
		struct conf_rra *a = &m->want.rra[i];
		const struct store_rra *b = &under->rra[i];
		unsigned long width = (unsigned long)m->step * a->steps;
		unsigned long rows =
		    (b->rows * b->steps * under->step + width - 1) / width;
		if (strcmp(a->cf, b->cf) == 0 && rows > a->rows && rows < UINT32_MAX)
			a->rows = (unsigned)rows;
	}
}

struct migration *
migrate_begin(const char *path, const char *under, unsigned step, unsigned pings,
    const struct archives *archives, struct err *err)
{
	struct migration *m = mem_zero(1, sizeof *m);

	m->fd = -1;
	m->path = mem_str(path);
	m->step = step;
	m->pings = pings;
	archives_copy(&m->want, archives->rra, archives->count);
	m->at = (off_t)newhead_size(pings, archives->count);
	m->rows = mem_zero(BLOCK * (STORE_DS_PING + pings), sizeof *m->rows);
	m->old = oldfile_open(path, pings, err);
	if (m->old != NULL && under != NULL)
		m->under = oldfile_open(under, pings, err);
	if (m->under != NULL)
		widen(m);
	if (m->old == NULL || (under != NULL && m->under == NULL) ||
	    make_room(m, err) < 0) {
		int error = errno;
		migrate_free(m);
		errno = error;
		return NULL;
	}
	return m;
}

void
migrate_free(struct migration *m)
{
	if (m == NULL)
		return;
	if (m->fd >= 0) {
		close(m->fd);
		unlink(m->fresh);
	}
	oldfile_close(m->old);
	oldfile_close(m->under);
	archives_free(&m->want);
	free(m->path);
	free(m->fresh);
	free(m->rows);
	free(m);
}

/* --- rows ------------------------------------------------------------------------ */

static bool
is_unknown(const double *row, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (row[i] == row[i])
			return false;
	return true;
}

/* Make up to BLOCK rows of the archive that we are at. */
static int
make_rows(struct migration *m, struct err *err)
{
	const struct conf_rra *rra = &m->want.rra[m->archive];
	int64_t width = (int64_t)m->step * rra->steps,
		last = oldfile_head(m->old)->last;
	int64_t end = last - last % width; /* of the newest row */
	enum oldfile_cf cf = oldfile_cf(rra->cf);
	double xff = rra->steps == 1 ? 0.5 : rra->xff, *row = m->rows;
	size_t count = STORE_DS_PING + m->pings;
	unsigned long n = 0;

	for (; n < BLOCK && m->row < rra->rows; n++, m->row++, row += count) {
		int64_t to = end - (int64_t)(rra->rows - 1 - m->row) * width;
		oldfile_row(m->old, cf, to - width, to, xff, row);
		if (m->under != NULL && is_unknown(row, count))
			oldfile_row(m->under, cf, to - width, to, xff, row);
	}
	size_t len = n * count * sizeof *m->rows;
	if (write_whole_at(m->fd, m->rows, len, m->at) < 0)
		return err_set(err, "%s: %s", m->fresh, strerror(errno));
	m->at += (off_t)len;
	if (m->row == rra->rows) {
		m->archive++;
		m->row = 0;
	}
	return 0;
}

/* --- ending ---------------------------------------------------------------------- */

/* Is the file still the one that was read, and did reading go well? */
static int
check_old(const struct migration *m, const struct store_rrd *now, struct err *err)
{
	const struct store_rrd *was = oldfile_head(m->old);
	int error = oldfile_error(m->old);

	if (error == 0 && m->under != NULL)
		error = oldfile_error(m->under);
	if (error != 0)
		return err_set(err, "%s: %s", m->path, strerror(error));
	if (now->dev != was->dev || now->ino != was->ino || now->last != was->last ||
	    now->size != was->size)
		return err_set(err, "%s: somebody else has written to it", m->path);
	return 0;
}

static int
check_new(const struct migration *m, struct err *err)
{
	struct store_rrd rrd;

	if (store_rrd_read(m->fresh, &rrd, err) < 0)
		return -1;
	bool good = rrd.series && rrd.pings == m->pings && rrd.step == m->step &&
		    rrd.last == oldfile_head(m->old)->last;
	store_rrd_free(&rrd);
	return good ? 0 : err_set(err, "%s: did not become what it should", m->fresh);
}

/* The new file gets what belongs to it besides rows: whose it is, and that it is on
 * disk. */
static int
complete(struct migration *m, struct err *err)
{
	char *head = newhead_make(m->old, m->step, m->pings, &m->want);
	int result =
	    write_whole_at(m->fd, head, newhead_size(m->pings, m->want.count), 0);
	int error = errno;
	struct stat st, mine;

	free(head);
	if (result < 0)
		return err_set(err, "%s: %s", m->fresh, strerror(error));
	if (stat(m->path, &st) == 0 && fstat(m->fd, &mine) == 0) {
		/* Who is not root can give it to nobody else, and has no need to. */
		if ((st.st_uid != mine.st_uid || st.st_gid != mine.st_gid) &&
		    fchown(m->fd, st.st_uid, st.st_gid) < 0)
			log_debug("%s: %s", m->path, strerror(errno));
		if (fchmod(m->fd, st.st_mode & 07777) < 0)
			log_debug("%s: %s", m->path, strerror(errno));
	}
	if (fdatasync(m->fd) < 0)
		return err_set(err, "%s: %s", m->fresh, strerror(errno));
	return check_new(m, err);
}

/* Does an archive cover less time than it did? So says a changed *** Database ***. */
static bool
is_shorter(const struct migration *m)
{
	const struct store_rrd *was = oldfile_head(m->old);
	unsigned long longest = 0, before = 0;

	for (size_t i = 0; i < m->want.count; i++) {
		const struct conf_rra *a = &m->want.rra[i];
		unsigned long span = (unsigned long)m->step * a->steps * a->rows;
		longest = span > longest ? span : longest;
	}
	for (size_t i = 0; i < was->rra_count; i++) {
		unsigned long span = was->step * was->rra[i].steps * was->rra[i].rows;
		before = span > before ? span : before;
	}
	return longest < before;
}

static void
describe(struct migration *m, const char *kept)
{
	const struct store_rrd *was = oldfile_head(m->old);
	size_t at =
	    (size_t)snprintf(m->text, sizeof m->text, "%s: carried over", m->path);
	const char *comma = "";

	if (was->step != m->step) {
		at += (size_t)snprintf(m->text + at, sizeof m->text - at,
		    " from step %lu to %u", was->step, m->step);
		comma = ",";
	}
	if (was->pings != m->pings)
		at += (size_t)snprintf(m->text + at, sizeof m->text - at,
		    "%s from %u to %u pings", comma, was->pings, m->pings);
	snprintf(m->text + at, sizeof m->text - at,
	    " with %s its history, %lld bytes to %lld; the old file is kept as %s",
	    is_shorter(m) ? "what fits of" : "all", (long long)was->size,
	    (long long)migrate_size(m->pings, &m->want), kept);
}

static int
finish(struct migration *m, struct err *err)
{
	char kept[STORE_PATH + 64];
	struct store_rrd now;

	if (complete(m, err) < 0 || store_rrd_read(m->path, &now, err) < 0)
		return -1;
	int result = check_old(m, &now, err);
	store_rrd_free(&now);
	if (result < 0)
		return -1;
	if (aside_link(m->path, kept, sizeof kept) < 0)
		return err_set(
		    err, "%s: no copy of it can be kept: %s", m->path, strerror(errno));
	if (rename(m->fresh, m->path) < 0) {
		err_set(err, "%s: %s", m->path, strerror(errno));
		unlink(kept);
		return -1;
	}
	close(m->fd);
	m->fd = -1;
	describe(m, kept);
	return 0;
}

enum migrate_state
migrate_work(struct migration *m, int64_t budget_ns, struct err *err)
{
	int64_t end = clock_mono_ns() + budget_ns;

	while (m->archive < m->want.count) {
		if (make_rows(m, err) < 0)
			return MIGRATE_FAILED;
		if (clock_mono_ns() >= end)
			return MIGRATE_MORE;
	}
	return finish(m, err) < 0 ? MIGRATE_FAILED : MIGRATE_DONE;
}

const char *
migrate_text(const struct migration *m)
{
	return m->text;
}
