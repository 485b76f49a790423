#include "edit/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/whole.h"
#include "edit/files.h"

#define NEW_MODE 0640 /* there may be secrets in it one day */

/* LEN bytes of TEXT are what FD holds, and no more. 0, or an errno. */
static int
write_from_start(int fd, const char *text, size_t len)
{
	return write_whole_at(fd, text, len, 0) == 0 &&
		       ftruncate(fd, (off_t)len) == 0 && fsync(fd) == 0
		   ? 0
		   : errno;
}

/* The directory of PATH, and the last part of it in NAME. */
static char *
split(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');

	*name = slash == NULL ? path : slash + 1;
	return slash == NULL   ? mem_str(".")
	       : slash == path ? mem_str("/")
			       : mem_strn(path, (size_t)(slash - path));
}

static bool
has_access_list(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	bool has = fd >= 0 && fgetxattr(fd, "system.posix_acl_access", NULL, 0) > 0;

	if (fd >= 0)
		close(fd);
	return has;
}

/* Is what stands at NAME still WAS? */
static bool
still(int dir, const char *name, const struct stat *was)
{
	struct stat now;

	if (fstatat(dir, name, &now, AT_SYMLINK_NOFOLLOW) != 0)
		return was == NULL && errno == ENOENT;
	return was != NULL && edit_same(&now, was);
}

/* A new file for NAME in DIR. 0, or an errno: then all is as before. */
static int
replace(int dir, const char *name, const struct stat *was, const char *text, size_t len)
{
	char *temporary = mem_printf(".%s.smokebox", name);
	struct stat above;
	int error = 0, fd;

	unlinkat(dir, temporary, 0);
	fd = openat(
	    dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || (was == NULL && fstat(dir, &above) != 0))
		error = errno;
	else if (fchown(fd, was != NULL ? was->st_uid : above.st_uid,
		     was != NULL ? was->st_gid : above.st_gid) != 0 ||
		 fchmod(fd, was != NULL ? was->st_mode & 07777 : NEW_MODE) != 0)
		error = errno;
	else
		error = write_from_start(fd, text, len);
	if (fd >= 0)
		close(fd);
	if (error == 0 && !still(dir, name, was))
		error = ESTALE;
	if (error == 0 && renameat(dir, temporary, dir, name) != 0)
		error = errno;
	if (error != 0 && fd >= 0)
		unlinkat(dir, temporary, 0);
	if (error == 0)
		fsync(dir);
	free(temporary);
	return error;
}

static int
overwrite(int dir, const char *name, const struct stat *was, const char *old,
    size_t old_len, const char *text, size_t len)
{
	int fd = openat(dir, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC),
	    error;

	if (fd < 0)
		return errno;
	error = still(dir, name, was) ? write_from_start(fd, text, len) : ESTALE;
	if (error != 0 && error != ESTALE)
		(void)write_from_start(fd, old, old_len);
	close(fd);
	return error;
}

/* Does ERROR say that no new file can take the name, rather than that none can be
 * written? */
static bool
cannot_replace(int error)
{
	return error == EBUSY || error == EXDEV || error == EACCES || error == EPERM ||
	       error == EROFS || error == EMLINK;
}

int
place_text(const char *path, const struct stat *was, const char *old, size_t old_len,
    const char *text, size_t len)
{
	char *real = was != NULL ? realpath(path, NULL) : mem_str(path), *parent;
	const char *name;
	int dir, error;

	if (real == NULL)
		return errno;
	parent = split(real, &name);
	dir = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	error = dir < 0 ? errno : 0;
	if (error == 0 && was != NULL &&
	    (was->st_nlink > 1 || has_access_list(dir, name)))
		error = EMLINK;
	if (error == 0)
		error = replace(dir, name, was, text, len);
	if (was != NULL && dir >= 0 && cannot_replace(error))
		error = overwrite(dir, name, was, old, old_len, text, len);
	if (dir >= 0)
		close(dir);
	free(parent);
	free(real);
	return error;
}

int
place_check(const char *path, bool there)
{
	const char *name;
	char *parent;
	int error;

	if (there)
		return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 ? 0 : errno;
	parent = split(path, &name);
	error = faccessat(AT_FDCWD, parent, W_OK, AT_EACCESS) == 0 ? 0 : errno;
	free(parent);
	return error;
}
