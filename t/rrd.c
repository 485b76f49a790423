/* librrd's files as the recorder makes and continues them. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rrd.h>

#include "base/clock.h"
#include "recorder/rrdfile.h"
#include "store.h"
#include "t/tap.h"

#define T0 1700000000LL
#define PINGS 5

static struct conf_rra rra[] = {
	{ "AVERAGE", 0.5, 1, 500 },
	{ "AVERAGE", 0.5, 12, 40 },
	{ "MIN", 0.5, 12, 40 },
	{ "MAX", 0.5, 12, 40 },
};
static const struct archives table = { rra, 4 };
static struct rrdfile_report report;
static char dir[] = "/tmp/smokebox-rrd-XXXXXX";

/* A round with ANSWERED answers of FIRST_NS and more, the other pings lost. */
static void
make(struct round *r, int64_t row, unsigned step, unsigned answered, int64_t first_ns)
{
	memset(r, 0, offsetof(struct round, ping) + PINGS * sizeof r->ping[0]);
	r->row = row;
	r->step = step;
	r->count = PINGS;
	r->state = ROUND_MEASURED;
	for (unsigned i = 0; i < PINGS; i++)
		if (i < answered)
			r->ping[i] = (struct ping){ first_ns + (i * 7 % PINGS) * 1000,
				PING_ANSWERED, 0 };
		else
			r->ping[i] = (struct ping){ -1, PING_TIMEOUT, 0 };
}

static void
make_unknown(struct round *r, int64_t row, unsigned step)
{
	make(r, row, step, 0, 0);
	r->state = ROUND_UNKNOWN;
	r->cause = PING_STALLED;
}

static enum rrdfile_outcome
put(struct rrdfile *f, const struct round *r)
{
	return rrdfile_write(f, &table, &r, 1, &report);
}

/* The finest row at ROW into VALUES (DS order). False when there is none. */
static bool
fetch(const char *file, int64_t row, double *values)
{
	time_t start = (time_t)row - 1, end = (time_t)row;
	unsigned long step = 1, ds;
	char **names;
	rrd_value_t *data;
	bool found = false;

	if (rrd_fetch_r(file, "AVERAGE", &start, &end, &step, &ds, &names, &data) !=
	    0) {
		printf("# fetch: %s\n", rrd_get_error());
		rrd_clear_error();
		return false;
	}
	unsigned long rows = (unsigned long)(end - start) / step;
	for (unsigned long k = 0; k < rows; k++)
		if (start + (time_t)((k + 1) * step) == (time_t)row) {
			memcpy(values, data + k * ds,
			    (STORE_DS_PING + PINGS) * sizeof *values);
			found = true;
		}
	for (unsigned long i = 0; i < ds; i++)
		free(names[i]);
	free(names);
	free(data);
	return found;
}

static bool
same(double a, double b)
{
	/* What was printed with eleven digits and divided through the step again. */
	return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-9 * fabs(b);
}

/* Does the finest row of R's time equal R? R NULL: is it unknown? */
static bool
shows(const char *file, int64_t row, const struct round *r)
{
	double v[STORE_DS_PING + PINGS];
	struct round_row want;

	if (!fetch(file, row, v))
		return false;
	if (r == NULL) {
		for (unsigned i = 0; i < STORE_DS_PING + PINGS; i++)
			if (!isnan(v[i]))
				return false;
		return true;
	}
	round_row(r, &want);
	bool good = isnan(v[STORE_DS_UPTIME]) && same(v[STORE_DS_LOSS], want.loss) &&
		    same(v[STORE_DS_MEDIAN], want.median);
	for (unsigned i = 0; i < PINGS; i++)
		good &= same(v[STORE_DS_PING + i], want.rank[i]);
	return good;
}

/* --- layout ---------------------------------------------------------------------- */

static const char *
info_text(rrd_info_t *info, const char *key)
{
	static char text[64];

	for (; info != NULL; info = info->next)
		if (strcmp(info->key, key) == 0) {
			switch (info->type) {
			case RD_I_VAL:
				snprintf(text, sizeof text, "%g", info->value.u_val);
				return isnan(info->value.u_val) ? "nan" : text;
			case RD_I_CNT:
				snprintf(text, sizeof text, "%lu", info->value.u_cnt);
				return text;
			case RD_I_INT:
				snprintf(text, sizeof text, "%d", info->value.u_int);
				return text;
			case RD_I_STR:
				return info->value.u_str;
			default:
				return "?";
			}
		}
	return NULL;
}

