#include "recorder/rrdfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rrd.h>

#include "base/log.h"
#include "base/mem.h"
#include "cached.h"
#include "recorder/aside.h"
#include "recorder/fit.h"
#include "recorder/rrdmake.h"
#include "recorder/rrdrow.h"
#include "store.h"

/* "%.10e" of a positive double with its colon. */
#define VALUE_TEXT 20

int
rrdfile_init(struct rrdfile *file, const char *path, unsigned step, unsigned pings)
{
	char buf[STORE_PATH];

	if (store_rrd_path(buf, path) < 0)
		return -1;
	*file = (struct rrdfile){ .path = mem_str(buf), .step = step, .pings = pings };
	return 0;
}

void
rrdfile_free(struct rrdfile *file)
{
	free(file->path);
	file->path = NULL;
}

/* --- moving away ----------------------------------------------------------------- */

/* What lies at FILE's place cannot be continued, and WHY. */
static enum rrdfile_outcome
put_aside(struct rrdfile *file, const char *why, struct rrdfile_report *report)
{
	char name[STORE_PATH + 64];

	file->judged = false;
	if (aside_move(file->path, name, sizeof name) < 0) {
		snprintf(report->text, sizeof report->text,
		    "%s; it cannot be moved away: %s", why, strerror(errno));
		return RRDFILE_STUCK;
	}
	report->set_aside = true;
	snprintf(report->text, sizeof report->text,
	    "%s; it is kept as %s and a new file begins", why, name);
	return RRDFILE_DONE;
}

/* --- making ---------------------------------------------------------------------- */

static enum rrdfile_outcome
stuck(struct rrdfile_report *report, const char *path, const char *what)
{
	/* That a file was moved away must not go untold. */
	size_t at = report->set_aside ? strlen(report->text) : 0;
	const char *stop = at != 0 ? "; " : "";

	if (strstr(what, path) != NULL)
		path = "";
	snprintf(report->text + at, sizeof report->text - at, "%s%s%s%s", stop, path,
	    path[0] != '\0' ? ": " : "", what);
	return RRDFILE_STUCK;
}

/* librrd writes under a temporary name beside the file, which a kill would leave there
 * for good: so that is done in a place of ours, which rrdfile_sweep() empties. */
static enum rrdfile_outcome
create(struct rrdfile *file, const struct archives *archives, int64_t start,
    struct rrdfile_report *report)
{
	static const char fresh[] = STORE_NEW "/new.rrd";
	const char *why = NULL;

	if (aside_parents(file->path) < 0 || aside_parents(fresh) < 0 ||
	    (unlink(fresh) < 0 && errno != ENOENT))
		return stuck(report, file->path, strerror(errno));
	if (rrdmake(fresh, file->step, file->pings, archives, start, &why) < 0)
		return stuck(report, file->path, why);
	if (rename(fresh, file->path) < 0) {
		int error = errno;
		unlink(fresh);
		if (error != EXDEV) /* part of DATADIR lies on another disk */
			return stuck(report, file->path, strerror(error));
		if (rrdmake(
			file->path, file->step, file->pings, archives, start, &why) < 0)
			return stuck(report, file->path, why);
	}
	report->made = true;
	return RRDFILE_DONE;
}

void
rrdfile_sweep(void)
{
	DIR *dir = opendir(STORE_NEW);
	struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL)
		unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
}

/* --- judging --------------------------------------------------------------------- */

/* Fill the holes of a file that was copied sparse: librrd writes through a mapping,
 * where a full disk is a SIGBUS and no error. */
