#include "brokerfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "base/whole.h"
#include "copies.h"

#define NAME "brokers"

int
brokerfile_open(int datadir, bool needed)
{
	int dir = copies_directory(datadir), fd = -1, error = errno;

	if (dir >= 0) {
		fd = openat(dir, NAME,
		    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
		error = errno;
		close(dir);
	}
	if (fd >= 0)
		return fd;
	errno = error;
	if (needed)
		log_warn("no file for what is shown at brokers of MQTT: a sink that is "
			 "taken out while probed does not run leaves it there");
	fd = memfd_create(NAME, MFD_CLOEXEC);
	if (fd < 0)
		fatal("memory");
	return fd;
}

int
brokerfile_anew(int datadir, int old)
{
	char buf[4096];
	int fd = brokerfile_open(datadir, false);
	off_t at = 0;
	ssize_t n;

	while ((n = pread(old, buf, sizeof buf, at)) > 0) {
		if (write_whole_at(fd, buf, (size_t)n, at) < 0) {
			log_warn("what is shown at brokers of MQTT is not kept");
			break;
		}
		at += n;
	}
	close(old);
	return fd;
}
