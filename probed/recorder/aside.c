#include "recorder/aside.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store.h"

int
aside_parents(const char *path)
{
	char dir[2 * STORE_PATH];

	snprintf(dir, sizeof dir, "%s", path);
	for (char *p = dir[0] == '\0' ? NULL : strchr(dir + 1, '/'); p != NULL;
	     p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(dir, 0755) < 0 && errno != EEXIST)
			return -1;
		*p = '/';
	}
	return 0;
}

/* Find a dated name for PATH below TO ("" or a directory with slash) that is free. */
static int
dated(const char *path, const char *to, char *name, size_t size)
{
	time_t now = (time_t)(clock_wall_s());
	char date[32];
	struct tm tm;
	struct stat st;

	gmtime_r(&now, &tm);
	strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", &tm);
	for (unsigned i = 1; i < 1000; i++) {
		int n = i == 1 ? snprintf(name, size, "%s%s-%s", to, path, date)
			       : snprintf(name, size, "%s%s-%s-%u", to, path, date, i);
		if (n < 0 || (size_t)n >= size) {
			errno = ENAMETOOLONG;
			return -1;
		}
		if (aside_parents(name) < 0)
			return -1;
		/* There is one writer, so looking before moving is no race. */
		if (lstat(name, &st) < 0 && errno == ENOENT)
			return 0;
	}
	errno = EEXIST;
	return -1;
}

/* --- which of them stay ----------------------------------------------------------- */

/* Is NAME that of a dated copy of a file called STEM? */
static bool
is_copy(const char *name, const char *stem)
{
	static const char form[] = "-dddddddd"
				   "Tdddddd"
				   "Z";
	size_t len = strlen(stem);

	if (strncmp(name, stem, len) != 0)
		return false;
	name += len;
	for (const char *f = form; *f != '\0'; f++, name++)
		if (*f == 'd' ? *name < '0' || *name > '9' : *name != *f)
			return false;
	return *name == '\0' || *name == '-';
}

static int
newest_first(const void *a, const void *b)
{
	return strcmp(*(char *const *)b, *(char *const *)a);
}

/* Of the copies beside NAME, a dated one of a file called STEM, remove those that are
 * both old and not among the newest. */
static void
prune(const char *name, const char *stem)
{
	time_t limit = (time_t)(clock_wall_s()) - ASIDE_KEEP_S;
	char oldest[32], *dir = mem_strn(name, (size_t)(strrchr(name, '/') - name));
	char **copy = NULL;
	size_t count = 0;
	struct dirent *e;
	struct tm tm;
	DIR *d = opendir(dir);

	strftime(oldest, sizeof oldest, "-%Y%m%dT%H%M%SZ", gmtime_r(&limit, &tm));
	while (d != NULL && (e = readdir(d)) != NULL)
		if (is_copy(e->d_name, stem)) {
			copy = mem_grow(copy, count + 1, sizeof *copy);
			copy[count++] = mem_str(e->d_name);
		}
	if (count > 1)
		qsort(copy, count, sizeof *copy, newest_first);
	for (size_t i = 0; i < count; i++) {
		if (i >= ASIDE_KEEP && strcmp(copy[i] + strlen(stem), oldest) < 0)
			unlinkat(dirfd(d), copy[i], 0);
		free(copy[i]);
	}
	if (d != NULL)
		closedir(d);
	free(copy);
	free(dir);
}

/* NAME is a copy of PATH since now. */
static void
kept(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	if (strchr(name, '/') != NULL)
		prune(name, slash == NULL ? path : slash + 1);
}

int
aside_move(const char *path, char *name, size_t size)
{
	int status;

	if (dated(path, STORE_ASIDE "/", name, size) == 0 && rename(path, name) == 0)
		status = 0;
	else /* part of DATADIR on another disk, say */
		status = dated(path, "", name, size) < 0 ? -1 : rename(path, name);
	if (status == 0)
		kept(path, name);
	return status;
}

/* Fill TO with what FROM holds. 0, or -1 with errno. */
static int
copy_open(int from, int to)
{
	struct stat st;

	if (fstat(from, &st) != 0)
		return -1;
	while (st.st_size > 0) {
		ssize_t n = sendfile(to, from, NULL, (size_t)st.st_size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO; /* somebody cut it off */
		if (n <= 0)
			return -1;
		st.st_size -= n;
	}
	return 0;
}

int
aside_copy(const char *from_path, const char *to_path)
{
	int from = open(from_path, O_RDONLY | O_CLOEXEC);
	int to = from < 0
		     ? -1
		     : open(to_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int result = to < 0 ? -1 : copy_open(from, to);
	int error = errno;

	if (to >= 0)
		close(to);
	if (from >= 0)
		close(from);
	if (result != 0 && to >= 0)
		unlink(to_path);
	errno = error;
	return result;
}

int
aside_link(const char *path, char *name, size_t size)
{
	int status;

	if (dated(path, STORE_ASIDE "/", name, size) < 0)
		return -1;
	status = link(path, name) == 0 ? 0 : aside_copy(path, name);
	if (status == 0)
		kept(path, name);
	return status;
}