static void
layout(void)
{
	static const struct {
		const char *key, *want;
	} keys[] = {
		{ "rrd_version", "0003" },
		{ "step", "10" },
		{ "last_update", "1700000010" },
		{ "ds[uptime].index", "0" },
		{ "ds[uptime].type", "GAUGE" },
		{ "ds[uptime].minimal_heartbeat", "20" },
		{ "ds[uptime].min", "0" },
		{ "ds[uptime].max", "nan" },
		{ "ds[loss].index", "1" },
		{ "ds[loss].type", "GAUGE" },
		{ "ds[loss].min", "0" },
		{ "ds[loss].max", "5" },
		{ "ds[median].index", "2" },
		{ "ds[median].max", "nan" },
		{ "ds[ping1].index", "3" },
		{ "ds[ping1].minimal_heartbeat", "20" },
		{ "ds[ping1].min", "0" },
		{ "ds[ping1].max", "nan" },
		{ "ds[ping5].index", "7" },
		{ "ds[ping6].index", NULL },
		{ "rra[0].cf", "AVERAGE" },
		{ "rra[0].rows", "500" },
		{ "rra[0].pdp_per_row", "1" },
		{ "rra[0].xff", "0.5" },
		{ "rra[2].cf", "MIN" },
		{ "rra[2].rows", "40" },
		{ "rra[2].pdp_per_row", "12" },
		{ "rra[3].cf", "MAX" },
		{ "rra[4].cf", NULL },
	};
	struct rrdfile f;
	struct round r;
	struct stat st;

	is_int(rrdfile_init(&f, "..", 10, PINGS), -1, "no file of a hostile name");
	is_int(rrdfile_init(&f, "World.Europe.Site", 10, PINGS), 0, "a file's name");
	make(&r, T0 + 10, 10, 5, 20000000);
	is_int(put(&f, &r), RRDFILE_DONE, "the first round");
	ok(report.made && !report.set_aside && report.past_count == 0,
	    "makes the file");
	rrd_info_t *info = rrd_info_r("World/Europe/Site.rrd");
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		is_str(info_text(info, keys[i].key), keys[i].want, keys[i].key);
	rrd_info_free(info);
	ok(stat("World/Europe", &st) == 0 && (st.st_mode & 07777) == 0755,
	    "directories are 0755");
	ok(stat("World/Europe/Site.rrd", &st) == 0 && (st.st_mode & 07777) == 0644,
	    "the file is 0644");
	rrdfile_free(&f);
}

/* What SmokePing prints for the answers 1 2 3 4 5 9 ms and four losses of ten. */
static void
example(void)
{
	static const int ms[10] = { 9, 0, 5, 1, 0, 0, 4, 2, 0, 3 };
	static const double want[10] = { NAN, NAN, .001, .002, .003, .004, .005, .009,
		NAN, NAN };
	static struct round r;
	struct rrdfile f;
	char **names, **last;
	unsigned long ds;
	time_t time;

	rrdfile_init(&f, "Example", 60, 10);
	make(&r, T0 / 60 * 60, 60, 0, 0);
	r.count = 10;
	for (int i = 0; i < 10; i++)
		r.ping[i] = ms[i] != 0
				? (struct ping){ ms[i] * 1000000, PING_ANSWERED, 0 }
				: (struct ping){ -1, PING_TIMEOUT, 0 };
	is_int(put(&f, &r), RRDFILE_DONE, "a round of ten pings");
	rrd_lastupdate_r("Example.rrd", &time, &ds, &names, &last);
	is_int(time, r.row, "last update");
	is_str(last[STORE_DS_UPTIME], "U", "uptime is unknown");
	is_str(last[STORE_DS_LOSS], "4", "loss is a count");
	is_str(last[STORE_DS_MEDIAN], "4.0000000000e-03", "the upper median");
	bool good = true;
	for (int i = 0; i < 10; i++) {
		const char *text = last[STORE_DS_PING + i];
		good &= strcmp(text, "U") == 0 ? isnan(want[i])
					       : same(strtod(text, NULL), want[i]);
	}
	ok(good, "losses at both ends, answers ascending between");
	for (unsigned long i = 0; i < ds; i++) {
		free(names[i]);
		free(last[i]);
	}
	free(names);
	free(last);
	rrdfile_free(&f);
}

