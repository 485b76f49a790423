#include "datadir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store.h"

#define LOCK "lock"

/* Holds the lock for as long as the process lives. */
static int lock_fd = -1;

/* The directories that a worker is locked into, held so that no other gets their
 * numbers. */
static struct {
	const char *name;
	int fd; /* O_PATH, or -1 */
} own[] = { { STORE_DRAFT, -1 }, { STORE_COURIER, -1 } };
enum {
	OWN_DRAFT,
	OWN_COURIER,
	OWNS
};

/* Who has the lock: "pid 17", as far as the file says. */
static void
holder(int fd, char *buf, size_t size)
{
	ssize_t n = pread(fd, buf, size - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	if (buf[0] == '\0')
		snprintf(buf, size, "pid unknown");
}

/* Open the lock. What lies below DATADIR is the workers' to write, and this process may
 * be root: no symbolic or hard link may lead it anywhere else. */
static int
open_lock(int dir)
{
	int state =
	    openat(dir, STORE_DIR, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int fd = state < 0 ? -1
			   : openat(state, LOCK,
				 O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	struct stat st;

	if (state >= 0)
		close(state);
	if (fd >= 0 &&
	    (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_nlink > 1)) {
		close(fd);
		errno = EMLINK;
		return -1;
	}
	return fd;
}

static int
take_lock(int dir, const char *path, const struct rights *r, struct err *err)
{
	int fd = open_lock(dir);
	char text[128], host[65] = "";

	if (fd < 0)
		return err_set(err,
		    "%s/" STORE_DIR "/" LOCK ": %s; expected a plain file that this "
		    "user may write",
		    path, strerror(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		holder(fd, text, sizeof text);
		close(fd);
		return err_set(err,
		    "%s is in use by another probed (%s), and this one (pid %ld) would "
		    "be a second writer: they would spoil each other's history; end that "
		    "one or use another --datadir",
		    path, text, (long)getpid());
	}
	gethostname(host, sizeof host - 1);
	int len = snprintf(text, sizeof text, "pid %ld on %s\n", (long)getpid(), host);
	if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)len, 0) != len ||
	    (r->change && fchown(fd, r->uid, r->gid) != 0))
		log_warn("%s/" STORE_DIR "/" LOCK, path); /* the lock itself holds */
	if (lock_fd >= 0)
		close(lock_fd); /* of a file that is gone */
	lock_fd = fd;
	return 0;
}

static bool
is_empty(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	unsigned entries = 0;

	if (d == NULL)
		return false;
	while (readdir(d) != NULL)
		entries++;
	closedir(d);
	return entries == 2; /* . and .. */
}

/* --- as a worker ----------------------------------------------------------------- */

int
datadir_as_worker(int dir, const struct rights *r, int (*job)(int fd), int fd)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (fchdir(dir) != 0 || rights_become(r) != 0)
			_exit(errno & 0xff);
		_exit(job(fd) & 0xff);
	}
	if (pid < 0)
		return errno;
	while (waitpid(pid, &status, 0) != pid)
		if (errno != EINTR)
			return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : ECANCELED;
}

static int
try_writing(const char *name)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	close(fd);
	unlink(name);
	return 0;
}

/* Make the directories of our own state, and see that more can be written. */
static int
make_state(int fd)
{
	static const char *const names[] = { STORE_DIR, STORE_RAW, STORE_STATE,
		STORE_DRAFT, STORE_ASIDE, STORE_COURIER };
	int error;

	(void)fd;
	umask(022);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (mkdir(names[i], 0755) != 0 && errno != EEXIST)
			return errno;
	error = try_writing(".write-test");
	return error != 0 ? error : try_writing(STORE_DIR "/.write-test");
}

static int
prepare(int dir, const char *path, const struct rights *r, struct err *err)
{
	int error = datadir_as_worker(dir, r, make_state, -1);

	if (error != 0)
		return err_set(err,
		    "data directory %s is not writable for uid %u: %s; "
		    "'chown -R %u:%u %s' or another --datadir helps",
		    path, (unsigned)r->uid, strerror(error), (unsigned)r->uid,
		    (unsigned)r->gid, path);
	return 0;
}

/* What was told is the courier's to write, and the first of it ours. */
static int
write_told(int text)
{
	int fd = open(STORE_TOLD, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	char buf[4096];
	ssize_t n;

	if (fd < 0)
		return errno == EEXIST ? 0 : errno;
	while ((n = read(text, buf, sizeof buf)) > 0)
		if (write(fd, buf, (size_t)n) != n)
			return EIO;
	return n == 0 ? 0 : errno;
}

int
datadir_told(int dir, const struct rights *rights, const char *text, struct err *err)
{
	int fd = memfd_create("told", MFD_CLOEXEC), error;
	size_t len = strlen(text);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET) != 0)
		error = errno;
	else
		error = datadir_as_worker(dir, rights, write_told, fd);
	if (fd >= 0)
		close(fd);
	return error == 0 ? 0 : err_set(err, STORE_TOLD ": %s", strerror(error));
}

