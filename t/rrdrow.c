/* A row written without librrd: to the bit what librrd makes of the file, for any
 * sequence of rows, and nothing at all where the file is another than expected. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "recorder/rrdmake.h"
#include "recorder/rrdparts.h"
#include "recorder/rrdrow.h"
#include "store.h"
#include "t/tap.h"

#define T0 1700000040LL /* a whole number of any step here */
#define FILE_MAX (1 << 20)
#define TEXT_MAX 8192

static char dir[] = "/tmp/smokebox-rrdrow-XXXXXX";
static uint64_t dice_state = 88172645463325252;

static unsigned
dice(unsigned sides)
{
	dice_state ^= dice_state << 13;
	dice_state ^= dice_state >> 7;
	dice_state ^= dice_state << 17;
	return (unsigned)(dice_state >> 33) % sides;
}

/* --- files ------------------------------------------------------------------------ */

static size_t
read_file(const char *path, char *buf)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, FILE_MAX);

	if (fd >= 0)
		close(fd);
	return n < 0 ? 0 : (size_t)n;
}

static void
write_file(const char *path, const char *buf, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, buf, len) != (ssize_t)len)
		abort();
	close(fd);
}

static void
copy(const char *from, const char *to)
{
	static char buf[FILE_MAX];

	write_file(to, buf, read_file(from, buf));
}

/* Are they equal, byte by byte? But for the sign of what is no number, which says
 * nothing. */
static bool
equal(const char *a, const char *b)
{
	static _Alignas(double) char x[FILE_MAX], y[FILE_MAX];
	size_t n = read_file(a, x), m = read_file(b, y);
	double v[2];

	if (n != m || n == 0)
		return false;
	for (size_t i = 0; i < n; i += sizeof v[0]) {
		memcpy(&v[0], x + i, sizeof v[0]);
		memcpy(&v[1], y + i, sizeof v[1]);
		if (memcmp(&v[0], &v[1], sizeof v[0]) != 0 &&
		    !(isnan(v[0]) && isnan(v[1]))) {
			printf("# byte %zu: %a, librrd has %a\n", i, v[0], v[1]);
			return false;
		}
	}
	return true;
}

/* FILE is what lies there, last updated at LAST. */
static struct rrdfile
known(const char *path, unsigned step, unsigned pings, size_t archives, int64_t last)
{
	struct rrdfile f = { .path = (char *)path,
		.step = step,
		.pings = pings,
		.judged = true,
		.last = last,
		.archives = (uint32_t)archives };
	struct stat st;

	if (stat(path, &st) == 0) {
		f.dev = st.st_dev;
		f.ino = st.st_ino;
		f.size = st.st_size;
	}
	return f;
}

static bool
librrd(const char *path, int64_t row, const char *values)
{
	char text[TEXT_MAX + 32];
	const char *arg = text;

	snprintf(text, sizeof text, "%lld:%s", (long long)row, values);
	rrd_clear_error();
	return rrd_update_r(path, NULL, 1, &arg) == 0;
}

/* --- rows ------------------------------------------------------------------------- */

/* One value as the recorder writes it, and others that are numbers too. */
static size_t
put_value(char *buf, size_t size)
{
	static const char *const odd[] = { "0", "20", "1e-05", "3.333333333", "12.5",
		"1.0000000000e+02", "9.9999999999e-01", "1e3", "123456789012345" };

	switch (dice(8)) {
	case 0:
		return (size_t)snprintf(buf, size, "U");
	case 1:
		return (size_t)snprintf(
		    buf, size, "%s", odd[dice(sizeof odd / sizeof odd[0])]);
	default:
		return (size_t)snprintf(
		    buf, size, "%.10e", (1 + dice(2000000000)) / 1e9);
	}
}

static const char *
values(unsigned pings)
{
	static char text[TEXT_MAX];
	bool unknown = dice(10) == 0;
	size_t at = 0;

	for (unsigned i = 0; i < STORE_DS_PING + pings; i++) {
		if (i != 0)
			text[at++] = ':';
		if (unknown || i == STORE_DS_UPTIME)
			text[at++] = 'U';
		else if (i == STORE_DS_LOSS)
			at += (size_t)snprintf(
			    text + at, 32, "%.10g", dice(3) * (pings / 2.0) / 1.7);
		else
			at += put_value(text + at, 32);
	}
	text[at] = '\0';
	return text;
}

static struct conf_rra one[] = { { "AVERAGE", 0.5, 1, 60 } };
static struct conf_rra smokeping[] = {
	{ "AVERAGE", 0.5, 1, 100 },
	{ "AVERAGE", 0.5, 12, 43 },
	{ "MIN", 0.5, 12, 43 },
	{ "MAX", 0.5, 12, 43 },
	{ "AVERAGE", 0.5, 144, 7 },
	{ "MAX", 0.5, 144, 7 },
	{ "MIN", 0.5, 144, 7 },
};
static struct conf_rra odd[] = {
	{ "LAST", 0.1, 3, 5 },
	{ "MAX", 0.9, 1, 1 },
	{ "AVERAGE", 0.0, 2, 9 },
	{ "MIN", 0.5, 1, 11 },
	{ "AVERAGE", 0.99, 7, 2 },
};