/* --- one row is one round -------------------------------------------------------- */

enum kind {
	GOOD,
	SOME_LOST,
	ALL_LOST,
	UNKNOWN,
	MISSING
};

/* For one phase of a target's grid: rounds of every kind, in and out of neighbourhood
 * with each other, a restart in the midst; then compare row by row. */
static bool
phase(unsigned step, unsigned ph)
{
	enum {
		ROUNDS = 60
	};
	static struct round round[ROUNDS];
	enum kind kind[ROUNDS];
	struct rrdfile f;
	unsigned seed = step * 1000 + ph;
	bool good = true;
	int64_t first = T0 / step, made = 0;
	char path[32];

	snprintf(path, sizeof path, "Phase.s%u.p%u", step, ph);
	rrdfile_init(&f, path, step, PINGS);
	for (int k = 0; k < ROUNDS; k++) {
		seed = seed * 1103515245 + 12345;
		kind[k] = k == 0 ? GOOD : (enum kind)(seed >> 16) % (MISSING + 1);
		/* Round K runs over [K step + phase, (K+1) step + phase). */
		int64_t end = (first + k + 1) * step + ph;
		int64_t row = end / step * step;
		make(&round[k], row, step,
		    kind[k] == GOOD	   ? PINGS
		    : kind[k] == SOME_LOST ? seed >> 8 & 3
					   : 0,
		    20000000 + k * 12345);
		if (kind[k] == UNKNOWN)
			make_unknown(&round[k], row, step);
		if (kind[k] == MISSING)
			continue;
		if (k == ROUNDS / 2) { /* a restart */
			rrdfile_free(&f);
			rrdfile_init(&f, path, step, PINGS);
		}
		good &= put(&f, &round[k]) == RRDFILE_DONE && report.past_count == 0;
		made += report.made;
	}
	good &= made == 1;
	int last = ROUNDS - 1;
	while (kind[last] == MISSING)
		last--;
	for (int k = 0; k <= last; k++) {
		bool unknown = kind[k] == UNKNOWN || kind[k] == MISSING;
		if (!shows(f.path, round[k].row, unknown ? NULL : &round[k])) {
			printf("# step %u phase %u round %d kind %d\n", step, ph, k,
			    kind[k]);
			good = false;
		}
	}
	unlink(f.path);
	rrdfile_free(&f);
	return good;
}

static void
phases(void)
{
	static const unsigned steps[] = { 1, 2, 5, 7, 10, 30, 60 };

	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		bool good = true;
		for (unsigned ph = 0; ph < steps[i]; ph++)
			good &= phase(steps[i], ph);
		ok(good, "step %u, every phase: a row is its round or unknown",
		    steps[i]);
	}
	bool good = true;
	for (unsigned ph = 0; ph < 300; ph += 23)
		good &= phase(300, ph);
	ok(good, "step 300, phases here and there");
}

