#include "courier/cursor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/conf.h"

#define MAGIC "smokebox courier 1\n"
#define FILE_MAX (CURSOR_NAME_MAX + 200)
#define PATH_ROOM 64

static void
path_of(const char *name, char path[PATH_ROOM])
{
	snprintf(path, PATH_ROOM, CURSOR_DIR "/%016" PRIx64, conf_target_id(name));
}

/* The number behind WORD and a blank, in 0 ... 2^63-1, into OUT; what ends it, or NULL.
 */
static const char *
number(const char *at, const char *word, int64_t *out)
{
	char *end;

	if (at == NULL || (*word != '\0' && strncmp(at, word, strlen(word)) != 0))
		return NULL;
	at += strlen(word);
	if (*at++ != ' ' || *at < '0' || *at > '9')
		return NULL;
	errno = 0;
	*out = strtoll(at, &end, 10);
	return errno == 0 ? end : NULL;
}

int
cursor_parse(const char *text, size_t len, const char *name, struct cursor *c)
{
	size_t magic = strlen(MAGIC), n = strlen(name);
	char *copy = mem_strn(text, len);
	const char *at = copy;
	struct cursor got = { 0 };

	*c = got;
	if (strlen(copy) != len || strncmp(at, MAGIC, magic) != 0)
		at = NULL;
	at = number(at == NULL ? NULL : at + magic, "done", &got.done);
	at = number(at, "", &got.done_time);
	at = number(at == NULL || *at != '\n' ? NULL : at + 1, "parcel", &got.parcel);
	bool good = at != NULL && strncmp(at, "\nname ", 6) == 0 &&
		    strncmp(at + 6, name, n) == 0 && strcmp(at + 6 + n, "\n") == 0 &&
		    (got.parcel == 0 || got.parcel > got.done);
	free(copy);
	if (!good)
		return -1;
	*c = got;
	return 0;
}

int
cursor_load(const char *name, struct cursor *c, struct err *err)
{
	char path[PATH_ROOM], text[FILE_MAX];
	ssize_t n;

	*c = (struct cursor){ 0 };
	path_of(name, path);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return err_set(err, "%s: %s", path, strerror(errno));
	n = read(fd, text, sizeof text);
	close(fd);
	if (n >= 0 && cursor_parse(text, (size_t)n, name, c) == 0)
		return 0;
	return err_set(err, "%s is not what was written there for %s", path, name);
}

int
cursor_save(const char *name, const struct cursor *c, struct err *err)
{
	char path[PATH_ROOM], fresh[PATH_ROOM + 4];
	char *text = mem_printf(MAGIC "done %" PRId64 " %" PRId64 "\nparcel %" PRId64
				      "\nname %s\n",
	    c->done, c->done_time, c->parcel, name);
	size_t len = strlen(text);
	int error = 0;

	path_of(name, path);
	snprintf(fresh, sizeof fresh, "%s.new", path);
	int fd =
	    open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0) {
		error = errno;
	} else {
		ssize_t n = write(fd, text, len);

		if (n != (ssize_t)len)
			error = n < 0 ? errno : ENOSPC;
		else if (fsync(fd) != 0)
			error = errno;
		close(fd);
	}
	if (error == 0 && rename(fresh, path) != 0)
		error = errno;
	free(text);
	if (error == 0) {
		int dir = open(CURSOR_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (dir >= 0) {
			fsync(dir);
			close(dir);
		}
		return 0;
	}
	return err_set(err, "%s: %s", fresh, strerror(error));
}
