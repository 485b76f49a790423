#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Only the structs of the format on disk; nothing of librrd is called here. */
#define RRD_EXPORT_DEPRECATED
#include <rrd.h>
#include <rrd_format.h>

#include "base/mem.h"
#include "cached.h"

/* More than any real file has, little enough to be summed up without overflow. */
#define RRA_MAX 4096
#define ROWS_MAX (1UL << 31)

/* --- paths ----------------------------------------------------------------------- */

static bool
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

int
store_rrd_path(char *buf, const char *path)
{
	size_t at = 0;
	bool slave = false, empty = true; /* the element that we are in */

	for (const char *p = path; *p != '\0'; p++) {
		if (at + sizeof "/.rrd" > STORE_PATH)
			return -1;
		if (is_name(*p)) {
			empty = false;
			buf[at++] = *p;
		} else if (*p == '.' && slave) {
			buf[at++] = *p; /* behind the ~ it cannot be a directory */
		} else if ((*p == '.' || (*p == '~' && !slave)) && !empty) {
			buf[at++] = *p == '.' ? '/' : '~';
			slave = *p == '~';
			empty = true;
		} else {
			return -1;
		}
	}
	if (empty)
		return -1;
	/* No element longer than a file name may be. */
	memcpy(buf + at, ".rrd", sizeof ".rrd");
	for (const char *p = buf; p != NULL; p = strchr(p, '/')) {
		p += *p == '/';
		if (strcspn(p, "/") > NAME_MAX)
			return -1;
	}
	return 0;
}

/* --- the header of an RRD -------------------------------------------------------- */

static int
bad(struct err *err, const char *file, const char *what)
{
	errno = EINVAL;
	return err_set(err, "%s: %s", file, what);
}

/* All LEN bytes at OFFSET; the caller has compared with the size. */
static int
read_at(int fd, const char *file, void *buf, size_t len, off_t at, struct err *err)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = pread(fd, (char *)buf + got, len - got, at + (off_t)got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(err, "%s: %s", file, strerror(errno));
		if (n == 0)
			return bad(err, file, "ends inside its header");
		got += (size_t)n;
	}
	return 0;
}

/* Whose file is it? librrd reads only what a machine like this one wrote. */
static int
check_static(const char *file, const stat_head_t *head, struct err *err)
{
	static const double cookie = FLOAT_COOKIE;
	unsigned char swapped[sizeof cookie];

	if (memcmp(head->cookie, RRD_COOKIE, sizeof head->cookie) != 0)
		return bad(err, file, "is not an RRD file");
	if (memcmp(&head->float_cookie, &cookie, sizeof cookie) != 0) {
		for (size_t i = 0; i < sizeof cookie; i++)
			swapped[i] =
			    ((const unsigned char *)&cookie)[sizeof cookie - 1 - i];
		if (memmem(head, sizeof *head, &cookie, sizeof cookie) != NULL ||
		    memmem(head, sizeof *head, swapped, sizeof swapped) != NULL)
			return bad(err, file,
			    "was written on another kind of machine; "
			    "carry it over with rrdtool dump there, restore here");
		return bad(err, file, "has a broken header");
	}
	if (memchr(head->version, '\0', sizeof head->version) == NULL ||
	    strspn(head->version, "0123456789") != 4 ||
	    strcmp(head->version, "0001") < 0 ||
	    strcmp(head->version, RRD_VERSION5) > 0)
		return bad(err, file, "has an RRD version that is not 0001 to 0005");
	if (head->ds_cnt < 1 || head->ds_cnt > STORE_DS_MAX || head->rra_cnt < 1 ||
	    head->rra_cnt > RRA_MAX || head->pdp_step < 1 || head->pdp_step > INT32_MAX)
		return bad(err, file, "has impossible counts in its header");
	return 0;
}

static bool
is_word(const char *s, size_t size, const char *allowed)
{
	size_t n = strnlen(s, size);

	return n > 0 && n < size && strspn(s, allowed) >= n;
}

