#include "shadow.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "datadir.h"
#include "recorder/aside.h"
#include "recorder/identity.h"
#include "store.h"

#define TRIES 20
#define WAIT_US 50000

/* For the child that does it. */
static const char *old_dir;
static const struct conf *targets;

/* Copy FROM, which another program writes to every now and then, to TO. It is whole
 * when its header says the same before and after. */
static int
copy_whole(const char *from, const char *to)
{
	struct store_rrd before, after;
	struct err err;

	for (unsigned i = 0; i < TRIES; i++) {
		if (i != 0)
			usleep(WAIT_US);
		if (store_rrd_read(from, &before, &err) < 0) {
			log_warnx("%s; not copied", err.text);
			return errno == EINVAL ? 0 : -1;
		}
		store_rrd_free(&before);
		if (aside_copy(from, to) < 0)
			return -1;
		if (store_rrd_read(from, &after, &err) < 0)
			continue;
		store_rrd_free(&after);
		if (before.last == after.last && before.size == after.size &&
		    before.ino == after.ino && store_rrd_sound(to, &err) == 0)
			return 1;
	}
	unlink(to);
	errno = EBUSY;
	return -1;
}

/* One file, "A/B.rrd": 1 when it was copied, 0 when there is nothing to do, -1 with
 * errno. */
static int
shadow_file(const char *name)
{
	static const char fresh[] = STORE_NEW "/shadow.rrd";
	char *from;
	int result;

	if (access(name, F_OK) == 0)
		return 0;
	from = mem_printf("%s/%s", old_dir, name);
	result =
	    access(from, F_OK) == 0 || errno != ENOENT ? copy_whole(from, fresh) : 0;
	if (result == 1 && (aside_parents(name) < 0 || rename(fresh, name) < 0))
		result = -1;
	if (result < 0)
		log_warn("%s", from);
	free(from);
	return result;
}

/* A target's file, and those of its slaves beside it. -1, or how many were copied. */
static int
shadow_target(const struct conf_target *t)
{
	char file[STORE_PATH];
	int count, result;

	if (!identity_has_file(t) || store_rrd_path(file, t->path) < 0)
		return 0;
	count = shadow_file(file);
	if (count < 0)
		return -1;
	file[strlen(file) - 4] = '\0';
	char *slash = strrchr(file, '/'), *name = slash == NULL ? file : slash + 1;
	char *dir = mem_printf(
	    "%s/%.*s", old_dir, slash == NULL ? 0 : (int)(slash - file), file);
	DIR *d = opendir(dir);
	struct dirent *e;
	while (d != NULL && count >= 0 && (e = readdir(d)) != NULL) {
		size_t len = strlen(name);
		if (strncmp(e->d_name, name, len) != 0 || e->d_name[len] != '~')
			continue;
		char *slave = mem_printf("%s%s", file, e->d_name + len);
		result = shadow_file(slave);
		count = result < 0 ? -1 : count + result;
		free(slave);
	}
	if (d != NULL)
		closedir(d);
	free(dir);
	return count;
}

static int
shadow_all(int fd)
{
	unsigned count = 0;

	(void)fd;
	umask(022);
	if (aside_parents(STORE_NEW "/") < 0)
		return errno;
	for (size_t i = 0; i < targets->target_count; i++) {
		int n = shadow_target(targets->target[i]);
		if (n < 0)
			return errno != 0 ? errno : EIO;
		count += (unsigned)n;
	}
	log_info("shadow of %s: %u files of history copied", old_dir, count);
	return 0;
}

int
shadow_copy(const char *old, int datadir, const struct conf *conf,
    const struct rights *rights, struct err *err)
{
	char *real = realpath(old, NULL); /* the child goes elsewhere */
	int error;

	old_dir = real != NULL ? real : old;
	targets = conf;
	error = datadir_as_worker(datadir, rights, shadow_all, -1);
	free(real);
	if (error == 0)
		return 0;
	return err_set(err,
	    "--shadow: history below %s cannot be copied: %s; expected files that uid %u "
	    "may read, and room for them",
	    old, strerror(error), (unsigned)rights->uid);
}