static enum rrdfile_outcome
fill_holes(const struct rrdfile *file, off_t size, struct rrdfile_report *report)
{
	int fd = open(file->path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return stuck(report, file->path, strerror(errno));
	int error = posix_fallocate(fd, 0, size);
	close(fd);
	if (error == ENOSPC || error == EDQUOT)
		return stuck(report, file->path, strerror(error));
	return RRDFILE_DONE; /* a file system that cannot tell is no reason to stop */
}

static enum rrdfile_outcome
change_first(const char *why, struct rrdfile_report *report)
{
	snprintf(report->text, sizeof report->text, "%s", why);
	return RRDFILE_CHANGE;
}

/* Look at the file for the first time, or after somebody changed it. */
static enum rrdfile_outcome
judge(struct rrdfile *file, const struct archives *archives,
    struct rrdfile_report *report)
{
	struct store_rrd rrd;
	struct err err;
	char why[sizeof err.text];
	uint64_t table = archives_hash(archives);

	if (store_rrd_read(file->path, &rrd, &err) < 0) {
		if (errno == ENOENT)
			return RRDFILE_DONE;
		if (errno == EINVAL)
			return put_aside(file, err.text, report);
		return stuck(report, file->path, err.text);
	}
	enum rrdfile_outcome outcome = RRDFILE_DONE;
	enum fit fit = fit_judge(file->path, &rrd, file->step, file->pings, archives,
	    file->table != 0 && file->table != table, NULL, why, sizeof why);
	if (fit == FIT_FOREIGN)
		outcome = put_aside(file, why, report);
	else if (fit == FIT_CHANGE)
		outcome = change_first(why, report);
	else if (rrd.sparse)
		outcome = fill_holes(file, rrd.size, report);
	if (fit <= FIT_SIZES && outcome == RRDFILE_DONE) {
		report->differs = fit == FIT_SIZES && file->table == 0;
		file->table = table;
		file->judged = true;
		file->last = rrd.last;
		file->archives = (uint32_t)rrd.rra_count;
		file->dev = rrd.dev;
		file->ino = rrd.ino;
		file->size = rrd.size;
	}
	store_rrd_free(&rrd);
	return outcome;
}

struct migration *
rrdfile_change(const struct rrdfile *file, const char *under,
    const struct archives *archives, struct err *err)
{
	struct migration *m = NULL;
	struct archives want = { 0 };
	struct store_rrd rrd;
	char why[sizeof err->text];

	/* What rrdcached still has of it belongs to the old form. */
	if (cached_flush(file->path, why, sizeof why) != CACHED_DONE ||
	    (under != NULL && cached_flush(under, why, sizeof why) != CACHED_DONE)) {
		err_set(err, "%s: %.400s", file->path, why);
		return NULL;
	}
	if (store_rrd_read(file->path, &rrd, err) < 0)
		return NULL;
	enum fit fit = fit_judge(file->path, &rrd, file->step, file->pings, archives,
	    file->table != 0 && file->table != archives_hash(archives), &want, why,
	    sizeof why);
	if (under != NULL && (fit == FIT_GOOD || fit == FIT_SIZES))
		fit_same(&want, &rrd);
	if (want.count != 0)
		m = migrate_begin(
		    file->path, under, file->step, file->pings, &want, err);
	else
		err_set(err, "%s: somebody else has changed it", file->path);
	store_rrd_free(&rrd);
	archives_free(&want);
	return m;
}

/* Have a file to write to whose last update is known; START is for a new one. One
 * stat() a round notices what was deleted, replaced or cut off behind our back. */
static enum rrdfile_outcome
prepare(struct rrdfile *file, const struct archives *archives, int64_t start,
    struct rrdfile_report *report)
{
	struct stat st;

	if (file->judged && (stat(file->path, &st) < 0 || st.st_dev != file->dev ||
				st.st_ino != file->ino || st.st_size != file->size))
		file->judged = false;
	if (file->judged)
		return RRDFILE_DONE;
	enum rrdfile_outcome outcome = judge(file, archives, report);
	if (outcome != RRDFILE_DONE || file->judged)
		return outcome;
	outcome = create(file, archives, start, report);
	if (outcome != RRDFILE_DONE)
		return outcome;
	outcome = judge(file, archives, report);
	/* Made a moment ago and gone again: somebody is deleting. */
	return outcome == RRDFILE_DONE && !file->judged ? RRDFILE_BUSY : outcome;
}

/* --- rows ------------------------------------------------------------------------ */

/* ":%.10e" of V. Its eleven digits hold any time of less than 100 s in ns exactly, for
 * which printf() takes ten times as long. */
static size_t
put_value(char *buf, double v)
{
	static const uint64_t ten_s = 10000000000;
	uint64_t ns = v > 0 && v < 99 ? (uint64_t)(v * 1e9 + 0.5) : 0;
	int exponent = 1;

	if (isnan(v))
		return (size_t)sprintf(buf, ":U");
	if (ns == 0 || (double)ns / 1e9 != v)
		return (size_t)sprintf(buf, ":%.10e", v);
	for (; ns < ten_s; ns *= 10)
		exponent--;
	memcpy(buf, ":0.0000000000e+00", VALUE_TEXT - 2);
	for (unsigned i = 12; i > 2; i--, ns /= 10)
		buf[i] = (char)('0' + ns % 10);
	buf[1] = (char)('0' + ns);
	buf[14] = exponent < 0 ? '-' : '+';
	buf[16] = (char)('0' + (exponent < 0 ? -exponent : exponent));
	return 17;
}

/* "row:uptime:loss:median:ping1:...", as SmokePing says it. R NULL: all unknown. */
static char *
row_text(const struct rrdfile *file, int64_t time, const struct round *r)
{
	struct round_row row;
	char *text = mem_alloc(32 + (STORE_DS_PING + file->pings) * VALUE_TEXT);
	size_t at = (size_t)sprintf(text, "%lld", (long long)time);

	if (r != NULL)
		round_row(r, &row);
	/* Of an address that does not answer nobody knows whose it is. */
	at += put_value(text + at, r == NULL || isnan(row.loss) || row.answered == 0 ||
					   file->since == 0 || file->since > time
				       ? NAN
				       : (double)(time - file->since));
	if (r == NULL || isnan(row.loss)) {
		for (unsigned i = 1; i < STORE_DS_PING + file->pings; i++)
			at += put_value(text + at, NAN);
		return text;
	}
	at += (size_t)sprintf(text + at, ":%.10g", row.loss);
	at += put_value(text + at, row.median);
	for (unsigned i = 0; i < file->pings; i++)
		at += put_value(text + at, row.rank[i]);
	return text;
}

char *
rrdfile_row(const struct rrdfile *file, const struct round *r)
{
	return row_text(file, r->row, r);
}

/* Fill ARG with the update strings of what is newer than LAST, which follows. */
static size_t
make_rows(const struct rrdfile *file, const struct round *const *round, size_t count,
    char **arg, int64_t *last, struct rrdfile_report *report)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		int64_t row = round[i]->row;
		report->behind[i] = row > *last ? -1 : *last - row;
		if (report->behind[i] >= 0) {
			report->past_count++;
			continue;
		}
		/* RRD's heartbeat would fill the gap with this round's values. */
		if (row - *last > file->step)
			arg[n++] = row_text(file, row - file->step, NULL);
		arg[n++] = row_text(file, row, round[i]);
		*last = row;
	}
	return n;
}