static bool
is_known(const char *s, size_t size, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strnlen(s, size) < size && strcmp(s, *list) == 0)
			return true;
	return false;
}

static int
check_ds(const char *file, const ds_def_t *ds, size_t count, struct store_rrd *rrd,
    struct err *err)
{
	static const char *const types[] = { "COUNTER", "ABSOLUTE", "GAUGE", "DERIVE",
		"COMPUTE", "DCOUNTER", "DDERIVE", NULL };
	static const char *const head[] = { "uptime", "loss", "median" };

	rrd->series = count > STORE_DS_PING;
	for (size_t i = 0; i < count; i++) {
		char ping[DS_NAM_SIZE];
		const char *want = ping;
		if (!is_word(ds[i].ds_nam, sizeof ds[i].ds_nam,
			"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"0123456789_-") ||
		    !is_known(ds[i].dst, sizeof ds[i].dst, types))
			return bad(err, file, "has a broken data source");
		snprintf(ping, sizeof ping, "ping%zu", i + 1 - STORE_DS_PING);
		if (i < STORE_DS_PING)
			want = head[i];
		if (strcmp(ds[i].ds_nam, want) != 0 || strcmp(ds[i].dst, "GAUGE") != 0)
			rrd->series = false;
	}
	rrd->pings = rrd->series ? (unsigned)(count - STORE_DS_PING) : 0;
	return 0;
}

/* Copies the archives to RRD->rra and adds up their rows. */
static int
check_rra(const char *file, const rra_def_t *def, size_t count, struct store_rrd *rrd,
    unsigned long *rows, struct err *err)
{
	static const char *const cfs[] = { "AVERAGE", "MIN", "MAX", "LAST", "HWPREDICT",
		"SEASONAL", "DEVPREDICT", "DEVSEASONAL", "FAILURES", "MHWPREDICT",
		NULL };

	rrd->rra = mem_zero(count, sizeof *rrd->rra);
	*rows = 0;
	for (size_t i = 0; i < count; i++) {
		if (!is_known(def[i].cf_nam, sizeof def[i].cf_nam, cfs) ||
		    def[i].row_cnt < 1 || def[i].row_cnt > ROWS_MAX ||
		    def[i].pdp_cnt < 1 || def[i].pdp_cnt > INT32_MAX)
			return bad(err, file, "has a broken archive definition");
		memcpy(rrd->rra[i].cf, def[i].cf_nam, sizeof rrd->rra[i].cf);
		rrd->rra[i].xff = def[i].par[RRA_cdp_xff_val].u_val;
		rrd->rra[i].steps = def[i].pdp_cnt;
		rrd->rra[i].rows = def[i].row_cnt;
		*rows += def[i].row_cnt;
	}
	return 0;
}

/* librrd writes to the row that the header names, whatever it says. */
static int
check_current(
    const char *file, const rra_ptr_t *ptr, struct store_rrd *rrd, struct err *err)
{
	for (size_t i = 0; i < rrd->rra_count; i++) {
		if (ptr[i].cur_row >= rrd->rra[i].rows)
			return bad(err, file, "points behind the end of an archive");
		rrd->rra[i].current = ptr[i].cur_row;
	}
	return 0;
}

/* The definitions and the live head behind them, SIZE bytes long in total. */
static int
read_definitions(int fd, const char *file, const stat_head_t *head,
    struct store_rrd *rrd, struct err *err)
{
	size_t ds_len = head->ds_cnt * sizeof(ds_def_t);
	size_t rra_len = head->rra_cnt * sizeof(rra_def_t);
	/* Before 0003 the live head had no microseconds. */
	size_t live_len = strcmp(head->version, RRD_VERSION3) < 0 ? sizeof(time_t)
								  : sizeof(live_head_t);
	size_t len = ds_len + rra_len + live_len;
	size_t ptr_len = head->rra_cnt * sizeof(rra_ptr_t);
	uint64_t ptr_at = sizeof *head + len + head->ds_cnt * sizeof(pdp_prep_t) +
			  head->ds_cnt * head->rra_cnt * sizeof(cdp_prep_t);
	unsigned long rows;
	time_t last;

