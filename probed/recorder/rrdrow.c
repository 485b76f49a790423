#include "recorder/rrdrow.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/whole.h"
#include "recorder/oldfile.h"
#include "recorder/rrdparts.h"

/* A header that is longer belongs to librrd: one of 60 pings and seven archives has
 * 50 KiB. */
#define HEAD_MAX (64 << 10)
#define SOURCES_MAX (HEAD_MAX / sizeof(ds_def_t))
/* No number that we write has more digits than a double can count to. */
#define DIGITS_MAX 15
#define EXPONENT_MAX 300

/* The file that is being written to. */
static struct {
	_Alignas(double) char head[HEAD_MAX];
	struct rrdparts at;
	size_t sources, archives;
	double value[SOURCES_MAX]; /* of the step, as archives get it */
} rrd;

static ds_def_t *
source(size_t i)
{
	return (ds_def_t *)(void *)(rrd.head + rrd.at.ds) + i;
}

static rra_def_t *
archive(size_t i)
{
	return (rra_def_t *)(void *)(rrd.head + rrd.at.rra) + i;
}

static live_head_t *
live(void)
{
	return (live_head_t *)(void *)(rrd.head + rrd.at.live);
}

static pdp_prep_t *
step_of(size_t i)
{
	return (pdp_prep_t *)(void *)(rrd.head + rrd.at.pdp) + i;
}

static cdp_prep_t *
row_of(size_t rra)
{
	return (cdp_prep_t *)(void *)(rrd.head + rrd.at.cdp) + rra * rrd.sources;
}

static rra_ptr_t *
place(size_t rra)
{
	return (rra_ptr_t *)(void *)(rrd.head + rrd.at.ptr) + rra;
}

/* --- is it ours? ------------------------------------------------------------------ */

static int
read_head(int fd)
{
	ssize_t n;

	do
		n = pread(fd, rrd.head, rrd.at.end, 0);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)rrd.at.end ? 0 : -1;
}

static bool
is_as_judged(int fd, const struct rrdfile *file)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_dev == file->dev &&
	       st.st_ino == file->ino && st.st_size == file->size;
}

/* The counts are those that the header's length was computed from, and were checked
 * when the file was judged. Somebody may have changed it in its place since. */
static bool
is_head_ours(const struct rrdfile *file)
{
	const stat_head_t *head = (const stat_head_t *)(void *)rrd.head;

	return memcmp(head->cookie, RRD_COOKIE, sizeof head->cookie) == 0 &&
	       (memcmp(head->version, RRD_VERSION3, sizeof head->version) == 0 ||
		   memcmp(head->version, RRD_VERSION4, sizeof head->version) == 0) &&
	       head->float_cookie == FLOAT_COOKIE && head->ds_cnt == rrd.sources &&
	       head->rra_cnt == rrd.archives && head->pdp_step == file->step;
}

/* Every source is a gauge that is heard of often enough, and of which nothing is left
 * from before. */
static bool
are_sources_ours(unsigned step)
{
	for (size_t i = 0; i < rrd.sources; i++)
		if (memcmp(source(i)->dst, "GAUGE", sizeof "GAUGE") != 0 ||
		    source(i)->par[DS_mrhb_cnt].u_cnt < step ||
		    step_of(i)->scratch[PDP_unkn_sec_cnt].u_cnt != 0)
			return false;
	return true;
}

/* No archive has a row complete with the step that begins at LAST, but for those of one
 * step; and all lie within SIZE bytes. */
static bool
are_archives_ours(int64_t last, unsigned step, off_t size)
{
	uint64_t end = rrd.at.end;

	for (size_t i = 0; i < rrd.archives; i++) {
		const rra_def_t *rra = archive(i);

		if (memchr(rra->cf_nam, '\0', sizeof rra->cf_nam) == NULL ||
		    oldfile_cf(rra->cf_nam) == OLDFILE_CFS || rra->pdp_cnt < 1 ||
		    rra->row_cnt > (uint64_t)size || place(i)->cur_row >= rra->row_cnt)
			return false;
		if (rra->pdp_cnt != 1 &&
		    ((uint64_t)last / step + 1) % rra->pdp_cnt == 0)
			return false;
		end += rra->row_cnt * rrd.sources * sizeof(rrd_value_t);
	}
	return end <= (uint64_t)size;
}

static bool
is_ours(int fd, const struct rrdfile *file, int64_t row)
{
	int64_t last = row - file->step;

	return is_as_judged(fd, file) && read_head(fd) == 0 && is_head_ours(file) &&
	       row % file->step == 0 && live()->last_up == last &&
	       live()->last_up_usec == 0 && are_sources_ours(file->step) &&
	       are_archives_ours(last, file->step, file->size);
}

/* --- the values ------------------------------------------------------------------- */

/* The decimal digits at *AT, behind the others of N; *DIGITS more. */
static double
read_digits(const char **at, double n, int *digits)
{
	for (; isdigit((unsigned char)**at); (*at)++, (*digits)++)
		n = n * 10 + (**at - '0');
	return n;
}

/* The number at *AT, with the roundings of librrd's own reading; *AT moves behind it.
 * NAN when it is none that we write. */
