#include "pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

#define NAME "smokeping.pid"
#define FRESH ".smokeping.pid.new"

static int dir_fd = -1;
static char *dir_path;

/* The number in the file; 0: none. Who may write to the directory chooses what the name
 * leads to, and we may be root. */
static long
named(void)
{
	char text[32] = "";
	int fd = openat(dir_fd, NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);

	if (fd >= 0)
		close(fd);
	return n > 0 ? strtol(text, NULL, 10) : 0;
}

/* Does PID run, and is it what writes such files? Its number may be somebody else's by
 * now. */
static bool
is_one_of_us(long pid)
{
	static const char *const names[] = { "smokeping", "perl", "probed" };
	char path[64], comm[32] = "";
	bool found = false;

	if (pid <= 0 || pid == (long)getpid() ||
	    (kill((pid_t)pid, 0) != 0 && errno == ESRCH))
		return false;
	snprintf(path, sizeof path, "/proc/%ld/comm", pid);
	FILE *in = fopen(path, "re");
	if (in == NULL)
		return false;
	if (fgets(comm, sizeof comm, in) == NULL)
		comm[0] = '\0';
	fclose(in);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		found = found || strncmp(comm, names[i], strlen(names[i])) == 0;
	return found;
}

static int
write_fresh(void)
{
	char text[32];
	int len = snprintf(text, sizeof text, "%ld\n", (long)getpid()), fd, error = 0;

	unlinkat(dir_fd, FRESH, 0); /* of one that was killed meanwhile */
	fd = openat(
	    dir_fd, FRESH, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return errno;
	if (write(fd, text, (size_t)len) != len)
		error = errno != 0 ? errno : EIO;
	if (close(fd) != 0 && error == 0)
		error = errno;
	if (error == 0 && renameat(dir_fd, FRESH, dir_fd, NAME) != 0)
		error = errno;
	if (error != 0)
		unlinkat(dir_fd, FRESH, 0);
	return error;
}

static void
forget(void)
{
	if (dir_fd >= 0)
		close(dir_fd);
	free(dir_path);
	dir_fd = -1;
	dir_path = NULL;
}

void
pidfile_take(const char *dir)
{
	long other;
	int error;

	if (dir == NULL || *dir == '\0')
		return;
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd < 0) {
		log_debug("no pid file: %s: %s", dir, strerror(errno));
		return;
	}
	dir_path = mem_str(dir);
	other = named();
	if (is_one_of_us(other)) {
		log_info("no pid file: %s/" NAME " is that of process %ld, which runs",
		    dir, other);
		forget();
		return;
	}
	error = write_fresh();
	if (error != 0) {
		log_info("no pid file: %s/" NAME ": %s", dir, strerror(error));
		forget();
	}
}

void
pidfile_leave(void)
{
	if (dir_fd < 0)
		return;
	if (named() == (long)getpid() && unlinkat(dir_fd, NAME, 0) != 0)
		log_warn("%s/" NAME, dir_path);
	forget();
}
