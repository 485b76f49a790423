#include "recorder/rrdfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <rrd.h>

#include "base/clock.h"
#include "base/mem.h"
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

/* --- directories, moving away ---------------------------------------------------- */

/* Make the directories that PATH lies in. */
static int
make_parents(const char *path)
{
	char dir[2 * STORE_PATH];

	snprintf(dir, sizeof dir, "%s", path);
	for (char *p = strchr(dir, '/'); p != NULL; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(dir, 0755) < 0 && errno != EEXIST)
			return -1;
		*p = '/';
	}
	return 0;
}

/* Move PATH to a dated name below TO ("" or a directory with slash) that is free. */
static int
move_dated(const char *path, const char *to, char *name, size_t size)
{
	time_t now = (time_t)(clock_wall_ns() / CLOCK_NS_PER_S);
	char date[32];
	struct tm tm;
	struct stat st;

	gmtime_r(&now, &tm);
	strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", &tm);
	for (unsigned i = 1; i < 1000; i++) {
		int n = i == 1 ? snprintf(name, size, "%s%s-%s", to, path, date)
			       : snprintf(name, size, "%s%s-%s-%u", to, path, date, i);
		if (n < 0 || (size_t)n >= size) {
			errno = ENAMETOOLONG;
			return -1;
		}
		if (make_parents(name) < 0)
			return -1;
		/* There is one writer, so looking before moving is no race. */
		if (lstat(name, &st) < 0 && errno == ENOENT)
			return rename(path, name);
	}
	errno = EEXIST;
	return -1;
}