/* COUNT rows into a file of ours and into one of librrd's. How many we wrote ourselves,
 * or -1 when the files differ. */
static int
sequence(const struct archives *table, unsigned step, unsigned pings, unsigned count)
{
	int64_t last = T0 + (int64_t)dice(1000) * step, row = last;
	const char *why;
	int ours = 0;

	unlink("ours.rrd");
	if (rrdmake("ours.rrd", step, pings, table, last, &why) < 0)
		return -1;
	copy("ours.rrd", "theirs.rrd");
	for (unsigned i = 0; i < count; i++) {
		/* A gap, a clock that went back, or was no whole step on. */
		unsigned what = dice(50);
		if (what == 0)
			row = last + (int64_t)(2 + dice(300)) * step;
		else if (what == 1)
			row = last - (int64_t)dice(5) * step;
		else if (what == 2)
			row = last + 1 + dice(2 * step);
		else
			row = last - last % step + step;
		const char *text = values(pings);
		struct rrdfile f = known("ours.rrd", step, pings, table->count, last);
		enum rrdrow_outcome how = rrdrow_write(&f, row, text);
		bool theirs = librrd("theirs.rrd", row, text);

		if (how == RRDROW_DONE && !theirs)
			return -1;
		if (how == RRDROW_DONE)
			ours++;
		else if (librrd("ours.rrd", row, text) != theirs)
			return -1;
		if (!equal("ours.rrd", "theirs.rrd")) {
			printf("# step %u, %u pings, row %u (%s): %.200s\n", step,
			    pings, i, how == RRDROW_DONE ? "ours" : "librrd's", text);
			return -1;
		}
		if (theirs)
			last = row;
	}
	return ours;
}

static void
sequences(void)
{
	static const struct {
		struct archives table;
		unsigned least; /* of 300 rows we write so many ourselves */
		const char *name;
	} kind[] = {
		{ { one, 1 }, 240, "one archive" },
		{ { smokeping, 7 }, 200, "SmokePing's archives" },
		{ { odd, 5 }, 60, "odd archives" },
	};
	static const unsigned step[] = { 1, 3, 10, 60, 300 }, pings[] = { 1, 5, 20 };

	for (size_t k = 0; k < sizeof kind / sizeof kind[0]; k++) {
		bool good = true, enough = true;

		for (size_t s = 0; s < 5; s++)
			for (size_t p = 0; p < 3; p++) {
				int ours =
				    sequence(&kind[k].table, step[s], pings[p], 300);
				good &= ours >= 0;
				enough &= ours >= (int)kind[k].least;
				if (ours < (int)kind[k].least)
					printf("# %d of 300 ours\n", ours);
			}
		ok(good, "%s: the bytes are librrd's", kind[k].name);
		ok(enough, "%s: most rows are written without it", kind[k].name);
	}
}

/* --- files that are others than expected ------------------------------------------ */

/* A file that we would write to, of 5 pings and a step of 10 s. */
static struct rrdfile
fresh(void)
{
	static const struct archives table = { smokeping, 7 };
	const char *why;

	unlink("x.rrd");
	if (rrdmake("x.rrd", 10, 5, &table, T0, &why) < 0)
		abort();
	return known("x.rrd", 10, 5, 7, T0);
}

#define FIVE "U:0:1e-3:1e-3:1e-3:1e-3:1e-3:1e-3"

/* Nobody but librrd writes to F, and it was left as it is. */
static void
refused(const struct rrdfile *f, int64_t row, const char *text, const char *what)
{
	static char before[FILE_MAX], after[FILE_MAX];
	size_t n = read_file(f->path, before);
	enum rrdrow_outcome how = rrdrow_write(f, row, text);

	ok(how == RRDROW_NOT_OURS && read_file(f->path, after) == n &&
		memcmp(before, after, n) == 0,
	    "%s", what);
}

/* The header of x.rrd with WHAT bytes at AT. */
static void
patch(size_t at, const void *what, size_t len)
{
	static char buf[FILE_MAX];
	size_t n = read_file("x.rrd", buf);
	int fd = open("x.rrd", O_WRONLY);

	if (n == 0 || fd < 0 || pwrite(fd, what, len, (off_t)at) != (ssize_t)len)
		abort();
	close(fd);
}

static void
patch_number(size_t at, unsigned long n)
{
	patch(at, &n, sizeof n);
}

