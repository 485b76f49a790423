/* Rows as librrd fetches them, and the highest median as librrd would draw it. */
#include <errno.h>
#include <fcntl.h>
#include <rrd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "store.h"
#include "web/draw.h"
#include "web/graph.h"
#include "web/librrd.h"

#include "tap.h"

#define STEP 10
#define END 1700006000LL
#define FILE_NAME "h.rrd"
#define COLUMNS 5

static char dir[] = "/tmp/smokebox-top.XXXXXX";
static uint32_t seed = 1;

static unsigned
draw_lot(unsigned below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* A history of ROWS rows up to END with holes, in archives A, B and C. */
static void
make(const char *a, const char *b, const char *c, int rows)
{
	const char *v[] = { "DS:uptime:GAUGE:20:0:U", "DS:loss:GAUGE:20:0:2",
		"DS:median:GAUGE:20:0:U", "DS:ping1:GAUGE:20:0:U",
		"DS:ping2:GAUGE:20:0:U", "RRA:MAX:0.5:3:50", a, b, c };
	bool known = true;

	rrd_clear_error();
	if (rrd_create_r(FILE_NAME, STEP, END - rows * STEP, 9, v) != 0)
		printf("Bail out! %s\n", rrd_get_error());
	for (int i = 1; i <= rows; i++) {
		char text[120];
		double rtt = 0.01 + draw_lot(100000) / 1e7;
		const char *arg = text;

		known = draw_lot(20) == 0 ? !known : known;
		snprintf(text, sizeof text,
		    known ? "%lld:U:1:%.9f:%.9f:U" : "%lld:U:U:U:U:U",
		    END - (rows - i) * STEP, rtt, rtt);
		if (rrd_update_r(FILE_NAME, NULL, 1, &arg) != 0)
			printf("Bail out! %s\n", rrd_get_error());
	}
}

/* What librrd prints. */
static double
drawn(int64_t start, int64_t end, unsigned width, int64_t begin, int64_t last)
{
	struct args a = { 0 };
	double top = NAN;

	args_add(&a, "top");
	args_add(&a, "-");
	args_add(&a, "--start");
	args_add(&a, "%lld", (long long)start);
	args_add(&a, "--end");
	args_add(&a, "%lld", (long long)end);
	args_add(&a, "--width");
	args_add(&a, "%u", width);
	args_add(&a, "DEF:top=" FILE_NAME ":median:AVERAGE:start=%lld:end=%lld",
	    (long long)begin, (long long)last);
	args_add(&a, "PRINT:top:MAX:%%le");
	rrd_info_t *info = librrd_graph(&a);
	for (rrd_info_t *i = info; i != NULL; i = i->next)
		if (strcmp(i->key, "print[0]") == 0)
			top = strtod(i->value.u_str, NULL);
	if (info == NULL)
		printf("# %s\n", rrd_get_error());
	rrd_info_free(info);
	args_free(&a);
	return top;
}

static bool
is_as_drawn(const struct series_file *sf)
{
	static const unsigned widths[] = { 100, 400, 600, 601 };
	unsigned width = widths[draw_lot(4)];
	int64_t span = 60 + draw_lot(draw_lot(3) == 0 ? 4000000 : 40000);
	int64_t end = END + 500 - draw_lot(20000), start = end - span;
	/* As much of it as there is. */
	int64_t least = 10 * (span / width + STEP), begin = series_begin(sf);
	int64_t last = sf->last_update + least;

	if (begin >= end || last <= start)
		return isnan(top_highest(FILE_NAME, sf, start, end, width));
	begin = begin > end - least ? end - least : begin;
	begin = begin < start ? start : begin;
	last = last < start + least ? start + least : last;
	last = last > end ? end : last;
	double want = drawn(start, end, width, begin, last);
	double have = top_highest(FILE_NAME, sf, start, end, width);
	if (have == want || (isnan(have) && isnan(want)))
		return true;
	printf("# %lld to %lld at %u: %g, expected %g\n", (long long)start,
	    (long long)end, width, have, want);
	return false;
}

/* COUNT rows of STEP from FIRST on are those that librrd has, where it takes the same
 * archive, which adds to COMPARED. */
static bool
is_as_fetched(unsigned step, int64_t first, size_t count, unsigned *compared)
{
	time_t begin = (time_t)(first - step),
	       end = (time_t)(first + (int64_t)(count - 1) * step);
	unsigned long got = step, columns = 0;
	double *have = mem_zero(count * COLUMNS, sizeof *have), *want;
	char **names;
	struct err err = { "" };
	bool same = true;

	if (store_rrd_rows(FILE_NAME, step, first, count, COLUMNS, have, &err) < 0 ||
	    rrd_fetch_r(
		FILE_NAME, "AVERAGE", &begin, &end, &got, &columns, &names, &want) != 0)
		return false;
	for (size_t i = 0; i < count * COLUMNS && got == step; i++)
		same =
		    same && (have[i] == want[i] || (isnan(have[i]) && isnan(want[i])));
	for (unsigned long i = 0; i < columns; i++)
		rrd_freemem(names[i]);
	rrd_freemem(names);
	rrd_freemem(want);
	free(have);
	*compared += got == step;
	return same;
}

static void
test_files(void)
{
	static const struct {
		const char *a, *b, *c;
		int rows;
	} some[] = {
		{ "RRA:AVERAGE:0.5:1:800", "RRA:AVERAGE:0.5:12:300",
		    "RRA:AVERAGE:0.5:144:100", 3000 },
		{ "RRA:AVERAGE:0.5:1:800", "RRA:AVERAGE:0.5:12:300",
		    "RRA:AVERAGE:0.5:144:100", 100 },
		{ "RRA:AVERAGE:0.5:1:2000", "RRA:AVERAGE:0.5:7:2000",
		    "RRA:AVERAGE:0.5:1:500", 2500 },
		{ "RRA:AVERAGE:0.5:30:90", "RRA:AVERAGE:0.5:6:450",
		    "RRA:AVERAGE:0.5:60:45", 3000 },
	};

	for (size_t k = 0; k < sizeof some / sizeof some[0]; k++) {
		struct series_file sf;
		struct err err;
		bool good = true;
		unsigned compared = 0;

		make(some[k].a, some[k].b, some[k].c, some[k].rows);
		if (!ok(series_look(FILE_NAME, &sf, &err) == 0, "a file is made"))
			printf("# %s\n", err.text);
		for (int i = 0; i < 200; i++)
			good = is_as_drawn(&sf) && good;
		ok(good, "file %zu: the highest is what librrd draws", k);
		good = true;
		for (int i = 0; i < 200; i++) {
			const unsigned step = sf.archive[draw_lot(sf.archives)].step;
			int64_t first = (END - draw_lot(60000)) / step * step;
			good =
			    is_as_fetched(step, first, 1 + draw_lot(900), &compared) &&
			    good;
		}
		ok(good && compared > 50,
		    "file %zu: rows are those that librrd fetches", k);
		unlink(FILE_NAME);
	}
}

/* Somebody else has the file locked, as a writer has. */
static pid_t
lock_it(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int done[2];
	char byte = 0;
	pid_t pid;

	if (pipe(done) < 0 || (pid = fork()) < 0)
		exit(1);
	if (pid == 0) {
		int fd = open(FILE_NAME, O_RDWR);
		if (fd < 0 || fcntl(fd, F_SETLK, &lock) < 0 ||
		    write(done[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(done[1]);
	ok(read(done[0], &byte, 1) == 1, "the file is locked");
	close(done[0]);
	return pid;
}

static void
test_refusals(void)
{
	double value[COLUMNS];
	struct err err = { "" };

	make("RRA:AVERAGE:0.5:1:800", "RRA:AVERAGE:0.5:12:300",
	    "RRA:AVERAGE:0.5:144:100", 100);
	ok(store_rrd_rows(FILE_NAME, 20, END, 1, COLUMNS, value, &err) < 0 &&
		errno == EINVAL,
	    "no such archive: %s", err.text);
	ok(store_rrd_rows(FILE_NAME, 10, END, 1, COLUMNS + 1, value, &err) < 0 &&
		errno == EINVAL,
	    "other columns: %s", err.text);
	ok(store_rrd_rows("none.rrd", 10, END, 1, COLUMNS, value, &err) < 0 &&
		errno == ENOENT,
	    "no such file: %s", err.text);
	pid_t pid = lock_it();
	ok(store_rrd_rows(FILE_NAME, 10, END, 1, COLUMNS, value, &err) < 0 &&
		errno == EAGAIN,
	    "while it is locked: %s", err.text);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ok(store_rrd_rows(FILE_NAME, 10, END, 1, COLUMNS, value, &err) == 0,
	    "and then it is read");
	unlink(FILE_NAME);
}

int
main(void)
{
	if (mkdtemp(dir) == NULL || chdir(dir) < 0) {
		puts("Bail out! no directory");
		return 1;
	}
	graph_warm_up();
	test_files();
	test_refusals();
	rmdir(dir);
	return tap_done();
}