static double
read_number(const char **at)
{
	int digits = 0, decimals = 0, more = 0;
	double n = read_digits(at, 0, &digits), power = 10;

	if (**at == '.') {
		(*at)++;
		n = read_digits(at, n, &decimals);
	}
	if (digits == 0 || digits + decimals > DIGITS_MAX)
		return NAN;
	int exponent = -decimals;
	if (**at == 'e') {
		bool negative = *++*at == '-';

		*at += **at == '-' || **at == '+';
		int e = (int)read_digits(at, 0, &more);
		if (more < 1 || more > 3)
			return NAN;
		exponent += negative ? -e : e;
	}
	if (exponent < -EXPONENT_MAX || exponent > EXPONENT_MAX)
		return NAN;
	for (int e = exponent < 0 ? -exponent : exponent; e != 0; e >>= 1) {
		if (e & 1)
			n = exponent < 0 ? n / power : n * power;
		power *= power;
	}
	return n;
}

/* The value at *AT times the seconds of a step, NAN when it is unknown, or not in the
 * source's range. *AT moves behind it. */
static bool
read_value(const char **at, const ds_def_t *ds, double step, double *sum)
{
	double min = ds->par[DS_min_val].u_val, max = ds->par[DS_max_val].u_val;

	*sum = NAN;
	if (**at == 'U') {
		(*at)++;
		return true;
	}
	double n = read_number(at);
	if (isnan(n))
		return false;
	n *= step;
	if (!(n / step > max) && !(n / step < min))
		*sum = n;
	return true;
}

/* Each of the sources gets its value of TEXT, and rrd.value what the step comes to. */
static bool
take_values(const char *text, double step)
{
	for (size_t i = 0; i < rrd.sources; i++) {
		pdp_prep_t *pdp = step_of(i);
		double *val = &pdp->scratch[PDP_val].u_val, sum, unknown = 0;
		const char *at = text;

		if (!read_value(&at, source(i), step, &sum) ||
		    *at != (i + 1 < rrd.sources ? ':' : '\0') ||
		    (size_t)(at - text) >= sizeof pdp->last_ds)
			return false;
		memset(pdp->last_ds, 0, sizeof pdp->last_ds);
		memcpy(pdp->last_ds, text, (size_t)(at - text));
		text = at + 1;
		if (isnan(sum))
			unknown = step;
		else
			*val = (isnan(*val) ? 0 : *val) + sum / step * step;
		rrd.value[i] = *val / (step - unknown);
		*val = isnan(sum) ? NAN : sum / step * 0;
	}
	return true;
}

/* --- the archives ----------------------------------------------------------------- */

/* One more step of a row that is not complete. */
static void
add_step(cdp_prep_t *cdp, enum oldfile_cf cf, double value)
{
	double *val = &cdp->scratch[CDP_val].u_val;

	if (isnan(value))
		cdp->scratch[CDP_unkn_pdp_cnt].u_cnt++;
	else if (isnan(*val) || cf == OLDFILE_LAST ||
		 (cf == OLDFILE_MIN && value < *val) ||
		 (cf == OLDFILE_MAX && value > *val))
		*val = value;
	else if (cf == OLDFILE_AVERAGE)
		*val += value;
}

/* Rows first: who is ended between has a header that does not know of them yet. */
static int
write_rows(int fd)
{
	uint64_t at = rrd.at.end;
	size_t len = rrd.sources * sizeof(rrd_value_t);

	for (size_t i = 0; i < rrd.archives; i++) {
		const rra_def_t *rra = archive(i);
		enum oldfile_cf cf = oldfile_cf(rra->cf_nam);
		cdp_prep_t *cdp = row_of(i);

		for (size_t k = 0; rra->pdp_cnt != 1 && k < rrd.sources; k++)
			add_step(&cdp[k], cf, rrd.value[k]);
		if (rra->pdp_cnt == 1) {
			for (size_t k = 0; k < rrd.sources; k++)
				cdp[k].scratch[CDP_primary_val].u_val = rrd.value[k];
			place(i)->cur_row = (place(i)->cur_row + 1) % rra->row_cnt;
			if (write_whole_at(fd, rrd.value, len,
				(off_t)(at + place(i)->cur_row * len)) < 0)
				return -1;
		}
		at += rra->row_cnt * len;
	}
	return 0;
}

static enum rrdrow_outcome
write_locked(int fd, const struct rrdfile *file, int64_t row, const char *text)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_SETLK, &lock) < 0 || !is_ours(fd, file, row) ||
	    !take_values(text, file->step))
		return RRDROW_NOT_OURS;
	live()->last_up = row;
	if (write_rows(fd) < 0 || write_whole_at(fd, rrd.head + rrd.at.live,
				      rrd.at.end - rrd.at.live, (off_t)rrd.at.live) < 0)
		return RRDROW_FAILED;
	return RRDROW_DONE;
}

enum rrdrow_outcome
rrdrow_write(const struct rrdfile *file, int64_t row, const char *text)
{
	rrd.sources = STORE_DS_PING + file->pings;
	rrd.archives = file->archives;
	rrd.at = rrdparts(file->pings, file->archives);
	if (file->archives == 0 || rrd.at.end > sizeof rrd.head)
		return RRDROW_NOT_OURS;
	/* Our reading is not noted down with the file: nobody asks, and it is a write.
	 */
	int flags = O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = open(file->path, flags | O_NOATIME);
	if (fd < 0 && errno == EPERM) /* somebody else's */
		fd = open(file->path, flags);
	if (fd < 0)
		return RRDROW_NOT_OURS;
	enum rrdrow_outcome outcome = write_locked(fd, file, row, text);
	int error = errno;
	close(fd); /* and the lock goes with it */
	errno = error;
	return outcome;
}
