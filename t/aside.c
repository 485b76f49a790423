/* Dated copies: which of them stay when another one comes. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "recorder/aside.h"
#include "store.h"
#include "t/tap.h"

#define PLACE STORE_ASIDE "/A/"

static void
put(const char *name)
{
	FILE *out = aside_parents(name) == 0 ? fopen(name, "w") : NULL;

	if (out == NULL || fputs("x", out) < 0 || fclose(out) != 0)
		ok(false, "%s is written", name);
}

static bool
is_there(const char *name)
{
	return access(name, F_OK) == 0;
}

int
main(void)
{
	char dir[] = "/tmp/smokebox-aside.XXXXXX", name[STORE_PATH + 64], old[100];
	unsigned left = 0;

	if (!ok(mkdtemp(dir) != NULL && chdir(dir) == 0, "a directory"))
		return tap_done();
	for (unsigned day = 1; day <= 8; day++) {
		snprintf(old, sizeof old, PLACE "b.rrd-202001%02uT000000Z", day);
		put(old);
	}
	put(PLACE "b.rrd-20200101T000000Z-2");
	put(PLACE "bb.rrd-20200101T000000Z");
	put(PLACE "b.rrd-old");
	put(PLACE "b.rrd-20200101");
	put("A/b.rrd");
	ok(aside_link("A/b.rrd", name, sizeof name) == 0, "a copy is made");
	ok(is_there(name) && is_there("A/b.rrd"), "beside the file");
	for (unsigned day = 1; day <= 8; day++) {
		snprintf(old, sizeof old, PLACE "b.rrd-202001%02uT000000Z", day);
		left += is_there(old);
		ok(is_there(old) == (day >= 5), "the old one of day %u %s", day,
		    day >= 5 ? "stays" : "goes");
	}
	is_int(left + 1, ASIDE_KEEP, "so many are left");
	ok(!is_there(PLACE "b.rrd-20200101T000000Z-2"),
	    "a second one of a second goes, too");
	ok(is_there(PLACE "bb.rrd-20200101T000000Z"), "those of another file stay");
	ok(is_there(PLACE "b.rrd-old") && is_there(PLACE "b.rrd-20200101"),
	    "and what has no date");
	left = 0;
	for (unsigned i = 0; i < 2 * ASIDE_KEEP; i++)
		left += aside_link("A/b.rrd", name, sizeof name) == 0 && is_there(name);
	is_int(left, 2 * ASIDE_KEEP, "new ones stay, however many");
	ok(aside_move("A/b.rrd", name, sizeof name) == 0 && is_there(name) &&
		!is_there("A/b.rrd"),
	    "a file is moved");
	char *remove = mem_printf("rm -rf %s", dir);
	ok(chdir("/") == 0 && system(remove) == 0, "all is removed");
	free(remove);
	return tap_done();
}