	if (ptr_at + ptr_len > (uint64_t)rrd->size)
		return bad(err, file, "is shorter than its header");
	char *def = mem_alloc(len + ptr_len);
	int result = -1;
	if (read_at(fd, file, def, len, sizeof *head, err) < 0 ||
	    read_at(fd, file, def + len, ptr_len, (off_t)ptr_at, err) < 0 ||
	    check_ds(file, (ds_def_t *)(void *)def, head->ds_cnt, rrd, err) < 0 ||
	    check_rra(file, (rra_def_t *)(void *)(def + ds_len), head->rra_cnt, rrd,
		&rows, err) < 0 ||
	    check_current(file, (rra_ptr_t *)(void *)(def + len), rrd, err) < 0)
		goto out;
	memcpy(&last, def + ds_len + rra_len, sizeof last);
	rrd->last = last;
	if (last < 0) {
		bad(err, file, "has an impossible time of its last update");
		goto out;
	}
	rrd->rows_at = ptr_at + ptr_len;
	uint64_t need =
	    rrd->rows_at + (uint64_t)rows * head->ds_cnt * sizeof(rrd_value_t);
	if (need > (uint64_t)rrd->size) {
		errno = EINVAL;
		err_set(err, "%s: is cut off: %lld bytes, expected %llu", file,
		    (long long)rrd->size, (unsigned long long)need);
		goto out;
	}
	result = 0;
out:
	free(def);
	return result;
}

static int
read_fd(int fd, const char *file, struct store_rrd *rrd, struct err *err)
{
	struct stat st;
	stat_head_t head;

	if (fstat(fd, &st) < 0)
		return err_set(err, "%s: %s", file, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return bad(err, file, "is not a regular file");
	rrd->dev = st.st_dev;
	rrd->ino = st.st_ino;
	rrd->size = st.st_size;
	rrd->sparse = st.st_blocks < st.st_size / 512;
	if (st.st_size == 0)
		return bad(err, file, "is empty (zero bytes)");
	if ((uint64_t)st.st_size < sizeof head)
		return bad(err, file, "is shorter than its header");
	if (read_at(fd, file, &head, sizeof head, 0, err) < 0 ||
	    check_static(file, &head, err) < 0)
		return -1;
	rrd->step = head.pdp_step;
	rrd->ds_count = head.ds_cnt;
	rrd->rra_count = head.rra_cnt;
	return read_definitions(fd, file, &head, rrd, err);
}

/* A descriptor, or -1 with ERR. */
static int
open_rrd(const char *file, struct err *err)
{
	/* Not to be held up by a FIFO that someone left there. */
	int fd = open(file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, "%s: %s", file, strerror(errno));
	return fd;
}

static int
read_header(const char *file, struct store_rrd *rrd, struct err *err)
{
	memset(rrd, 0, sizeof *rrd);
	int fd = open_rrd(file, err);
	if (fd < 0)
		return -1;
	int result = read_fd(fd, file, rrd, err);
	int saved = errno;
	close(fd);
	if (result < 0)
		store_rrd_free(rrd);
	errno = saved;
	return result;
}

int
store_rrd_read(const char *file, struct store_rrd *rrd, struct err *err)
{
	char why[256];

	/* Else its last update may not be the last one. */
	if (cached_flush(file, why, sizeof why) != CACHED_DONE) {
		memset(rrd, 0, sizeof *rrd);
		errno = EAGAIN;
		return err_set(err, "%s: %s", file, why);
	}
	return read_header(file, rrd, err);
}

void
store_rrd_free(struct store_rrd *rrd)
{
	free(rrd->rra);
	rrd->rra = NULL;
}

int
store_rrd_sound(const char *file, struct err *err)
{
	struct store_rrd rrd;
	char why[256];

	/* Where that fails, what the file has is better than nothing. */
	(void)cached_flush(file, why, sizeof why);
	int result = read_header(file, &rrd, err);

	if (result == 0)
		store_rrd_free(&rrd);
	return result;
}

/* --- rows ------------------------------------------------------------------------- */

/* The longest archive of averages with SECONDS a row, and where its rows begin in the
 * file; NULL: there is none. */
static const struct store_rra *
find_archive(const struct store_rrd *rrd, unsigned long seconds, uint64_t *at)
{
	const struct store_rra *best = NULL;
	uint64_t here = rrd->rows_at;

	for (unsigned long i = 0; i < rrd->rra_count; i++) {
		const struct store_rra *a = &rrd->rra[i];

		if (strcmp(a->cf, "AVERAGE") == 0 && a->steps * rrd->step == seconds &&
		    (best == NULL || a->rows > best->rows)) {
			best = a;
			*at = here;
		}
		here += (uint64_t)a->rows * rrd->ds_count * sizeof(rrd_value_t);
	}
	return best;
}

/* COUNT rows from the Kth oldest on, all within A, whose rows begin AT. */
static int
read_rows(int fd, const char *file, const struct store_rra *a, uint64_t at,
    unsigned long k, size_t count, size_t row_len, double *value, struct err *err)
{
	while (count > 0) {
		unsigned long place = (a->current + 1 + k) % a->rows;
		size_t some = a->rows - place < count ? a->rows - place : count;

		if (read_at(fd, file, value, some * row_len,
			(off_t)(at + place * row_len), err) < 0)
			return -1;
		value += some * row_len / sizeof *value;
		k += some;
		count -= some;
	}
	return 0;
}

static void
unknown(double *value, size_t count)
{
	for (size_t i = 0; i < count; i++)
		value[i] = NAN;
}

/* What store_rrd_rows() does, of an open file. */
static int
rows_of(int fd, const char *file, unsigned long seconds, int64_t first, size_t count,
    unsigned long columns, double *value, struct store_rrd *rrd, struct err *err)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	uint64_t at = 0;

	if (fcntl(fd, F_SETLK, &lock) < 0) {
		errno = errno == EACCES ? EAGAIN : errno;
		return err_set(err, "%s: could not lock: %s", file, strerror(errno));
	}
	if (read_fd(fd, file, rrd, err) < 0)
		return -1;
	const struct store_rra *a = find_archive(rrd, seconds, &at);
	if (a == NULL || rrd->ds_count != columns)
		return bad(err, file, "changed while it was read");
	/* Rows by their number, the oldest that the archive has being 0. */
	int64_t span = (int64_t)seconds;
	int64_t oldest = rrd->last / span - (int64_t)a->rows + 1;
	int64_t from = first / span - oldest, to = from + (int64_t)count;
	size_t before = from < 0 ? (size_t)-from : 0;
	size_t behind = to > (int64_t)a->rows ? (size_t)(to - (int64_t)a->rows) : 0;
	if (before >= count || behind >= count) {
		unknown(value, count * columns);
		return 0;
	}
	unknown(value, before * columns);
	unknown(value + (count - behind) * columns, behind * columns);
	return read_rows(fd, file, a, at, (unsigned long)(from < 0 ? 0 : from),
	    count - before - behind, columns * sizeof *value, value + before * columns,
	    err);
}

int
store_rrd_rows(const char *file, unsigned long seconds, int64_t first, size_t count,
    unsigned long columns, double *value, struct err *err)
{
	struct store_rrd rrd = { 0 };
	int fd = open_rrd(file, err);

	if (fd < 0)
		return -1;
	int result =
	    rows_of(fd, file, seconds, first, count, columns, value, &rrd, err);
	int saved = errno;
	close(fd); /* and the lock goes with it */
	store_rrd_free(&rrd);
	errno = saved;
	return result;
}