static void
others(void)
{
	struct rrdparts at = rrdparts(5, 7);
	struct rrdfile f = fresh();

	is_int(rrdrow_write(&f, T0 + 10, FIVE), RRDROW_DONE, "a file as expected");
	refused(&f, T0 + 10, FIVE, "the same row again");
	refused(&f, T0 + 30, FIVE, "a row behind a gap");
	refused(&f, T0 + 15, FIVE, "no whole step");
	refused(&f, T0 + 20, "U:0:1e-3", "too few values");
	refused(&f, T0 + 20, FIVE ":1", "too many values");
	refused(&f, T0 + 20, "U:0:1e-3:1e-3:1e-3:1e-3:1e-3:wrong", "no number");
	refused(&f, T0 + 20, "U:0:1e-3:1e-3:1e-3:1e-3:1e-3:1e", "half a number");
	refused(&f, T0 + 20, "U:0:1e-3:1e-3:1e-3:1e-3:1e-3:1234567890123456",
	    "more digits than a double has");
	f = fresh();
	f.ino++;
	refused(&f, T0 + 10, FIVE, "another file");
	f = fresh();
	f.size++;
	refused(&f, T0 + 10, FIVE, "a file of another size");
	f = fresh();
	f.pings = 4;
	refused(&f, T0 + 10, "U:0:1e-3:1e-3:1e-3:1e-3:1e-3", "other pings");
	f = fresh();
	f.archives = 6;
	refused(&f, T0 + 10, FIVE, "other archives");
	f.archives = 4000;
	refused(&f, T0 + 10, FIVE, "a header that is too long");
	f = fresh();
	f.step = 5;
	refused(&f, T0 + 5, FIVE, "another step");
	f = fresh();
	patch(at.ds + sizeof(ds_def_t) + offsetof(ds_def_t, dst), "COUNTER", 8);
	refused(&f, T0 + 10, FIVE, "a source that counts");
	f = fresh();
	patch_number(at.ds + offsetof(ds_def_t, par[DS_mrhb_cnt]), 9);
	refused(&f, T0 + 10, FIVE, "a heartbeat that is shorter than a step");
	f = fresh();
	patch(at.rra + offsetof(rra_def_t, cf_nam), "HWPREDICT", 10);
	refused(&f, T0 + 10, FIVE, "an archive that predicts");
	f = fresh();
	patch_number(at.rra + offsetof(rra_def_t, row_cnt), 1000000);
	refused(&f, T0 + 10, FIVE, "an archive that goes on behind the file's end");
	f = fresh();
	patch_number(at.rra + offsetof(rra_def_t, pdp_cnt), 0);
	refused(&f, T0 + 10, FIVE, "an archive of no steps");
	f = fresh();
	patch_number(at.ptr, 100);
	refused(&f, T0 + 10, FIVE, "a place behind an archive's end");
	f = fresh();
	patch_number(at.live + offsetof(live_head_t, last_up_usec), 1);
	refused(&f, T0 + 10, FIVE, "an update of less than a second");
	f = fresh();
	patch_number(at.pdp + offsetof(pdp_prep_t, scratch[PDP_unkn_sec_cnt]), 1);
	refused(&f, T0 + 10, FIVE, "a step that has begun");
	f = fresh();
	patch(0, "RRX", 3);
	refused(&f, T0 + 10, FIVE, "no RRD");
	f = fresh();
	patch(offsetof(stat_head_t, version), "0001", 4);
	refused(&f, T0 + 10, FIVE, "an old format");
	f = fresh();
	unlink("x.rrd");
	is_int(rrdrow_write(&f, T0 + 10, FIVE), RRDROW_NOT_OURS, "no file");
}

/* librrd's own range of a source holds for us. */
static void
ranges(void)
{
	struct rrdfile f = fresh();

	copy("x.rrd", "theirs.rrd");
	is_int(rrdrow_write(&f, T0 + 10, "U:6:1e-3:1e-3:1e-3:1e-3:1e-3:1e-3"),
	    RRDROW_DONE, "more losses than the file allows");
	librrd("theirs.rrd", T0 + 10, "U:6:1e-3:1e-3:1e-3:1e-3:1e-3:1e-3");
	ok(equal("x.rrd", "theirs.rrd"), "are unknown, as librrd has it");
}

static void
locks(void)
{
	struct rrdfile f = fresh();
	int ready[2], done[2];
	char byte = 0;

	if (pipe(ready) != 0 || pipe(done) != 0)
		abort();
	pid_t child = fork();
	if (child == 0) {
		struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
		int fd = open("x.rrd", O_RDWR);
		if (fcntl(fd, F_SETLK, &lock) != 0 || write(ready[1], "", 1) != 1 ||
		    read(done[0], &byte, 1) != 1)
			_exit(1);
		_exit(0);
	}
	if (read(ready[0], &byte, 1) != 1)
		abort();
	refused(&f, T0 + 10, FIVE, "a file that somebody has locked");
	if (write(done[1], "", 1) != 1)
		abort();
	waitpid(child, NULL, 0);
	is_int(rrdrow_write(&f, T0 + 10, FIVE), RRDROW_DONE, "and lets go");
	/* Ours is gone with the call. */
	ok(librrd("x.rrd", T0 + 20, FIVE), "librrd gets its lock behind us");
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int
main(void)
{
	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return 1;
	sequences();
	others();
	ranges();
	locks();
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return tap_done();
}