static void
gaps(void)
{
	struct rrdfile f;
	struct round r, first;

	rrdfile_init(&f, "Gap", 10, PINGS);
	make(&first, T0, 10, 5, 1000000);
	put(&f, &first);
	ok(shows("Gap.rrd", T0, &first), "the very first row is exact");
	ok(shows("Gap.rrd", T0 - 10, NULL), "nothing before it");
	/* Two steps: SmokePing's heartbeat would fill the hole. */
	make(&r, T0 + 20, 10, 5, 2000000);
	put(&f, &r);
	ok(shows("Gap.rrd", T0 + 20, &r), "a round after a missing one");
	ok(shows("Gap.rrd", T0 + 10, NULL), "the missing one is unknown");
	make(&r, T0 + 2020, 10, 5, 3000000);
	put(&f, &r);
	ok(shows("Gap.rrd", T0 + 2020, &r), "a round after a long gap");
	ok(shows("Gap.rrd", T0 + 2010, NULL) && shows("Gap.rrd", T0 + 30, NULL),
	    "all of it is unknown");
	/* Not newer: skipped, counted, nothing changed. */
	make(&r, T0 + 2020, 10, 5, 9000000);
	is_int(put(&f, &r), RRDFILE_DONE, "the same row again");
	is_int(report.past_count, 1, "is skipped");
	make(&r, T0 + 1000, 10, 5, 9000000);
	is_int(put(&f, &r), RRDFILE_DONE, "an older row");
	is_int(report.past_count, 1, "is skipped");
	ok(shows("Gap.rrd", T0 + 1000, NULL), "history stays as it is");
	/* Decades, as after a start with a clock at 1970. */
	make(&r, T0 + 1000000000LL, 10, 5, 4000000);
	is_int(put(&f, &r), RRDFILE_DONE, "thirty years later");
	ok(shows("Gap.rrd", r.row, &r), "is exact too");
	rrdfile_free(&f);
}

static void
batches(void)
{
	static struct round round[RRDFILE_BATCH];
	const struct round *list[RRDFILE_BATCH];
	struct rrdfile f;
	bool good = true;

	rrdfile_init(&f, "Batch", 10, PINGS);
	for (int i = 0; i < RRDFILE_BATCH; i++) {
		/* Every other one is missing: the most rows that a batch can be. */
		make(&round[i], T0 + i * 20, 10, (unsigned)i % 6, 1000000 + i);
		list[i] = &round[i];
	}
	is_int(rrdfile_write(&f, &table, list, RRDFILE_BATCH, &report), RRDFILE_DONE,
	    "a batch of rounds with gaps");
	for (int i = 0; i < RRDFILE_BATCH; i++) {
		good &= shows("Batch.rrd", T0 + i * 20, &round[i]);
		if (i != 0)
			good &= shows("Batch.rrd", T0 + i * 20 - 10, NULL);
	}
	ok(good, "every row is its round, every gap unknown");
	is_int(rrdfile_write(&f, &table, list, RRDFILE_BATCH, &report), RRDFILE_DONE,
	    "once more");
	is_int(report.past_count, RRDFILE_BATCH, "all of it is past");
	rrdfile_free(&f);
}

/* --- other writers, other files -------------------------------------------------- */

/* Make NAME.rrd as another program or another configuration would. */
static void
make_other(const char *name, unsigned step, unsigned pings, const char *max,
    const char *rra0, const char *rra1)
{
	static char text[32][64];
	const char *arg[32];
	unsigned n = 0;

	snprintf(text[n++], 64, "DS:uptime:GAUGE:%u:0:U", 2 * step);
	snprintf(text[n++], 64, "DS:loss:GAUGE:%u:0:%u", 2 * step, pings);
	snprintf(text[n++], 64, "DS:median:GAUGE:%u:0:%s", 2 * step, max);
	for (unsigned i = 1; i <= pings; i++)
		snprintf(text[n++], 64, "DS:ping%u:GAUGE:%u:0:%s", i, 2 * step, max);
	for (unsigned i = 0; i < n; i++)
		arg[i] = text[i];
	arg[n++] = rra0;
	arg[n++] = rra1;
	unlink(name);
	rrd_clear_error();
	if (rrd_create_r(name, step, T0 - 1000, (int)n, arg) != 0)
		printf("Bail out! %s\n", rrd_get_error());
}

static ino_t
inode(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 ? st.st_ino : 0;
}

/* Carry the file over and write R to what it became. */
static int
change(struct rrdfile *f, const struct archives *want, const struct round *r)
{
	struct err err;
	struct migration *m = rrdfile_change(f, NULL, want, &err);

	if (m == NULL || migrate_work(m, INT64_MAX / 2, &err) != MIGRATE_DONE)
		printf("# %s\n", err.text);
	migrate_free(m);
	return rrdfile_write(f, want, &r, 1, &report);
}

