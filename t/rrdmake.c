/* Empty RRDs: the copies are what librrd made, and nothing is copied that differs. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rrd.h>

#include "recorder/rrdmake.h"
#include "store.h"
#include "t/tap.h"

#define T0 1700000000LL

static struct conf_rra rra[] = { { "AVERAGE", 0.5, 1, 500 }, { "MAX", 0.5, 12, 40 } };
static struct conf_rra more[] = { { "AVERAGE", 0.5, 1, 500 }, { "MAX", 0.5, 12, 41 } };
static const struct archives table = { rra, 2 }, other = { more, 2 };
static const char *why;

static int
make(const char *path, unsigned step, unsigned pings, int64_t start)
{
	return rrdmake(path, step, pings, &table, start, &why);
}

/* The whole file; SIZE 0 when it is not there. */
static const char *
bytes(const char *path, size_t *size)
{
	static char buf[2][1 << 18];
	static unsigned turn;
	char *to = buf[turn++ % 2];
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, to, sizeof buf[0]);

	if (fd >= 0)
		close(fd);
	*size = n < 0 ? 0 : (size_t)n;
	return to;
}

static bool
equal(const char *a, const char *b)
{
	size_t a_size, b_size;
	const char *x = bytes(a, &a_size), *y = bytes(b, &b_size);

	return a_size != 0 && a_size == b_size && memcmp(x, y, a_size) == 0;
}

static bool
has_sources(const char *path, unsigned pings, unsigned long step)
{
	struct store_rrd rrd;
	struct err err;

	if (store_rrd_read(path, &rrd, &err) != 0) {
		printf("# %s\n", err.text);
		return false;
	}
	bool good = rrd.series && rrd.pings == pings && rrd.step == step &&
		    !rrd.sparse && rrd.rra_count == 2;
	store_rrd_free(&rrd);
	return good;
}

int
main(void)
{
	char dir[] = "/tmp/smokebox-rrdmake-XXXXXX";
	struct stat st;

	umask(022);
	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		tap_skip_all("no temporary directory");
	mkdir(STORE_DIR, 0755);
	mkdir(STORE_NEW, 0755);
	is_int(make("1.rrd", 10, 5, T0), 0, "the first one is made");
	is_int(make("2.rrd", 10, 5, T0), 0, "and the second");
	is_int(stat(STORE_NEW "/blank.rrd", &st), 0, "which is kept for others");
	is_int(make("3.rrd", 10, 5, T0), 0, "the third one");
	ok(equal("2.rrd", "3.rrd"), "  is equal, byte for byte");
	ok(has_sources("3.rrd", 5, 10), "  and whole");
	is_int(rrd_last_r("3.rrd"), T0, "  of its time");
	is_int(stat("3.rrd", &st), 0, "  there");
	is_int(st.st_mode & 0777, 0644, "  for everybody to read");

	make("later.rrd", 10, 5, T0 + 10);
	is_int(rrd_last_r("later.rrd"), T0 + 10, "one of another time has its own");
	make("pings.rrd", 10, 7, T0 + 10);
	ok(has_sources("pings.rrd", 7, 10), "one of other pings has those");
	make("step.rrd", 20, 7, T0 + 20);
	ok(has_sources("step.rrd", 7, 20), "one of another step has that");
	make("same.rrd", 20, 7, T0 + 20);
	is_int(rrdmake("rows.rrd", 20, 7, &other, T0 + 20, &why), 0, "other archives");
	stat("step.rrd", &st);
	off_t size = st.st_size;
	stat("rows.rrd", &st);
	is_int(st.st_size - size, 10 * 8, "  make it longer by their row");

	make("4.rrd", 10, 5, T0);
	make("5.rrd", 10, 5, T0);
	unlink(STORE_NEW "/blank.rrd");
	is_int(make("6.rrd", 10, 5, T0), 0, "what was kept is deleted: made anew");
	ok(has_sources("6.rrd", 5, 10), "  and whole");
	is_int(make("7.rrd", 10, 5, T0), 0, "the next one");
	ok(equal("6.rrd", "7.rrd"), "  is a copy again");
	is_int(make("no/8.rrd", 10, 5, T0), -1, "where no file can be");
	ok(why != NULL && why[0] != '\0', "  it says why: %s", why);

	static const char *const files[] = { "1.rrd", "2.rrd", "3.rrd", "4.rrd",
		"5.rrd", "6.rrd", "7.rrd", "later.rrd", "pings.rrd", "step.rrd",
		"same.rrd", "rows.rrd", STORE_NEW "/blank.rrd" };
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		unlink(files[i]);
	rmdir(STORE_NEW);
	rmdir(STORE_DIR);
	if (chdir("/") == 0)
		is_int(rmdir(dir), 0, "nothing else was left behind");
	return tap_done();
}
