#include "base/whole.h"

#include <errno.h>
#include <unistd.h>

/* N, which one call wrote, added to *PUT. 0, or -1 with errno when it wrote nothing. */
static int
add(ssize_t n, size_t *put)
{
	if (n < 0)
		return errno == EINTR ? 0 : -1;
	if (n == 0) {
		errno = EIO;
		return -1;
	}
	*put += (size_t)n;
	return 0;
}

int
write_whole(int fd, const void *data, size_t len)
{
	size_t put = 0;

	while (put < len)
		if (add(write(fd, (const char *)data + put, len - put), &put) < 0)
			return -1;
	return 0;
}

int
write_whole_at(int fd, const void *data, size_t len, off_t at)
{
	size_t put = 0;

	while (put < len)
		if (add(pwrite(
			    fd, (const char *)data + put, len - put, at + (off_t)put),
			&put) < 0)
			return -1;
	return 0;
}
