#include "edit/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store.h"

/* The directory of drafts, or -1 with errno. */
static int
open_directory(int datadir)
{
	static const char *const way[] = { STORE_DIR, STORE_STATE_NAME,
		STORE_DRAFT_NAME };
	int at = datadir;

	for (size_t i = 0; i < sizeof way / sizeof *way; i++) {
		int next =
		    openat(at, way[i], O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		int error = errno;

		if (at != datadir)
			close(at);
		if (next < 0) {
			errno = error;
			return -1;
		}
		at = next;
	}
	return at;
}

int
draft_open(int datadir, uid_t uid, unsigned number, size_t most, struct err *err)
{
	int dir = open_directory(datadir), fd;
	char name[16];
	struct stat st;

	if (dir < 0)
		return err_set(err, STORE_DRAFT ": %s", strerror(errno));
	snprintf(name, sizeof name, "%u", number);
	fd = openat(
	    dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		err_set(err, "the draft: %s", strerror(errno));
	close(dir);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
	    st.st_uid == uid && st.st_size >= 0 && (size_t)st.st_size <= most)
		return fd;
	close(fd);
	return err_set(err,
	    "the draft is refused: expected a plain file of uid %u with at most %zu bytes",
	    (unsigned)uid, most);
}
