#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rrd.h>

#include "store.h"
#include "t/tap.h"

static char dir[] = "/tmp/smokebox-store-XXXXXX";

static void
paths(void)
{
	static const struct {
		const char *path, *file; /* NULL: refused */
	} table[] = {
		{ "A", "A.rrd" },
		{ "A.B.C", "A/B/C.rrd" },
		{ "A.B~slave", "A/B~slave.rrd" },
		{ "A.B~slave.example.net", "A/B~slave.example.net.rrd" },
		{ "A.B~.s", "A/B~.s.rrd" },
		{ "A.B~..", NULL },
		{ "-_0.Z", "-_0/Z.rrd" },
		{ "", NULL },
		{ ".", NULL },
		{ "..", NULL },
		{ "A..B", NULL },
		{ ".A", NULL },
		{ "A.", NULL },
		{ "A/B", NULL },
		{ "/etc.passwd", NULL },
		{ "A.B/../../C", NULL },
		{ "A~", NULL },
		{ "~s", NULL },
		{ "A.~s", NULL },
		{ "A~s~t", NULL },
		{ "A~s/t", NULL },
		{ "A B", NULL },
		{ "A\n", NULL },
		{ "\xc3\xa4", NULL },
		{ "A%2f", NULL },
	};
	char buf[STORE_PATH], name[2 * STORE_PATH];

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		int result = store_rrd_path(buf, table[i].path);
		snprintf(name, sizeof name, "path %zu, \"%.*s\"", i,
		    (int)strcspn(table[i].path, "\n"), table[i].path);
		is_str(result < 0 ? NULL : buf, table[i].file, name);
	}
	memset(name, 'a', 251);
	name[251] = '\0';
	is_int(store_rrd_path(buf, name), 0, "a name of 255 bytes with .rrd");
	strcpy(name + 251, "a");
	is_int(store_rrd_path(buf, name), -1, "one byte more is no file name");
	for (size_t i = 0; i < sizeof name - 1; i++)
		name[i] = i % 2 == 0 ? 'a' : '.';
	name[STORE_PATH - 5] = '\0';
	is_int(store_rrd_path(buf, name), 0, "the longest path");
	is_int((long long)strlen(buf), STORE_PATH - 1, "fills its buffer");
	name[STORE_PATH - 5] = '.';
	name[STORE_PATH - 3] = '\0';
	is_int(store_rrd_path(buf, name), -1, "a longer one is refused");
}

/* --- headers --------------------------------------------------------------------- */

#define PINGS 3
#define GOOD "good.rrd"

static char *good;
static size_t good_len;

static void
make_good(void)
{
	static const char *arg[] = { "DS:uptime:GAUGE:20:0:U", "DS:loss:GAUGE:20:0:3",
		"DS:median:GAUGE:20:0:U", "DS:ping1:GAUGE:20:0:U",
		"DS:ping2:GAUGE:20:0:U", "DS:ping3:GAUGE:20:0:180",
		"RRA:AVERAGE:0.5:1:100", "RRA:MAX:0.25:12:7" };

	if (rrd_create_r(GOOD, 10, 1700000000, 8, arg) != 0)
		printf("Bail out! rrd_create_r: %s\n", rrd_get_error());
	int fd = open(GOOD, O_RDONLY);
	good_len = (size_t)lseek(fd, 0, SEEK_END);
	good = malloc(good_len);
	if (good == NULL || pread(fd, good, good_len, 0) != (ssize_t)good_len)
		printf("Bail out! cannot read %s\n", GOOD);
	close(fd);
}

static void
reads(void)
{
	struct store_rrd rrd;
	struct err err = { "" };

	if (!ok(store_rrd_read(GOOD, &rrd, &err) == 0, "librrd's own file is sound"))
		printf("# %s\n", err.text);
	is_int((long long)rrd.step, 10, "step");
	is_int(rrd.last, 1700000000, "last update");
	is_int((long long)rrd.ds_count, 6, "data sources");
	ok(rrd.series && rrd.pings == PINGS, "a series of three pings");
	is_int((long long)rrd.rra_count, 2, "archives");
	is_str(rrd.rra[1].cf, "MAX", "consolidation of the second");
	is_int((long long)rrd.rra[1].steps, 12, "its steps");
	is_int((long long)rrd.rra[1].rows, 7, "its rows");
	is_close(rrd.rra[1].xff, 0.25, 0, "its xff");
	ok(!rrd.sparse, "no holes");
	store_rrd_free(&rrd);
	is_int(store_rrd_sound(GOOD, NULL), 0, "sound, for who needs no more");
	errno = 0;
	is_int(store_rrd_sound("none.rrd", &err), -1, "a missing file");
	is_int(errno, ENOENT, "says ENOENT");
	is_str(err.text, "none.rrd: No such file or directory", "and its name");
	mkdir("dir.rrd", 0755);
	is_int(store_rrd_sound("dir.rrd", &err), -1, "a directory");
	is_str(err.text, "dir.rrd: is not a regular file", "is named as such");
	mkfifo("fifo.rrd", 0644);
	is_int(store_rrd_sound("fifo.rrd", &err), -1, "a FIFO holds nobody up");
}

