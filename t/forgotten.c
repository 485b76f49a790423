/* Who was asked to be forgotten: kept over a crash, and no longer than needed. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recorder/forgotten.h"
#include "store.h"
#include "t/tap.h"

#define T0 1700000000LL
#define FILE_NAME STORE_STATE "/forgotten"

static char dir[] = "/tmp/smokebox-forgotten-XXXXXX";
static struct forgotten f;
static struct err err;

static void
bail(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static struct prefix
prefix(const char *text)
{
	struct prefix p = { .bits = 0 };

	prefix_parse(&p, text, NULL);
	return p;
}

static int
add(const char *text, int64_t now)
{
	struct prefix p = prefix(text);

	return forgotten_add(&f, &p, now, &err);
}

/* Of 10.0.0.1 and 10.0.0.2 in a part of the minute at BEGIN: how many are left. */
static unsigned
left(int64_t begin, uint64_t *octets)
{
	struct minute_part part = { .begin_s = begin, .by = MINUTE_HOST, .rows = 2 };
	struct minute_row row[2];
	struct minute_sum gone = { .flows = 0 };

	memset(row, 0, sizeof row);
	for (unsigned i = 0; i < 2; i++) {
		row[i].key.a = (struct flow_ip){ 4, { 10, 0, 0, (uint8_t)(i + 1) } };
		row[i].sum.octets[MINUTE_IN] = 100 + i;
	}
	forgotten_leave_out(&f, &part, row, &gone);
	*octets = minute_octets(&gone);
	return part.rows;
}

static void
again(void)
{
	memset(&f, 1, sizeof f);
	is_int(forgotten_read(&f, &err), 0, "a crash: it is read again");
}

static void
one(void)
{
	struct prefix p = prefix("10.0.0.2");
	uint64_t gone;
	struct stat st;

	is_int(forgotten_read(&f, &err), 0, "at first there is no file");
	ok(forgotten_pending(&f) == NULL && f.count == 0, "and nobody");
	is_int(add("10.0.0.2", T0), 0, "one is to be forgotten");
	ok(stat(FILE_NAME, &st) == 0 && (st.st_mode & 07777) == 0600,
	    "written down for us alone");
	again();
	const struct prefix *q = forgotten_pending(&f);
	ok(q != NULL && memcmp(q, &p, sizeof p) == 0, "it is not done");
	is_int(left(T0, &gone), 1, "a minute that had begun comes without him");
	is_int((long long)gone, 101, "and what he had is told");
	is_int(left(T0 + 1, &gone), 2, "a later one with him");
	is_int(forgotten_done(&f, &p, &err), 0, "it is done");
	again();
	ok(forgotten_pending(&f) == NULL, "and stays so");
	is_int(left(T0, &gone), 1, "minutes come late");
	is_int(forgotten_age(&f, T0 + FORGOTTEN_S - 1, &err), 0, "for an hour");
	is_int(left(T0, &gone), 1, "he is left out");
	is_int(forgotten_age(&f, T0 + FORGOTTEN_S, &err), 0, "then");
	again();
	is_int(f.count, 0, "his name is gone as well");
}

static void
many(void)
{
	char text[32];
	struct prefix p = prefix("10.1.0.0");
	int status = 0;

	for (unsigned i = 0; i < FORGOTTEN_MAX; i++) {
		snprintf(text, sizeof text, "10.1.0.%u", i);
		status |= add(text, T0 + i);
	}
	is_int(status, 0, "as many as there is room for");
	is_int(add("10.2.0.1", T0 + 100), -1, "one more is refused");
	ok(strstr(err.text, "within the last hour") != NULL, "and told why");
	is_int(add("10.1.0.5", T0 + 100), 0, "but not one who is there");
	is_int(f.count, FORGOTTEN_MAX, "twice");
	is_int(add("10.2.0.1", T0 + FORGOTTEN_S), -1,
	    "who is not done stays, however long it takes");
	forgotten_done(&f, &p, &err);
	is_int(add("10.2.0.1", T0 + FORGOTTEN_S), 0, "who is done makes room");
	/* A clock that was two hours ahead. */
	for (unsigned i = 0; i < FORGOTTEN_MAX; i++)
		f.one[i].pending = false;
	forgotten_age(&f, T0 - FORGOTTEN_S, &err);
	is_int(f.count, 0, "a clock that is set back keeps nobody");
}

static void
damaged(void)
{
	static const char *const texts[] = { "x", "smokebox forget 1\n\2",
		"smokebox forget 1\n\1aaaaaaaaaaaaaaaa\377aaaaaaaa\1",
		"smokebox forget 1\n\1aaaaaaaaaaaaaaaa\1aaaaaaaa\2" };

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		int fd = open(FILE_NAME, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		size_t len = strlen(texts[i]);
		if (fd < 0 || write(fd, texts[i], len) != (ssize_t)len)
			bail(FILE_NAME);
		close(fd);
		ok(forgotten_read(&f, &err) == -1 && f.count == 0,
		    "a file that is none: %s", err.text);
	}
	nftw(STORE_DIR, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	is_int(add("10.0.0.1", T0), -1, "what cannot be written down is refused");
	is_int(f.count, 0, "and not half taken");
}

int
main(void)
{
	if (mkdtemp(dir) == NULL || chdir(dir) < 0 || mkdir(STORE_DIR, 0755) < 0 ||
	    mkdir(STORE_STATE, 0755) < 0)
		bail(dir);
	one();
	many();
	damaged();
	if (chdir("/") < 0 || rmdir(dir) < 0)
		printf("# %s stays\n", dir);
	return tap_done();
}
