#include "base/statefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/whole.h"

#define NAME_MAX_LEN 1024

/* Nobody else may tell us what to believe. */
static int
is_ours(int fd, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_set(err, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022) != 0)
		return err_set(
		    err, "others may write to it, expected a file of our own");
	return 0;
}

ssize_t
statefile_read(const char *name, size_t max, void **data, struct err *err)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	size_t len = 0;
	ssize_t n = 1;
	uint8_t *at;

	*data = NULL;
	if (fd < 0)
		return errno == ENOENT ? 0 : err_set(err, "%s", strerror(errno));
	if (is_ours(fd, err) != 0) {
		close(fd);
		return -1;
	}
	*data = at = mem_alloc(max + 1);
	while (len <= max && (n = read(fd, at + len, max + 1 - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		err_set(err, "%s", strerror(errno));
	else if (len > max)
		n = err_set(err, "it is longer than %zu bytes", max);
	close(fd);
	return n < 0 ? -1 : (ssize_t)len;
}

/* The new name has to be on disk as well, or a crash brings back the old file. */
static int
sync_directory(const char *name)
{
	char directory[NAME_MAX_LEN];
	const char *slash = strrchr(name, '/');
	int len = slash == NULL ? 1 : slash == name ? 1 : (int)(slash - name);

	snprintf(directory, sizeof directory, "%.*s", len, slash == NULL ? "." : name);
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int status = fd < 0 || fsync(fd) != 0 ? -1 : 0;
	int error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return status;
}

int
statefile_write(const char *name, const void *data, size_t len, struct err *err)
{
	char new[NAME_MAX_LEN];
	int status = 0;

	snprintf(new, sizeof new, "%s.new", name);
	int fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fchmod(fd, 0600) != 0 || write_whole(fd, data, len) != 0 ||
	    fsync(fd) != 0 || rename(new, name) != 0 || sync_directory(name) != 0)
		status = err_set(err, "%s: %s", name, strerror(errno));
	if (fd >= 0)
		close(fd);
	return status;
}