static void
others(void)
{
	static struct conf_rra two[] = { { "AVERAGE", 0.5, 1, 500 },
		{ "MAX", 0.5, 12, 40 } };
	static const struct archives want = { two, 2 };
	static const char r0[] = "RRA:AVERAGE:0.5:1:500", r1[] = "RRA:MAX:0.5:12:40";
	const struct {
		const char *what;
		unsigned step, pings;
		const char *max, *rra0, *rra1;
		const char *says; /* NULL: continued */
	} files[] = {
		{ "the same", 10, 5, "U", r0, r1, NULL },
		{ "max 180 of older versions", 10, 5, "180", r0, r1, NULL },
		{ "other rows", 10, 5, "U", "RRA:AVERAGE:0.5:1:1008", r1, NULL },
		{ "other steps and xff", 10, 5, "U", r0, "RRA:MAX:0.1:6:40", NULL },
		{ "another step", 20, 5, "U", r0, r1,
		    "Other.rrd: has step 20, the configuration says 10" },
		{ "other pings", 10, 6, "U", r0, r1,
		    "Other.rrd: has 6 pings, the configuration says 5" },
		{ "another CF", 10, 5, "U", r0, "RRA:MIN:0.5:12:40",
		    "Other.rrd: archive 2 holds MIN, the configuration says MAX" },
	};
	struct round r;
	const struct round *list = &r;
	char what[80];

	make(&r, T0, 10, 5, 1000000);
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		struct rrdfile f;
		rrdfile_init(&f, "Other", 10, PINGS);
		make_other("Other.rrd", files[i].step, files[i].pings, files[i].max,
		    files[i].rra0, files[i].rra1);
		ino_t before = inode("Other.rrd");
		int outcome = rrdfile_write(&f, &want, &list, 1, &report);
		snprintf(what, sizeof what, "%s: goes on", files[i].what);
		if (files[i].says != NULL) {
			is_int(outcome, RRDFILE_CHANGE, files[i].what);
			is_str(report.text, files[i].says, "  why");
			ok(inode("Other.rrd") == before && !report.set_aside,
			    "  nothing has happened to it yet");
			outcome = change(&f, &want, &r);
		}
		is_int(outcome, RRDFILE_DONE, what);
		ok(shows("Other.rrd", T0, &r), "  the round is in it");
		ok((inode("Other.rrd") == before) == (files[i].says == NULL) &&
			!report.set_aside,
		    files[i].says == NULL ? "  the old file is continued"
					  : "  another file has taken its place");
		rrdfile_free(&f);
	}
	unlink("Other.rrd");
}

static void
write_text(const char *name, const char *text)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		printf("Bail out! cannot write %s\n", name);
	close(fd);
}

/* Things that happen to files while we are running. */
static void
meanwhile(void)
{
	struct rrdfile f;
	struct round r;
	int64_t row = T0;

	rrdfile_init(&f, "While.We.Run", 10, PINGS);
	make(&r, row, 10, 5, 1000000);
	put(&f, &r);

	unlink("While/We/Run.rrd");
	make(&r, row += 10, 10, 5, 1000000);
	ok(put(&f, &r) == RRDFILE_DONE && report.made, "a deleted file is made again");
	ok(shows("While/We/Run.rrd", row, &r), "its first row exact");

	unlink("While/We/Run.rrd");
	rmdir("While/We");
	rmdir("While");
	make(&r, row += 10, 10, 5, 1000000);
	ok(put(&f, &r) == RRDFILE_DONE && report.made, "so is a deleted directory");

	write_text("While/We/Run.rrd", "");
	make(&r, row += 10, 10, 5, 1000000);
	ok(put(&f, &r) == RRDFILE_DONE && report.set_aside && report.made,
	    "emptied: set aside, made again");
	ok(strstr(report.text, "is empty (zero bytes)") != NULL, "and said");
	ok(shows("While/We/Run.rrd", row, &r), "the round is there");

	if (truncate("While/We/Run.rrd", 5000) == 0)
		make(&r, row += 10, 10, 5, 1000000);
	ok(put(&f, &r) == RRDFILE_DONE && report.set_aside, "cut off: set aside");

	unlink("While/We/Run.rrd");
	mkdir("While/We/Run.rrd", 0755);
	make(&r, row += 10, 10, 5, 1000000);
	ok(put(&f, &r) == RRDFILE_DONE && report.set_aside, "a directory: set aside");

	unlink("While/We/Run.rrd");
	rmdir("While/We");
	write_text("While/We", "in the way");
	make(&r, row += 10, 10, 5, 1000000);
	is_int(put(&f, &r), RRDFILE_STUCK, "a file where a directory should be");
	is_str(
	    report.text, "While/We/Run.rrd: Not a directory", "is told, not touched");
	unlink("While/We");
	is_int(put(&f, &r), RRDFILE_DONE, "and tried again");
	rrdfile_free(&f);
}