/* Longer rows go around rrdcached: always, so that one way knows of all of a file. */
static bool
is_cached(const struct rrdfile *file)
{
	return cached_used() &&
	       32 + (STORE_DS_PING + file->pings) * VALUE_TEXT <= CACHED_ROW_MAX;
}

/* Through rrdcached, row by row. While it is away nothing is written beside it: it may
 * have older rows, which the file would not take any more. */
static enum rrdfile_outcome
update_cached(struct rrdfile *file, char **arg, size_t n, struct rrdfile_report *report)
{
	char why[512];

	for (size_t i = 0; i < n; i++) {
		enum cached_answer answer =
		    cached_update(file->path, arg[i], why, sizeof why);
		if (answer == CACHED_DONE)
			continue;
		file->judged = false;
		/* It has newer rows than the file: so that the next look at it tells
		 * which, they have to be written. */
		if (answer == CACHED_REFUSED &&
		    strstr(why, "illegal attempt") != NULL) {
			(void)cached_flush(file->path, why, sizeof why);
			return RRDFILE_BUSY;
		}
		if (answer == CACHED_REFUSED && strstr(why, "No such file") != NULL)
			return RRDFILE_BUSY;
		return stuck(report, file->path, why);
	}
	return RRDFILE_DONE;
}

static enum rrdfile_outcome
update(struct rrdfile *file, char **arg, size_t n, struct rrdfile_report *report)
{
	if (is_cached(file))
		return update_cached(file, arg, n, report);
	/* No descriptor is kept: opening anew notices what happened to the file. */
	rrd_clear_error();
	if (rrd_update_r(file->path, NULL, (int)n, (const char **)arg) == 0)
		return RRDFILE_DONE;
	const char *error = rrd_get_error();
	/* What is in the file now is not what we thought: look again next time. */
	file->judged = false;
	if (strstr(error, "could not lock") != NULL ||
	    strstr(error, "illegal attempt to update") != NULL)
		return RRDFILE_BUSY;
	return stuck(report, file->path, error);
}

/* The one row of nearly every call: the next one of a file that we know. False where it
 * is none of these, or wants librrd, and nothing was written. */
static bool
write_next(struct rrdfile *file, const struct round *r, struct rrdfile_report *report,
    enum rrdfile_outcome *outcome)
{
	if (!file->judged || r->row != file->last + file->step || is_cached(file))
		return false;
	char *text = row_text(file, r->row, r);
	enum rrdrow_outcome how = rrdrow_write(file, r->row, strchr(text, ':') + 1);
	int error = errno;
	if (how != RRDROW_NOT_OURS && how != RRDROW_FAILED)
		log_debug("%s: %s", file->path, text);
	free(text);
	if (how == RRDROW_NOT_OURS)
		return false;
	*outcome = RRDFILE_DONE;
	if (how == RRDROW_FAILED) {
		file->judged = false;
		*outcome = stuck(report, file->path, strerror(error));
		return true;
	}
	report->behind[0] = -1;
	file->last = r->row;
	return true;
}

enum rrdfile_outcome
rrdfile_write(struct rrdfile *file, const struct archives *archives,
    const struct round *const *round, size_t count, struct rrdfile_report *report)
{
	char *arg[2 * RRDFILE_BATCH];

	report->past_count = 0;
	report->made = report->set_aside = report->differs = false;
	report->text[0] = '\0';
	enum rrdfile_outcome outcome;
	if (count == 1 && write_next(file, round[0], report, &outcome))
		return outcome;
	outcome = prepare(file, archives, round[0]->row - file->step, report);
	if (outcome != RRDFILE_DONE)
		return outcome;
	int64_t last = file->last;
	size_t n = make_rows(file, round, count, arg, &last, report);
	if (n != 0)
		outcome = update(file, arg, n, report);
	for (size_t i = 0; i < n && outcome == RRDFILE_DONE; i++)
		log_debug("%s: %s", file->path, arg[i]);
	for (size_t i = 0; i < n; i++)
		free(arg[i]);
	if (outcome == RRDFILE_DONE)
		file->last = last;
	return outcome;
}
