#include "copies.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fnv.h"
#include "base/log.h"
#include "base/mem.h"
#include "link/msgedit.h"
#include "store.h"

#define TEMPORARY "new"
#define TEMPORARY_TEXT "new-text" /* of another child */
#define TELL_S 3600

static struct {
	int datadir;
	pid_t pid;  /* of the child at work; 0 none */
	bool again; /* there was another configuration meanwhile */
} self;

/* --- where --------------------------------------------------------------------- */

/* What lies below DATADIR is the workers' to write, and this process may be root: the
 * directory must be ours alone, so that no link in it leads elsewhere, and nobody but
 * us reads the secrets in the copies. */
int
copies_directory(int datadir)
{
	int top = openat(datadir, STORE_DIR, O_PATH | O_DIRECTORY | O_NOFOLLOW);
	int state =
	    top < 0 ? -1
		    : openat(top, STORE_STATE_NAME, O_PATH | O_DIRECTORY | O_NOFOLLOW);
	struct stat st;
	int dir = -1, error;

	if (state >= 0 &&
	    (mkdirat(state, STORE_COPIES_NAME, 0700) == 0 || errno == EEXIST))
		dir = openat(state, STORE_COPIES_NAME,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	error = errno;
	if (dir >= 0 && (fstat(dir, &st) != 0 || st.st_uid != geteuid() ||
			    (st.st_mode & 077) != 0)) {
		close(dir);
		dir = -1;
		error = EPERM;
	}
	if (state >= 0)
		close(state);
	if (top >= 0)
		close(top);
	errno = error;
	return dir;
}

/* Make it the working directory; its descriptor, or -1. */
static int
enter(int datadir)
{
	int dir = copies_directory(datadir);

	if (dir < 0 || fchdir(dir) == 0)
		return dir;
	close(dir);
	return -1;
}

/* PATH without links in its directory: what is copied back has to arrive there. */
static char *
real_path(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash == NULL   ? mem_str(".")
		    : slash == path ? mem_str("/")
				    : mem_strn(path, (size_t)(slash - path));
	char *real = realpath(dir, NULL), *whole = NULL;

	if (real != NULL)
		whole = mem_printf("%s/%s", strcmp(real, "/") == 0 ? "" : real,
		    slash == NULL ? path : slash + 1);
	free(dir);
	free(real);
	return whole;
}

/* Make the directories that PATH lies in. */
static int
make_parents(char *path)
{
	for (char *p = strchr(path, '/'); p != NULL; p = strchr(p + 1, '/')) {
		*p = '\0';
		int made = mkdir(path, 0700);
		*p = '/';
		if (made != 0 && errno != EEXIST)
			return -1;
	}
	return 0;
}

/* --- in the child: copying ------------------------------------------------------- */

/* Copy FROM's bytes to TO (-1: nowhere) and add them to H. */
static int
copy(int from, int to, uint64_t *h)
{
	char buf[65536];
	ssize_t n;

	while ((n = read(from, buf, sizeof buf)) > 0) {
		*h = fnv(*h, buf, (size_t)n);
		for (ssize_t at = 0, w; to >= 0 && at < n; at += w)
			if ((w = write(to, buf + at, (size_t)(n - at))) < 0)
				return -1;
	}
	return (int)n;
}

/* The file at PATH, absolute, below the directory UNDER (NULL: only its sum). */
static int
copy_file(const char *path, const char *under, uint64_t *h)
{
	int from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), to = -1;
	char *copied = under == NULL ? NULL : mem_printf("%s%s", under, path);
	struct stat st;
	int r = -1;

	if (from < 0 || fstat(from, &st) != 0)
		goto out;
	if (copied != NULL) {
		if (make_parents(copied) != 0)
			goto out;
		to = open(copied, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (to < 0) {
			r = errno == EEXIST ? 0 : -1; /* included twice */
			goto out;
		}
	}
	*h = fnv(*h, path, strlen(path) + 1);
	r = copy(from, to, h);
	if (r == 0 && to >= 0) {
		struct timespec times[2] = { st.st_mtim, st.st_mtim };

		r = fchmod(to, st.st_mode & 0777);
		(void)futimens(to, times);
	}
out:
	free(copied);
	if (from >= 0)
		close(from);
	if (to >= 0 && close(to) != 0)
		r = -1;
	return r;
}

/* Paths as they were before the working directory changed; NULL for what is not
 * copied. */
static char **
paths_of(const struct conf *conf)
{
	char **path = mem_zero(conf->files + 1, sizeof *path);

	for (size_t i = 0; i < conf->files; i++) {
		const struct conf_file *f = &conf->file[i];
		bool twice = false;

		for (size_t k = 0; k < i; k++)
			twice = twice || strcmp(conf->file[k].path, f->path) == 0;
		if (f->size >= 0 && !f->key && !twice)
			path[i] = real_path(f->path);
	}
	return path;
}

static int
copy_all(char *const *path, size_t count, const char *under, uint64_t *h)
{
	*h = FNV_BEGIN;
	for (size_t i = 0; i < count; i++)
		if (path[i] != NULL && copy_file(path[i], under, h) != 0)
			return -1;
	return 0;
}

/* --- in the child: the others ---------------------------------------------------- */

static int
is_copy(const struct dirent *entry)
{
	return entry->d_name[0] >= '0' && entry->d_name[0] <= '9';
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static void
remove_tree(const char *name)
{
	nftw(name, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Does the newest copy have this sum? Its name ends with it. */
static bool
newest_has(uint64_t h)
{
	struct dirent **entry;
	int n = scandir(".", &entry, is_copy, alphasort);
	char end[20];
	bool has = false;

	snprintf(end, sizeof end, "-%016llx", (unsigned long long)h);
	for (int i = 0; i < n; i++) {
		const char *dash = strrchr(entry[i]->d_name, '-');
		if (i == n - 1)
			has = dash != NULL && strcmp(dash, end) == 0;
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
	return has;
}

/* Remove all but the newest COPIES_MAX, and never NAME, whatever the clock did. */
static void
prune(const char *name)
{
	struct dirent **entry;
	int n = scandir(".", &entry, is_copy, alphasort);

	for (int i = 0; i < n; i++) {
		if (i < n - COPIES_MAX && strcmp(entry[i]->d_name, name) != 0)
			remove_tree(entry[i]->d_name);
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
}

static void
dated(char *name, size_t size, uint64_t h)
{
	int64_t ns = clock_wall_ns();
	time_t now = (time_t)(ns / CLOCK_NS_PER_S);
	char date[32];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(date, sizeof date, "%Y%m%dT%H%M%S", &tm);
	snprintf(name, size, "%s.%03dZ-%016llx", date,
	    (int)(ns % CLOCK_NS_PER_S / CLOCK_NS_PER_MS), (unsigned long long)h);
}

/* --- the versions of one file ----------------------------------------------------- */

/* "20260131T120000.000Z-..." as epoch seconds; 0 when it is no such name. */
static int64_t
date_of(const char *name)
{
	struct tm tm = { 0 };
	const char *end = strptime(name, "%Y%m%dT%H%M%S", &tm);

	return end != NULL && *end == '.' ? timegm(&tm) : 0;
}

/* Call EACH for the version of REAL in every copy below DIR, newest first. */
static void
each_version(int dir, const char *real,
    bool (*each)(void *ctx, uint32_t number, int64_t when, int fd), void *ctx)
{
	struct dirent **entry;
	int n = scandirat(dir, ".", &entry, is_copy, alphasort);
	bool more = true;

	for (int i = n - 1; i >= 0; i--) {
		char *path = mem_printf("%s%s", entry[i]->d_name, real);
		int64_t when = date_of(entry[i]->d_name);
		int fd = more && when > 0
			     ? openat(dir, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
			     : -1;

		if (fd >= 0) {
			more = each(ctx, edit_number(entry[i]->d_name), when, fd);
			close(fd);
		}
		free(path);
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
}

/* Go there and back, for what goes by names. A descriptor of where, or -1 with errno.
 */
static int
visit(int datadir, int *here)
{
	int dir, error;

	*here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*here < 0)
		return -1;
	dir = enter(datadir);
	if (dir < 0) {
		error = errno;
		close(*here);
		errno = error;
	}
	return dir;
}

static void
leave(int dir, int here)
{
	if (fchdir(here) != 0)
		log_warn("the way back from the copies");
	close(here);
	close(dir);
}

int
copies_versions(int datadir, const char *path,
    bool (*each)(void *ctx, uint32_t number, int64_t when, int fd), void *ctx)
{
	char *real = real_path(path);
	int here, dir;

	if (real == NULL)
		return errno;
	dir = visit(datadir, &here);
	if (dir < 0) {
		int error = errno;

		free(real);
		return error;
	}
	each_version(dir, real, each, ctx);
	leave(dir, here);
	free(real);
	return 0;
}

struct newest {
	const char *text;
	size_t len;
	bool same;
};

static bool
compare(void *ctx, uint32_t number, int64_t when, int fd)
{
	struct newest *n = ctx;
	char buf[65536];
	size_t at = 0;
	ssize_t got;

	(void)number;
	(void)when;
	while ((got = read(fd, buf, sizeof buf)) > 0) {
		if ((size_t)got > n->len - at ||
		    memcmp(buf, n->text + at, (size_t)got) != 0)
			return false;
		at += (size_t)got;
	}
	n->same = got == 0 && at == n->len;
	return false;
}

/* Write TEXT as REAL below the new copy that is the working directory's. */
static int
write_version(const char *real, const char *text, size_t len, mode_t mode)
{
	char *path = mem_printf(TEMPORARY_TEXT "%s", real), name[64];
	uint64_t h = fnv(FNV_BEGIN, text, len);
	int fd = -1, error = 0;

	remove_tree(TEMPORARY_TEXT);
	if (mkdir(TEMPORARY_TEXT, 0700) != 0 || make_parents(path) != 0 ||
	    (fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0)
		error = errno;
	for (size_t at = 0; error == 0 && at < len;) {
		ssize_t n = write(fd, text + at, len - at);

		if (n < 0)
			error = errno;
		else
			at += (size_t)n;
	}
	if (error == 0 && (fchmod(fd, mode & 0777) != 0 || fsync(fd) != 0))
		error = errno;
	if (fd >= 0 && close(fd) != 0 && error == 0)
		error = errno;
	dated(name, sizeof name, h);
	if (error == 0 && rename(TEMPORARY_TEXT, name) != 0)
		error = errno;
	if (error == 0)
		prune(name);
	free(path);
	return error;
}

int
copies_keep_text(
    int datadir, const char *path, const char *text, size_t len, mode_t mode)
{
	struct newest newest = { text, len, false };
	int error = copies_versions(datadir, path, compare, &newest), here, dir;
	char *real;

	if (error != 0 || newest.same)
		return error;
	real = real_path(path);
	dir = real == NULL ? -1 : visit(datadir, &here);
	error = dir < 0 ? errno : write_version(real, text, len, mode);
	if (dir >= 0)
		leave(dir, here);
	free(real);
	return error;
}

/* --- in the child: all of it ------------------------------------------------------ */

/* 0, or an errno. */
static int
keep(int datadir, const struct conf *conf)
{
	int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char **path = paths_of(conf);
	char name[64];
	uint64_t h;
	bool changed;
	int dir;

	if (copy_all(path, conf->files, NULL, &h) != 0)
		return 0; /* somebody is at it: the next one will do */
	dir = enter(datadir);
	if (dir < 0)
		return errno;
	if (newest_has(h))
		return 0;
	remove_tree(TEMPORARY);
	if (mkdir(TEMPORARY, 0700) != 0 ||
	    copy_all(path, conf->files, TEMPORARY, &h) != 0)
		return errno;
	/* What was copied must be what was checked; its names start from where we were.
	 */
	changed = fchdir(here) != 0 || conf_changed(conf);
	if (fchdir(dir) != 0)
		return errno;
	if (changed) {
		remove_tree(TEMPORARY);
		return 0;
	}
	dated(name, sizeof name, h);
	if (rename(TEMPORARY, name) != 0)
		return errno;
	prune(name);
	return 0;
}

/* --- in the parent --------------------------------------------------------------- */

void
copies_keep(int datadir, const struct conf *conf)
{
	sigset_t all, before;

	self.datadir = datadir;
	if (self.pid != 0) {
		self.again = true;
		return;
	}
	/* No handler of ours may run in the child: it would tell the parent's loop. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	self.pid = fork();
	if (self.pid == 0) {
		signal(SIGTERM, SIG_DFL);
		signal(SIGINT, SIG_DFL);
		sigprocmask(SIG_SETMASK, &before, NULL);
		_exit(keep(datadir, conf) & 0xff);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (self.pid < 0) {
		log_warn("no copy of the configuration: fork");
		self.pid = 0;
	}
}

void
copies_reap(const struct conf *conf)
{
	static struct log_limit limit;
	int status;

	if (self.pid == 0 || waitpid(self.pid, &status, WNOHANG) != self.pid)
		return;
	self.pid = 0;
	if ((!WIFEXITED(status) || WEXITSTATUS(status) != 0) &&
	    log_allowed(&limit, TELL_S, NULL))
		log_warnx("no copy of the configuration in DATADIR/" STORE_COPIES
			  ": %s (expected a directory of mode 0700 that belongs to "
			  "uid %u, and room)",
		    WIFEXITED(status) ? strerror(WEXITSTATUS(status)) : "killed",
		    (unsigned)geteuid());
	if (self.again) {
		self.again = false;
		copies_keep(self.datadir, conf);
	}
}