/* The good file's first LEN bytes with BYTES written at AT. */
static void
spoil(size_t len, size_t at, const void *bytes, size_t n)
{
	int fd = open("bad.rrd", O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (write(fd, good, len) != (ssize_t)len)
		printf("Bail out! cannot write\n");
	if (n != 0 && pwrite(fd, bytes, n, (off_t)at) != (ssize_t)n)
		printf("Bail out! cannot write\n");
	close(fd);
}

static void
broken(void)
{
	static const unsigned long zero, huge = ~0UL, many = 100000;
	/* Offsets in a file of a 64-bit machine. */
	enum {
		DS = 128,
		RRA = DS + 6 * 120,
		LIVE = RRA + 2 * 120,
		PDP = LIVE + 16,
		CDP = PDP + 6 * 112,
		PTR = CDP + 12 * 80
	};
	const struct {
		const char *what, *text; /* NULL: any */
		size_t len, at;
		const void *bytes;
		size_t n;
	} table[] = {
		{ "zero bytes", "bad.rrd: is empty (zero bytes)", 0, 0, "", 0 },
		{ "one byte", "bad.rrd: is shorter than its header", 1, 0, "", 0 },
		{ "the static head alone", "bad.rrd: is shorter than its header", 128,
		    0, "", 0 },
		{ "half the definitions", "bad.rrd: is shorter than its header", 500, 0,
		    "", 0 },
		{ "no rows", NULL, PTR + 16, 0, "", 0 },
		{ "one byte short", NULL, good_len - 1, 0, "", 0 },
		{ "text", "bad.rrd: is not an RRD file", good_len, 0, "hello", 5 },
		{ "another byte order or word size",
		    "bad.rrd: was written on another kind of machine; carry it over with "
		    "rrdtool dump there, restore here",
		    good_len, 12, good + 16, 8 + 1 },
		{ "a broken float cookie", "bad.rrd: has a broken header", good_len, 18,
		    "zz", 2 },
		{ "version 0006",
		    "bad.rrd: has an RRD version that is not 0001 to 0005", good_len, 4,
		    "0006", 4 },
		{ "version 0000", NULL, good_len, 4, "0000", 4 },
		{ "an endless version", NULL, good_len, 4, "00030", 5 },
		{ "no data sources", "bad.rrd: has impossible counts in its header",
		    good_len, 24, &zero, sizeof zero },
		{ "too many data sources", NULL, good_len, 24, &huge, sizeof huge },
		{ "no archives", NULL, good_len, 32, &zero, sizeof zero },
		{ "too many archives", NULL, good_len, 32, &huge, sizeof huge },
		{ "step 0", NULL, good_len, 40, &zero, sizeof zero },
		{ "a DS name without end", "bad.rrd: has a broken data source",
		    good_len, DS, "abcdefghijklmnopqrstuvwxyz", 20 },
		{ "a DS name of odd bytes", NULL, good_len, DS, "a b", 4 },
		{ "an unknown DS type", NULL, good_len, DS + 20, "GAUGF", 6 },
		{ "an unknown CF", "bad.rrd: has a broken archive definition", good_len,
		    RRA, "AVERAGF", 8 },
		{ "an archive of no rows", NULL, good_len, RRA + 24, &zero,
		    sizeof zero },
		{ "an archive of too many rows", NULL, good_len, RRA + 24, &huge,
		    sizeof huge },
		{ "more rows than are there", NULL, good_len, RRA + 24, &many,
		    sizeof many },
		{ "an archive of no steps", NULL, good_len, RRA + 32, &zero,
		    sizeof zero },
		{ "a last update before 1970",
		    "bad.rrd: has an impossible time of its last update", good_len,
		    LIVE, &huge, sizeof huge },
		{ "a row pointer behind the end",
		    "bad.rrd: points behind the end of an archive", good_len, PTR,
		    &many, sizeof many },
	};

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct err err = { "" };
		spoil(table[i].len, table[i].at, table[i].bytes, table[i].n);
		errno = 0;
		ok(store_rrd_sound("bad.rrd", &err) == -1 && errno == EINVAL, "%s",
		    table[i].what);
		if (table[i].text != NULL)
			is_str(err.text, table[i].text, "  is named");
		else
			printf("# %s\n", err.text);
	}
	spoil(good_len, good_len, "surplus", 7);
	is_int(store_rrd_sound("bad.rrd", NULL), 0, "surplus bytes do no harm");
}

/* Whatever one byte of the header is, we say yes or no and librrd survives a yes. */
static void
any_byte(void)
{
	size_t head = 128 + 6 * 120 + 2 * 120 + 16 + 6 * 112 + 12 * 80 + 2 * 8;
	unsigned yes = 0;

	for (size_t at = 0; at < head; at++) {
		char flipped = (char)(good[at] ^ 0x41);
		struct store_rrd rrd;
		spoil(good_len, at, &flipped, 1);
		if (store_rrd_read("bad.rrd", &rrd, NULL) < 0)
			continue;
		yes++;
		char text[80];
		snprintf(
		    text, sizeof text, "%lld:U:0:1:1:1:1", (long long)rrd.last + 9);
		const char *arg = text;
		if (rrd.ds_count == 6 && rrd.series)
			rrd_update_r("bad.rrd", NULL, 1, &arg);
		store_rrd_free(&rrd);
	}
	ok(yes > 0 && yes < head, "librrd survives every file with one wrong byte");
}

int
main(void)
{
	if (mkdtemp(dir) == NULL || chdir(dir) < 0)
		tap_skip_all("no temporary directory");
	paths();
	make_good();
	reads();
	broken();
	any_byte();
	free(good);
	const char *files[] = { GOOD, "bad.rrd", "fifo.rrd" };
	for (size_t i = 0; i < 3; i++)
		unlink(files[i]);
	rmdir("dir.rrd");
	if (chdir("/") == 0)
		rmdir(dir);
	return tap_done();
}
