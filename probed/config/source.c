#include "config/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <uthash.h>

#include "base/mem.h"

struct held {
	UT_hash_handle hh;
	char *path;
	int fd; /* -1: not there */
};

static struct held *all;
static bool closed;

static struct held *
find(const char *path)
{
	struct held *h;

	HASH_FIND_STR(all, path, h);
	return h;
}

void
source_hold(const char *path, int fd)
{
	struct held *h = find(path);

	if (h == NULL) {
		h = mem_zero(1, sizeof *h);
		h->path = mem_str(path);
		HASH_ADD_KEYPTR(hh, all, h->path, strlen(h->path), h);
	}
	h->fd = fd;
}

void
source_close(void)
{
	closed = true;
}

int
source_open(const char *path, int flags)
{
	const struct held *h = find(path);
	int fd;

	if (h == NULL && !closed)
		return open(path, flags);
	if (h == NULL || h->fd < 0) {
		errno = h == NULL ? EACCES : ENOENT;
		return -1;
	}
	fd = fcntl(h->fd, F_DUPFD_CLOEXEC, 0);
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET); /* it was read before, perhaps */
	return fd;
}

int
source_stat(const char *path, struct stat *st)
{
	const struct held *h = find(path);

	if (h == NULL && !closed)
		return stat(path, st);
	if (h == NULL || h->fd < 0) {
		errno = h == NULL ? EACCES : ENOENT;
		return -1;
	}
	return fstat(h->fd, st);
}