/* Another process holds the lock, or writes a newer row. */
static void
locked(void)
{
	struct flock lock = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
	struct rrdfile f;
	struct round r;
	int ready[2], leave[2];
	char byte = 0;

	rrdfile_init(&f, "Locked", 10, PINGS);
	make(&r, T0, 10, 5, 1000000);
	put(&f, &r);
	if (pipe(ready) < 0 || pipe(leave) < 0)
		return;
	pid_t pid = fork();
	if (pid == 0) {
		int fd = open("Locked.rrd", O_RDONLY);
		byte = fcntl(fd, F_SETLK, &lock) == 0 ? 'y' : 'n';
		if (write(ready[1], &byte, 1) == 1 && read(leave[0], &byte, 1) < 0)
			_exit(1);
		_exit(0);
	}
	ok(read(ready[0], &byte, 1) == 1 && byte == 'y', "a reader holds the lock");
	make(&r, T0 + 10, 10, 5, 2000000);
	is_int(put(&f, &r), RRDFILE_BUSY, "it is busy");
	ok(write(leave[1], &byte, 1) == 1, "the reader leaves");
	while (rrd_last_r("Locked.rrd") != T0)
		;
	int outcome;
	for (int i = 0; (outcome = put(&f, &r)) == RRDFILE_BUSY && i < 5000; i++)
		usleep(1000);
	is_int(outcome, RRDFILE_DONE, "then it is written");
	ok(shows("Locked.rrd", T0 + 10, &r), "and is there");

	const char *arg = "1700000020:U:0:1:1:1:1:1:1";
	rrd_clear_error();
	is_int(rrd_update_r("Locked.rrd", NULL, 1, &arg), 0, "another writer");
	make(&r, T0 + 20, 10, 5, 2000000);
	is_int(put(&f, &r), RRDFILE_BUSY, "was there first");
	is_int(put(&f, &r), RRDFILE_DONE, "then it is known");
	is_int(report.past_count, 1, "and past");
	for (int i = 0; i < 2; i++) {
		close(ready[i]);
		close(leave[i]);
	}
	rrdfile_free(&f);
}

/* A file with holes gets its blocks before anything is mapped. */
static void
sparse(void)
{
	struct rrdfile f;
	struct round r;
	struct stat st;

	rrdfile_init(&f, "Sparse", 10, PINGS);
	make(&r, T0, 10, 5, 1000000);
	put(&f, &r);
	int fd = open("Sparse.rrd", O_RDWR);
	fstat(fd, &st);
	/* A hole over the last rows: zeroes are numbers, which is all the same here. */
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, st.st_size - 8192,
		8192) < 0) {
		ok(true, "# SKIP no holes on this file system");
		close(fd);
		rrdfile_free(&f);
		return;
	}
	f.judged = false;
	make(&r, T0 + 10, 10, 5, 1000000);
	is_int(put(&f, &r), RRDFILE_DONE, "a sparse file");
	fstat(fd, &st);
	ok(st.st_blocks * 512 >= st.st_size, "has no holes any more");
	close(fd);
	rrdfile_free(&f);
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
	umask(022);
	if (mkdtemp(dir) == NULL || chdir(dir) < 0)
		tap_skip_all("no temporary directory");
	layout();
	example();
	phases();
	gaps();
	batches();
	others();
	meanwhile();
	locked();
	sparse();
	if (chdir("/") == 0)
		nftw(dir, delete, 16, FTW_DEPTH | FTW_PHYS);
	return tap_done();
}
