#include "recorder/renamed.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "recorder/aside.h"
#include "store.h"

static int
move_file(const char *from, const char *to)
{
	struct stat st;

	if (lstat(to, &st) == 0) {
		errno = EEXIST;
		return -1;
	}
	if (aside_parents(to) < 0)
		return -1;
	return rename(from, to);
}

/* Have EACH see every "A/B~slave.rrd" beside "A/B.rrd", without ".rrd" in FROM; how
 * many of them it says true to. */
static unsigned
each_slave(const char *from,
    bool (*each)(const char *file, const char *rest, void *ctx), void *ctx)
{
	const char *slash = strrchr(from, '/'),
		   *name = slash == NULL ? from : slash + 1;
	char *dir =
	    slash == NULL ? mem_str(".") : mem_strn(from, (size_t)(slash - from));
	size_t len = strlen(name);
	DIR *d = opendir(dir);
	struct dirent *e;
	unsigned count = 0;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (strncmp(e->d_name, name, len) != 0 || e->d_name[len] != '~')
			continue;
		char *file = mem_printf("%s/%s", dir, e->d_name);
		count += each(file, e->d_name + len, ctx);
		free(file);
	}
	if (d != NULL)
		closedir(d);
	free(dir);
	return count;
}

static bool
is_there(const char *file, const char *rest, void *ctx)
{
	(void)file;
	(void)rest;
	(void)ctx;
	return true;
}

/* CTX: the new name of the target's file, without ".rrd". */
static bool
move_slave(const char *file, const char *rest, void *ctx)
{
	char *new = mem_printf("%s%s", (const char *)ctx, rest);
	bool moved = move_file(file, new) == 0;

	if (!moved)
		log_warn("%s: stays there", file);
	free(new);
	return moved;
}

bool
renamed_has_files(const char *path)
{
	char file[STORE_PATH];

	if (store_rrd_path(file, path) < 0)
		return false;
	if (access(file, F_OK) == 0)
		return true;
	file[strlen(file) - 4] = '\0';
	return each_slave(file, is_there, NULL) != 0;
}

int
renamed(const char *from, const char *to, char *text)
{
	char old[STORE_PATH], new[STORE_PATH];

	if (store_rrd_path(old, from) < 0 || store_rrd_path(new, to) < 0) {
		snprintf(text, RENAMED_TEXT,
		    "%.300s to %.300s: no file has such a name", from, to);
		return -1;
	}
	bool alone = access(old, F_OK) == 0; /* else only slaves measure it */
	if (alone && move_file(old, new) < 0) {
		snprintf(text, RENAMED_TEXT, "%s: cannot become %s: %s", old, new,
		    strerror(errno));
		return -1;
	}
	snprintf(
	    text, RENAMED_TEXT, "%s: goes on as %s, which measures the same", old, new);
	old[strlen(old) - 4] = new[strlen(new) - 4] = '\0';
	unsigned slaves = each_slave(old, move_slave, new);
	if (!alone && slaves == 0) {
		snprintf(text, RENAMED_TEXT, "%s: has no file that could move", from);
		return -1;
	}
	if (slaves != 0)
		snprintf(text + strlen(text), RENAMED_TEXT - strlen(text),
		    "; %u files of its slaves likewise", slaves);
	return 0;
}