/* A short relative name, since a socket address has no room for a long one. */
static int
bind_probectl(int fd)
{
	static const struct sockaddr_un sun = { AF_UNIX, STORE_SOCKET };

	unlink(STORE_SOCKET); /* the lock says that nobody uses it */
	umask(0117);
	return bind(fd, (const struct sockaddr *)&sun, sizeof sun) == 0 ? 0 : errno;
}

/* --- directories of one worker --------------------------------------------------- */

/* What is called NAME: what FD holds? Something that is no directory is nothing that
 * could be mended: taken to be it. errno tells why it cannot be said. */
static bool
in_place(int dir, const char *name, int fd)
{
	struct stat held, there;

	errno = 0;
	return fstatat(dir, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fstat(fd, &held) == 0 &&
	       ((held.st_dev == there.st_dev && held.st_ino == there.st_ino) ||
		   (S_ISDIR(held.st_mode) && !S_ISDIR(there.st_mode)));
}

/* Hold the Kth of them; true when it is another one than before. */
static bool
hold(int dir, unsigned k)
{
	int fd;

	if (own[k].fd >= 0 && in_place(dir, own[k].name, own[k].fd))
		return false;
	fd = openat(dir, own[k].name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (own[k].fd >= 0)
		close(own[k].fd);
	own[k].fd = fd;
	return true;
}

/* --- open ------------------------------------------------------------------------ */

/* The workers' ids by what is there. A directory that nobody has used yet (a fresh
 * volume) is given to them. */
static int
settle(int dir, bool made, const char *user, struct rights *r, struct err *err)
{
	struct stat st;

	if (fstat(dir, &st) != 0)
		return err_set(err, "data directory: %s", strerror(errno));
	if (rights_choose(r, user, &st, err) != 0)
		return -1;
	if (r->change && st.st_uid != r->uid && (made || is_empty(dir)) &&
	    fchownat(dir, "", r->uid, r->gid, AT_EMPTY_PATH) != 0)
		log_warn("data directory: cannot be given to uid %u", (unsigned)r->uid);
	return 0;
}

int
datadir_open(const char *path, const char *user, struct rights *rights, struct err *err)
{
	bool made = mkdir(path, 0755) == 0;
	int dir;

	if (!made && errno != EEXIST)
		return err_set(err,
		    "cannot make data directory %s: %s; make it or use "
		    "another --datadir",
		    path, strerror(errno));
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_set(err, "data directory %s: %s", path, strerror(errno));
	if (settle(dir, made, user, rights, err) != 0 ||
	    prepare(dir, path, rights, err) != 0 ||
	    take_lock(dir, path, rights, err) != 0) {
		close(dir);
		return -1;
	}
	for (unsigned k = 0; k < OWNS; k++)
		hold(dir, k);
	return dir;
}

int
datadir_probectl(int datadir, const struct rights *rights, struct err *err)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error =
	    fd < 0 ? errno : datadir_as_worker(datadir, rights, bind_probectl, fd);

	if (error == 0 && listen(fd, 32) != 0)
		error = errno;
	if (error == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return err_set(err, STORE_SOCKET ": %s", strerror(error));
}

/* --- upkeep ---------------------------------------------------------------------- */

/* FD's is not NAME any more, and that is known. */
static bool
is_gone(int dir, const char *name, int fd)
{
	return !in_place(dir, name, fd) && (errno == 0 || errno == ENOENT);
}

bool
datadir_whole(int datadir)
{
	struct stat st;

	if (fstatat(datadir, STORE_SOCKET, &st, AT_SYMLINK_NOFOLLOW) != 0 &&
	    errno == ENOENT)
		return false;
	for (unsigned k = 0; k < OWNS; k++)
		if (own[k].fd >= 0 && is_gone(datadir, own[k].name, own[k].fd))
			return false;
	return !is_gone(datadir, STORE_LOCK, lock_fd);
}

int
datadir_mend(int datadir, const char *path, const struct rights *rights,
    struct datadir_anew *anew, struct err *err)
{
	if (prepare(datadir, path, rights, err) != 0)
		return -1;
	if (!in_place(datadir, STORE_LOCK, lock_fd) &&
	    take_lock(datadir, path, rights, err) != 0)
		return -1;
	anew->draft = hold(datadir, OWN_DRAFT);
	anew->courier = hold(datadir, OWN_COURIER);
	return 0;
}