/* What lies at FILE's place cannot be continued, and WHY. */
static enum rrdfile_outcome
put_aside(struct rrdfile *file, const char *why, struct rrdfile_report *report)
{
	char name[STORE_PATH + 64];

	file->judged = false;
	if (move_dated(file->path, STORE_ASIDE "/", name, sizeof name) < 0 &&
	    move_dated(file->path, "", name, sizeof name) < 0) {
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

/* librrd does not say why it could not make a file of SIZE bytes: find out. */
static const char *
why_not(off_t size)
{
	static const char name[] = STORE_NEW "/try";
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int error = errno;

	if (fd >= 0) {
		error = posix_fallocate(fd, 0, size);
		close(fd);
		unlink(name);
	}
	return error != 0 ? strerror(error) : NULL;
}

/* Make PATH, which must not be there. 0, or -1 with WHY. */
static int
make_file(const char *path, const struct rrdfile *file, const struct archives *archives,
    int64_t start, const char **why)
{
	size_t n = STORE_DS_PING + file->pings + archives->count, at = 0;
	char **arg = mem_zero(n, sizeof *arg);
	unsigned beat = 2 * file->step;
	off_t rows = 0;

	arg[at++] = mem_printf("DS:uptime:GAUGE:%u:0:U", beat);
	arg[at++] = mem_printf("DS:loss:GAUGE:%u:0:%u", beat, file->pings);
	arg[at++] = mem_printf("DS:median:GAUGE:%u:0:U", beat);
	for (unsigned i = 1; i <= file->pings; i++)
		arg[at++] = mem_printf("DS:ping%u:GAUGE:%u:0:U", i, beat);
	for (size_t i = 0; i < archives->count; i++) {
		rows += archives->rra[i].rows;
		arg[at++] = mem_printf("RRA:%s:%.10g:%u:%u", archives->rra[i].cf,
		    archives->rra[i].xff, archives->rra[i].steps,
		    archives->rra[i].rows);
	}
	rrd_clear_error();
	int result = rrd_create_r2(
	    path, file->step, (time_t)start, 1, NULL, NULL, (int)n, (const char **)arg);
	for (size_t i = 0; i < n; i++)
		free(arg[i]);
	free(arg);
	if (result == 0)
		return 0;
	*why = why_not(rows * (off_t)((STORE_DS_PING + file->pings) * sizeof(double)));
	if (*why == NULL)
		*why = rrd_get_error();
	return -1;
}

/* librrd writes under a temporary name beside the file, which a kill would leave there
 * for good: so that is done in a place of ours, which rrdfile_sweep() empties. */
static enum rrdfile_outcome
create(struct rrdfile *file, const struct archives *archives, int64_t start,
    struct rrdfile_report *report)
{
	static const char fresh[] = STORE_NEW "/new.rrd";
	const char *why = NULL;

	if (make_parents(file->path) < 0 || make_parents(fresh) < 0 ||
	    (unlink(fresh) < 0 && errno != ENOENT))
		return stuck(report, file->path, strerror(errno));
	if (make_file(fresh, file, archives, start, &why) < 0)
		return stuck(report, file->path, why);
	if (rename(fresh, file->path) < 0) {
		int error = errno;
		unlink(fresh);
		if (error != EXDEV) /* part of DATADIR lies on another disk */
			return stuck(report, file->path, strerror(error));
		if (make_file(file->path, file, archives, start, &why) < 0)
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

/* Is it what the configuration wants? Differences that SmokePing lives with (size of
 * archives, heartbeat, limits) are no reason; the others are told in WHY. */
static bool
fits(const struct rrdfile *file, const struct archives *archives,
    const struct store_rrd *rrd, struct rrdfile_report *report, char *why, size_t size)
{
	why[0] = '\0';
	if (!rrd->series)
		snprintf(why, size,
		    "%s: is another program's RRD, expected the data sources uptime, "
		    "loss, median, ping1 ...",
		    file->path);
	else if (rrd->step != file->step)
		snprintf(why, size, "%s: has step %lu, the configuration says %u",
		    file->path, rrd->step, file->step);
	else if (rrd->pings != file->pings)
		snprintf(why, size, "%s: has %u pings, the configuration says %u",
		    file->path, rrd->pings, file->pings);
	else if (rrd->rra_count != archives->count)
		snprintf(why, size, "%s: has %lu archives, the configuration says %zu",
		    file->path, rrd->rra_count, archives->count);
	for (size_t i = 0; i < archives->count && why[0] == '\0'; i++) {
		const struct conf_rra *want = &archives->rra[i];
		const struct store_rra *got = &rrd->rra[i];
		if (strcmp(got->cf, want->cf) != 0)
			snprintf(why, size,
			    "%s: archive %zu holds %s, the configuration says %s",
			    file->path, i + 1, got->cf, want->cf);
		else if (got->steps != want->steps || got->rows != want->rows ||
			 fabs(got->xff - want->xff) > 1e-6)
			report->differs = true;
	}
	return why[0] == '\0';
}

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

/* Look at the file for the first time, or after somebody changed it. */
static enum rrdfile_outcome
judge(struct rrdfile *file, const struct archives *archives,
    struct rrdfile_report *report)
{
	struct store_rrd rrd;
	struct err err;
	char why[sizeof err.text];

	if (store_rrd_read(file->path, &rrd, &err) < 0) {
		if (errno == ENOENT)
			return RRDFILE_DONE;
		if (errno == EINVAL)
			return put_aside(file, err.text, report);
		return stuck(report, file->path, err.text);
	}
	enum rrdfile_outcome outcome = RRDFILE_DONE;
	bool ours = fits(file, archives, &rrd, report, why, sizeof why);
	if (!ours)
		outcome = put_aside(file, why, report);
	else if (rrd.sparse)
		outcome = fill_holes(file, rrd.size, report);
	if (ours && outcome == RRDFILE_DONE) {
		file->judged = true;
		file->last = rrd.last;
		file->dev = rrd.dev;
		file->ino = rrd.ino;
		file->size = rrd.size;
	}
	store_rrd_free(&rrd);
	return outcome;
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

static size_t
put_value(char *buf, double v)
{
	if (isnan(v))
		return (size_t)sprintf(buf, ":U");
	return (size_t)sprintf(buf, ":%.10e", v);
}

/* "row:uptime:loss:median:ping1:...", as SmokePing says it. R NULL: all unknown. */
static char *
row_text(const struct rrdfile *file, int64_t time, const struct round *r)
{
	struct round_row row;
	char *text = mem_alloc(32 + (STORE_DS_PING + file->pings) * VALUE_TEXT);
	size_t at = (size_t)sprintf(text, "%lld:U", (long long)time);

	if (r != NULL)
		round_row(r, &row);
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

/* Fill ARG with the update strings of what is newer than LAST, which follows. */
static size_t
make_rows(const struct rrdfile *file, const struct round *const *round, size_t count,
    char **arg, int64_t *last, struct rrdfile_report *report)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		int64_t row = round[i]->row;
		report->past[i] = row <= *last;
		if (report->past[i]) {
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

static enum rrdfile_outcome
update(struct rrdfile *file, char **arg, size_t n, struct rrdfile_report *report)
{
	/* No descriptor is kept: opening anew notices what happened to the file, and
	 * costs little (measured: 46 us a row of 20 pings all in all, 16 us in a batch
	 * of four). */
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

enum rrdfile_outcome
rrdfile_write(struct rrdfile *file, const struct archives *archives,
    const struct round *const *round, size_t count, struct rrdfile_report *report)
{
	char *arg[2 * RRDFILE_BATCH];

	report->past_count = 0;
	report->made = report->set_aside = report->differs = false;
	report->text[0] = '\0';
	enum rrdfile_outcome outcome =
	    prepare(file, archives, round[0]->row - file->step, report);
	if (outcome != RRDFILE_DONE)
		return outcome;
	int64_t last = file->last;
	size_t n = make_rows(file, round, count, arg, &last, report);
	if (n != 0)
		outcome = update(file, arg, n, report);
	for (size_t i = 0; i < n; i++)
		free(arg[i]);
	if (outcome == RRDFILE_DONE)
		file->last = last;
	return outcome;
}
